//! Buying below a band, selling at its middle.

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
use crate::backtest::fast::{Each, SimdWidth, Task, run};
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::{ErrorKind, Result};

/// Enters while the close is below the lower Bollinger band, leaves while it is above the middle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BollingerReversion {
    /// Bars of the average and the deviation, at least 1.
    pub window: usize,
    /// Standard deviations from the middle to the band, above 0.
    pub deviations: f64,
}

impl Strategy for BollingerReversion {
    fn name(&self) -> &'static str {
        "bollinger_reversion"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        let bars = indicators.bars();
        check_window("window", self.window, bars)?;
        let value = self.deviations;
        if !(value.is_finite() && value > 0.0) {
            let (name, expected) = ("deviations", "a finite number above 0");
            return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
        }
        let middle = indicators.sma(self.window);
        let deviation = indicators.deviation(self.window);
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        let (a, width) = (bars.close(), SimdWidth::detect());
        let below = Below { close: a, middle: &middle, deviation: &deviation, deviations: value };
        run(width, (below, entries));
        run(width, Each { a, b: &middle, flags: exits, holds: |a, b| a > b });
        Ok(())
    }
}

/// Whether each close is below the lower band.
struct Below<'t> {
    close: &'t [f64],
    middle: &'t [f64],
    deviation: &'t [f64],
    deviations: f64,
}

impl Task for (Below<'_>, &mut [bool]) {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (Below { close, middle, deviation, deviations }, flags) = self;
        let bands = middle.iter().zip(deviation);
        for ((flag, close), (mean, deviation)) in flags.iter_mut().zip(close).zip(bands) {
            *flag = *close < mean - deviations * deviation;
        }
    }
}
