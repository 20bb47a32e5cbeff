//! rayon below an item stays on the item's worker.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use rayon::prelude::*;
use tangency_pool::Pool;

use crate::{LONG, within};

/// The threads that a rayon loop of 1000 steps in one item ran on, with the item's own first.
fn threads_below(pool: &Pool) -> Vec<(ThreadId, HashSet<ThreadId>)> {
    let report = pool.batch().map_indices(4, |_| {
        let seen = Mutex::new(HashSet::new());
        let sum: u64 = (0..1000_u64)
            .into_par_iter()
            .inspect(|_| {
                seen.lock().expect("nobody panics").insert(thread::current().id());
            })
            .sum();
        assert_eq!(sum, 499_500);
        let (a, b) = rayon::join(|| 1, || 2);
        assert_eq!(a + b, 3);
        (thread::current().id(), seen.into_inner().expect("nobody panics"))
    });
    report.into_results().expect("no item fails")
}

#[test]
fn on_one_thread_unless_told_otherwise() {
    within(LONG, || {
        let pool = Pool::new(2).unwrap();
        for (own, seen) in threads_below(&pool) {
            assert_eq!(seen, HashSet::from([own]));
        }
    });
}

#[test]
fn on_as_many_threads_as_the_pool_was_told() {
    within(LONG, || {
        let pool = Pool::builder().workers(1).threads_per_task(3).build().unwrap();
        for (_, seen) in threads_below(&pool) {
            assert!(seen.len() <= 3, "{seen:?}");
        }
        let width = pool.batch().map_indices(1, |_| rayon::current_num_threads());
        assert_eq!(width.into_results().unwrap(), [3]);
    });
}
