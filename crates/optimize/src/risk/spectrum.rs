//! Is this a covariance matrix, and what to do when it nearly is.

use nalgebra::{DMatrix, DMatrixView, Dyn, linalg::Cholesky};

use crate::factorisation;
use crate::{ErrorKind, Result};

/// Negative eigenvalues down to this share of the largest are rounding, not structure.
///
/// A covariance of more assets than observations has exact zeros that come out as about
/// `-1e-17` times the largest eigenvalue; a matrix typed in by hand misses by far more.
const ROUNDING: f64 = 1e-10;

/// Elements that mirror each other may differ by this share of the larger.
const ASYMMETRY: f64 = 1e-10;

/// A pivot below this share of its diagonal element is rounding of zero.
const PIVOT: f64 = 1e-14;

/// Checks that a matrix is square, finite, symmetric and positive semidefinite.
///
/// Rank-deficient matrices pass: eigenvalues down to `-1e-10` times the trace count as zero. The
/// test is one Cholesky factorisation; only a refusal costs an eigenvalue decomposition, so that
/// the message can name the smallest eigenvalue.
///
/// # Errors
///
/// [`Empty`](ErrorKind::Empty), [`WrongLength`](ErrorKind::WrongLength) when it is not square,
/// [`NonFiniteElement`](ErrorKind::NonFiniteElement), [`NotSymmetric`](ErrorKind::NotSymmetric),
/// [`NotPositiveSemidefinite`](ErrorKind::NotPositiveSemidefinite).
pub fn check_covariance(covariance: DMatrixView<'_, f64>) -> Result<()> {
    check_psd("covariance", covariance)
}

/// [`check_covariance`] for a matrix of another name.
pub(crate) fn check_psd(what: &'static str, matrix: DMatrixView<'_, f64>) -> Result<()> {
    check_symmetric(what, matrix)?;
    let n = matrix.nrows();
    let trace: f64 = (0..n).map(|i| matrix[(i, i)].abs()).sum();
    if trace == 0.0 && matrix.iter().all(|v| *v == 0.0) {
        return Ok(());
    }
    let mut shifted = matrix.into_owned();
    for i in 0..n {
        shifted[(i, i)] += ROUNDING * trace;
    }
    if factorisation::cholesky(shifted).is_some() {
        return Ok(());
    }
    let eigenvalues = factorisation::eigenvalues(matrix);
    let (smallest, largest) = (eigenvalues.min(), eigenvalues.max());
    if smallest >= -ROUNDING * largest {
        return Ok(());
    }
    Err(ErrorKind::NotPositiveSemidefinite { what, smallest_eigenvalue: smallest }.into())
}

/// Checks that a matrix is square, finite and equal to its transpose up to rounding.
pub(crate) fn check_symmetric(what: &'static str, matrix: DMatrixView<'_, f64>) -> Result<()> {
    let (rows, columns) = matrix.shape();
    if rows == 0 {
        return Err(ErrorKind::Empty { what }.into());
    }
    if rows != columns {
        return Err(ErrorKind::WrongLength { what, expected: rows, got: columns }.into());
    }
    for column in 0..columns {
        for row in 0..rows {
            let value = matrix[(row, column)];
            if !value.is_finite() {
                return Err(ErrorKind::NonFiniteElement { what, row, column, value }.into());
            }
        }
    }
    for column in 0..columns {
        for row in 0..column {
            let (value, mirrored) = (matrix[(row, column)], matrix[(column, row)]);
            // Products of deviations set the scale, so that an element near zero may differ by
            // rounding of its neighbours.
            let scale = value
                .abs()
                .max(mirrored.abs())
                .max((matrix[(row, row)].abs() * matrix[(column, column)].abs()).sqrt());
            if (value - mirrored).abs() > ASYMMETRY * scale {
                return Err(ErrorKind::NotSymmetric { what, row, column, value, mirrored }.into());
            }
        }
    }
    Ok(())
}

/// Factors a matrix that must be regular, or names the first row that makes it singular.
pub(crate) fn cholesky(what: &'static str, matrix: &DMatrix<f64>) -> Result<Cholesky<f64, Dyn>> {
    let singular = |row: usize| ErrorKind::Singular { what, row };
    let n = matrix.nrows();
    let Some(factor) = factorisation::cholesky(matrix.clone()) else {
        // The smallest leading block that fails ends with the row at fault.
        let (mut sound, mut failing) = (0, n);
        while failing - sound > 1 {
            let middle = (sound + failing) / 2;
            let block = matrix.view((0, 0), (middle, middle)).into_owned();
            if factorisation::cholesky(block).is_some() { sound = middle } else { failing = middle }
        }
        return Err(singular(failing - 1).into());
    };
    let lower = factor.l_dirty();
    let vanishes = |row: &usize| lower[(*row, *row)].powi(2) <= PIVOT * matrix[(*row, *row)];
    match (0..n).find(vanishes) {
        Some(row) => Err(singular(row).into()),
        None => Ok(factor),
    }
}

/// The nearest positive semidefinite matrix in the Frobenius norm: negative eigenvalues become zero.
///
/// The diagonal grows where eigenvalues were clipped; rescale it yourself if variances must stay.
/// A matrix without negative eigenvalues comes back unchanged, bit for bit.
/// Follows Higham (1988), "Computing a nearest symmetric positive semidefinite matrix".
///
/// # Errors
///
/// [`WrongLength`](ErrorKind::WrongLength), [`NonFiniteElement`](ErrorKind::NonFiniteElement) or
/// [`NotSymmetric`](ErrorKind::NotSymmetric).
pub fn clip_spectrum(matrix: DMatrixView<'_, f64>) -> Result<DMatrix<f64>> {
    check_symmetric("matrix", matrix)?;
    let eigen = factorisation::eigen(matrix);
    if eigen.eigenvalues.min() >= 0.0 {
        return Ok(matrix.into_owned());
    }
    let n = matrix.nrows();
    let mut clipped = DMatrix::zeros(n, n);
    for (value, vector) in eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter()) {
        if *value > 0.0 {
            for column in 0..n {
                for row in 0..=column {
                    clipped[(row, column)] += value * vector[row] * vector[column];
                }
            }
        }
    }
    clipped.fill_lower_triangle_with_upper_triangle();
    Ok(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_matrix_is_positive_semidefinite() {
        assert!(check_covariance(DMatrix::zeros(2, 2).as_view()).is_ok());
    }

    #[test]
    fn an_indefinite_matrix_names_its_smallest_eigenvalue() {
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        let error = check_covariance(matrix.as_view()).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::NotPositiveSemidefinite { smallest_eigenvalue, .. }
                if (smallest_eigenvalue + 1.0).abs() < 1e-12
        ));
    }

    #[test]
    fn a_diagonal_of_zeros_with_covariances_is_refused() {
        let matrix = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
        assert!(check_covariance(matrix.as_view()).is_err());
    }
}
