//! The state-space filter, for series with missing values, differenced or not.
//!
//! Harvey's form of the ARMA process with its exact stationary start; a missing row skips the
//! update. Gardner, Harvey and Phillips (1980), "An algorithm for exact maximum likelihood
//! estimation of autoregressive-moving average models by means of Kalman filtering"; Jones (1980).
//! Differences enter the autoregression, and the levels before the first row are diffuse, exactly:
//! Koopman (1997), "Exact initial Kalman filtering and smoothing for nonstationary time series
//! models".

use super::order::Order;
use super::polynomial::{Polynomials, difference_polynomial, integrated_autoregression};
use super::starting_levels::{RESOLVED, continue_levels, state_of_levels, take_direction};

/// The filter for one parameter vector.
#[derive(Debug, Clone)]
pub(super) struct StateSpace {
    size: usize,
    /// Autoregression, differences multiplied in.
    ar: Vec<f64>,
    /// Column of the innovation's effect on the state: 1, theta_1, ..
    input: Vec<f64>,
    /// Covariance of the stationary part of the state before the first row, in units of sigma2,
    /// row-major.
    start: Vec<f64>,
    /// How the state before the first row moves with each of the `d + D s` levels before it.
    diffuse: Vec<Vec<f64>>,
}

/// What filtering one or more columns gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Filtered {
    /// Innovation variance per row in units of sigma2; of missing rows too; infinite in a row that
    /// was spent on a starting level.
    pub(super) variances: Vec<f64>,
    /// Innovations per column and row; NaN in missing rows and in those spent on starting levels.
    pub(super) errors: Vec<Vec<f64>>,
    /// Predictions per column of the rows after the last one, if asked for.
    pub(super) predictions: Vec<Vec<f64>>,
    /// Sum of the logarithms of the diffuse variances of the rows spent on starting levels.
    pub(super) diffuse_log_determinant: f64,
    /// Starting levels that no row has told anything about.
    pub(super) unresolved: usize,
}

impl StateSpace {
    /// `None` when the process has no finite stationary covariance. Only the differences of
    /// `order` are used.
    pub(super) fn new(polynomials: &Polynomials<1>, order: &Order) -> Option<Self> {
        let plain: Vec<f64> = polynomials.ar.iter().map(|value| value[0]).collect();
        let differences = difference_polynomial(order);
        let mut ar = integrated_autoregression(&plain, &differences);
        let size = ar.len().max(polynomials.ma.len() + 1);
        ar.resize(size, 0.0);
        let mut stationary = plain;
        stationary.resize(size, 0.0);
        let mut input = vec![0.0; size];
        input[0] = 1.0;
        for (slot, value) in input[1..].iter_mut().zip(&polynomials.ma) {
            *slot = value[0];
        }
        let start = stationary_covariance(&stationary, &input)?;
        let diffuse = diffuse_directions(&ar, &differences);
        Some(Self { size, ar, input, start, diffuse })
    }

    /// Filters `columns` with one set of gains; a row is missing where `present` is false, and the
    /// rows from `present.len()` to `rows` are predicted.
    pub(super) fn filter(&self, columns: &[&[f64]], present: &[bool], rows: usize) -> Filtered {
        self.filter_visiting(columns, present, rows, |_, _, _| {})
    }

    /// The same; `visit` sees, before every row, what is known of the state at this row: its mean
    /// (first column) and covariance, once no starting level is open any more.
    pub(super) fn filter_visiting(
        &self,
        columns: &[&[f64]],
        present: &[bool],
        rows: usize,
        mut visit: impl FnMut(usize, &[f64], &[f64]),
    ) -> Filtered {
        let size = self.size;
        let mut covariance = self.start.clone();
        let mut next = vec![0.0; size * size];
        let mut states = vec![vec![0.0; size]; columns.len()];
        let mut open = self.diffuse.clone();
        let (mut gain, mut first) = (vec![0.0; size], vec![0.0; size]);
        let mut filtered = Filtered {
            variances: Vec::with_capacity(rows),
            errors: vec![Vec::with_capacity(present.len()); columns.len()],
            predictions: vec![Vec::new(); columns.len()],
            ..Filtered::default()
        };
        for row in 0..rows {
            if open.is_empty() {
                visit(row, &states[0], &covariance);
            }
            let variance = covariance[0];
            let seen = present.get(row).copied().unwrap_or(false);
            let direction = if seen { take_direction(&mut open) } else { None };
            let spent = direction.is_some();
            // What is still open moves the prediction of this row: nothing is known of it.
            let known = !spent && open.iter().all(|column| column[0].abs() <= RESOLVED);
            filtered.variances.push(if known { variance } else { f64::INFINITY });
            if let Some(direction) = &direction {
                filtered.diffuse_log_determinant += 2.0 * direction[0].abs().ln();
                for (slot, value) in gain.iter_mut().zip(direction) {
                    *slot = value / direction[0];
                }
            } else if seen {
                for k in 0..size {
                    gain[k] = covariance[k * size] / variance;
                }
            }
            for (column, (state, values)) in states.iter_mut().zip(columns).enumerate() {
                match present.get(row) {
                    Some(true) => {
                        let error = values[row] - state[0];
                        filtered.errors[column].push(if spent { f64::NAN } else { error });
                        for (slot, gain) in state.iter_mut().zip(&gain) {
                            *slot += gain * error;
                        }
                    }
                    Some(false) => filtered.errors[column].push(f64::NAN),
                    None => filtered.predictions[column].push(state[0]),
                }
                self.advance_state(state);
            }
            if seen {
                // The first row of the covariance before the update, kept while all rows change.
                first.copy_from_slice(&covariance[..size]);
                for k in 0..size {
                    // With a starting level: P - K m' - m K' + K K' f; else P - K m'.
                    let (shift, extra) =
                        if spent { (gain[k] * variance - first[k], 1.0) } else { (0.0, 0.0) };
                    let cells = covariance[k * size..][..size].iter_mut();
                    for ((slot, first), other) in cells.zip(&first).zip(&gain) {
                        *slot += extra * shift * other - gain[k] * first;
                    }
                }
            }
            open.iter_mut().for_each(|column| self.advance_state(column));
            self.advance_covariance(&covariance, &mut next);
            std::mem::swap(&mut covariance, &mut next);
        }
        filtered.unresolved = open.len();
        filtered
    }

    /// `T a`: row i of the transition is ar_i on the first state, one on the next.
    pub(super) fn advance_state(&self, state: &mut [f64]) {
        let first = state[0];
        for k in 0..self.size {
            let carried = state.get(k + 1).copied().unwrap_or(0.0);
            state[k] = self.ar[k] * first + carried;
        }
    }

    /// `T P T' + R R'`.
    pub(super) fn advance_covariance(&self, covariance: &[f64], next: &mut [f64]) {
        let size = self.size;
        let at = |i: usize, j: usize| {
            if i < size && j < size { covariance[i * size + j] } else { 0.0 }
        };
        for i in 0..size {
            for j in 0..=i {
                let value = self.ar[i] * (self.ar[j] * at(0, 0) + at(0, j + 1))
                    + (self.ar[j] * at(i + 1, 0) + at(i + 1, j + 1))
                    + self.input[i] * self.input[j];
                next[i * size + j] = value;
                next[j * size + i] = value;
            }
        }
    }
}

/// The state before the first row as a function of the levels before it, nearest first, when the
/// differenced series is zero: `phi(B) y` of the forecasts of `y`.
fn diffuse_directions(ar: &[f64], differences: &[f64]) -> Vec<Vec<f64>> {
    let lost = differences.len() - 1;
    let direction = |at: usize| -> Vec<f64> {
        // levels[lost - 1 - k] is the one k rows before the last one before the sample.
        let mut levels = vec![0.0; lost];
        levels[lost - 1 - at] = 1.0;
        continue_levels(&mut levels, differences, lost + ar.len());
        state_of_levels(ar, &levels[lost..])
    };
    (0..lost).map(direction).collect()
}

/// Solves `P = T P T' + R R'` by doubling: after k rounds, 2^k terms of the series are summed.
/// Anderson and Moore (1979), "Optimal Filtering", section 6.7.
fn stationary_covariance(ar: &[f64], input: &[f64]) -> Option<Vec<f64>> {
    let size = ar.len();
    let mut power = vec![0.0; size * size];
    for k in 0..size {
        power[k * size] = ar[k];
        if k + 1 < size {
            power[k * size + k + 1] = 1.0;
        }
    }
    let mut covariance: Vec<f64> =
        (0..size * size).map(|at| input[at / size] * input[at % size]).collect();
    // 2^60 terms: whatever has not converged then has a root at one to the last bit.
    for _ in 0..60 {
        let step = multiply(&power, &covariance, size, false);
        let added = multiply(&step, &power, size, true);
        let mut largest = 0.0_f64;
        let mut change = 0.0_f64;
        for (value, added) in covariance.iter_mut().zip(&added) {
            *value += added;
            largest = largest.max(value.abs());
            change = change.max(added.abs());
        }
        if !(largest.is_finite() && change.is_finite()) {
            return None;
        }
        if change <= 1e-17 * largest {
            return Some(covariance);
        }
        power = multiply(&power, &power, size, false);
    }
    None
}

/// `a b`, or `a b'`, of square row-major matrices.
fn multiply(a: &[f64], b: &[f64], size: usize, transpose: bool) -> Vec<f64> {
    let mut result = vec![0.0; size * size];
    for i in 0..size {
        for k in 0..size {
            let factor = a[i * size + k];
            if factor == 0.0 {
                continue;
            }
            for j in 0..size {
                let other = if transpose { b[j * size + k] } else { b[k * size + j] };
                result[i * size + j] += factor * other;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::super::innovations::Factors;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(super::super::random_cases::same_cases(256))]

        /// Two algorithms that share nothing but the polynomials.
        #[test]
        fn agrees_with_the_innovations_algorithm(
            series in prop::collection::vec(-3.0..3.0_f64, 30..60),
            partials in prop::collection::vec(-0.9..0.9_f64, 4),
            p in 0..3_usize,
            q in 0..3_usize,
        ) {
            let block = |range: std::ops::Range<usize>| {
                let mut values: Vec<[f64; 1]> = partials[range].iter().map(|&r| [r]).collect();
                super::super::transform::partial_to_coefficients(&mut values);
                values
            };
            let polynomials = Polynomials { ar: block(0..p), ma: block(2..2 + q) };
            let factors = Factors::new(polynomials.clone(), series.len());
            let mut errors = Vec::new();
            factors.filter(&series, &mut errors);
            let space = StateSpace::new(&polynomials, &Order::new(0, 0, 0)).unwrap();
            let present = vec![true; series.len()];
            let filtered = space.filter(&[&series], &present, series.len());
            for (row, error) in errors.iter().enumerate() {
                let (a, b) = (error[0], filtered.errors[0][row]);
                prop_assert!((a - b).abs() < 1e-10, "row {row}: {a} {b}");
                let (a, b) = (factors.variance(row)[0], filtered.variances[row]);
                prop_assert!((a - b).abs() < 1e-10 * b, "row {row}: {a} {b}");
            }
        }
    }

    #[test]
    fn no_start_for_a_unit_root() {
        let polynomials = Polynomials { ar: vec![[1.0]], ma: vec![] };
        assert!(StateSpace::new(&polynomials, &Order::new(0, 0, 0)).is_none());
    }
}
