//! How long blocks should be.

use crate::error::{ErrorKind, Result};

/// Proposed lengths of blocks, in rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockLength {
    /// Mean length for the stationary bootstrap.
    pub stationary: f64,
    /// Length for blocks of one length, before rounding up.
    pub fixed: f64,
}

/// The length of blocks that makes the error of a bootstrapped variance of the mean smallest, as far
/// as the serial correlation of these values tells; at least 1 and at most the smaller of a third of
/// the rows and three times their square root.
///
/// It is about the mean: for the Sharpe ratio and other figures it is a rule of thumb. Squares of
/// returns remember longer than returns do; pass them to keep clusters of volatility whole.
///
/// Dimitris N. Politis and Halbert White (2004), "Automatic block-length selection for the dependent
/// bootstrap", Econometric Reviews 23, with the correction by Andrew Patton, Politis and White (2009).
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] below 16, [`ErrorKind::NonFiniteEntry`], [`ErrorKind::ConstantReturns`].
pub fn automatic_block_length(values: &[f64]) -> Result<BlockLength> {
    let n = values.len();
    if n < 16 {
        let estimator = "a block length";
        return Err(ErrorKind::TooFewRows { estimator, needed: 16, got: n }.into());
    }
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let (what, value) = ("values", values[index]);
        return Err(ErrorKind::NonFiniteEntry { what, index, value }.into());
    }
    let rows = n as f64;
    let mean = values.iter().map(|v| v - values[0]).sum::<f64>() / rows;
    let centred: Vec<f64> = values.iter().map(|v| (v - values[0]) - mean).collect();
    let covariance =
        |lag: usize| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / rows;
    let variance = covariance(0);
    if variance == 0.0 {
        let (what, value) = ("values".to_owned(), values[0]);
        return Err(ErrorKind::ConstantReturns { what, value }.into());
    }
    // Correlations up to the lag at which the search for silence ends.
    let silence = 5.max(rows.log10().sqrt().ceil() as usize);
    let furthest = rows.sqrt().ceil() as usize + silence;
    let covariances: Vec<f64> = (0..=furthest).map(covariance).collect();
    let noise = 2.0 * (rows.log10() / rows).sqrt() * variance;
    // The lag at which a run of quiet ones begins, as in the programs of the authors; their text has
    // the lag before it.
    let quiet = |lag: usize| covariances[lag..lag + silence].iter().all(|c| c.abs() < noise);
    let begins = (1..=furthest - silence).find(|lag| quiet(*lag));
    let last = begins.map_or(furthest, |lag| 2 * lag);
    let bandwidth = last.min(furthest);
    // The flat-top window: 1 up to half of the bandwidth, then down to 0.
    let (mut slope, mut spectrum) = (0.0, variance);
    for (lag, covariance) in covariances.iter().enumerate().skip(1).take(bandwidth) {
        let share = lag as f64 / bandwidth as f64;
        let window = if share <= 0.5 { 1.0 } else { 2.0 * (1.0 - share) };
        slope += 2.0 * window * lag as f64 * covariance;
        spectrum += 2.0 * window * covariance;
    }
    let largest = (3.0 * rows.sqrt()).min(rows / 3.0).ceil();
    let length = |factor: f64| {
        let length = (2.0 * slope * slope / (factor * spectrum * spectrum)).cbrt() * rows.cbrt();
        // A spectrum of zero at the origin gives infinity, and with a slope of zero no number.
        if length.is_nan() { 1.0 } else { length.clamp(1.0, largest) }
    };
    Ok(BlockLength { stationary: length(2.0), fixed: length(4.0 / 3.0) })
}
