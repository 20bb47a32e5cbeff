//! Buying weakness, selling strength.

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
use crate::backtest::fast::{Each, SimdWidth, run};
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::{ErrorKind, Result};

/// Enters while the relative strength index of the closes is below `low`, leaves while it is above
/// `high`. Levels, not crossings: the signal repeats as long as the index stays beyond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RsiReversion {
    /// Changes averaged, at least 1.
    pub window: usize,
    /// Enter below this value of the index, 0 to 100.
    pub low: f64,
    /// Leave above this value of the index, 0 to 100.
    pub high: f64,
}

impl Strategy for RsiReversion {
    fn name(&self) -> &'static str {
        "rsi_reversion"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let bars = indicators.bars();
        check_window("window", self.window, bars)?;
        for (name, level) in [("low", self.low), ("high", self.high)] {
            if !(0.0..=100.0).contains(&level) {
                let expected = "a level of the index, 0 to 100";
                return Err(ErrorKind::InvalidParameter { name, value: level, expected }.into());
            }
        }
        let index = indicators.rsi(self.window);
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        let (Self { low, high, .. }, width, a) = (*self, SimdWidth::detect(), &index[..]);
        run(width, Each { a, b: a, flags: entries, holds: |value, _| value < low });
        run(width, Each { a, b: a, flags: exits, holds: |value, _| value > high });
        Ok(())
    }
}
