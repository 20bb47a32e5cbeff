//! Reward for each unit of scatter.

use super::moments::standard_deviation;

/// Sharpe ratio: `mean(r - f) / std(r - f, divisor n - 1) * sqrt(periods_per_year)`, with `f` the
/// risk-free rate of one period.
///
/// NaN below two returns and for equal ones.
///
/// Sharpe (1994), "The Sharpe Ratio", Journal of Portfolio Management 21.
#[must_use]
pub fn sharpe_ratio(returns: &[f64], risk_free_rate: f64, periods_per_year: f64) -> f64 {
    let excess = returns.iter().map(|r| r - risk_free_rate);
    let deviation = standard_deviation(excess.clone());
    if deviation == 0.0 {
        return f64::NAN;
    }
    excess.sum::<f64>() / returns.len() as f64 / deviation * periods_per_year.sqrt()
}
