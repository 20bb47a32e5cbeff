//! Bollinger bands.

use super::columns::Columns;
use super::indicator::{Entry, Indicator};
use super::sma::sma_into;
use crate::error::{ErrorKind, Result};

/// Bollinger bands into three buffers: the moving average, and `deviations` population standard
/// deviations (divisor `window`) above and below it.
///
/// First values at row `window - 1`, NaN before; missing values as in [`sma`](super::sma()). The
/// deviation is taken from the window's own mean, so nothing cancels. The values are those of TA-Lib
/// `BBANDS` to 1e-7: its sum of squares loses digits. Costs `window` operations a row.
///
/// Bollinger (2002), *Bollinger on Bollinger Bands*.
///
/// # Errors
///
/// [`ErrorKind::ZeroSize`] for a window of 0, [`ErrorKind::OutputLength`].
///
/// # Examples
///
/// ```
/// let (mut upper, mut middle, mut lower) = ([0.0; 3], [0.0; 3], [0.0; 3]);
/// tangency_preprocess::indicators::bollinger_into(
///     &[1.0, 3.0, 7.0], 2, 1.5, &mut upper, &mut middle, &mut lower,
/// )?;
/// assert_eq!((upper[1], middle[1], lower[1]), (3.5, 2.0, 0.5));
/// assert_eq!((upper[2], middle[2], lower[2]), (8.0, 5.0, 2.0));
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn bollinger_into(
    values: &[f64],
    window: usize,
    deviations: f64,
    upper: &mut [f64],
    middle: &mut [f64],
    lower: &mut [f64],
) -> Result<()> {
    for out in [&*upper, &*lower] {
        let (expected, got) = (values.len(), out.len());
        if expected != got {
            return Err(ErrorKind::OutputLength { expected, got }.into());
        }
    }
    sma_into(values, window, middle)?;
    for (row, mean) in middle.iter().enumerate() {
        let width = if mean.is_nan() {
            f64::NAN
        } else {
            let squares = values[row + 1 - window..=row].iter().map(|v| (v - mean) * (v - mean));
            deviations * (squares.sum::<f64>() / window as f64).sqrt()
        };
        upper[row] = mean + width;
        lower[row] = mean - width;
    }
    Ok(())
}

/// [`bollinger_into`] of the closes, as an [`Indicator`] with the lines `upper`, `middle`, `lower`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bollinger {
    /// Number of values averaged, at least 1.
    pub window: usize,
    /// Standard deviations from the middle to either band.
    pub deviations: f64,
}

impl Indicator for Bollinger {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn label(&self) -> String {
        format!("bbands_{}_{}", self.window, self.deviations)
    }

    fn lines(&self) -> &'static [&'static str] {
        &["upper", "middle", "lower"]
    }

    fn warm_up(&self) -> usize {
        self.window.saturating_sub(1)
    }

    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()> {
        let (indicator, got) = (self.name(), lines.len());
        let [upper, middle, lower] = lines else {
            return Err(ErrorKind::OutputCount { indicator, expected: 3, got }.into());
        };
        bollinger_into(columns.close(), self.window, self.deviations, upper, middle, lower)
    }
}

pub(super) const ENTRY: Entry = Entry {
    name: "bbands",
    usage: "bbands:WINDOW:DEVIATIONS",
    build: |parameters| {
        let [window, deviations] = parameters else { return Err(ENTRY.bad_parameters(parameters)) };
        match (window.trim().parse(), deviations.trim().parse::<f64>()) {
            (Ok(0), _) => Err(ErrorKind::ZeroSize { parameter: "window" }.into()),
            (Ok(window), Ok(deviations)) if deviations.is_finite() => {
                Ok(Box::new(Bollinger { window, deviations }))
            }
            _ => Err(ENTRY.bad_parameters(parameters)),
        }
    },
};
