//! The state-space filter as the search uses it, where rows are missing.
//!
//! Harvey's form of the ARMA process, differences multiplied into the autoregression; several
//! parameter vectors run side by side. A row that is there leaves nothing unknown of its own level,
//! so that the update clears the first row and column of the covariance and the autoregression
//! enters only through rows that are missing. Gardner, Harvey and Phillips (1980), "An algorithm
//! for exact maximum likelihood estimation of autoregressive-moving average models by means of
//! Kalman filtering"; Jones (1980), "Maximum likelihood fitting of ARMA models to time series with
//! missing observations". The value that a fit reports comes from `state_space`.

use super::autocovariance::impulse_responses;
use super::lanes::{Lanes, minus_product, plus_product};
use super::order::Order;
use super::polynomial::{Polynomials, difference_polynomial};
use super::presample_covariance::presample_covariance;
use super::starting_levels::{Row, StartingLevels};

/// Innovation variances that are multiplied before a logarithm is taken; each is at least 1, and
/// 1e38 of them would be needed for an overflow.
const RUN: usize = 8;

/// What the rows of a series and the differences of a model ask of every evaluation.
#[derive(Debug, Clone)]
pub(super) struct Gaps {
    pub(super) plan: StartingLevels,
    pub(super) differences: Vec<f64>,
    /// Entries of the state.
    pub(super) size: usize,
}

impl Gaps {
    pub(super) fn new(order: &Order, present: &[bool]) -> Self {
        let size = (order.ar_lags() + order.lost_rows()).max(order.ma_lags() + 1);
        let plan = StartingLevels::new(order, present, size);
        Self { plan, differences: difference_polynomial(order), size }
    }
}

/// One evaluation of `L` parameter vectors, with the memory that the next one reuses.
#[derive(Debug, Clone)]
pub(super) struct GapFilter<const L: usize> {
    /// Per column (target first) and row: the innovation, in a missing row the prediction.
    pub(super) errors: Vec<Vec<Lanes<L>>>,
    /// Inverse innovation variance in units of sigma2; 0 in rows that are missing or spent.
    pub(super) inverses: Vec<Lanes<L>>,
    /// One column of `size` a row: the gain; in a missing row the state's covariance with its
    /// first entry. One column in all unless they are kept.
    pub(super) gains: Vec<Lanes<L>>,
    /// Of each row that was spent: what its gain leaves of the covariance with the first entry.
    pub(super) left: Vec<Lanes<L>>,
    /// Autoregression with the differences multiplied in, as long as the state.
    pub(super) ar: Vec<Lanes<L>>,
    /// Effect of the innovation on the state: 1, theta_1, ..
    pub(super) input: Vec<Lanes<L>>,
    /// `Omega` of the rows before the sample.
    pub(super) presample: Vec<Lanes<L>>,
    log_determinant: Lanes<L>,
    /// Lower triangle of the state's covariance, in rows of `size`.
    covariance: Vec<Lanes<L>>,
    /// `R R'`, the same.
    pub(super) shock: Vec<Lanes<L>>,
    /// The covariance's first column.
    first: Vec<Lanes<L>>,
    /// One state a column.
    states: Vec<Lanes<L>>,
    /// Memory of the way back.
    pub(super) adjoint: Vec<Lanes<L>>,
}

impl<const L: usize> Default for GapFilter<L> {
    fn default() -> Self {
        Self {
            errors: Vec::new(),
            inverses: Vec::new(),
            gains: Vec::new(),
            left: Vec::new(),
            ar: Vec::new(),
            input: Vec::new(),
            presample: Vec::new(),
            log_determinant: [0.0; L],
            covariance: Vec::new(),
            shock: Vec::new(),
            first: Vec::new(),
            states: Vec::new(),
            adjoint: Vec::new(),
        }
    }
}

impl<const L: usize> GapFilter<L> {
    /// Filters `columns`; afterwards the log-determinant and all products of columns are known,
    /// and with `keep` what the gradient needs.
    pub(super) fn run(
        &mut self,
        polynomials: &Polynomials<L>,
        gaps: &Gaps,
        columns: &[&[f64]],
        keep: bool,
    ) {
        let (size, rows) = (gaps.size, gaps.plan.rows.len());
        self.prepare(polynomials, gaps);
        self.errors.resize_with(columns.len(), Vec::new);
        for errors in &mut self.errors {
            errors.clear();
            errors.reserve(rows);
        }
        self.inverses.clear();
        self.inverses.reserve(rows);
        self.gains.clear();
        self.gains.resize(if keep { rows * size } else { size }, [0.0; L]);
        self.left.clear();
        self.states.clear();
        self.states.resize(columns.len() * size, [0.0; L]);
        // The same loop for every size; a size known to the compiler is unrolled.
        match size {
            1 => self.walk(1, gaps, columns, keep),
            2 => self.walk(2, gaps, columns, keep),
            3 => self.walk(3, gaps, columns, keep),
            4 => self.walk(4, gaps, columns, keep),
            _ => self.walk(size, gaps, columns, keep),
        }
    }

    pub(super) fn log_determinant(&self) -> Lanes<L> {
        self.log_determinant
    }

    /// The scalar product of two columns in the metric of the likelihood.
    pub(super) fn product(&self, a: usize, b: usize) -> Lanes<L> {
        let mut total = [0.0; L];
        let pairs = self.errors[a].iter().zip(&self.errors[b]);
        for ((a, b), inverse) in pairs.zip(&self.inverses) {
            for lane in 0..L {
                total[lane] += a[lane] * b[lane] * inverse[lane];
            }
        }
        total
    }

    /// The system's matrices and the covariance before the first row.
    fn prepare(&mut self, polynomials: &Polynomials<L>, gaps: &Gaps) {
        let size = gaps.size;
        self.ar.clear();
        self.ar.resize(size, [0.0; L]);
        for (i, delta) in gaps.differences.iter().enumerate() {
            if i > 0 {
                self.ar[i - 1] = self.ar[i - 1].map(|value| value - delta);
            }
            for (slot, phi) in self.ar[i..].iter_mut().zip(&polynomials.ar) {
                *slot = plus_product(*slot, phi, &[*delta; L]);
            }
        }
        self.input.clear();
        self.input.push([1.0; L]);
        self.input.extend_from_slice(&polynomials.ma);
        self.input.resize(size, [0.0; L]);
        self.shock.clear();
        self.shock.resize(size * size, [0.0; L]);
        for i in 0..size {
            for j in 0..=i {
                let cell = &mut self.shock[i * size + j];
                *cell = plus_product(*cell, &self.input[i], &self.input[j]);
            }
        }
        // The first state is what the past contributes and the first innovation.
        let reach = polynomials.reach();
        let psi = impulse_responses(polynomials, reach.max(polynomials.ma.len() + 1));
        self.presample = presample_covariance(polynomials, &psi);
        self.covariance.clone_from(&self.shock);
        for i in 0..reach {
            for j in 0..=i {
                let cell = &mut self.covariance[i * size + j];
                *cell = plus_product(*cell, &self.presample[i * reach + j], &[1.0; L]);
            }
        }
        self.first.clear();
        self.first.extend(self.covariance.iter().step_by(size));
    }

    #[inline(always)]
    fn walk(&mut self, size: usize, gaps: &Gaps, columns: &[&[f64]], keep: bool) {
        let mut total = [gaps.plan.log_determinant; L];
        let (mut product, mut count) = ([1.0; L], 0);
        for (row, kind) in gaps.plan.rows.iter().enumerate() {
            let at = if keep { row * size } else { 0 };
            let gain = &mut self.gains[at..at + size];
            let variance = self.first[0];
            match kind {
                Row::Missing => {
                    gain.copy_from_slice(&self.first[..size]);
                    self.inverses.push([0.0; L]);
                    self.predict(size);
                    self.skip_row(size);
                    continue;
                }
                Row::Seen => {
                    let inverse = variance.map(|value| 1.0 / value);
                    self.inverses.push(inverse);
                    for (gain, first) in gain.iter_mut().zip(&self.first[..size]) {
                        *gain = std::array::from_fn(|lane| first[lane] * inverse[lane]);
                    }
                    for lane in 0..L {
                        product[lane] *= variance[lane];
                    }
                    count += 1;
                    if count == RUN {
                        for lane in 0..L {
                            total[lane] += product[lane].ln();
                        }
                        (product, count) = ([1.0; L], 0);
                    }
                    update(&mut self.covariance, &self.shock, size, gain, &self.first[..size]);
                }
                Row::Spent(levels) => {
                    self.inverses.push([0.0; L]);
                    for k in 0..size {
                        gain[k] = [levels[k]; L];
                        for (phi, past) in self.ar[..k].iter().zip(levels[..k].iter().rev()) {
                            gain[k] = minus_product(gain[k], phi, &[*past; L]);
                        }
                    }
                    let start = self.left.len();
                    for (gain, first) in gain.iter().zip(&self.first[..size]) {
                        self.left.push(minus_product(*first, gain, &variance));
                    }
                    let left = &self.left[start..];
                    update(&mut self.covariance, &self.shock, size, gain, &self.first[..size]);
                    // On top of a row that counts: - left gain'.
                    for i in 0..size - 1 {
                        for j in 0..=i {
                            let cell = &mut self.covariance[i * size + j];
                            *cell = minus_product(*cell, &left[i + 1], &gain[j + 1]);
                        }
                    }
                }
            }
            let states = self.states.chunks_exact_mut(size);
            for ((state, errors), column) in states.zip(&mut self.errors).zip(columns) {
                let value = [column[row]; L];
                let mut error = value;
                for lane in 0..L {
                    error[lane] -= state[0][lane];
                }
                errors.push(error);
                for k in 0..size {
                    let carried = if k + 1 < size {
                        plus_product(state[k + 1], &gain[k + 1], &error)
                    } else {
                        [0.0; L]
                    };
                    state[k] = plus_product(carried, &self.ar[k], &value);
                }
            }
            for k in 0..size {
                self.first[k] = self.covariance[k * size];
            }
        }
        for lane in 0..L {
            total[lane] += product[lane].ln();
        }
        self.log_determinant = total;
    }

    /// The states of all columns over a row that is missing.
    #[inline(always)]
    fn predict(&mut self, size: usize) {
        for (state, errors) in self.states.chunks_exact_mut(size).zip(&mut self.errors) {
            let value = state[0];
            errors.push(value);
            for k in 0..size {
                let carried = if k + 1 < size { state[k + 1] } else { [0.0; L] };
                state[k] = plus_product(carried, &self.ar[k], &value);
            }
        }
    }

    /// `T P T' + R R'`.
    #[inline(always)]
    fn skip_row(&mut self, size: usize) {
        let variance = self.first[0];
        for i in 0..size {
            let mut moved = if i + 1 < size { self.first[i + 1] } else { [0.0; L] };
            moved = plus_product(moved, &self.ar[i], &variance);
            for j in 0..=i {
                let mut value = self.shock[i * size + j];
                value = plus_product(value, &self.ar[j], &moved);
                if j + 1 < size {
                    value = plus_product(value, &self.ar[i], &self.first[j + 1]);
                }
                if i + 1 < size {
                    let below = &self.covariance[(i + 1) * size + j + 1];
                    value = plus_product(value, below, &[1.0; L]);
                }
                self.covariance[i * size + j] = value;
            }
        }
        for k in 0..size {
            self.first[k] = self.covariance[k * size];
        }
    }
}

/// `T (P - K p') T' + R R'`, where the update has cleared the first row and column.
#[inline(always)]
fn update<const L: usize>(
    covariance: &mut [Lanes<L>],
    shock: &[Lanes<L>],
    size: usize,
    gain: &[Lanes<L>],
    first: &[Lanes<L>],
) {
    for i in 0..size {
        for j in 0..=i {
            let mut value = shock[i * size + j];
            if i + 1 < size {
                let below = &covariance[(i + 1) * size + j + 1];
                for lane in 0..L {
                    value[lane] += below[lane] - gain[i + 1][lane] * first[j + 1][lane];
                }
            }
            covariance[i * size + j] = value;
        }
    }
}
