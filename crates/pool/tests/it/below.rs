//! rayon below an item stays on the item's worker.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rayon::prelude::*;
use tangency_pool::{ErrorKind, Pool};

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

#[test]
fn a_batch_beside_its_item_is_an_error() {
    within(LONG, || {
        let pool = Pool::builder().workers(1).threads_per_task(2).build().unwrap();
        let state = pool.worker_state(|_| Ok::<_, String>(()));
        let report = pool.batch().map_indices(1, |_| {
            rayon::broadcast(|context| {
                let nested = pool.batch().map_indices(3, |i| i);
                let prepared = pool.prepare(&state).map_err(|error| error.kind().clone());
                (context.index(), nested.error().map(|error| error.kind().clone()), prepared)
            })
        });
        let told = report.into_results().unwrap().remove(0);
        let beside = ErrorKind::HelpsItem;
        assert_eq!(told, [(0, None, Ok(())), (1, Some(beside.clone()), Err(beside))]);
    });
}

#[test]
fn the_threads_beside_a_worker_end_with_it() {
    within(LONG, || {
        let pool = Pool::builder().workers(1).threads_per_task(2).build().unwrap();
        let (begun, is_over) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
        let report = pool.batch().map_indices(1, |_| {
            let (has_begun, over) = (Arc::clone(&begun), Arc::clone(&is_over));
            rayon::spawn(move || {
                has_begun.wait();
                thread::sleep(Duration::from_millis(100));
                over.store(true, Ordering::SeqCst);
            });
            begun.wait();
        });
        assert!(report.is_complete());
        pool.shutdown();
        assert!(is_over.load(Ordering::SeqCst));
    });
}
