//! What a pool needs to run jobs.

use std::collections::HashSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::bench::Bench;
use crate::crew::Crew;
use crate::error::Result;
use crate::executor::ExecutorStats;
use crate::state::WorkerState;
use crate::worker::Worker;

/// The part of a crew that jobs concern.
#[derive(Default)]
pub(crate) struct Executors {
    #[cfg(unix)]
    launch: Option<std::sync::Arc<super::remote::Launch>>,
    benches: OnceLock<WorkerState<Bench>>,
    pub(super) quarantine: Quarantine,
}

impl Executors {
    /// Where the workers do their jobs.
    pub(super) fn benches(&self, crew: &Crew) -> &WorkerState<Bench> {
        self.benches.get_or_init(|| {
            #[cfg(unix)]
            let launch = self.launch.clone();
            WorkerState::new(crew, move |worker: &Worker| {
                #[cfg(unix)]
                let bench = Bench::new(worker.clone(), launch.clone());
                #[cfg(not(unix))]
                let bench = Bench::new(worker.clone());
                Ok::<_, Infallible>(bench)
            })
        })
    }

    /// Ends the process of the worker of that index, if it has one.
    pub(crate) fn forget(&self, worker: usize) {
        if let Some(benches) = self.benches.get() {
            benches.forget(worker);
        }
    }

    pub(crate) fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

/// Inputs that lost every worker process they were tried on, with the name of their job.
#[derive(Default)]
pub(crate) struct Quarantine {
    inputs: Mutex<HashSet<(&'static str, Vec<u8>)>>,
    /// How many there are: a hint that spares the lock as long as there are none, hence relaxed.
    count: AtomicUsize,
}

impl Quarantine {
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(super) fn holds(&self, job: &'static str, input: &[u8]) -> bool {
        // The set is keyed by owned bytes; it is small, and asked only where it is not empty.
        self.len() > 0 && self.lock().iter().any(|(name, known)| *name == job && known == input)
    }

    #[cfg_attr(not(unix), expect(dead_code))]
    pub(super) fn add(&self, job: &'static str, input: Vec<u8>) {
        let mut inputs = self.lock();
        inputs.insert((job, input));
        self.count.store(inputs.len(), Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        let mut inputs = self.lock();
        inputs.clear();
        self.count.store(0, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(&'static str, Vec<u8>)>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prepares a crew for worker processes, or for threads where they cannot be had.
#[cfg(unix)]
pub(crate) fn install(crew: &mut Crew, binary: Option<PathBuf>) -> Result<()> {
    if binary.is_none() && !super::entry::is_entered() {
        return Err(crate::error::ErrorKind::NoWorkerEntry.into());
    }
    // One to see whether it works at all. It ends here: it would die with this thread anyway.
    let launch = super::remote::Launch::new(binary);
    match launch.and_then(|launch| launch.start().map(|_| launch)) {
        Ok(launch) => crew.processes.launch = Some(std::sync::Arc::new(launch)),
        Err(error) => {
            let reason = format!("worker processes cannot be started: {error}");
            crate::events::fell_back(&reason);
            crew.executor = ExecutorStats::fallback(reason);
        }
    }
    Ok(())
}

/// There are no worker processes here: threads take over.
#[cfg(not(unix))]
pub(crate) fn install(crew: &mut Crew, _: Option<PathBuf>) -> Result<()> {
    let reason = "worker processes need Unix sockets";
    crate::events::fell_back(reason);
    crew.executor = ExecutorStats::fallback(reason);
    Ok(())
}
