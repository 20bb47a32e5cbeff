//! Studies that somebody watches: a grid is sampled before the rest, which nobody else may notice.

use std::collections::HashSet;
use std::sync::Mutex;

use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Grid, JournalMode, Request, Study, StudyReport, StudySnapshot,
    StudyTrial, TrialSink,
};
use tangency_pool::{CancelToken, Pool};

use crate::studies::{Bumps, grid, run, study};

/// Numbers of the trials in the order in which they were measured; cancels after some.
#[derive(Default)]
struct Order {
    measured: Mutex<Vec<u64>>,
    cancel_after: Option<(usize, CancelToken)>,
}

impl Order {
    fn measure(&self, request: &Request<'_>) -> Result<Metrics, Failure> {
        let mut measured = self.measured.lock().unwrap();
        measured.push(request.index);
        if let Some((most, token)) = &self.cancel_after
            && measured.len() == *most
        {
            token.cancel();
        }
        let (a, b) = (request.params.get("a")?, request.params.get("b")?);
        Ok(Metrics::new().with(Metric::Sharpe, (a * 0.7).sin() + (b * 0.3).cos()))
    }

    fn run(&self, study: &Study<'_>, workers: usize, sink: &mut dyn TrialSink) -> StudyReport {
        let objective = |request: &Request<'_>| self.measure(request);
        study.run(&Pool::new(workers).unwrap(), &objective, sink).unwrap()
    }
}

fn nobody(_: &StudySnapshot<'_>) {}

fn large() -> Grid {
    Grid::parse(["a=1:100:1", "b=1:90:1"]).unwrap()
}

#[test]
fn trials_are_the_same_for_who_watches() {
    let grid = grid();
    let unwatched = run(&study(&grid), 1);
    for (workers, in_flight) in [(1, None), (2, None), (5, None), (2, Some(1)), (3, Some(150))] {
        let study = study(&grid).observer(&nobody);
        let study = in_flight.map_or_else(|| study.clone(), |most| study.clone().in_flight(most));
        assert_eq!(run(&study, workers), unwatched, "{workers} workers, {in_flight:?} in flight");
    }
    // Failures and a panic among the samples or beside them.
    let whole = Grid::parse(["a=1:40:1", "b=1:30:1"]).unwrap();
    let of = |study: Study<'_>| -> Vec<StudyTrial> {
        let mut trials = Collect::new();
        let report = study.run(&Pool::new(2).unwrap(), &Bumps::default(), &mut trials).unwrap();
        assert_eq!((report.failed, report.evaluated), (31, 1200));
        trials.into_trials()
    };
    assert_eq!(of(study(&whole).observer(&nobody)), of(study(&whole)));
}

#[test]
fn samples_come_first_and_from_everywhere() {
    let grid = large();
    let order = Order::default();
    let mut trials = Collect::new();
    let report = order.run(&study(&grid).observer(&nobody), 2, &mut trials);
    assert_eq!((report.trials, report.evaluated), (9000, 9000));
    let measured = order.measured.into_inner().unwrap();
    let once: HashSet<u64> = measured.iter().copied().collect();
    assert_eq!((once.len(), measured.len()), (9000, 9000));
    // A tenth in samples, and the few before it that told how long a trial takes.
    let first = &measured[..2000];
    for stratum in 0..9 {
        let seen = first.iter().filter(|index| **index / 1000 == stratum).count();
        assert!(seen >= 56, "{seen} of stratum {stratum}");
    }
    // In the order of the grid for all that.
    assert!(trials.trials().iter().map(|trial| trial.index).eq(0..9000));
    // Nobody watches: nothing is sampled.
    let order = Order::default();
    let _ = order.run(&study(&grid), 1, &mut Discard);
    assert!(order.measured.into_inner().unwrap().is_sorted());
}

#[test]
fn a_study_interrupted_among_its_samples_measures_nothing_twice() {
    let grid = large();
    let mut whole = Collect::new();
    let _ = Order::default().run(&study(&grid), 2, &mut whole);
    let folder = tempfile::tempdir().unwrap();
    // Before the samples, among them twice, and after them.
    let path = folder.path().join("interrupted.journal");
    let mut measured = HashSet::new();
    for most in [10, 300, 400, 1500, usize::MAX] {
        let token = CancelToken::new();
        let order = Order { measured: Mutex::default(), cancel_after: Some((most, token.clone())) };
        let mut trials = Collect::new();
        let study =
            study(&grid).observer(&nobody).cancel(&token).journal(&path, JournalMode::Resume);
        let report = order.run(&study, 2, &mut trials);
        assert_eq!(report.cancelled, most < usize::MAX);
        let now = order.measured.into_inner().unwrap();
        assert_eq!(report.evaluated as usize, now.len(), "all that was measured is journalled");
        for index in now {
            assert!(measured.insert(index), "trial {index} was measured twice");
        }
        let known = trials.trials();
        assert_eq!(known, &whole.trials()[..known.len()]);
        if !report.cancelled {
            assert_eq!((known.len(), report.replayed + report.evaluated), (9000, 9000));
        }
    }
}
