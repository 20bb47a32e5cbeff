//! Gains against losses around a threshold.

/// Omega ratio: what returns gain over `threshold` (a return per period), divided by what they miss
/// below it.
///
/// NaN for an empty series and where no return is below the threshold.
///
/// Keating and Shadwick (2002), "A Universal Performance Measure", Journal of Performance
/// Measurement 6.
#[must_use]
pub fn omega_ratio(returns: &[f64], threshold: f64) -> f64 {
    let (gains, losses) = gains_and_losses(returns.iter().map(|r| r - threshold));
    if losses == 0.0 { f64::NAN } else { gains / losses }
}

/// Sum of the positive numbers, and of the negative ones without their sign; NaN goes into both.
pub(super) fn gains_and_losses(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((0.0, 0.0), |(gains, losses), value| {
        if value > 0.0 {
            (gains + value, losses)
        } else if value <= 0.0 {
            (gains, losses - value)
        } else {
            (f64::NAN, f64::NAN)
        }
    })
}
