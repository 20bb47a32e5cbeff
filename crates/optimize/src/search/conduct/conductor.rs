//! The calling thread's side of a study.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tangency_pool::CancelToken;

use super::super::evaluate::{Evaluator, TileDone, Window};
use super::super::fingerprint::trial_key;
use super::super::journal::Journal;
use super::super::progress::Tally;
use super::super::sink::{StudyTrial, TrialSink};
use super::super::source::Source;
use super::super::study_report::Standing;
use super::pieces::{Content, Piece, lay_out, trials_of};
use super::survey::Survey;
use super::{Terms, keep_going};
use crate::error::{Error, ErrorKind, Result};

/// Seconds that a tile should take at most: what is lost when the process is killed.
const TILE_SECONDS: f64 = 0.05;
/// Most trials in flight unless set, and for each worker.
const IN_FLIGHT: u64 = 1 << 16;
const IN_FLIGHT_OF_WORKER: u64 = 1 << 14;

/// Lays out windows, takes in what has been measured, and hands it on in order.
pub(super) struct Conductor<'c> {
    /// Key of the study.
    pub(super) key: u64,
    pub(super) journal: Option<Journal>,
    pub(super) sink: &'c mut dyn TrialSink,
    pub(super) tally: &'c Mutex<Tally>,
    /// Set by us when something goes wrong, and when the caller's own token is.
    pub(super) stop: CancelToken,
    pub(super) terms: &'c Terms<'c>,
    /// The window in order.
    pub(super) pieces: Vec<Piece>,
    pub(super) next_piece: usize,
    /// Trials of the window, where the source learns from them.
    pub(super) learned: Option<Vec<StudyTrial>>,
    pub(super) standing: Standing,
    /// Seconds that a trial takes, and the largest tile that this is known from.
    pub(super) pace: Option<f64>,
    pub(super) paced_by: u64,
    /// Samples that have not had their turn.
    pub(super) sampled: BTreeMap<u64, Piece>,
    pub(super) survey: Option<Survey>,
    pub(super) to_be_surveyed: bool,
    pub(super) error: Option<Error>,
}

impl Conductor<'_> {
    /// Runs window after window, until all have ended or the study is cancelled.
    pub(super) fn run_all(
        &mut self,
        source: &mut dyn Source,
        evaluator: &mut dyn Evaluator,
    ) -> Result<()> {
        let (tally, terms, mut next) = (self.tally, self.terms, 0);
        let go_on = || keep_going(tally, terms.cancel, terms.observer);
        loop {
            lock(tally).begin_proposing();
            let end = match source.advance(next, &go_on) {
                Err(error) if matches!(error.kind(), ErrorKind::Cancelled { .. }) => {
                    self.stop.cancel();
                    return Ok(());
                }
                end => end?,
            };
            lock(tally).proposed(source.work_of_first(end).proposing);
            if end == next {
                return self.finish();
            }
            while next < end {
                if self.to_be_surveyed && self.knows(evaluator) {
                    self.to_be_surveyed = false;
                    self.look_around(source, evaluator, next)?;
                    if self.stop.is_cancelled() {
                        return Ok(());
                    }
                }
                let window = self.window(next..end, evaluator);
                self.run(source, evaluator, window.clone())?;
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                if let Some(trials) = &mut self.learned {
                    source.observe(trials);
                    trials.clear();
                }
                next = window.end;
            }
        }
    }

    /// The most trials that are held at a time.
    pub(super) fn in_flight(&self) -> u64 {
        match self.terms.in_flight {
            Some(most) => most as u64,
            None => (self.terms.workers.max(1) as u64 * IN_FLIGHT_OF_WORKER).min(IN_FLIGHT),
        }
    }

    /// The next trials to run of those that can be proposed.
    pub(super) fn window(&self, proposed: Range<u64>, evaluator: &dyn Evaluator) -> Range<u64> {
        let Range { start, end } = proposed;
        let waiting: u64 =
            self.sampled.values().map(|piece| piece.range.end - piece.range.start).sum();
        let mut most = self.in_flight().saturating_sub(waiting).max(1);
        let unknown =
            if self.to_be_surveyed { !self.knows(evaluator) } else { self.pace.is_none() };
        if unknown && evaluator.tile() > 1 {
            // Few at first, to learn how long a trial takes; eight times as many then, since trials that share
            // work take less in larger tiles.
            let short = 8 * self.terms.workers.max(1) as u64 * (4 * self.paced_by).max(1);
            let held = self.held(start..end).next().filter(|(first, _)| *first == start);
            most = most.min(held.map_or(short, |(_, count)| count));
        }
        let end = end.min(start + most);
        // A sample goes out whole.
        match self.sampled.range(..end).next_back() {
            Some((first, sample)) if sample.range.end > end => {
                start..if *first > start { *first } else { sample.range.end }
            }
            _ => start..end,
        }
    }

    /// Whether it is known, near enough, how long the trials of a sample take.
    pub(super) fn knows(&self, evaluator: &dyn Evaluator) -> bool {
        evaluator.tile() == 1 || self.sample_size(evaluator) <= 8 * self.paced_by
    }

    /// Trials in a sample.
    pub(super) fn sample_size(&self, evaluator: &dyn Evaluator) -> u64 {
        self.tile(evaluator.least_tile(), u64::MAX)
    }

    pub(super) fn held(&self, range: Range<u64>) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.journal.iter().flat_map(move |journal| journal.held(range.start, range.end))
    }

    /// Work in a range without what the journal holds of it.
    pub(super) fn left(&self, range: &Range<u64>, work: impl Fn(Range<u64>) -> f64) -> f64 {
        let held: f64 =
            self.held(range.clone()).map(|(first, count)| work(first..first + count)).sum();
        (work(range.clone()) - held).max(0.0)
    }

    /// How many trials of a window to measure together: so that every worker has some, and the last ones
    /// to end do not keep the others waiting for long.
    pub(super) fn tile(&self, most: usize, window: u64) -> u64 {
        let fits = self.pace.map_or(1.0, |pace| TILE_SECONDS / pace.max(1e-9));
        let share = window.div_ceil(4 * self.terms.workers.max(1) as u64);
        (fits as u64).min(most as u64).min(share).max(1)
    }

    /// Runs one window. An error has been dealt with when this returns it.
    pub(super) fn run(
        &mut self,
        source: &dyn Source,
        evaluator: &mut dyn Evaluator,
        window: Range<u64>,
    ) -> Result<()> {
        let tile = self.tile(evaluator.tile(), window.end - window.start);
        let later = self.sampled.split_off(&window.end);
        let sampled = std::mem::replace(&mut self.sampled, later);
        let mut known: Vec<Piece> = self.held(window.clone()).map(Piece::held).collect();
        known.extend(sampled.into_values());
        known.sort_unstable_by_key(|piece| piece.range.start);
        (self.pieces, self.next_piece) = (lay_out(window, tile, known.into_iter()), 0);
        self.deliver(source);
        self.measure(source, evaluator, &mut |conductor, _, _| conductor.deliver(source))
    }

    /// Measures the pieces that are awaited and shows the place of each that has arrived, and the seconds that
    /// a trial of it took.
    pub(super) fn measure(
        &mut self,
        source: &dyn Source,
        evaluator: &mut dyn Evaluator,
        arrived: &mut dyn FnMut(&mut Self, usize, f64),
    ) -> Result<()> {
        let awaited = |(at, piece): (usize, &Piece)| {
            matches!(piece.content, Content::Awaited).then(|| (at, piece.range.clone()))
        };
        let (places, tiles): (Vec<usize>, Vec<Range<u64>>) =
            self.pieces.iter().enumerate().skip(self.next_piece).filter_map(awaited).unzip();
        self.follow_cancel();
        if !tiles.is_empty() && !self.stop.is_cancelled() {
            let (stop, tally, terms) = (self.stop.clone(), self.tally, self.terms);
            lock(tally).begin_measuring();
            let tick = || {
                if terms.cancel.is_some_and(CancelToken::is_cancelled) {
                    stop.cancel();
                }
                lock(tally).show(terms.observer, false);
            };
            let window = Window {
                source,
                tiles: &tiles,
                seed: terms.seed,
                rows: terms.rows,
                stop: &stop,
                tick: &tick,
            };
            evaluator.run(&window, &mut |place, tile| {
                let place = places[place];
                match tile.and_then(|tile| self.take_in(source, place, tile)) {
                    Ok(seconds) => arrived(self, place, seconds),
                    Err(error) => self.fail(error),
                }
                lock(tally).show(terms.observer, false);
            })?;
            lock(tally).end_measuring();
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn follow_cancel(&self) {
        if self.terms.cancel.is_some_and(CancelToken::is_cancelled) {
            self.stop.cancel();
        }
    }

    /// Takes a tile that has ended: first of all into the journal. Seconds that a trial of it took.
    fn take_in(&mut self, source: &dyn Source, place: usize, tile: TileDone) -> Result<f64> {
        self.follow_cancel();
        let TileDone { proposals, measured, took } = tile;
        let range = self.pieces[place].range.clone();
        if let Some(journal) = &mut self.journal {
            let keys = proposals.iter().map(|p| trial_key(self.key, &p.params, p.budget));
            journal.append(range.start, keys.zip(&measured))?;
        }
        let pace = took.as_secs_f64() / measured.len().max(1) as f64;
        // Slower at once, faster by and by: a tile that lasts is what a kill loses.
        let follow = |known: f64| pace.max(known + 0.25 * (pace - known));
        self.pace = Some(self.pace.map_or(pace, follow));
        self.paced_by = self.paced_by.max(measured.len() as u64);
        let work = match &self.survey {
            Some(survey) => survey.work(&range),
            None => {
                let until = |trial| source.work_of_first(trial).measuring;
                until(range.end) - until(range.start)
            }
        };
        lock(self.tally).measured(measured.len() as u64, work);
        self.pieces[place].content = Content::Arrived(proposals, measured);
        Ok(pace)
    }

    fn not_measured(&self) -> Error {
        ErrorKind::NotMeasured { metric: self.terms.metrics[0].name() }.into()
    }

    /// The first error counts.
    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
        self.stop.cancel();
    }

    /// Hands the sink what is next in order, as far as it has arrived.
    fn deliver(&mut self, source: &dyn Source) {
        while self.error.is_none() && self.next_piece < self.pieces.len() {
            let piece = &mut self.pieces[self.next_piece];
            let range = piece.range.clone();
            let trials = match std::mem::replace(&mut piece.content, Content::Awaited) {
                Content::Awaited => return,
                Content::Arrived(proposals, measured) => trials_of(range, proposals, measured),
                Content::Held => {
                    self.follow_cancel();
                    if self.stop.is_cancelled() {
                        return;
                    }
                    match self.replay(source, range) {
                        Ok(trials) => trials,
                        Err(error) => return self.fail(error),
                    }
                }
            };
            self.next_piece += 1;
            if let Err(error) = self.sink.receive(&trials) {
                return self.fail(ErrorKind::Sink { reason: error.to_string() }.into());
            }
            let mut tally = lock(self.tally);
            for trial in &trials {
                if self.standing.take(trial) {
                    tally.best = self.standing.best.as_ref().map(|(t, v)| (t.params.clone(), *v));
                }
            }
            tally.failed = self.standing.failed;
            drop(tally);
            if self.standing.lacks_metric() {
                return self.fail(self.not_measured());
            }
            if let Some(learned) = &mut self.learned {
                learned.extend(trials);
            }
        }
    }

    /// Reads trials back from the journal and checks that they are those proposed.
    fn replay(&mut self, source: &dyn Source, range: Range<u64>) -> Result<Vec<StudyTrial>> {
        let Some(journal) = &mut self.journal else { return Ok(Vec::new()) };
        let proposals = source.proposals(range.clone())?;
        let replayed = journal.replay(range.start, range.end - range.start)?;
        for ((index, proposal), (key, _)) in (range.start..).zip(&proposals).zip(&replayed) {
            let now = trial_key(self.key, &proposal.params, proposal.budget);
            if *key != now {
                return Err(ErrorKind::JournalOfAnother {
                    path: journal.path().display().to_string(),
                    what: "set of parameters",
                    journal: format!("key {key:016x} of trial {index}"),
                    now: format!("{now:016x} ({})", proposal.params),
                }
                .into());
            }
        }
        let mut tally = lock(self.tally);
        tally.replayed(replayed.len() as u64);
        tally.show(self.terms.observer, false);
        drop(tally);
        let measured = replayed.into_iter().map(|(_, measured)| measured).collect();
        Ok(trials_of(range, proposals, measured))
    }

    /// Ends a study whose every trial has been delivered.
    fn finish(&mut self) -> Result<()> {
        let standing = &self.standing;
        if standing.failed == standing.delivered {
            let (reason, times) = standing.commonest_failure().unwrap_or_default();
            let trials = standing.failed;
            return Err(ErrorKind::AllTrialsFailed { trials, reason, times }.into());
        }
        if !standing.measured {
            return Err(self.not_measured());
        }
        self.sink.finish().map_err(|error| ErrorKind::Sink { reason: error.to_string() })?;
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let best = standing.best.as_ref().map(|(trial, value)| {
            serde_json::json!({ "trial": trial.index, "params": trial.params, "value": value })
        });
        journal.close(&serde_json::json!({ "best": best, "failed": standing.failed }).to_string())
    }
}

pub(super) fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
