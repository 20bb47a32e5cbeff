//! Telling the caller what is being done and how far it is.

use tangency_pool::{Progress, ProgressSnapshot};

/// The stages of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Checking prices and settings.
    Check,
    /// Walk-forward forecasts: a part for each model, an item for each asset and origin.
    Forecast,
    /// Views, posteriors and weights: one item a rebalancing date.
    Decide,
    /// The grid search of the moving-average crossover: one item a parameter set.
    Grid,
    /// Putting the report together.
    Report,
}

impl Stage {
    /// All stages, in the order in which they run.
    pub const ALL: [Self; 5] =
        [Self::Check, Self::Forecast, Self::Decide, Self::Grid, Self::Report];

    /// A few words for a progress line.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Check => "checking prices",
            Self::Forecast => "walk-forward forecasts",
            Self::Decide => "views and weights",
            Self::Grid => "backtest grid",
            Self::Report => "report",
        }
    }
}

/// Receives the progress of a run.
///
/// Calls come from the thread that called [`Pipeline::run`](crate::Pipeline::run), in order.
pub trait Observer: Sync {
    /// A stage, or a part of one, begins; `detail` says which part and may be empty, `items` is how
    /// many items it has.
    fn begin(&self, stage: Stage, detail: &str, items: usize);

    /// How far the stage is, at most every 100 ms.
    fn progress(&self, stage: Stage, snapshot: &ProgressSnapshot);

    /// The stage, or that part of it, is done.
    fn end(&self, stage: Stage);
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn begin(&self, _: Stage, _: &str, _: usize) {}
    fn progress(&self, _: Stage, _: &ProgressSnapshot) {}
    fn end(&self, _: Stage) {}
}

/// Hands a batch's progress on under the name of its stage.
pub(crate) struct StageProgress<'a> {
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stage: Stage,
}

impl Progress for StageProgress<'_> {
    fn update(&self, snapshot: &ProgressSnapshot) {
        self.observer.progress(self.stage, snapshot);
    }
}
