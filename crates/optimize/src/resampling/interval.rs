//! Intervals for figures of a series of returns.

use serde::Serialize;
use tangency_pool::Pool;

use super::bootstrap::Bootstrap;
use super::distribution::Distribution;
use super::draws::Draws;
use crate::error::{Error, ErrorKind, Result};
use crate::outcomes::all_done;

/// A figure, the interval it could as well lie in, and every value that was drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConfidenceInterval {
    /// The figure of the returns themselves.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// The figure of every drawn series.
    pub drawn: Distribution,
}

/// The percentile interval of any figure of a series of returns, by drawing blocks of it again.
///
/// `level` is the share of drawn figures within the interval, half of the rest on each side. For
/// several columns, such as a strategy and its benchmark, see that `figure` is asked for rows in the
/// same order: pass row numbers as the series. Each worker holds one drawn series.
///
/// The interval is right for long series and figures that are smooth; for the deepest drawdown, an
/// extreme, it is a description rather than a guarantee. Bradley Efron (1979), "Bootstrap methods:
/// another look at the jackknife", Annals of Statistics 7.
///
/// # Errors
///
/// [`ErrorKind::InvalidParameter`] unless the level is inside 0 to 1 and there is at least one path;
/// [`ErrorKind::NonFiniteEntry`]; as [`Bootstrap::check`]; [`ErrorKind::Pool`], also when `figure`
/// panics.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::sharpe_ratio;
/// use tangency_optimize::resampling::{Bootstrap, bootstrap_interval};
/// use tangency_pool::Pool;
///
/// let returns: Vec<f64> = (0..500).map(|t| 0.002 * f64::from(t * t % 31 - 14)).collect();
/// let way = Bootstrap::Stationary { mean_block: 10.0 };
/// let sharpe = |drawn: &[f64]| sharpe_ratio(drawn, 0.0, 252.0);
/// let interval = bootstrap_interval(&returns, way, sharpe, 0.95, 999, 7, &Pool::new(2)?)?;
/// assert!(interval.lower < interval.estimate && interval.estimate < interval.upper);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bootstrap_interval(
    returns: &[f64],
    way: Bootstrap,
    figure: impl Fn(&[f64]) -> f64 + Sync,
    level: f64,
    paths: usize,
    seed: u64,
    pool: &Pool,
) -> Result<ConfidenceInterval> {
    way.check(returns.len())?;
    if !(level > 0.0 && level < 1.0) {
        let (name, expected) = ("level", "above 0 and below 1");
        return Err(ErrorKind::InvalidParameter { name, value: level, expected }.into());
    }
    check_paths(paths)?;
    if let Some(index) = returns.iter().position(|r| !r.is_finite()) {
        let (what, value) = ("returns", returns[index]);
        return Err(ErrorKind::NonFiniteEntry { what, index, value }.into());
    }
    let n = returns.len();
    let drawn = on_each_path(paths, pool, n, |path, buffer: &mut Vec<f64>| {
        buffer.clear();
        way.rows(n, &mut Draws::of_path(seed, path), |row| buffer.push(returns[row]));
        figure(buffer)
    })?;
    let drawn: Distribution = drawn.into_iter().collect();
    Ok(ConfidenceInterval {
        estimate: figure(returns),
        lower: drawn.quantile(0.5 - 0.5 * level),
        upper: drawn.quantile(0.5 + 0.5 * level),
        drawn,
    })
}

pub(super) fn check_paths(paths: usize) -> Result<()> {
    if paths == 0 {
        let (name, expected) = ("number of paths", "at least 1");
        return Err(ErrorKind::InvalidParameter { name, value: 0.0, expected }.into());
    }
    Ok(())
}

/// Runs `task` for every path, each worker with a buffer for `room` values that it keeps.
pub(super) fn on_each_path<R: Send>(
    paths: usize,
    pool: &Pool,
    room: usize,
    task: impl Fn(usize, &mut Vec<f64>) -> R + Sync,
) -> Result<Vec<R>> {
    let scratch = pool.worker_state(move |_| Ok::<_, Error>(Vec::with_capacity(room)));
    let report = pool.batch().with(&scratch).map_indices(paths, |buffer, path| task(path, buffer));
    all_done(report)
}
