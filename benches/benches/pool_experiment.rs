//! Workers that stay against workers that are made anew, on threads and on processes, with
//! statistics; and what failures cost.
//!
//! ```text
//! cargo bench -p tangency-benches --bench pool_experiment
//! ```
//!
//! The experiment: 5 batches of 20 tasks of 200 microseconds on 8 workers, whose state takes 50 ms to
//! build; 10 runs of each kind, their mean with its 95 % interval, and Welch's test of the
//! difference.
//!
//! B. L. Welch (1947), "The generalization of 'Student's' problem when several different population
//! variances are involved", Biometrika 34.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::{Duration, Instant};

use statrs::distribution::{ContinuousCDF, StudentsT};
use tangency::pool::process::{Job, Registry, Resources, worker_entry};
use tangency::pool::{Chunking, Executor, Outcome, Pool};

const WORKERS: usize = 8;
const BATCHES: usize = 5;
const TASKS: usize = 20;
const RUNS: usize = 10;
const BUILD: Duration = Duration::from_millis(50);
const TASK: Duration = Duration::from_micros(200);

struct Task;

impl Job for Task {
    const NAME: &'static str = "task";
    type Input = u64;
    type Output = u64;
    type State = Vec<u64>;

    fn open(_: &Resources) -> Result<Vec<u64>, String> {
        std::thread::sleep(BUILD);
        Ok(vec![1; 1024])
    }

    fn run(state: &mut Vec<u64>, input: &u64) -> Result<u64, String> {
        if *input == u64::MAX {
            std::process::abort();
        }
        spin(TASK);
        Ok(state.iter().sum::<u64>() + input)
    }
}

/// Has no state to build.
struct Light;

impl Job for Light {
    const NAME: &'static str = "light";
    type Input = u64;
    type Output = u64;
    type State = ();

    fn open(_: &Resources) -> Result<(), String> {
        Ok(())
    }

    fn run((): &mut (), input: &u64) -> Result<u64, String> {
        if *input == u64::MAX {
            std::process::abort();
        }
        Ok(input + 1)
    }
}

fn main() {
    worker_entry(Registry::new().with::<Task>().with::<Light>());
    // Cargo's own argument, and criterion's `--test` from `cargo test --benches`.
    let runs = if std::env::args().any(|argument| argument == "--test") { 2 } else { RUNS };
    for executor in [Executor::Threads, Executor::Processes] {
        println!(
            "\n{executor}, {BATCHES} batches of {TASKS} tasks, {WORKERS} workers, {runs} runs, ms"
        );
        let inputs: Vec<u64> = (0..TASKS as u64).collect();
        let recreated = sample(runs, || {
            for _ in 0..BATCHES {
                batch(&pool(executor), &Resources::new(), &inputs);
            }
        });
        let persistent = sample(runs, || {
            let (pool, resources) = (pool(executor), Resources::new());
            for _ in 0..BATCHES {
                batch(&pool, &resources, &inputs);
            }
        });
        let (warm_pool, resources) = (pool(executor), Resources::new());
        // Until every worker has its state.
        while warm_pool.stats().run_seconds.count < 400 {
            batch(&warm_pool, &resources, &inputs);
        }
        let warm = sample(runs, || {
            for _ in 0..BATCHES {
                batch(&warm_pool, &resources, &inputs);
            }
        });
        for (name, times) in
            [("recreated", &recreated), ("persistent", &persistent), ("warm", &warm)]
        {
            println!("  {name:<11}{}", Summary::of(times));
        }
        for (name, times) in [("persistent", &persistent), ("warm", &warm)] {
            let saved = 1.0 - Summary::of(times).mean / Summary::of(&recreated).mean;
            let (t, freedom, p) = welch(&recreated, times);
            println!(
                "  {name} saves {:.1} %: t = {t:.1}, {freedom:.1} df, p = {p:.1e}",
                saved * 100.0
            );
        }
    }
    failures();
}

fn failures() {
    println!("\nfailures");
    std::panic::set_hook(Box::new(|_| {}));
    let pool = Pool::new(1).expect("a thread");
    let time = |panics: bool| {
        let items = 20_000;
        let start = Instant::now();
        let report = pool.batch().chunking(Chunking::Auto).map_indices(items, |_| {
            assert!(!panics);
        });
        assert_eq!(report.stats.items.panicked > 0, panics);
        start.elapsed().as_nanos() as f64 / items as f64
    };
    let best = |panics| (0..5).map(|_| time(panics)).fold(f64::INFINITY, f64::min);
    println!(
        "  an item that panics: {:.0} ns, one that does not: {:.1} ns",
        best(true),
        best(false)
    );
    let _ = std::panic::take_hook();

    let pool = Pool::builder().workers(1).executor(Executor::Processes).build().expect("a thread");
    let run = |input: u64| {
        let start = Instant::now();
        let report = pool.batch().jobs::<Light>().retries(0).run(&[input]);
        assert!(input != u64::MAX || matches!(report.outcomes[0], Outcome::Failed(_)));
        pool.clear_quarantine();
        start.elapsed().as_secs_f64() * 1e3
    };
    run(1);
    let calm: Vec<f64> = (0..20).map(|_| run(1)).collect();
    let after: Vec<f64> = (0..20).map(|_| run(u64::MAX) + run(1)).collect();
    println!("  a job on a process, round trip: {} ms", Summary::of(&calm));
    println!("  one that aborts, and the next on a new process: {} ms", Summary::of(&after));
}

fn pool(executor: Executor) -> Pool {
    let pool = Pool::builder().workers(WORKERS).executor(executor).build().expect("threads");
    assert_eq!(pool.stats().executor.kind, executor);
    pool
}

fn batch(pool: &Pool, resources: &Resources, inputs: &[u64]) {
    let batch = pool.batch().chunking(Chunking::Fixed(1));
    let report = batch.jobs::<Task>().resources(resources).run(inputs);
    assert!(report.is_complete(), "{:?}", report.error());
}

/// Milliseconds.
fn sample(runs: usize, mut run: impl FnMut()) -> Vec<f64> {
    let mut once = || {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..runs).map(|_| once()).collect()
}

struct Summary {
    mean: f64,
    /// Half the 95 % interval.
    margin: f64,
    best: f64,
    worst: f64,
}

impl Summary {
    fn of(times: &[f64]) -> Self {
        let (mean, variance) = moments(times);
        let n = times.len() as f64;
        let quantile = student(n - 1.0).inverse_cdf(0.975);
        Self {
            mean,
            margin: quantile * (variance / n).sqrt(),
            best: times.iter().copied().fold(f64::INFINITY, f64::min),
            worst: times.iter().copied().fold(0.0, f64::max),
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mean, margin, best, worst } = self;
        write!(f, "{mean:8.2} ± {margin:5.2}  ({best:.2} to {worst:.2})")
    }
}

fn moments(times: &[f64]) -> (f64, f64) {
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    (mean, times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

/// Statistic, degrees of freedom by Welch and Satterthwaite, two-sided p.
fn welch(one: &[f64], other: &[f64]) -> (f64, f64, f64) {
    let ((m, v), (n, w)) = (moments(one), moments(other));
    let (a, b) = (v / one.len() as f64, w / other.len() as f64);
    let t = (m - n) / (a + b).sqrt();
    let freedom =
        (a + b).powi(2) / (a * a / (one.len() as f64 - 1.0) + b * b / (other.len() as f64 - 1.0));
    (t, freedom, 2.0 * student(freedom).cdf(-t.abs()))
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("more than one run")
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
