//! Bars, backtests and performance metrics to compare with; see `golden/backtest/README.md` and
//! `golden/metrics/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Open, high, low and close of each bar.
#[derive(Debug, Clone, Deserialize)]
pub struct OwnedBars {
    /// Opens.
    pub open: Vec<f64>,
    /// Highs.
    pub high: Vec<f64>,
    /// Lows.
    pub low: Vec<f64>,
    /// Closes.
    pub close: Vec<f64>,
}

/// Bars that lie only in the reference folder: `goog` (daily) or `eurusd` (hourly).
///
/// # Panics
///
/// When the reference folder or the file is missing or damaged: a reference test never passes
/// without it.
#[must_use]
pub fn reference_bars(series: &str) -> OwnedBars {
    let file = match series {
        "goog" => "data/goog_daily.csv",
        "eurusd" => "data/eurusd_hourly.csv",
        other => panic!("no reference bars called {other}"),
    };
    let text = reference_text(file);
    let mut bars =
        OwnedBars { open: Vec::new(), high: Vec::new(), low: Vec::new(), close: Vec::new() };
    for line in text.lines().skip(1) {
        let mut cells = line.split(',').skip(1).map(|cell| {
            cell.parse::<f64>().unwrap_or_else(|_| panic!("{file}: not a price: {cell:?}"))
        });
        for column in [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close] {
            column.push(cells.next().unwrap_or_else(|| panic!("{file}: short line {line:?}")));
        }
    }
    bars
}

/// A text file of the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing.
#[must_use]
pub fn reference_text(relative: &str) -> String {
    let folder = crate::reference_dir()
        .unwrap_or_else(|| panic!("the reference folder is not beside the checkout"));
    let path = folder.join(relative);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// A JSON file of the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing or damaged.
#[must_use]
pub fn reference_json(relative: &str) -> Value {
    serde_json::from_str(&reference_text(relative))
        .unwrap_or_else(|error| panic!("{relative} is no JSON: {error}"))
}

/// The made-up bars that some golden backtests run on.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn synthetic_bars() -> OwnedBars {
    from_json(crate::golden("backtest/synthetic_bars.json"))
}

/// The bars a golden backtest names: `synthetic`, `sp20:NAME`, or a reference series.
///
/// # Panics
///
/// When there is no such series.
#[must_use]
pub fn bars(name: &str) -> OwnedBars {
    if name == "synthetic" {
        return synthetic_bars();
    }
    let Some(asset) = name.strip_prefix("sp20:") else { return reference_bars(name) };
    let close = crate::prices::sp500_20().column(asset).to_vec();
    OwnedBars { open: close.clone(), high: close.clone(), low: close.clone(), close }
}

/// One backtest of vectorbt.
#[derive(Debug, Clone, Deserialize)]
pub struct VectorbtCase {
    /// Which bars, see [`bars`].
    pub data: String,
    /// `sma_cross`, `rsi_meanrev`, `donchian`, `buy_hold`, `sma_cross_both`.
    pub strategy: String,
    /// The strategy's parameters.
    pub params: BTreeMap<String, f64>,
    /// Fee on each side.
    pub fee: f64,
    /// Slippage on each side.
    pub slippage: f64,
    /// Money at the start.
    pub cash: f64,
    /// Units of each order, where they are fixed.
    #[serde(default)]
    pub size: Option<f64>,
    /// Bars a year.
    pub ann_factor: f64,
    /// Number of bars.
    pub bars: usize,
    /// Bars with an entry signal.
    pub entry_signals: usize,
    /// Bars with an exit signal.
    pub exit_signals: usize,
    /// Statistics by name; `None` where they do not exist.
    pub stats: BTreeMap<String, Option<f64>>,
    /// Number of trades, of which `trades` may hold the first and the last 5 only.
    pub trades_total: usize,
    /// The trades listed.
    pub trades: Vec<VectorbtTrade>,
    /// Bars at which the equity was sampled.
    pub equity_idx: Vec<usize>,
    /// Equity at those bars.
    pub equity: Vec<f64>,
}

/// One trade of vectorbt.
#[derive(Debug, Clone, Deserialize)]
pub struct VectorbtTrade {
    /// Bar of the entry fill.
    pub entry_bar: usize,
    /// Its price.
    pub entry_price: f64,
    /// Units.
    pub size: f64,
    /// Fee of the entry.
    pub entry_fee: f64,
    /// Bar of the exit fill.
    pub exit_bar: usize,
    /// Its price.
    pub exit_price: f64,
    /// Fee of the exit.
    pub exit_fee: f64,
    /// Profit net of fees.
    pub pnl: f64,
    /// Profit as a fraction.
    pub ret: f64,
    /// `long` or `short`.
    pub direction: String,
    /// `open` or `closed`.
    pub status: String,
}

/// Assets that share their cash, rebalanced to target weights by vectorbt.
#[derive(Debug, Clone, Deserialize)]
pub struct PortfolioCases {
    /// Columns of the closes.
    pub assets: Vec<String>,
    /// The first so many rows of them.
    pub bars: usize,
    /// Money at the start.
    pub cash: f64,
    /// When which weights were decided.
    pub decisions: Vec<PortfolioDecision>,
    /// What came of them under several costs.
    pub cases: Vec<PortfolioCase>,
}

/// Target weights decided at a close.
#[derive(Debug, Clone, Deserialize)]
pub struct PortfolioDecision {
    /// The bar.
    pub bar: usize,
    /// One weight an asset.
    pub weights: Vec<f64>,
}

/// One run of target weights.
#[derive(Debug, Clone, Deserialize)]
pub struct PortfolioCase {
    /// Fee on each side.
    pub fee: f64,
    /// Slippage on each side.
    pub slippage: f64,
    /// Money an order.
    pub fixed: f64,
    /// Bars at which the equity was sampled.
    pub equity_idx: Vec<usize>,
    /// Equity at those bars.
    pub equity: Vec<f64>,
    /// Fees of all orders.
    pub total_fees: f64,
    /// Orders filled.
    pub orders: usize,
    /// Cash at the end.
    pub cash: f64,
    /// Deepest fall of the equity below its running maximum.
    pub max_drawdown: f64,
    /// Units of each asset at the end.
    pub shares: Vec<f64>,
}

/// The portfolio backtests of vectorbt.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn portfolio_cases() -> PortfolioCases {
    from_json(crate::golden("backtest/portfolio_vectorbt.json"))
}

/// One backtest of backtesting.py.
#[derive(Debug, Clone, Deserialize)]
pub struct BacktestingPyCase {
    /// Which bars, see [`bars`].
    pub data: String,
    /// `sma_cross`, `rsi_meanrev`, `donchian`.
    pub strategy: String,
    /// The strategy's parameters.
    pub params: BTreeMap<String, f64>,
    /// Money at the start.
    pub cash: f64,
    /// Fee on each side.
    pub commission: f64,
    /// What an entry pays above the price.
    pub spread: f64,
    /// Stop loss as a fraction of the signal's close.
    #[serde(default)]
    pub sl: Option<f64>,
    /// Take profit as a fraction of the signal's close.
    #[serde(default)]
    pub tp: Option<f64>,
    /// Share of the funds an entry takes.
    #[serde(default)]
    pub size: Option<f64>,
    /// Whether everything is closed at the last open.
    pub finalize_trades: bool,
    /// Its statistics by name.
    pub stats: BTreeMap<String, Option<f64>>,
    /// Every closed trade.
    pub trades: Vec<BacktestingPyTrade>,
    /// Bars at which the equity was sampled.
    pub equity_idx: Vec<usize>,
    /// Equity at those bars.
    pub equity: Vec<f64>,
}

/// One trade of backtesting.py.
#[derive(Debug, Clone, Deserialize)]
pub struct BacktestingPyTrade {
    /// Whole units.
    pub size: f64,
    /// Bar of the entry fill.
    pub entry_bar: usize,
    /// Bar of the exit fill.
    pub exit_bar: usize,
    /// Its price.
    pub entry_price: f64,
    /// Its price.
    pub exit_price: f64,
    /// Profit net of fees.
    pub pnl: f64,
    /// Profit over the money put in, net of fees.
    pub ret_pct: f64,
    /// Fees of both sides.
    pub commission: f64,
}

/// The backtests of backtesting.py, on series that lie only in the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing or damaged.
#[must_use]
pub fn reference_backtestingpy_cases() -> Vec<BacktestingPyCase> {
    from_json(reference_json("golden/backtest/backtests_backtestingpy.json")["cases"].clone())
}

/// One grid of crossovers.
#[derive(Debug, Clone, Deserialize)]
pub struct GridCase {
    /// Which bars, see [`bars`].
    pub data: String,
    /// Fast windows.
    pub fast: Vec<usize>,
    /// Slow windows.
    pub slow: Vec<usize>,
    /// Fee on each side.
    pub fee: f64,
    /// Money at the start.
    pub cash: f64,
    /// Bars a year.
    pub ann_factor: f64,
    /// Fast, slow, total return, Sharpe, deepest drawdown, trades, closed trades, win rate.
    pub rows: Vec<[Option<f64>; 8]>,
    /// The five best pairs by metric.
    pub top5: BTreeMap<String, Vec<[usize; 2]>>,
    /// The walk-forward run, where there is one.
    pub walk_forward: Option<WalkForwardPlan>,
    /// Its outcome.
    pub walk_forward_result: Option<WalkForwardResult>,
    /// Overfitting statistics of the bar returns of all rows, where there are any.
    pub overfitting: Option<OverfittingStatistics>,
}

/// Overfitting statistics of a grid.
#[derive(Debug, Clone, Deserialize)]
pub struct OverfittingStatistics {
    /// Blocks of the cross-validation.
    pub blocks: usize,
    /// Bars that fill them.
    pub rows_used: usize,
    /// Choices of half of the blocks.
    pub combos: usize,
    /// Probability of backtest overfitting.
    pub pbo: f64,
    /// Mean logit of the winner's rank out of sample.
    pub logit_mean: f64,
    /// Median of it.
    pub logit_median: f64,
    /// The pair with the largest Sharpe ratio.
    pub best_column: [usize; 2],
    /// Its Sharpe ratio per bar.
    pub sr_per_bar: f64,
    /// Variance of all Sharpe ratios per bar.
    pub var_sr: f64,
    /// Number of pairs.
    pub n_trials: u64,
    /// Skewness of the best pair's returns.
    pub skew: f64,
    /// Their kurtosis, 3 for a normal distribution.
    pub kurtosis: f64,
    /// Expected largest Sharpe ratio without skill.
    pub expected_max_sr: f64,
    /// Probabilistic Sharpe ratio against zero.
    pub psr_vs_zero: f64,
    /// Deflated Sharpe ratio.
    pub deflated_sharpe: f64,
}

/// Window lengths of a walk-forward run.
#[derive(Debug, Clone, Deserialize)]
pub struct WalkForwardPlan {
    /// Training bars.
    pub train: usize,
    /// Test bars.
    pub test: usize,
    /// Bars between windows.
    pub step: usize,
}

/// Outcome of a walk-forward run.
#[derive(Debug, Clone, Deserialize)]
pub struct WalkForwardResult {
    /// One entry a window.
    pub folds: Vec<WalkForwardFold>,
    /// Product of one plus each test return, less one.
    pub compounded_test_return: f64,
}

/// One window of a walk-forward run.
#[derive(Debug, Clone, Deserialize)]
pub struct WalkForwardFold {
    /// Training bars, half-open.
    pub train: [usize; 2],
    /// Test bars, half-open.
    pub test: [usize; 2],
    /// The pair chosen in training.
    pub best: [usize; 2],
    /// Its Sharpe ratio there.
    pub train_sharpe: Option<f64>,
    /// Its return there.
    pub train_return: f64,
    /// Its Sharpe ratio in the test.
    pub test_sharpe: Option<f64>,
    /// Its return in the test.
    pub test_return: f64,
    /// Its deepest drawdown in the test.
    pub test_max_drawdown: f64,
    /// Its trades in the test.
    pub test_trades: usize,
}

/// Every backtest that may be kept here.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn vectorbt_cases() -> Vec<VectorbtCase> {
    from_json(crate::golden("backtest/vectorbt.json")["cases"].clone())
}

/// The backtests on series that lie only in the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing or damaged.
#[must_use]
pub fn reference_vectorbt_cases() -> Vec<VectorbtCase> {
    from_json(reference_json("golden/backtest/backtests_vectorbt.json")["cases"].clone())
}

/// Every grid that may be kept here.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn grid_cases() -> Vec<GridCase> {
    from_json(crate::golden("backtest/grids.json")["grids"].clone())
}

/// The grids on series that lie only in the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing or damaged.
#[must_use]
pub fn reference_grid_cases() -> Vec<GridCase> {
    from_json(reference_json("golden/backtest/grids.json")["grids"].clone())
}

/// Returns and the metrics that other libraries find in them.
#[derive(Debug, Clone)]
pub struct MetricsCase {
    /// Name of the series.
    pub name: String,
    /// Simple daily returns.
    pub returns: Vec<f64>,
    /// Values of empyrical by name; `None` where not finite.
    pub empyrical: BTreeMap<String, Option<f64>>,
    /// Values of quantstats by name; `None` where not finite or where it raised an exception.
    pub quantstats: BTreeMap<String, Option<f64>>,
}

/// Every series with metrics.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn metrics_cases() -> Vec<MetricsCase> {
    let golden = crate::golden("metrics/metrics.json");
    let stock = &golden["stock"];
    let [from, to]: [usize; 2] = from_json(stock["rows"].clone());
    let prices = crate::prices::sp500_20();
    let closes = &prices.column(stock["column"].as_str().unwrap_or_default())[from..to];
    let list: Vec<Value> = from_json(golden["series"].clone());
    list.into_iter()
        .map(|case| {
            let returns: Option<Vec<f64>> = from_json(case["returns"].clone());
            let numbers = |key: &str| {
                let all: BTreeMap<String, Value> = from_json(case[key].clone());
                all.into_iter().map(|(name, value)| (name, value.as_f64())).collect()
            };
            MetricsCase {
                name: from_json(case["name"].clone()),
                returns: returns.unwrap_or_else(|| {
                    closes.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
                }),
                empyrical: numbers("empyrical"),
                quantstats: numbers("quantstats"),
            }
        })
        .collect()
}

/// Target weights, asset returns and the two-way turnover of each rebalancing.
#[derive(Debug, Clone, Deserialize)]
pub struct TurnoverCase {
    /// Target weights, one row a period.
    pub weights: Vec<Vec<f64>>,
    /// Asset returns of each period.
    pub returns: Vec<Vec<f64>>,
    /// Two-way turnover, one fewer than periods.
    pub two_way: Vec<f64>,
    /// Half the mean of it.
    pub mean_one_way: f64,
}

/// The turnover case.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn turnover_case() -> TurnoverCase {
    from_json(crate::golden("metrics/metrics.json")["turnover"].clone())
}

fn from_json<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("golden file: {error}"))
}
