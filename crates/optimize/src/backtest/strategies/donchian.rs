//! The breakout of a channel.

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
use crate::backtest::fast::{Each, SimdWidth, run};
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// Enters where the close is above the highest high of the `entry` bars before it, leaves where it
/// is below the lowest low of the `exit` bars before it.
///
/// Where there are only closes, they stand for highs and lows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Donchian {
    /// Bars of the upper channel, at least 1.
    pub entry: usize,
    /// Bars of the lower channel, at least 1.
    pub exit: usize,
}

impl Strategy for Donchian {
    fn name(&self) -> &'static str {
        "donchian"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let bars = indicators.bars();
        check_window("entry", self.entry, bars)?;
        check_window("exit", self.exit, bars)?;
        let (upper, lower) =
            (indicators.highest_before(self.entry), indicators.lowest_before(self.exit));
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        let (a, width) = (bars.close(), SimdWidth::detect());
        run(width, Each { a, b: &upper, flags: entries, holds: |a, b| a > b });
        run(width, Each { a, b: &lower, flags: exits, holds: |a, b| a < b });
        Ok(())
    }
}
