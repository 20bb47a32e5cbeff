//! Every interleaving, and every value that a relaxed load may see, of what the pool's threads do to
//! each other.
//!
//! The files are those of the crate, compiled against the model checker's atomics, locks and parker
//! (`sync`) and a bare worker. `loom` then runs each model under every schedule that the C11 memory
//! model allows, with up to as many preemptions as the model's first argument says. A lost wake-up shows as a
//! deadlock, a missing happens-before as a read of an old value.
//!
//! Brian Norris and Brian Demsky (2013), "CDSChecker: Checking Concurrent Data Structures Written
//! with C/C++ Atomics", OOPSLA.

#![allow(clippy::unwrap_used, reason = "these are tests, though not all of it says so")]

#[path = "../../src/backlog.rs"]
mod backlog;
#[path = "../../src/erased.rs"]
#[allow(dead_code, reason = "the models use the parts that have something to get wrong")]
mod erased;
#[path = "../../src/queue.rs"]
#[allow(dead_code, reason = "as above")]
mod queue;
mod sync;
mod worker;

use loom::sync::Arc;
use loom::thread;

use backlog::Backlog;
use erased::{Slots, lend};
use queue::Queue;
use sync::{AtomicUsize, Mutex, Ordering, Parker};
use worker::Worker;

/// `MODEL_PREEMPTIONS` allows more: with 3 the whole takes some minutes.
fn model(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    let more = std::env::var("MODEL_PREEMPTIONS").ok().and_then(|text| text.parse().ok());
    builder.preemption_bound = Some(preemptions.max(more.unwrap_or(0)));
    builder.check(body);
}

/// Two threads call while the lender calls back: afterwards nobody is inside, what they wrote is
/// visible to plain (relaxed) reads, and nobody comes in.
#[test]
fn a_loan_is_over_when_lend_returns() {
    model(3, || {
        let (touched, inside) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let parker = Parker::new();
        let body = |by: &usize| {
            inside.fetch_add(1, Ordering::Relaxed);
            touched.fetch_add(*by, Ordering::Relaxed);
            inside.fetch_sub(1, Ordering::Relaxed);
        };
        let (threads, loan) = lend(&body, &parker, |loan| {
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let loan = std::sync::Arc::clone(loan);
                    thread::spawn(move || usize::from(loan.call(&1)))
                })
                .collect();
            (threads, std::sync::Arc::clone(loan))
        });
        // Before the threads are joined: `lend` alone has to make this so.
        let seen = touched.load(Ordering::Relaxed);
        assert_eq!(inside.load(Ordering::Relaxed), 0);
        assert!(!loan.call(&1));
        let calls: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(calls, seen);
    });
}

#[test]
fn slots_are_handed_out_once() {
    model(3, || {
        let slots: &'static Slots<'static, u32> =
            Box::leak(Box::new(Slots::new(Box::leak(Box::new([0_u32; 3])))));
        let threads = [1, 2].map(|want| {
            thread::spawn(move || {
                let mut own = Vec::new();
                while let Some((start, part)) = slots.claim(want) {
                    for (offset, value) in part.iter_mut().enumerate() {
                        *value += 1;
                        assert_eq!(*value, 1);
                        own.push(start + offset);
                    }
                }
                assert!(slots.is_exhausted());
                own
            })
        });
        let mut all: Vec<_> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
    });
}

/// A worker that serves the queue until it is closed, or until it is told to leave.
fn serve(queue: &Queue, worker: &Worker) {
    while let Some(job) = queue.take(worker) {
        job.call(worker);
    }
}

/// A batch of one seat, two workers, one of which is told to leave: the seat is taken, whoever is
/// woken, and both end when the queue is closed.
#[test]
fn no_wake_up_is_lost() {
    for retires in [false, true] {
        model(2, move || {
            let queue = Arc::new(Queue::default());
            let workers = [Worker::new(0), Worker::new(1)];
            let threads = workers.clone().map(|worker| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || serve(&queue, &worker))
            });
            let parker = Parker::new();
            let calls = AtomicUsize::new(0);
            let body = |_: &Worker| {
                calls.fetch_add(1, Ordering::Relaxed);
            };
            lend(&body, &parker, |job| {
                queue.offer(job, 1);
                if retires {
                    workers[0].set_retiring();
                    queue.wake_all();
                }
                // The last to leave wakes the lender.
                while !job.is_idle() || calls.load(Ordering::Relaxed) == 0 {
                    parker.park();
                }
                queue.withdraw(job);
            });
            assert_eq!(calls.load(Ordering::Relaxed), 1);
            queue.close();
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }
}

/// Seats that are offered to a crew of which some sleep and some do not: they are taken, also where the
/// caller has nobody to wake, and the second one is taken at the latest once it is called.
#[test]
fn seats_that_are_offered_first_are_taken() {
    for retires in [false, true] {
        // Two seats for two workers have many more schedules.
        model(if retires { 2 } else { 1 }, move || {
            let queue = Arc::new(Queue::default());
            let workers = [Worker::new(0), Worker::new(1)];
            let threads = workers.clone().map(|worker| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || serve(&queue, &worker))
            });
            let parker = Parker::new();
            let calls = AtomicUsize::new(0);
            let body = |_: &Worker| {
                calls.fetch_add(1, Ordering::Relaxed);
            };
            lend(&body, &parker, |job| {
                let seats = if retires { 1 } else { 2 };
                if queue.offer_first(job, seats, 2) {
                    queue.call(job, seats - 1);
                }
                if retires {
                    workers[0].set_retiring();
                    queue.wake_all();
                }
                while !job.is_idle() || calls.load(Ordering::Relaxed) < seats {
                    parker.park();
                }
                queue.withdraw(job);
            });
            queue.close();
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }
}

/// A batch that each worker is to join once is joined once by each.
#[test]
fn each_worker_joins_once() {
    model(1, || {
        let queue = Arc::new(Queue::default());
        let workers = [Worker::new(0), Worker::new(1)];
        let threads = workers.map(|worker| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || serve(&queue, &worker))
        });
        let parker = Parker::new();
        let calls = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let body = |worker: &Worker| {
            calls[worker.index()].fetch_add(1, Ordering::Relaxed);
        };
        lend(&body, &parker, |job| {
            queue.offer_each(job, 2);
            // Idle first, as in `Watch::wait`: it makes what those who have left counted visible.
            while !job.is_idle() || calls.iter().any(|n| n.load(Ordering::Relaxed) == 0) {
                parker.park();
            }
            queue.withdraw(job);
        });
        assert!(calls.iter().all(|n| n.load(Ordering::Relaxed) == 1));
        queue.close();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A worker that finds no room leaves and is called back, as often as it takes and never for nothing.
#[test]
fn a_starved_worker_is_called_back() {
    const ITEMS: usize = 3;
    model(3, || {
        let backlog = Arc::new(Backlog::new(1));
        let source = Arc::new(Mutex::new(0));
        let outbox = Arc::new(Mutex::new(0));
        let caller = Parker::new();
        let worker = Parker::new();
        let recall = worker.unparker().clone();
        let thread = {
            let (backlog, source) = (Arc::clone(&backlog), Arc::clone(&source));
            let (outbox, caller) = (Arc::clone(&outbox), caller.unparker().clone());
            thread::spawn(move || {
                let mut is_called = false;
                loop {
                    let mut taken = source.lock().unwrap();
                    if *taken == ITEMS {
                        break;
                    }
                    if backlog.room(*taken) == 0 {
                        drop(taken);
                        assert!(!is_called, "there is room for whoever is called");
                        caller.unpark();
                        worker.park();
                        is_called = true;
                        continue;
                    }
                    *taken += 1;
                    drop(taken);
                    is_called = false;
                    *outbox.lock().unwrap() += 1;
                    caller.unpark();
                }
            })
        };
        let (mut delivered, mut is_starved) = (0, false);
        while delivered < ITEMS {
            let items = std::mem::take(&mut *outbox.lock().unwrap());
            assert!(items <= 1, "never more than the look-ahead");
            delivered += items;
            backlog.deliver(items);
            is_starved |= backlog.take_starved();
            if is_starved && backlog.left(*source.lock().unwrap()) > 0 {
                is_starved = false;
                recall.unpark();
            }
            if delivered < ITEMS {
                caller.park();
            }
        }
        thread.join().unwrap();
    });
}
