//! Blocks of coefficients that are fixed as a whole: what a search may make of them.

use nalgebra::{Complex, DMatrix, Schur};

use super::order::Order;
use super::parameters::{Block, Layout};
use super::transform::coefficients_to_partial;
use crate::error::{ErrorKind, Result};

/// Steps after which the search for a polynomial's roots is given up.
const MOST_STEPS: usize = 10_000;

/// Fixed values (one slot a parameter) of the same likelihood, in which no moving average that is
/// fixed as a whole has a root inside the unit circle: the recursions of the search divide by it.
///
/// A root may be exchanged for its reciprocal when the innovation variance takes the difference, so
/// that what comes out has the same likelihood for all values of the free parameters, a fixed
/// sigma2 scaled. Brockwell and Davis (1991), "Time Series: Theory and Methods", 2nd edition,
/// section 4.4.
pub(super) fn searchable(
    order: &Order,
    layout: &Layout,
    fixed: &[Option<f64>],
) -> Result<Vec<Option<f64>>> {
    let mut values = fixed.to_vec();
    let mut start = layout.coefficients().start;
    for block in Block::ALL {
        let range = start..start + block.len(order);
        start = range.end;
        let known: Option<Vec<f64>> = fixed[range.clone()].iter().copied().collect();
        let Some(coefficients) = known else { continue };
        let sign = if block.is_ar() { 1.0 } else { -1.0 };
        let signed: Vec<f64> = coefficients.iter().map(|value| sign * value).collect();
        if coefficients_to_partial(&signed).is_some() {
            continue;
        }
        if block.is_ar() {
            return Err(ErrorKind::NotStationary { coefficients }.into());
        }
        let (reflected, scale) =
            reflect(&coefficients).ok_or(ErrorKind::NotInvertible { coefficients })?;
        values[range].iter_mut().zip(reflected).for_each(|(slot, value)| *slot = Some(value));
        if let Some(Some(variance)) = values.last_mut() {
            *variance *= scale;
        }
    }
    Ok(values)
}

/// The coefficients of `1 + theta_1 B + ..` with every root inside the unit circle exchanged for
/// its reciprocal, and what the innovation variance is multiplied by.
fn reflect(coefficients: &[f64]) -> Option<(Vec<f64>, f64)> {
    let size = coefficients.len();
    let companion = DMatrix::from_fn(size, size, |row, column| match row {
        0 => -coefficients[column],
        _ => f64::from(u8::from(row == column + 1)),
    });
    let schur = Schur::try_new(companion, f64::EPSILON, MOST_STEPS)?;
    let mut scale = 1.0;
    // (1 - root_1 B)(1 - root_2 B) .., where the inverse roots are the companion's eigenvalues.
    let mut product = vec![Complex::new(1.0, 0.0)];
    for &inverse in schur.complex_eigenvalues().iter() {
        let outside = inverse.norm_sqr();
        let inverse = if outside > 1.0 {
            scale *= outside;
            inverse / outside
        } else {
            inverse
        };
        product.push(Complex::new(0.0, 0.0));
        for lag in (1..product.len()).rev() {
            let before = product[lag - 1];
            product[lag] -= inverse * before;
        }
    }
    Some((product[1..].iter().map(|value| value.re).collect(), scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covariances(coefficients: &[f64], variance: f64) -> Vec<f64> {
        let theta: Vec<f64> = std::iter::once(1.0).chain(coefficients.iter().copied()).collect();
        let product = |lag: usize| theta[lag..].iter().zip(&theta).map(|(a, b)| a * b).sum::<f64>();
        (0..theta.len()).map(|lag| variance * product(lag)).collect()
    }

    #[test]
    fn a_reflected_moving_average_has_the_same_covariances() {
        for given in [&[1.5][..], &[-4.0], &[0.5, 2.0], &[2.5, 1.0], &[-1.0], &[3.0, -2.0, 0.4]] {
            let (reflected, scale) = reflect(given).unwrap();
            for (a, b) in covariances(given, 1.0).iter().zip(covariances(&reflected, scale)) {
                assert!((a - b).abs() < 1e-12, "{given:?} {reflected:?}");
            }
        }
        assert_eq!(reflect(&[-1.0]), Some((vec![-1.0], 1.0)));
    }

    #[test]
    fn only_what_is_fixed_as_a_whole_is_looked_at() {
        let order: Order = "2,0,1x0,0,1,4".parse().unwrap();
        let layout = Layout::new(order, super::super::Mean::None, None);
        let free = [None, Some(1.2), None, Some(2.0), Some(3.0)];
        let values = searchable(&order, &layout, &free).unwrap();
        assert_eq!(values[..3], free[..3]);
        assert_eq!((values[3], values[4]), (Some(0.5), Some(12.0)));
        let error = searchable(&order, &layout, &[Some(0.1), Some(1.2), None, None, None]);
        let expected = ErrorKind::NotStationary { coefficients: vec![0.1, 1.2] };
        assert_eq!(*error.unwrap_err().kind(), expected);
    }
}
