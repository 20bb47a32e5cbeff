//! The gradient of the likelihood by one sweep backwards, whatever the number of parameters.
//!
//! At the best `zeta` and regression coefficients the sum of squares does not move with either, so
//! that its derivative is that of a recursion with constant coefficients: with
//! `theta(F) lambda = e` backwards in time, `-sum lambda_t w_(t-l)` and `-sum lambda_t e_(t-l)`.
//! The determinant moves with the impulse responses (a sweep of their own over the rows in which
//! they count) and with Omega. Giles and Pierce (2000), "An introduction to the adjoint approach
//! to design", for the principle.

use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::{Lags, Polynomials};
use super::presample::Presample;
use super::presample_covariance::covariance_slopes;
use super::sweep::Sweep;

/// Weights of a sum of squares and of a log-determinant, `L` of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<const L: usize> {
    pub(super) squares: Lanes<L>,
    pub(super) log_determinant: Lanes<L>,
}

impl<const L: usize> Presample<L> {
    /// The gradient of `weights.squares * S + weights.log_determinant * log |I + A Omega|` with
    /// respect to the polynomials' coefficients (of lags that the order does not have: zero).
    ///
    /// `columns` are those that were filtered, `regression` the coefficients of all but the first.
    /// Overwrites the errors of the first column.
    pub(super) fn gradient(
        &mut self,
        polynomials: &Polynomials<L>,
        lags: &Lags,
        columns: &[&[f64]],
        regression: &[Lanes<L>],
        weights: &Weights<L>,
    ) -> Polynomials<L> {
        let (p, q) = (polynomials.ar.len(), polynomials.ma.len());
        let size = p.max(q);
        if size == 0 {
            return Polynomials { ar: Vec::new(), ma: Vec::new() };
        }
        self.subtract_regression(regression);
        let (mean, weighted) = self.posterior.mean(&self.projections[0]);
        self.subtract_presample(&mean);
        let (covariance, precision) = self.posterior.matrices();
        self.adjoint.clear();
        if q > 0 {
            self.set_source(&covariance, size, columns[0].len());
        }
        let sums = Sweep {
            polynomials,
            lags,
            series: regression.is_empty().then_some(columns[0]),
            errors: &mut self.errors[0],
            responses: &self.responses,
            source: &mut self.adjoint,
        }
        .run();
        let ar = sums.series.unwrap_or_else(|| self.correlate(lags, p, columns, regression));
        let mut slopes = Polynomials { ar, ma: sums.errors };
        for slope in slopes.ar.iter_mut().chain(&mut slopes.ma) {
            for (slope, weight) in slope.iter_mut().zip(weights.squares) {
                *slope *= -2.0 * weight;
            }
        }
        for (slope, sum) in slopes.ma.iter_mut().zip(&sums.responses) {
            *slope = minus_product(*slope, &weights.log_determinant, sum);
        }
        let mut slope = precision;
        for i in 0..size {
            for j in 0..size {
                let cell = &mut slope[i * size + j];
                for lane in 0..L {
                    cell[lane] = weights.log_determinant[lane] * cell[lane]
                        - weights.squares[lane] * weighted[i][lane] * weighted[j][lane];
                }
            }
        }
        let (ar, ma) = covariance_slopes(polynomials, &self.covariance, &slope);
        for (total, part) in slopes.ar.iter_mut().zip(ar).chain(slopes.ma.iter_mut().zip(ma)) {
            for lane in 0..L {
                total[lane] += part[lane];
            }
        }
        slopes
    }

    /// The first column and its projections less the regression.
    fn subtract_regression(&mut self, regression: &[Lanes<L>]) {
        let (errors, others) = self.errors.split_at_mut(1);
        let (projection, other_projections) = self.projections.split_at_mut(1);
        for (k, coefficient) in regression.iter().enumerate() {
            for (value, other) in errors[0].iter_mut().zip(&others[k]) {
                *value = minus_product(*value, coefficient, other);
            }
            for (value, other) in projection[0].iter_mut().zip(&other_projections[k]) {
                *value = minus_product(*value, coefficient, other);
            }
        }
    }

    /// `e - Z mean` in the first column.
    fn subtract_presample(&mut self, mean: &[Lanes<L>]) {
        for (lag, mean) in mean.iter().enumerate() {
            let errors = self.errors[0].iter_mut().skip(lag);
            for (error, response) in errors.zip(&self.responses) {
                *error = minus_product(*error, response, mean);
            }
        }
    }

    /// `sum lambda_t w_(t-l)`, `w` the target less the regression.
    fn correlate(
        &self,
        lags: &Lags,
        p: usize,
        columns: &[&[f64]],
        regression: &[Lanes<L>],
    ) -> Vec<Lanes<L>> {
        let lambda = &self.errors[0];
        let mut sums = vec![[0.0; L]; p];
        for &lag in &lags.ar {
            let later = lambda.get(lag..).unwrap_or_default();
            let sum = &mut sums[lag - 1];
            *sum = correlate_with(later, columns[0]);
            for (coefficient, column) in regression.iter().zip(&columns[1..]) {
                *sum = minus_product(*sum, coefficient, &correlate_with(later, column));
            }
        }
        sums
    }

    /// How `log |I + A Omega|` moves with each response: with covariance B of `zeta` given the
    /// sample, `2 sum over i, k of B_ik pi_(t+i-k)`.
    fn set_source(&mut self, covariance: &[Lanes<L>], size: usize, rows: usize) {
        let mut bands = vec![[0.0; L]; size];
        for i in 0..size {
            for j in 0..=i {
                let cell = &covariance[i * size + j];
                bands[i - j] = plus_product(bands[i - j], &[2.0; L], cell);
            }
        }
        let count = self.responses.len();
        let source = &mut self.adjoint;
        source.extend(self.responses.iter().map(|response| {
            let mut value = bands[0];
            for lane in 0..L {
                value[lane] *= response[lane];
            }
            value
        }));
        for (distance, band) in bands.iter().enumerate().skip(1) {
            let (near, far) = (&self.responses, &self.responses[distance.min(count)..]);
            for (slot, response) in source.iter_mut().zip(far) {
                *slot = plus_product(*slot, band, response);
            }
            for (slot, response) in source.iter_mut().skip(distance).zip(near) {
                *slot = plus_product(*slot, band, response);
            }
        }
        // The last rows: what would reach a row after the sample does not count.
        let last = (rows + 1).saturating_sub(size);
        for (at, slot) in source.iter_mut().enumerate().skip(last) {
            let mut value = [0.0; L];
            for i in 1..=rows.saturating_sub(at).min(size) {
                for j in 1..=size.min(at + i) {
                    let Some(response) = self.responses.get(at + i - j) else { continue };
                    value = plus_product(value, &covariance[(i - 1) * size + j - 1], response);
                }
            }
            *slot = value.map(|value| 2.0 * value);
        }
    }
}

/// `sum of lambda_t w_t`, two sums side by side.
fn correlate_with<const L: usize>(lambda: &[Lanes<L>], series: &[f64]) -> Lanes<L> {
    let (mut even, mut odd) = ([0.0; L], [0.0; L]);
    let length = lambda.len().min(series.len());
    for (a, b) in lambda[..length].chunks_exact(2).zip(series[..length].chunks_exact(2)) {
        even = plus_product(even, &a[0], &[b[0]; L]);
        odd = plus_product(odd, &a[1], &[b[1]; L]);
    }
    if length % 2 == 1 {
        even = plus_product(even, &lambda[length - 1], &[series[length - 1]; L]);
    }
    for lane in 0..L {
        even[lane] += odd[lane];
    }
    even
}
