//! How much returns scatter.

use super::moments::standard_deviation;

/// Annual standard deviation, `std(r, divisor n - 1) * sqrt(periods_per_year)`.
///
/// NaN below two returns, exactly 0 for equal ones.
#[must_use]
pub fn annualized_volatility(returns: &[f64], periods_per_year: f64) -> f64 {
    standard_deviation(returns.iter().copied()) * periods_per_year.sqrt()
}

/// Annual root mean square of the returns below zero, `sqrt(mean(min(r, 0)^2)) *
/// sqrt(periods_per_year)`; the mean runs over all returns. NaN for an empty series.
#[must_use]
pub fn downside_deviation(returns: &[f64], periods_per_year: f64) -> f64 {
    // Not `f64::min`, which would pass over a NaN.
    let squares: f64 = returns.iter().map(|&r| if r >= 0.0 { 0.0 } else { r * r }).sum();
    (squares / returns.len() as f64).sqrt() * periods_per_year.sqrt()
}
