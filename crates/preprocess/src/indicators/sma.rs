//! Simple moving average.

use super::columns::Columns;
use super::exact_sum::ExactSum;
use super::indicator::{Entry, Indicator, only_line};
use super::window::{first_number, parse_window};
use crate::error::{ErrorKind, Result};

/// Simple moving average: the mean of the last `window` values.
///
/// First value at row `window - 1`, NaN before. Leading NaNs of the input shift that row; a NaN
/// after them makes every later value NaN, as in TA-Lib. A series shorter than the window gives all
/// NaN. The values are those of TA-Lib `SMA` to 1e-9.
///
/// **Rounding and ties.** Sums are kept to about 106 bits and each mean is rounded once, so a value
/// depends on nothing but the window's own numbers: not on where the series starts, not on an
/// earlier drift. Two windows whose means are equal as real numbers give the same double, so that
/// `fast == slow` in a crossing rule means what it says. (Prices such as 1.07 are not exact in
/// binary: means that tie in decimal ticks may still differ in the last bit. Where such ties matter,
/// pass prices in whole ticks.) This holds as long as the sum of all values so far is below about
/// 2^50 times the sum of the window; beyond that the relative error grows to 2^-106 times that ratio.
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`] for a window of 0.
///
/// # Examples
///
/// ```
/// let sma = tangency_preprocess::indicators::sma(&[1.0, 2.0, 3.0, 5.0], 2)?;
/// assert!(sma[0].is_nan());
/// assert_eq!(sma[1..], [1.5, 2.5, 4.0]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn sma(values: &[f64], window: usize) -> Result<Vec<f64>> {
    let mut out = vec![f64::NAN; values.len()];
    sma_into(values, window, &mut out)?;
    Ok(out)
}

/// [`sma`] into a buffer as long as `values`; allocates nothing.
///
/// # Errors
///
/// As [`sma`], and [`ErrorKind::OutputLength`].
pub fn sma_into(values: &[f64], window: usize, out: &mut [f64]) -> Result<()> {
    let start = first_number(values, window, out)?;
    let warm_up = start.saturating_add(window - 1).min(values.len());
    out[..warm_up].fill(f64::NAN);
    let divisor = window as f64;
    // Two cursors over the same sequence of additions, `window` rows apart: their difference is
    // what `PrefixSums` would give, bit for bit, without its memory.
    let (mut lead, mut lag) = (ExactSum::default(), ExactSum::default());
    values[start..warm_up].iter().for_each(|value| lead.add(*value));
    for row in warm_up..values.len() {
        lead.add(values[row]);
        out[row] = lead.since(lag).divided_by(divisor);
        lag.add(values[row + 1 - window]);
    }
    Ok(())
}

/// Sums from the first value to each row, from which the moving average of any window follows.
///
/// For many windows over one series, as in a parameter grid: the sums are made once, and each
/// window is then a loop without dependence between rows. The values are those of [`sma`], bit for
/// bit. Holds two doubles a row.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::indicators::{PrefixSums, sma};
///
/// let closes = [10.0, 10.5, 10.2, 10.9, 11.3];
/// let sums = PrefixSums::new(&closes);
/// let mut out = [0.0; 5];
/// for window in [2, 3] {
///     sums.sma_into(window, &mut out)?;
///     assert_eq!(out[2..], sma(&closes, window)?[2..]);
/// }
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PrefixSums {
    start: usize,
    /// Element `k` is the sum of the `k` values from row `start` on.
    high: Vec<f64>,
    low: Vec<f64>,
    n_rows: usize,
}

impl PrefixSums {
    /// The sums of a series; leading NaNs are skipped, as in [`sma`].
    #[must_use]
    pub fn new(values: &[f64]) -> Self {
        let start = values.iter().position(|value| !value.is_nan()).unwrap_or(values.len());
        let n = values.len() - start + 1;
        let (mut high, mut low) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut sum = ExactSum::default();
        high.push(sum.high);
        low.push(sum.low);
        for value in &values[start..] {
            sum.add(*value);
            high.push(sum.high);
            low.push(sum.low);
        }
        Self { start, high, low, n_rows: values.len() }
    }

    /// Rows of the series.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// [`sma`] of the series into a buffer of [`n_rows`](Self::n_rows) elements; allocates nothing.
    ///
    /// # Errors
    ///
    /// As [`sma_into`].
    pub fn sma_into(&self, window: usize, out: &mut [f64]) -> Result<()> {
        if window == 0 {
            return Err(ErrorKind::ZeroSize { parameter: "window" }.into());
        }
        if out.len() != self.n_rows {
            return Err(ErrorKind::OutputLength { expected: self.n_rows, got: out.len() }.into());
        }
        self.means_into(window, 0, out);
        Ok(())
    }

    /// [`sma`] of some rows only, into a buffer of as many elements: for going through a long series
    /// in pieces that stay in the cache. The same bits as the rows of [`sma_into`](Self::sma_into).
    ///
    /// # Errors
    ///
    /// As [`sma_into`], and [`ErrorKind::TooFewRows`] for rows beyond the series.
    // In line, so that a caller compiled for wider registers gets them here too.
    #[inline(always)]
    pub fn sma_rows_into(
        &self,
        window: usize,
        rows: std::ops::Range<usize>,
        out: &mut [f64],
    ) -> Result<()> {
        if window == 0 {
            return Err(ErrorKind::ZeroSize { parameter: "window" }.into());
        }
        if rows.end > self.n_rows {
            return Err(ErrorKind::TooFewRows { needed: rows.end, got: self.n_rows }.into());
        }
        if out.len() != rows.len() {
            return Err(ErrorKind::OutputLength { expected: rows.len(), got: out.len() }.into());
        }
        self.means_into(window, rows.start, out);
        Ok(())
    }

    /// The means of the rows from `from` on, as many as `out` holds; the caller has checked them.
    // In line, so that a caller compiled for wider registers gets them here too.
    #[inline(always)]
    fn means_into(&self, window: usize, from: usize, out: &mut [f64]) {
        let first = self.start.saturating_add(window - 1);
        let warm_up = first.saturating_sub(from).min(out.len());
        out[..warm_up].fill(f64::NAN);
        let out = &mut out[warm_up..];
        if out.is_empty() {
            return;
        }
        let divisor = window as f64;
        // Row `r` is the sum of `r + 1 - start` values less that of `window` fewer.
        let lag = from + warm_up - first;
        let lead = lag + window;
        let n = out.len();
        let later = self.high[lead..lead + n].iter().zip(&self.low[lead..lead + n]);
        let earlier = self.high[lag..lag + n].iter().zip(&self.low[lag..lag + n]);
        for ((slot, (high, low)), (high_0, low_0)) in out.iter_mut().zip(later).zip(earlier) {
            let earlier = ExactSum { high: *high_0, low: *low_0 };
            *slot = ExactSum { high: *high, low: *low }.since(earlier).divided_by(divisor);
        }
    }
}

/// [`sma`] of the closes, as an [`Indicator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sma {
    /// Number of values averaged, at least 1.
    pub window: usize,
}

impl Indicator for Sma {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("sma_{}", self.window)
    }

    fn warm_up(&self) -> usize {
        self.window.saturating_sub(1)
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        sma_into(columns.close(), self.window, only_line(self.name(), lines)?)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "sma",
    usage: "sma:WINDOW",
    build: |parameters| Ok(Box::new(Sma { window: parse_window(&ENTRY, parameters)? })),
};
