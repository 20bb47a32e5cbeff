//! From one worker to as many as there are cores, beside rayon; and how near the ETA is.
//!
//! The items compute: they neither sleep nor read a clock.

use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tangency::pool::{Chunking, CpuBudget, Pool, ProgressSnapshot, item_seed};
use tangency_benches::experiment::{Point, note, print_scaling, runs, time, widths};

/// That many turns of a generator.
fn turns(seed: u64, turns: u64) -> u64 {
    (0..turns).fold(seed, |state, turn| item_seed(state, turn as usize))
}

/// The turns that take that long.
fn calibrate(long: Duration) -> u64 {
    let probe = 2_000_000;
    let best = (0..5).map(|_| {
        let start = Instant::now();
        black_box(turns(black_box(1), probe));
        start.elapsed()
    });
    let best = best.min().unwrap_or_default().as_secs_f64();
    (long.as_secs_f64() / best * probe as f64).round().max(1.0) as u64
}

fn main() {
    let most = CpuBudget::detect().cores();
    for (name, long, items) in [
        ("100,000 items of 1 us", Duration::from_micros(1), 100_000),
        ("10,000 items of 10 us", Duration::from_micros(10), 10_000),
        ("100 items of 1 ms", Duration::from_millis(1), 100),
    ] {
        let items: Vec<u64> = (0..items).collect();
        let count = calibrate(long);
        let work = |&item: &u64| turns(item, count);
        let want: Vec<u64> = items.iter().map(work).collect();
        let widths = widths(most);
        let pools: Vec<Pool> =
            widths.iter().map(|&workers| Pool::new(workers).expect("threads")).collect();
        let rayons: Vec<rayon::ThreadPool> = widths
            .iter()
            .map(|&workers| {
                rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("threads")
            })
            .collect();
        let point = |workers: usize| Point { workers, seconds: Vec::new() };
        let mut ours: Vec<Point> =
            std::iter::once(0).chain(widths.iter().copied()).map(point).collect();
        let mut theirs = ours.clone();
        // In turns, a plain loop first: what the machine does meanwhile meets all widths alike.
        for _ in 0..runs() {
            let alone = time(&mut || assert!(items.iter().map(work).collect::<Vec<_>>() == want));
            ours[0].seconds.push(alone);
            theirs[0].seconds.push(alone);
            for (at, (pool, rayon)) in pools.iter().zip(&rayons).enumerate() {
                ours[at + 1].seconds.push(time(&mut || {
                    let report = pool.batch().map(&items, work);
                    assert!(report.into_results().is_ok_and(|got| got == want));
                }));
                theirs[at + 1].seconds.push(time(&mut || {
                    let got = rayon.install(|| items.par_iter().map(work).collect::<Vec<_>>());
                    assert!(got == want);
                }));
            }
        }
        print_scaling(name, "tangency", ours);
        print_scaling(name, "rayon", theirs);
    }
    eta(most);
}

/// The ETA of the first snapshot from 20 % of 10,000 items on, against what it then took. Snapshots come every
/// 100 ms: how much was done by then is told beside it.
fn eta(workers: usize) {
    const ITEMS: usize = 10_000;
    let runs = 2 * runs();
    let pool = Pool::new(workers).expect("threads");
    let unit = calibrate(Duration::from_micros(20 * workers as u64)) as f64;
    let uniform = |seed: u64| (seed >> 11) as f64 / (1_u64 << 53) as f64 + 1e-12;
    for name in ["uniform", "log-normal with sigma 1"] {
        let mut estimates: Vec<(f64, f64)> = (0..runs as u64)
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
                let first: Mutex<Option<(Instant, Duration, usize)>> = Mutex::new(None);
                let watch = |now: &ProgressSnapshot| {
                    let mut first = first.lock().expect("nobody panics");
                    if now.done >= ITEMS / 5 && first.is_none() {
                        *first = now.eta.map(|eta| (Instant::now(), eta, now.done));
                    }
                };
                let batch = pool.batch().chunking(Chunking::adaptive()).progress(&watch);
                assert!(batch.map_indices(ITEMS, task).is_complete());
                let (at, eta, done) =
                    first.into_inner().expect("nobody panics").expect("a snapshot");
                let error = (eta.as_secs_f64() / at.elapsed().as_secs_f64() - 1.0).abs();
                (error, 100.0 * done as f64 / ITEMS as f64)
            })
            .collect();
        estimates.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (errors, shares): (Vec<f64>, Vec<f64>) = estimates.into_iter().unzip();
        let earliest = shares.iter().copied().fold(f64::INFINITY, f64::min);
        let latest = shares.iter().copied().fold(0.0, f64::max);
        let near = errors.iter().filter(|&&error| error < 0.1).count();
        let text = format!(
            "ETA from 20 % of {ITEMS} items on (with {earliest:.0} to {latest:.0} % done), {name}: within \
             10 % in {near} of {runs} runs, median error {:.1} %, worst {:.1} %",
            errors[runs / 2] * 100.0,
            errors[runs - 1] * 100.0,
        );
        note("scaling", &text);
    }
}
