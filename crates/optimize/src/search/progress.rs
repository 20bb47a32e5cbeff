//! Watching a study go by.

use std::time::{Duration, Instant};

use tangency_pool::PROGRESS_INTERVAL;

use super::pace::Pace;
use super::params::Params;

/// Is told how far a study has come: every 100 ms, and once more at the end, also when that is an error.
///
/// Called on the thread that runs the study. Every `Fn(&StudySnapshot<'_>) + Sync` is one.
pub trait StudyObserver: Sync {
    /// Takes note of the state of the study.
    fn update(&self, snapshot: &StudySnapshot<'_>);
}

impl<F: Fn(&StudySnapshot<'_>) + Sync> StudyObserver for F {
    fn update(&self, snapshot: &StudySnapshot<'_>) {
        self(snapshot);
    }
}

/// How far a study has come.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StudySnapshot<'s> {
    /// Trials that have ended, whatever their outcome, those from the journal included.
    pub done: u64,
    /// Those among them that came from the journal.
    pub replayed: u64,
    /// Those among them that failed or panicked.
    pub failed: u64,
    /// Trials of the study.
    pub total: u64,
    /// Time since the study was started or resumed.
    pub elapsed: Duration,
    /// Trials measured a second, those from the journal not counted.
    pub rate: f64,
    /// Time left: for a grid by samples from all over it, for a method that learns by how long proposing and
    /// measuring took and whether they take longer and longer; `None` before the first trial has ended.
    pub eta: Option<Duration>,
    /// Parameters of the best trial so far and its value.
    pub best: Option<(&'s Params, f64)>,
    /// Whether this is the last call.
    pub last: bool,
}

impl StudySnapshot<'_> {
    /// Share of the trials that have ended, in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        if self.total == 0 { 100.0 } else { 100.0 * self.done as f64 / self.total as f64 }
    }
}

/// A part of the work of a study, and the time that goes into it.
#[derive(Debug)]
struct Stage {
    pace: Pace,
    done: f64,
    left: f64,
    /// Seconds of the stretches before, and the beginning of the one under way.
    spent: f64,
    since: Option<Instant>,
}

impl Stage {
    fn new(pace: fn(f64) -> Pace, work: f64) -> Self {
        Self { pace: pace(work), done: 0.0, left: work, spent: 0.0, since: None }
    }

    fn begin(&mut self, now: Instant) {
        self.since = Some(now);
    }

    fn end(&mut self, now: Instant) {
        self.spent = self.seconds(now);
        self.since = None;
    }

    fn seconds(&self, now: Instant) -> f64 {
        self.spent + self.since.map_or(0.0, |since| (now - since).as_secs_f64())
    }

    fn note(&mut self, work: f64, now: Instant) {
        self.done += work;
        self.left = (self.left - work).max(0.0);
        self.pace.note(self.done, self.seconds(now));
    }

    /// Seconds to its end.
    fn rest(&self, now: Instant) -> Option<f64> {
        self.pace.rest(self.left, self.seconds(now))
    }
}

/// What has ended so far.
#[derive(Debug)]
pub(super) struct Tally {
    started: Instant,
    /// When the first trial began that was not in the journal.
    measuring_since: Option<Instant>,
    due: Instant,
    total: u64,
    /// Trials of the journal that have not had their turn.
    held: u64,
    measured: u64,
    /// Proposing takes longer and longer with what there is to learn from; measuring does not.
    proposing: Stage,
    measuring: Stage,
    replayed: u64,
    pub(super) failed: u64,
    pub(super) best: Option<(Params, f64)>,
}

impl Tally {
    /// For a study of `total` trials of which `held` are in the journal.
    pub(super) fn new(total: u64, held: u64) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            measuring_since: None,
            due: now + PROGRESS_INTERVAL,
            total,
            held,
            measured: 0,
            proposing: Stage::new(Pace::growing, total as f64),
            measuring: Stage::new(Pace::steady, (total - held.min(total)) as f64),
            replayed: 0,
            failed: 0,
            best: None,
        }
    }

    /// How many trials there are and how many of them are in the journal; how much there is to propose, and to
    /// measure.
    pub(super) fn plan(&mut self, total: u64, held: u64, proposing: f64, measuring: f64) {
        (self.total, self.held) = (total, held);
        self.proposing = Stage::new(Pace::growing, proposing);
        self.measuring = Stage::new(Pace::steady, measuring);
    }

    /// Now that it is known what each trial takes: so much has been measured, so much is left.
    pub(super) fn weigh_anew(&mut self, done: f64, left: f64) {
        let now = Instant::now();
        let seconds = self.measuring.seconds(now);
        self.measuring = Stage { spent: seconds, ..Stage::new(Pace::steady, done + left) };
        self.measuring.note(done, now);
    }

    pub(super) fn begin_proposing(&mut self) {
        self.proposing.begin(Instant::now());
    }

    /// So much has been proposed, in all.
    pub(super) fn proposed(&mut self, work: f64) {
        let now = Instant::now();
        self.proposing.note(work - self.proposing.done, now);
        self.proposing.end(now);
    }

    pub(super) fn begin_measuring(&mut self) {
        let now = Instant::now();
        self.measuring_since.get_or_insert(now);
        self.measuring.begin(now);
    }

    /// Some trials that took so much work.
    pub(super) fn measured(&mut self, trials: u64, work: f64) {
        self.measured += trials;
        self.measuring.note(work, Instant::now());
    }

    pub(super) fn end_measuring(&mut self) {
        self.measuring.end(Instant::now());
    }

    pub(super) fn replayed(&mut self, trials: u64) {
        self.replayed += trials;
        self.held = self.held.saturating_sub(trials);
    }

    /// Trials from the journal, and trials measured now.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.replayed, self.measured)
    }

    /// Shows the observer where things stand if 100 ms have passed, or if it is the last time.
    pub(super) fn show(&mut self, observer: Option<&dyn StudyObserver>, last: bool) {
        let (Some(observer), now) = (observer, Instant::now()) else { return };
        if !last && now < self.due {
            return;
        }
        self.due = now + PROGRESS_INTERVAL;
        observer.update(&self.snapshot(now, last));
    }

    fn snapshot(&self, now: Instant, last: bool) -> StudySnapshot<'_> {
        let done = self.measured + self.replayed;
        let seconds = self.measuring_since.map_or(0.0, |since| (now - since).as_secs_f64());
        let rate = if seconds > 0.0 { self.measured as f64 / seconds } else { 0.0 };
        let left = self.total.saturating_sub(done + self.held);
        let eta = match left {
            0 => Some(Duration::ZERO),
            _ => self.measuring.rest(now).and_then(|rest| {
                let proposing = self.proposing.rest(now).unwrap_or(0.0);
                Duration::try_from_secs_f64(rest + proposing).ok()
            }),
        };
        StudySnapshot {
            done,
            replayed: self.replayed,
            failed: self.failed,
            total: self.total,
            elapsed: now - self.started,
            rate,
            eta,
            best: self.best.as_ref().map(|(params, value)| (params, *value)),
            last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eta_leaves_out_what_the_journal_holds() {
        let mut tally = Tally::new(1000, 400);
        let start = tally.started;
        tally.measuring_since = Some(start);
        tally.measuring.since = Some(start);
        tally.measured(150, 150.0);
        tally.replayed(100);
        let snapshot = tally.snapshot(start + Duration::from_secs(3), false);
        assert_eq!((snapshot.done, snapshot.replayed), (250, 100));
        assert_eq!(snapshot.percent(), 25.0);
        assert_eq!(snapshot.rate, 50.0);
        // 1000 less 250 that are done and 300 that need only be read.
        assert_eq!(snapshot.eta, Some(Duration::from_secs(9)));
    }

    #[test]
    fn proposing_and_measuring_are_foretold_apart() {
        let mut tally = Tally::new(100, 0);
        tally.plan(100, 0, 100.0, 10.0);
        let start = tally.started;
        let after = |seconds| start + Duration::from_secs(seconds);
        // A fifth of what there is to propose, but half of what there is to measure.
        tally.proposing.begin(start);
        tally.proposing.note(20.0, after(200));
        tally.proposing.end(after(200));
        tally.measuring.begin(after(200));
        tally.measuring.note(5.0, after(500));
        let eta = tally.snapshot(after(500), false).eta;
        assert_eq!(eta, Some(Duration::from_secs(300 + 800)));
    }

    #[test]
    fn without_a_trial_there_is_no_estimate() {
        let tally = Tally::new(10, 0);
        let snapshot = tally.snapshot(tally.started + Duration::from_secs(1), false);
        assert_eq!((snapshot.rate, snapshot.eta), (0.0, None));
        assert_eq!(Tally::new(0, 0).snapshot(Instant::now(), true).percent(), 100.0);
    }
}
