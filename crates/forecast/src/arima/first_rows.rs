//! The factors of the rows before the constant ones, for the orders most used.
//!
//! The same recursion as the general one in `innovations`, with what a row needs of those before it
//! in registers: a root near the unit circle makes every row of a series such a row.

use super::innovations::{Factors, STEADY};
use super::lanes::{Lanes, minus_product};

impl<const L: usize> Factors<L> {
    /// Whether [`push_rows_of_first_order`](Self::push_rows_of_first_order) holds: its powers of
    /// theta overflow outside the unit circle.
    pub(super) fn has_closed_form(&self) -> bool {
        matches!(&self.polynomials.ma[..], [theta] if theta.iter().all(|value| value.abs() <= 1.0))
    }

    /// The rest of the rows of a first-order moving average, in closed form: the models most used,
    /// and far from a steady state if the root is near the unit circle.
    ///
    /// `d' = 1 + theta^2 - theta^2 / d` has the solution `u_(k+1) / u_k` with
    /// `u_k = 1 + (d_0 - 1)(1 + theta^2 + .. + theta^(2 (k-1)))`, a sum of positive terms, so that no
    /// row waits for the division of the row before.
    pub(super) fn push_rows_of_first_order(&mut self, rows: usize) {
        let theta = self.polynomials.ma[0];
        let square = theta.map(|value| value * value);
        let (Some(&first), band) = (self.variances.last(), self.band) else { return };
        let Some(&(mut inverse)) = self.inverses.last() else { return };
        let excess = first.map(|value| value - 1.0);
        let (mut power, mut sum, mut last) = (square, [1.0; L], first);
        for _ in self.variances.len()..rows {
            let (mut weight, mut variance) = ([0.0; L], [0.0; L]);
            let mut distance = [0.0; L];
            for lane in 0..L {
                weight[lane] = theta[lane] * inverse[lane];
                sum[lane] += power[lane];
                power[lane] *= square[lane];
                let next = 1.0 + excess[lane] * sum[lane];
                variance[lane] = next / last[lane];
                inverse[lane] = last[lane] / next;
                last[lane] = next;
                distance[lane] = (variance[lane] - 1.0).abs() + (weight[lane] - theta[lane]).abs();
            }
            self.weights.push(weight);
            if band > 1 {
                self.weights.resize(self.weights.len() + band - 1, [0.0; L]);
            }
            self.variances.push(variance);
            self.inverses.push(inverse);
            if distance.iter().sum::<f64>() <= STEADY {
                break;
            }
        }
    }

    /// The rest of the rows of a moving average of order Q, the general step with everything it
    /// needs of the rows before in registers.
    pub(super) fn push_rows_of_order<const Q: usize>(&mut self, rows: usize, moving: &[Lanes<L>]) {
        let (row, band) = (self.variances.len(), self.band);
        let theta: [Lanes<L>; Q] = std::array::from_fn(|lag| self.polynomials.ma[lag]);
        let moving: [Lanes<L>; Q] = std::array::from_fn(|lag| moving[lag + 1]);
        let level: Lanes<L> =
            std::array::from_fn(|lane| 1.0 + (0..Q).map(|k| theta[k][lane].powi(2)).sum::<f64>());
        // Of the k-th row before: its weights, nearest first, and its inverse variance.
        let mut past: [[Lanes<L>; Q]; Q] = std::array::from_fn(|k| {
            std::array::from_fn(|lag| self.weights[(row - 1 - k) * band + lag])
        });
        let mut inverses: [Lanes<L>; Q] = std::array::from_fn(|k| self.inverses[row - 1 - k]);
        for _ in row..rows {
            let mut scaled = [[0.0; L]; Q];
            let mut weights = [[0.0; L]; Q];
            let mut variance = level;
            let mut distance = [0.0; L];
            for lag in (0..Q).rev() {
                let mut value = moving[lag];
                for older in lag + 1..Q {
                    value = minus_product(value, &scaled[older], &past[lag][older - lag - 1]);
                }
                scaled[lag] = value;
                for lane in 0..L {
                    weights[lag][lane] = value[lane] * inverses[lag][lane];
                    distance[lane] += (weights[lag][lane] - theta[lag][lane]).abs();
                }
                variance = minus_product(variance, &value, &weights[lag]);
            }
            let mut inverse = [0.0; L];
            for lane in 0..L {
                inverse[lane] = 1.0 / variance[lane];
                distance[lane] += (variance[lane] - 1.0).abs();
            }
            for k in (1..Q).rev() {
                past[k] = past[k - 1];
                inverses[k] = inverses[k - 1];
            }
            past[0] = weights;
            inverses[0] = inverse;
            self.weights.extend(weights);
            if band > Q {
                self.weights.resize(self.weights.len() + band - Q, [0.0; L]);
            }
            self.variances.push(variance);
            self.inverses.push(inverse);
            if distance.iter().sum::<f64>() <= STEADY {
                break;
            }
        }
    }
}
