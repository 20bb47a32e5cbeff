//! Units of work that any executor can run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::codec::{decode, encode};
use super::resources::Resources;
use crate::panics;

/// A named unit of work with an input, an output and a state that can be rebuilt.
///
/// The same job runs on threads and on worker processes. Its result must depend on the input and the
/// resources alone: not on what another item left in the state, nor on how often it was tried.
pub trait Job: 'static {
    /// What it is called between processes. No two jobs of a registry have the same.
    const NAME: &'static str;
    /// What an item is.
    type Input: Serialize + DeserializeOwned + Send + Sync;
    /// What it becomes.
    type Output: Serialize + DeserializeOwned + Send;
    /// What a worker keeps from item to item.
    type State: Send + 'static;

    /// Builds the state from the resources of the batch: once for each worker, and again after the
    /// worker was replaced.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the resources. It becomes the one error of the batch.
    fn open(resources: &Resources) -> Result<Self::State, String>;

    /// Does the work of one item.
    ///
    /// # Errors
    ///
    /// A text, which becomes [`JobFailure::Failed`] of that item.
    fn run(state: &mut Self::State, input: &Self::Input) -> Result<Self::Output, String>;
}

/// Why an item of a job has no output. A panic is not among these: it is
/// [`Outcome::Panicked`](crate::Outcome::Panicked), as everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum JobFailure {
    /// The job returned this error.
    #[error("{0}")]
    Failed(String),
    /// Every worker process that ran the item was lost over it: the last one by this cause.
    #[error("the item lost its worker process {attempts} times, at last because {cause}")]
    WorkerLost {
        /// How often it was tried.
        attempts: u32,
        /// What became of the last process.
        cause: String,
    },
    /// No worker process could be had for it: none could be started, or those that were got lost before the
    /// job was open. The item is not to blame, and not in quarantine.
    #[error("the item found no worker process: {cause}")]
    NotStarted {
        /// What stood against it.
        cause: String,
    },
    /// In an earlier batch every worker process that ran the same input was lost over it. It was not
    /// tried again.
    #[error("the item is in quarantine: it lost every worker process that it was tried on")]
    Quarantined,
}

/// The jobs that a worker process can run.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    name: &'static str,
    open: fn(&Resources) -> Result<Box<dyn Session>, String>,
}

impl Registry {
    /// No jobs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this job too. Of two jobs with one name the later one counts.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        self.entries.retain(|entry| entry.name != J::NAME);
        self.entries.push(Entry { name: J::NAME, open: open::<J> });
        self
    }

    /// The names of the jobs.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|entry| entry.name)
    }

    /// Opens the job of that name; `None` if there is none.
    #[cfg(unix)]
    pub(super) fn open(
        &self,
        name: &str,
        resources: &Resources,
    ) -> Option<Result<Box<dyn Session>, String>> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        let opened = catch_unwind(AssertUnwindSafe(|| (entry.open)(resources)));
        Some(
            opened.unwrap_or_else(|payload| Err(format!("panicked: {}", panics::message(payload)))),
        )
    }
}

/// A job with its state, whatever its types are.
pub(super) trait Session {
    fn run(&mut self, input: &[u8]) -> Ran;
}

/// What became of an item in a worker process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ran {
    Done(Vec<u8>),
    Failed(String),
    Panicked(String),
}

fn open<J: Job>(resources: &Resources) -> Result<Box<dyn Session>, String> {
    struct Opened<J: Job>(J::State);

    impl<J: Job> Session for Opened<J> {
        fn run(&mut self, input: &[u8]) -> Ran {
            let input = match decode(input) {
                Ok(input) => input,
                Err(error) => return Ran::Failed(format!("the input {error}")),
            };
            match catch_unwind(AssertUnwindSafe(|| J::run(&mut self.0, &input))) {
                Ok(Ok(output)) => match encode(&output) {
                    Ok(bytes) => Ran::Done(bytes),
                    Err(error) => Ran::Failed(format!("the output {error}")),
                },
                Ok(Err(error)) => Ran::Failed(error),
                Err(payload) => Ran::Panicked(panics::message(payload)),
            }
        }
    }

    Ok(Box::new(Opened::<J>(J::open(resources)?)))
}
