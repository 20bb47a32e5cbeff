//! The crossover of the MACD and its signal line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tangency_preprocess::indicators::ema_into;

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

impl MacdCross {
    fn lines(&self, indicators: &Indicators<'_>) -> Result<[Arc<[f64]>; 2]> {
        let Self { fast, slow, signal } = *self;
        for (name, window) in [("fast", fast), ("slow", slow), ("signal", signal)] {
            check_window(name, window, indicators.bars())?;
        }
        let line = indicators.macd_line(fast, slow);
        // All three windows together are one set's own, so nobody else would find it.
        let average = indicators.once(|out| {
            ema_into(&line, signal, out).expect("windows and lengths were checked");
        });
        Ok([line, average])
    }
}

impl Strategy for MacdCross {
    fn name(&self) -> &'static str {
        "macd_cross"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let [line, signal] = self.lines(indicators)?;
        cross_signals(&line, &signal, signals);
        Ok(())
    }

    fn crossing(&self, indicators: &Indicators<'_>) -> Result<Option<[Arc<[f64]>; 2]>> {
        self.lines(indicators).map(Some)
    }
}
