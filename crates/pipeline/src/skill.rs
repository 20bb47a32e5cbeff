//! How much of a forecast's skill can be believed.
//!
//! The out-of-sample coefficient of determination against the naive forecast (Campbell & Thompson,
//! 2008, *Predicting Excess Stock Returns Out of Sample*) is
//! `R2 = 1 - sum(e_model^2) / sum(e_naive^2)`. A positive figure proves little: with twenty tickers
//! one of them is lucky. What counts here is its one-sided lower confidence bound, with the error
//! level split over the tickers (Bonferroni), so that the chance that **any** ticker of a panel of
//! random walks is believed stays below the level.
//!
//! The bound is that of a ratio of means by the delta method: with `b = mean(e_naive^2)` and
//! `u_t = (e_model,t^2 - (1 - R2) e_naive,t^2) / b`, the standard error of `R2` is
//! `sd(u) / sqrt(n)`, and the quantile is Student's t with `n - 1` degrees of freedom. Targets of
//! consecutive origins do not overlap, so no autocorrelation correction is due.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Out-of-sample skill of one ticker's forecast against the naive forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Skill {
    /// Forecasts whose target is known.
    pub n: usize,
    /// Out-of-sample R2; NaN when the naive forecast never erred.
    pub r2: f64,
    /// Standard error of `r2`.
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
        // The influence values sum to zero by construction of R2.
        let sum_of_squares: f64 = model[..n]
            .iter()
            .zip(naive)
            .map(|(model, naive)| ((model * model - (1.0 - r2) * naive * naive) / b).powi(2))
            .sum();
        let standard_error = (sum_of_squares / ((n - 1) as f64 * n as f64)).sqrt();
        let Ok(student) = StudentsT::new(0.0, 1.0, (n - 1) as f64) else { return unknown };
        let quantile = student.inverse_cdf(1.0 - level / n_tickers.max(1) as f64);
        Self { standard_error, lower_bound: r2 - quantile * standard_error, ..unknown }
    }

    /// The confidence a view earns: the lower bound, cut off at zero.
    ///
    /// Strictly below one for any forecast that ever erred.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.lower_bound.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_bound() {
        // a = (1 + 4 + 1 + 0) / 4 = 1.5, b = (4 + 4 + 1 + 1) / 4 = 2.5, R2 = 0.4.
        // u = ((1 - 2.4), (4 - 2.4), (1 - 0.6), (0 - 0.6)) / 2.5 = (-0.56, 0.64, 0.16, -0.24);
        // sum of squares 0.8064, standard error sqrt(0.8064 / 12) = 0.259230; t(3) at 95 %: 2.353363.
        let skill = Skill::measure(&[1.0, -2.0, 1.0, 0.0], &[2.0, 2.0, -1.0, 1.0], 1, 0.05);
        assert!((skill.r2 - 0.4).abs() < 1e-12);
        assert!((skill.standard_error - 0.259_229_6).abs() < 1e-6);
        assert!((skill.lower_bound - (0.4 - 2.353_363_4 * 0.259_229_6)).abs() < 1e-6);
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
