//! The pool through its public API.

mod batch;
#[cfg(feature = "rayon")]
mod below;
mod build;
mod concurrent;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod events;
mod isolation;
mod iterators;
mod nested;
mod observe;
mod resize;
mod state;
mod stats;
mod stop;
mod streams;

use std::sync::mpsc;
use std::time::Duration;

use tangency_pool::Pool;

fn pool(workers: usize) -> Pool {
    Pool::new(workers).expect("the system has room for a few threads")
}

/// Runs `test` on a thread of its own and fails, instead of hanging, when it takes too long.
#[track_caller]
fn within(limit: Duration, test: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match is_done.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running after {limit:?}"),
        // Gone without a word: it panicked, and joining passes that on.
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

const LONG: Duration = Duration::from_secs(60);
