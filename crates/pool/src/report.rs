//! What a batch call returns.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::outcome::Outcome;
use crate::stats::{ItemCounts, seconds};
use crate::stop::StopReason;

/// Every item's outcome in item order, and what the batch cost.
#[derive(Debug, Clone)]
#[must_use = "items may have failed"]
#[non_exhaustive]
pub struct BatchReport<R, E> {
    /// One outcome for each item, in item order.
    pub outcomes: Vec<Outcome<R, E>>,
    /// Counts and times.
    pub stats: BatchStats,
    error: Option<Error>,
}

impl<R, E> BatchReport<R, E> {
    pub(crate) fn new(
        outcomes: Vec<Outcome<R, E>>,
        stats: BatchStats,
        error: Option<Error>,
    ) -> Self {
        Self { outcomes, stats, error }
    }

    /// What made the batch as a whole fail, if anything did: a state that could not be built, a
    /// setting that makes no sense. Items that had ended by then keep their outcome, the others are
    /// [`Cancelled`](Outcome::Cancelled).
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether every item returned a value and nothing else went wrong.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let all = self.stats.items.done == self.outcomes.len() as u64;
        all && self.error.is_none() && self.stats.stopped.is_none()
    }

    /// The values there are, each with the index of its item, in item order.
    pub fn done(&self) -> impl Iterator<Item = (usize, &R)> {
        self.outcomes.iter().enumerate().filter_map(|(index, o)| Some((index, o.as_done()?)))
    }

    /// The items that failed, panicked or were not started, each with its index, in item order.
    pub fn not_done(&self) -> impl Iterator<Item = (usize, &Outcome<R, E>)> {
        self.outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_done())
    }

    /// All values in item order, or the reason why they are not all there.
    ///
    /// # Errors
    ///
    /// The error of the batch where it has one ([`error`](Self::error)); else the first item, by
    /// index, that failed or panicked, with its message; else [`ErrorKind::Stopped`] when items were
    /// not started, or [`ErrorKind::IteratorLeft`] when an iterator had more.
    pub fn into_results(self) -> Result<Vec<R>>
    where
        E: fmt::Display,
    {
        if let Some(error) = self.error {
            return Err(error);
        }
        for (index, outcome) in self.outcomes.iter().enumerate() {
            match outcome {
                Outcome::Failed(error) => {
                    return Err(ErrorKind::ItemFailed { index, message: error.to_string() }.into());
                }
                Outcome::Panicked(message) => {
                    let message = message.clone();
                    return Err(ErrorKind::ItemPanicked { index, message }.into());
                }
                Outcome::Done(_) | Outcome::Cancelled => {}
            }
        }
        let total = self.outcomes.len();
        let values: Vec<R> = self.outcomes.into_iter().filter_map(Outcome::done).collect();
        if values.len() < total {
            let reason = self.stats.stopped.unwrap_or(StopReason::Cancelled);
            let cancelled = total - values.len();
            return Err(ErrorKind::Stopped { reason, cancelled, total }.into());
        }
        if let Some(reason) = self.stats.stopped {
            return Err(ErrorKind::IteratorLeft { reason, taken: total }.into());
        }
        Ok(values)
    }
}

/// What a stream cost; its outcomes have gone to the observer.
#[derive(Debug, Clone)]
#[must_use = "items may have failed"]
#[non_exhaustive]
pub struct StreamReport {
    /// Counts and times.
    pub stats: BatchStats,
    error: Option<Error>,
}

impl StreamReport {
    pub(crate) fn new(stats: BatchStats, error: Option<Error>) -> Self {
        Self { stats, error }
    }

    /// What made the batch as a whole fail, if anything did.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether the iterator ran to its end, every item returned a value and nothing else went wrong.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let items = &self.stats.items;
        self.error.is_none() && self.stats.stopped.is_none() && items.done == items.total()
    }
}

/// Counts and times of one batch.
///
/// The times differ from run to run. A result that has to be the same must not include them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BatchStats {
    /// From the batch call to its return, observers included.
    #[serde(rename = "wall_seconds", serialize_with = "seconds")]
    pub wall: Duration,
    /// Items by outcome.
    pub items: ItemCounts,
    /// Chunks that workers took.
    pub chunks: u64,
    /// Items in the largest chunk.
    pub chunk_size: usize,
    /// Whether the batch was nested and ran on the worker that started it.
    pub nested: bool,
    /// Why items were not started, where some were not.
    pub stopped: Option<StopReason>,
    /// The workers that took part, by their index.
    pub workers: Vec<WorkerShare>,
}

/// One worker's part in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WorkerShare {
    /// The worker's number, from 0.
    pub worker: usize,
    /// Items it ran.
    pub items: u64,
    /// Chunks it took.
    pub chunks: u64,
    /// Items in the largest of them.
    pub largest_chunk: usize,
    /// Time it spent on them, the building of state not counted.
    #[serde(rename = "busy_seconds", serialize_with = "seconds")]
    pub busy: Duration,
}
