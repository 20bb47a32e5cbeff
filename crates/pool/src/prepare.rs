//! Having every worker build its state before it is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::execute::{Offer, Settings, Site, Stage};
use crate::state::WorkerState;
use crate::watch::Course;

/// How often to look whether a worker that has not come yet is to come at all.
const RESIZE_INTERVAL: Duration = Duration::from_millis(5);

pub(crate) fn prepare<T: Send>(crew: &Crew, state: &WorkerState<T>) -> Result<()> {
    if !state.belongs_to(crew.id) {
        return Err(ErrorKind::ForeignState.into());
    }
    let stage = Stage::new(crew);
    if let Some(error) = stage.objection() {
        return Err(error);
    }
    let roster = stage.roster(&Settings::default());
    let is_ready: Vec<AtomicBool> = (0..stage.workers).map(|_| AtomicBool::new(false)).collect();
    let enter = |site: Site<'_>| {
        if roster.stop.is_due() {
            return;
        }
        match state.borrow(site.worker) {
            Ok(_) => {
                if let Some(is_ready) = is_ready.get(site.worker.index()) {
                    is_ready.store(true, Ordering::Relaxed);
                }
            }
            Err(error) => roster.fail(error),
        }
    };
    let course = EachWorker { crew, is_ready: &is_ready };
    stage.conduct(&roster, course, Offer::Each(stage.workers), None, &enter);
    match roster.finish(0).error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// A batch that each worker takes part in once, without items.
struct EachWorker<'a> {
    crew: &'a Crew,
    /// By the index of the worker. Relaxed: the loan, idle by the time this is read, has published it.
    is_ready: &'a [AtomicBool],
}

impl Course for EachWorker<'_> {
    fn deliver(&mut self) {}

    fn total(&self) -> Option<usize> {
        None
    }

    fn known(&self) -> usize {
        self.is_ready.len()
    }

    fn is_complete(&self, _: usize) -> bool {
        // Whoever leaves in the meantime needs no state; those with the highest indices do.
        self.is_ready.iter().take(self.crew.target()).all(|ready| ready.load(Ordering::Relaxed))
    }

    fn patience(&self) -> Option<Duration> {
        Some(RESIZE_INTERVAL)
    }
}
