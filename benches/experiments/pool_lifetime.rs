//! Workers that stay against workers that are made anew, on threads and on processes; and what
//! failures cost.
//!
//! 5 batches of 20 tasks of 200 microseconds on 8 workers, whose state takes 50 ms to build.

use std::time::{Duration, Instant};

use tangency::pool::process::{Job, Registry, Resources, worker_entry};
use tangency::pool::{Chunking, Executor, Outcome, Pool};
use tangency_benches::experiment::{Variant, compare};

const WORKERS: usize = 8;
const BATCHES: usize = 5;
const TASKS: usize = 20;
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
    for executor in [Executor::Threads, Executor::Processes] {
        lifetimes(executor);
    }
    panics();
    aborts();
}

fn lifetimes(executor: Executor) {
    let inputs: Vec<u64> = (0..TASKS as u64).collect();
    let (warm_pool, warm_resources) = (pool(executor), Resources::new());
    // Until every worker has its state.
    while warm_pool.stats().run_seconds.count < 400 {
        batch(&warm_pool, &warm_resources, &inputs);
    }
    let case = format!("{BATCHES} batches of {TASKS} tasks, {WORKERS} workers as {executor}");
    let variants = vec![
        Variant::new("recreated for each batch", || {
            for _ in 0..BATCHES {
                batch(&pool(executor), &Resources::new(), &inputs);
            }
        }),
        Variant::new("kept, first start included", || {
            let (pool, resources) = (pool(executor), Resources::new());
            for _ in 0..BATCHES {
                batch(&pool, &resources, &inputs);
            }
        }),
        Variant::new("kept, warm", || {
            for _ in 0..BATCHES {
                batch(&warm_pool, &warm_resources, &inputs);
            }
        }),
    ];
    compare("persistent against recreated pool", &case, variants);
}

fn panics() {
    const ITEMS: usize = 20_000;
    std::panic::set_hook(Box::new(|_| {}));
    let pool = Pool::new(1).expect("a thread");
    let run = |panics: bool| {
        let batch = pool.batch().chunking(Chunking::Auto);
        let report = batch.map_indices(ITEMS, |_| assert!(!panics));
        assert_eq!(report.stats.items.panicked, if panics { ITEMS as u64 } else { 0 });
    };
    let variants =
        vec![Variant::new("none", || run(false)), Variant::new("every item panics", || run(true))];
    compare("cost of failures", &format!("{ITEMS} items on a thread"), variants);
    let _ = std::panic::take_hook();
}

fn aborts() {
    let pool = Pool::builder().workers(1).executor(Executor::Processes).build().expect("a thread");
    let run = |input: u64| {
        let report = pool.batch().jobs::<Light>().retries(0).run(&[input]);
        assert_eq!(input == u64::MAX, matches!(report.outcomes[0], Outcome::Failed(_)));
        pool.clear_quarantine();
    };
    let variants = vec![
        Variant::new("none", || {
            run(1);
            run(1);
        }),
        Variant::new("the first of two aborts", || {
            run(u64::MAX);
            run(1);
        }),
    ];
    compare("cost of failures", "2 jobs on a worker process", variants);
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
    for (input, outcome) in inputs.iter().zip(&report.outcomes) {
        assert_eq!(*outcome, Outcome::Done(1024 + input));
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
