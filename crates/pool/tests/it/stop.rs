//! Stopping a batch: tokens, deadlines, the first failure.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tangency_pool::{CancelToken, Chunking, ErrorKind, Outcome, StopReason, stop_requested};

use crate::{LONG, pool, within};

#[test]
fn cancelled_from_another_thread() {
    within(LONG, || {
        let pool = pool(2);
        let token = CancelToken::new();
        let both_inside = Barrier::new(3);
        let report = thread::scope(|scope| {
            scope.spawn(|| {
                both_inside.wait();
                token.cancel();
            });
            pool.batch().cancel(&token).chunking(Chunking::Fixed(10)).map_indices(1000, |i| {
                if i == 0 || i == 10 {
                    both_inside.wait();
                    while !token.is_cancelled() {
                        thread::yield_now();
                    }
                }
                i
            })
        });
        // The two that were running ended, nothing else was started.
        assert_eq!(report.outcomes[0], Outcome::Done(0));
        assert_eq!(report.outcomes[10], Outcome::Done(10));
        assert_eq!(report.stats.items.done, 2);
        assert_eq!(report.stats.items.cancelled, 998);
        assert_eq!(report.stats.stopped, Some(StopReason::Cancelled));
        let error = report.into_results().unwrap_err();
        assert_eq!(
            error.to_string(),
            "998 of 1000 items were not started: the batch was cancelled"
        );
    });
}

#[test]
fn cancelled_before_it_began() {
    let pool = pool(2);
    let token = CancelToken::new();
    token.clone().cancel();
    let state = pool.worker_state(|_| -> Result<u8, String> { panic!("must not be built") });
    let report = pool.batch().cancel(&token).with(&state).map_indices(10, |_, i| i);
    assert!(report.error().is_none());
    assert_eq!(report.stats.items.cancelled, 10);
    assert!(report.stats.workers.is_empty());
}

#[test]
fn cancelled_while_every_worker_is_busy_elsewhere() {
    within(LONG, || {
        let pool = pool(1);
        let (token, inside, leave) = (CancelToken::new(), Barrier::new(2), CancelToken::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                let report = pool.batch().map_indices(1, |_| {
                    inside.wait();
                    while !leave.is_cancelled() {
                        thread::sleep(Duration::from_millis(1));
                    }
                });
                assert!(report.is_complete());
            });
            inside.wait();
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                token.cancel();
            });
            let report = pool.batch().cancel(&token).map_indices(5, |i| i);
            assert_eq!(report.stats.items.cancelled, 5);
            let soon = Duration::from_millis(20);
            let report = pool.batch().deadline(soon).map_indices(5, |i| i);
            assert_eq!(report.stats.stopped, Some(StopReason::Deadline));
            leave.cancel();
        });
    });
}

#[test]
fn a_deadline_ends_the_batch_but_no_item() {
    within(LONG, || {
        let pool = pool(2);
        let mut deadline = Duration::from_millis(50);
        let report = loop {
            let report = pool.batch().deadline(deadline).map_indices(1000, |i| {
                while !stop_requested() {
                    thread::yield_now();
                }
                i
            });
            // Long enough for an item to have begun.
            if report.stats.items.done > 0 {
                break report;
            }
            deadline *= 2;
        };
        assert!(report.stats.items.done <= 2, "{:?}", report.stats);
        assert!(report.stats.items.cancelled >= 998, "{:?}", report.stats);
        let error = report.into_results().unwrap_err();
        let ErrorKind::Stopped { reason, total, .. } = error.kind() else { panic!("{error}") };
        assert_eq!((*reason, *total), (StopReason::Deadline, 1000));
    });
}

#[test]
fn a_deadline_that_is_far_away_changes_nothing() {
    let report = pool(2).batch().deadline(Duration::MAX).map_indices(100, |i| i);
    assert!(report.is_complete());
    assert_eq!(report.stats.stopped, None);
}

#[test]
fn the_first_failure_stops_a_batch_that_fails_fast() {
    within(LONG, || {
        for panics in [false, true] {
            let ran = AtomicUsize::new(0);
            let batch = pool(2);
            let batch = batch.batch().fail_fast(true).chunking(Chunking::Fixed(1));
            let report = batch.try_map_indices(10_000, |i| {
                ran.fetch_add(1, Ordering::Relaxed);
                while i > 5 && !stop_requested() {
                    thread::yield_now();
                }
                assert!(!(panics && i == 5), "five");
                if i == 5 { Err("five") } else { Ok(i) }
            });
            assert_eq!(ran.load(Ordering::Relaxed) as u64, 10_000 - report.stats.items.cancelled);
            assert!(report.stats.items.cancelled >= 9993, "{:?}", report.stats);
            assert_eq!(report.stats.stopped, Some(StopReason::FailFast));
            // The failure is the reason given, not the items that were not started.
            assert_eq!(report.into_results().unwrap_err().item(), Some(5));
        }
    });
}

#[test]
fn without_failing_fast_everything_runs() {
    let report = pool(2).batch().try_map_indices(500, |i| if i == 0 { Err(()) } else { Ok(()) });
    assert_eq!((report.stats.items.done, report.stats.items.failed), (499, 1));
}
