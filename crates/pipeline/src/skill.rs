//! How much of a forecast's skill can be believed.
//!
//! The out-of-sample coefficient of determination against the naive forecast (Campbell & Thompson,
//! 2008, *Predicting Excess Stock Returns Out of Sample*) is
//! `R2 = 1 - sum(e_model^2) / sum(e_naive^2)`. A positive figure proves little: with twenty tickers
//! one of them is lucky. What counts here is its one-sided lower confidence bound, with the error
//! level split over the tickers (Bonferroni), so that the chance that **any** ticker of a panel of
//! random walks is believed stays below the level.
//!
//! The bound inverts a t test, as Fieller (1954), *Some problems in interval estimation*, does for ratios
//! of means. With `b_t = e_naive,t^2` and `d_t = b_t - e_model,t^2` a value `rho` of R2 is rejected when
//! the mean of `d_t - rho b_t` is above zero by `q` of its standard errors, where `q` is the quantile of
//! Student's t with `n - 1` degrees of freedom at `1 - level / n_tickers`; the bound is the smallest value
//! that is not rejected. So it is positive exactly when the t test of equal accuracy rejects. (The more
//! usual bound by the delta method takes its standard error at the estimate, where luck makes it too small:
//! with it 28 of the 300 short panels of fifty tickers in `tests/it/luck.rs` keep a view, with this one 1.)
//! Targets of consecutive origins do not overlap, so no autocorrelation correction is due.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Out-of-sample skill of one ticker's forecast against the naive forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Skill {
    /// Forecasts whose target is known.
    pub n: usize,
    /// Out-of-sample R2; NaN when the naive forecast never erred.
    pub r2: f64,
    /// Standard error of `r2`, by the delta method.
    pub standard_error: f64,
    /// One-sided lower confidence bound of `r2`, corrected for the number of tickers.
    pub lower_bound: f64,
    /// Mean squared error of the forecast, in squared log-return units over the horizon.
    pub mean_squared_error: f64,
}

impl Skill {
    /// Measures the skill behind paired out-of-sample errors (log-return units over the horizon).
    ///
    /// `level` is the chance, over all `n_tickers` together, that a forecast without skill is
    /// believed.
    ///
    /// Fewer than three pairs, or a naive forecast that never erred, leave nothing to believe: the
    /// bound is then negative infinity.
    #[must_use]
    pub fn measure(model: &[f64], naive: &[f64], n_tickers: usize, level: f64) -> Self {
        let n = model.len().min(naive.len());
        let mean_square =
            |errors: &[f64]| errors[..n].iter().map(|error| error * error).sum::<f64>() / n as f64;
        let (a, b) = (mean_square(model), mean_square(naive));
        let r2 = 1.0 - a / b;
        let unknown = Self {
            n,
            r2,
            standard_error: f64::INFINITY,
            lower_bound: f64::NEG_INFINITY,
            mean_squared_error: a,
        };
        if n < 3 || !r2.is_finite() {
            return unknown;
        }
        let Ok(student) = StudentsT::new(0.0, 1.0, (n - 1) as f64) else { return unknown };
        let quantile = student.inverse_cdf(1.0 - level / n_tickers.max(1) as f64);
        let ratio = Ratio::new(&model[..n], &naive[..n]);
        Self {
            standard_error: ratio.deviation(r2) / b,
            lower_bound: ratio.lower_bound(r2, quantile),
            ..unknown
        }
    }

    /// The confidence a view earns: the lower bound, cut off at zero.
    ///
    /// Strictly below one for any forecast that ever erred.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.lower_bound.max(0.0)
    }
}

/// Means, variances and covariance of `d` and `b`, all of means over `n` pairs.
struct Ratio {
    mean_d: f64,
    mean_b: f64,
    variance_d: f64,
    variance_b: f64,
    covariance: f64,
}

impl Ratio {
    fn new(model: &[f64], naive: &[f64]) -> Self {
        let n = model.len() as f64;
        let b: Vec<f64> = naive.iter().map(|error| error * error).collect();
        let d: Vec<f64> = model.iter().zip(&b).map(|(error, b)| b - error * error).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (mean_d, mean_b) = (mean(&d), mean(&b));
        // Of the mean, hence the second division by n.
        let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| {
            let pairs = x.iter().zip(y);
            pairs.map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / (n - 1.0) / n
        };
        Self {
            mean_d,
            mean_b,
            variance_d: product(&d, mean_d, &d, mean_d),
            variance_b: product(&b, mean_b, &b, mean_b),
            covariance: product(&d, mean_d, &b, mean_b),
        }
    }

    /// Standard error of the mean of `d - rho b`.
    fn deviation(&self, rho: f64) -> f64 {
        let variance = self.variance_d - 2.0 * rho * self.covariance + rho * rho * self.variance_b;
        variance.max(0.0).sqrt()
    }

    fn rejects(&self, rho: f64, quantile: f64) -> bool {
        self.mean_d - rho * self.mean_b >= quantile * self.deviation(rho)
    }

    /// The border between rejected values below and others above; `r2` itself is never rejected.
    fn lower_bound(&self, r2: f64, quantile: f64) -> f64 {
        // A forecast that never erred leaves no doubt.
        if self.deviation(r2) == 0.0 {
            return r2;
        }
        let mut rejected = 0.0;
        let mut step = 1.0;
        while !self.rejects(rejected, quantile) {
            rejected = r2.min(0.0) - step;
            step *= 2.0;
            if step > 1e6 {
                return f64::NEG_INFINITY;
            }
        }
        let mut accepted = r2;
        for _ in 0..200 {
            let middle = 0.5 * (rejected + accepted);
            if middle <= rejected || middle >= accepted {
                break;
            }
            if self.rejects(middle, quantile) { rejected = middle } else { accepted = middle }
        }
        rejected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The roots of `t(rho) = q` were found by another program (Brent's method on the plain t statistic).
    #[test]
    fn bounds_are_where_the_t_test_turns() {
        let model = [1.0, -1.2, 0.5, 0.6, 0.4, -0.8];
        let naive = [2.0, -2.1, -1.5, 1.4, 1.8, -1.9];
        let skill = Skill::measure(&model, &naive, 1, 0.05);
        assert!((skill.r2 - 0.802_259_887_005_649_9).abs() < 1e-12, "{skill:?}");
        assert!((skill.lower_bound - 0.721_548_248_2).abs() < 1e-9, "{skill:?}");
        // Here rho = 0 is not rejected, and the bound is below zero.
        let skill = Skill::measure(&[1.0, -2.0, 1.0, 0.0], &[2.0, 2.0, -1.0, 1.0], 1, 0.05);
        assert!((skill.r2 - 0.4).abs() < 1e-12);
        assert!((skill.lower_bound + 0.529_545_103_4).abs() < 1e-9, "{skill:?}");
        assert_eq!(skill.confidence(), 0.0);
    }

    #[test]
    fn the_bound_falls_with_the_number_of_tickers() {
        let naive: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 5)).collect();
        let model: Vec<f64> =
            naive.iter().enumerate().map(|(i, e)| e * (0.4 + 0.01 * (i % 7) as f64)).collect();
        let one = Skill::measure(&model, &naive, 1, 0.05);
        let twenty = Skill::measure(&model, &naive, 20, 0.05);
        assert!(one.confidence() > twenty.confidence());
        assert!(twenty.confidence() > 0.5);
        assert!(one.confidence() < 1.0);
    }

    #[test]
    fn nothing_to_go_by_earns_nothing() {
        assert_eq!(Skill::measure(&[0.1, 0.1], &[1.0, 1.0], 1, 0.05).confidence(), 0.0);
        assert_eq!(Skill::measure(&[0.1; 9], &[0.0; 9], 1, 0.05).confidence(), 0.0);
        assert_eq!(Skill::measure(&[], &[], 1, 0.05).confidence(), 0.0);
    }
}
