//! The exact likelihood through the rows before the sample, as the search uses it.
//!
//! What came before the first row enters the first `m = max(p, q)` equations through `m` numbers
//! `zeta`; given them, the innovations follow a recursion with constant coefficients. With `e` the
//! innovations for `zeta = 0`, `Z` their responses to `zeta` (impulse responses of `1 / theta(B)`)
//! and `Omega` the covariance of `zeta` in units of sigma2,
//!
//! ```text
//! S = min over zeta of |e - Z zeta|^2 + zeta' Omega^-1 zeta,      determinant = |I + Z'Z Omega|
//! ```
//!
//! Ljung and Box (1979), "The likelihood function of stationary autoregressive-moving average
//! models". No row waits for a division, however near the unit circle a root is, and derivatives
//! are one sweep backwards (`score`). The value that a fit reports comes from `innovations`.

use super::autocovariance::impulse_responses;
use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::{Lags, Polynomials};
use super::posterior::Posterior;
use super::presample_covariance::presample_covariance;

/// Impulse responses are cut off where this many times `m` in a row are below [`DECAYED`].
const RUN: usize = 2;

/// With |zeta| and the innovations of the order of sigma, what is left out then changes S by less
/// than n times this in units of sigma2, and the log-likelihood by half of that.
const DECAYED: f64 = 1e-13;

/// Rows that stay in the first-level cache between two passes over them.
const BLOCK: usize = 64;

/// One evaluation of `L` parameter vectors, with the memory that the next one reuses.
#[derive(Debug, Clone)]
pub(super) struct Presample<const L: usize> {
    /// Innovations per column (target first) for `zeta = 0`.
    pub(super) errors: Vec<Vec<Lanes<L>>>,
    /// Impulse responses of `1 / theta(B)`, as long as they count.
    pub(super) responses: Vec<Lanes<L>>,
    /// Sum of their squares per column.
    squares: Vec<Lanes<L>>,
    /// `Z'e` per column.
    pub(super) projections: Vec<Vec<Lanes<L>>>,
    /// `Omega`, row-major.
    pub(super) covariance: Vec<Lanes<L>>,
    pub(super) posterior: Posterior<L>,
    /// Memory of the sweep backwards.
    pub(super) adjoint: Vec<Lanes<L>>,
}

impl<const L: usize> Default for Presample<L> {
    fn default() -> Self {
        Self {
            errors: Vec::new(),
            responses: Vec::new(),
            squares: Vec::new(),
            projections: Vec::new(),
            covariance: Vec::new(),
            posterior: Posterior::default(),
            adjoint: Vec::new(),
        }
    }
}

impl<const L: usize> Presample<L> {
    /// Filters `columns`; afterwards the log-determinant and all products of columns are known.
    pub(super) fn run(&mut self, polynomials: &Polynomials<L>, lags: &Lags, columns: &[&[f64]]) {
        let size = polynomials.reach();
        let rows = columns[0].len();
        self.errors.resize_with(columns.len(), Vec::new);
        self.projections.resize_with(columns.len(), Vec::new);
        let recursion = Recursion { polynomials, lags };
        self.respond(recursion, rows);
        self.squares.clear();
        for ((column, errors), projection) in
            columns.iter().zip(&mut self.errors).zip(&mut self.projections)
        {
            self.squares.push(recursion.conditional_errors(column, errors));
            correlate(&self.responses, errors, size, projection);
        }
        let psi = impulse_responses(polynomials, size.max(polynomials.ma.len() + 1));
        self.covariance = presample_covariance(polynomials, &psi);
        let information = self.information(size, rows);
        self.posterior = Posterior::new(information, &self.covariance, size);
    }

    /// The scalar product of two columns in the metric of the likelihood.
    pub(super) fn product(&self, a: usize, b: usize) -> Lanes<L> {
        let mut total =
            if a == b { self.squares[a] } else { dot(&self.errors[a], &self.errors[b]) };
        let explained = self.posterior.product(&self.projections[a], &self.projections[b]);
        for lane in 0..L {
            total[lane] -= explained[lane];
        }
        total
    }

    /// Impulse responses until they have died away, or for all rows.
    fn respond(&mut self, recursion: Recursion<'_, L>, rows: usize) {
        let size = recursion.polynomials.reach();
        self.responses.clear();
        if size == 0 {
            return;
        }
        self.responses.push([1.0; L]);
        if recursion.polynomials.ma.is_empty() {
            return;
        }
        let run = RUN * size.max(8);
        while self.responses.len() < rows {
            let done = self.responses.len();
            let end = (done + run).min(rows);
            self.responses.resize(end, [0.0; L]);
            recursion.solve(&mut self.responses, done);
            let small = |value: &Lanes<L>| value.iter().all(|value| value.abs() <= DECAYED);
            if end + size <= rows && self.responses[done..].iter().all(small) {
                return;
            }
        }
    }

    /// `Z'Z`, row-major: each diagonal loses the last row's product from one entry to the next.
    fn information(&self, size: usize, rows: usize) -> Vec<Lanes<L>> {
        let mut matrix = vec![[0.0; L]; size * size];
        let mut first = Vec::new();
        correlate(&self.responses, &self.responses, size, &mut first);
        matrix[..size].copy_from_slice(&first);
        for i in 1..size {
            matrix[i * size] = matrix[i];
            for j in i..size {
                let mut value = matrix[(i - 1) * size + j - 1];
                // Rows are counted from 0 here: the response of the last row to the i-th number.
                let last = |at: usize| rows.checked_sub(at).and_then(|at| self.responses.get(at));
                if let (Some(a), Some(b)) = (last(i), last(j)) {
                    value = minus_product(value, a, b);
                }
                matrix[i * size + j] = value;
                matrix[j * size + i] = value;
            }
        }
        matrix
    }
}

/// `sum over s of a_s b_(s + lag)` for lags below `count`.
fn correlate<const L: usize>(
    a: &[Lanes<L>],
    b: &[Lanes<L>],
    count: usize,
    result: &mut Vec<Lanes<L>>,
) {
    result.clear();
    while result.len() < count {
        let lag = result.len();
        let shifted = b.get(lag..).unwrap_or_default();
        if lag + 1 < count && shifted.len() > 1 {
            // Two lags side by side share the loads and hide the additions' latency.
            let pairs = a.len().min(shifted.len() - 1);
            let (mut near, mut far) = ([0.0; L], [0.0; L]);
            for (a, b) in a[..pairs].iter().zip(shifted.windows(2)) {
                near = plus_product(near, a, &b[0]);
                far = plus_product(far, a, &b[1]);
            }
            if let (Some(a), Some(b)) = (a.get(pairs), shifted.get(pairs)) {
                near = plus_product(near, a, b);
            }
            result.extend([near, far]);
        } else {
            result.push(dot(a, shifted));
        }
    }
}

/// Two sums side by side.
fn dot<const L: usize>(a: &[Lanes<L>], b: &[Lanes<L>]) -> Lanes<L> {
    let length = a.len().min(b.len());
    let (mut even, mut odd) = ([0.0; L], [0.0; L]);
    for (a, b) in a[..length].chunks_exact(2).zip(b[..length].chunks_exact(2)) {
        even = plus_product(even, &a[0], &b[0]);
        odd = plus_product(odd, &a[1], &b[1]);
    }
    if length % 2 == 1 {
        even = plus_product(even, &a[length - 1], &b[length - 1]);
    }
    for lane in 0..L {
        even[lane] += odd[lane];
    }
    even
}

/// The recursion for the innovations, everything before the first row zero.
#[derive(Debug, Clone, Copy)]
struct Recursion<'a, const L: usize> {
    polynomials: &'a Polynomials<L>,
    lags: &'a Lags,
}

impl<const L: usize> Recursion<'_, L> {
    /// Innovations of `series`, and the sum of their squares.
    fn conditional_errors(self, series: &[f64], errors: &mut Vec<Lanes<L>>) -> Lanes<L> {
        errors.clear();
        errors.reserve(series.len());
        for row in 0..self.polynomials.reach().min(series.len()) {
            let value = self.moving_part(series, row);
            errors.push(value);
            self.solve_row(errors, row);
        }
        match (self.lags.dense_ar(), self.lags.dense_ma()) {
            (Some(0), Some(0)) => self.errors_of_order::<0, 0>(series, errors),
            (Some(1), Some(0)) => self.errors_of_order::<1, 0>(series, errors),
            (Some(2), Some(0)) => self.errors_of_order::<2, 0>(series, errors),
            (Some(3), Some(0)) => self.errors_of_order::<3, 0>(series, errors),
            (Some(0), Some(1)) => self.errors_of_order::<0, 1>(series, errors),
            (Some(1), Some(1)) => self.errors_of_order::<1, 1>(series, errors),
            (Some(2), Some(1)) => self.errors_of_order::<2, 1>(series, errors),
            (Some(3), Some(1)) => self.errors_of_order::<3, 1>(series, errors),
            (Some(0), Some(2)) => self.errors_of_order::<0, 2>(series, errors),
            (Some(1), Some(2)) => self.errors_of_order::<1, 2>(series, errors),
            (Some(2), Some(2)) => self.errors_of_order::<2, 2>(series, errors),
            (Some(3), Some(2)) => self.errors_of_order::<3, 2>(series, errors),
            (Some(0), Some(3)) => self.errors_of_order::<0, 3>(series, errors),
            (Some(1), Some(3)) => self.errors_of_order::<1, 3>(series, errors),
            (Some(2), Some(3)) => self.errors_of_order::<2, 3>(series, errors),
            (Some(3), Some(3)) => self.errors_of_order::<3, 3>(series, errors),
            _ => {
                while errors.len() < series.len() {
                    let start = errors.len();
                    let end = (start + BLOCK).min(series.len());
                    errors.extend((start..end).map(|row| self.moving_part(series, row)));
                    self.solve(errors, start);
                }
                dot(errors, errors)
            }
        }
    }

    /// The rows that all lags reach back from, in one loop: what waits for the last innovation is
    /// one product and one difference, everything else fits beside it.
    fn errors_of_order<const P: usize, const Q: usize>(
        self,
        series: &[f64],
        errors: &mut Vec<Lanes<L>>,
    ) -> Lanes<L> {
        let phi: [Lanes<L>; P] = std::array::from_fn(|lag| self.polynomials.ar[lag]);
        let theta: [Lanes<L>; Q] = std::array::from_fn(|lag| self.polynomials.ma[lag]);
        let mut total = dot(errors, errors);
        let start = errors.len();
        if start >= series.len() {
            return total;
        }
        let mut past: [Lanes<L>; Q] = std::array::from_fn(|lag| errors[start - 1 - lag]);
        for window in series[start - P..].windows(P + 1) {
            let mut value = [window[P]; L];
            for (lag, phi) in phi.iter().enumerate() {
                value = minus_product(value, phi, &[window[P - 1 - lag]; L]);
            }
            // The oldest first: the newest is the one that was just computed.
            for j in (0..Q).rev() {
                value = minus_product(value, &theta[j], &past[j]);
            }
            for j in (1..Q).rev() {
                past[j] = past[j - 1];
            }
            if Q > 0 {
                past[0] = value;
            }
            total = plus_product(total, &value, &value);
            errors.push(value);
        }
        total
    }

    /// `phi(B) w` of one row.
    fn moving_part(self, series: &[f64], row: usize) -> Lanes<L> {
        let mut value = [series[row]; L];
        for &lag in self.lags.ar.iter().take_while(|lag| **lag <= row) {
            let phi = &self.polynomials.ar[lag - 1];
            value = minus_product(value, phi, &[series[row - lag]; L]);
        }
        value
    }

    /// Solves `theta(B) y = x` in place from row `start`; the rows before are solved already.
    fn solve(self, values: &mut [Lanes<L>], start: usize) {
        let early = values.len().min(self.polynomials.ma.len().max(start));
        for row in start..early {
            self.solve_row(values, row);
        }
        match self.lags.dense_ma() {
            Some(0) => {}
            Some(1) => self.solve_rows::<1>(values, early),
            Some(2) => self.solve_rows::<2>(values, early),
            Some(3) => self.solve_rows::<3>(values, early),
            Some(4) => self.solve_rows::<4>(values, early),
            Some(5) => self.solve_rows::<5>(values, early),
            _ => (early..values.len()).for_each(|row| self.solve_row(values, row)),
        }
    }

    fn solve_row(self, values: &mut [Lanes<L>], row: usize) {
        let mut value = values[row];
        for &lag in self.lags.ma.iter().rev().filter(|lag| **lag <= row) {
            value = minus_product(value, &self.polynomials.ma[lag - 1], &values[row - lag]);
        }
        values[row] = value;
    }

    fn solve_rows<const Q: usize>(self, values: &mut [Lanes<L>], start: usize) {
        if start >= values.len() {
            return;
        }
        let theta: [Lanes<L>; Q] = std::array::from_fn(|lag| self.polynomials.ma[lag]);
        let mut past: [Lanes<L>; Q] = std::array::from_fn(|lag| values[start - 1 - lag]);
        for slot in &mut values[start..] {
            let mut value = *slot;
            for j in (0..Q).rev() {
                value = minus_product(value, &theta[j], &past[j]);
            }
            for j in (1..Q).rev() {
                past[j] = past[j - 1];
            }
            past[0] = value;
            *slot = value;
        }
    }
}
