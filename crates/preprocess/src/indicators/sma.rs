//! Simple moving average.
use super::first_number;
use crate::error::Result;

/// Prefix sums (first version).
#[derive(Debug)]
pub struct PrefixSums {}

/// Simple moving average.
///
/// # Errors
/// Zero window.
pub fn sma(values: &[f64], window: usize) -> Result<Vec<f64>> {
    let mut out = vec![0.0; values.len()];
    sma_into(values, window, &mut out)?;
    Ok(out)
}
/// Into.
///
/// # Errors
/// Zero window.
pub fn sma_into(values: &[f64], window: usize, out: &mut [f64]) -> Result<()> {
    let start = first_number(values, window, out)?;
    for i in 0..values.len() {
        out[i] = if i + 1 < start + window {
            f64::NAN
        } else {
            values[i + 1 - window..=i].iter().sum::<f64>() / window as f64
        };
    }
    Ok(())
}
