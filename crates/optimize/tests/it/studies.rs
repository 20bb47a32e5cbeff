//! Studies: trials in order to a sink, whatever the workers do and wherever it was interrupted.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tangency_optimize::ErrorKind;
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Fingerprint, Grid, JournalMode, Objective, Params, Request, Study,
    StudySnapshot, StudyTrial, TrialSink,
};
use tangency_pool::{CancelToken, Outcome, Pool};

/// Some arithmetic whose value depends on every parameter; some trials fail, some panic.
#[derive(Default)]
pub(crate) struct Bumps {
    evaluations: Mutex<HashMap<u64, u32>>,
    tiles: AtomicUsize,
}

impl Bumps {
    pub(crate) fn evaluated(&self) -> HashMap<u64, u32> {
        self.evaluations.lock().unwrap().clone()
    }
}

impl Objective for Bumps {
    type Scratch = Vec<f64>;

    fn evaluate(&self, scratch: &mut Vec<f64>, request: &Request<'_>) -> Result<Metrics, Failure> {
        *self.evaluations.lock().unwrap().entry(request.index).or_default() += 1;
        scratch.push(1.0);
        let (a, b) = (request.params.get("a")?, request.params.get("b")?);
        if a == 13.0 {
            return Err(format!("a is {a}").into());
        }
        assert!(!(a == 7.0 && b == 3.0), "seven and three");
        // Seeds of trials are part of what must not depend on the workers.
        let noise = (request.seed >> 40) as f64 * 1e-9;
        Ok(Metrics::new()
            .with(Metric::Sharpe, (a * 0.7).sin() + (b * 0.3).cos() + noise)
            .with(Metric::MaxDrawdown, -a / b))
    }

    fn evaluate_tile(
        &self,
        scratch: &mut Vec<f64>,
        requests: &[Request<'_>],
        results: &mut Vec<Result<Metrics, Failure>>,
    ) {
        self.tiles.fetch_add(1, Ordering::Relaxed);
        results.extend(requests.iter().map(|request| self.evaluate(scratch, request)));
    }
}

pub(crate) fn grid() -> Grid {
    Grid::parse(["a=1:40:1", "b=1:30:1"]).unwrap().less_than("a", "b").unwrap()
}

pub(crate) fn study(grid: &Grid) -> Study<'_> {
    Study::grid(grid, Metric::Sharpe)
        .seed(5)
        .objective("bumps")
        .data(Fingerprint::new().numbers("x", &[1.0, 2.0]))
}

pub(crate) fn run(study: &Study<'_>, workers: usize) -> Vec<StudyTrial> {
    let mut trials = Collect::new();
    let report = study.run(&Pool::new(workers).unwrap(), &Bumps::default(), &mut trials).unwrap();
    assert!(!report.cancelled);
    trials.into_trials()
}

#[test]
fn trials_come_in_order_whatever_the_workers_and_the_window() {
    let grid = grid();
    let trials = run(&study(&grid), 1);
    assert_eq!(trials.len() as u64, grid.count().unwrap().trials);
    for (at, (trial, params)) in trials.iter().zip(grid.trials()).enumerate() {
        assert_eq!((trial.index, &trial.params, trial.budget), (at, &params.unwrap(), 1.0));
    }
    for (workers, in_flight) in
        [(2, None), (5, None), (2, Some(1)), (5, Some(7)), (1, Some(100_000))]
    {
        let study = in_flight.map_or_else(|| study(&grid), |most| study(&grid).in_flight(most));
        assert_eq!(run(&study, workers), trials, "{workers} workers, {in_flight:?} in flight");
    }
}

#[test]
fn a_panic_costs_one_trial() {
    let grid = Grid::parse(["a=1:40:1", "b=1:30:1"]).unwrap();
    let bumps = Bumps::default();
    let mut trials = Collect::new();
    let report = study(&grid).run(&Pool::new(2).unwrap(), &bumps, &mut trials).unwrap();
    let panicked: Vec<&StudyTrial> =
        trials.trials().iter().filter(|trial| trial.outcome.is_panicked()).collect();
    assert_eq!(panicked.len(), 1);
    assert_eq!(panicked[0].params.to_string(), "a=7, b=3");
    assert_eq!(panicked[0].outcome, Outcome::Panicked("seven and three".to_owned()));
    // 30 trials fail and one panics.
    assert_eq!((report.failed, report.trials), (31, 1200));
    assert_eq!(report.commonest_failure, Some(("a is 13".to_owned(), 30)));
    let best = report.best.unwrap();
    let value = |trial: &StudyTrial| trial.metric(Metric::Sharpe).unwrap_or(f64::NEG_INFINITY);
    assert!(trials.trials().iter().all(|trial| value(trial) <= value(&best)));
    assert!(bumps.tiles.load(Ordering::Relaxed) > 1);
}

/// Passes trials on until a number of them has been seen, then cancels or fails.
struct StopAfter {
    left: usize,
    token: Option<CancelToken>,
}

impl TrialSink for StopAfter {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        self.left = self.left.saturating_sub(trials.len());
        match (&self.token, self.left) {
            (Some(token), 0) => token.cancel(),
            (None, 0) => return Err(io::Error::other("no space left")),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        panic!("a study that was stopped is not finished");
    }
}

#[test]
fn an_interrupted_study_goes_on_where_it_was() {
    let grid = grid();
    let whole = run(&study(&grid), 2);
    for by_token in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bumps.journal");
        let pool = Pool::new(2).unwrap();
        let bumps = Bumps::default();
        let mut done = 0;
        for stop_after in [40, 120, 250] {
            let token = CancelToken::new();
            let study =
                study(&grid).in_flight(32).cancel(&token).journal(&path, JournalMode::Resume);
            let mut sink = StopAfter { left: stop_after, token: by_token.then(|| token.clone()) };
            let before = bumps.evaluated().len() as u64;
            match study.run(&pool, &bumps, &mut sink) {
                Ok(report) => {
                    assert!(by_token && report.cancelled);
                    assert_eq!(report.evaluated, bumps.evaluated().len() as u64 - before);
                    done += report.evaluated;
                }
                Err(error) => {
                    assert!(!by_token, "{error}");
                    assert_eq!(error.to_string(), "cannot write the trials: no space left");
                    done = bumps.evaluated().len() as u64;
                }
            }
        }
        let study = study(&grid).journal(&path, JournalMode::Resume);
        let mut trials = Collect::new();
        let report = study.run(&pool, &bumps, &mut trials).unwrap();
        assert_eq!(report.replayed, done, "whatever was measured is in the journal");
        assert_eq!(report.evaluated + report.replayed, whole.len() as u64);
        assert_eq!(trials.trials(), whole);
        // A tile that panics is measured once more one by one, within one visit; none here does.
        assert!(bumps.evaluated().values().all(|times| *times == 1), "measured once each");
    }
}

#[test]
fn errors_before_any_work() {
    let grid = grid();
    let bumps = Bumps::default();
    let pool = Pool::new(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere").join("x.journal");
    let error = study(&grid).journal(&missing, JournalMode::Fresh).run(&pool, &bumps, &mut Discard);
    let text = error.unwrap_err().to_string();
    assert!(
        text.starts_with(&format!("cannot open the journal {}: ", missing.display())),
        "{text}"
    );

    struct Refuses;
    impl TrialSink for Refuses {
        fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
            assert_eq!(parameters, ["a", "b"]);
            Err(io::Error::other("read-only folder"))
        }
        fn receive(&mut self, _: &[StudyTrial]) -> io::Result<()> {
            unreachable!()
        }
    }
    let error = study(&grid).run(&pool, &bumps, &mut Refuses).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the trials: read-only folder");

    let empty = Grid::parse(["a=5:9:1", "b=1:5:1"]).unwrap().less_than("a", "b").unwrap();
    let error = study(&empty).run(&pool, &bumps, &mut Discard).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::EmptyGrid { rejected: 25 });
    assert!(bumps.evaluated().is_empty());
}

#[test]
fn a_study_without_a_result_says_why() {
    let grid = Grid::parse(["a=13", "b=1:30:1"]).unwrap();
    let pool = Pool::new(2).unwrap();
    let error = study(&grid).run(&pool, &Bumps::default(), &mut Discard).unwrap_err();
    assert_eq!(error.to_string(), "all 30 trials failed, 30 of them with: a is 13");
    let mixed = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let b = request.params.get("b")?;
        Err(if b < 10.0 { "early".into() } else { format!("late by {}", b as u64 % 2) }.into())
    };
    let error = study(&grid).run(&pool, &mixed, &mut Discard).unwrap_err();
    assert_eq!(error.to_string(), "all 30 trials failed, 11 of them with: late by 0");
    let grid = Grid::parse(["a=1", "b=2,3"]).unwrap();
    let error =
        Study::grid(&grid, Metric::Kelly).run(&pool, &Bumps::default(), &mut Discard).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotMeasured { metric: "kelly" });
}

#[test]
fn a_metric_that_nobody_measures_is_found_out_early() {
    let grid = Grid::parse(["a=1:40:1", "b=1:30:1"]).unwrap();
    for workers in [1, 3] {
        let bumps = Bumps::default();
        let study = Study::grid(&grid, Metric::Kelly).in_flight(40);
        let pool = Pool::new(workers).unwrap();
        let error = study.run(&pool, &bumps, &mut Discard).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotMeasured { metric: "kelly" });
        // A hundred, and what was under way with the last of them.
        assert!((100..=140).contains(&bumps.evaluated().len()), "{}", bumps.evaluated().len());
    }
}

#[test]
fn whoever_watches_is_told_the_end_of_a_study_that_ends_in_an_error() {
    let grid = Grid::parse(["a=13", "b=1:30:1"]).unwrap();
    let lasts = AtomicU64::new(0);
    let observer = |now: &StudySnapshot<'_>| {
        lasts.fetch_add(u64::from(now.last), Ordering::Relaxed);
    };
    let study = study(&grid).observer(&observer);
    let _ = study.run(&Pool::new(2).unwrap(), &Bumps::default(), &mut Discard).unwrap_err();
    assert_eq!(lasts.into_inner(), 1);
}

#[test]
fn counting_what_constraints_leave_is_watched_and_can_be_cancelled() {
    let token = CancelToken::new();
    let seen = Arc::new(AtomicU64::new(0));
    let grid = {
        let seen = Arc::clone(&seen);
        let keep = move |_: &Params| {
            // Slowly until somebody has been told.
            if seen.load(Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_micros(100));
            }
            Ok(false)
        };
        Grid::parse(["a=1:60000:1", "b=1:60000:1"]).unwrap().constraint(keep)
    };
    let observer = |now: &StudySnapshot<'_>| {
        assert_eq!((now.done, now.total), (0, 3_600_000_000));
        if seen.fetch_add(1, Ordering::Relaxed) == 1 {
            token.cancel();
        }
    };
    let study = study(&grid).observer(&observer).cancel(&token);
    let error = study.run(&Pool::new(1).unwrap(), &Bumps::default(), &mut Discard).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Cancelled { done: 0 });
}

#[test]
fn progress_is_shown_every_100_ms() {
    let grid = Grid::parse(["a=1:50:1"]).unwrap();
    let seen = Mutex::new(Vec::new());
    // One trial in the middle lasts until the observer has been called three times: how long that takes
    // is the machine's business.
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let (a, started) = (request.params.get("a")?, Instant::now());
        while a == 25.0 && seen.lock().unwrap().len() < 3 {
            assert!(started.elapsed() < Duration::from_secs(60), "the observer is not called");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Metrics::new().with(Metric::Sharpe, a))
    };
    let lasts = AtomicU64::new(0);
    let observer = |now: &StudySnapshot<'_>| {
        lasts.fetch_add(u64::from(now.last), Ordering::Relaxed);
        let best = now.best.map(|(_, value)| value);
        seen.lock().unwrap().push((now.done, now.percent(), now.eta, best, now.elapsed));
    };
    let study = Study::grid(&grid, Metric::Sharpe).observer(&observer);
    let _ = study.run(&Pool::new(1).unwrap(), &objective, &mut Discard).unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!(lasts.into_inner(), 1);
    // No more than a call each 100 ms and one at the end.
    let elapsed = seen.last().unwrap().4;
    assert!(seen.len() >= 4 && seen.len() as u128 <= elapsed.as_millis() / 100 + 1, "{seen:?}");
    for pair in seen.windows(2) {
        assert!(pair[0].0 <= pair[1].0 && pair[0].3 <= pair[1].3);
    }
    for (done, percent, ..) in &seen {
        assert!((percent - 2.0 * *done as f64).abs() < 1e-9);
    }
    let last = seen.last().unwrap();
    assert_eq!((last.0, last.2, last.3), (50, Some(Duration::ZERO), Some(50.0)));
}

#[test]
fn several_metrics_have_a_front() {
    let grid = grid();
    let study = study(&grid).and_metric(Metric::MaxDrawdown);
    let mut trials = Collect::new();
    let report = study.run(&Pool::new(2).unwrap(), &Bumps::default(), &mut trials).unwrap();
    let figures = |trial: &StudyTrial| {
        Some((trial.metric(Metric::Sharpe)?, trial.metric(Metric::MaxDrawdown)?))
    };
    let beats = |a: (f64, f64), b: (f64, f64)| a.0 >= b.0 && a.1 >= b.1 && a != b;
    let all: Vec<(f64, f64)> = trials.trials().iter().filter_map(figures).collect();
    let expected: Vec<(f64, f64)> =
        all.iter().copied().filter(|mine| !all.iter().any(|other| beats(*other, *mine))).collect();
    let front: Vec<(f64, f64)> = report.pareto_front.iter().filter_map(figures).collect();
    assert_eq!(front, expected);
    assert!(front.len() > 1);
    assert_eq!(
        report.best.unwrap().metric(Metric::Sharpe),
        front.iter().map(|f| f.0).reduce(f64::max)
    );
}
