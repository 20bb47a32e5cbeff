//! Running every trial of a grid on a pool.

use tangency_pool::{
    BatchReport, CancelToken, Outcome, Pool, Progress, ProgressSnapshot, WorkerState,
};

use super::grid::Grid;
use super::params::Params;
use super::report::{SearchReport, Trial};
use crate::error::{ErrorKind, Result};
use crate::metrics::Metrics;

/// An exhaustive search over a grid.
///
/// # Examples
///
/// Any function of parameters can be searched, not only backtests:
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Grid, Params, Search};
/// use tangency_pool::Pool;
///
/// let pool = Pool::new(2)?;
/// let grid = Grid::parse(["x=-2:2:0.5", "y=0,1"])?;
/// let objective = |p: &Params| {
///     let (x, y) = (p.get("x")?, p.get("y")?);
///     Ok::<_, tangency_optimize::Error>(
///         Metrics::new().with(Metric::Sharpe, 3.0 - (x - 1.0).powi(2) - y),
///     )
/// };
/// let report = Search::new(&grid).run(&pool, objective, None, None)?;
/// let best = report.best(Metric::Sharpe)?.expect("every trial measured a number");
/// assert_eq!(best.params.to_string(), "x=1, y=0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Search<'g> {
    grid: &'g Grid,
}

impl<'g> Search<'g> {
    /// A search over every combination of `grid`.
    #[must_use]
    pub fn new(grid: &'g Grid) -> Self {
        Self { grid }
    }

    /// Measures `objective` on each combination. Blocks until all trials have ended, or, once
    /// `cancel` is set, until those that are running have; the others come back as
    /// [`Cancelled`](tangency_pool::Outcome::Cancelled).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::EmptyGrid`] when the constraints leave nothing, the error of a constraint, or
    /// [`ErrorKind::Pool`]. A failing trial is no error here: it is that trial's outcome.
    pub fn run<E, F>(
        &self,
        pool: &Pool,
        objective: F,
        progress: Option<&dyn Progress>,
        cancel: Option<&CancelToken>,
    ) -> Result<SearchReport<E>>
    where
        E: Send,
        F: Fn(&Params) -> Result<Metrics, E> + Sync,
    {
        let plan = Plan::of(self.grid)?;
        let mut batch = pool.batch();
        if let Some(progress) = progress {
            batch = batch.progress(progress);
        }
        if let Some(cancel) = cancel {
            batch = batch.cancel(cancel);
        }
        plan.report(batch.try_map_indices(plan.len(), |index| objective(&plan.params(index))))
    }

    /// As [`run`](Self::run), lending each trial the state its worker keeps: scratch space, a model.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with<S, E, F>(
        &self,
        pool: &Pool,
        state: &WorkerState<S>,
        objective: F,
        progress: Option<&dyn Progress>,
        cancel: Option<&CancelToken>,
    ) -> Result<SearchReport<E>>
    where
        S: Send,
        E: Send,
        F: Fn(&mut S, &Params) -> Result<Metrics, E> + Sync,
    {
        let plan = Plan::of(self.grid)?;
        let mut batch = pool.batch().with(state);
        if let Some(progress) = progress {
            batch = batch.progress(progress);
        }
        if let Some(cancel) = cancel {
            batch = batch.cancel(cancel);
        }
        let task = |state: &mut S, index| objective(state, &plan.params(index));
        plan.report(batch.try_map_indices(plan.len(), task))
    }
}

impl Search<'_> {
    /// As [`run`](Self::run), `chunk` trials at a time, for objectives that share work between
    /// trials next to each other. Progress counts trials, in steps of chunks.
    pub(super) fn run_chunks(
        &self,
        pool: &Pool,
        chunk: usize,
        objective: impl Fn(&[Params]) -> Vec<Result<Metrics>> + Sync,
        progress: Option<&dyn Progress>,
        cancel: Option<&CancelToken>,
    ) -> Result<SearchReport> {
        let plan = Plan::of(self.grid)?;
        let (n, chunk) = (plan.len(), chunk.max(1));
        let counted = progress.map(|inner| PerTrial { inner, chunk, n });
        let mut batch = pool.batch();
        if let Some(counted) = &counted {
            batch = batch.progress(counted);
        }
        if let Some(cancel) = cancel {
            batch = batch.cancel(cancel);
        }
        let report = batch.map_indices(n.div_ceil(chunk), |at| {
            let params: Vec<Params> =
                range_of(at, chunk, n).map(|trial| plan.params(trial)).collect();
            let measured = objective(&params);
            params.into_iter().zip(measured).collect::<Vec<_>>()
        });
        if let Some(error) = report.error() {
            return Err(ErrorKind::Pool { message: error.to_string() }.into());
        }
        let mut trials = Vec::with_capacity(n);
        for (at, outcome) in report.outcomes.into_iter().enumerate() {
            let range = range_of(at, chunk, n);
            let stopped = match outcome {
                Outcome::Done(measured) => {
                    for (params, measured) in measured {
                        let outcome = match measured {
                            Ok(metrics) => Outcome::Done(metrics),
                            Err(error) => Outcome::Failed(error),
                        };
                        let index = trials.len();
                        trials.push(Trial { index, params, budget: 1.0, outcome });
                    }
                    continue;
                }
                Outcome::Panicked(message) => Outcome::Panicked(message),
                Outcome::Failed(never) => match never {},
                Outcome::Cancelled => Outcome::Cancelled,
            };
            trials.extend(range.map(|index| Trial {
                index,
                params: plan.params(index),
                budget: 1.0,
                outcome: stopped.clone(),
            }));
        }
        let rejected = self.grid.combinations() - n as u64;
        Ok(SearchReport::new(trials, rejected, report.stats))
    }
}

fn range_of(at: usize, chunk: usize, n: usize) -> std::ops::Range<usize> {
    at * chunk..((at + 1) * chunk).min(n)
}

/// Tells an observer of trials what it hears of chunks.
struct PerTrial<'p> {
    inner: &'p dyn Progress,
    chunk: usize,
    n: usize,
}

impl Progress for PerTrial<'_> {
    fn update(&self, snapshot: &ProgressSnapshot) {
        let mut trials = *snapshot;
        trials.total = self.n;
        trials.done = (snapshot.done * self.chunk).min(self.n);
        trials.failed = (snapshot.failed * self.chunk).min(self.n);
        trials.rate = snapshot.rate * self.chunk as f64;
        self.inner.update(&trials);
    }
}

/// Which combination each trial is.
struct Plan<'g> {
    grid: &'g Grid,
    /// `None` where every combination is tried.
    admitted: Option<Vec<u64>>,
}

impl<'g> Plan<'g> {
    fn of(grid: &'g Grid) -> Result<Self> {
        let plan = Self { grid, admitted: grid.admitted()? };
        if plan.len() == 0 {
            return Err(ErrorKind::EmptyGrid { rejected: grid.combinations() }.into());
        }
        Ok(plan)
    }

    fn len(&self) -> usize {
        self.admitted.as_ref().map_or(self.grid.combinations() as usize, Vec::len)
    }

    fn params(&self, trial: usize) -> Params {
        self.grid.combination(self.admitted.as_ref().map_or(trial as u64, |at| at[trial]))
    }

    fn report<E>(&self, batch: BatchReport<Metrics, E>) -> Result<SearchReport<E>> {
        if let Some(error) = batch.error() {
            return Err(ErrorKind::Pool { message: error.to_string() }.into());
        }
        let rejected = self.grid.combinations() - self.len() as u64;
        let trials = batch
            .outcomes
            .into_iter()
            .enumerate()
            .map(|(index, outcome)| Trial {
                index,
                params: self.params(index),
                budget: 1.0,
                outcome,
            })
            .collect();
        Ok(SearchReport::new(trials, rejected, batch.stats))
    }
}
