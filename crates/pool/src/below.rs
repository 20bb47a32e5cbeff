//! Keeping parallel libraries below an item on the item's worker.

use crate::worker::Worker;

/// Gives the calling thread a rayon pool of its own, so that rayon calls in items stay here.
///
/// With one thread the calling thread is all there is: `par_iter`, `join` and `scope` run in place.
/// More threads are started beside it. Where rayon refuses, its calls go to its global pool, as they
/// would without this.
pub(crate) fn keep_rayon_here(worker: &Worker, threads: usize) -> Option<rayon::ThreadPool> {
    let name = worker.name().to_owned();
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |index| format!("{name}.{index}"))
        .use_current_thread()
        .build()
        .ok()
}
