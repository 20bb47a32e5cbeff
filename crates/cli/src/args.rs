//! The command line: what may be asked, and its ranges.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::transform::TransformArg;

/// From prices to portfolio weights in one process.
#[derive(Debug, Parser)]
#[command(name = "tangency", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Print one JSON document on standard output and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Worker threads [default: what the machine gives, see `tangency doctor`].
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) workers: Option<u16>,
    /// Seed of everything random.
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Keep standard error quiet.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Forecasts, views, Black-Litterman weights, walk-forward backtest and a report.
    Run(RunArgs),
    /// Forecast every series of a file, or one of them.
    Forecast(ForecastArgs),
    /// Portfolio weights by one method.
    Weights(WeightsArgs),
    /// Backtest every parameter set of a grid, or search it.
    Grid(GridArgs),
    /// Backtest one rule: every trade, the way of the equity, a report.
    Backtest(Box<BacktestArgs>),
    /// List the searches whose journals are in a folder, and compare them.
    Studies(StudiesArgs),
    /// What this machine gives, and a short self-test.
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Closing prices: a date column and one column an asset (.csv, .csv.gz, .parquet, .arrow)
    /// [default: the embedded twenty US stocks].
    #[arg(long, value_name = "CLOSES")]
    pub(crate) input: Option<PathBuf>,
    /// Folder of the report.
    #[arg(long, value_name = "DIR", default_value = "tangency-report")]
    pub(crate) out: PathBuf,
    /// What a view's confidence comes from.
    #[arg(long, value_enum, default_value_t = ViewsArg::Earned)]
    pub(crate) views: ViewsArg,
    /// Market capitalisations for the prior weights: a CSV file `asset,market_cap`
    /// [default: equal weights].
    #[arg(long, value_name = "FILE")]
    pub(crate) market_caps: Option<PathBuf>,
    /// Models of the ensemble, joined by `+`.
    #[arg(long, value_name = "SPECS", default_value = "naive+drift+arima:1,1,1")]
    pub(crate) models: String,
    /// Rows from a forecast to its target, and between two rebalancings.
    #[arg(long, value_name = "ROWS", default_value_t = 21)]
    pub(crate) horizon: usize,
    /// Rows a model is fitted on and a covariance is estimated from.
    #[arg(long, value_name = "ROWS", default_value_t = 504)]
    pub(crate) train: usize,
    /// Smallest weight of an asset.
    #[arg(long, value_name = "W", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) min_weight: f64,
    /// Largest weight of an asset.
    #[arg(long, value_name = "W", default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) max_weight: f64,
    /// Cost of trading, as a share of the traded value.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.001)]
    pub(crate) cost: f64,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
    /// Annual risk-free rate.
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) risk_free_rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewsArg {
    /// A lower confidence bound of the out-of-sample R2; no proof, no view.
    Earned,
    /// The measured out-of-sample error variance: every forecast tilts a little.
    ErrorVariance,
}

#[derive(Debug, Args)]
pub(crate) struct ForecastArgs {
    /// A date column and one column a series (.csv, .csv.gz, .parquet, .arrow).
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// naive, drift, arima:p,d,q, arima:p,d,qxP,D,Q,s, auto-arima, auto-arima:s, ensemble or
    /// ensemble:MODEL+MODEL.
    #[arg(long, value_name = "SPEC")]
    pub(crate) model: String,
    /// Steps ahead.
    #[arg(long, value_name = "H")]
    pub(crate) horizon: usize,
    /// One series instead of all.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Rows to learn from, half-open, counted from 0.
    #[arg(long, value_name = "FROM:TO")]
    pub(crate) rows: Option<String>,
    /// Transform before fitting: none, log, box-cox (Guerrero's rule chooses the power of each
    /// series) or box-cox:LAMBDA; `original_scale` in the document is transformed back.
    #[arg(long, value_name = "T", default_value = "none")]
    pub(crate) transform: TransformArg,
    /// Mean of an ARIMA model: none, a constant of the series, or a drift.
    #[arg(long, value_enum, default_value_t = MeanArg::None)]
    pub(crate) mean: MeanArg,
    /// Regressors: the same dates as the input, and H more rows.
    #[arg(long, value_name = "FILE")]
    pub(crate) exog: Option<PathBuf>,
    /// Parameters held at given values, such as `ar1=0.5,sigma2=0.0002`.
    #[arg(long, value_name = "NAME=VALUE,..")]
    pub(crate) fixed: Option<String>,
    /// Coverage of the intervals; with several, the first is the forecast's and all are listed.
    #[arg(long, value_name = "P,..", value_delimiter = ',', default_value = "0.95")]
    pub(crate) level: Vec<f64>,
    /// Where the intervals of an ARIMA model come from; bootstrap draws by `--seed`.
    #[arg(long, value_enum, default_value_t = IntervalArg::Normal)]
    pub(crate) interval: IntervalArg,
    /// Resampled paths of bootstrap intervals [default: 2000].
    #[arg(long, value_name = "N")]
    pub(crate) paths: Option<usize>,
    /// Past forecasts whose errors make conformal intervals [default: 100].
    #[arg(long, value_name = "N")]
    pub(crate) calibration: Option<usize>,
    /// Turns down models of auto-arima with a root of modulus below 1 + M, such as 0.01: their
    /// likelihood has its maximum at the edge, often on a cycle of this sample alone [default: 0].
    #[arg(long, value_name = "M", allow_negative_numbers = true)]
    pub(crate) root_margin: Option<f64>,
    /// Compares the models of auto-arima after a few steps each and fits only the best three to
    /// the end: for long series and long seasons.
    #[arg(long)]
    pub(crate) approximate: bool,
    /// Lists every model that auto-arima tried.
    #[arg(long)]
    pub(crate) trace: bool,
    /// What the cells are: prices must be positive, series may be any number.
    #[arg(long, value_enum, default_value_t = ValuesArg::Price)]
    pub(crate) values: ValuesArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IntervalArg {
    /// The normal law with the model's standard errors.
    Normal,
    /// Quantiles of paths with resampled innovations, so that fat tails and skewness show.
    Bootstrap,
    /// As wide as the errors of past forecasts of as many steps; no law is assumed.
    Conformal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MeanArg {
    None,
    Const,
    Drift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValuesArg {
    Price,
    Series,
}

#[derive(Debug, Args)]
pub(crate) struct WeightsArgs {
    /// Closing prices: a date column and one column an asset.
    #[arg(long, value_name = "CLOSES")]
    pub(crate) input: PathBuf,
    /// How the weights are chosen.
    #[arg(long, value_enum)]
    pub(crate) method: MethodArg,
    /// Bounds, sectors, views and parameters, as TOML or JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodArg {
    BlackLitterman,
    MinVolatility,
    MaxSharpe,
    RiskParity,
    Hrp,
    Cvar,
}

#[derive(Debug, Args)]
pub(crate) struct GridArgs {
    /// Bars (Open, High, Low, Close columns) or closing prices.
    #[arg(long, value_name = "BARS")]
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) rule: RuleArgs,
    /// Values of a parameter: `name=from:to:step` (both ends included) or `name=a,b,c`.
    #[arg(long = "param", value_name = "NAME=VALUES", required = true)]
    pub(crate) params: Vec<String>,
    /// What the best trial is best at: total_return, sharpe, sortino, calmar, omega, max_drawdown,
    /// win_rate, profit_factor, annualized_return, annualized_volatility, ...
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: String,
    /// Write every trial to this file (.csv or .parquet). Trials are journalled in FILE.journal as
    /// they end.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write a report to this folder: what the search found, how much of it is luck, what it depends on.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Also choose anew on windows of the past and trade the rows after each: rows to choose on, rows to
    /// trade, and rows from one choice to the next where those are to be other than the rows to trade. Not
    /// journalled: after an interruption these choices are made again.
    #[arg(long, value_name = "TRAIN:TEST[:STEP]")]
    pub(crate) walk_forward: Option<String>,
    /// Let each of these windows begin at the first row.
    #[arg(long, requires = "walk_forward")]
    pub(crate) expanding: bool,
    /// Leave out combinations for which this does not hold: `fast<slow`, `high>low`. A crossover of
    /// simple averages has fast below slow anyway.
    #[arg(long = "constraint", value_name = "NAME<NAME")]
    pub(crate) constraints: Vec<String>,
    /// How trials are chosen: grid (all of them), random, quasi-random, tpe, successive-halving,
    /// hyperband, bohb, cma-es, genetic.
    #[arg(long, value_name = "NAME", default_value = "grid")]
    pub(crate) method: String,
    /// How many trials a method other than grid may spend [default: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) trials: Option<u64>,
    /// Go on where the journal of an interrupted search ends.
    #[arg(long)]
    pub(crate) resume: bool,
    /// The journal, where it is not to be beside the output.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Most trials in memory at a time [default: enough to keep the workers busy].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) in_flight: Option<u32>,
    /// Where trials run: threads, or worker processes, which also contain a trial that aborts
    /// [default: as TANGENCY_EXECUTOR says, else threads].
    #[arg(long, value_enum)]
    pub(crate) executor: Option<ExecutorArg>,
    /// The longest that a trial may take on a worker process. One that takes longer has failed, and its
    /// process is replaced. Which ones do depends on the machine.
    #[arg(long, value_name = "SECONDS", value_parser = deadline)]
    pub(crate) trial_deadline: Option<Duration>,
    /// How many of the best trials to list.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Proportional fee of each fill.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.001)]
    pub(crate) fees: f64,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
    /// The asset, where the input holds closes of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    /// Bars (Open, High, Low, Close columns) or closing prices.
    #[arg(long, value_name = "BARS")]
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) rule: RuleArgs,
    /// Value of a parameter: `name=value`.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,
    /// The asset, where the input holds closes of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Write the report, its trades and its equity to this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What entries and exits mean.
    #[arg(long, value_enum, default_value_t = DirectionArg::Long)]
    pub(crate) direction: DirectionArg,
    /// Give a trade up this fraction away from the close of its signal, such as 0.05.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) stop_loss: Option<f64>,
    /// Take its profit this fraction away from that close.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) take_profit: Option<f64>,
    /// Give it up this fraction away from the best price so far.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) trailing_stop: Option<f64>,
    /// Close it after so many bars.
    #[arg(long, value_name = "BARS")]
    pub(crate) max_bars: Option<usize>,
    /// Share of the free funds that an entry takes.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 1.0)]
    pub(crate) size: f64,
    /// Hold whole units only.
    #[arg(long)]
    pub(crate) whole_units: bool,
    /// Money at the start.
    #[arg(long, value_name = "MONEY", allow_negative_numbers = true, default_value_t = 10_000.0)]
    pub(crate) cash: f64,
    /// Proportional fee of each fill.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.001)]
    pub(crate) fees: f64,
    /// How far the price of each fill moves against the trader.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.0)]
    pub(crate) slippage: f64,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
}

/// A ready-made strategy, or two expressions.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The strategy and its parameters: sma-cross (fast, slow), ema-cross (fast, slow), macd-cross (fast,
    /// slow, signal), rsi-reversion (window, low, high), bollinger-reversion (window, deviations),
    /// donchian (entry, exit), big-bar (window, multiple), buy-and-hold.
    #[arg(long, value_name = "NAME", required_unless_present = "entry", conflicts_with = "entry")]
    pub(crate) strategy: Option<String>,
    /// Instead of a strategy: enter where this holds, such as `rsi(14) < floor and close > sma(200)`;
    /// words in place of numbers are parameters.
    #[arg(long, value_name = "EXPRESSION", requires = "exit")]
    pub(crate) entry: Option<String>,
    /// Leave where this holds.
    #[arg(long, value_name = "EXPRESSION", requires = "entry")]
    pub(crate) exit: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    /// Entries buy, exits sell.
    Long,
    /// Entries sell short, exits buy back.
    Short,
    /// Entries go long, exits go short.
    Both,
}

#[derive(Debug, Args)]
pub(crate) struct StudiesArgs {
    /// The folder with the journals.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecutorArg {
    Threads,
    Processes,
}

fn deadline(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    let seconds = seconds.filter(|seconds| !seconds.is_zero());
    seconds.ok_or_else(|| "expected a number of seconds above 0".to_owned())
}
