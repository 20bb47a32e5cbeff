//! The composition: one call a stage.

use nalgebra::DMatrixView;
use tangency_optimize::allocation;
use tangency_optimize::risk;
use tangency_pool::{Batch, BatchReport, CancelToken, Outcome, Pool};
use tangency_shared_data::Frame;

use crate::book::Book;
use crate::config::PipelineConfig;
use crate::decision::Desk;
use crate::error::{Error, ErrorKind, Result};
use crate::grid;
use crate::market::Market;
use crate::observer::{Observer, Stage, StageProgress};
use crate::out_of_sample::out_of_sample;
use crate::report::{DataSection, Findings, Report, assemble};
use crate::schedule::Schedule;

/// From closing prices to weights and a report.
///
/// The same prices and settings give the same report, to the byte, on any number of workers.
#[derive(Debug, Clone)]
pub struct Pipeline {
    config: PipelineConfig,
    source: String,
    caveat: Option<String>,
}

impl Pipeline {
    /// A pipeline of these settings; [`run`](Self::run) checks them.
    #[must_use]
    pub fn new(config: PipelineConfig) -> Self {
        Self { config, source: "prices".to_owned(), caveat: None }
    }

    /// Says in the report what the prices are.
    #[must_use]
    pub fn described_as(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// Says in the report what a reader must know about the prices.
    #[must_use]
    pub fn with_caveat(mut self, caveat: impl Into<String>) -> Self {
        self.caveat = Some(caveat.into());
        self
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &PipelineConfig {
        &self.config
    }

    /// Runs every stage over closing prices (rows x assets), on the workers of `pool`.
    ///
    /// A model that cannot forecast an asset at some origins costs those forecasts only; they are
    /// listed in [`Report::failures`].
    ///
    /// # Errors
    ///
    /// Before any work: bad settings, fewer than two assets, a price that is missing, zero, negative
    /// or infinite (asset and date named), too few rows (how many are needed), bounds that cannot sum
    /// to one. Later: [`ErrorKind::Cancelled`], [`ErrorKind::Task`], and what the solvers refuse, such
    /// as an asset that never moved.
    pub fn run(
        &self,
        closes: &Frame,
        pool: &Pool,
        observer: &dyn Observer,
        cancel: &CancelToken,
    ) -> Result<Report> {
        let config = &self.config;
        observer.begin(Stage::Check, "", 1);
        config.validate()?;
        let market = Market::new(closes)?;
        let schedule = Schedule::new(market.n_rows(), config)?;
        let prior_weights = config.prior_weights(market.names())?;
        let constraints = config.constraints();
        // The bounds are tried on the last window, so that impossible ones end the run here.
        let last = schedule.train_rows(market.n_rows());
        let covariance = annual_covariance(market.returns(&last), config)?;
        allocation::feasible_prior(&prior_weights, covariance.as_view(), &constraints)
            .map_err(|error| Error::from(error).naming(market.names()))?;
        observer.end(Stage::Check);

        let stage = Stages { pool, observer, cancel };
        let book = Book::write(&market, &schedule, config, &stage)?;
        let desk = Desk {
            market: &market,
            schedule: &schedule,
            book: &book,
            config,
            constraints: &constraints,
            prior_weights: &prior_weights,
        };
        let dates: Vec<usize> = (config.warm_up..schedule.origins().len()).collect();
        let decisions = stage
            .run(Stage::Decide, "", dates.len(), |item| desk.decide(dates[item]))
            .map_err(|error| error.naming(market.names()))?;
        let grid = grid::search(&market, config, &stage)?;

        observer.begin(Stage::Report, "", 1);
        let report = assemble(
            Findings {
                data: DataSection {
                    source: self.source.clone(),
                    caveat: self.caveat.clone(),
                    rows: market.n_rows(),
                    first_date: market.date(0),
                    last_date: market.date(market.n_rows() - 1),
                },
                out_of_sample: out_of_sample(&market, &decisions, config)?,
                decisions,
                grid,
            },
            &market,
            &book,
            config,
        )?;
        observer.end(Stage::Report);
        Ok(report)
    }
}

/// The covariance of a window of simple returns, shrunk (Ledoit and Wolf, 2004) and annualised.
pub(crate) fn annual_covariance(
    returns: DMatrixView<'_, f64>,
    config: &PipelineConfig,
) -> Result<nalgebra::DMatrix<f64>> {
    Ok(risk::ledoit_wolf(returns)?.covariance * config.periods_per_year)
}

/// Runs the items of a stage on the pool, with progress and cancellation.
#[derive(Clone, Copy)]
pub(crate) struct Stages<'a> {
    pool: &'a Pool,
    observer: &'a dyn Observer,
    cancel: &'a CancelToken,
}

impl Stages<'_> {
    pub(crate) fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// The pool, for what is too short to be a stage.
    pub(crate) fn pool(&self) -> &Pool {
        self.pool
    }

    /// Hands `work` a batch that reports progress under the stage's name and can be cancelled.
    pub(crate) fn batch<R>(
        &self,
        stage: Stage,
        detail: &str,
        items: usize,
        work: impl FnOnce(Batch<'_>) -> R,
    ) -> Result<R> {
        self.observer.begin(stage, detail, items);
        let progress = StageProgress { observer: self.observer, stage };
        let value = work(self.pool.batch().progress(&progress).cancel(self.cancel));
        if self.cancel.is_cancelled() {
            return Err(ErrorKind::Cancelled.into());
        }
        self.observer.end(stage);
        Ok(value)
    }

    /// The values of all items, in order; the first error in item order ends the run.
    pub(crate) fn run<R: Send>(
        &self,
        stage: Stage,
        detail: &str,
        items: usize,
        task: impl Fn(usize) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let report: BatchReport<R, Error> =
            self.batch(stage, detail, items, |batch| batch.try_map_indices(items, task))?;
        let unfinished =
            |index, message| Error::from(ErrorKind::Task { stage: stage.label(), index, message });
        let why = report.error().map_or_else(|| "cancelled".to_owned(), ToString::to_string);
        report
            .outcomes
            .into_iter()
            .enumerate()
            .map(|(index, outcome)| match outcome {
                Outcome::Done(value) => Ok(value),
                Outcome::Failed(error) => Err(error),
                Outcome::Panicked(message) => Err(unfinished(index, message)),
                Outcome::Cancelled => Err(unfinished(index, why.clone())),
            })
            .collect()
    }
}
