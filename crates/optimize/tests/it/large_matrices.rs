//! Matrices large enough for the feature `faer`: the answers are known, and the same without it.

use nalgebra::{DMatrix, DVector};
use tangency_optimize::ErrorKind;
use tangency_optimize::allocation::{Constraints, min_volatility};
use tangency_optimize::black_litterman::{Prior, Views};
use tangency_optimize::risk::{check_covariance, clip_spectrum};

/// Above the number of rows from which the feature factors.
const N: usize = 150;

/// `Q diag(eigenvalues) Q'` with the reflection `Q = I - 2 u u' / u'u`, exactly symmetric.
fn with_spectrum(eigenvalues: &DVector<f64>) -> DMatrix<f64> {
    let u = DVector::from_fn(N, |i, _| 1.0 + (i % 7) as f64);
    let q = DMatrix::identity(N, N) - &u * u.transpose() * (2.0 / u.norm_squared());
    let mut matrix = &q * DMatrix::from_diagonal(eigenvalues) * &q;
    matrix.fill_lower_triangle_with_upper_triangle();
    matrix
}

/// 0.5, 1.0, 1.5, .. with the smallest replaced.
fn spectrum(smallest: f64) -> DVector<f64> {
    DVector::from_fn(N, |i, _| if i == 0 { smallest } else { 0.5 * (i + 1) as f64 })
}

/// Rounding of a product of three matrices of that size: 150 units in the last place of 75, three
/// times.
const ROUNDING: f64 = 1e-11;

#[test]
fn a_covariance_is_told_from_what_is_none() {
    check_covariance(with_spectrum(&spectrum(0.0)).as_view()).unwrap();
    let error = check_covariance(with_spectrum(&spectrum(-0.25)).as_view()).unwrap_err();
    let ErrorKind::NotPositiveSemidefinite { smallest_eigenvalue, .. } = error.kind() else {
        panic!("{error}");
    };
    assert!((smallest_eigenvalue + 0.25).abs() < ROUNDING, "{smallest_eigenvalue}");
}

#[test]
fn clipping_changes_the_negative_part_alone() {
    let clipped = clip_spectrum(with_spectrum(&spectrum(-0.25)).as_view()).unwrap();
    assert!((&clipped - with_spectrum(&spectrum(0.0))).amax() < ROUNDING);
    assert_eq!(clipped, clipped.transpose());
    let sound = with_spectrum(&spectrum(0.25));
    assert_eq!(clip_spectrum(sound.as_view()).unwrap(), sound);
}

#[test]
fn a_singular_covariance_names_its_row() {
    // Asset 120 is asset 30 again.
    let mut covariance = with_spectrum(&spectrum(0.25));
    for i in 0..N {
        covariance[(i, 120)] = covariance[(i, 30)];
    }
    for i in 0..N {
        covariance[(120, i)] = covariance[(30, i)];
    }
    let prior = Prior::from_mean(covariance.as_view(), &[0.05; N], 2.5).unwrap();
    let error = prior.posterior(&Views::new()).unwrap().weights().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Singular { row: 120, .. }), "{error}");
}

#[test]
fn minimum_volatility_has_its_closed_form() {
    // One factor and residuals: by Sherman and Morrison, C^-1 1 = 1/d - b (b'/d 1) / (1 + b'b/d).
    let loadings = DVector::from_fn(N, |i, _| 0.1 + 0.001 * (i % 10) as f64);
    let residuals = DVector::from_fn(N, |i, _| 0.02 + 0.0001 * i as f64);
    let covariance = &loadings * loadings.transpose() + DMatrix::from_diagonal(&residuals);
    let scaled = loadings.component_div(&residuals);
    let factor = scaled.sum() / (1.0 + loadings.dot(&scaled));
    let expected = residuals.map(|d| 1.0 / d) - scaled * factor;
    let expected = &expected / expected.sum();

    let solution = min_volatility(covariance.as_view(), &Constraints::unbounded()).unwrap();
    assert!(solution.status.is_solved());
    for (got, expected) in solution.weights.iter().zip(&expected) {
        // What the other weights are held to.
        assert!((got - expected).abs() < 1e-9, "{got} instead of {expected}");
    }
}
