//! Moving average convergence and divergence.

use super::columns::Columns;
use super::ema::ema_into;
use super::indicator::{Entry, Indicator};
use super::window::first_number;
use crate::error::{ErrorKind, Result};

/// The windows of a MACD, each at least 1. Where `slow` is below `fast` they change places, as in
/// TA-Lib.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Macd {
    /// Window of the fast exponential average.
    pub fast: usize,
    /// Window of the slow exponential average.
    pub slow: usize,
    /// Window of the exponential average of their difference.
    pub signal: usize,
}

/// MACD into three buffers: the difference of two exponential averages, the exponential average of
/// that difference, and the difference of those two.
///
/// Both averages start at row `slow - 1`, the fast one from the mean of the `fast` values up to it.
/// First values of all lines at row `slow + signal - 2`, NaN before; missing values as in
/// [`ema`](super::ema()). The values are those of TA-Lib `MACD` (unstable period 0). Allocates one
/// buffer.
///
/// Appel (1979), *The Moving Average Convergence-Divergence Trading Method*.
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`] for a window of 0, [`ErrorKind::OutputLength`].
///
/// # Examples
///
/// ```
/// use tangency_preprocess::indicators::{Macd, macd_into};
///
/// let closes: Vec<f64> = (0..6).map(f64::from).collect();
/// let (mut line, mut signal, mut histogram) = ([0.0; 6], [0.0; 6], [0.0; 6]);
/// let windows = Macd { fast: 2, slow: 4, signal: 2 };
/// macd_into(&closes, windows, &mut line, &mut signal, &mut histogram)?;
/// assert!(line[3].is_nan());
/// // On a straight line the averages lag by half a bar and by one and a half.
/// assert!((line[4] - 1.0).abs() < 1e-12 && histogram[4].abs() < 1e-12);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn macd_into(
    values: &[f64],
    windows: Macd,
    line: &mut [f64],
    signal: &mut [f64],
    histogram: &mut [f64],
) -> Result<()> {
    let (fast, slow) = (windows.fast.min(windows.slow), windows.fast.max(windows.slow));
    if fast == 0 || windows.signal == 0 {
        let parameter = if fast == 0 { "fast" } else { "signal" };
        return Err(ErrorKind::ZeroSize { parameter }.into());
    }
    let start = first_number(values, slow, line)?;
    for out in [&*signal, &*histogram] {
        let (expected, got) = (values.len(), out.len());
        if expected != got {
            return Err(ErrorKind::OutputLength { expected, got }.into());
        }
    }
    ema_into(values, slow, line)?;
    // Later than the slow one by as much as its window is shorter, so that both start together.
    let late = start.saturating_add(slow - fast).min(values.len());
    let mut quick = vec![f64::NAN; values.len() - late];
    ema_into(&values[late..], fast, &mut quick)?;
    for (line, quick) in line[late..].iter_mut().zip(&quick) {
        *line = quick - *line;
    }
    ema_into(line, windows.signal, signal)?;
    let first = start.saturating_add(slow - 1).saturating_add(windows.signal - 1);
    let first = first.min(values.len());
    line[..first].fill(f64::NAN);
    for (out, (line, signal)) in histogram.iter_mut().zip(line.iter().zip(&*signal)) {
        *out = line - signal;
    }
    Ok(())
}

impl Indicator for Macd {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("macd_{}_{}_{}", self.fast, self.slow, self.signal)
    }

    fn lines(&self) -> &'static [&'static str] {
        &["macd", "signal", "histogram"]
    }

    fn warm_up(&self) -> usize {
        (self.fast.max(self.slow) + self.signal).saturating_sub(2)
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        let (indicator, got) = (self.name(), lines.len());
        let [line, signal, histogram] = lines else {
            return Err(ErrorKind::OutputCount { indicator, expected: 3, got }.into());
        };
        macd_into(columns.close(), *self, line, signal, histogram)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "macd",
    usage: "macd:FAST:SLOW:SIGNAL",
    build: |parameters| {
        let [fast, slow, signal] = parameters else { return Err(ENTRY.bad_parameters(parameters)) };
        let [Ok(fast), Ok(slow), Ok(signal)] = [fast, slow, signal].map(|text| text.trim().parse())
        else {
            return Err(ENTRY.bad_parameters(parameters));
        };
        for (parameter, window) in [("fast", fast), ("slow", slow), ("signal", signal)] {
            if window == 0 {
                return Err(ErrorKind::ZeroSize { parameter }.into());
            }
        }
        Ok(Box::new(Macd { fast, slow, signal }))
    },
};
