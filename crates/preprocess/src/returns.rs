//! Returns from prices: fractions per period, one fewer than there are prices.
//!
//! Every price has to be a finite number above zero. A missing price is an error that names its
//! row, never a gap silently bridged: what to do about it is the caller's decision.

use crate::error::{ErrorKind, Result};

/// Simple returns `p_t / p_{t-1} - 1`: element `t` belongs to row `t + 1` of the prices.
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for no prices at all, [`ErrorKind::BadPrice`] naming the first row
/// whose price is not finite or not above zero.
///
/// # Examples
///
/// ```
/// let returns = tangency_preprocess::returns::simple(&[100.0, 110.0, 99.0])?;
/// assert!((returns[0] - 0.10).abs() < 1e-15 && (returns[1] + 0.10).abs() < 1e-15);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn simple(prices: &[f64]) -> Result<Vec<f64>> {
    let mut out = vec![0.0; prices.len().saturating_sub(1)];
    simple_into(prices, &mut out)?;
    Ok(out)
}

/// Log returns `ln(p_t / p_{t-1})`: element `t` belongs to row `t + 1` of the prices.
///
/// # Errors
///
/// As [`simple`].
pub fn log(prices: &[f64]) -> Result<Vec<f64>> {
    let mut out = vec![0.0; prices.len().saturating_sub(1)];
    log_into(prices, &mut out)?;
    Ok(out)
}

/// [`simple`] into a buffer of `prices.len() - 1` elements.
///
/// # Errors
///
/// As [`simple`], and [`ErrorKind::OutputLength`] for a buffer of another length. The buffer is
/// untouched on error.
pub fn simple_into(prices: &[f64], out: &mut [f64]) -> Result<()> {
    ratios_into(prices, out, |ratio| ratio - 1.0)
}

/// [`log`] into a buffer of `prices.len() - 1` elements.
///
/// # Errors
///
/// As [`simple_into`].
pub fn log_into(prices: &[f64], out: &mut [f64]) -> Result<()> {
    ratios_into(prices, out, f64::ln)
}

/// Checks everything first, so that a failed call leaves the buffer alone.
fn ratios_into(prices: &[f64], out: &mut [f64], of_ratio: impl Fn(f64) -> f64) -> Result<()> {
    let Some(expected) = prices.len().checked_sub(1) else {
        return Err(ErrorKind::TooFewRows { needed: 1, got: 0 }.into());
    };
    if out.len() != expected {
        return Err(ErrorKind::OutputLength { expected, got: out.len() }.into());
    }
    if let Some(row) = prices.iter().position(|p| !(p.is_finite() && *p > 0.0)) {
        return Err(ErrorKind::BadPrice { row, value: prices[row] }.into());
    }
    for (slot, pair) in out.iter_mut().zip(prices.windows(2)) {
        *slot = of_ratio(pair[1] / pair[0]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_price_has_no_return() {
        assert_eq!(simple(&[3.0]).unwrap(), []);
        assert_eq!(*simple(&[]).unwrap_err().kind(), ErrorKind::TooFewRows { needed: 1, got: 0 });
    }

    #[test]
    fn a_bad_price_is_named_and_the_buffer_kept() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut out = [7.0; 2];
            let error = log_into(&[1.0, 2.0, bad], &mut out).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::BadPrice { row: 2, .. }), "{error}");
            assert_eq!(out, [7.0; 2]);
        }
    }

    #[test]
    fn the_buffer_has_to_fit() {
        let error = simple_into(&[1.0, 2.0], &mut [0.0; 2]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutputLength { expected: 1, got: 2 });
    }
}
