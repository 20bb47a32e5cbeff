//! Borrowed price bars, checked once.

use std::ops::Range;

use crate::error::{ErrorKind, Result};

/// Open, high, low and close of each bar, oldest first, or closes only.
///
/// Borrowed, never copied. Every price is a finite number above zero: a bar with a missing price
/// has to be dropped or mended before, since there is no telling at what price an order would have
/// filled.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::Bars;
///
/// let bars = Bars::from_closes(&[10.0, 10.5, 10.2])?;
/// assert_eq!((bars.len(), bars.open()), (3, None));
///
/// let error = Bars::from_closes(&[10.0, 0.0]).unwrap_err();
/// assert_eq!(error.to_string(), "close of bar 1 is 0, expected a finite number above zero");
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    close: &'a [f64],
    rest: Option<OpenHighLow<'a>>,
}

#[derive(Debug, Clone, Copy)]
struct OpenHighLow<'a> {
    open: &'a [f64],
    high: &'a [f64],
    low: &'a [f64],
}

impl<'a> Bars<'a> {
    /// Bars of closes only; orders fill at the next close.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] without bars, [`ErrorKind::BadPrice`] naming bar and column.
    pub fn from_closes(close: &'a [f64]) -> Result<Self> {
        if close.is_empty() {
            return Err(ErrorKind::Empty { what: "close" }.into());
        }
        check_prices("close", close)?;
        Ok(Self { close, rest: None })
    }

    /// Full bars; orders fill at the next open.
    ///
    /// # Errors
    ///
    /// As [`from_closes`](Self::from_closes), [`ErrorKind::WrongLength`] when columns differ in
    /// length from the closes, [`ErrorKind::CrossedBar`] when a high is below its low.
    pub fn new(open: &'a [f64], high: &'a [f64], low: &'a [f64], close: &'a [f64]) -> Result<Self> {
        let closes = Self::from_closes(close)?;
        for (what, column) in [("open", open), ("high", high), ("low", low)] {
            let (expected, got) = (close.len(), column.len());
            if expected != got {
                return Err(ErrorKind::WrongLength { what, expected, got }.into());
            }
            check_prices(what, column)?;
        }
        if let Some(bar) = high.iter().zip(low).position(|(high, low)| high < low) {
            return Err(ErrorKind::CrossedBar { bar, high: high[bar], low: low[bar] }.into());
        }
        Ok(Self { rest: Some(OpenHighLow { open, high, low }), ..closes })
    }

    /// Number of bars, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "bars are never empty")]
    pub fn len(&self) -> usize {
        self.close.len()
    }

    /// The closes.
    #[must_use]
    pub fn close(&self) -> &'a [f64] {
        self.close
    }

    /// The opens, unless there are only closes.
    #[must_use]
    pub fn open(&self) -> Option<&'a [f64]> {
        self.rest.map(|rest| rest.open)
    }

    /// The highs; the closes where there is nothing else.
    #[must_use]
    pub fn high_or_close(&self) -> &'a [f64] {
        self.rest.map_or(self.close, |rest| rest.high)
    }

    /// The lows; the closes where there is nothing else.
    #[must_use]
    pub fn low_or_close(&self) -> &'a [f64] {
        self.rest.map_or(self.close, |rest| rest.low)
    }

    /// The bars up to and including `last`, which there is.
    #[inline]
    pub(super) fn up_to(&self, last: usize) -> Self {
        let end = last + 1;
        let rest = self.rest.map(|rest| OpenHighLow {
            open: &rest.open[..end],
            high: &rest.high[..end],
            low: &rest.low[..end],
        });
        Self { close: &self.close[..end], rest }
    }

    /// Some of the bars, as for a fold; nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RangeOutOfBounds`], or [`ErrorKind::Empty`] for an empty range.
    pub fn slice(&self, range: Range<usize>) -> Result<Self> {
        let (start, end) = (range.start, range.end);
        let Some(close) = self.close.get(range.clone()) else {
            let n_rows = self.len();
            return Err(ErrorKind::RangeOutOfBounds { what: "bars", start, end, n_rows }.into());
        };
        if close.is_empty() {
            return Err(ErrorKind::Empty { what: "close" }.into());
        }
        let rest = self.rest.map(|rest| OpenHighLow {
            open: &rest.open[range.clone()],
            high: &rest.high[range.clone()],
            low: &rest.low[range],
        });
        Ok(Self { close, rest })
    }
}

fn check_prices(column: &'static str, prices: &[f64]) -> Result<()> {
    match prices.iter().position(|price| !(price.is_finite() && *price > 0.0)) {
        Some(bar) => Err(ErrorKind::BadPrice { bar, column, value: prices[bar] }.into()),
        None => Ok(()),
    }
}
