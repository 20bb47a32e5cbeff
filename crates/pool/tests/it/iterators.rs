//! Items from iterators: in order or streamed, bounded, stopped in time.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tangency_pool::{CancelToken, Chunking, ErrorKind, Outcome, ProgressSnapshot, StopReason};

use crate::{LONG, pool, within};

/// An iterator that does not know its length.
fn unsized_range(items: usize) -> impl Iterator<Item = usize> + Send {
    let mut next = 0;
    std::iter::from_fn(move || {
        next += 1;
        (next <= items).then(|| next - 1)
    })
}

#[test]
fn outcomes_come_in_item_order() {
    within(LONG, || {
        for workers in [1, 3] {
            let pool = pool(workers);
            for chunking in [Chunking::adaptive(), Chunking::Fixed(7), Chunking::Static] {
                for items in [0, 1, 5000] {
                    let batch = pool.batch().chunking(chunking).look_ahead(100);
                    let report = batch.map_iter(unsized_range(items), |i| i * 3);
                    let expected: Vec<_> = (0..items).map(|i| i * 3).collect();
                    assert!(report.is_complete());
                    assert_eq!(report.into_results().unwrap(), expected);
                }
            }
            let state = pool.worker_state(|_| Ok::<_, String>(10));
            let report = pool.batch().with(&state).map_iter(0..100, |ten, i| *ten * i);
            assert_eq!(report.into_results().unwrap()[99], 990);
        }
    });
}

#[test]
fn errors_and_panics_keep_their_place() {
    let report = pool(2).batch().try_map_iter(unsized_range(100), |i| match i {
        30 => panic!("thirty"),
        _ if i % 10 == 7 => Err(i),
        _ => Ok(i),
    });
    assert_eq!(report.outcomes.len(), 100);
    assert_eq!(report.outcomes[30], Outcome::Panicked("thirty".to_owned()));
    assert_eq!(report.outcomes[47], Outcome::Failed(47));
    assert_eq!((report.stats.items.done, report.stats.items.failed), (89, 10));
}

#[test]
fn no_more_items_are_under_way_than_the_look_ahead() {
    within(LONG, || {
        const LOOK_AHEAD: usize = 16;
        let (taken, seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items = unsized_range(3000).inspect(|_| {
            let taken = taken.fetch_add(1, Ordering::SeqCst) + 1;
            let under_way = taken - seen.load(Ordering::SeqCst);
            // One delivery is booked when the whole of it has been seen.
            assert!(under_way <= LOOK_AHEAD + 1, "{under_way}");
        });
        let report = pool(3)
            .batch()
            .look_ahead(LOOK_AHEAD)
            .on_result(|_, _: &Outcome<usize, Infallible>| {
                seen.fetch_add(1, Ordering::SeqCst);
                // A slow observer: the workers have to wait for it.
                if seen.load(Ordering::SeqCst) % 100 == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            })
            .stream(items, |i| i);
        assert_eq!(report.error(), None);
        assert!(report.is_complete());
        assert_eq!(seen.load(Ordering::SeqCst), 3000);
    });
}

#[test]
fn a_grid_of_billions_is_left_when_it_is_cancelled() {
    within(LONG, || {
        let token = CancelToken::new();
        let mut seen = 0_u64;
        let report = pool(2)
            .batch()
            .cancel(&token)
            .on_result(|_, _: &Outcome<u64, Infallible>| {
                seen += 1;
                if seen == 100_000 {
                    token.cancel();
                }
            })
            .stream(0..1_000_000_000_u64, |i| i ^ 1);
        assert!(!report.is_complete());
        assert_eq!(report.stats.stopped, Some(StopReason::Cancelled));
        assert!(report.stats.items.total() < 1_000_000, "{:?}", report.stats.items);
    });
}

#[test]
fn what_was_taken_in_vain_is_cancelled_and_the_rest_is_left() {
    within(LONG, || {
        let token = CancelToken::new();
        let report =
            pool(1).batch().cancel(&token).chunking(Chunking::Fixed(10)).map_iter(0.., |i| {
                if i == 14 {
                    token.cancel();
                }
                i
            });
        assert_eq!(report.outcomes.len(), 20);
        assert!(report.outcomes[..15].iter().all(Outcome::is_done));
        assert!(report.outcomes[15..].iter().all(Outcome::is_cancelled));
        let error = report.into_results().unwrap_err();
        assert_eq!(error.to_string(), "5 of 20 items were not started: the batch was cancelled");

        let token = CancelToken::new();
        let report =
            pool(1).batch().cancel(&token).chunking(Chunking::Fixed(1)).map_iter(0.., |i| {
                if i == 2 {
                    token.cancel();
                }
            });
        let error = report.into_results().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::IteratorLeft { taken: 3, .. }), "{error}");
    });
}

#[test]
fn an_iterator_that_panics_is_one_error() {
    within(LONG, || {
        let items = (0..100).map(|i| if i == 50 { panic!("no more ticks") } else { i });
        let report = pool(2).batch().map_iter(items, |i| i);
        let error = report.into_results().unwrap_err();
        assert_eq!(error.to_string(), "the iterator panicked before item 50: no more ticks",);
    });
}

#[test]
fn an_observer_may_use_the_pool_while_the_workers_have_no_room() {
    within(LONG, || {
        let pool = pool(2);
        let report = pool
            .batch()
            .look_ahead(2)
            .on_result(|index, _: &Outcome<usize, Infallible>| {
                if index % 50 == 0 {
                    assert!(pool.batch().map_indices(10, |i| i).is_complete());
                }
            })
            .stream(0..500_usize, |i| i);
        assert!(report.is_complete());
    });
}

#[test]
fn a_nested_stream() {
    within(LONG, || {
        let pool = pool(2);
        let report = pool.batch().map_indices(6, |n| {
            let inner = pool.batch().look_ahead(4).map_iter(unsized_range(50), |i| i * n);
            assert!(inner.stats.nested);
            inner.into_results().unwrap().into_iter().sum::<usize>()
        });
        assert_eq!(report.into_results().unwrap(), [0, 1225, 2450, 3675, 4900, 6125]);
    });
}

#[test]
fn progress_knows_the_length_or_says_that_it_does_not() {
    within(LONG, || {
        let ends = std::sync::Mutex::new(Vec::new());
        let bar = |now: &ProgressSnapshot| {
            assert!(now.last || now.total != 300 || now.eta.is_some() || now.done == 0);
            assert!(now.last || now.total == 300 || now.eta.is_none());
            if now.last {
                ends.lock().unwrap().push((now.done, now.total));
            }
        };
        let pool = pool(2);
        let work = |_| std::thread::sleep(Duration::from_millis(1));
        assert!(pool.batch().progress(&bar).map_iter(0..300, work).is_complete());
        let unknown = unsized_range(250).map(|i| i as i32);
        assert!(pool.batch().progress(&bar).map_iter(unknown, work).is_complete());
        assert_eq!(*ends.lock().unwrap(), [(300, 300), (250, 250)]);
    });
}
