//! What a call allocates, one case a line; `cargo xtask bench` puts it beside the times.
//!
//! Each case runs in a process of its own, which is this program once more, so that its peak
//! resident size is its own. The second call is counted: the first may fill caches.
#![expect(clippy::print_stdout, reason = "the lines are what this program is for")]

mod cases;

use std::process::Command;

use cases::CASES;
use tangency_benches::allocations::{Counting, during, peak_rss_bytes};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The case to run in this process.
const CASE: &str = "--case";

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|it| it != "--bench" && it != "--test").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [CASE, name] => run(name),
        [] => CASES.iter().for_each(|(name, _)| start(name)),
        [part, ..] => {
            CASES.iter().filter(|(name, _)| name.contains(part)).for_each(|(name, _)| start(name));
        }
    }
}

fn start(name: &str) {
    let own = std::env::current_exe().expect("a program knows where it is");
    let output = Command::new(own).args([CASE, name]).output().expect("it starts once more");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the case `{name}` failed: {said}");
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

fn run(name: &str) {
    let (_, prepare) = CASES.iter().find(|(case, _)| *case == name).expect("a case of that name");
    let mut call = prepare();
    call();
    let ((), counted) = during(&mut call);
    let line = serde_json::json!({
        "case": name,
        "allocations": counted.allocations,
        "allocated_bytes": counted.allocated_bytes,
        "peak_bytes": counted.peak_bytes,
        "peak_rss_bytes": peak_rss_bytes(),
    });
    println!("{line}");
}
