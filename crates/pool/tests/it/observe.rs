//! Observers: results as they come, and progress.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tangency_pool::{
    CancelToken, Chunking, Outcome, PROGRESS_INTERVAL, ProgressSnapshot, stop_requested,
};

use crate::{LONG, pool, within};

#[test]
fn every_result_is_reported_once_on_the_callers_thread() {
    within(LONG, || {
        for workers in [1, 3] {
            let caller = thread::current().id();
            let mut seen = BTreeSet::new();
            let report = pool(workers)
                .batch()
                .on_result(|index, outcome: &Outcome<usize, String>| {
                    assert_eq!(thread::current().id(), caller);
                    match outcome {
                        Outcome::Done(value) => assert_eq!(*value, index * 10),
                        Outcome::Failed(text) => assert_eq!(text, &index.to_string()),
                        Outcome::Panicked(text) => assert_eq!(text, "seven"),
                        Outcome::Cancelled => panic!("nothing was cancelled"),
                    }
                    assert!(seen.insert(index));
                })
                .try_map_indices(2000, |i| match i {
                    7 => panic!("seven"),
                    _ if i % 5 == 0 => Err(i.to_string()),
                    _ => Ok(i * 10),
                });
            assert_eq!(report.outcomes.len(), 2000);
            assert_eq!(seen.len(), 2000);
        }
    });
}

#[test]
fn results_come_in_the_order_in_which_they_end() {
    within(LONG, || {
        // One worker: that is item order. The callback may be a reference, too.
        let mut order = Vec::new();
        let mut note = |index: usize, _: &Outcome<usize, Infallible>| order.push(index);
        let report = pool(1).batch().on_result(&mut note).map_indices(100, |i| i);
        assert!(report.is_complete());
        assert_eq!(order, (0..100).collect::<Vec<_>>());

        // Two workers, and item 0 waits until item 1 has been reported: results stream.
        let (reported, is_reported) = std::sync::mpsc::channel();
        let is_reported = Mutex::new(is_reported);
        let mut order = Vec::new();
        let report = pool(2)
            .batch()
            .chunking(Chunking::Fixed(1))
            .on_result(|index, _: &Outcome<(), Infallible>| {
                order.push(index);
                let _ = reported.send(index);
            })
            .map_indices(2, |i| {
                if i == 0 {
                    assert_eq!(is_reported.lock().unwrap().recv().unwrap(), 1);
                }
            });
        assert!(report.is_complete());
        assert_eq!(order, [1, 0]);
    });
}

#[test]
fn a_callback_that_panics_reaches_the_caller_after_the_workers_let_go() {
    within(LONG, || {
        let pool = pool(3);
        for round in 0..20 {
            let inside = AtomicUsize::new(0);
            let started = AtomicUsize::new(0);
            // All but the first wait for the end of the batch.
            let caught = catch_unwind(AssertUnwindSafe(|| {
                pool.batch()
                    .chunking(Chunking::Fixed(1))
                    .on_result(|_, _: &Outcome<(), Infallible>| panic!("callback {round}"))
                    .map_indices(1000, |index| {
                        inside.fetch_add(1, Ordering::SeqCst);
                        started.fetch_add(1, Ordering::SeqCst);
                        while index > 0 && !stop_requested() {
                            thread::yield_now();
                        }
                        inside.fetch_sub(1, Ordering::SeqCst);
                    })
                    .is_complete()
            }));
            // Nobody is inside the borrowed closure any more, and the rest was not run.
            assert_eq!(inside.load(Ordering::SeqCst), 0);
            assert!(started.load(Ordering::SeqCst) <= 4);
            let payload = caught.unwrap_err();
            assert_eq!(payload.downcast_ref::<String>().unwrap(), &format!("callback {round}"));
        }
        assert!(pool.batch().map_indices(100, |i| i).is_complete());
    });
}

#[test]
fn progress_that_panics_reaches_the_caller_after_the_workers_let_go() {
    within(LONG, || {
        let pool = pool(2);
        let (inside, began) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let bar = |_: &ProgressSnapshot| panic!("bar");
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.batch()
                .progress(&bar)
                .chunking(Chunking::Fixed(1))
                .map_indices(100, |_| {
                    began.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_add(1, Ordering::SeqCst);
                    while !stop_requested() {
                        thread::yield_now();
                    }
                    inside.fetch_sub(1, Ordering::SeqCst);
                })
                .is_complete()
        }));
        assert_eq!(inside.load(Ordering::SeqCst), 0);
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"bar"));
        assert!(began.load(Ordering::SeqCst) <= 2);
        assert!(pool.batch().map_indices(100, |i| i).is_complete());
    });
}

#[test]
fn progress_keeps_its_pace_and_ends_with_everything() {
    within(LONG, || {
        let calls: Mutex<Vec<ProgressSnapshot>> = Mutex::default();
        let caller = thread::current().id();
        let bar = |now: &ProgressSnapshot| {
            assert_eq!(thread::current().id(), caller);
            calls.lock().unwrap().push(*now);
        };
        let is_estimate = |now: &ProgressSnapshot| now.eta.is_some_and(|eta| !eta.is_zero());
        let report = pool(2).batch().progress(&bar).try_map_indices(60, |i| {
            // The second half waits until there has been something to tell.
            let has_told = || {
                let calls = calls.lock().unwrap();
                calls.len() > 2 && calls.iter().any(is_estimate)
            };
            while i >= 30 && !has_told() {
                thread::sleep(Duration::from_millis(1));
            }
            if i % 3 == 0 { Err(()) } else { Ok(()) }
        });
        assert_eq!(report.stats.items.failed, 20);
        let calls = calls.into_inner().unwrap();
        let (last, before) = calls.split_last().unwrap();
        assert_eq!((last.done, last.failed, last.total), (60, 20, 60));
        assert!(last.last);
        assert_eq!(last.eta, Some(Duration::ZERO));
        assert!(last.rate > 0.0);
        for pair in before.windows(2) {
            assert!(pair[1].elapsed - pair[0].elapsed >= PROGRESS_INTERVAL, "{calls:?}");
            assert!(pair[0].done <= pair[1].done);
        }
        for snapshot in before {
            assert!(!snapshot.last);
            assert!(snapshot.done <= 60 && snapshot.failed <= snapshot.done);
        }
        assert!(before.iter().any(is_estimate));
    });
}

#[test]
fn progress_has_a_last_word_in_every_case() {
    let calls = Mutex::new(Vec::new());
    let bar = |now: &ProgressSnapshot| calls.lock().unwrap().push((now.done, now.total));
    let pool = pool(2);
    let empty = pool.batch().progress(&bar).map_indices(0, |i| i);
    let token = CancelToken::new();
    token.cancel();
    let cancelled = pool.batch().progress(&bar).cancel(&token).map_indices(5, |i| i);
    let state = pool.worker_state(|_| Err::<(), _>("broken"));
    let failed = pool.batch().progress(&bar).with(&state).map_indices(5, |_, i| i);
    assert!(empty.is_complete() && !cancelled.is_complete() && failed.error().is_some());
    assert_eq!(*calls.lock().unwrap(), [(0, 0), (0, 5), (0, 5)]);
}
