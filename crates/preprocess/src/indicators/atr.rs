//! Average true range.

use super::columns::Columns;
use super::indicator::{Entry, Indicator, only_line};
use super::window::parse_window;
use crate::error::{ErrorKind, Result};

/// Wilder's average true range, in the unit of the prices.
///
/// The true range of a row is the largest of `high - low`, `|high - close before|` and
/// `|low - close before|`. The average starts at row `window` as the plain mean of the `window` true
/// ranges up to it and goes on by Wilder's smoothing `(a (window - 1) + range) / window`; NaN before.
/// Leading NaNs shift the warm-up; a later NaN makes every later value NaN. The values are those of
/// TA-Lib `ATR`.
///
/// Wilder (1978), *New Concepts in Technical Trading Systems*.
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`] for a window of 0, [`ErrorKind::ColumnLength`].
///
/// # Examples
///
/// ```
/// let (high, low, close) = ([11.0, 12.0, 15.0], [9.0, 10.0, 12.0], [10.0, 11.0, 14.0]);
/// let atr = tangency_preprocess::indicators::atr(&high, &low, &close, 2)?;
/// assert!(atr[1].is_nan());
/// assert_eq!(atr[2], 3.0);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn atr(high: &[f64], low: &[f64], close: &[f64], window: usize) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; close.len()];
    atr_into(high, low, close, window, &mut out)?;
    Ok(out)
}

/// [`atr`] into a buffer as long as the columns; allocates nothing.
///
/// # Errors
///
/// As [`atr`], and [`ErrorKind::OutputLength`].
pub fn atr_into(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    window: usize,
    out: &mut [f64],
) -> Result<()> {
    let expected = close.len();
    if window == 0 {
        return Err(ErrorKind::ZeroSize { parameter: "window" }.into());
    }
    for (column, got) in [("high", high.len()), ("low", low.len())] {
        if got != expected {
            return Err(ErrorKind::ColumnLength { column, expected, got }.into());
        }
    }
    if out.len() != expected {
        return Err(ErrorKind::OutputLength { expected, got: out.len() }.into());
    }
    let is_number = |row: &usize| !(high[*row] + low[*row] + close[*row]).is_nan();
    let start = (0..expected).find(is_number).unwrap_or(expected);
    let first = start.saturating_add(window).min(expected);
    out[..first].fill(f64::NAN);
    if first == expected {
        return Ok(());
    }
    let range = |row: usize| true_range(high[row], low[row], close[row - 1]);
    let span = window as f64;
    let mut average = (start + 1..=first).map(range).sum::<f64>() / span;
    out[first] = average;
    for (row, slot) in out.iter_mut().enumerate().skip(first + 1) {
        average = (average * (span - 1.0) + range(row)) / span;
        *slot = average;
    }
    Ok(())
}

/// NaN where any of the three is, which `f64::max` would hide.
fn true_range(high: f64, low: f64, before: f64) -> f64 {
    if (high + low + before).is_nan() {
        return f64::NAN;
    }
    (high - low).max((high - before).abs()).max((low - before).abs())
}

/// [`atr`] of highs, lows and closes, as an [`Indicator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atr {
    /// Number of true ranges averaged, at least 1.
    pub window: usize,
}

impl Indicator for Atr {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("atr_{}", self.window)
    }

    fn warm_up(&self) -> usize {
        self.window
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        let (high, low) = (columns.high(self.name())?, columns.low(self.name())?);
        atr_into(high, low, columns.close(), self.window, only_line(self.name(), lines)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "atr",
    usage: "atr:WINDOW",
    build: |parameters| Ok(Box::new(Atr { window: parse_window(&ENTRY, parameters)? })),
};
