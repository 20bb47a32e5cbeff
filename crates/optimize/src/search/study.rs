//! A study: its settings, and the call that runs it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tangency_pool::{CancelToken, Pool};

use super::conduct::{Terms, conduct, keep_going};
use super::evaluate::{Evaluator, Threads};
use super::fingerprint::{ENGINE, Fingerprint};
use super::grid::Grid;
use super::journal::{Header, JournalMode};
use super::methods::{Method, SampledSource};
use super::objective::Objective;
use super::progress::{StudyObserver, Tally};
use super::sink::TrialSink;
use super::source::{GoOn, GridSource, Source};
use super::space::Space;
use super::study_report::StudyReport;
use crate::error::{ErrorKind, Result};
use crate::metrics::Metric;

/// A search whose trials are streamed to a [`TrialSink`], journalled and resumed on demand.
///
/// Memory does not grow with the number of trials: at most [`in_flight`](Self::in_flight) are held at
/// a time. Methods that learn from trials (TPE, BOHB and the others that halve, CMA-ES, the genetic one)
/// keep the point and the metrics of each as well. Which trials there are and what they measure depends
/// on the settings and the seed alone, never on the number of workers, the executor, or on interruptions.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Collect, Failure, Grid, JournalMode, Request, Study};
/// use tangency_pool::Pool;
///
/// let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
///     Ok(Metrics::new().with(Metric::Sharpe, -request.params.get("x")?.abs()))
/// };
/// let grid = Grid::parse(["x=-50:50:1"])?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("x.journal");
/// let study = Study::grid(&grid, Metric::Sharpe).journal(&path, JournalMode::Resume);
/// let pool = Pool::new(2)?;
/// let first = study.run(&pool, &objective, &mut Collect::new())?;
/// assert_eq!((first.evaluated, first.replayed), (101, 0));
/// // A second run finds everything in the journal.
/// let again = study.run(&pool, &objective, &mut Collect::new())?;
/// assert_eq!((again.evaluated, again.replayed), (0, 101));
/// assert_eq!(again.best, first.best);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a study runs when `run` is called"]
pub struct Study<'a> {
    plan: Plan<'a>,
    metrics: Vec<Metric>,
    objective: String,
    data: Fingerprint,
    seed: u64,
    rows: Option<Range<usize>>,
    in_flight: Option<usize>,
    journal: Option<(PathBuf, JournalMode)>,
    cancel: Option<CancelToken>,
    observer: Option<&'a dyn StudyObserver>,
}

/// Where trials come from.
#[derive(Clone)]
enum Plan<'a> {
    Grid(&'a Grid),
    Search(&'a Space, Method),
}

impl Plan<'_> {
    /// Trials, or as many as there can be.
    fn most(&self) -> u64 {
        match self {
            Self::Grid(grid) => grid.combinations(),
            Self::Search(_, method) => method.trials(),
        }
    }

    fn source(
        &self,
        seed: u64,
        metrics: &[Metric],
        go_on: GoOn<'_>,
    ) -> Result<Box<dyn Source + '_>> {
        Ok(match self {
            Self::Grid(grid) => Box::new(GridSource::new(grid, go_on)?),
            Self::Search(space, method) => {
                Box::new(SampledSource::new(space, *method, metrics, seed)?)
            }
        })
    }
}

impl<'a> Study<'a> {
    /// Every combination of a grid, in its order.
    pub fn grid(grid: &'a Grid, metric: Metric) -> Self {
        Self::of(Plan::Grid(grid), metric)
    }

    /// Trials that a method chooses from a space.
    pub fn search(space: &'a Space, method: Method, metric: Metric) -> Self {
        Self::of(Plan::Search(space, method), metric)
    }

    fn of(plan: Plan<'a>, metric: Metric) -> Self {
        Self {
            plan,
            metrics: vec![metric],
            objective: String::new(),
            data: Fingerprint::new(),
            seed: 0,
            rows: None,
            in_flight: None,
            journal: None,
            cancel: None,
            observer: None,
        }
    }

    /// With one more metric to be good at. The report then has a Pareto front; its best trial is that
    /// by the first metric.
    pub fn and_metric(mut self, metric: Metric) -> Self {
        if !self.metrics.contains(&metric) {
            self.metrics.push(metric);
        }
        self
    }

    /// What is measured, in words for the journal: a strategy and its costs, a model. A journal of
    /// another objective is refused.
    pub fn objective(mut self, name: impl Into<String>) -> Self {
        self.objective = name.into();
        self
    }

    /// The data and settings that the metrics depend on. A journal of other data is refused.
    pub fn data(mut self, data: Fingerprint) -> Self {
        self.data = data;
        self
    }

    /// Seed of everything random; 0 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The rows of the data that trials are measured on; all unless set.
    pub fn rows(mut self, rows: Range<usize>) -> Self {
        self.rows = Some(rows);
        self
    }

    /// The most trials that are in memory at a time: taken, and not yet with the sink. 1 runs one
    /// trial at a time. Unless set, 16,384 for each worker, at most 65,536.
    pub fn in_flight(mut self, trials: usize) -> Self {
        self.in_flight = Some(trials.max(1));
        self
    }

    /// Keeps a journal in this file.
    pub fn journal(mut self, path: impl AsRef<Path>, mode: JournalMode) -> Self {
        self.journal = Some((path.as_ref().to_owned(), mode));
        self
    }

    /// Stops the study when `token` is set: tiles that are running end and are journalled, and the
    /// report says that it was cancelled. The sink is not finished.
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Shows `observer` how far the study has come, every 100 ms.
    pub fn observer(mut self, observer: &'a dyn StudyObserver) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Measures every trial on the threads of the pool. Blocks until all have ended, or until those
    /// that are running have once the study is cancelled.
    ///
    /// A trial that fails or panics is that trial's outcome. A tile that panics is measured again one
    /// trial at a time.
    ///
    /// # Errors
    ///
    /// Before any work: those of the space and its constraints ([`ErrorKind::EmptyGrid`],
    /// [`ErrorKind::NoAdmissiblePoint`], and [`ErrorKind::Cancelled`] while the combinations that they leave are
    /// still being counted),
    /// [`ErrorKind::Sink`] when the sink cannot begin, [`ErrorKind::Journal`],
    /// [`ErrorKind::NotAJournal`], [`ErrorKind::JournalInUse`], [`ErrorKind::JournalOfAnother`].
    /// Later: [`ErrorKind::JournalWrite`] or [`ErrorKind::Sink`], after which the study can be
    /// resumed; [`ErrorKind::AllTrialsFailed`], [`ErrorKind::NotMeasured`] when none of the trials
    /// that ended well measured the metric, or none of the first hundred; [`ErrorKind::Pool`].
    pub fn run<O: Objective>(
        &self,
        pool: &Pool,
        objective: &O,
        sink: &mut dyn TrialSink,
    ) -> Result<StudyReport> {
        self.run_on(&mut Threads::new(pool, objective), pool.workers(), sink)
    }

    /// As [`run`](Self::run), as jobs where the pool's executor says: on worker processes an abort, an
    /// endless loop or a lost process costs one trial as well. `deadline` is the longest that a trial
    /// may take there, and a tile of several, which is then measured again one trial at a time; a trial
    /// that loses its process twice has failed. Cancelled, the study lets the tiles that run end.
    ///
    /// The same bits as on threads.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    #[cfg(feature = "process")]
    pub fn run_jobs<O: super::RemoteObjective>(
        &self,
        pool: &Pool,
        resources: &tangency_pool::process::Resources,
        deadline: Option<std::time::Duration>,
        sink: &mut dyn TrialSink,
    ) -> Result<StudyReport> {
        let mut jobs = super::remote::Jobs::<O>::new(pool, resources, deadline);
        self.run_on(&mut jobs, pool.workers(), sink)
    }

    fn run_on(
        &self,
        evaluator: &mut dyn Evaluator,
        workers: usize,
        sink: &mut dyn TrialSink,
    ) -> Result<StudyReport> {
        let tally = Mutex::new(Tally::new(self.plan.most(), 0));
        let go_on = || keep_going(&tally, self.cancel.as_ref(), self.observer);
        let mut source = self.plan.source(self.seed, &self.metrics, &go_on)?;
        let names = source.schema().names().to_vec();
        let header = Header {
            engine: ENGINE.to_owned(),
            data: self.data.to_string(),
            objective: self.objective.clone(),
            space: source.space(),
            method: source.method(),
            seed: self.seed,
            rows: self
                .rows
                .as_ref()
                .map_or("all".to_owned(), |r| format!("{}..{}", r.start, r.end)),
            metrics: self.metrics.iter().map(|metric| metric.name().to_owned()).collect(),
            parameters: names.clone(),
            trials: source.trials(),
        };
        sink.begin(&names).map_err(|error| ErrorKind::Sink { reason: error.to_string() })?;
        let journal = self.journal.as_ref().map(|(path, mode)| (path.as_path(), *mode));
        let terms = Terms {
            header,
            metrics: &self.metrics,
            seed: self.seed,
            rows: self.rows.as_ref(),
            in_flight: self.in_flight,
            workers,
            cancel: self.cancel.as_ref(),
            observer: self.observer,
        };
        conduct(&mut *source, evaluator, &terms, journal, sink, &tally)
    }
}

impl fmt::Debug for Study<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Study")
            .field("metrics", &self.metrics)
            .field("objective", &self.objective)
            .field("data", &self.data)
            .field("seed", &self.seed)
            .field("rows", &self.rows)
            .field("in_flight", &self.in_flight)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}
