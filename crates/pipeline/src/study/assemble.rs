//! A study and what is known of its bars become a report.

use tangency_optimize::backtest::{Bars, Execution};
use tangency_optimize::metrics::Metric;
use tangency_optimize::search::{StudyReport, StudyTrial, parameter_importance};
use tangency_optimize::validation::WalkForwardReport;
use tangency_preprocess::folds::Fold;
use tangency_shared_data::time::format_date;

use super::report::{RuleStudyReport, StudyLuck};
use super::walk_forward::section;
use crate::error::{ErrorKind, Result};

/// What the search of a rule's parameters was made on.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{BacktestConfig, Bars};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{BacktestObjective, Grid, Sample, StrategyKind, Study};
/// use tangency_optimize::validation::walk_forward;
/// use tangency_pipeline::RuleStudy;
/// use tangency_pool::Pool;
/// use tangency_preprocess::folds::{Fold, WalkForward};
///
/// let timestamps: Vec<i64> = (0..900).map(|i| i * 86_400_000_000_000).collect();
/// let close: Vec<f64> = (0..900).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin()).collect();
/// let (bars, pool) = (Bars::from_closes(&close)?, Pool::new(2)?);
/// let grid = Grid::parse(["fast=5:20:5", "slow=10:40:10"])?.less_than("fast", "slow")?;
/// let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, BacktestConfig::new(252.0))?;
/// let mut sample = Sample::new(10_000);
/// let study = Study::grid(&grid, Metric::Sharpe).run(&pool, &objective, &mut sample)?;
/// let folds: Vec<Fold> = WalkForward::new(300, 100).folds(900)?.collect();
/// let forward = walk_forward(&grid, folds.clone(), Metric::Sharpe, &objective, &pool, None, None)?;
/// let report = RuleStudy {
///     source: "a sine".to_owned(),
///     rule: "sma-cross".to_owned(),
///     method: "grid".to_owned(),
///     timestamps: &timestamps,
///     bars,
///     execution: objective.backtest().config().execution,
///     periods_per_year: 252.0,
///     metric: Metric::Sharpe,
/// }
/// .report(&study, sample.into_trials(), None, Some((&folds, &forward)))?;
/// assert_eq!((report.trials, report.walk_forward.expect("it was run").folds.len()), (12, 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuleStudy<'a> {
    /// What the bars are, for the reader.
    pub source: String,
    /// The rule in words.
    pub rule: String,
    /// How the trials were chosen.
    pub method: String,
    /// Unix nanoseconds (UTC) of each bar.
    pub timestamps: &'a [i64],
    /// The bars.
    pub bars: Bars<'a>,
    /// The price at which orders filled.
    pub execution: Execution,
    /// Bars a year.
    pub periods_per_year: f64,
    /// What the best trial is best at.
    pub metric: Metric,
}

impl RuleStudy<'_> {
    /// The report of a study that has ended: `sample` are trials of it (all of them, or those that
    /// [`Sample`](tangency_optimize::search::Sample) kept), `walk_forward` the folds and what came of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`] unless there is one timestamp a bar and one result a fold.
    pub fn report(
        &self,
        study: &StudyReport,
        sample: Vec<StudyTrial>,
        luck: Option<StudyLuck>,
        walk_forward: Option<(&[Fold], &WalkForwardReport)>,
    ) -> Result<RuleStudyReport> {
        let bars = self.bars.len();
        same("timestamps", "one a bar", bars, self.timestamps.len())?;
        if let Some((folds, report)) = walk_forward {
            same("folds", "one a result", report.folds.len(), folds.len())?;
        }
        let date = |at: Option<&i64>| at.map(|at| format_date(*at)).unwrap_or_default();
        let section = walk_forward.map(|(folds, report)| {
            section(self.timestamps, &self.bars, folds, report, self.metric, self.periods_per_year)
        });
        let best = study.best.as_ref();
        Ok(RuleStudyReport {
            version: env!("CARGO_PKG_VERSION"),
            source: self.source.clone(),
            rule: self.rule.clone(),
            method: self.method.clone(),
            bars,
            first_date: date(self.timestamps.first()),
            last_date: date(self.timestamps.last()),
            execution: self.execution,
            periods_per_year: self.periods_per_year,
            metric: self.metric,
            trials: study.trials,
            failed: study.failed,
            rejected: study.rejected,
            commonest_failure: study.commonest_failure.clone(),
            best: best.map(|trial| trial.params.clone()),
            best_metrics: best.and_then(|trial| trial.metrics().copied()),
            luck,
            walk_forward: section,
            importance: parameter_importance(&sample, self.metric),
            sampled: sample.len(),
            sample,
        })
    }
}

fn same(name: &'static str, expected: &str, wanted: usize, got: usize) -> Result<()> {
    if wanted == got {
        return Ok(());
    }
    let (expected, got) = (format!("{expected}, {wanted}"), got.to_string());
    Err(ErrorKind::Setting { name, expected, got }.into())
}
