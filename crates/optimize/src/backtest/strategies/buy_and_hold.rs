//! The benchmark.

use crate::backtest::bars::Bars;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// Enters at the first chance, the second bar, and never leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyAndHold;

impl Strategy for BuyAndHold {
    fn name(&self) -> &'static str {
        "buy_and_hold"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        signals.reset(bars.len());
        signals.columns_mut().0[0] = true;
        Ok(())
    }
}
