//! Speed-up and efficiency from one worker to as many as there are cores.
//!
//! ```text
//! cargo bench -p tangency-benches --bench pool_scaling
//! ```
//!
//! Speed-up is the time of one worker over that of `n`, efficiency that over `n`. The items compute:
//! they neither sleep nor read a clock. Beside it, how near the ETA is after a fifth of a batch.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tangency::pool::{Chunking, CpuBudget, Pool, ProgressSnapshot, item_seed};

/// That many turns of a generator.
fn turns(seed: u64, turns: u64) -> u64 {
    (0..turns).fold(seed, |state, turn| item_seed(state, turn as usize))
}

/// The turns that take that long.
fn calibrate(time: Duration) -> u64 {
    let probe = 2_000_000;
    let best = (0..5).map(|_| {
        let start = Instant::now();
        std::hint::black_box(turns(1, probe));
        start.elapsed()
    });
    let best = best.min().unwrap_or_default().as_secs_f64();
    (time.as_secs_f64() / best * probe as f64).round().max(1.0) as u64
}

/// The best of five.
fn best(mut run: impl FnMut()) -> f64 {
    (0..5).fold(f64::INFINITY, |best, _| {
        let start = Instant::now();
        run();
        best.min(start.elapsed().as_secs_f64())
    })
}

fn main() {
    let budget = CpuBudget::detect();
    let most = budget.cores();
    println!("{}; this goes to {most}", budget.explain());
    for (name, time, items) in [
        ("1 us", Duration::from_micros(1), 100_000),
        ("10 us", Duration::from_micros(10), 20_000),
        ("1 ms", Duration::from_millis(1), 400),
    ] {
        let items: Vec<u64> = (0..items).collect();
        let count = calibrate(time);
        let sequential = best(|| {
            std::hint::black_box(items.iter().map(|&item| turns(item, count)).sum::<u64>());
        });
        println!("\n{} items of {name}; one after another {:.1} ms", items.len(), sequential * 1e3);
        println!("  workers      ms  speed-up  efficiency   rayon ms  speed-up");
        for workers in widths(most) {
            let pool = Pool::new(workers).expect("threads");
            let ours = best(|| {
                let report = pool.batch().map(&items, |&item| turns(item, count));
                assert!(report.is_complete());
            });
            drop(pool);
            let rayon = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
            let rayon = rayon.expect("threads");
            let theirs = best(|| {
                let run = || items.par_iter().map(|&item| turns(item, count)).collect::<Vec<_>>();
                std::hint::black_box(rayon.install(run));
            });
            println!(
                "  {workers:>7} {:>7.2} {:>9.2} {:>11.2} {:>10.2} {:>9.2}",
                ours * 1e3,
                sequential / ours,
                sequential / ours / workers as f64,
                theirs * 1e3,
                sequential / theirs,
            );
        }
    }
    eta(most);
}

/// 1, 2, 3, 4, then in steps of a third or so, and the last.
fn widths(most: usize) -> Vec<usize> {
    let mut widths = vec![1];
    while let Some(&last) = widths.last().filter(|&&last| last < most) {
        widths.push((last + (last / 3).max(1)).min(most));
    }
    widths
}

/// The first ETA after 20 % of 10,000 items, against what it then took.
fn eta(workers: usize) {
    const ITEMS: usize = 10_000;
    const RUNS: usize = 20;
    let pool = Pool::new(workers).expect("threads");
    let unit = calibrate(Duration::from_micros(60 * workers as u64)) as f64;
    let uniform = |seed: u64| (seed >> 11) as f64 / (1_u64 << 53) as f64 + 1e-12;
    println!("\nETA after 20 % of {ITEMS} items, {RUNS} runs");
    for name in ["uniform", "log-normal, sigma 1"] {
        let mut errors: Vec<f64> = (0..RUNS as u64)
            .map(|run| {
                let task = |index: usize| {
                    let (u, v) = (
                        uniform(item_seed(run, 2 * index)),
                        uniform(item_seed(run, 2 * index + 1)),
                    );
                    let share = match name {
                        "uniform" => 2.0 * u,
                        _ => {
                            ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos() - 0.5).exp()
                        }
                    };
                    turns(run, (unit * share) as u64)
                };
                let first: Mutex<Option<(Instant, Duration)>> = Mutex::new(None);
                let watch = |now: &ProgressSnapshot| {
                    let mut first = first.lock().expect("nobody panics");
                    if now.done >= ITEMS / 5 && first.is_none() {
                        *first = now.eta.map(|eta| (Instant::now(), eta));
                    }
                };
                let batch = pool.batch().chunking(Chunking::adaptive()).progress(&watch);
                assert!(batch.map_indices(ITEMS, task).is_complete());
                let (at, eta) = first.into_inner().expect("nobody panics").expect("a snapshot");
                (eta.as_secs_f64() / at.elapsed().as_secs_f64() - 1.0).abs()
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        println!(
            "  {name}: within 10 % in {} of {RUNS}, median error {:.1} %, worst {:.1} %",
            errors.iter().filter(|&&error| error < 0.1).count(),
            errors[RUNS / 2] * 100.0,
            errors[RUNS - 1] * 100.0,
        );
    }
}
