//! Streams whose workers come and go.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tangency_pool::{CancelToken, Chunking, Outcome, StopReason, StreamReport};

use crate::{LONG, pool, within};

/// A stream without end that fills its look-ahead, loses its only worker to another batch, and is stopped
/// then: by its token, or by its deadline.
#[expect(clippy::unwrap_used, reason = "a part of a test")]
fn stopped_without_a_worker(deadline: Option<Duration>) -> StreamReport {
    let pool = pool(1);
    let (token, over, taken) = (CancelToken::new(), CancelToken::new(), Barrier::new(2));
    let (go, is_to_go) = mpsc::channel();
    let is_to_go = Mutex::new(is_to_go);
    thread::scope(|scope| {
        scope.spawn(|| {
            // No word: the stream was over before it had begun.
            if is_to_go.lock().unwrap().recv().is_err() {
                return;
            }
            let report = pool.batch().map_indices(1, |_| {
                taken.wait();
                // Long enough for the caller of the stream to fall asleep.
                thread::sleep(Duration::from_millis(50));
                token.cancel();
                while !over.is_cancelled() {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            assert!(report.is_complete());
        });
        let mut go = Some(go);
        let observer = |_, _: &Outcome<u64, Infallible>| {
            if let Some(go) = go.take() {
                go.send(()).unwrap();
                taken.wait();
            }
        };
        let batch = pool.batch().look_ahead(2);
        let batch = match deadline {
            Some(after) => batch.deadline(after),
            None => batch.cancel(&token),
        };
        let report = batch.on_result(observer).stream(0_u64.., |n| n);
        drop(go);
        over.cancel();
        report
    })
}

#[test]
fn a_stream_that_nobody_works_at_sees_its_limits() {
    within(LONG, || {
        let report = stopped_without_a_worker(None);
        assert_eq!(report.stats.stopped, Some(StopReason::Cancelled));
        let report = stopped_without_a_worker(Some(Duration::from_millis(500)));
        assert_eq!(report.stats.stopped, Some(StopReason::Deadline));
    });
}

#[test]
fn no_more_workers_come_than_there_are_items() {
    within(LONG, || {
        let pool = pool(8);
        let state = pool.worker_state(|_| Ok::<_, String>(()));
        let nap = |(): &mut (), item| {
            thread::sleep(Duration::from_millis(50));
            item
        };
        let report = pool.batch().with(&state).map_iter(std::iter::once(1), nap);
        assert_eq!(report.into_results().unwrap(), [1]);
        // A filter says at most how many there will be.
        let odd = (0..2).filter(|n| n % 2 == 1);
        assert_eq!(pool.batch().with(&state).map_iter(odd, nap).into_results().unwrap(), [1]);
        let built: u64 = pool.stats().workers.iter().map(|worker| worker.states_built).sum();
        assert!(built <= 3, "{built} states");
    });
}

#[test]
fn results_are_shown_while_their_chunk_goes_on() {
    within(LONG, || {
        let is_shown = AtomicBool::new(false);
        let observer = |index, _: &Outcome<(), Infallible>| {
            is_shown.fetch_or(index == 0, Ordering::SeqCst);
        };
        let pool = pool(1);
        let batch = pool.batch().chunking(Chunking::Fixed(4)).on_result(observer);
        let report = batch.stream(0..4, |index| {
            thread::sleep(Duration::from_millis(1));
            while index == 3 && !is_shown.load(Ordering::SeqCst) {
                thread::yield_now();
            }
        });
        assert!(report.is_complete());
        assert_eq!(report.stats.chunks, 1);
    });
}

#[test]
fn who_leaves_hands_on_the_rest_of_its_chunk() {
    within(LONG, || {
        let pool = pool(2);
        let both = Barrier::new(2);
        let ran: Mutex<HashMap<_, usize>> = Mutex::default();
        let report = pool.batch().chunking(Chunking::Fixed(50)).map_iter(0..100, |index| {
            *ran.lock().unwrap().entry(thread::current().id()).or_default() += 1;
            if index % 50 == 0 {
                // Each has a chunk, and then one of them is to leave.
                both.wait();
                if index == 0 {
                    pool.resize(1).unwrap();
                }
                both.wait();
            }
            index
        });
        assert_eq!(report.into_results().unwrap(), (0..100).collect::<Vec<_>>());
        let mut ran: Vec<usize> = ran.into_inner().unwrap().into_values().collect();
        ran.sort_unstable();
        assert_eq!(ran, [1, 99]);
    });
}

#[test]
fn a_worker_that_comes_back_takes_part_once() {
    within(LONG, || {
        let pool = pool(1);
        let report = pool.batch().look_ahead(1).map_iter(0..500, |n| n);
        assert!(report.is_complete());
        let stats = pool.stats();
        assert_eq!((stats.workers[0].batches, stats.queue_wait_seconds.count), (1, 1));
        assert_eq!(stats.run_seconds.count, 500);
    });
}

#[test]
fn the_time_of_the_iterator_is_no_items_time() {
    within(LONG, || {
        let slow = || (0..10).inspect(|_| thread::sleep(Duration::from_millis(5)));
        // Where the machine takes its time over an item, that is the item's; not each time.
        let is_right = (0..50).any(|_| {
            let pool = pool(1);
            let report = pool.batch().chunking(Chunking::Fixed(1)).map_iter(slow(), |n| n);
            assert!(report.is_complete());
            let run = pool.stats().run_seconds;
            run.mean * (run.count as f64) < 0.005
        });
        assert!(is_right);
    });
}
