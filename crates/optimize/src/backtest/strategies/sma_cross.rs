//! The crossover of two moving averages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
use crate::backtest::fast::{Crossings, SimdWidth, run};
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::{Order, Signals};
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// Long while a fast moving average of the closes is above a slow one.
///
/// Enters where `fast[i-1] <= slow[i-1]` and `fast[i] > slow[i]`, leaves where `fast[i-1] >=
/// slow[i-1]` and `fast[i] < slow[i]`. Comparisons with the NaN of the warm-up are false, so the
/// first possible signal is on the bar after both averages exist. Averages are rounded once and ties
/// are exact; see [`sma`](tangency_preprocess::indicators::sma()). The windows may be given in any
/// order; a grid usually keeps only those with `fast < slow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SmaCross {
    /// Bars of the fast average, at least 1.
    pub fast: usize,
    /// Bars of the slow average, at least 1.
    pub slow: usize,
}

impl SmaCross {
    fn averages(&self, indicators: &Indicators<'_>) -> Result<[Arc<[f64]>; 2]> {
        check_window("fast", self.fast, indicators.bars())?;
        check_window("slow", self.slow, indicators.bars())?;
        Ok([indicators.sma(self.fast), indicators.sma(self.slow)])
    }
}

impl Strategy for SmaCross {
    fn name(&self) -> &'static str {
        "sma_cross"
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

/// Enters where `fast` crosses above `slow`, leaves where it crosses below.
pub(super) fn cross_signals(fast: &[f64], slow: &[f64], signals: &mut Signals) {
    signals.reset(fast.len());
    let (entries, exits) = signals.columns_mut();
    let above = (|a, b| a <= b, |a, b| a > b);
    let below = (|a, b| a >= b, |a, b| a < b);
    run(SimdWidth::detect(), Crossings { a: fast, b: slow, flags: entries, from_to: above });
    run(SimdWidth::detect(), Crossings { a: fast, b: slow, flags: exits, from_to: below });
}

/// What the crossing rule says at the close of `bar`.
#[inline]
pub(in crate::backtest) fn crossing(fast: &[f64], slow: &[f64], bar: usize) -> Order {
    let Some(before) = bar.checked_sub(1) else { return Order::Nothing };
    if fast[before] <= slow[before] && fast[bar] > slow[bar] {
        Order::Enter
    } else if fast[before] >= slow[before] && fast[bar] < slow[bar] {
        Order::Leave
    } else {
        Order::Nothing
    }
}
