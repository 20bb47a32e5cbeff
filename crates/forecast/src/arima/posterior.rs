//! Small symmetric systems: what the sample says about the numbers before it.
//!
//! With prior covariance `Omega` and information `A`, everything comes from two Cholesky factors,
//! `A = C C'` and `K = I + C' Omega C`, both of positive definite matrices even where `Omega` is
//! singular (nearly cancelling roots) or huge (a root near the unit circle).

use super::lanes::{Lanes, minus_product, plus_product};

/// The factors; matrices are row-major.
#[derive(Debug, Clone, Default)]
pub(super) struct Posterior<const L: usize> {
    size: usize,
    /// Lower triangular `C`.
    information: Vec<Lanes<L>>,
    /// Cholesky factor of `K`, lower triangular.
    factor: Vec<Lanes<L>>,
}

impl<const L: usize> Posterior<L> {
    /// `information` and `prior` are full square matrices.
    pub(super) fn new(mut information: Vec<Lanes<L>>, prior: &[Lanes<L>], size: usize) -> Self {
        cholesky(&mut information, size);
        let mut factor = congruence(&information, prior, size);
        for k in 0..size {
            factor[k * size + k] = factor[k * size + k].map(|value| value + 1.0);
        }
        cholesky(&mut factor, size);
        Self { size, information, factor }
    }

    /// `log |I + A Omega|`.
    pub(super) fn log_determinant(&self) -> Lanes<L> {
        let mut total = [0.0; L];
        // One logarithm for several pivots; each is at least 1 and far from overflow.
        let diagonal: Vec<usize> = (0..self.size).map(|k| k * self.size + k).collect();
        for run in diagonal.chunks(8) {
            let mut product = [1.0; L];
            for &at in run {
                for (product, pivot) in product.iter_mut().zip(&self.factor[at]) {
                    *product *= pivot;
                }
            }
            for lane in 0..L {
                total[lane] += 2.0 * product[lane].ln();
            }
        }
        total
    }

    /// `a' (Omega^-1 + A)^-1 b`.
    pub(super) fn product(&self, a: &[Lanes<L>], b: &[Lanes<L>]) -> Lanes<L> {
        let (left, _) = self.split(a);
        let (right, rest) = self.split(b);
        let mut total = [0.0; L];
        for ((left, right), rest) in left.iter().zip(&right).zip(&rest) {
            for lane in 0..L {
                total[lane] += left[lane] * (right[lane] - rest[lane]);
            }
        }
        total
    }

    /// `(Omega^-1 + A)^-1 b` and `Omega^-1` times that.
    pub(super) fn mean(&self, b: &[Lanes<L>]) -> (Vec<Lanes<L>>, Vec<Lanes<L>>) {
        let (mut mean, rest) = self.split(b);
        for (mean, rest) in mean.iter_mut().zip(&rest) {
            for lane in 0..L {
                mean[lane] -= rest[lane];
            }
        }
        solve_transposed(&self.information, &mut mean, self.size);
        let mut weighted = vec![[0.0; L]; self.size];
        for (i, slot) in weighted.iter_mut().enumerate() {
            for (j, rest) in rest.iter().enumerate().take(i + 1) {
                *slot = plus_product(*slot, &self.information[i * self.size + j], rest);
            }
        }
        (mean, weighted)
    }

    /// `(Omega^-1 + A)^-1` and `(A^-1 + Omega)^-1`.
    pub(super) fn matrices(&self) -> (Vec<Lanes<L>>, Vec<Lanes<L>>) {
        let size = self.size;
        let mut covariance = vec![[0.0; L]; size * size];
        let mut precision = covariance.clone();
        let mut column = vec![[0.0; L]; size];
        // Column k of K^-1, then C K^-1 and I - K^-1, both still to be multiplied from the right.
        for k in 0..size {
            column.fill([0.0; L]);
            column[k] = [1.0; L];
            solve(&self.factor, &mut column, size);
            solve_transposed(&self.factor, &mut column, size);
            for i in 0..size {
                let mut value = [0.0; L];
                let row = &self.information[i * size..][..=i];
                for (factor, other) in row.iter().zip(&column) {
                    value = plus_product(value, factor, other);
                }
                precision[i * size + k] = value;
            }
            for value in column.iter_mut().flatten() {
                *value = -*value;
            }
            column[k] = column[k].map(|value| value + 1.0);
            solve_transposed(&self.information, &mut column, size);
            for i in 0..size {
                covariance[i * size + k] = column[i];
            }
        }
        for i in 0..size {
            let row = i * size..(i + 1) * size;
            // Row by row: x C^-1 is the solution of C' y = x, x C' a product.
            solve_transposed(&self.information, &mut covariance[row.clone()], size);
            for j in (0..size).rev() {
                let mut value = [0.0; L];
                for k in 0..=j {
                    value = plus_product(
                        value,
                        &self.information[j * size + k],
                        &precision[i * size + k],
                    );
                }
                column[j] = value;
            }
            precision[row].copy_from_slice(&column);
        }
        (covariance, precision)
    }

    /// `C^-1 b`, and `K^-1` times that.
    fn split(&self, b: &[Lanes<L>]) -> (Vec<Lanes<L>>, Vec<Lanes<L>>) {
        let mut whole = b.to_vec();
        solve(&self.information, &mut whole, self.size);
        let mut rest = whole.clone();
        solve(&self.factor, &mut rest, self.size);
        solve_transposed(&self.factor, &mut rest, self.size);
        (whole, rest)
    }
}

/// Lower factor in place, the upper triangle is left; NaN where a pivot is not positive.
fn cholesky<const L: usize>(matrix: &mut [Lanes<L>], size: usize) {
    for row in 0..size {
        for column in 0..=row {
            let mut value = matrix[row * size + column];
            for k in 0..column {
                let (a, b) = (matrix[row * size + k], matrix[column * size + k]);
                value = minus_product(value, &a, &b);
            }
            let pivot = matrix[column * size + column];
            for lane in 0..L {
                value[lane] = match row == column {
                    true => value[lane].sqrt(),
                    false => value[lane] / pivot[lane],
                };
            }
            matrix[row * size + column] = value;
        }
    }
}

/// `C' P C` for a lower triangular `C`.
fn congruence<const L: usize>(
    lower: &[Lanes<L>],
    matrix: &[Lanes<L>],
    size: usize,
) -> Vec<Lanes<L>> {
    let mut half = vec![[0.0; L]; size * size];
    for i in 0..size {
        for j in 0..size {
            for k in j..size {
                half[i * size + j] =
                    plus_product(half[i * size + j], &matrix[i * size + k], &lower[k * size + j]);
            }
        }
    }
    let mut result = vec![[0.0; L]; size * size];
    for i in 0..size {
        for j in 0..=i {
            let mut value = [0.0; L];
            for k in i..size {
                value = plus_product(value, &lower[k * size + i], &half[k * size + j]);
            }
            result[i * size + j] = value;
            result[j * size + i] = value;
        }
    }
    result
}

/// Solves `C x = b` in place.
fn solve<const L: usize>(lower: &[Lanes<L>], values: &mut [Lanes<L>], size: usize) {
    for row in 0..size {
        let mut value = values[row];
        for k in 0..row {
            value = minus_product(value, &lower[row * size + k], &values[k]);
        }
        for lane in 0..L {
            value[lane] /= lower[row * size + row][lane];
        }
        values[row] = value;
    }
}

/// Solves `C' x = b` in place.
fn solve_transposed<const L: usize>(lower: &[Lanes<L>], values: &mut [Lanes<L>], size: usize) {
    for row in (0..size).rev() {
        let mut value = values[row];
        for k in row + 1..size {
            value = minus_product(value, &lower[k * size + row], &values[k]);
        }
        for lane in 0..L {
            value[lane] /= lower[row * size + row][lane];
        }
        values[row] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix2, Vector2};

    #[test]
    fn agrees_with_dense_algebra() {
        let information = Matrix2::new(3.0, 1.0, 1.0, 2.0);
        let prior = Matrix2::new(0.5, 0.2, 0.2, 0.8);
        let lanes = |matrix: &Matrix2<f64>| matrix.iter().map(|v| [*v]).collect::<Vec<[f64; 1]>>();
        let posterior = Posterior::new(lanes(&information), &lanes(&prior), 2);
        let determinant = (Matrix2::identity() + information * prior).determinant();
        assert!((posterior.log_determinant()[0] - determinant.ln()).abs() < 1e-14);
        let covariance = (prior.try_inverse().unwrap() + information).try_inverse().unwrap();
        let precision = (information.try_inverse().unwrap() + prior).try_inverse().unwrap();
        let (got, other) = posterior.matrices();
        for k in 0..4 {
            assert!((got[k][0] - covariance[k]).abs() < 1e-14);
            assert!((other[k][0] - precision[k]).abs() < 1e-14);
        }
        let b = Vector2::new(1.0, -2.0);
        let (mean, weighted) = posterior.mean(&[[1.0], [-2.0]]);
        let expected = covariance * b;
        let back = prior.try_inverse().unwrap() * expected;
        for k in 0..2 {
            assert!((mean[k][0] - expected[k]).abs() < 1e-14);
            assert!((weighted[k][0] - back[k]).abs() < 1e-14);
        }
        let product = posterior.product(&[[1.0], [-2.0]], &[[1.0], [-2.0]])[0];
        assert!((product - b.dot(&expected)).abs() < 1e-14);
    }

    #[test]
    fn a_singular_prior_is_no_trouble() {
        let posterior = Posterior::new(vec![[4.0]], &[[0.0]], 1);
        assert_eq!(posterior.log_determinant(), [0.0]);
        assert_eq!(posterior.matrices(), (vec![[0.0]], vec![[4.0]]));
    }
}
