//! The input of a run, a clock, and lines of JSON.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

/// The columns of an input.
pub fn columns(name: &str) -> Vec<Vec<f64>> {
    let folder = env::var("TANGENCY_PEERS_FOLDER").expect("started by `cargo xtask bench peers`");
    let path = Path::new(&folder).join("inputs").join(format!("{name}.csv"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut lines = text.lines();
    let names = lines.next().expect("a line of names");
    let mut columns = vec![Vec::new(); names.split(',').count()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.push(cell.parse().expect("written by our bench"));
        }
    }
    columns
}

/// The least time of one call after one that is not timed: of three, and of a fifth of a second.
fn least_ns<R>(call: &mut impl FnMut() -> R) -> f64 {
    black_box(call());
    let (mut least, mut spent, mut done) = (Duration::MAX, Duration::ZERO, 0);
    while done < 3 || spent < Duration::from_millis(200) {
        let start = Instant::now();
        black_box(call());
        let elapsed = start.elapsed();
        least = least.min(elapsed);
        spent += elapsed;
        done += 1;
    }
    least.as_secs_f64() * 1e9
}

/// Times `call` and prints its line; `answer` turns its result into numbers.
pub fn tell<R>(
    case: &str,
    version: &str,
    tolerance: f64,
    mut call: impl FnMut() -> R,
    answer: impl Fn(R) -> Vec<f64>,
) {
    check(case);
    let answer = answer(call());
    let ns = least_ns(&mut call);
    let line = json!({
        "case": case, "version": version, "ns": ns, "answer": answer, "tolerance": tolerance,
    });
    println!("{line}");
}

pub fn missing(case: &str, why: &str) {
    check(case);
    println!("{}", json!({ "case": case, "missing": why }));
}

/// What is told must be listed: the list is all there is where this package cannot be built.
fn check(case: &str) {
    let mut cases = include_str!("../cases.txt").lines();
    assert!(cases.any(|listed| listed == case), "`{case}` is not in cases.txt");
}
