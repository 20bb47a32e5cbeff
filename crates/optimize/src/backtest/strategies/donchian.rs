//! The breakout of a channel.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::check_window;
use crate::backtest::bars::Bars;
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
        check_window("entry", self.entry, bars)?;
        check_window("exit", self.exit, bars)?;
        let close = bars.close();
        signals.reset(bars.len());
        let (entries, exits) = signals.columns_mut();
        let highest = |new: f64, old: f64| new >= old;
        let lowest = |new: f64, old: f64| new <= old;
        for_each_extreme_before(bars.high_or_close(), self.entry, highest, |bar, high| {
            entries[bar] = close[bar] > high;
        });
        for_each_extreme_before(bars.low_or_close(), self.exit, lowest, |bar, low| {
            exits[bar] = close[bar] < low;
        });
        Ok(())
    }
}

/// Calls `visit(bar, extreme)` with the extreme of the `window` values before each bar that has so
/// many, in linear time: a queue keeps only values that no later one outdoes.
pub(in crate::backtest) fn for_each_extreme_before(
    values: &[f64],
    window: usize,
    outdoes: impl Fn(f64, f64) -> bool,
    mut visit: impl FnMut(usize, f64),
) {
    let mut queue: VecDeque<usize> = VecDeque::new();
    for bar in 0..values.len() {
        if bar >= window {
            while queue.front().is_some_and(|oldest| *oldest + window < bar) {
                queue.pop_front();
            }
            if let Some(best) = queue.front() {
                visit(bar, values[*best]);
            }
        }
        while queue.back().is_some_and(|last| outdoes(values[bar], values[*last])) {
            queue.pop_back();
        }
        queue.push_back(bar);
    }
}
