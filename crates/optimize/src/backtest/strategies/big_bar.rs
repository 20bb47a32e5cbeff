//! The breakout of an oversized bar.

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
use crate::backtest::fast::{SimdWidth, Task, run};
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::{ErrorKind, Result};

/// An oversized bar starts a trade in its direction: enters after a bar whose range is more than
/// `multiple` times the mean range of the `window` bars before it and which closes above its open,
/// leaves after one that closes below its open.
///
/// The range is high less low. Where there are only closes, a bar reaches from the close before to its
/// own, and the first bar has no range. For short trades after falling bars run it with
/// [`Direction::Both`](crate::backtest::events::Direction).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BigBar {
    /// Bars that a bar's range is compared with, at least 1.
    pub window: usize,
    /// How many times their mean range it has to exceed, above 0.
    pub multiple: f64,
}

impl Strategy for BigBar {
    fn name(&self) -> &'static str {
        "big_bar"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let bars = indicators.bars();
        check_window("window", self.window, bars)?;
        let value = self.multiple;
        if !(value.is_finite() && value > 0.0) {
            let (name, expected) = ("multiple", "a finite number above 0");
            return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
        }
        // Where a bar starts: at its open, or at the close before where there are only closes.
        let before;
        let start = match bars.open() {
            Some(open) => open,
            None => {
                before = indicators.close_before();
                &before[..]
            }
        };
        let (range, mean) = (indicators.bar_range(), indicators.mean_range(self.window));
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        let breakouts = Breakouts {
            close: &bars.close()[1..],
            start: &start[1..],
            range: &range[1..],
            mean: &mean,
            multiple: self.multiple,
            flags: (&mut entries[1..], &mut exits[1..]),
        };
        run(SimdWidth::detect(), breakouts);
        Ok(())
    }
}

/// Flags of bars from the second on, with the mean range up to the bar before each.
struct Breakouts<'t> {
    close: &'t [f64],
    start: &'t [f64],
    range: &'t [f64],
    mean: &'t [f64],
    multiple: f64,
    flags: (&'t mut [bool], &'t mut [bool]),
}

impl Task for Breakouts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let sizes = self.range.iter().zip(self.mean);
        let moves = self.close.iter().zip(self.start);
        let flags = self.flags.0.iter_mut().zip(self.flags.1);
        for (((entry, exit), (range, mean)), (close, start)) in flags.zip(sizes).zip(moves) {
            let is_big = *range > self.multiple * mean;
            *entry = is_big & (close > start);
            *exit = is_big & (close < start);
        }
    }
}
