//! Several submitters at once, and many small batches.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use tangency_pool::Chunking;

use crate::{LONG, pool, within};

#[test]
fn several_threads_share_one_pool() {
    within(LONG, || {
        for workers in [1, 2, 5] {
            let pool = pool(workers);
            let state = pool.worker_state(|_| Ok::<_, String>(0_usize));
            thread::scope(|scope| {
                for submitter in 0..6 {
                    let (pool, state) = (&pool, &state);
                    scope.spawn(move || {
                        for round in 0..100 {
                            let items: Vec<usize> = (0..round % 17).collect();
                            let report = pool.batch().with(state).map(&items, |count, item| {
                                *count += 1;
                                item * submitter
                            });
                            let expected: Vec<_> = items.iter().map(|i| i * submitter).collect();
                            assert_eq!(report.into_results().unwrap(), expected);
                        }
                    });
                }
            });
            assert_eq!(pool.stats().batches, 600);
        }
    });
}

#[test]
fn a_short_batch_does_not_wait_for_seats_in_a_long_one() {
    within(LONG, || {
        let pool = pool(2);
        let (begun, over) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            let long = scope.spawn(|| {
                // Keeps one worker until the short batch is over; the other is free.
                pool.batch().map_indices(1, |_| {
                    begun.wait();
                    over.wait();
                })
            });
            begun.wait();
            // Offers two seats, of which only one will be taken.
            let short = pool.batch().chunking(Chunking::Fixed(1)).map_indices(20, |i| i);
            assert!(short.is_complete());
            over.wait();
            assert!(long.join().unwrap().is_complete());
        });
    });
}

#[test]
fn thousands_of_small_batches_lose_no_wake_up() {
    within(Duration::from_secs(60), || {
        for workers in [1, 2, 4] {
            let pool = pool(workers);
            for round in 0..4000_usize {
                // Now and then long enough for everyone to fall asleep.
                if round % 500 == 499 {
                    thread::sleep(Duration::from_millis(2));
                }
                let items = round % 7;
                let report = pool.batch().map_indices(items, |i| i + round);
                assert_eq!(report.into_results().unwrap().len(), items);
            }
            assert_eq!(pool.stats().batches, 4000);
        }
    });
}

#[test]
fn pools_come_and_go() {
    within(LONG, || {
        for round in 0..200 {
            let pool = pool(1 + round % 4);
            let report = pool.batch().map_indices(round % 9, |i| i);
            assert_eq!(report.outcomes.len(), round % 9);
        }
    });
}
