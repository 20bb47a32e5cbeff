//! Relative strength index.

use super::columns::Columns;
use super::indicator::{Entry, Indicator, only_line};
use super::window::{first_number, parse_window};
use crate::error::Result;

/// Wilder's relative strength index, from 0 to 100.
///
/// With average gain `g` and average loss `l` over `window` changes, `100 g / (g + l)`. The averages
/// start as plain means of the first `window` changes and go on by Wilder's smoothing
/// `g = (g (window - 1) + gain) / window`. First value at row `window`, NaN before. A series that
/// has not moved at all (`g + l = 0`) gives 0, as in TA-Lib, not 50. A series of `window` rows or
/// fewer gives all NaN.
///
/// **Missing values.** Leading NaNs shift the warm-up. A NaN after them makes every later value NaN,
/// as for the moving averages. TA-Lib differs here: it reads a NaN as "no move" and goes on with a
/// wrong average, so that a hole in the data cannot be seen in the result.
///
/// Wilder (1978), *New Concepts in Technical Trading Systems*. The values are those of TA-Lib `RSI`
/// (unstable period 0).
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`](crate::ErrorKind::ZeroSize) for a window of 0.
///
/// # Examples
///
/// ```
/// let rsi = tangency_preprocess::indicators::rsi(&[10.0, 13.0, 12.0, 12.0], 2)?;
/// assert!(rsi[1].is_nan());
/// assert_eq!(rsi[2..], [75.0, 75.0]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn rsi(values: &[f64], window: usize) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; values.len()];
    rsi_into(values, window, &mut out)?;
    Ok(out)
}

/// [`rsi`] into a buffer as long as `values`.
///
/// # Errors
///
/// As [`rsi`], and [`ErrorKind::OutputLength`](crate::ErrorKind::OutputLength).
pub fn rsi_into(values: &[f64], window: usize, out: &mut [f64]) -> Result<()> {
    let start = first_number(values, window, out)?;
    let warm_up = start.saturating_add(window).min(values.len());
    out[..warm_up].fill(f64::NAN);
    if warm_up == values.len() {
        return Ok(());
    }
    let span = window as f64;
    let (mut gain, mut loss) = (0.0, 0.0);
    for pair in values[start..=warm_up].windows(2) {
        let (up, down) = split(pair[1] - pair[0]);
        gain += up;
        loss += down;
    }
    gain /= span;
    loss /= span;
    out[warm_up] = strength(gain, loss);
    for (slot, pair) in out[warm_up + 1..].iter_mut().zip(values[warm_up..].windows(2)) {
        let (up, down) = split(pair[1] - pair[0]);
        gain = (gain * (span - 1.0) + up) / span;
        loss = (loss * (span - 1.0) + down) / span;
        *slot = strength(gain, loss);
    }
    Ok(())
}

/// The rise and the fall in a change; NaN in both for NaN (`f64::max` would hide it).
fn split(change: f64) -> (f64, f64) {
    if change > 0.0 {
        (change, 0.0)
    } else if change <= 0.0 {
        (0.0, -change)
    } else {
        (f64::NAN, f64::NAN)
    }
}

fn strength(gain: f64, loss: f64) -> f64 {
    let total = gain + loss;
    if total == 0.0 { 0.0 } else { 100.0 * (gain / total) }
}

/// [`rsi`] of the closes, as an [`Indicator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rsi {
    /// Number of changes averaged, at least 1.
    pub window: usize,
}

impl Indicator for Rsi {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("rsi_{}", self.window)
    }

    fn warm_up(&self) -> usize {
        self.window
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        rsi_into(columns.close(), self.window, only_line(self.name(), lines)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "rsi",
    usage: "rsi:WINDOW",
    build: |parameters| Ok(Box::new(Rsi { window: parse_window(&ENTRY, parameters)? })),
};
