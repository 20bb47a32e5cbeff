//! Reward for each unit of loss.

use super::moments::mean;
use super::volatility::downside_deviation;

/// Sortino ratio against zero: `mean(r) * periods_per_year / downside_deviation`.
///
/// NaN for an empty series and where no return is below zero.
///
/// Sortino and Price (1994), "Performance Measurement in a Downside Risk Framework", Journal of
/// Investing 3.
#[must_use]
pub fn sortino_ratio(returns: &[f64], periods_per_year: f64) -> f64 {
    let downside = downside_deviation(returns, periods_per_year);
    if downside == 0.0 {
        return f64::NAN;
    }
    mean(returns) * periods_per_year / downside
}
