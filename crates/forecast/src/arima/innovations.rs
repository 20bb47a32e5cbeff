//! One-step prediction errors of a complete ARMA series, exactly, from the first row on.
//!
//! The first p rows and, after them, the moving average `phi(B) w` have a banded covariance;
//! its root-free Cholesky factors are the innovations algorithm. Ansley (1979), "An algorithm for
//! the exact likelihood of a mixed autoregressive-moving average process"; Brockwell and Davis
//! (1991), "Time Series: Theory and Methods", 2nd edition, sections 5.3 and 8.7.

use super::autocovariance::{
    autocovariances, cross_covariances, impulse_responses, moving_average_covariances,
};
use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::{Polynomials, occupied_lags};

/// When the factors may be taken as constant.
///
/// The innovation variance d (in units of sigma2) falls monotonically to 1 after the first p rows,
/// so that leaving out the rest changes `sum ln d` by less than n times this; and the innovations
/// change by this times the sum of the inverse moving-average weights, which is below n as long as
/// the variance has converged within n rows. Against a log-likelihood of order n, both stay below
/// 1e-13 n relative. If rounding never lets the factors come this close, nothing is switched.
pub(super) const STEADY: f64 = 1e-14;

/// The factors of the covariance: unit lower triangular with a band, and the innovation variances.
#[derive(Debug, Clone)]
pub(super) struct Factors<const L: usize> {
    pub(super) polynomials: Polynomials<L>,
    ar_at: Vec<usize>,
    ma_at: Vec<usize>,
    /// `weights[t * band + j]` is what row t takes of the innovation of row t - 1 - j.
    pub(super) weights: Vec<Lanes<L>>,
    pub(super) band: usize,
    /// Innovation variance in units of sigma2, and its inverse, of the rows before the steady ones.
    pub(super) variances: Vec<Lanes<L>>,
    pub(super) inverses: Vec<Lanes<L>>,
}

impl<const L: usize> Factors<L> {
    /// Factors for `rows` rows.
    pub(super) fn new(polynomials: Polynomials<L>, rows: usize) -> Self {
        let (p, q) = (polynomials.ar.len(), polynomials.ma.len());
        let psi = impulse_responses(&polynomials, q + 1);
        let cross = cross_covariances(&polynomials, &psi);
        let gamma = autocovariances(&polynomials, &cross);
        let moving = moving_average_covariances(&polynomials);
        let band = q.max(p.saturating_sub(1));
        let mut factors = Self {
            ar_at: occupied_lags(&polynomials.ar),
            ma_at: occupied_lags(&polynomials.ma),
            polynomials,
            weights: Vec::new(),
            band,
            variances: Vec::new(),
            inverses: Vec::new(),
        };
        let mut scaled = vec![[0.0; L]; band];
        for row in 0..rows {
            if row >= p + q && factors.is_steady() {
                break;
            }
            if row > p + q && (2..=5).contains(&q) || row > p + 1 && factors.has_closed_form() {
                match q {
                    1 => factors.push_rows_of_first_order(rows),
                    2 => factors.push_rows_of_order::<2>(rows, &moving),
                    3 => factors.push_rows_of_order::<3>(rows, &moving),
                    4 => factors.push_rows_of_order::<4>(rows, &moving),
                    _ => factors.push_rows_of_order::<5>(rows, &moving),
                }
                break;
            }
            let reach = if row < p { row } else { q.min(row) };
            let covariance = |lag: usize| match (row < p, lag > 0 && row - lag < p) {
                (true, _) => gamma[lag],
                (false, true) => cross[lag],
                (false, false) => moving[lag],
            };
            factors.push_row(reach, covariance, &mut scaled);
        }
        factors
    }

    /// Appends the factors of the next row, which sees `reach` rows back.
    fn push_row(
        &mut self,
        reach: usize,
        covariance: impl Fn(usize) -> Lanes<L>,
        scaled: &mut [Lanes<L>],
    ) {
        let row = self.variances.len();
        let start = self.weights.len();
        self.weights.resize(start + self.band, [0.0; L]);
        let (before, current) = self.weights.split_at_mut(start);
        let mut variance = covariance(0);
        // From the oldest row in reach to the newest: weight times variance.
        for lag in (1..=reach).rev() {
            let other = row - lag;
            // Less the other row's weights of the same older innovations, within its band; two sums
            // side by side, since each waits for its last addition.
            let count = (reach - lag).min(self.band);
            let weights = &before[other * self.band..][..count];
            let pairs = scaled[lag..lag + count].chunks_exact(2).zip(weights.chunks_exact(2));
            let (mut value, mut odd) = (covariance(lag), [0.0; L]);
            for (scaled, weight) in pairs {
                value = minus_product(value, &scaled[0], &weight[0]);
                odd = plus_product(odd, &scaled[1], &weight[1]);
            }
            if count % 2 == 1 {
                value = minus_product(value, &scaled[lag + count - 1], &weights[count - 1]);
            }
            for lane in 0..L {
                value[lane] -= odd[lane];
            }
            scaled[lag - 1] = value;
            let inverse = &self.inverses[other];
            let weight = &mut current[lag - 1];
            for lane in 0..L {
                weight[lane] = value[lane] * inverse[lane];
            }
            variance = minus_product(variance, &value, weight);
        }
        self.inverses.push(variance.map(|value| 1.0 / value));
        self.variances.push(variance);
    }

    /// Whether the last row's factors are those of the infinite past.
    fn is_steady(&self) -> bool {
        let ma = &self.polynomials.ma;
        let Some(row) = self.variances.len().checked_sub(1) else {
            return ma.is_empty();
        };
        let near =
            |a: &Lanes<L>, b: &Lanes<L>| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= STEADY);
        let weights = &self.weights[row * self.band..row * self.band + ma.len()];
        near(&self.variances[row], &[1.0; L])
            && weights.iter().zip(ma).all(|(weight, theta)| near(weight, theta))
    }

    /// Rows before the factors become constant.
    pub(super) fn transient(&self) -> usize {
        self.variances.len()
    }

    /// Innovation variance of a row in units of sigma2.
    pub(super) fn variance(&self, row: usize) -> Lanes<L> {
        self.variances.get(row).copied().unwrap_or([1.0; L])
    }

    /// What `row` takes of the innovations of the rows before it, nearest first.
    pub(super) fn weights(&self, row: usize) -> &[Lanes<L>] {
        match row < self.transient() {
            true => &self.weights[row * self.band..(row + 1) * self.band],
            false => &self.polynomials.ma,
        }
    }

    pub(super) fn polynomials(&self) -> &Polynomials<L> {
        &self.polynomials
    }

    /// Sum of the logarithms of the innovation variances.
    ///
    /// Multiplied in runs that stay far from overflow: one logarithm for 16 rows.
    pub(super) fn log_determinant(&self) -> Lanes<L> {
        let mut total = [0.0; L];
        for run in self.variances.chunks(16) {
            let in_range = |value: f64| (1e-15..1e15).contains(&value);
            if run.iter().flatten().all(|&value| in_range(value)) {
                let mut product = [1.0; L];
                for variance in run {
                    for lane in 0..L {
                        product[lane] *= variance[lane];
                    }
                }
                for lane in 0..L {
                    total[lane] += product[lane].ln();
                }
            } else {
                for variance in run {
                    for lane in 0..L {
                        total[lane] += variance[lane].ln();
                    }
                }
            }
        }
        total
    }

    /// The innovations of `series` (one per row) into `errors`, and the sum of their squares over
    /// the variances.
    pub(super) fn filter(&self, series: &[f64], errors: &mut Vec<Lanes<L>>) -> Lanes<L> {
        errors.clear();
        errors.reserve(series.len());
        let p = self.polynomials.ar.len();
        let transient = self.transient().min(series.len());
        let mut total = [0.0; L];
        let q = self.polynomials.ma.len();
        for row in 0..transient {
            let mut error = if row < p { [series[row]; L] } else { self.moving_part(series, row) };
            let reach = if row < p { row } else { q.min(row) };
            let weights = &self.weights[row * self.band..row * self.band + reach];
            for (weight, past) in weights.iter().zip(errors.iter().rev()) {
                error = minus_product(error, weight, past);
            }
            let inverse = &self.inverses[row];
            for lane in 0..L {
                total[lane] += error[lane] * error[lane] * inverse[lane];
            }
            errors.push(error);
        }
        match self.ma_at.as_slice() {
            [] => self.filter_steady::<0>(series, errors, total),
            [1] => self.filter_steady::<1>(series, errors, total),
            [1, 2] => self.filter_steady::<2>(series, errors, total),
            [1, 2, 3] => self.filter_steady::<3>(series, errors, total),
            _ => self.filter_sparse(series, errors, total),
        }
    }

    /// The rows with constant factors when the moving average has the lags 1 to Q: the past errors
    /// stay in registers.
    fn filter_steady<const Q: usize>(
        &self,
        series: &[f64],
        errors: &mut Vec<Lanes<L>>,
        mut total: Lanes<L>,
    ) -> Lanes<L> {
        let mut theta = [[0.0; L]; Q];
        theta.copy_from_slice(&self.polynomials.ma[..Q]);
        let mut past = [[0.0; L]; Q];
        for (slot, error) in past.iter_mut().zip(errors.iter().rev()) {
            *slot = *error;
        }
        for row in errors.len()..series.len() {
            let mut error = self.moving_part(series, row);
            // The oldest first: the newest error is the one that was just computed.
            for j in (0..Q).rev() {
                error = minus_product(error, &theta[j], &past[j]);
            }
            for j in (1..Q).rev() {
                past[j] = past[j - 1];
            }
            if Q > 0 {
                past[0] = error;
            }
            total = plus_product(total, &error, &error);
            errors.push(error);
        }
        total
    }

    /// The rows with constant factors for any moving average, over its occupied lags only.
    fn filter_sparse(
        &self,
        series: &[f64],
        errors: &mut Vec<Lanes<L>>,
        mut total: Lanes<L>,
    ) -> Lanes<L> {
        for row in errors.len()..series.len() {
            let mut error = self.moving_part(series, row);
            for &lag in self.ma_at.iter().rev() {
                error = minus_product(error, &self.polynomials.ma[lag - 1], &errors[row - lag]);
            }
            total = plus_product(total, &error, &error);
            errors.push(error);
        }
        total
    }

    /// `phi(B) w` in a row at or after p.
    #[inline(always)]
    fn moving_part(&self, series: &[f64], row: usize) -> Lanes<L> {
        let mut value = [series[row]; L];
        for &lag in &self.ar_at {
            let (phi, past) = (&self.polynomials.ar[lag - 1], series[row - lag]);
            for lane in 0..L {
                value[lane] -= phi[lane] * past;
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::Order;
    use super::super::random_cases::same_cases;
    use super::super::state_space::StateSpace;
    use super::super::transform::partial_to_coefficients;
    use super::*;
    use proptest::prelude::*;

    const ROWS: usize = 1500;

    fn polynomials(ar: &[f64], ma: &[f64]) -> Polynomials<1> {
        let block = |partials: &[f64]| {
            let mut values: Vec<[f64; 1]> = partials.iter().map(|&r| [r]).collect();
            partial_to_coefficients(&mut values);
            values
        };
        Polynomials { ar: block(ar), ma: block(ma) }
    }

    fn series() -> Vec<f64> {
        let mut state = 11_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        (0..ROWS).map(|_| uniform() + uniform() + uniform()).collect()
    }

    /// How far S and the log-determinant are from those of a filter that never takes its gains as
    /// constant, relative to a log-likelihood of one half a row.
    fn distance(polynomials: &Polynomials<1>) -> f64 {
        let series = series();
        let factors = Factors::new(polynomials.clone(), ROWS);
        let mut errors = Vec::new();
        let [squares] = factors.filter(&series, &mut errors);
        let [log_determinant] = factors.log_determinant();
        let space = StateSpace::new(polynomials, &Order::new(0, 0, 0)).unwrap();
        let filtered = space.filter(&[&series], &[true; ROWS], ROWS);
        let pairs = filtered.errors[0].iter().zip(&filtered.variances);
        let expected: f64 = pairs.map(|(error, variance)| error * error / variance).sum();
        let logarithms: f64 = filtered.variances.iter().map(|variance| variance.ln()).sum();
        ((squares - expected).abs() / expected.max(1.0)).max((log_determinant - logarithms).abs())
            / (0.5 * ROWS as f64)
    }

    proptest! {
        #![proptest_config(same_cases(48))]

        #[test]
        fn constant_factors_leave_the_likelihood_as_it_is(
            ar in prop::collection::vec(-0.99..0.99_f64, 0..4),
            ma in prop::collection::vec(-0.99..0.99_f64, 0..4),
        ) {
            let distance = distance(&polynomials(&ar, &ma));
            prop_assert!(distance < 1e-10, "{distance}");
        }
    }

    #[test]
    fn factors_become_constant_only_where_they_have_converged() {
        // r^(2 k) < 1e-14: 24 rows for 0.5, about 1,600 for 0.99, 3,200 for 0.995.
        for (root, switched) in [(0.5, true), (0.9, true), (0.995, false), (0.9999, false)] {
            let polynomials = polynomials(&[0.4], &[root]);
            let transient = Factors::new(polynomials.clone(), ROWS).transient();
            assert_eq!(transient < ROWS, switched, "{root}: {transient} rows");
            assert!(distance(&polynomials) < 1e-12, "{root}");
        }
    }
}
