//! The command line: what may be asked, and its ranges.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Backtest every parameter set of a grid.
    Grid(GridArgs),
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
    #[arg(long, value_name = "W", default_value_t = 1.0)]
    pub(crate) max_weight: f64,
    /// Cost of trading, as a share of the traded value.
    #[arg(long, value_name = "SHARE", default_value_t = 0.001)]
    pub(crate) cost: f64,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", default_value_t = 252.0)]
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
    /// Transform before fitting; `original_scale` in the document is transformed back.
    #[arg(long, value_enum, default_value_t = TransformArg::None)]
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
    /// Coverage of the intervals.
    #[arg(long, value_name = "P", default_value_t = 0.95)]
    pub(crate) level: f64,
    /// What the cells are: prices must be positive, series may be any number.
    #[arg(long, value_enum, default_value_t = ValuesArg::Price)]
    pub(crate) values: ValuesArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransformArg {
    None,
    Log,
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
    #[arg(long, value_name = "N", default_value_t = 252.0)]
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
    /// The strategy and its parameters: sma-cross (fast, slow), ema-cross (fast, slow), macd-cross (fast,
    /// slow, signal), rsi-reversion (window, low, high), bollinger-reversion (window, deviations),
    /// donchian (entry, exit), big-bar (window, multiple).
    #[arg(long, value_name = "NAME")]
    pub(crate) strategy: String,
    /// Values of a parameter: `name=from:to:step` (both ends included) or `name=a,b,c`.
    #[arg(long = "param", value_name = "NAME=VALUES", required = true)]
    pub(crate) params: Vec<String>,
    /// What the best trial is best at: total_return, sharpe, sortino, calmar, omega, max_drawdown,
    /// win_rate, profit_factor, annualized_return, annualized_volatility, ...
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: String,
    /// Write every trial to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How many of the best trials to list.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Proportional fee of each fill.
    #[arg(long, value_name = "SHARE", default_value_t = 0.001)]
    pub(crate) fees: f64,
    /// Periods per year, for annualisation.
    #[arg(long, value_name = "N", default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
    /// The asset, where the input holds closes of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
}
