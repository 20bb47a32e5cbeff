//! The ends of the distribution, as history has them.
//!
//! Quantiles interpolate linearly between order statistics (type 7 of Hyndman and Fan (1996),
//! "Sample Quantiles in Statistical Packages", The American Statistician 50).

/// Historical value at risk: the `tail` quantile of the returns, so negative for a loss; `tail` is
/// 0.05 for what is usually called 95 %.
///
/// NaN for an empty series or a `tail` outside 0 to 1.
#[must_use]
pub fn value_at_risk(returns: &[f64], tail: f64) -> f64 {
    sorted(returns).map_or(f64::NAN, |sorted| quantile(&sorted, tail))
}

/// Historical conditional value at risk: the mean of the lowest `floor((n - 1) tail) + 1` returns,
/// negative for a loss.
///
/// NaN for an empty series or a `tail` outside 0 to 1.
#[must_use]
pub fn conditional_value_at_risk(returns: &[f64], tail: f64) -> f64 {
    let Some(sorted) = sorted(returns).filter(|_| (0.0..=1.0).contains(&tail)) else {
        return f64::NAN;
    };
    let worst = ((sorted.len() - 1) as f64 * tail) as usize + 1;
    sorted[..worst].iter().sum::<f64>() / worst as f64
}

/// Tail ratio: size of the 95 % quantile over the size of the 5 % quantile.
///
/// NaN for an empty series and where the 5 % quantile is 0.
#[must_use]
pub fn tail_ratio(returns: &[f64]) -> f64 {
    let Some(sorted) = sorted(returns) else { return f64::NAN };
    let low = quantile(&sorted, 0.05).abs();
    if low == 0.0 { f64::NAN } else { quantile(&sorted, 0.95).abs() / low }
}

/// Ascending, or `None` where there is nothing to rank or a NaN that has no rank.
fn sorted(returns: &[f64]) -> Option<Vec<f64>> {
    if returns.is_empty() || returns.iter().any(|r| r.is_nan()) {
        return None;
    }
    let mut sorted = returns.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Some(sorted)
}

fn quantile(sorted: &[f64], probability: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    let position = (sorted.len() - 1) as f64 * probability;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}
