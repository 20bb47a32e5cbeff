//! What a trading rule is.

use std::fmt;
use std::sync::Arc;

use super::bars::Bars;
use super::indicators::Indicators;
use super::signals::Signals;
use crate::error::Result;

/// A long-only trading rule: bars in, entry and exit signals out.
///
/// Signals are computed for all bars at once. The signal of bar `i` may depend on bars up to and
/// including `i` and on nothing after it: it is filled on bar `i + 1`.
///
/// # Examples
///
/// A rule of one's own, in after three rising closes and out after a fall:
///
/// ```
/// use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, Signals, Strategy};
///
/// #[derive(Debug)]
/// struct ThreeUp;
///
/// impl Strategy for ThreeUp {
///     fn name(&self) -> &'static str {
///         "three_up"
///     }
///
///     fn signals_into(
///         &self,
///         bars: &Bars<'_>,
///         signals: &mut Signals,
///     ) -> tangency_optimize::Result<()> {
///         let close = bars.close();
///         signals.reset(close.len());
///         let (entries, exits) = signals.columns_mut();
///         for i in 1..close.len() {
///             entries[i] = i >= 3 && close[i - 3..=i].is_sorted();
///             exits[i] = close[i] < close[i - 1];
///         }
///         Ok(())
///     }
/// }
///
/// let closes = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 14.0, 13.0];
/// let backtest = Backtest::new(Bars::from_closes(&closes)?, BacktestConfig::new(252.0))?;
/// let result = backtest.run(&ThreeUp)?;
/// // In at 14, the close after three rises; out at 13, the close after the fall.
/// assert!((result.statistics.total_return - (13.0 / 14.0 - 1.0)).abs() < 1e-15);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub trait Strategy: fmt::Debug + Sync {
    /// Its name in results, in snake case.
    fn name(&self) -> &'static str;

    /// Writes the signals of every bar; resets `signals` to the number of bars first.
    ///
    /// # Errors
    ///
    /// Parameters that make no sense, such as a window of 0.
    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()>;

    /// As [`signals_into`](Self::signals_into), with indicators that other parameter sets on the same
    /// bars share. A grid calls this one; it must write the same signals.
    ///
    /// # Errors
    ///
    /// As [`signals_into`](Self::signals_into).
    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_into(indicators.bars(), signals)
    }

    /// Two columns, one value a bar, whose crossings are all there is to the rule, if it is such a rule:
    /// it enters where the first crosses above the second and leaves where it crosses below, as
    /// [`SmaCross`](super::SmaCross) says. Must say the same as the signals.
    ///
    /// [`Backtest::run_many`](super::Backtest::run_many) then compares the columns 64 bars at a time and
    /// asks for no signals. A column may start with NaN; one with a NaN later on is left to the signals.
    ///
    /// # Errors
    ///
    /// As [`signals_into`](Self::signals_into).
    fn crossing(&self, indicators: &Indicators<'_>) -> Result<Option<[Arc<[f64]>; 2]>> {
        let _ = indicators;
        Ok(None)
    }
}
