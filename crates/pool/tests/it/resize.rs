//! Pools that grow and shrink, states prepared ahead, and adaptive chunks.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use tangency_pool::{Chunking, ErrorKind, Follow, Pool, stop_requested};

use crate::{LONG, pool, within};

#[test]
fn a_pool_grows_under_a_batch() {
    within(LONG, || {
        let pool = pool(1);
        let (begun, barrier) = (AtomicBool::new(false), Barrier::new(3));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !begun.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
                pool.resize(3).unwrap();
            });
            // Three items that wait for each other: only three workers can end them.
            let report = pool.batch().chunking(Chunking::Fixed(1)).map_indices(3, |_| {
                begun.store(true, Ordering::Relaxed);
                barrier.wait();
            });
            assert!(report.is_complete());
            assert_eq!(report.stats.workers.len(), 3);
        });
        let stats = pool.stats();
        assert_eq!((stats.target, stats.resizes, stats.restarts), (3, 1, 0));
    });
}

#[test]
fn a_pool_shrinks_under_a_batch_and_loses_nothing() {
    within(LONG, || {
        let pool = pool(4);
        for chunking in [Chunking::Static, Chunking::adaptive(), Chunking::Fixed(3)] {
            pool.resize(4).unwrap();
            let runs: Vec<_> = (0..400).map(|_| AtomicUsize::new(0)).collect();
            let report = pool.batch().chunking(chunking).map_indices(400, |index| {
                if index == 5 {
                    pool.resize(1).unwrap();
                }
                thread::sleep(Duration::from_micros(100));
                runs[index].fetch_add(1, Ordering::Relaxed);
                index
            });
            assert_eq!(report.into_results().unwrap(), (0..400).collect::<Vec<_>>());
            assert!(runs.iter().all(|n| n.load(Ordering::Relaxed) == 1));
            assert_eq!(pool.workers(), 1);
        }
    });
}

#[test]
fn a_pool_is_resized_all_the_time() {
    within(LONG, || {
        let pool = pool(2);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in (1..=5).cycle() {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    pool.resize(n).unwrap();
                    thread::yield_now();
                }
            });
            for _ in 0..300 {
                let report = pool.batch().map_indices(200, |i| i);
                assert!(report.is_complete(), "{:?}", report.stats);
            }
            over.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn who_leaves_drops_its_state_and_who_comes_builds_anew() {
    within(LONG, || {
        let pool = pool(2);
        let (live, built) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        struct Live(Arc<AtomicUsize>);
        impl Drop for Live {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let state = pool.worker_state({
            let (live, built) = (Arc::clone(&live), Arc::clone(&built));
            move |_| {
                built.fetch_add(1, Ordering::SeqCst);
                live.fetch_add(1, Ordering::SeqCst);
                Ok::<_, String>(Live(Arc::clone(&live)))
            }
        });
        pool.prepare(&state).unwrap();
        pool.prepare(&state).unwrap();
        assert_eq!((live.load(Ordering::SeqCst), built.load(Ordering::SeqCst)), (2, 2));
        let mut rounds = 0;
        // One that is asked to stay between its state's end and its own is no restart.
        while pool.stats().restarts == 0 {
            rounds += 1;
            pool.resize(1).unwrap();
            while live.load(Ordering::SeqCst) > 1 {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(5));
            pool.resize(2).unwrap();
            pool.prepare(&state).unwrap();
            assert_eq!(
                (live.load(Ordering::SeqCst), built.load(Ordering::SeqCst)),
                (2, 2 + rounds)
            );
        }
        assert_eq!(pool.stats().restarts, 1);
        let stats = pool.shutdown();
        let states = stats.workers.iter().map(|worker| worker.states_built).sum::<u64>();
        assert_eq!(states as usize, 2 + rounds);
    });
}

#[test]
fn preparing_waits_for_those_who_stay() {
    within(LONG, || {
        let pool = pool(2);
        let own = pool.worker_state(|worker| Ok::<_, String>(worker.index()));
        let built = Arc::new([const { AtomicBool::new(false) }; 2]);
        let state = pool.worker_state({
            let built = Arc::clone(&built);
            move |worker| {
                built[worker.index()].store(true, Ordering::SeqCst);
                Ok::<_, String>(())
            }
        });
        let (both_here, over) = (Barrier::new(3), AtomicBool::new(false));
        thread::scope(|scope| {
            // Keeps the first worker; the second is free.
            scope.spawn(|| {
                let batch = pool.batch().with(&own).chunking(Chunking::Fixed(1));
                let report = batch.map_indices(2, |index, _| {
                    both_here.wait();
                    while *index == 0 && !over.load(Ordering::SeqCst) {
                        thread::yield_now();
                    }
                });
                assert!(report.is_complete());
            });
            // Not before: prepared and resized first, the pool would have one worker for both items.
            both_here.wait();
            let prepared = scope.spawn(|| {
                pool.prepare(&state).unwrap();
                built[0].load(Ordering::SeqCst)
            });
            while !built[1].load(Ordering::SeqCst) {
                thread::yield_now();
            }
            pool.resize(1).unwrap();
            // Looked at every 5 ms.
            thread::sleep(Duration::from_millis(50));
            over.store(true, Ordering::SeqCst);
            assert!(prepared.join().unwrap(), "the first worker has its state");
        });
        let stats = pool.stats();
        assert_eq!((stats.items.done, stats.run_seconds.count), (2, 2), "preparing is no item");
    });
}

#[test]
fn preparing_fails_with_one_error() {
    within(LONG, || {
        let pool = pool(4);
        let state = pool.worker_state(|_| Err::<u8, _>("no market"));
        let error = pool.prepare(&state).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::StateFailed { .. }), "{error}");
        let foreign = Pool::new(1).unwrap().worker_state(|_| Ok::<_, String>(()));
        assert_eq!(pool.prepare(&foreign).unwrap_err().kind(), &ErrorKind::ForeignState);
        // From inside an item, its own worker alone.
        let good = pool.worker_state(|_| Ok::<_, String>(()));
        let report = pool.batch().map_indices(1, |_| pool.prepare(&good).is_ok());
        assert_eq!(report.into_results().unwrap(), [true]);
        assert_eq!(pool.stats().workers.iter().map(|w| w.states_built).sum::<u64>(), 1);
    });
}

#[test]
fn sizes_that_make_no_sense() {
    let pool = pool(1);
    assert_eq!(pool.resize(0).unwrap_err().kind(), &ErrorKind::NoWorkers);
    let error = pool.resize(1 << 20).unwrap_err();
    assert_eq!(error.to_string(), "a pool has at most 65535 workers, got 1048576");
    assert_eq!(pool.workers(), 1);
    let wrong = Pool::builder().workers(1).follow(Follow::between(0, 3)).build();
    assert!(matches!(wrong.unwrap_err().kind(), ErrorKind::InvalidFollow { .. }));
    let wrong = Pool::builder().workers(1).threads_per_task(0).build();
    assert_eq!(wrong.unwrap_err().kind(), &ErrorKind::NoThreadsPerTask);
}

#[test]
fn a_pool_that_follows_keeps_its_bounds_and_ends() {
    within(LONG, || {
        let follow = Follow::between(1, 2).every(Duration::from_millis(10));
        let pool = Pool::builder().workers(8).follow(follow).build().unwrap();
        assert_eq!(pool.workers(), 2);
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            assert!(pool.batch().map_indices(100, |i| i).is_complete());
            assert!((1..=2).contains(&pool.workers()));
        }
    });
}

#[test]
fn adaptive_chunks_give_back_what_a_slow_item_holds_up() {
    within(LONG, || {
        // Two hundred quick items, each long enough to be timed, then slow ones: the estimate that the
        // quick ones gave is wrong. A slow one ends along with another: whoever is at one can only
        // go on if the other worker gets one too, and those are in the chunk of the first.
        let pair = Barrier::new(2);
        let report = pool(2).batch().map_indices(230, |index| {
            if index < 200 {
                let begun = Instant::now();
                while begun.elapsed() < Duration::from_micros(20) {}
            } else {
                // Over the patience that a chunk has by default.
                thread::sleep(Duration::from_millis(12));
                pair.wait();
            }
        });
        assert!(report.is_complete());
    });
}

#[test]
fn a_long_item_can_ask_whether_to_stop() {
    within(LONG, || {
        let pool = pool(2);
        assert!(!stop_requested());
        let wait = |_| {
            while !stop_requested() {
                thread::yield_now();
            }
            7
        };
        // Long enough for both to have begun.
        let mut deadline = Duration::from_millis(20);
        loop {
            let report = pool.batch().deadline(deadline).map_indices(2, wait);
            if report.into_results().is_ok_and(|values| values == [7, 7]) {
                break;
            }
            deadline *= 2;
        }
        let report = pool
            .batch()
            .fail_fast(true)
            .chunking(Chunking::Fixed(1))
            .try_map_indices(2, |index| if index == 0 { Err(()) } else { Ok(wait(index)) });
        assert_eq!(report.stats.items.done + report.stats.items.cancelled, 1);
        // A nested batch has a flag of its own, and the outer one is back after it.
        let report = pool.batch().map_indices(1, |_| {
            let inner = pool.batch().deadline(Duration::ZERO).map_indices(1, |_| ());
            (inner.stats.items.cancelled, stop_requested())
        });
        assert_eq!(report.into_results().unwrap(), [(1, false)]);
    });
}
