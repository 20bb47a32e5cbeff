//! The names of the metrics, and which way each is better.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::nearest_name::nearest_name;

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Larger values.
    Higher,
    /// Smaller values.
    Lower,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident $name:literal $direction:ident,)*) => {
        /// A figure that a backtest or a series of returns is judged by.
        ///
        /// Written and read as its snake-case name: `sharpe`, `max_drawdown`; hyphens and capitals
        /// are accepted when reading.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Metric {
            $($(#[$doc])* $metric,)*
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &'static [Self] = &[$(Self::$metric),*];

            /// Its snake-case name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$metric => $name,)* }
            }

            /// Which values are better. Losses (drawdown, value at risk) are negative numbers, so
            /// that higher is better for them.
            #[must_use]
            pub fn direction(self) -> Direction {
                match self { $(Self::$metric => Direction::$direction,)* }
            }
        }
    };
}

metrics! {
    /// Growth over the whole time, a fraction.
    TotalReturn "total_return" Higher,
    /// Geometric growth a year, a fraction.
    AnnualizedReturn "annualized_return" Higher,
    /// Standard deviation a year.
    AnnualizedVolatility "annualized_volatility" Lower,
    /// Sharpe ratio, annual, risk-free rate 0 unless said otherwise.
    Sharpe "sharpe" Higher,
    /// Sortino ratio, annual, against zero.
    Sortino "sortino" Higher,
    /// Annualised return over the deepest drawdown.
    Calmar "calmar" Higher,
    /// Deepest drawdown, 0 or negative.
    MaxDrawdown "max_drawdown" Higher,
    /// Gains over losses of the periods.
    Omega "omega" Higher,
    /// Historical value at risk at 5 %, negative for a loss.
    ValueAtRisk "value_at_risk" Higher,
    /// Historical conditional value at risk at 5 %, negative for a loss.
    ConditionalValueAtRisk "conditional_value_at_risk" Higher,
    /// Size of the 95 % quantile over that of the 5 % quantile.
    TailRatio "tail_ratio" Higher,
    /// Skewness, corrected for bias.
    Skewness "skewness" Higher,
    /// Excess kurtosis, corrected for bias.
    Kurtosis "kurtosis" Lower,
    /// Ulcer index.
    UlcerIndex "ulcer_index" Lower,
    /// Sum of the returns over the size of the losses.
    GainToPain "gain_to_pain" Higher,
    /// Kelly fraction.
    Kelly "kelly" Higher,
    /// Share of winners: closed trades of a backtest, non-zero periods of a series of returns.
    WinRate "win_rate" Higher,
    /// Gains over losses: of closed trades in a backtest, of periods in a series of returns.
    ProfitFactor "profit_factor" Higher,
    /// Mean profit of a closed trade, in money.
    Expectancy "expectancy" Higher,
    /// Trades, an open one at the end included.
    Trades "trades" Higher,
    /// Trades that were closed.
    ClosedTrades "closed_trades" Higher,
    /// Equity at the last close, in money.
    FinalEquity "final_equity" Higher,
    /// All fees, in money.
    TotalFees "total_fees" Lower,
    /// Bars with a position at the close.
    BarsInMarket "bars_in_market" Higher,
    /// Mean two-way turnover of a rebalancing.
    Turnover "turnover" Lower,
    /// Root of the mean squared error of forecasts, in the unit of the series.
    Rmse "rmse" Lower,
    /// Mean absolute error of forecasts, in the unit of the series.
    Mae "mae" Lower,
}

impl Metric {
    /// Whether `candidate` beats `incumbent`: strictly, so that ties stay with the earlier one. NaN
    /// beats nothing, and any number beats NaN.
    #[must_use]
    pub fn is_better(self, candidate: f64, incumbent: f64) -> bool {
        if candidate.is_nan() || incumbent.is_nan() {
            return !candidate.is_nan();
        }
        match self.direction() {
            Direction::Higher => candidate > incumbent,
            Direction::Lower => candidate < incumbent,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest known name.
    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        Self::ALL.iter().copied().find(|metric| metric.name() == name).ok_or_else(|| {
            ErrorKind::UnknownName {
                what: "metric",
                nearest: nearest_name(&name, Self::ALL.iter().map(|metric| metric.name())),
                name: text.to_owned(),
            }
            .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse::<Metric>().unwrap(), *metric);
        }
        assert_eq!(" Max-Drawdown".parse::<Metric>().unwrap(), Metric::MaxDrawdown);
        assert_eq!(
            "sharp".parse::<Metric>().unwrap_err().to_string(),
            "no metric is called \"sharp\"; the nearest is \"sharpe\""
        );
    }

    #[test]
    fn better_is_strict_and_never_nan() {
        assert!(Metric::MaxDrawdown.is_better(-0.1, -0.2));
        assert!(Metric::TotalFees.is_better(1.0, 2.0));
        assert!(!Metric::Sharpe.is_better(1.0, 1.0));
        assert!(!Metric::Sharpe.is_better(f64::NAN, f64::NAN));
        assert!(!Metric::Sharpe.is_better(f64::NAN, -9.0));
        assert!(Metric::Sharpe.is_better(-9.0, f64::NAN));
    }
}
