//! The covariance of what the rows before the sample contribute, and its derivatives.
//!
//! The contributions `zeta` of the past to the next m rows move from row to row as
//! `zeta' = F zeta + h e`, `F` the companion matrix of phi and `h = phi + theta`, so that
//! `Omega = F Omega F' + h h'`. Omega and its adjoint are constant along diagonals but for known
//! terms, so that either takes one set of Yule-Walker equations instead of a matrix equation.

use super::autocovariance::{cross_covariances, yule_walker};
use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::Polynomials;

/// `Omega` in units of sigma2, row-major, from `max(m, q + 1)` impulse responses of the process.
pub(super) fn presample_covariance<const L: usize>(
    polynomials: &Polynomials<L>,
    psi: &[Lanes<L>],
) -> Vec<Lanes<L>> {
    let Polynomials { ar, ma } = polynomials;
    let size = ar.len().max(ma.len());
    if size == 0 {
        return Vec::new();
    }
    let cross = cross_covariances(polynomials, psi);
    let mut gamma = yule_walker(ar, &cross);
    for lag in gamma.len()..size {
        let mut value = cross.get(lag).copied().unwrap_or([0.0; L]);
        for (j, phi) in ar.iter().enumerate() {
            value = plus_product(value, phi, &gamma[lag - 1 - j]);
        }
        gamma.push(value);
    }
    // Of the first contribution with the rows themselves: what the past knows of them.
    let known =
        |lag: usize| -> Lanes<L> { std::array::from_fn(|lane| gamma[lag][lane] - psi[lag][lane]) };
    let mut covariance = vec![[0.0; L]; size * size];
    for column in 0..size {
        let mut value = known(column);
        for (j, phi) in ar.iter().enumerate().take(column) {
            value = minus_product(value, phi, &known(column - 1 - j));
        }
        covariance[column] = value;
        covariance[column * size] = value;
    }
    let at = |values: &[Lanes<L>], k: usize| values.get(k).copied().unwrap_or([0.0; L]);
    let input = inputs(polynomials);
    let first = covariance[..size].to_vec();
    for i in (1..size).rev() {
        for j in (i..size).rev() {
            let (phi_i, phi_j) = (at(ar, i), at(ar, j));
            let below = if j + 1 < size { covariance[(i + 1) * size + j + 1] } else { [0.0; L] };
            let mut value = plus_product(below, &input[i], &input[j]);
            value = plus_product(value, &phi_i, &at(&first, j + 1));
            value = plus_product(value, &phi_j, &at(&first, i + 1));
            for lane in 0..L {
                value[lane] += phi_i[lane] * phi_j[lane] * first[0][lane];
            }
            covariance[i * size + j] = value;
            covariance[j * size + i] = value;
        }
    }
    covariance
}

/// `h = phi + theta`, as long as the longer of them.
fn inputs<const L: usize>(polynomials: &Polynomials<L>) -> Vec<Lanes<L>> {
    let Polynomials { ar, ma } = polynomials;
    let size = ar.len().max(ma.len());
    (0..size)
        .map(|k| {
            let (a, b) = (ar.get(k).unwrap_or(&[0.0; L]), ma.get(k).unwrap_or(&[0.0; L]));
            std::array::from_fn(|lane| a[lane] + b[lane])
        })
        .collect()
}

/// Derivatives with respect to phi and theta of a number that moves with Omega by the symmetric
/// matrix `slope`: `d = sum over i, k of slope_ik dOmega_ik`.
pub(super) fn covariance_slopes<const L: usize>(
    polynomials: &Polynomials<L>,
    covariance: &[Lanes<L>],
    slope: &[Lanes<L>],
) -> (Vec<Lanes<L>>, Vec<Lanes<L>>) {
    let ar = &polynomials.ar;
    let size = ar.len().max(polynomials.ma.len());
    if size == 0 {
        return (Vec::new(), Vec::new());
    }
    let multiplier = adjoint(ar, slope, size);
    let input = inputs(polynomials);
    // F Omega e_1 + h, and h: what a change of phi and of theta multiplies.
    let moved: Vec<Lanes<L>> = (0..size)
        .map(|i| {
            let next = if i + 1 < size { covariance[(i + 1) * size] } else { [0.0; L] };
            let phi = ar.get(i).copied().unwrap_or([0.0; L]);
            std::array::from_fn(|lane| {
                phi[lane] * covariance[0][lane] + next[lane] + input[i][lane]
            })
        })
        .collect();
    let times = |vector: &[Lanes<L>], count: usize| -> Vec<Lanes<L>> {
        (0..count)
            .map(|i| {
                let mut value = [0.0; L];
                for (j, other) in vector.iter().enumerate() {
                    value = plus_product(value, &multiplier[i * size + j], other);
                }
                value.map(|value| 2.0 * value)
            })
            .collect()
    };
    (times(&moved, ar.len()), times(&input, polynomials.ma.len()))
}

/// Solves `M = F' M F + slope`.
fn adjoint<const L: usize>(ar: &[Lanes<L>], slope: &[Lanes<L>], size: usize) -> Vec<Lanes<L>> {
    // Along a diagonal M changes by the slopes; this is all of it but the first row.
    let mut matrix = vec![[0.0; L]; size * size];
    for i in 1..size {
        for j in i..size {
            let before = matrix[(i - 1) * size + j - 1];
            let own = slope[i * size + j];
            let value = std::array::from_fn(|lane| before[lane] + own[lane]);
            matrix[i * size + j] = value;
            matrix[j * size + i] = value;
        }
    }
    // The first row, by the equations that an autocovariance function solves.
    let mut right = vec![[0.0; L]; size + 1];
    right[0] = slope[0];
    for (b, phi) in ar.iter().enumerate().take(size - 1) {
        right[0] = minus_product(right[0], phi, &slope[b + 1]);
    }
    for lag in 1..=size {
        let mut value = if lag < size { slope[lag] } else { [0.0; L] };
        for (a, phi) in ar.iter().enumerate() {
            value = plus_product(value, phi, &matrix[a * size + lag - 1]);
        }
        right[lag] = value;
    }
    let mut first = yule_walker(ar, &right);
    for lag in first.len()..size {
        let mut value = right[lag];
        for (j, phi) in ar.iter().enumerate() {
            value = plus_product(value, phi, &first[lag - 1 - j]);
        }
        first.push(value);
    }
    for i in 0..size {
        for j in 0..size {
            let value = first[i.abs_diff(j)];
            for lane in 0..L {
                matrix[i * size + j][lane] += value[lane];
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::super::autocovariance::impulse_responses;
    use super::*;

    fn both() -> Polynomials<1> {
        Polynomials { ar: vec![[0.5], [-0.3]], ma: vec![[0.4], [0.2], [0.1]] }
    }

    fn covariance(polynomials: &Polynomials<1>) -> Vec<[f64; 1]> {
        presample_covariance(polynomials, &impulse_responses(polynomials, 4))
    }

    #[test]
    fn solves_its_matrix_equation() {
        let polynomials = both();
        let omega = covariance(&polynomials);
        let (phi, h) = ([0.5, -0.3, 0.0], [0.9, -0.1, 0.1]);
        let at = |i: usize, j: usize| if i < 3 && j < 3 { omega[i * 3 + j][0] } else { 0.0 };
        for i in 0..3 {
            for j in 0..3 {
                let expected = phi[i] * phi[j] * at(0, 0)
                    + phi[i] * at(0, j + 1)
                    + phi[j] * at(i + 1, 0)
                    + at(i + 1, j + 1)
                    + h[i] * h[j];
                assert!((at(i, j) - expected).abs() < 1e-15, "{i} {j}");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_differences() {
        let polynomials = both();
        let slope: Vec<[f64; 1]> =
            [1.0, 0.3, -0.2, 0.3, 0.7, 0.1, -0.2, 0.1, 0.4].map(|v| [v]).to_vec();
        let (ar, ma) = covariance_slopes(&polynomials, &covariance(&polynomials), &slope);
        let value = |polynomials: &Polynomials<1>| -> f64 {
            covariance(polynomials).iter().zip(&slope).map(|(a, b)| a[0] * b[0]).sum()
        };
        let step = 1e-5;
        let difference = |moved: &dyn Fn(&mut Polynomials<1>, f64)| {
            let (mut up, mut down) = (both(), both());
            moved(&mut up, step);
            moved(&mut down, -step);
            (value(&up) - value(&down)) / (2.0 * step)
        };
        // Central differences: the third derivative times 1e-10 / 6, rounding 1e-16 / 1e-5.
        for (k, slope) in ar.iter().enumerate() {
            let expected = difference(&|moved, by| moved.ar[k][0] += by);
            assert!((slope[0] - expected).abs() < 1e-8, "ar {k}: {slope:?} {expected}");
        }
        for (k, slope) in ma.iter().enumerate() {
            let expected = difference(&|moved, by| moved.ma[k][0] += by);
            assert!((slope[0] - expected).abs() < 1e-8, "ma {k}: {slope:?} {expected}");
        }
    }
}
