//! Holding the assets that rose most.

use serde::{Deserialize, Serialize};

use crate::backtest::target_weights::{
    Decision, PortfolioTrack, check_closes, hold_target_weights,
};
use crate::error::{ErrorKind, Result};

/// Every `every` bars, equal weights in those `hold` assets whose closes rose most over the
/// `lookback` bars before; an asset that did not rise leaves its share in cash.
///
/// Ties go to the earlier asset. The first decision is on bar `lookback`.
///
/// For programs only: it trades many assets, where a [`Strategy`](crate::backtest::Strategy) and so
/// `tangency backtest`, grids and studies trade one.
///
/// Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers", Journal of Finance 48.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::MomentumRotation;
///
/// let up: Vec<f64> = (0..20).map(|i| 10.0 + f64::from(i)).collect();
/// let flat = vec![10.0; 20];
/// let rotation = MomentumRotation { lookback: 5, hold: 1, every: 5 };
/// let track = rotation.track(&[&flat, &up], 0.0)?;
/// // Decided on bar 5, bought at the close of bar 6, held to the end.
/// assert_eq!(track.first_bar, 6);
/// assert!((track.equity[13] - 29.0 / 16.0).abs() < 1e-12);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MomentumRotation {
    /// Bars over which the rise is measured, at least 1.
    pub lookback: usize,
    /// Assets held, at least 1.
    pub hold: usize,
    /// Bars between decisions, at least 1.
    pub every: usize,
}

impl MomentumRotation {
    /// Bars and weights of each decision, one weight an asset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] for a 0 or more assets than there are,
    /// [`ErrorKind::WindowTooLong`], [`ErrorKind::WrongLength`] for closes of different lengths,
    /// [`ErrorKind::BadAssetPrice`] for one that is not above 0, [`ErrorKind::Empty`].
    pub fn decisions(&self, closes: &[&[f64]]) -> Result<Vec<(usize, Vec<f64>)>> {
        if closes.is_empty() {
            return Err(ErrorKind::Empty { what: "closes" }.into());
        }
        let bars = check_closes(closes)?;
        for (name, value) in
            [("lookback", self.lookback), ("hold", self.hold), ("every", self.every)]
        {
            if value == 0 || name == "hold" && value > closes.len() {
                let expected = "at least 1, and no more assets than there are";
                let value = value as f64;
                return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
            }
        }
        if self.lookback >= bars {
            let (name, window) = ("lookback", self.lookback);
            return Err(ErrorKind::WindowTooLong { name, window, bars }.into());
        }
        let share = 1.0 / self.hold as f64;
        let decide = |bar: usize| {
            let rise = |asset: usize| closes[asset][bar] / closes[asset][bar - self.lookback];
            let mut ranked: Vec<usize> = (0..closes.len()).collect();
            ranked.sort_by(|a, b| rise(*b).total_cmp(&rise(*a)));
            let mut weights = vec![0.0; closes.len()];
            for asset in ranked.into_iter().take(self.hold).filter(|asset| rise(*asset) > 1.0) {
                weights[asset] = share;
            }
            (bar, weights)
        };
        Ok((self.lookback..bars).step_by(self.every).map(decide).collect())
    }

    /// What the decisions would have earned at two-way costs of `cost`, traded at the close after
    /// each; see [`hold_target_weights`].
    ///
    /// # Errors
    ///
    /// As [`decisions`](Self::decisions) and [`hold_target_weights`].
    pub fn track(&self, closes: &[&[f64]], cost: f64) -> Result<PortfolioTrack> {
        let decisions = self.decisions(closes)?;
        let borrowed: Vec<Decision<'_>> =
            decisions.iter().map(|(bar, weights)| Decision { bar: *bar, weights }).collect();
        hold_target_weights(closes, &borrowed, cost)
    }
}
