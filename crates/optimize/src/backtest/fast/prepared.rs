//! A backtest with its tables made.

use super::crosses::{self, Scratch};
use super::masks::SignalMasks;
use super::simd::{SimdWidth, WORD};
use super::tables::Tables;
use super::walk::Walk;
use crate::backtest::config::BacktestConfig;
use crate::backtest::engine::Backtest;
use crate::backtest::indicators::Indicators;
use crate::backtest::moving_averages::MovingAverages;
use crate::backtest::signals::Signals;
use crate::backtest::simulation::{Nothing, simulate};
use crate::backtest::statistics::Statistics;
use crate::backtest::strategies::SmaCross;
use crate::backtest::strategy::Strategy;
use crate::error::Result;

/// A [`Backtest`] with the tables that its parameter sets share, for many runs on the same bars.
///
/// Holds about 140 bytes a bar. Statistics have the same bits as those of [`Backtest::run`], whatever
/// the width, and whether sets run alone or together.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, SmaCross};
///
/// let closes: Vec<f64> =
///     (0..400).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin() + f64::from(i % 7)).collect();
/// let backtest = Backtest::new(Bars::from_closes(&closes)?, BacktestConfig::new(252.0))?;
/// let prepared = backtest.prepare();
/// let crosses: Vec<SmaCross> = (2..12).map(|fast| SmaCross { fast, slow: 3 * fast }).collect();
/// let statistics = prepared.run_crosses(&crosses)?;
/// assert_eq!(statistics[3], backtest.run(&crosses[3])?.statistics);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug)]
pub struct PreparedBacktest<'a> {
    backtest: Backtest<'a>,
    tables: Tables<'a>,
    width: SimdWidth,
}

impl<'a> PreparedBacktest<'a> {
    pub(in crate::backtest) fn new(backtest: Backtest<'a>) -> Self {
        let (fill, close) = (backtest.fill_prices(), backtest.bars().close());
        let tables = Tables::new(fill, close, backtest.config().costs);
        Self { backtest, tables, width: SimdWidth::detect() }
    }

    /// With registers of this width instead of the widest; one that the processor does not have
    /// falls back to portable code. Results do not depend on it.
    #[must_use]
    pub fn with_width(mut self, width: SimdWidth) -> Self {
        self.width = width;
        self
    }

    /// The bars and the setting.
    #[must_use]
    pub fn backtest(&self) -> &Backtest<'a> {
        &self.backtest
    }

    /// The figures of signals computed elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongLength`](crate::ErrorKind::WrongLength) unless there is one of each a bar.
    pub fn statistics(&self, signals: &Signals) -> Result<Statistics> {
        self.backtest.check_length("signals", signals.len())?;
        let config = self.backtest.config();
        let mut walk = Walk::new(config);
        // The last bar has no bar after it to fill on.
        let orders = SignalMasks::new(signals, 0, signals.len() - 1).orders();
        walk.take(&self.tables, config, &orders, &mut Vec::new());
        if walk.settle(&self.tables) {
            return Ok(walk.statistics(&self.tables, config));
        }
        let order = |bar| signals.order(bar);
        Ok(simulate(self.tables.fill, self.tables.close, config, order, &mut Nothing))
    }

    /// The figures of a strategy over indicators that others share: by its crossing where it is one,
    /// else by its signals.
    pub(in crate::backtest) fn statistics_of(
        &self,
        strategy: &impl Strategy,
        indicators: &Indicators<'_>,
        (signals, scratch): &mut (Signals, Scratch),
    ) -> Result<Statistics> {
        if let Some([fast, slow]) = strategy.crossing(indicators)? {
            self.backtest.check_length("columns of a crossing", fast.len())?;
            self.backtest.check_length("columns of a crossing", slow.len())?;
            if let Some(statistics) = crosses::of_columns(self, &fast, &slow, scratch) {
                return Ok(statistics);
            }
        }
        strategy.signals_shared(indicators, signals)?;
        self.statistics(signals)
    }

    /// The figures of one crossover over averages computed beforehand.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnpreparedWindow`](crate::ErrorKind::UnpreparedWindow), or
    /// [`ErrorKind::WrongLength`](crate::ErrorKind::WrongLength) when the averages are of another
    /// number of bars.
    pub fn statistics_of_cross(
        &self,
        averages: &MovingAverages,
        cross: SmaCross,
    ) -> Result<Statistics> {
        self.backtest.check_length("moving averages", averages.n_bars())?;
        let (fast, slow) = (averages.get(cross.fast)?, averages.get(cross.slow)?);
        let mut scratch = Scratch::of_one();
        Ok(crosses::one(self, fast, slow, cross.first_crossing(), &mut scratch))
    }

    /// The figures of each crossover, on the calling thread. Each distinct average is computed once,
    /// and the sets go through the bars together in tiles that stay in the cache.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`](crate::ErrorKind::InvalidParameter) for a window of 0,
    /// [`ErrorKind::WindowTooLong`](crate::ErrorKind::WindowTooLong).
    pub fn run_crosses(&self, crosses: &[SmaCross]) -> Result<Vec<Statistics>> {
        crosses::many(self, crosses)
    }

    /// As [`run_crosses`](Self::run_crosses), over averages computed beforehand: for parts of a grid
    /// that share them.
    ///
    /// # Errors
    ///
    /// As [`statistics_of_cross`](Self::statistics_of_cross).
    pub fn run_crosses_over(
        &self,
        averages: &MovingAverages,
        crosses: &[SmaCross],
    ) -> Result<Vec<Statistics>> {
        self.backtest.check_length("moving averages", averages.n_bars())?;
        crosses::over(self, averages, crosses)
    }

    pub(super) fn tables(&self) -> &Tables<'a> {
        &self.tables
    }

    pub(super) fn config(&self) -> &BacktestConfig {
        self.backtest.config()
    }

    pub(super) fn width(&self) -> SimdWidth {
        self.width
    }
}

/// The bits of a word whose bars have a bar after them to fill on.
#[inline]
pub(super) fn decided(base: usize, n_bars: usize) -> u64 {
    let left = (n_bars - 1).saturating_sub(base);
    if left >= WORD { !0 } else { (1 << left) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bar_decides_nothing() {
        assert_eq!((decided(0, 1), decided(0, 65), decided(64, 65)), (0, !0, 0));
        assert_eq!(decided(0, 64), !0 >> 1);
    }
}
