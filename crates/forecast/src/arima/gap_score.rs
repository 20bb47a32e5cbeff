//! The gradient of the likelihood with missing rows: the filter's steps backwards.
//!
//! The filter cleared the first row and column of the covariance in every row that is there, so
//! that of each row only the gain is needed on the way back, `n` columns instead of `n` matrices;
//! the cost is that of a second filter, whatever the number of parameters. With `X` and `x` the
//! derivatives by the covariance and the state of the next row, and `s` the gain without its first
//! entry (which is one):
//!
//! ```text
//! seen:     X_00 <- s'X s + ..,   X_0j <- -(X s)_(j-1) + ..,   X_ij <- X_(i-1)(j-1)
//! missing:  X_00 <- ar'X ar,      X_0j <- (X ar)_(j-1),        X_ij <- X_(i-1)(j-1)
//! ```
//!
//! Giles and Pierce (2000), "An introduction to the adjoint approach to design", for the principle.

use super::gap_filter::{GapFilter, Gaps};
use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::Polynomials;
use super::presample_covariance::covariance_slopes;
use super::score::Weights;
use super::starting_levels::Row;

/// Derivatives by what the filter is made of, and room for one product.
struct Backwards<'a, const L: usize> {
    size: usize,
    ar: &'a [Lanes<L>],
    /// By the covariance before a row: a full symmetric matrix in rows of `size`.
    covariance: &'a mut [Lanes<L>],
    /// By the state before a row.
    state: &'a mut [Lanes<L>],
    /// By the autoregression, differences multiplied in.
    slopes: &'a mut [Lanes<L>],
    /// Sum of `covariance` over the rows.
    total: &'a mut [Lanes<L>],
    product: &'a mut [Lanes<L>],
    other: &'a mut [Lanes<L>],
}

impl<const L: usize> GapFilter<L> {
    /// The gradient of `weights.squares * S + weights.log_determinant * log |V|` with respect to
    /// the polynomials' coefficients, after a run over `columns` that kept its gains; `regression`
    /// are the coefficients of all columns but the first, and the best ones, so that S does not
    /// move with them.
    pub(super) fn gradient(
        &mut self,
        polynomials: &Polynomials<L>,
        gaps: &Gaps,
        columns: &[&[f64]],
        regression: &[Lanes<L>],
        weights: &Weights<L>,
    ) -> Polynomials<L> {
        let size = gaps.size;
        let (errors, others) = self.errors.split_at_mut(1);
        for (coefficient, other) in regression.iter().zip(others.iter()) {
            for (value, other) in errors[0].iter_mut().zip(other) {
                *value = minus_product(*value, coefficient, other);
            }
        }
        self.adjoint.clear();
        self.adjoint.resize(2 * size * size + 4 * size, [0.0; L]);
        let (covariance, rest) = self.adjoint.split_at_mut(size * size);
        let (total, rest) = rest.split_at_mut(size * size);
        let (state, rest) = rest.split_at_mut(size);
        let (slopes, rest) = rest.split_at_mut(size);
        let (product, other) = rest.split_at_mut(size);
        let mut back =
            Backwards { size, ar: &self.ar, covariance, state, slopes, total, product, other };
        let tape = Tape {
            errors: &self.errors[0],
            inverses: &self.inverses,
            gains: &self.gains,
            left: &self.left,
            columns,
            regression,
            weights,
        };
        match size {
            1 => back.walk(1, gaps, &tape),
            2 => back.walk(2, gaps, &tape),
            3 => back.walk(3, gaps, &tape),
            4 => back.walk(4, gaps, &tape),
            _ => back.walk(size, gaps, &tape),
        }
        back.collect(polynomials, gaps, &self.input, &self.presample)
    }
}

/// What a run of the filter left behind.
struct Tape<'a, const L: usize> {
    errors: &'a [Lanes<L>],
    inverses: &'a [Lanes<L>],
    gains: &'a [Lanes<L>],
    left: &'a [Lanes<L>],
    columns: &'a [&'a [f64]],
    regression: &'a [Lanes<L>],
    weights: &'a Weights<L>,
}

impl<const L: usize> Tape<'_, L> {
    /// The target less the regression in a row that is there.
    #[inline(always)]
    fn value(&self, row: usize) -> Lanes<L> {
        let mut value = [self.columns[0][row]; L];
        for (coefficient, column) in self.regression.iter().zip(&self.columns[1..]) {
            value = minus_product(value, coefficient, &[column[row]; L]);
        }
        value
    }
}

impl<const L: usize> Backwards<'_, L> {
    #[inline(always)]
    fn walk(&mut self, size: usize, gaps: &Gaps, tape: &Tape<'_, L>) {
        let mut spent = tape.left.len();
        for (row, kind) in gaps.plan.rows.iter().enumerate().rev() {
            for (total, value) in self.total[..size * size].iter_mut().zip(&*self.covariance) {
                *total = plus_product(*total, value, &[1.0; L]);
            }
            let gain = &tape.gains[row * size..(row + 1) * size];
            match kind {
                Row::Seen => self.seen(size, row, gain, tape),
                Row::Missing => self.missing(size, gain, &tape.errors[row]),
                Row::Spent(levels) => {
                    spent -= size;
                    let left = &tape.left[spent..spent + size];
                    self.spent(size, row, gain, left, levels, tape);
                }
            }
        }
    }

    #[inline(always)]
    fn seen(&mut self, size: usize, row: usize, gain: &[Lanes<L>], tape: &Tape<'_, L>) {
        let (error, inverse) = (&tape.errors[row], &tape.inverses[row]);
        self.multiply(size, &gain[1..]);
        let corner = dot(&gain[1..], self.product);
        let mut by_gain = [0.0; L];
        let mut shifted = [0.0; L];
        let pairs = self.product.iter_mut().zip(&*self.state).zip(&gain[1..]);
        for ((product, state), gain) in pairs {
            for lane in 0..L {
                // Half the derivative by the gain, over the variance.
                let half = 0.5 * state[lane] * error[lane] * inverse[lane];
                product[lane] = half - product[lane];
                by_gain[lane] += 2.0 * half * gain[lane];
                shifted[lane] += gain[lane] * state[lane];
            }
        }
        let mut first = corner;
        let mut state = [0.0; L];
        for lane in 0..L {
            let weighted = tape.weights.squares[lane] * error[lane] * inverse[lane];
            first[lane] += tape.weights.log_determinant[lane] * inverse[lane]
                - weighted * error[lane] * inverse[lane]
                - by_gain[lane];
            state[lane] = -2.0 * weighted - shifted[lane];
        }
        self.move_slopes(size, &tape.value(row));
        self.shift(size, first, state);
    }

    #[inline(always)]
    fn missing(&mut self, size: usize, first: &[Lanes<L>], prediction: &Lanes<L>) {
        self.move_slopes(size, prediction);
        // 2 X T p, p the covariance of the state with its first entry.
        for k in 0..size {
            let carried = if k + 1 < size { first[k + 1] } else { [0.0; L] };
            self.other[k] = plus_product(carried, &self.ar[k], &first[0]);
        }
        for i in 0..size {
            let sum = dot(&self.covariance[i * size..(i + 1) * size], &self.other[..size]);
            self.slopes[i] = plus_product(self.slopes[i], &sum, &[2.0; L]);
        }
        self.multiply(size, self.ar);
        let corner = dot(&self.ar[..size], self.product);
        let state = dot(&self.ar[..size], self.state);
        self.shift(size, corner, state);
    }

    fn spent(
        &mut self,
        size: usize,
        row: usize,
        gain: &[Lanes<L>],
        left: &[Lanes<L>],
        levels: &[f64],
        tape: &Tape<'_, L>,
    ) {
        // The derivative by the gain, whose first entry is one; then by what it is made of.
        self.multiply(size, &left[1..]);
        for k in 1..size {
            let (state, product) = (&self.state[k - 1], &self.product[k - 1]);
            let slope: Lanes<L> = std::array::from_fn(|lane| {
                state[lane] * tape.errors[row][lane] - 2.0 * product[lane]
            });
            for (total, level) in self.slopes[..k].iter_mut().zip(levels[..k].iter().rev()) {
                *total = minus_product(*total, &slope, &[*level; L]);
            }
        }
        self.multiply(size, &gain[1..]);
        let corner = dot(&gain[1..], self.product);
        let state = dot(&gain[1..], self.state).map(|value| -value);
        for value in self.product.iter_mut().flatten() {
            *value = -*value;
        }
        self.move_slopes(size, &tape.value(row));
        self.shift(size, corner, state);
    }

    /// `X s` for an `s` of `size` entries, or one less: then the last one is zero.
    #[inline(always)]
    fn multiply(&mut self, size: usize, vector: &[Lanes<L>]) {
        for i in 0..size {
            self.product[i] = dot(&self.covariance[i * size..(i + 1) * size], vector);
        }
    }

    /// How the next state moves with the autoregression: by the level of this row.
    #[inline(always)]
    fn move_slopes(&mut self, size: usize, level: &Lanes<L>) {
        for (slope, state) in self.slopes[..size].iter_mut().zip(&*self.state) {
            *slope = plus_product(*slope, state, level);
        }
    }

    /// One row back: the matrix moves down its diagonals, `product` enters at the edge.
    #[inline(always)]
    fn shift(&mut self, size: usize, corner: Lanes<L>, state: Lanes<L>) {
        let cells = size * size;
        self.covariance.copy_within(..cells.saturating_sub(size + 1), (size + 1).min(cells));
        self.covariance[0] = corner;
        for k in 1..size {
            self.covariance[k] = self.product[k - 1];
            self.covariance[k * size] = self.product[k - 1];
        }
        self.state.copy_within(..size - 1, 1);
        self.state[0] = state;
    }

    /// From the derivatives by the filter's matrices to those by the polynomials.
    fn collect(
        self,
        polynomials: &Polynomials<L>,
        gaps: &Gaps,
        input: &[Lanes<L>],
        presample: &[Lanes<L>],
    ) -> Polynomials<L> {
        let (size, reach) = (self.size, polynomials.reach());
        let mut slope = Vec::with_capacity(reach * reach);
        for row in self.covariance.chunks_exact(size).take(reach) {
            slope.extend_from_slice(&row[..reach]);
        }
        let (mut ar, mut ma) = covariance_slopes(polynomials, presample, &slope);
        for (j, slope) in ar.iter_mut().enumerate() {
            for (delta, part) in gaps.differences.iter().zip(&self.slopes[j..]) {
                *slope = plus_product(*slope, part, &[*delta; L]);
            }
        }
        // R R' enters before every row, the first one included.
        for (k, slope) in ma.iter_mut().enumerate() {
            let cells = (k + 1) * size..(k + 2) * size;
            let rows = self.total[cells.clone()].iter().zip(&self.covariance[cells]);
            for ((a, b), input) in rows.zip(input) {
                for lane in 0..L {
                    slope[lane] += 2.0 * (a[lane] + b[lane]) * input[lane];
                }
            }
        }
        Polynomials { ar, ma }
    }
}

#[inline(always)]
fn dot<const L: usize>(a: &[Lanes<L>], b: &[Lanes<L>]) -> Lanes<L> {
    a.iter().zip(b).fold([0.0; L], |total, (a, b)| plus_product(total, a, b))
}
