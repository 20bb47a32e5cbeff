//! The same prices, a little off.

use serde::Serialize;
use tangency_pool::{Outcome, Pool};

use super::distribution::Distribution;
use super::draws::Draws;
use super::interval::check_paths;
use crate::backtest::Bars;
use crate::error::{ErrorKind, Result};

/// How prices are disturbed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceNoise {
    /// Standard deviation of the noise, as a share of that of the log returns from close to close:
    /// 0.1 moves a price by a tenth of what it moves in a bar.
    pub share: f64,
    /// Number of disturbed series.
    pub paths: usize,
    /// Seed.
    pub seed: u64,
}

/// A figure on the prices as they are and on disturbed ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NoiseReport {
    /// The figure on the prices themselves.
    pub undisturbed: f64,
    /// The figure on every disturbed series; NaN is counted and left out.
    pub disturbed: Distribution,
    /// Series on which the figure could not be computed.
    pub failed: usize,
}

/// Computes a figure, such as the Sharpe ratio of a backtest, on prices with noise.
///
/// Each bar's prices are all multiplied by `exp(s z)`, `z` standard normal and independent from bar
/// to bar, `s` the standard deviation of the log returns times [`PriceNoise::share`]: bars keep their
/// shape, returns get noise of variance `2 s^2` that reverses in the next bar. A rule whose figure
/// falls apart at a share of some per cent hangs on accidents of the record.
///
/// Path 0 is drawn from seed and 0, and so on; each running path holds a copy of the bars.
///
/// # Errors
///
/// [`ErrorKind::InvalidParameter`] for no paths or a share that is not finite or below 0,
/// [`ErrorKind::TooFewRows`] below three bars, what `figure` returns for the undisturbed prices, and
/// [`ErrorKind::Pool`]. A failure or panic on a disturbed series is counted.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, SmaCross};
/// use tangency_optimize::resampling::{PriceNoise, noisy_prices};
/// use tangency_pool::Pool;
///
/// let closes: Vec<f64> = (0..600).map(|t| 100.0 + 20.0 * (f64::from(t) / 40.0).sin()).collect();
/// let bars = Bars::from_closes(&closes)?;
/// let sharpe = |bars: &Bars<'_>| {
///     let rule = SmaCross { fast: 5, slow: 20 };
///     Ok(Backtest::new(*bars, BacktestConfig::new(252.0))?.run(&rule)?.statistics.sharpe)
/// };
/// let noise = PriceNoise { share: 0.2, paths: 50, seed: 1 };
/// let report = noisy_prices(&bars, noise, sharpe, &Pool::new(2)?)?;
/// assert_eq!(report.disturbed.len(), 50);
/// assert!(report.disturbed.median() < report.undisturbed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn noisy_prices(
    bars: &Bars<'_>,
    noise: PriceNoise,
    figure: impl Fn(&Bars<'_>) -> Result<f64> + Sync,
    pool: &Pool,
) -> Result<NoiseReport> {
    if !(noise.share.is_finite() && noise.share >= 0.0) {
        let (name, value, expected) = ("share of noise", noise.share, "a finite number, 0 or more");
        return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
    }
    check_paths(noise.paths)?;
    let close = bars.close();
    if close.len() < 3 {
        let (estimator, got) = ("noise on prices", close.len());
        return Err(ErrorKind::TooFewRows { estimator, needed: 3, got }.into());
    }
    let moves: Vec<f64> = close.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let mean = moves.iter().sum::<f64>() / moves.len() as f64;
    let squares: f64 = moves.iter().map(|m| (m - mean) * (m - mean)).sum();
    let scale = noise.share * (squares / (moves.len() as f64 - 1.0)).sqrt();
    let undisturbed = figure(bars)?;
    let report = pool.batch().try_map_indices(noise.paths, |path| {
        let mut draws = Draws::of_path(noise.seed, path);
        let factors: Vec<f64> = close.iter().map(|_| (scale * draws.normal()).exp()).collect();
        let disturbed = |prices: &[f64]| -> Vec<f64> {
            prices.iter().zip(&factors).map(|(price, factor)| price * factor).collect()
        };
        let close = disturbed(close);
        match bars.open() {
            None => figure(&Bars::from_closes(&close)?),
            Some(open) => {
                let (high, low) = (disturbed(bars.high_or_close()), disturbed(bars.low_or_close()));
                figure(&Bars::new(&disturbed(open), &high, &low, &close)?)
            }
        }
    });
    if let Some(error) = report.error() {
        return Err(ErrorKind::Pool { message: error.to_string() }.into());
    }
    let failed = report.outcomes.iter().filter(|outcome| !outcome.is_done()).count();
    let values = report.outcomes.into_iter().filter_map(Outcome::done);
    Ok(NoiseReport { undisturbed, disturbed: values.collect(), failed })
}
