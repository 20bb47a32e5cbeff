//! The same trades in another order, or drawn again.

use serde::Serialize;
use tangency_pool::Pool;

use super::distribution::Distribution;
use super::draws::Draws;
use super::interval::{check_paths, on_each_path};
use crate::error::{ErrorKind, Result};

/// What a run of trades could have looked like.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TradePaths {
    /// Growth over all trades, a fraction.
    pub total_return: Distribution,
    /// Deepest drawdown between trades, 0 or negative; what happened within a trade is not in it.
    pub max_drawdown: Distribution,
    /// Most losing trades in a row.
    pub longest_losing_streak: Distribution,
}

impl TradePaths {
    /// The share of paths with a drawdown of at least `depth`, such as 0.2 for one of 20 %.
    #[must_use]
    pub fn risk_of_drawdown(&self, depth: f64) -> f64 {
        self.max_drawdown.share_at_most(-depth)
    }
}

/// The trades in orders drawn uniformly: what the same trades could have felt like.
///
/// `returns` are those of each trade on the whole equity, fractions, such as
/// [`Trade::return_on_entry`](crate::backtest::Trade::return_on_entry) where every entry takes all cash. The total
/// return is the same on every path, up to rounding; the drawdown is not.
///
/// # Errors
///
/// [`ErrorKind::Empty`] without trades, [`ErrorKind::NonFiniteEntry`], [`ErrorKind::InvalidParameter`]
/// for no paths or a trade that lost more than everything, [`ErrorKind::Pool`].
///
/// # Examples
///
/// ```
/// use tangency_optimize::resampling::shuffle_trades;
/// use tangency_pool::Pool;
///
/// // Four losses at the end: how likely was it that they came in a row?
/// let trades = [0.08, 0.05, 0.06, 0.04, 0.07, 0.05, -0.06, -0.05, -0.06, -0.05];
/// let paths = shuffle_trades(&trades, 2_000, 1, &Pool::new(2)?)?;
/// assert!((paths.total_return.quantile(1.0) - paths.total_return.quantile(0.0)).abs() < 1e-12);
/// let in_a_row = 1.0 - paths.longest_losing_streak.share_at_most(3.0);
/// // 7 places for the block among C(10, 4) = 210.
/// assert!((in_a_row - 7.0 / 210.0).abs() < 0.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shuffle_trades(returns: &[f64], paths: usize, seed: u64, pool: &Pool) -> Result<TradePaths> {
    run(returns, paths, pool, |path, trades| {
        trades.extend_from_slice(returns);
        Draws::of_path(seed, path).shuffle(trades);
    })
}

/// As many trades, each drawn from all of them with replacement: what other draws of the same kind of
/// trade could have brought, for the total return as well.
///
/// # Errors
///
/// As [`shuffle_trades`].
pub fn resample_trades(
    returns: &[f64],
    paths: usize,
    seed: u64,
    pool: &Pool,
) -> Result<TradePaths> {
    run(returns, paths, pool, |path, trades| {
        let mut draws = Draws::of_path(seed, path);
        trades.extend((0..returns.len()).map(|_| returns[draws.below(returns.len())]));
    })
}

fn run(
    returns: &[f64],
    paths: usize,
    pool: &Pool,
    draw: impl Fn(usize, &mut Vec<f64>) + Sync,
) -> Result<TradePaths> {
    if returns.is_empty() {
        return Err(ErrorKind::Empty { what: "trade returns" }.into());
    }
    if let Some(index) = returns.iter().position(|r| !r.is_finite()) {
        let (what, value) = ("trade returns", returns[index]);
        return Err(ErrorKind::NonFiniteEntry { what, index, value }.into());
    }
    if let Some(value) = returns.iter().copied().find(|r| *r < -1.0) {
        let (name, expected) = ("return of a trade", "at least -1: all that was put in");
        return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
    }
    check_paths(paths)?;
    let outcomes = on_each_path(paths, pool, returns.len(), |path, trades| {
        trades.clear();
        draw(path, trades);
        walk(trades)
    })?;
    Ok(TradePaths {
        total_return: outcomes.iter().map(|outcome| outcome[0]).collect(),
        max_drawdown: outcomes.iter().map(|outcome| outcome[1]).collect(),
        longest_losing_streak: outcomes.iter().map(|outcome| outcome[2]).collect(),
    })
}

/// Total return, deepest drawdown and longest losing streak.
fn walk(trades: &[f64]) -> [f64; 3] {
    let (mut value, mut high, mut deepest) = (1.0_f64, 1.0_f64, 0.0_f64);
    let (mut streak, mut longest) = (0_u32, 0_u32);
    for trade in trades {
        value *= 1.0 + trade;
        high = high.max(value);
        deepest = deepest.min(value / high - 1.0);
        streak = if *trade < 0.0 { streak + 1 } else { 0 };
        longest = longest.max(streak);
    }
    [value - 1.0, deepest, f64::from(longest)]
}
