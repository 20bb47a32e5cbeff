//! Two kernels that never change: what moves them moved the machine, or was planted.
//!
//! Beside every run of the suite they are its yardstick. `cargo xtask bench trial` plants slowdowns in
//! them and counts how often the judge sees them: `TANGENCY_PLANTED_SLOWDOWN` is a percentage of
//! additional work.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::pool::item_seed;

fn planted() -> f64 {
    let percent = std::env::var("TANGENCY_PLANTED_SLOWDOWN").unwrap_or_default();
    if percent.is_empty() {
        return 0.0;
    }
    percent.parse::<f64>().expect("a percentage") / 100.0
}

/// Turns of a generator that each wait for the one before.
fn compute(turns: usize) -> u64 {
    (0..turns).fold(1, item_seed)
}

/// A sum over more values than the caches next to a core hold.
fn read(values: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for lanes in values.chunks_exact(8) {
        for (sum, value) in sums.iter_mut().zip(lanes) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

fn yardstick(criterion: &mut Criterion) {
    let more = 1.0 + planted();
    let turns = (20_000.0 * more) as usize;
    let answer = compute(turns);
    let values = vec![1.0; 1 << 19];
    let rows = (0.5 * (1 << 19) as f64 * more) as usize & !7;
    assert_eq!(read(&values[..rows]), rows as f64);
    let mut group = criterion.benchmark_group("judge/yardstick");
    group.bench_function("compute", |bencher| {
        bencher.iter(|| {
            let got = compute(black_box(turns));
            assert_eq!(got, answer);
            got
        });
    });
    group.bench_function("memory", |bencher| bencher.iter(|| read(black_box(&values[..rows]))));
    group.finish();
}

criterion_group!(judge, yardstick);
criterion_main!(judge);
