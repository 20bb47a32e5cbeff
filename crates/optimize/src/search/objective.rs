//! What a search measures.

use std::ops::Range;

use super::params::Params;
use crate::metrics::Metrics;

/// Why an objective has no metrics: any error, so that `?` works on those of every library.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What one trial asks of an objective.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The place of the trial in its study, from 0.
    pub index: u64,
    /// Its parameters.
    pub params: &'a Params,
    /// The rows of the data it may learn from and be judged on; `None` for all of them.
    pub rows: Option<Range<usize>>,
    /// How much to spend on it, above 0 to 1: a share of the rows, of the rounds of training, of
    /// whatever the objective can do less of. 1 except in methods that halve.
    pub budget: f64,
    /// A seed of its own, from the study's seed and its place.
    pub seed: u64,
}

impl<'a> Request<'a> {
    /// A request for the whole of the data with the whole of the budget, to measure one set of
    /// parameters outside a study.
    #[must_use]
    pub fn new(params: &'a Params) -> Self {
        Self { index: 0, params, rows: None, budget: 1.0, seed: 0 }
    }

    /// On these rows only.
    #[must_use]
    pub fn with_rows(mut self, rows: Range<usize>) -> Self {
        self.rows = Some(rows);
        self
    }

    /// With this share of the budget.
    #[must_use]
    pub fn with_budget(mut self, budget: f64) -> Self {
        self.budget = budget;
        self
    }

    /// The rows to use of `n_rows`, the budget taken as a share of rows: the first of them, so that
    /// a trial on a small budget knows nothing of what comes later.
    #[must_use]
    pub fn window(&self, n_rows: usize) -> Range<usize> {
        let rows = self.rows.clone().unwrap_or(0..n_rows);
        let (start, end) = (rows.start.min(n_rows), rows.end.min(n_rows));
        let share = (self.budget * end.saturating_sub(start) as f64).ceil() as usize;
        start..end.min(start + share.max(1))
    }
}

/// A function of parameters, a slice of data and a budget: a backtest, the error of a forecast.
///
/// Its value must depend on the request alone. Every `Fn(&Request<'_>) -> Result<Metrics, Failure>`
/// that is `Sync` is one.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Collect, Failure, Grid, Request, Study};
/// use tangency_pool::Pool;
///
/// let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
///     let x = request.params.get("x")?;
///     Ok(Metrics::new().with(Metric::Sharpe, 3.0 - (x - 1.0).powi(2)))
/// };
/// let grid = Grid::parse(["x=-2:2:0.5"])?;
/// let mut trials = Collect::new();
/// let report = Study::grid(&grid, Metric::Sharpe).run(&Pool::new(2)?, &objective, &mut trials)?;
/// assert_eq!(report.best.expect("all were measured").params.to_string(), "x=1");
/// assert_eq!(trials.into_trials().len(), 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Objective: Sync {
    /// What a worker keeps from trial to trial: buffers. Results must not depend on what is in it.
    type Scratch: Default + Send + 'static;

    /// Measures one trial.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being measured: it becomes the outcome of that trial alone.
    fn evaluate(
        &self,
        scratch: &mut Self::Scratch,
        request: &Request<'_>,
    ) -> Result<Metrics, Failure>;

    /// Measures neighbours together, for objectives that share work between them. One result each,
    /// in order, the same bits as one by one. Should it panic, they are measured one by one.
    fn evaluate_tile(
        &self,
        scratch: &mut Self::Scratch,
        requests: &[Request<'_>],
        results: &mut Vec<Result<Metrics, Failure>>,
    ) {
        results.extend(requests.iter().map(|request| self.evaluate(scratch, request)));
    }

    /// The most trials to measure together; a study takes fewer where they take long.
    fn tile(&self) -> usize {
        64
    }

    /// The return of each period of one trial, appended to `returns`; for judging a winner, since
    /// keeping those of all trials would take more memory than there is.
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate); always, where an objective has no such returns.
    fn period_returns(
        &self,
        scratch: &mut Self::Scratch,
        request: &Request<'_>,
        returns: &mut Vec<f64>,
    ) -> Result<(), Failure> {
        let _ = (scratch, request, returns);
        Err("the objective has no period returns".into())
    }
}

impl<F> Objective for F
where
    F: Fn(&Request<'_>) -> Result<Metrics, Failure> + Sync,
{
    type Scratch = ();

    fn evaluate(&self, (): &mut (), request: &Request<'_>) -> Result<Metrics, Failure> {
        self(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Grid;

    #[test]
    fn a_budget_is_a_share_of_the_first_rows() {
        let params = Grid::parse(["x=1"]).unwrap().trials().next().unwrap().unwrap();
        let request = Request::new(&params);
        assert_eq!(request.window(100), 0..100);
        assert_eq!(request.clone().with_budget(0.25).window(100), 0..25);
        assert_eq!(request.clone().with_rows(40..80).with_budget(0.5).window(100), 40..60);
        assert_eq!(request.clone().with_rows(90..300).window(100), 90..100);
        assert_eq!(request.with_budget(1e-9).window(100), 0..1);
    }
}
