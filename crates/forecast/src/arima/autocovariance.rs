//! Covariances of an ARMA process with unit innovation variance.

use super::lanes::Lanes;
use super::polynomial::Polynomials;

/// Impulse responses `psi_0 = 1, psi_1, .. psi_(count - 1)` of the process.
pub(super) fn impulse_responses<const L: usize>(
    polynomials: &Polynomials<L>,
    count: usize,
) -> Vec<Lanes<L>> {
    let Polynomials { ar, ma } = polynomials;
    let mut psi: Vec<Lanes<L>> = Vec::with_capacity(count);
    for k in 0..count {
        let mut value = match k {
            0 => [1.0; L],
            _ => ma.get(k - 1).copied().unwrap_or([0.0; L]),
        };
        for (j, phi) in ar.iter().enumerate().take(k) {
            let past = psi[k - 1 - j];
            for lane in 0..L {
                value[lane] += phi[lane] * past[lane];
            }
        }
        psi.push(value);
    }
    psi
}

/// Covariance of the process with the moving average `lag` rows later,
/// `sum over k of theta_k psi_(k - lag)`, for lags `0..=q`.
pub(super) fn cross_covariances<const L: usize>(
    polynomials: &Polynomials<L>,
    psi: &[Lanes<L>],
) -> Vec<Lanes<L>> {
    correlate(&polynomials.ma, psi)
}

/// Covariance of the moving average with itself, `sum over k of theta_k theta_(k - lag)`.
pub(super) fn moving_average_covariances<const L: usize>(
    polynomials: &Polynomials<L>,
) -> Vec<Lanes<L>> {
    let theta: Vec<Lanes<L>> =
        std::iter::once([1.0; L]).chain(polynomials.ma.iter().copied()).collect();
    correlate(&polynomials.ma, &theta)
}

fn correlate<const L: usize>(ma: &[Lanes<L>], other: &[Lanes<L>]) -> Vec<Lanes<L>> {
    let theta = |k: usize| if k == 0 { [1.0; L] } else { ma[k - 1] };
    let mut result = vec![[0.0; L]; ma.len() + 1];
    for (lag, value) in result.iter_mut().enumerate() {
        for k in lag..=ma.len() {
            let (a, b) = (theta(k), other[k - lag]);
            for lane in 0..L {
                value[lane] += a[lane] * b[lane];
            }
        }
    }
    result
}

/// Autocovariances `gamma_0 .. gamma_(p - 1)` (none for p = 0), from the Yule-Walker equations.
///
/// Brockwell and Davis (1991), "Time Series: Theory and Methods", 2nd edition, section 3.3.
pub(super) fn autocovariances<const L: usize>(
    polynomials: &Polynomials<L>,
    cross: &[Lanes<L>],
) -> Vec<Lanes<L>> {
    let mut gamma = yule_walker(&polynomials.ar, cross);
    gamma.truncate(polynomials.ar.len());
    gamma
}

/// Solves the `p + 1` equations `x_k - sum phi_j x_|k - j| = right_k`; absent right sides are zero.
///
/// A lane whose system is singular (a unit root) becomes NaN, which makes its likelihood NaN.
pub(super) fn yule_walker<const L: usize>(ar: &[Lanes<L>], right: &[Lanes<L>]) -> Vec<Lanes<L>> {
    let size = ar.len() + 1;
    let mut result = vec![[f64::NAN; L]; size];
    if ar.is_empty() {
        result[0] = right[0];
        return result;
    }
    let mut system = vec![0.0; size * (size + 1)];
    for lane in 0..L {
        system.fill(0.0);
        for k in 0..size {
            let row = &mut system[k * (size + 1)..(k + 1) * (size + 1)];
            row[k] += 1.0;
            for (j, phi) in ar.iter().enumerate() {
                row[k.abs_diff(j + 1)] -= phi[lane];
            }
            row[size] = right.get(k).map_or(0.0, |value| value[lane]);
        }
        if solve_in_place(&mut system, size) {
            for (k, value) in result.iter_mut().enumerate() {
                value[lane] = system[k * (size + 1) + size];
            }
        }
    }
    result
}

/// Gaussian elimination with partial pivoting on `size` rows of `size + 1` columns; the last
/// column becomes the solution. False if a pivot vanishes.
fn solve_in_place(system: &mut [f64], size: usize) -> bool {
    let width = size + 1;
    for column in 0..size {
        let mut pivot = column;
        for row in column + 1..size {
            if system[row * width + column].abs() > system[pivot * width + column].abs() {
                pivot = row;
            }
        }
        let value = system[pivot * width + column];
        if value == 0.0 || !value.is_finite() {
            return false;
        }
        if pivot != column {
            for k in column..width {
                system.swap(pivot * width + k, column * width + k);
            }
        }
        let (upper, lower) = system.split_at_mut((column + 1) * width);
        let pivot_row = &upper[column * width..];
        for row in lower.chunks_exact_mut(width) {
            let factor = row[column] / value;
            if factor != 0.0 {
                for k in column..width {
                    row[k] -= factor * pivot_row[k];
                }
            }
        }
    }
    for row in (0..size).rev() {
        let mut value = system[row * width + size];
        for k in row + 1..size {
            value -= system[row * width + k] * system[k * width + size];
        }
        system[row * width + size] = value / system[row * width + row];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_order_closed_forms() {
        // ARMA(1,1): gamma_0 = (1 + 2 phi theta + theta^2) / (1 - phi^2).
        let polynomials = Polynomials { ar: vec![[0.5, -0.9]], ma: vec![[0.3, 0.4]] };
        let psi = impulse_responses(&polynomials, 2);
        assert_eq!(psi[1], [0.8, -0.5]);
        let cross = cross_covariances(&polynomials, &psi);
        let gamma = autocovariances(&polynomials, &cross);
        for (lane, (phi, theta)) in [(0.5_f64, 0.3_f64), (-0.9, 0.4)].into_iter().enumerate() {
            let expected = (1.0 + 2.0 * phi * theta + theta * theta) / (1.0 - phi * phi);
            assert!((gamma[0][lane] - expected).abs() < 1e-14 * expected);
        }
    }

    #[test]
    fn a_unit_root_has_no_covariance() {
        let polynomials = Polynomials { ar: vec![[1.0]], ma: vec![] };
        let psi = impulse_responses(&polynomials, 1);
        let gamma = autocovariances(&polynomials, &cross_covariances(&polynomials, &psi));
        assert!(!gamma[0][0].is_finite());
    }
}
