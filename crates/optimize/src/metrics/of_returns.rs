//! Which metric is which function of a series of returns.

use super::metric::Metric;
use super::{drawdown, growth, moments, omega, sharpe, sortino, tail, volatility, wins};

impl Metric {
    /// This metric of a series of returns: risk-free rate 0, tails at 5 %. `None` for those that
    /// returns do not have, such as the number of trades.
    ///
    /// ```
    /// use tangency_optimize::metrics::Metric;
    ///
    /// let returns = [0.02, -0.01, 0.03];
    /// assert!(Metric::Sharpe.of_returns(&returns, 252.0).is_some_and(|sharpe| sharpe > 0.0));
    /// assert_eq!(Metric::Trades.of_returns(&returns, 252.0), None);
    /// ```
    #[must_use]
    pub fn of_returns(self, returns: &[f64], periods_per_year: f64) -> Option<f64> {
        Some(match self {
            Self::TotalReturn => growth::total_return(returns),
            Self::AnnualizedReturn => growth::annualized_return(returns, periods_per_year),
            Self::AnnualizedVolatility => {
                volatility::annualized_volatility(returns, periods_per_year)
            }
            Self::Sharpe => sharpe::sharpe_ratio(returns, 0.0, periods_per_year),
            Self::Sortino => sortino::sortino_ratio(returns, periods_per_year),
            Self::Calmar => drawdown::calmar_ratio(returns, periods_per_year),
            Self::MaxDrawdown => drawdown::max_drawdown(returns),
            Self::Omega => omega::omega_ratio(returns, 0.0),
            Self::ValueAtRisk => tail::value_at_risk(returns, 0.05),
            Self::ConditionalValueAtRisk => tail::conditional_value_at_risk(returns, 0.05),
            Self::TailRatio => tail::tail_ratio(returns),
            Self::Skewness => moments::skewness(returns),
            Self::Kurtosis => moments::kurtosis(returns),
            Self::UlcerIndex => drawdown::ulcer_index(returns),
            Self::GainToPain => wins::gain_to_pain(returns),
            Self::Kelly => wins::kelly_fraction(returns),
            Self::WinRate => wins::win_rate(returns),
            Self::ProfitFactor => wins::profit_factor(returns),
            Self::Expectancy
            | Self::Trades
            | Self::ClosedTrades
            | Self::FinalEquity
            | Self::TotalFees
            | Self::BarsInMarket
            | Self::Turnover
            | Self::Rmse
            | Self::Mae => return None,
        })
    }
}
