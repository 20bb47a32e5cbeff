//! Exponential moving average.

use super::columns::Columns;
use super::indicator::{Entry, Indicator, only_line};
use super::window::{first_number, parse_window};
use crate::error::Result;

/// Exponential moving average with smoothing `2 / (window + 1)`, seeded with the plain mean of the
/// first `window` values.
///
/// `out[i] = out[i-1] + 2 / (window + 1) * (values[i] - out[i-1])`, first value at row
/// `window - 1`, NaN before; leading NaNs of the input shift that row, a later NaN makes every
/// later value NaN. A series shorter than the window gives all NaN. The values are those of TA-Lib
/// `EMA` (unstable period 0).
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`](crate::ErrorKind::ZeroSize) for a window of 0.
///
/// # Examples
///
/// ```
/// let ema = tangency_preprocess::indicators::ema(&[1.0, 2.0, 3.0, 5.0], 3)?;
/// assert!(ema[1].is_nan());
/// assert_eq!(ema[2..], [2.0, 3.5]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn ema(values: &[f64], window: usize) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; values.len()];
    ema_into(values, window, &mut out)?;
    Ok(out)
}

/// [`ema`] into a buffer as long as `values`.
///
/// # Errors
///
/// As [`ema`], and [`ErrorKind::OutputLength`](crate::ErrorKind::OutputLength).
pub fn ema_into(values: &[f64], window: usize, out: &mut [f64]) -> Result<()> {
    let start = first_number(values, window, out)?;
    let warm_up = start.saturating_add(window - 1).min(values.len());
    out[..warm_up].fill(f64::NAN);
    let Some(seed_row) = values.get(warm_up) else { return Ok(()) };
    let seed = values[start..warm_up].iter().sum::<f64>() + seed_row;
    let smoothing = 2.0 / (window as f64 + 1.0);
    let mut level = seed / window as f64;
    out[warm_up] = level;
    for (slot, value) in out[warm_up + 1..].iter_mut().zip(&values[warm_up + 1..]) {
        level += smoothing * (value - level);
        *slot = level;
    }
    Ok(())
}

/// [`ema`] of the closes, as an [`Indicator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ema {
    /// Number of values in the seed; the smoothing is `2 / (window + 1)`, at least 1.
    pub window: usize,
}

impl Indicator for Ema {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("ema_{}", self.window)
    }

    fn warm_up(&self) -> usize {
        self.window.saturating_sub(1)
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        ema_into(columns.close(), self.window, only_line(self.name(), lines)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "ema",
    usage: "ema:WINDOW",
    build: |parameters| Ok(Box::new(Ema { window: parse_window(&ENTRY, parameters)? })),
};
