//! The ranges of bars, and what a level can be reached by.

use crate::backtest::bars::Bars;
use crate::backtest::events::terms::BarRange;

/// Bars with the lowest and the highest price at which anything fills within them.
#[derive(Debug)]
pub(super) struct Ranges<'a> {
    open: &'a [f64],
    pub(super) highs: &'a [f64],
    pub(super) lows: &'a [f64],
    /// The lower of low and open, the higher of high and open.
    pub(super) floors: Vec<f64>,
    pub(super) ceilings: Vec<f64>,
}

impl<'a> Ranges<'a> {
    pub(super) fn new(bars: &Bars<'a>) -> Self {
        let (highs, lows) = (bars.high_or_close(), bars.low_or_close());
        let open = bars.open().unwrap_or(bars.close());
        let joined = |column: &[f64], two: fn(f64, f64) -> f64| {
            column.iter().zip(open).map(|(price, open)| two(*price, *open)).collect()
        };
        Self {
            open,
            highs,
            lows,
            floors: joined(lows, f64::min),
            ceilings: joined(highs, f64::max),
        }
    }

    #[inline(always)]
    pub(super) fn range(&self, bar: usize) -> BarRange {
        BarRange { open: self.open[bar], high: self.highs[bar], low: self.lows[bar] }
    }
}
