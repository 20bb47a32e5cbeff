//! Losses from the highest value so far.

use super::growth::annualized_return;

/// Drawdown after each return, `V / max(V so far) - 1`: 0 at a high, negative below it.
///
/// The value starts at 1, which counts as a high, so that a first loss is a drawdown.
#[must_use]
pub fn drawdowns(returns: &[f64]) -> Vec<f64> {
    walk(returns).collect()
}

fn walk(returns: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let (mut value, mut high) = (1.0, 1.0);
    returns.iter().map(move |r| {
        value *= 1.0 + r;
        if value > high {
            high = value;
        }
        value / high - 1.0
    })
}

/// The deepest drawdown: 0 or negative, -1 for a total loss. NaN for an empty series.
#[must_use]
pub fn max_drawdown(returns: &[f64]) -> f64 {
    if returns.is_empty() {
        return f64::NAN;
    }
    // Not `f64::min`, which would pass over a NaN.
    walk(returns).fold(0.0, |deepest, d| if d >= deepest { deepest } else { d })
}

/// Calmar ratio: annualised return over the size of the deepest drawdown.
///
/// NaN for an empty series and where there was no drawdown.
///
/// Young (1991), "Calmar Ratio: A Smoother Tool", Futures 20.
#[must_use]
pub fn calmar_ratio(returns: &[f64], periods_per_year: f64) -> f64 {
    let deepest = max_drawdown(returns);
    if deepest == 0.0 {
        return f64::NAN;
    }
    annualized_return(returns, periods_per_year) / deepest.abs()
}

/// Ulcer index: `sqrt(sum(drawdown^2) / (n - 1))`. NaN below two returns.
///
/// Martin and McCann (1989), *The Investor's Guide to Fidelity Funds*; with `n - 1` in place of `n`,
/// as quantstats has it.
#[must_use]
pub fn ulcer_index(returns: &[f64]) -> f64 {
    if returns.len() < 2 {
        return f64::NAN;
    }
    let squares: f64 = walk(returns).map(|d| d * d).sum();
    (squares / (returns.len() - 1) as f64).sqrt()
}
