//! What the pool tells `tracing` and `metrics`, where those features are on.

use crate::error::Error;
use crate::report::BatchStats;

/// A batch has ended.
///
/// One event on the level debug with the target `tangency_pool`, warn for a batch that failed as a
/// whole; and the counters and the histogram that the crate page names.
#[cfg_attr(
    not(all(feature = "tracing", feature = "metrics")),
    allow(unused_variables, reason = "each listener needs some")
)]
pub(crate) fn batch_ended(pool: &str, stats: &BatchStats, error: Option<&Error>) {
    #[cfg(feature = "tracing")]
    {
        let items = &stats.items;
        tracing::debug!(
            pool,
            done = items.done,
            failed = items.failed,
            panicked = items.panicked,
            cancelled = items.cancelled,
            chunks = stats.chunks,
            workers = stats.workers.len(),
            nested = stats.nested,
            seconds = stats.wall.as_secs_f64(),
            "batch ended"
        );
        if let Some(error) = error {
            tracing::warn!(pool, %error, "batch failed");
        }
    }
    #[cfg(feature = "metrics")]
    {
        let pool = || pool.to_owned();
        metrics::counter!("tangency_pool_batches_total", "pool" => pool()).increment(1);
        for (outcome, items) in [
            ("done", stats.items.done),
            ("failed", stats.items.failed),
            ("panicked", stats.items.panicked),
            ("cancelled", stats.items.cancelled),
        ] {
            metrics::counter!("tangency_pool_items_total", "pool" => pool(), "outcome" => outcome)
                .increment(items);
        }
        metrics::histogram!("tangency_pool_batch_seconds", "pool" => pool())
            .record(stats.wall.as_secs_f64());
    }
}

/// A worker process has died and is being replaced.
#[cfg(feature = "process")]
#[cfg_attr(
    not(all(feature = "tracing", feature = "metrics")),
    allow(unused_variables, reason = "each listener needs some")
)]
pub(crate) fn worker_lost(worker: usize, job: &'static str, cause: &dyn std::fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(worker, job, %cause, "worker process lost");
    #[cfg(feature = "metrics")]
    metrics::counter!("tangency_pool_workers_lost_total", "job" => job).increment(1);
}

/// Worker processes cannot be had, and threads take over.
#[cfg(feature = "process")]
#[cfg_attr(not(feature = "tracing"), expect(unused_variables))]
pub(crate) fn fell_back(reason: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(reason, "jobs run on threads");
}
