//! The crossover of two exponential moving averages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::check_window;
use super::sma_cross::cross_signals;
use crate::backtest::bars::Bars;
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// Long while a fast exponential moving average of the closes is above a slow one; the rule is that
/// of [`SmaCross`](super::SmaCross).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EmaCross {
    /// Window of the fast average, at least 1.
    pub fast: usize,
    /// Window of the slow average, at least 1.
    pub slow: usize,
}

impl EmaCross {
    fn averages(&self, indicators: &Indicators<'_>) -> Result<[Arc<[f64]>; 2]> {
        check_window("fast", self.fast, indicators.bars())?;
        check_window("slow", self.slow, indicators.bars())?;
        Ok([indicators.ema(self.fast), indicators.ema(self.slow)])
    }
}

impl Strategy for EmaCross {
    fn name(&self) -> &'static str {
        "ema_cross"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let [fast, slow] = self.averages(indicators)?;
        cross_signals(&fast, &slow, signals);
        Ok(())
    }

    fn crossing(&self, indicators: &Indicators<'_>) -> Result<Option<[Arc<[f64]>; 2]>> {
        self.averages(indicators).map(Some)
    }
}
