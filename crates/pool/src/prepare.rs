//! Having every worker build its state before it is needed.

use std::convert::Infallible;
use std::time::Duration;

use crate::crew::Crew;
use crate::error::{ErrorKind, Result};
use crate::execute::{Offer, Settings, Site, Stage};
use crate::outcome::Outcome;
use crate::state::WorkerState;
use crate::watch::Course;

/// How often to look whether a worker that has not come yet is to come at all.
const RESIZE_INTERVAL: Duration = Duration::from_millis(5);

pub(crate) fn prepare<T: Send>(crew: &Crew, state: &WorkerState<T>) -> Result<()> {
    if !state.belongs_to(crew.id) {
        return Err(ErrorKind::ForeignState.into());
    }
    let stage = Stage::new(crew);
    let roster = stage.roster(&Settings::default());
    let enter = |site: Site<'_>| {
        if roster.stop.is_due() {
            return;
        }
        match state.borrow(site.worker) {
            Ok(borrowed) => {
                drop(borrowed);
                if let Some(mut visit) = roster.enter(site.worker, true) {
                    visit.count(&Outcome::<(), Infallible>::Done(()));
                }
            }
            Err(error) => roster.fail(error),
        }
    };
    let course = EachWorker { crew, workers: stage.workers };
    stage.conduct(&roster, course, Offer::Each(stage.workers), None, &enter);
    match roster.finish(stage.workers).error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// A batch with one item for each worker.
struct EachWorker<'a> {
    crew: &'a Crew,
    workers: usize,
}

impl Course for EachWorker<'_> {
    fn deliver(&mut self) {}

    fn total(&self) -> Option<usize> {
        // Whoever leaves in the meantime needs no state.
        Some(self.workers.min(self.crew.target()))
    }

    fn known(&self) -> usize {
        self.workers
    }

    fn is_complete(&self, done: usize) -> bool {
        self.total().is_some_and(|total| done >= total)
    }

    fn patience(&self) -> Option<Duration> {
        Some(RESIZE_INTERVAL)
    }
}
