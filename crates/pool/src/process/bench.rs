//! Where one worker does its jobs: in its process, or in place.

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
#[cfg(unix)]
use std::{io, panic::resume_unwind};

#[cfg(unix)]
use super::codec::{decode, encode};
use super::executors::Quarantine;
#[cfg(unix)]
use super::frame::misfit;
#[cfg(unix)]
use super::job::Ran;
use super::job::{Job, JobFailure};
#[cfg(unix)]
use super::remote::{Launch, NotOpen, Remote};
use super::resources::Resources;
use crate::error::{ErrorKind, Result};
use crate::panics;
#[cfg(unix)]
use crate::panics::Interrupted;
#[cfg(unix)]
use crate::stop::stop_requested;
use crate::worker::Worker;

/// What holds for the items of one batch.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) resources: &'a Resources,
    pub(super) deadline: Option<Duration>,
    pub(super) open_deadline: Option<Duration>,
    pub(super) retries: u32,
    /// Whether an item that runs when the batch is stopped may end.
    pub(super) finishes_running: bool,
    /// `None` where an input is tried whatever became of it before.
    pub(super) quarantine: Option<&'a Quarantine>,
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
    /// The process is lost over the item, by this cause.
    Lost(String),
    /// No process has the job open, by this cause. No item is to blame.
    NotReady(String),
    /// The input does not fit into a message.
    NotSent(String),
    /// The job cannot be opened.
    NotOpen(ErrorKind),
}

/// How long to wait before a process is started in the place of one that could not be.
#[cfg(unix)]
const PAUSE: Duration = Duration::from_millis(20);

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
            return match self.ready::<J>(terms) {
                Ok(_) | Err(Trouble::Stopped) => Ok(()),
                Err(Trouble::NotOpen(kind)) => Err(kind.into()),
                Err(Trouble::NotReady(text) | Trouble::NotSent(text) | Trouble::Lost(text)) => {
                    Err(ErrorKind::StateFailed { worker: self.worker.index(), message: text }
                        .into())
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
            let began = Instant::now();
            let opened = catch_unwind(AssertUnwindSafe(|| J::open(resources)))
                .unwrap_or_else(|payload| Err(format!("panicked: {}", panics::message(payload))));
            self.worker.counters().add_init(began.elapsed(), opened.is_ok());
            let state = opened.map_err(|message| ErrorKind::StateFailed {
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
        if terms.quarantine.is_some_and(|quarantine| quarantine.holds(J::NAME, &bytes)) {
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
                Err(Trouble::NotSent(text)) => {
                    return Err(JobFailure::Failed(format!("the input: {text}")));
                }
                Err(Trouble::NotReady(cause)) => return Err(JobFailure::NotStarted { cause }),
                Err(Trouble::Lost(cause)) => cause,
            };
            attempts += 1;
            crate::events::worker_lost(self.worker.index(), J::NAME, &cause);
            if attempts > terms.retries {
                if let Some(quarantine) = terms.quarantine {
                    quarantine.add(J::NAME, bytes);
                }
                return Err(JobFailure::WorkerLost { attempts, cause });
            }
            if stop_requested() {
                resume_unwind(Box::new(Interrupted));
            }
        }
    }

    fn attempt<J: Job>(&mut self, terms: &Terms<'_>, input: &[u8]) -> Result<Ran, Trouble> {
        let session = self.ready::<J>(terms)?;
        let mut check = patience(terms.deadline, !terms.finishes_running);
        let Some(remote) = &mut self.remote else {
            return Err(Trouble::NotReady("it had gone".to_owned()));
        };
        remote.run(session, input, &mut check).map_err(|error| match misfit(&error) {
            Some(text) => Trouble::NotSent(text),
            None => self.lose(&error),
        })
    }

    /// The session of the job in a process that lives. A process that is lost on the way there, or cannot
    /// be started, is tried for again like an item that loses one, and once at least.
    fn ready<J: Job>(&mut self, terms: &Terms<'_>) -> Result<u32, Trouble> {
        // One that died between two items is replaced without a word: no item was lost.
        if self.remote.as_mut().is_some_and(|remote| !remote.is_alive()) {
            self.remote = None;
        }
        let known = self.remote.as_ref().and_then(|r| r.session(J::NAME, terms.resources));
        if let Some(session) = known {
            return Ok(session);
        }
        let mut left = terms.retries.max(1);
        loop {
            let began = Instant::now();
            let opened = self.open_remote::<J>(terms);
            self.worker.counters().add_init(began.elapsed(), opened.is_ok());
            match opened {
                Err(Trouble::NotReady(cause)) if left > 0 => {
                    crate::events::worker_lost(self.worker.index(), J::NAME, &cause);
                    std::thread::sleep(PAUSE);
                    left -= 1;
                }
                opened => return opened,
            }
        }
    }

    fn open_remote<J: Job>(&mut self, terms: &Terms<'_>) -> Result<u32, Trouble> {
        let remote = match (&mut self.remote, &self.launch) {
            (Some(remote), _) => remote,
            (None, Some(launch)) => {
                let remote = launch.start().map_err(|error| {
                    Trouble::NotReady(format!("a worker process could not be started: {error}"))
                })?;
                if std::mem::replace(&mut self.has_started, true) {
                    self.worker.counters().add_restart();
                }
                self.worker.counters().set_pid(Some(remote.pid()));
                self.remote.insert(remote)
            }
            (None, None) => return Err(Trouble::NotReady("there is none".to_owned())),
        };
        let mut check = patience(terms.open_deadline, true);
        let worker = self.worker.index();
        match remote.open(J::NAME, terms.resources, &mut check) {
            Ok(session) => Ok(session),
            Err(NotOpen::Lost(error)) => Err(match (misfit(&error), self.lose(&error)) {
                (Some(message), _) => Trouble::NotOpen(ErrorKind::StateFailed { worker, message }),
                (None, Trouble::Lost(cause)) => Trouble::NotReady(format!(
                    "the worker process was lost while it opened the job: {cause}"
                )),
                (None, trouble) => trouble,
            }),
            Err(NotOpen::Unknown) => {
                let (name, known) = (J::NAME.to_owned(), remote.known.clone());
                Err(Trouble::NotOpen(ErrorKind::UnknownJob { name, known }))
            }
            Err(NotOpen::Refused(message)) => {
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

/// Asked while a process is waited for: an error when it takes too long from now on, or when the batch is
/// stopped and that is to count.
#[cfg(unix)]
fn patience(deadline: Option<Duration>, heeds_stop: bool) -> impl FnMut() -> io::Result<()> {
    let started = Instant::now();
    move || match deadline {
        _ if heeds_stop && stop_requested() => Err(io::Error::other(Ended::Stopped)),
        Some(deadline) if started.elapsed() >= deadline => {
            Err(io::Error::other(Ended::Deadline(deadline)))
        }
        _ => Ok(()),
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
