//! The breakout of an oversized bar.

use serde::{Deserialize, Serialize};
use tangency_preprocess::indicators::sma_into;

use super::check_window;
use crate::backtest::bars::Bars;
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
        let close = bars.close();
        let start = |bar: usize| match bars.open() {
            Some(open) => open[bar],
            None => bar.checked_sub(1).map_or(f64::NAN, |before| close[before]),
        };
        let range = indicators.column("bar range", |out| {
            let (high, low) = (bars.high_or_close(), bars.low_or_close());
            for (bar, slot) in out.iter_mut().enumerate() {
                *slot = match bars.open() {
                    Some(_) => high[bar] - low[bar],
                    None => (close[bar] - start(bar)).abs(),
                };
            }
        });
        let mean = indicators.column(&format!("sma(bar range, {})", self.window), |out| {
            sma_into(&range, self.window, out).expect("the window was checked");
        });
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        for bar in 1..bars.len() {
            let is_big = range[bar] > self.multiple * mean[bar - 1];
            entries[bar] = is_big && close[bar] > start(bar);
            exits[bar] = is_big && close[bar] < start(bar);
        }
        Ok(())
    }
}
