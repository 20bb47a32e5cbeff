//! How much a series of returns has grown.

/// Compounded growth over the whole series, `prod(1 + r) - 1`; NaN for an empty series.
#[must_use]
pub fn total_return(returns: &[f64]) -> f64 {
    if returns.is_empty() {
        return f64::NAN;
    }
    returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0
}

/// Geometric growth a year, `prod(1 + r)^(periods_per_year / n) - 1`.
///
/// NaN for an empty series and where more than everything was lost. A total loss gives -1.
#[must_use]
pub fn annualized_return(returns: &[f64], periods_per_year: f64) -> f64 {
    compound_annually(1.0 + total_return(returns), returns.len(), periods_per_year)
}

/// `growth^(periods_per_year / n_periods) - 1`; NaN for a growth below 0, of which whole powers would be
/// numbers.
pub(crate) fn compound_annually(growth: f64, n_periods: usize, periods_per_year: f64) -> f64 {
    if growth < 0.0 {
        return f64::NAN;
    }
    growth.powf(periods_per_year / n_periods as f64) - 1.0
}
