//! Running a study: windows of tiles out, trials in order to the sink, everything to the journal.

mod conductor;
mod pieces;
mod survey;
mod surveying;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use tangency_pool::CancelToken;

use conductor::{Conductor, lock};

use super::evaluate::Evaluator;
use super::journal::{Header, Journal, JournalMode};
use super::progress::{StudyObserver, Tally};
use super::sink::TrialSink;
use super::source::Source;
use super::study_report::{Standing, StudyReport};
use crate::error::{ErrorKind, Result};
use crate::metrics::Metric;

/// The settings of a study.
pub(super) struct Terms<'t> {
    pub(super) header: Header,
    pub(super) metrics: &'t [Metric],
    pub(super) seed: u64,
    pub(super) rows: Option<&'t Range<usize>>,
    pub(super) in_flight: Option<usize>,
    pub(super) workers: usize,
    pub(super) cancel: Option<&'t CancelToken>,
    pub(super) observer: Option<&'t dyn StudyObserver>,
}

/// Shows the progress of a study; an error once it is cancelled.
pub(super) fn keep_going(
    tally: &Mutex<Tally>,
    cancel: Option<&CancelToken>,
    observer: Option<&dyn StudyObserver>,
) -> Result<()> {
    let mut tally = lock(tally);
    if cancel.is_some_and(CancelToken::is_cancelled) {
        let (replayed, measured) = tally.counts();
        return Err(ErrorKind::Cancelled { done: replayed + measured }.into());
    }
    tally.show(observer, false);
    Ok(())
}

/// Runs a study to its end.
pub(super) fn conduct(
    source: &mut dyn Source,
    evaluator: &mut dyn Evaluator,
    terms: &Terms<'_>,
    journal: Option<(&Path, JournalMode)>,
    sink: &mut dyn TrialSink,
    tally: &Mutex<Tally>,
) -> Result<StudyReport> {
    let started = Instant::now();
    let journal =
        journal.map(|(path, mode)| Journal::open(path, &terms.header, mode)).transpose()?;
    let held = journal.as_ref().map_or(0, Journal::trials);
    let dropped_bytes = journal.as_ref().map_or(0, |journal| journal.dropped);
    let mut conductor = Conductor {
        key: terms.header.key(),
        journal,
        sink,
        tally,
        stop: CancelToken::new(),
        terms,
        pieces: Vec::new(),
        next_piece: 0,
        learned: source.learns().then(Vec::new),
        standing: Standing::new(terms.metrics),
        pace: None,
        paced_by: 0,
        sampled: BTreeMap::new(),
        survey: None,
        // For who watches.
        to_be_surveyed: source.is_ordered() && terms.observer.is_some(),
        error: None,
    };
    let until = |trial| source.work_of_first(trial).measuring;
    let measuring = |range: Range<u64>| until(range.end) - until(range.start);
    let left = conductor.left(&(0..source.trials()), measuring);
    let proposing = source.work_of_first(source.trials()).proposing;
    lock(tally).plan(source.trials(), held, proposing, left);
    let ended = conductor.run_all(source, evaluator);
    let mut last = lock(tally);
    last.show(terms.observer, true);
    ended?;
    let (replayed, evaluated) = last.counts();
    let cancelled = conductor.stop.is_cancelled();
    let standing = conductor.standing;
    Ok(StudyReport {
        trials: source.trials(),
        evaluated,
        replayed,
        failed: standing.failed,
        rejected: source.rejected(),
        best: standing.best.as_ref().map(|(trial, _)| trial.clone()),
        commonest_failure: standing.commonest_failure(),
        pareto_front: standing.into_front(),
        cancelled,
        dropped_bytes,
        elapsed: started.elapsed(),
    })
}
