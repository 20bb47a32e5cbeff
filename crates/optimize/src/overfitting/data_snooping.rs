//! Is the best of all trials better than the benchmark, all of them taken into account?

use serde::Serialize;
use tangency_pool::Pool;

use super::trial_returns::TrialReturns;
use crate::error::{ErrorKind, Result};
use crate::outcomes::all_done;
use crate::resampling::{Bootstrap, Draws};

/// White's reality check and Hansen's test for superior predictive ability (SPA), by the stationary
/// bootstrap.
///
/// Both ask whether the trial with the largest mean return in excess of the benchmark is better than
/// it in truth, where the hypothesis to refute is that **no** trial is: how often would trials like
/// these, with their scatter and the way they depend on each other, show a best one like this? They
/// do so by drawing blocks of rows again, the same rows for all trials. The reality check
/// compares means, and a hopeless trial with a large scatter can hide a good one; SPA divides each
/// mean by its standard error and leaves out of the hypothesis those trials that are clearly worse.
///
/// Both reject too often where blocks are so long that few of them fit into the series (below some
/// thirty), or so short that returns remember across them; SPA more so, since it takes its standard
/// errors as known. A small p-value says that some trial beats the benchmark, not by how much, and of the others
/// nothing. A large one is no proof that none does: short series say little.
///
/// | setting | default | meaning |
/// |---|---|---|
/// | `replications` | 1000 | drawn series; the smallest p-value is one over one more |
/// | `mean_block` | 10 rows | mean length of a block; longer where returns remember longer |
/// | `seed` | 0 | replication `b` draws from the seed and `b` |
///
/// Costs `replications trials rows` multiplications, on the pool. Holds one number a replication and
/// test, and eight a row for each worker.
///
/// Halbert White (2000), "A reality check for data snooping", Econometrica 68; Peter Reinhard Hansen
/// (2005), "A test for superior predictive ability", Journal of Business & Economic Statistics 23;
/// Dimitris N. Politis and Joseph P. Romano (1994), "The stationary bootstrap".
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::{DataSnooping, TrialReturns};
/// use tangency_pool::{Pool, item_seed};
///
/// let noise = |k: usize, t: usize| 2.0 * item_seed(k as u64, t) as f64 / 2_f64.powi(64) - 1.0;
/// let trials = |edge: f64| -> Vec<f64> {
///     let edge = move |k| if k == 6 { edge } else { 0.0 };
///     (0..10).flat_map(|k| (0..400).map(move |t| 0.01 * (noise(k, t) + edge(k)))).collect()
/// };
/// let pool = Pool::new(2)?;
/// let p = |returns: &[f64]| {
///     DataSnooping::default().test(&TrialReturns::new(returns, 400)?, None, &pool)
/// };
/// assert!(p(&trials(0.0))?.consistent > 0.1);
/// let real = p(&trials(0.2))?;
/// assert_eq!(real.best, 6);
/// assert!(real.consistent < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataSnooping {
    replications: usize,
    mean_block: f64,
    seed: u64,
}

impl Default for DataSnooping {
    fn default() -> Self {
        Self { replications: 1_000, mean_block: 10.0, seed: 0 }
    }
}

/// What both tests say. P-values are `(1 + draws that reach the statistic) / (1 + draws)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SnoopingTest {
    /// The trial with the largest mean excess return; the earliest in a tie.
    pub best: usize,
    /// Its mean excess return per period.
    pub best_mean: f64,
    /// White's statistic: `sqrt(n)` times the largest mean excess return.
    pub reality_check_statistic: f64,
    /// P-value of White's reality check.
    pub reality_check: f64,
    /// The trial with the largest mean in standard errors, which SPA looks at.
    pub best_studentised: usize,
    /// Hansen's statistic: `sqrt(n)` times that largest mean, each over its long-run standard
    /// deviation; 0 where no trial beats the benchmark.
    pub spa_statistic: f64,
    /// Lower bound of the SPA p-value: trials that did worse than the benchmark are taken to be worse
    /// by as much. Too small where they are not.
    pub lower: f64,
    /// The SPA p-value: only trials that are worse beyond doubt are left out.
    pub consistent: f64,
    /// Upper bound: every trial is taken to be as good as the benchmark.
    pub upper: f64,
}

impl DataSnooping {
    /// Number of drawn series.
    #[must_use]
    pub fn replications(mut self, replications: usize) -> Self {
        self.replications = replications;
        self
    }

    /// Mean length of a block in rows, 1 to the number of rows.
    #[must_use]
    pub fn mean_block(mut self, rows: f64) -> Self {
        self.mean_block = rows;
        self
    }

    /// The seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Runs both tests of the trials against a benchmark's returns over the same rows; without one,
    /// against earning nothing.
    ///
    /// A trial that equals the benchmark in every row, such as one that never traded, cannot be
    /// better and is passed over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] for no replications or a block length that does not fit,
    /// [`ErrorKind::TooFewRows`] below three, [`ErrorKind::WrongLength`] or
    /// [`ErrorKind::NonFiniteEntry`] for the benchmark, [`ErrorKind::ConstantReturns`] for a trial
    /// that differs from it by the same amount in every row, [`ErrorKind::TooFewTrials`] where every
    /// trial equals it, [`ErrorKind::Pool`].
    pub fn test(
        &self,
        trials: &TrialReturns<'_>,
        benchmark: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<SnoopingTest> {
        let n = trials.n_rows();
        self.check(n, benchmark)?;
        let way = Bootstrap::Stationary { mean_block: self.mean_block };
        way.check(n)?;
        let measured = self.measure(trials, benchmark, pool)?;
        let root = (n as f64).sqrt();

        let first = |better: &dyn Fn(&Excess) -> f64| {
            measured.iter().fold(measured[0], |best, next| {
                if better(next) > better(&best) { *next } else { best }
            })
        };
        let best = first(&|excess| excess.mean);
        let best_studentised = first(&|excess| excess.mean / excess.deviation);
        let reality = root * best.mean;
        let spa = (root * best_studentised.mean / best_studentised.deviation).max(0.0);

        // What Hansen takes each true mean to be, for the three p-values.
        let doubt = (2.0 * (n as f64).ln().ln()).sqrt();
        let recentred: Vec<[f64; 3]> = measured
            .iter()
            .map(|excess| {
                let clear = excess.mean < -excess.deviation / root * doubt;
                [excess.mean.max(0.0), if clear { 0.0 } else { excess.mean }, excess.mean]
            })
            .collect();
        let tiles = self.replications.div_ceil(TILE);
        let scratch = pool.worker_state(move |_| Ok::<_, crate::Error>(vec![[0.0; TILE]; n]));
        let report = pool.batch().with(&scratch).map_indices(tiles, |weights, tile| {
            weights.fill([0.0; TILE]);
            (0..TILE).for_each(|lane| {
                let mut draws = Draws::of_path(self.seed, tile * TILE + lane);
                way.rows(n, &mut draws, |row| weights[row][lane] += 1.0);
            });
            let ground = benchmark.map_or([0.0; TILE], |returns| weighted(weights, returns));
            // White's and the three of Hansen's, for each replication of the tile.
            let mut largest = [[f64::NEG_INFINITY, 0.0, 0.0, 0.0]; TILE];
            for (excess, centres) in measured.iter().zip(&recentred) {
                let sums = weighted(weights, trials.of(excess.trial));
                for lane in 0..TILE {
                    let mean = (sums[lane] - ground[lane]) / n as f64;
                    let [reality, hansen @ ..] = &mut largest[lane];
                    *reality = reality.max(root * (mean - excess.mean));
                    for (largest, centre) in hansen.iter_mut().zip(centres) {
                        *largest = largest.max(root * (mean - centre) / excess.deviation);
                    }
                }
            }
            largest
        });
        let drawn = all_done(report)?;
        let p_value = |which: usize, statistic: f64| {
            let all = drawn.iter().flatten().take(self.replications);
            let reached = all.filter(|largest| largest[which] >= statistic).count();
            (1.0 + reached as f64) / (1.0 + self.replications as f64)
        };
        Ok(SnoopingTest {
            best: best.trial,
            best_mean: best.mean,
            reality_check_statistic: reality,
            reality_check: p_value(0, reality),
            best_studentised: best_studentised.trial,
            spa_statistic: spa,
            lower: p_value(1, spa),
            consistent: p_value(2, spa),
            upper: p_value(3, spa),
        })
    }

    fn check(&self, n: usize, benchmark: Option<&[f64]>) -> Result<()> {
        if self.replications == 0 {
            let (name, expected) = ("number of replications", "at least 1");
            return Err(ErrorKind::InvalidParameter { name, value: 0.0, expected }.into());
        }
        if n < 3 {
            let estimator = "a test for data snooping";
            return Err(ErrorKind::TooFewRows { estimator, needed: 3, got: n }.into());
        }
        let Some(benchmark) = benchmark else { return Ok(()) };
        if benchmark.len() != n {
            let (what, got) = ("benchmark", benchmark.len());
            return Err(ErrorKind::WrongLength { what, expected: n, got }.into());
        }
        match benchmark.iter().position(|r| !r.is_finite()) {
            Some(index) => {
                let (what, value) = ("benchmark", benchmark[index]);
                Err(ErrorKind::NonFiniteEntry { what, index, value }.into())
            }
            None => Ok(()),
        }
    }

    /// Mean and long-run deviation of every trial's excess returns; at least one.
    fn measure(
        &self,
        trials: &TrialReturns<'_>,
        benchmark: Option<&[f64]>,
        pool: &Pool,
    ) -> Result<Vec<Excess>> {
        let report = pool.batch().try_map_indices(trials.n_trials(), |trial| -> Result<_> {
            let mut excess = trials.of(trial).to_vec();
            if let Some(benchmark) = benchmark {
                excess.iter_mut().zip(benchmark).for_each(|(own, ground)| *own -= ground);
            }
            let first = excess[0];
            if excess.iter().all(|value| *value == first) {
                return if first == 0.0 {
                    Ok(None)
                } else {
                    let what = format!("excess returns of trial {trial}");
                    Err(ErrorKind::ConstantReturns { what, value: first }.into())
                };
            }
            let shift = excess.iter().map(|r| r - first).sum::<f64>() / excess.len() as f64;
            excess.iter_mut().for_each(|r| *r = (*r - first) - shift);
            let deviation = long_run_variance(&excess, 1.0 / self.mean_block).sqrt();
            Ok(Some(Excess { trial, mean: first + shift, deviation }))
        });
        let measured: Vec<Excess> = all_done(report)?.into_iter().flatten().collect();
        if measured.is_empty() {
            let method = "a test for data snooping";
            return Err(ErrorKind::TooFewTrials { method, needed: 1, got: 0 }.into());
        }
        Ok(measured)
    }
}

/// Replications that share one pass over the returns.
const TILE: usize = 8;

/// Excess returns of one trial, summed up.
#[derive(Debug, Clone, Copy)]
struct Excess {
    trial: usize,
    mean: f64,
    deviation: f64,
}

/// For each replication, the sum of the returns times how often their rows were drawn.
fn weighted(weights: &[[f64; TILE]], returns: &[f64]) -> [f64; TILE] {
    let mut sums = [0.0; TILE];
    for (weights, value) in weights.iter().zip(returns) {
        for lane in 0..TILE {
            sums[lane] += weights[lane] * value;
        }
    }
    sums
}

/// Variance of `sqrt(n)` times the mean under the stationary bootstrap whose blocks end with
/// probability `ends`, by the formula of Politis and Romano: autocovariances of the centred values
/// with weights `(1 - i / n) (1 - ends)^i + i / n (1 - ends)^(n - i)`.
///
/// Weights below 1e-15 are left out, which leaves the lags near 0 and near `n`.
fn long_run_variance(centred: &[f64], ends: f64) -> f64 {
    let n = centred.len();
    let covariance = |lag: usize| {
        centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / n as f64
    };
    let variance = covariance(0);
    let mut sum = variance;
    let mut decay = 1.0;
    for lag in 1..n {
        decay *= 1.0 - ends;
        if decay < 1e-15 {
            break;
        }
        // A lag counted from either end of the circle.
        let share = lag as f64 / n as f64;
        sum += 2.0 * decay * (1.0 - share) * (covariance(lag) + covariance(n - lag));
    }
    // Never below 0 but for rounding, when short cycles cancel within a block.
    sum.max(variance * f64::EPSILON)
}
