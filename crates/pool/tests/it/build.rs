//! Building pools and letting them go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tangency_pool::{CpuBudget, ErrorKind, Pool, Worker};

use crate::{LONG, pool, within};

#[test]
fn no_workers_are_an_error() {
    let error = Pool::new(0).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NoWorkers);
    assert_eq!(error.to_string(), "a pool needs at least 1 worker, got 0");
}

#[test]
fn a_name_no_thread_can_have_is_an_error() {
    let error = Pool::builder().workers(1).name("a\0b").build().unwrap_err();
    assert_eq!(error.to_string(), "the pool name \"a\\0b\" holds a zero byte");
}

#[test]
fn the_budget_gives_the_number_unless_it_is_set() {
    let budget = CpuBudget::detect().with_cap(1);
    assert_eq!(Pool::builder().budget(budget.clone()).build().unwrap().workers(), 1);
    assert_eq!(Pool::builder().budget(budget).workers(3).build().unwrap().workers(), 3);
    assert_eq!(Pool::global().workers(), CpuBudget::detect().workers());
    assert!(std::ptr::eq(Pool::global(), Pool::global()));
}

#[test]
fn workers_have_names_and_numbers() {
    let pool = Pool::builder().workers(2).name("quant").build().unwrap();
    let who = pool.worker_state(|worker: &Worker| {
        let thread = std::thread::current().name().map(str::to_owned);
        Ok::<_, String>((worker.index(), worker.name().to_owned(), thread))
    });
    let seen = pool.batch().with(&who).map_indices(20, |who, _| who.clone());
    for (index, name, thread) in seen.into_results().unwrap() {
        assert_eq!(name, format!("quant-{index}"));
        assert_eq!(thread, Some(name));
    }
}

#[test]
fn dropping_a_pool_ends_its_threads() {
    struct Ends(Arc<AtomicUsize>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    thread_local! {
        static ENDS: std::cell::RefCell<Option<Ends>> = const { std::cell::RefCell::new(None) };
    }
    within(LONG, || {
        let ended = Arc::new(AtomicUsize::new(0));
        let pool = pool(3);
        let barrier = std::sync::Barrier::new(3);
        let report = pool.batch().map_indices(3, |_| {
            // All three at once, so that each worker has one.
            barrier.wait();
            ENDS.set(Some(Ends(Arc::clone(&ended))));
        });
        assert!(report.is_complete());
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        drop(pool);
        assert_eq!(ended.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_pool_made_and_dropped_inside_an_item() {
    within(LONG, || {
        let outer = pool(2);
        let sums = outer.batch().map_indices(8, |i| {
            let inner = pool(2);
            let report = inner.batch().map_indices(10, |j| i * j);
            report.into_results().unwrap().into_iter().sum::<usize>()
        });
        assert_eq!(sums.into_results().unwrap()[3], 3 * 45);
    });
}

#[test]
fn a_pool_dropped_by_a_worker_of_another_pool() {
    within(LONG, || {
        let doomed = std::sync::Mutex::new(Some(pool(2)));
        let report = pool(2).batch().map_indices(1, |_| {
            drop(doomed.lock().unwrap().take());
        });
        assert!(report.is_complete());
    });
}

#[test]
fn pools_and_handles_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Pool>();
    shared::<tangency_pool::WorkerState<std::cell::Cell<u8>>>();
    shared::<tangency_pool::CancelToken>();
    shared::<tangency_pool::Error>();
}

#[test]
fn a_pool_dropped_inside_its_own_worker() {
    /// Keeps the pool until nobody else does, and lets it go then.
    struct Last(Option<Arc<Pool>>, std::sync::mpsc::Sender<std::thread::ThreadId>);
    impl Drop for Last {
        fn drop(&mut self) {
            let Some(pool) = self.0.take() else { return };
            while Arc::strong_count(&pool) > 1 {
                std::thread::yield_now();
            }
            drop(pool);
            let _ = self.1.send(std::thread::current().id());
        }
    }
    within(LONG, || {
        let (done, is_done) = std::sync::mpsc::channel();
        let pool = Arc::new(pool(2));
        let weak = Arc::downgrade(&pool);
        let state = pool.worker_state(move |worker: &Worker| {
            let pool = if worker.index() == 1 { weak.upgrade() } else { None };
            Ok::<_, String>(Last(pool, done.clone()))
        });
        pool.prepare(&state).unwrap();
        // The second worker leaves and drops its state; by then the pool is its own alone.
        pool.resize(1).unwrap();
        drop(pool);
        assert_ne!(is_done.recv().unwrap(), std::thread::current().id());
        drop(state);
    });
}

#[test]
fn shutting_down_says_what_was_done() {
    let pool = pool(2);
    assert!(pool.batch().map_indices(7, |i| i).is_complete());
    let stats = pool.shutdown();
    assert_eq!((stats.batches, stats.items.done), (1, 7));
}

/// The name of the test below, as a test binary is asked for it.
#[cfg(not(feature = "process"))]
const CHOSEN: &str = "build::the_executor_of_a_pool_built_here";

/// Prints where jobs would run: the process that the next test starts.
#[cfg(not(feature = "process"))]
#[test]
#[ignore = "run by processes_that_are_not_built_in_fall_back_to_threads"]
fn the_executor_of_a_pool_built_here() {
    let executor = pool(1).stats().executor;
    println!("chosen: {}: {}", executor.kind, executor.reason.unwrap_or_default());
}

#[cfg(not(feature = "process"))]
#[test]
fn processes_that_are_not_built_in_fall_back_to_threads() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", CHOSEN, "--nocapture"])
        .env("TANGENCY_EXECUTOR", "processes")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("chosen: threads: built without the feature `process`"), "{text}");
}
