//! How often and how much periods win.

use super::omega::gains_and_losses;

/// Share of the non-zero returns that are above zero; 0 where all are zero, NaN for an empty series.
#[must_use]
pub fn win_rate(returns: &[f64]) -> f64 {
    if returns.is_empty() || returns.iter().any(|r| r.is_nan()) {
        return f64::NAN;
    }
    let (wins, losses) = counts(returns);
    if wins + losses == 0.0 { 0.0 } else { wins / (wins + losses) }
}

/// Sum of the gains over the size of the sum of the losses.
///
/// 0 where nothing was gained, lost or not, as quantstats has it; NaN for an empty series and for
/// gains without a loss.
#[must_use]
pub fn profit_factor(returns: &[f64]) -> f64 {
    let (gains, losses) = gains_and_losses(returns.iter().copied());
    if returns.is_empty() || (losses == 0.0 && gains > 0.0) {
        return f64::NAN;
    }
    if gains == 0.0 { 0.0 } else { gains / losses }
}

/// Sum of all returns over the size of the sum of the losses; NaN without a loss.
#[must_use]
pub fn gain_to_pain(returns: &[f64]) -> f64 {
    let (_, losses) = gains_and_losses(returns.iter().copied());
    if losses == 0.0 { f64::NAN } else { returns.iter().sum::<f64>() / losses }
}

/// Kelly fraction of a bet with these outcomes: `p - (1 - p) / (mean win / |mean loss|)`, with `p`
/// the [`win_rate`]. NaN unless there are both wins and losses.
///
/// Kelly (1956), "A New Interpretation of Information Rate", Bell System Technical Journal 35.
#[must_use]
pub fn kelly_fraction(returns: &[f64]) -> f64 {
    let (gains, losses) = gains_and_losses(returns.iter().copied());
    let (wins, defeats) = counts(returns);
    if wins == 0.0 || defeats == 0.0 {
        return f64::NAN;
    }
    let p = wins / (wins + defeats);
    p - (1.0 - p) / ((gains / wins) / (losses / defeats))
}

fn counts(returns: &[f64]) -> (f64, f64) {
    let above = returns.iter().filter(|r| **r > 0.0).count();
    let below = returns.iter().filter(|r| **r < 0.0).count();
    (above as f64, below as f64)
}
