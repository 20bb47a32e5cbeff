//! State that workers keep.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use tangency_pool::{Chunking, ErrorKind, Outcome, Pool, Worker, WorkerState};

use crate::{LONG, pool, within};

/// A state that counts how often it is built, for each worker.
fn counted(pool: &Pool) -> (Arc<Vec<AtomicUsize>>, WorkerState<Vec<u32>>) {
    let built: Arc<Vec<_>> = Arc::new((0..pool.workers()).map(|_| AtomicUsize::new(0)).collect());
    let counters = Arc::clone(&built);
    let state = pool.worker_state(move |worker: &Worker| {
        counters[worker.index()].fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(vec![0; 4])
    });
    (built, state)
}

#[test]
fn built_once_for_each_worker_over_many_batches() {
    within(LONG, || {
        let pool = pool(3);
        let (built, state) = counted(&pool);
        // All workers inside at once, so that each has built its own.
        let barrier = Barrier::new(3);
        let report = pool.batch().with(&state).map_indices(3, |_, _| barrier.wait().is_leader());
        assert!(report.is_complete());
        for round in 0..50 {
            let report =
                pool.batch().chunking(Chunking::Fixed(1)).with(&state).map_indices(40, |s, i| {
                    s[i % 4] += 1;
                    i + round
                });
            assert!(report.is_complete());
        }
        for count in &*built {
            assert_eq!(count.load(Ordering::Relaxed), 1);
        }
        assert!(pool.stats().workers.iter().all(|worker| worker.states_built == 1));
        // What items left behind is still there: every one of them left its mark.
        let (sum, barrier) = (AtomicUsize::new(0), Barrier::new(3));
        let report = pool.batch().with(&state).map_indices(3, |s, _| {
            barrier.wait();
            sum.fetch_add(s.iter().sum::<u32>() as usize, Ordering::Relaxed);
        });
        assert!(report.is_complete());
        assert_eq!(sum.into_inner(), 50 * 40);
    });
}

#[test]
fn handles_live_side_by_side() {
    let pool = pool(2);
    let (a, b) = (
        pool.worker_state(|_| Ok::<_, String>(String::from("a"))),
        pool.worker_state(|worker| Ok::<_, String>(worker.index())),
    );
    for _ in 0..3 {
        let words = pool.batch().with(&a).map_indices(4, |text, i| format!("{text}{i}"));
        assert_eq!(words.into_results().unwrap(), ["a0", "a1", "a2", "a3"]);
        let numbers = pool.batch().with(&b).map_indices(4, |index, _| *index);
        assert!(numbers.into_results().unwrap().iter().all(|&index| index < 2));
    }
}

#[test]
fn state_lives_as_long_as_its_handle() {
    struct Live(Arc<AtomicUsize>);
    impl Drop for Live {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let live = Arc::new(AtomicUsize::new(0));
    let pool = pool(2);
    let state = pool.worker_state({
        let live = Arc::clone(&live);
        move |_| {
            live.fetch_add(1, Ordering::SeqCst);
            Ok::<_, String>(Live(Arc::clone(&live)))
        }
    });
    assert_eq!(live.load(Ordering::SeqCst), 0, "nothing is built before it is needed");
    let barrier = Barrier::new(2);
    let report = pool.batch().with(&state).map_indices(2, |_, _| barrier.wait().is_leader());
    assert!(report.is_complete());
    assert_eq!(live.load(Ordering::SeqCst), 2);
    let clone = state.clone();
    drop(state);
    assert_eq!(live.load(Ordering::SeqCst), 2);
    drop(clone);
    assert_eq!(live.load(Ordering::SeqCst), 0);
}

#[test]
fn a_state_that_fails_is_one_error_for_the_batch() {
    within(LONG, || {
        for workers in [1, 4] {
            let pool = pool(workers);
            let state = pool.worker_state(|_| Err::<u8, _>("market.csv: no such file"));
            let report = pool.batch().with(&state).map_indices(100, |_, i| i);
            assert!(report.outcomes.iter().all(Outcome::is_cancelled));
            let error = report.error().unwrap().clone();
            assert!(error.is_state());
            let ErrorKind::StateFailed { worker, .. } = error.kind() else { panic!("{error}") };
            assert_eq!(
                error.to_string(),
                format!("state of worker {worker} could not be built: market.csv: no such file")
            );
            assert_eq!(report.into_results().unwrap_err(), error);
            // The pool goes on.
            assert!(pool.batch().map_indices(10, |i| i).is_complete());
        }
    });
}

#[test]
fn a_state_that_panics_is_one_error_for_the_batch() {
    within(LONG, || {
        let pool = pool(3);
        let state = pool.worker_state(|_| -> Result<u8, String> { panic!("no licence") });
        let report = pool.batch().with(&state).map_indices(100, |_, i| i);
        let error = report.into_results().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::StatePanicked { .. }));
        assert!(error.to_string().ends_with("panicked: no licence"), "{error}");
        assert!(pool.batch().map_indices(10, |i| i).is_complete());
    });
}

#[test]
fn a_state_that_fails_on_one_worker_only_fails_the_batch() {
    within(LONG, || {
        let pool = pool(2);
        let both = Arc::new(Barrier::new(2));
        let state = pool.worker_state({
            let both = Arc::clone(&both);
            move |worker| {
                both.wait();
                if worker.index() == 1 { Err("second") } else { Ok(()) }
            }
        });
        let report = pool.batch().with(&state).map_indices(2, |_, i| i);
        assert_eq!(
            report.error().unwrap().to_string(),
            "state of worker 1 could not be built: second"
        );
        assert!(!report.is_complete());
    });
}

#[test]
fn a_state_that_failed_is_tried_again() {
    let pool = pool(1);
    let tries = AtomicUsize::new(0);
    let state = pool.worker_state(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => Err("not yet"),
        n => Ok(n),
    });
    assert!(pool.batch().with(&state).map_indices(2, |n, _| *n).error().is_some());
    let again = pool.batch().with(&state).map_indices(2, |n, _| *n);
    assert_eq!(again.into_results().unwrap(), [1, 1]);
}

#[test]
fn a_handle_of_another_pool_is_an_error() {
    let (one, other) = (pool(2), pool(2));
    let state = one.worker_state(|_| Ok::<_, String>(1));
    let report = other.batch().with(&state).map_indices(3, |_, i| i);
    assert_eq!(report.error().unwrap().kind(), &ErrorKind::ForeignState);
    assert!(report.outcomes.iter().all(Outcome::is_cancelled));
}

#[test]
fn a_handle_may_outlive_its_pool() {
    let pool = pool(1);
    let state = pool.worker_state(|_| Ok::<_, String>(vec![1.0; 8]));
    assert!(pool.batch().with(&state).map_indices(1, |s, _| s.len()).is_complete());
    drop(pool);
    drop(state);
}
