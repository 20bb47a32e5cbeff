//! Worker processes through the public API, each failure by doing it.
//!
//! The binary has a `main` of its own, since a worker process is the same program once more. The
//! tests run one after another: they count processes and descriptors. Some start the program again
//! in a role of its own, as `MAIN_ROLE` says.

#![allow(clippy::unwrap_used, reason = "these are tests, though not all of it says so")]

mod chaos;
mod containment;
mod lifetime;
mod ordinary;
mod roles;
mod soak;
mod starting;

use libtest_mimic::{Arguments, Trial};
use tangency_pool::process::{Registry, worker_entry};
use tangency_pool::{Executor, Pool};

use chaos::Chaos;

fn main() {
    if roles::is_without_entry() {
        roles::build_without_entry();
        return;
    }
    worker_entry(Registry::new().with::<Chaos>().with::<ordinary::Sum>());
    if roles::play() {
        return;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let mut trials: Vec<Trial> = Vec::new();
    for tests in
        [ordinary::TESTS, containment::TESTS, starting::TESTS, lifetime::TESTS, soak::TESTS]
    {
        for &(name, test) in tests {
            let trial = Trial::test(name, move || {
                test();
                Ok(())
            });
            trials.push(trial.with_ignored_flag(soak::IGNORED.contains(&name)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

type Test = (&'static str, fn());

/// A pool whose jobs run in processes, and no mistake.
#[track_caller]
fn processes(workers: usize) -> Pool {
    let pool = Pool::builder().workers(workers).executor(Executor::Processes).build();
    let pool = pool.expect("this binary calls worker_entry");
    assert_eq!(pool.stats().executor.reason, None);
    pool
}
