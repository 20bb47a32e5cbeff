//! How sure a Sharpe ratio is.

use serde::Serialize;

use super::normal;
use crate::error::{ErrorKind, Result};

/// A Sharpe ratio per period with what its accuracy depends on.
///
/// Nothing here is annualised: multiply by the square root of the periods in a year to compare with
/// annual figures.
///
/// # Examples
///
/// ```
/// use tangency_optimize::overfitting::SharpeInference;
///
/// // The worked example of Bailey and López de Prado (2012): 24 months, annual Sharpe ratio 1.585.
/// let hedge_fund = SharpeInference {
///     sharpe: 0.457,
///     skewness: -2.448,
///     kurtosis: 10.164,
///     observations: 24,
/// };
/// assert!((hedge_fund.probabilistic_sharpe(0.0) - 0.913).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SharpeInference {
    /// Mean over standard deviation (divisor `n - 1`) per period, the risk-free rate taken as 0.
    pub sharpe: f64,
    /// Third standardised moment, divisor `n`.
    pub skewness: f64,
    /// Fourth standardised moment, divisor `n`: 3 for a normal distribution.
    pub kurtosis: f64,
    /// Number of returns, `n`.
    pub observations: usize,
}

impl SharpeInference {
    /// Measures a series of returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooFewRows`] below three, [`ErrorKind::NonFiniteEntry`],
    /// [`ErrorKind::ConstantReturns`].
    pub fn of(returns: &[f64]) -> Result<Self> {
        let got = returns.len();
        if got < 3 {
            return Err(ErrorKind::TooFewRows { estimator: "sharpe", needed: 3, got }.into());
        }
        if let Some(index) = returns.iter().position(|r| !r.is_finite()) {
            let (what, value) = ("returns", returns[index]);
            return Err(ErrorKind::NonFiniteEntry { what, index, value }.into());
        }
        Self::measure(returns).ok_or_else(|| {
            ErrorKind::ConstantReturns { what: "returns".to_owned(), value: returns[0] }.into()
        })
    }

    /// As [`of`](Self::of) for finite returns; `None` where they are all equal.
    pub(super) fn measure(returns: &[f64]) -> Option<Self> {
        let n = returns.len() as f64;
        // Differences to the first return: equal returns give exactly 0.
        let mean = returns.iter().map(|r| r - returns[0]).sum::<f64>() / n;
        let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
        for r in returns {
            let d = (r - returns[0]) - mean;
            let square = d * d;
            second += square;
            third += square * d;
            fourth += square * square;
        }
        if second == 0.0 {
            return None;
        }
        let variance = second / n;
        Some(Self {
            sharpe: (returns[0] + mean) / (second / (n - 1.0)).sqrt(),
            skewness: third / n / (variance * variance.sqrt()),
            kurtosis: fourth / n / (variance * variance),
            observations: returns.len(),
        })
    }

    /// Standard error of the Sharpe ratio, for returns that are independent of each other but not
    /// normal: `sqrt((1 - skewness SR + (kurtosis - 1) / 4 SR^2) / (n - 1))`.
    ///
    /// Serial correlation is not in it: returns that trend have a larger error than this.
    ///
    /// Elmar Mertens (2002), "Comments on variance of the IID estimator in Lo (2002)".
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        (self.variance_factor() / (self.observations as f64 - 1.0)).sqrt()
    }

    /// Never negative, since kurtosis is at least 1 + skewness^2; rounding may say otherwise.
    fn variance_factor(&self) -> f64 {
        let sharpe = self.sharpe;
        (1.0 - self.skewness * sharpe + (self.kurtosis - 1.0) / 4.0 * sharpe * sharpe).max(0.0)
    }

    /// The probabilistic Sharpe ratio: how sure it is that the true Sharpe ratio is above
    /// `benchmark` (per period), as `Phi((SR - benchmark) / standard_error)`.
    ///
    /// It says nothing of a choice: for the best of several trials see
    /// [`deflated_sharpe`](Self::deflated_sharpe).
    ///
    /// David H. Bailey and Marcos López de Prado (2012), "The Sharpe Ratio Efficient Frontier",
    /// Journal of Risk 15.
    #[must_use]
    pub fn probabilistic_sharpe(&self, benchmark: f64) -> f64 {
        if self.sharpe == benchmark {
            return 0.5;
        }
        normal::below((self.sharpe - benchmark) / self.standard_error())
    }

    /// The deflated Sharpe ratio: how sure it is that the true Sharpe ratio is above what the best
    /// of `trials` without skill would be expected to show.
    ///
    /// [`probabilistic_sharpe`](Self::probabilistic_sharpe) against
    /// [`expected_maximum_sharpe`]; `variance` is that of the trials' Sharpe ratios per period
    /// (divisor `trials - 1`).
    ///
    /// It compares with the mean of the best of luck alone and with its spread not at all, so that
    /// it is stricter than its number says: without skill it exceeds 0.95 in far fewer than 5 % of
    /// searches. [`Luck::probability`](super::Luck::probability) is calibrated.
    ///
    /// David H. Bailey and Marcos López de Prado (2014), "The Deflated Sharpe Ratio: Correcting for
    /// Selection Bias, Backtest Overfitting and Non-Normality", Journal of Portfolio Management 40.
    #[must_use]
    pub fn deflated_sharpe(&self, trials: f64, variance: f64) -> f64 {
        self.probabilistic_sharpe(expected_maximum_sharpe(trials, variance))
    }

    /// The smallest number of returns with which this Sharpe ratio would be above `benchmark` with
    /// confidence `level`, were its moments to stay; `None` where it is not above it.
    ///
    /// David H. Bailey and Marcos López de Prado (2012), as above.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] unless the level is above 0.5 and below 1.
    pub fn minimum_track_record(&self, benchmark: f64, level: f64) -> Result<Option<f64>> {
        if !(level > 0.5 && level < 1.0) {
            let (name, expected) = ("confidence level", "above 0.5 and below 1");
            return Err(ErrorKind::InvalidParameter { name, value: level, expected }.into());
        }
        let ahead = self.sharpe - benchmark;
        let needed = 1.0 + self.variance_factor() * (normal::quantile(level) / ahead).powi(2);
        Ok((ahead > 0.0).then_some(needed))
    }
}

/// What the largest of `trials` independent Sharpe ratios is expected to be when all true ones are
/// zero and the measured ones scatter with `variance`:
/// `sqrt(variance) ((1 - g) z(1 - 1 / N) + g z(1 - 1 / (N e)))`, `g` the Euler-Mascheroni constant.
///
/// At most 3 % below the exact mean from five trials on, 8 % for two. `trials` may be an
/// [effective number](super::EffectiveTrials); the result is never negative and 0 for one trial.
/// NaN for a negative variance or fewer than one trial.
///
/// David H. Bailey and Marcos López de Prado (2014), as for
/// [`deflated_sharpe`](SharpeInference::deflated_sharpe).
///
/// ```
/// use tangency_optimize::overfitting::expected_maximum_sharpe;
///
/// // A hundred trials over four years of days: chance alone is expected to reach 1.27 a year.
/// let best = expected_maximum_sharpe(100.0, 1.0 / 1008.0) * 252_f64.sqrt();
/// assert!((best - 1.265).abs() < 1e-3);
/// ```
#[must_use]
pub fn expected_maximum_sharpe(trials: f64, variance: f64) -> f64 {
    const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;
    if !(trials >= 1.0 && variance >= 0.0) {
        return f64::NAN;
    }
    let within = normal::quantile(1.0 - 1.0 / trials);
    let beyond = normal::quantile(1.0 - 1.0 / (trials * std::f64::consts::E));
    let standard = (1.0 - EULER_MASCHERONI) * within + EULER_MASCHERONI * beyond;
    variance.sqrt() * standard.max(0.0)
}
