//! What a search found out: plain data, in the order in which a reader meets it.

use std::path::Path;

use serde::Serialize;
use tangency_optimize::backtest::Execution;
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{ParameterImportance, Params, StudyTrial};
use tangency_pool::CancelToken;

use crate::error::Result;
use crate::files;

/// What the search of a rule's parameters came to.
///
/// Depends on the bars, the settings and the trials alone, so that two runs can be compared byte for byte.
/// The sample and the series are left out of the JSON document: a study's trials have a file of their own.
#[derive(Debug, Clone, Serialize)]
pub struct RuleStudyReport {
    /// Version of the software that computed it.
    pub version: &'static str,
    /// What the caller says the bars are, such as a file name.
    pub source: String,
    /// The rule in words.
    pub rule: String,
    /// How the trials were chosen.
    pub method: String,
    /// Number of bars.
    pub bars: usize,
    /// Date of the first bar.
    pub first_date: String,
    /// Date of the last bar.
    pub last_date: String,
    /// The price at which orders filled.
    pub execution: Execution,
    /// Bars a year.
    pub periods_per_year: f64,
    /// What the best trial is best at.
    pub metric: Metric,
    /// Trials of the study.
    pub trials: u64,
    /// Trials that failed or panicked.
    pub failed: u64,
    /// Combinations that constraints left out.
    pub rejected: u64,
    /// The commonest reason for which trials failed, and how often.
    pub commonest_failure: Option<(String, u64)>,
    /// Parameters of the best trial; `None` where no trial has a figure.
    pub best: Option<Params>,
    /// What the best trial measured.
    pub best_metrics: Option<Metrics>,
    /// How likely the best trial is luck; `None` where there is nothing to judge by.
    pub luck: Option<StudyLuck>,
    /// What following the winners of the past would have earned, where that was asked for.
    pub walk_forward: Option<WalkForwardSection>,
    /// The share of the metric's variance that each parameter explains by itself, the largest first.
    pub importance: Vec<ParameterImportance>,
    /// Trials on the whole budget that importance and pictures are drawn from.
    pub sampled: usize,
    /// These trials in their order.
    #[serde(skip)]
    pub sample: Vec<StudyTrial>,
}

/// How likely the best trial is luck.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyLuck {
    /// In one line.
    pub sentence: String,
    /// Annual Sharpe ratio that the best of as many trials without skill is expected to show.
    pub expected_maximum_sharpe: f64,
    /// Share of the ways to split the rows in halves in which the winner of one ranks at the median or
    /// below it in the other.
    pub probability_of_overfitting: Option<f64>,
    /// P-value of Hansen's test that no trial earns anything.
    pub superior_predictive_ability: Option<f64>,
}

/// A walk-forward run: the best trial of each training window, followed on the rows after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WalkForwardSection {
    /// One a fold, in time order.
    pub folds: Vec<WalkForwardRow>,
    /// Date of the first row that was traded.
    pub first_date: String,
    /// Date of the last one.
    pub last_date: String,
    /// Mean log growth per row out of sample over that in sample; null where the winners did not grow in
    /// sample.
    pub efficiency: f64,
    /// Figures of the tests put together.
    pub metrics: Metrics,
    /// Those of buying and holding over the same rows, without costs.
    pub buy_and_hold: Metrics,
    /// Trials that failed on some window.
    pub failed: u64,
    /// Dates of the traded rows.
    #[serde(skip)]
    pub dates: Vec<String>,
    /// Value of 1 after each of them.
    #[serde(skip)]
    pub equity: Vec<f64>,
    /// The same of buying and holding.
    #[serde(skip)]
    pub buy_and_hold_equity: Vec<f64>,
}

/// One fold of a walk-forward run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WalkForwardRow {
    /// First and last date of the training rows.
    pub train: (String, String),
    /// First and last date of the test rows.
    pub test: (String, String),
    /// The winner; `None` where no trial has a figure on the training rows: nothing is held.
    pub params: Option<Params>,
    /// The metric of the winner on the training rows.
    pub in_sample: Option<f64>,
    /// The metric of the winner on the test rows; null where it does not exist.
    pub out_of_sample: Option<f64>,
}

/// Everything that [`RuleStudyReport::write`] may write.
const FILES: [&str; 2] = ["study.json", "index.html"];

impl RuleStudyReport {
    /// What a reader needs to know first, in one sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let value = self.best_metrics.as_ref().and_then(|metrics| metrics.get(self.metric));
        let (Some(best), Some(value)) = (&self.best, value) else {
            return format!("None of {} trials has a {}.", self.trials, self.metric.name());
        };
        let trials = if self.trials == 1 { "trial" } else { "trials" };
        let metric = self.metric.name().replace('_', " ");
        format!("The best of {} {trials} by {metric}: {best}, at {value:.4}.", self.trials)
    }

    /// Writes `study.json` and, with the feature `html`, `index.html` into `folder`, which is created if
    /// it is not there: all of them, or none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Write`](crate::ErrorKind::Write) and [`ErrorKind::File`](crate::ErrorKind::File)
    /// with the path and the system's reason, [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn write(&self, folder: &Path, cancel: &CancelToken) -> Result<()> {
        let files = vec![
            ("study.json", files::json("study.json", self)?),
            #[cfg(feature = "html")]
            ("index.html", crate::html::render_study(self)),
        ];
        files::write(folder, &FILES, &files, cancel)
    }
}
