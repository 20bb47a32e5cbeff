//! Performance metrics of a series of returns.
//!
//! Every function takes simple returns as fractions per period (0.01 is 1 %), oldest first, and
//! where a figure is annual, `periods_per_year` (252 for trading days): nothing is assumed.
//!
//! **Where a figure does not exist it is NaN**, never infinite and never a made-up zero: an empty
//! series, a single return where a deviation is needed, a ratio whose denominator is zero (Sharpe of
//! constant returns, Calmar without a drawdown, omega without a loss). A parameter set that hardly
//! traded can therefore not top a ranking. A NaN among the returns makes every figure NaN. A zero is
//! where a figure is zero: a deviation of equal returns, a drawdown of an equity that only rises; and
//! [`win_rate`] where no return is other than 0, so that there are neither winners nor losers.
//!
//! Checked to 1e-9 relative against empyrical-reloaded 0.7.1 and quantstats 0.0.86, on five years of a
//! stock, a synthetic series and five degenerate ones; where those give infinity or an exception, the
//! figure is NaN here.
//!
//! One call for all of them is [`Metrics::of_returns`]; [`Metric`] names them and knows in which
//! direction each is better.

mod drawdown;
mod growth;
mod measured;
mod metric;
mod moments;
mod of_returns;
mod omega;
mod sharpe;
mod sortino;
mod tail;
mod turnover;
mod volatility;
mod wins;

pub use drawdown::{calmar_ratio, drawdowns, max_drawdown, ulcer_index};
pub(crate) use growth::compound_annually;
pub use growth::{annualized_return, total_return};
pub use measured::Metrics;
pub use metric::{Direction, Metric};
pub use moments::{kurtosis, skewness};
pub use omega::omega_ratio;
pub use sharpe::sharpe_ratio;
pub use sortino::sortino_ratio;
pub use tail::{conditional_value_at_risk, tail_ratio, value_at_risk};
pub use turnover::{drifted_weights, two_way_turnover};
pub use volatility::{annualized_volatility, downside_deviation};
pub use wins::{gain_to_pain, kelly_fraction, profit_factor, win_rate};
