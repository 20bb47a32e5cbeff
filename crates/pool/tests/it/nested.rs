//! Batches inside batches.

use std::sync::Mutex;

use tangency_pool::{CancelToken, Chunking, ErrorKind, Outcome, ProgressSnapshot};

use crate::{LONG, pool, within};

#[test]
fn a_nested_batch_runs_on_its_worker() {
    within(LONG, || {
        for workers in [1, 3] {
            let pool = pool(workers);
            let report = pool.batch().chunking(Chunking::Fixed(1)).map_indices(20, |i| {
                let own = std::thread::current().id();
                let inner = pool.batch().map_indices(10, |j| (i * j, std::thread::current().id()));
                assert!(inner.stats.nested);
                let inner = inner.into_results().unwrap();
                assert!(inner.iter().all(|&(_, thread)| thread == own));
                inner.into_iter().map(|(product, _)| product).sum::<usize>()
            });
            assert!(!report.stats.nested);
            let expected: Vec<_> = (0..20).map(|i| i * 45).collect();
            assert_eq!(report.into_results().unwrap(), expected);
            let stats = pool.stats();
            assert_eq!(stats.batches, 21);
            assert_eq!(stats.items.done, 220);
            assert_eq!(stats.workers.iter().map(|worker| worker.items).sum::<u64>(), 220);
        }
    });
}

#[test]
fn a_nested_batch_has_observers_and_outcomes_like_any_other() {
    within(LONG, || {
        let pool = pool(2);
        let report = pool.batch().map_indices(2, |_| {
            let (order, last) = (Mutex::new(Vec::new()), Mutex::new(None));
            let bar = |now: &ProgressSnapshot| *last.lock().unwrap() = Some(now.done);
            let inner = pool
                .batch()
                .progress(&bar)
                .on_result(|index, _: &Outcome<usize, usize>| order.lock().unwrap().push(index))
                .try_map_indices(4, |i| match i {
                    2 => Err(i),
                    3 => panic!("inner"),
                    _ => Ok(i),
                });
            assert_eq!(*last.lock().unwrap(), Some(4));
            assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
            inner.outcomes
        });
        let expected = [
            Outcome::Done(0),
            Outcome::Done(1),
            Outcome::Failed(2),
            Outcome::Panicked("inner".to_owned()),
        ];
        for outcomes in report.into_results().unwrap() {
            assert_eq!(outcomes, expected);
        }
    });
}

#[test]
fn a_nested_batch_can_be_stopped() {
    let pool = pool(1);
    let report = pool.batch().map_indices(1, |_| {
        let token = CancelToken::new();
        let inner = pool.batch().cancel(&token).map_indices(5, |i| {
            if i == 1 {
                token.cancel();
            }
        });
        inner.stats.items.cancelled
    });
    assert_eq!(report.into_results().unwrap(), [3]);
}

#[test]
fn an_observer_that_panics_in_a_nested_batch_fails_the_item() {
    within(LONG, || {
        let pool = pool(2);
        let state = pool.worker_state(|_| Ok::<_, String>(0));
        let report = pool.batch().map_indices(3, |i| {
            let inner = pool
                .batch()
                .with(&state)
                .on_result(|_, _: &Outcome<(), std::convert::Infallible>| assert_ne!(i, 1, "one"))
                .map_indices(4, |n, _| *n += 1);
            inner.is_complete()
        });
        assert_eq!(report.outcomes[0], Outcome::Done(true));
        assert!(report.outcomes[1].is_panicked());
        assert_eq!(report.outcomes[2], Outcome::Done(true));
        // The state that was lent while it happened can be lent again.
        assert!(pool.batch().with(&state).map_indices(10, |n, _| *n).is_complete());
    });
}

#[test]
fn a_state_is_not_lent_twice() {
    within(LONG, || {
        let pool = pool(2);
        let (state, other) =
            (pool.worker_state(|_| Ok::<_, String>(1)), pool.worker_state(|_| Ok::<_, String>(2)));
        let report = pool.batch().with(&state).map_indices(4, |_, _| {
            let same = pool.batch().with(&state).map_indices(3, |n, _| *n);
            let different = pool.batch().with(&other).map_indices(3, |n, _| *n);
            (same.into_results(), different.into_results())
        });
        for (same, different) in report.into_results().unwrap() {
            let error = same.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::StateInUse { .. }), "{error}");
            assert_eq!(different.unwrap(), [2, 2, 2]);
        }
    });
}

#[test]
fn building_a_state_may_use_the_pool() {
    within(LONG, || {
        let pool = std::sync::Arc::new(pool(1));
        let inside = std::sync::Arc::clone(&pool);
        let state = pool.worker_state(move |_| inside.batch().map_indices(5, |i| i).into_results());
        let report = pool.batch().with(&state).map_indices(2, |squares, i| squares[i + 1]);
        assert_eq!(report.into_results().unwrap(), [1, 2]);
    });
}

#[test]
fn a_batch_from_an_observer() {
    within(LONG, || {
        let pool = pool(2);
        // Long enough for the caller to sleep in both: neither takes the wake-ups of the other.
        let nap = || std::thread::sleep(std::time::Duration::from_micros(300));
        let mut inner = Vec::new();
        let report = pool
            .batch()
            .on_result(|index, _: &Outcome<usize, std::convert::Infallible>| {
                let batch = pool.batch().map_indices(index % 3 + 1, |_| nap());
                inner.push(batch.outcomes.len());
            })
            .map_indices(150, |i| {
                nap();
                i
            });
        assert!(report.is_complete());
        inner.sort_unstable();
        assert_eq!(inner, [[1; 50], [2; 50], [3; 50]].concat());
    });
}
