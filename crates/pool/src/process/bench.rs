//! Where one worker does its jobs: in its process, or in place.

use std::any::{Any, TypeId};
use std::panic::resume_unwind;
use std::sync::{Arc, Weak};
use std::time::Duration;
#[cfg(unix)]
use std::{io, time::Instant};

#[cfg(unix)]
use super::codec::{decode, encode};
use super::executors::Quarantine;
#[cfg(unix)]
use super::job::Ran;
use super::job::{Job, JobFailure};
#[cfg(unix)]
use super::remote::{Launch, NotOpen, Remote};
use super::resources::Resources;
use crate::error::{ErrorKind, Result};
#[cfg(unix)]
use crate::panics::Interrupted;
use crate::stop::Limits;
use crate::worker::Worker;

/// What holds for the items of one batch.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) resources: &'a Resources,
    pub(super) deadline: Option<Duration>,
    pub(super) retries: u32,
    pub(super) limits: Limits<'a>,
    pub(super) quarantine: &'a Quarantine,
}

/// One worker's place for jobs.
pub(crate) struct Bench {
    worker: Worker,
    /// `None` for threads.
    #[cfg(unix)]
    launch: Option<Arc<Launch>>,
    #[cfg(unix)]
    remote: Option<Remote>,
    #[cfg(unix)]
    has_started: bool,
    opened: Vec<Opened>,
}

/// A job that is open in place.
struct Opened {
    job: TypeId,
    resources: u64,
    life: Weak<u64>,
    state: Box<dyn Any + Send>,
}

#[cfg(unix)]
enum Trouble {
    /// The batch is over.
    Stopped,
    /// The process is lost, by this cause.
    Lost(String),
    /// The job cannot be opened.
    NotOpen(ErrorKind),
}

impl Bench {
    #[cfg(unix)]
    pub(super) fn new(worker: Worker, launch: Option<Arc<Launch>>) -> Self {
        Self { worker, launch, remote: None, has_started: false, opened: Vec::new() }
    }

    #[cfg(not(unix))]
    pub(super) fn new(worker: Worker) -> Self {
        Self { worker, opened: Vec::new() }
    }

    /// Opens the job, so that what stands against it is told once and not by every item.
    pub(super) fn prepare<J: Job>(&mut self, terms: &Terms<'_>) -> Result<()> {
        #[cfg(unix)]
        if self.launch.is_some() {
            return match self.open_remote::<J>(terms) {
                Ok(_) | Err(Trouble::Stopped) => Ok(()),
                Err(Trouble::NotOpen(kind)) => Err(kind.into()),
                Err(Trouble::Lost(cause)) => {
                    let message = format!("the worker process was lost: {cause}");
                    Err(ErrorKind::StateFailed { worker: self.worker.index(), message }.into())
                }
            };
        }
        self.open_here::<J>(terms.resources).map(|_| ())
    }

    /// Runs one item. Unwinds for one that panicked, or that was interrupted.
    pub(super) fn run<J: Job>(
        &mut self,
        terms: &Terms<'_>,
        input: &J::Input,
    ) -> Result<J::Output, JobFailure> {
        #[cfg(unix)]
        if self.launch.is_some() {
            return self.run_remote::<J>(terms, input);
        }
        match self.open_here::<J>(terms.resources) {
            Ok(state) => J::run(state, input).map_err(JobFailure::Failed),
            Err(error) => Err(JobFailure::Failed(error.to_string())),
        }
    }

    fn open_here<J: Job>(&mut self, resources: &Resources) -> Result<&mut J::State> {
        let (job, identity) = (TypeId::of::<J>(), **resources.identity());
        let known = |opened: &Opened| opened.job == job && opened.resources == identity;
        if !self.opened.iter().any(known) {
            self.opened.retain(|opened| opened.life.strong_count() > 0);
            let state = J::open(resources).map_err(|message| ErrorKind::StateFailed {
                worker: self.worker.index(),
                message,
            })?;
            let (state, life) = (Box::new(state), resources.watch());
            self.opened.push(Opened { job, resources: identity, life, state });
        }
        let opened = self.opened.iter_mut().find(|opened| known(opened));
        opened.and_then(|opened| opened.state.downcast_mut()).ok_or_else(|| {
            let message = format!("the state of job {:?} has another type", J::NAME);
            ErrorKind::Internal { worker: self.worker.index(), message }.into()
        })
    }
}

#[cfg(unix)]
impl Bench {
    fn run_remote<J: Job>(
        &mut self,
        terms: &Terms<'_>,
        input: &J::Input,
    ) -> Result<J::Output, JobFailure> {
        let bytes = encode(input).map_err(|e| JobFailure::Failed(format!("the input {e}")))?;
        if terms.quarantine.holds(J::NAME, &bytes) {
            return Err(JobFailure::Quarantined);
        }
        let mut attempts = 0;
        loop {
            let cause = match self.attempt::<J>(terms, &bytes) {
                Ok(Ran::Done(output)) => {
                    let output = decode(&output);
                    return output.map_err(|e| JobFailure::Failed(format!("the output {e}")));
                }
                Ok(Ran::Failed(error)) => return Err(JobFailure::Failed(error)),
                Ok(Ran::Panicked(message)) => resume_unwind(Box::new(message)),
                Err(Trouble::Stopped) => resume_unwind(Box::new(Interrupted)),
                Err(Trouble::NotOpen(kind)) => return Err(JobFailure::Failed(kind.to_string())),
                Err(Trouble::Lost(cause)) => cause,
            };
            attempts += 1;
            crate::events::worker_lost(self.worker.index(), J::NAME, &cause);
            if attempts > terms.retries {
                terms.quarantine.add(J::NAME, bytes);
                return Err(JobFailure::WorkerLost { attempts, cause });
            }
        }
    }

    fn attempt<J: Job>(&mut self, terms: &Terms<'_>, input: &[u8]) -> Result<Ran, Trouble> {
        let session = self.open_remote::<J>(terms)?;
        let started = Instant::now();
        let mut check = || match terms.deadline {
            _ if terms.limits.are_due() => Err(io::Error::other(Ended::Stopped)),
            Some(deadline) if started.elapsed() >= deadline => {
                Err(io::Error::other(Ended::Deadline(deadline)))
            }
            _ => Ok(()),
        };
        let Some(remote) = &mut self.remote else {
            return Err(Trouble::Lost("it had gone".to_owned()));
        };
        remote.run(session, input, &mut check).map_err(|error| self.lose(&error))
    }

    /// The session of the job in a process that lives.
    fn open_remote<J: Job>(&mut self, terms: &Terms<'_>) -> Result<u32, Trouble> {
        // One that died between two items is replaced without a word: no item was lost.
        if self.remote.as_mut().is_some_and(|remote| !remote.is_alive()) {
            self.remote = None;
        }
        let remote = match (&mut self.remote, &self.launch) {
            (Some(remote), _) => remote,
            (None, Some(launch)) => {
                let started = launch.start();
                let remote = started
                    .map_err(|error| Trouble::Lost(format!("it could not be started: {error}")))?;
                if std::mem::replace(&mut self.has_started, true) {
                    self.worker.counters().add_restart();
                }
                self.worker.counters().set_pid(Some(remote.pid()));
                self.remote.insert(remote)
            }
            (None, None) => return Err(Trouble::Lost("there is none".to_owned())),
        };
        let mut check = || match terms.limits.are_due() {
            true => Err(io::Error::other(Ended::Stopped)),
            false => Ok(()),
        };
        match remote.open(J::NAME, terms.resources, &mut check) {
            Ok(session) => Ok(session),
            Err(NotOpen::Lost(error)) => Err(self.lose(&error)),
            Err(NotOpen::Unknown) => {
                let (name, known) = (J::NAME.to_owned(), remote.known.clone());
                Err(Trouble::NotOpen(ErrorKind::UnknownJob { name, known }))
            }
            Err(NotOpen::Refused(message)) => {
                let worker = self.worker.index();
                Err(Trouble::NotOpen(ErrorKind::StateFailed { worker, message }))
            }
        }
    }

    /// Ends the process after an error on its socket.
    fn lose(&mut self, error: &io::Error) -> Trouble {
        self.worker.counters().set_pid(None);
        let cause = self.remote.take().map(|remote| remote.autopsy(error));
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(Ended::Stopped) => Trouble::Stopped,
            _ => Trouble::Lost(cause.unwrap_or_else(|| error.to_string())),
        }
    }
}

#[cfg(unix)]
impl Drop for Bench {
    fn drop(&mut self) {
        self.worker.counters().set_pid(None);
    }
}

/// Why a process is killed that is still at its item.
#[cfg(unix)]
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the batch was stopped")]
    Stopped,
    #[error("it was killed at the deadline of {0:?}")]
    Deadline(Duration),
}
