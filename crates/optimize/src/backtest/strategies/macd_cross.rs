//! The crossover of the MACD and its signal line.

use serde::{Deserialize, Serialize};
use tangency_preprocess::indicators::Macd;

use super::check_window;
use super::sma_cross::cross_signals;
use crate::backtest::bars::Bars;
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// Long while the MACD of the closes is above its signal line; crossings as in
/// [`SmaCross`](super::SmaCross), the lines as in
/// [`macd_into`](tangency_preprocess::indicators::macd_into).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MacdCross {
    /// Window of the fast average, at least 1.
    pub fast: usize,
    /// Window of the slow average, at least 1.
    pub slow: usize,
    /// Window of the signal line, at least 1.
    pub signal: usize,
}

impl Strategy for MacdCross {
    fn name(&self) -> &'static str {
        "macd_cross"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let Self { fast, slow, signal } = *self;
        for (name, window) in [("fast", fast), ("slow", slow), ("signal", signal)] {
            check_window(name, window, indicators.bars())?;
        }
        let [line, signal, _] = indicators.macd(Macd { fast, slow, signal });
        cross_signals(&line, &signal, signals);
        Ok(())
    }
}
