//! Descent on the profiled likelihood as a nonlinear least-squares problem.
//!
//! With the variance profiled out, the likelihood is highest where the innovations, in units of
//! their standard deviations and times the determinant's share `D^(1/2n)`, have the smallest sum of
//! squares. Levenberg (1944), "A method for the solution of certain non-linear problems in least
//! squares"; Marquardt (1963), "An algorithm for least-squares estimation of nonlinear
//! parameters"; Golub and Pereyra (1973) for the regression part projected out first. Forward
//! differences and trial steps of several dampings run in lanes side by side.

use super::search::{LANES, Objective};

/// Step of the forward differences.
const DIFFERENCE: f64 = 1e-7;

/// Ratio between the dampings of one round of trials.
const SPREAD: f64 = 30.0;

/// Damping at which no step is worth trying any more.
const LARGEST_DAMPING: f64 = 1e9;

/// A descent that can be continued.
#[derive(Debug, Clone)]
pub(super) struct Descent {
    pub(super) point: Vec<f64>,
    pub(super) cost: f64,
    damping: f64,
    /// No step gains anything any more.
    pub(super) finished: bool,
    /// Innovations at the point, and the inverse variances of the first of them.
    residuals: Vec<f64>,
    inverses: Vec<f64>,
    log_determinant: f64,
}

impl Descent {
    /// Begins at `point`; `None` where the likelihood is not finite.
    pub(super) fn new(objective: &Objective<'_>, point: Vec<f64>) -> Option<Self> {
        let batch = objective.residuals(std::slice::from_ref(&point));
        let cost = batch.costs[0];
        let residuals = batch.residuals().iter().map(|lanes| lanes[0]).collect();
        let inverses = batch.inverses().iter().map(|lanes| lanes[0]).collect();
        let log_determinant = batch.log_determinant[0];
        let finished = false;
        cost.is_finite().then_some(Self {
            point,
            cost,
            damping: 1e-3,
            finished,
            residuals,
            inverses,
            log_determinant,
        })
    }

    /// Takes up to `steps` steps; each that gains less than `gain` per row ends the descent.
    pub(super) fn advance(&mut self, objective: &Objective<'_>, steps: u64, gain: f64) {
        for _ in 0..steps {
            if self.finished || objective.is_cancelled() {
                return;
            }
            let (gram, gradient) = self.normal_equations(objective);
            let before = self.cost;
            self.step(objective, &gram, &gradient);
            self.finished |= before - self.cost < gain;
        }
    }

    /// `J'J` (row-major) and `J'r` of the scaled residuals.
    fn normal_equations(&self, objective: &Objective<'_>) -> (Vec<f64>, Vec<f64>) {
        let size = self.point.len();
        let rows = self.residuals.len();
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(size);
        let mut gram = vec![0.0; size * size];
        let mut gradient = vec![0.0; size];
        for first in (0..size).step_by(LANES) {
            let count = LANES.min(size - first);
            let points: Vec<Vec<f64>> = (first..first + count)
                .map(|k| {
                    let mut point = self.point.clone();
                    point[k] += step(point[k]);
                    point
                })
                .collect();
            let batch = objective.residuals(&points);
            let mut factor = [0.0; LANES];
            let mut inverse = [0.0; LANES];
            for lane in 0..count {
                let share = (batch.log_determinant[lane] - self.log_determinant) / rows as f64;
                factor[lane] = (0.5 * share).exp();
                inverse[lane] = 1.0 / (points[lane][first + lane] - self.point[first + lane]);
            }
            // Products of the lanes of this batch, in registers.
            let mut products = Products::default();
            let mut kept = vec![Vec::new(); if size > LANES { count } else { 0 }];
            let (lanes, others) = (batch.residuals(), batch.inverses());
            for (row, (lanes, &residual)) in lanes.iter().zip(&self.residuals).enumerate() {
                let mut slope = [0.0; LANES];
                for lane in 0..LANES {
                    slope[lane] = (lanes[lane] * factor[lane] - residual) * inverse[lane];
                }
                let mut weight = 1.0;
                if row < self.inverses.len().max(others.len()) {
                    // The row's own variance moves, too: d(e / s) = (de - e ds / s) / s.
                    weight = self.inverses.get(row).copied().unwrap_or(1.0);
                    let other = others.get(row).copied().unwrap_or([1.0; LANES]);
                    let scale = 0.5 * residual / weight;
                    for lane in 0..LANES {
                        slope[lane] += scale * (other[lane] - weight) * inverse[lane];
                    }
                }
                products.add(&slope, residual, weight);
                for (column, slope) in kept.iter_mut().zip(slope) {
                    column.push(slope * weight.sqrt());
                }
            }
            let Products { own, right } = products;
            for a in 0..count {
                gradient[first + a] = right[a];
                for b in 0..count {
                    gram[(first + a) * size + first + b] = own[a][b];
                }
                for (other, column) in columns.iter().enumerate() {
                    let product: f64 = column.iter().zip(&kept[a]).map(|(x, y)| x * y).sum();
                    gram[(first + a) * size + other] = product;
                    gram[other * size + first + a] = product;
                }
            }
            columns.extend(kept);
        }
        (gram, gradient)
    }

    /// Tries several dampings at once until one of them gains.
    fn step(&mut self, objective: &Objective<'_>, gram: &[f64], gradient: &[f64]) {
        let largest = (0..gradient.len()).map(|k| gram[k * gradient.len() + k]).fold(0.0, f64::max);
        if !(largest.is_finite() && largest > 0.0) {
            self.finished = true;
            return;
        }
        while self.damping < LARGEST_DAMPING {
            let dampings: [f64; LANES] =
                std::array::from_fn(|lane| self.damping * SPREAD.powi(lane as i32 - 1));
            let points: Vec<Vec<f64>> = dampings
                .iter()
                .map(|&damping| {
                    let step = damped_step(gram, gradient, damping, largest);
                    self.point.iter().zip(step).map(|(x, step)| x - step).collect()
                })
                .collect();
            let batch = objective.residuals(&points);
            let best =
                (0..LANES).fold(
                    0,
                    |best, lane| {
                        if batch.costs[lane] < batch.costs[best] { lane } else { best }
                    },
                );
            if batch.costs[best] < self.cost {
                self.cost = batch.costs[best];
                self.point.clone_from(&points[best]);
                self.damping = dampings[best].max(1e-12);
                self.log_determinant = batch.log_determinant[best];
                let pick = |lanes: &[f64; LANES]| lanes[best];
                self.residuals.clear();
                self.residuals.extend(batch.residuals().iter().map(pick));
                self.inverses.clear();
                self.inverses.extend(batch.inverses().iter().map(pick));
                return;
            }
            self.damping *= SPREAD.powi(LANES as i32);
        }
        self.finished = true;
    }
}

/// Weighted sums of products of slopes with each other and with the residuals.
#[derive(Default)]
struct Products {
    own: [[f64; LANES]; LANES],
    right: [f64; LANES],
}

impl Products {
    #[inline(always)]
    fn add(&mut self, slope: &[f64; LANES], residual: f64, weight: f64) {
        let mut weighted = [0.0; LANES];
        for lane in 0..LANES {
            weighted[lane] = slope[lane] * weight;
            self.right[lane] += weighted[lane] * residual;
        }
        for (row, slope) in self.own.iter_mut().zip(slope) {
            for (slot, weighted) in row.iter_mut().zip(weighted) {
                *slot += slope * weighted;
            }
        }
    }
}

fn step(x: f64) -> f64 {
    DIFFERENCE * x.abs().max(1.0)
}

/// Solves `(J'J + damping diag) step = J'r` by Cholesky; a step of NaN if it is not definite.
fn damped_step(gram: &[f64], gradient: &[f64], damping: f64, largest: f64) -> Vec<f64> {
    let size = gradient.len();
    let mut factor = gram.to_vec();
    for k in 0..size {
        // A coordinate that moves nothing stays where it is.
        factor[k * size + k] += damping * gram[k * size + k].max(1e-9 * largest);
    }
    let mut solution = gradient.to_vec();
    for row in 0..size {
        for column in 0..=row {
            let mut value = factor[row * size + column];
            for k in 0..column {
                value -= factor[row * size + k] * factor[column * size + k];
            }
            factor[row * size + column] = match row == column {
                true => value.sqrt(),
                false => value / factor[column * size + column],
            };
        }
        for k in 0..row {
            solution[row] -= factor[row * size + k] * solution[k];
        }
        solution[row] /= factor[row * size + row];
    }
    for row in (0..size).rev() {
        for k in row + 1..size {
            solution[row] -= factor[k * size + row] * solution[k];
        }
        solution[row] /= factor[row * size + row];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damping_shortens_the_step() {
        let gram = [4.0, 1.0, 1.0, 2.0];
        let step = damped_step(&gram, &[5.0, 3.0], 0.0, 4.0);
        assert!((step[0] - 1.0).abs() < 1e-14 && (step[1] - 1.0).abs() < 1e-14, "{step:?}");
        let short = damped_step(&gram, &[5.0, 3.0], 10.0, 4.0);
        assert!(short[0] < 0.2 && short[1] < 0.2);
    }
}
