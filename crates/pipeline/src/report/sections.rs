//! The parts of a report: plain data, in the order in which a reader meets them.

use serde::Serialize;

use crate::config::{PipelineConfig, ViewRule};
use crate::skill::Skill;

/// Everything a run found out.
///
/// A report depends on the prices and the settings alone: it holds no timing, no worker count and no
/// path, so two runs can be compared byte for byte.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The result in one sentence.
    pub headline: String,
    /// Version of the software that computed it.
    pub version: &'static str,
    /// What the prices were.
    pub data: DataSection,
    /// What was asked for.
    pub settings: PipelineConfig,
    /// The portfolio to hold now.
    pub portfolio: PortfolioSection,
    /// One section an asset, in the order of the input's columns.
    pub assets: Vec<AssetSection>,
    /// How each rule would have fared.
    pub out_of_sample: OutOfSampleSection,
    /// The grid search.
    pub grid: GridSection,
    /// Forecasts that failed, by asset and model; empty in a clean run.
    pub failures: Vec<ForecastFailure>,
}

/// The prices a report was made from.
#[derive(Debug, Clone, Serialize)]
pub struct DataSection {
    /// What the caller says the prices are, such as a file name.
    pub source: String,
    /// A caveat of the source that a reader must know, if there is one.
    pub caveat: Option<String>,
    /// Number of rows.
    pub rows: usize,
    /// Date of the first row.
    pub first_date: String,
    /// Date of the last row: the day of the decision.
    pub last_date: String,
}

/// The portfolio that the chosen rule gives on the last day.
#[derive(Debug, Clone, Serialize)]
pub struct PortfolioSection {
    /// The rule.
    pub rule: ViewRule,
    /// Views that survived.
    pub views: usize,
    /// Annual expected excess return under the posterior, decimal fraction.
    pub expected_return: f64,
    /// Annual volatility, decimal fraction.
    pub volatility: f64,
    /// `expected_return / volatility`.
    pub sharpe: f64,
    /// What the solver said of these weights.
    pub status: String,
}

/// What is known of one asset on the last day.
#[derive(Debug, Clone, Serialize)]
pub struct AssetSection {
    /// Name of the asset.
    pub name: String,
    /// Its last close.
    pub last_close: f64,
    /// Weights of the asset under each rule.
    pub weights: RuleValues,
    /// Annual equilibrium excess return.
    pub prior_mean: f64,
    /// Annual log return that the ensemble forecasts: the median move.
    pub forecast_log_return: f64,
    /// The view it would be: annual simple excess return, the median move and half the variance.
    pub forecast_return: f64,
    /// The confidence that the forecast earned, from 0 (no view) to 1.
    pub confidence: f64,
    /// Annual posterior excess return under each rule.
    pub posterior_mean: RuleValues,
    /// Measured skill of the ensemble.
    pub skill: Skill,
    /// How good each model's forecasts were, the ensemble first.
    pub accuracy: Vec<AccuracyRow>,
    /// The forecast as a fan of prices.
    pub fan: Fan,
}

/// One value for each rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RuleValues {
    /// Without views.
    pub prior: f64,
    /// With earned views.
    pub earned: f64,
    /// With every view, at its measured error variance.
    pub error_variance: f64,
}

impl RuleValues {
    /// The value under `rule`.
    #[must_use]
    pub fn of(&self, rule: ViewRule) -> f64 {
        match rule {
            ViewRule::Earned => self.earned,
            ViewRule::ErrorVariance => self.error_variance,
        }
    }
}

/// Out-of-sample accuracy of one model on one asset, at the forecast horizon.
///
/// Errors are log-return units over the horizon (0.01 is about 1 %).
#[derive(Debug, Clone, Serialize)]
pub struct AccuracyRow {
    /// The model, or `ensemble`.
    pub model: String,
    /// Forecasts whose target is known; without any, every figure is absent (NaN).
    pub n: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Root mean squared error.
    pub rmse: f64,
    /// Mean absolute scaled error: relative to the naive one-step error in the training rows, so that
    /// at a horizon of many steps the naive forecast itself is well above 1.
    pub mase: f64,
    /// Out-of-sample R2 against the naive forecast.
    pub r2: f64,
    /// Two-sided p-value of the Diebold-Mariano test against the naive forecast; absent for the
    /// naive forecast itself.
    pub diebold_mariano_p: Option<f64>,
    /// Share of targets inside the forecast interval.
    pub interval_coverage: f64,
}

/// A forecast on the scale of prices.
#[derive(Debug, Clone, Serialize)]
pub struct Fan {
    /// The last closes before the forecast.
    pub history: Vec<f64>,
    /// Median path, one price a step.
    pub median: Vec<f64>,
    /// Lower end of the interval.
    pub lower: Vec<f64>,
    /// Upper end of the interval.
    pub upper: Vec<f64>,
}

/// How each rule would have fared, decision by decision, on prices it had not seen.
#[derive(Debug, Clone, Serialize)]
pub struct OutOfSampleSection {
    /// Date of the first trade.
    pub first_date: String,
    /// Number of rebalancings.
    pub rebalancings: usize,
    /// Share of rebalancings at which at least one earned view was held.
    pub share_with_views: f64,
    /// When trades happen and what they cost, in words.
    pub execution: String,
    /// Last date of each period between two rebalancings.
    pub dates: Vec<String>,
    /// One track a rule.
    pub tracks: Vec<TrackSection>,
}

/// One rule's out-of-sample record.
#[derive(Debug, Clone, Serialize)]
pub struct TrackSection {
    /// Name of the rule.
    pub name: String,
    /// Total return over the whole record, decimal fraction.
    pub total_return: f64,
    /// Annualised return.
    pub annualized_return: f64,
    /// Annualised volatility of daily returns.
    pub annualized_volatility: f64,
    /// Sharpe ratio over the risk-free rate of the settings.
    pub sharpe: f64,
    /// Largest drawdown, negative.
    pub max_drawdown: f64,
    /// Mean two-way turnover of a rebalancing.
    pub mean_turnover: f64,
    /// Value at the end of each period, the start being 1.
    pub equity: Vec<f64>,
    /// Deepest drawdown within each period, zero or negative.
    pub drawdown: Vec<f64>,
}

/// The grid search of a moving-average crossover over all assets.
#[derive(Debug, Clone, Serialize)]
pub struct GridSection {
    /// What the figures are.
    pub metric: String,
    /// Windows of the fast moving average.
    pub fast: Vec<usize>,
    /// Windows of the slow moving average.
    pub slow: Vec<usize>,
    /// In-sample median over the assets, `[fast][slow]`; null where fast is not below slow.
    pub median: Vec<Vec<Option<f64>>>,
    /// Backtests run.
    pub backtests: usize,
    /// Date of the last in-sample row.
    pub in_sample_until: String,
    /// The best pair in sample.
    pub best: GridPair,
    /// Out-of-sample median of the best pair; null where it did not trade.
    pub best_out_of_sample: f64,
    /// Out-of-sample median of buying and holding.
    pub buy_and_hold_out_of_sample: f64,
    /// Out-of-sample rank of the in-sample winner, 1 being the best; behind all that traded where it did not.
    pub best_rank_out_of_sample: usize,
    /// Number of pairs.
    pub pairs: usize,
    /// How likely the best pair is luck; null where it never traded or there are too few rows.
    pub luck: Option<LuckSection>,
}

/// How likely the winner of the grid is luck, by in-sample returns of the same money in every asset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LuckSection {
    /// The verdict in one line.
    pub sentence: String,
    /// How often the best of such pairs without skill would do as well as the winner.
    pub probability_of_luck: f64,
    /// How sure it is that the winner's true Sharpe ratio is above `expected_maximum_sharpe`.
    pub deflated_sharpe: f64,
    /// The winner's annual Sharpe ratio.
    pub sharpe: f64,
    /// Annual Sharpe ratio that the best of so many pairs without skill is expected to show.
    pub expected_maximum_sharpe: f64,
    /// Pairs that traded.
    pub trials: u64,
    /// The number of independent trials they are worth.
    pub effective_trials: f64,
    /// Share of splits in which the winner of one half ranks in the lower half of the other.
    pub probability_of_overfitting: Option<f64>,
    /// P-value of Hansen's test that no pair beats buying and holding.
    pub beats_holding: Option<f64>,
    /// Annual Sharpe ratio of every pair, fast-major; null for one that never traded.
    pub trial_sharpes: Vec<Option<f64>>,
}

/// A pair of windows and its in-sample figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GridPair {
    /// Window of the fast moving average.
    pub fast: usize,
    /// Window of the slow moving average.
    pub slow: usize,
    /// Median over the assets.
    pub median: f64,
}

/// A model that could not forecast an asset at some origins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForecastFailure {
    /// The asset.
    pub asset: String,
    /// The model.
    pub model: String,
    /// How many origins were lost.
    pub origins: usize,
    /// Last row known at the first of them.
    pub first_date: String,
    /// What the model said there.
    pub message: String,
}
