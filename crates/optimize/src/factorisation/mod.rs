//! Factorisations of dense matrices, and which library does them.
//!
//! nalgebra's, unless the feature `faer` is on and the matrix has [`LARGE`] rows or more. Callers
//! get nalgebra's types either way and cannot tell, except by time and by rounding: results with
//! and without the feature agree to rounding, not to the bit.
//!
//! Black-Litterman's own `L D L'` stays where it is: it must step over repeated views.

use nalgebra::linalg::{Cholesky, SymmetricEigen};
use nalgebra::{DMatrix, DMatrixView, DVector, Dyn, LU};

#[cfg(feature = "faer")]
mod large;

/// Rows from which faer factors.
///
/// Measured on one x86-64 core with AVX2, microseconds, nalgebra 0.35 against faer 0.24:
///
/// | n | Cholesky | eigenvalues | and vectors | LU |
/// |---|---|---|---|---|
/// | 50 | 6, 7 | 70, 83 | 106, 114 | 19, 6 |
/// | 100 | 33, 13 | 323, 306 | 652, 516 | 133, 22 |
/// | 200 | 230, 51 | 1770, 1270 | 4380, 2100 | 954, 104 |
/// | 500 | 3410, 543 | 22500, 10100 | 64100, 17100 | 14000, 1150 |
///
/// From 100 on faer wins all four; below, which one wins depends on the factorisation, and nobody
/// waits for either.
#[cfg(feature = "faer")]
const LARGE: usize = 100;

/// `L L'` of the lower triangle; `None` unless it is positive definite.
///
/// The upper triangle of what comes back is arbitrary.
pub(crate) fn cholesky(matrix: DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    #[cfg(feature = "faer")]
    if matrix.nrows() >= LARGE {
        return large::cholesky(matrix);
    }
    Cholesky::new(matrix)
}

/// The eigenvalues of a symmetric matrix, in no promised order.
pub(crate) fn eigenvalues(matrix: DMatrixView<'_, f64>) -> DVector<f64> {
    #[cfg(feature = "faer")]
    if matrix.nrows() >= LARGE
        && let Some(eigenvalues) = large::eigenvalues(matrix)
    {
        return eigenvalues;
    }
    matrix.symmetric_eigenvalues()
}

/// The eigenvalues of a symmetric matrix and unit eigenvectors, one a column in their order.
pub(crate) fn eigen(matrix: DMatrixView<'_, f64>) -> SymmetricEigen<f64, Dyn> {
    #[cfg(feature = "faer")]
    if matrix.nrows() >= LARGE
        && let Some(eigen) = large::eigen(matrix)
    {
        return eigen;
    }
    matrix.into_owned().symmetric_eigen()
}

/// `P A = L U` with rows exchanged for the largest pivot.
#[derive(Debug)]
pub(crate) enum Lu {
    Small(LU<f64, Dyn, Dyn>),
    #[cfg(feature = "faer")]
    Large(large::Lu),
}

impl Lu {
    pub(crate) fn new(matrix: DMatrix<f64>) -> Self {
        #[cfg(feature = "faer")]
        if matrix.nrows() >= LARGE {
            return Self::Large(large::Lu::new(matrix));
        }
        Self::Small(LU::new(matrix))
    }

    /// `x := A^-1 x`; false, with `x` in any state, when a pivot is zero.
    #[must_use]
    pub(crate) fn solve_mut(&self, x: &mut DVector<f64>) -> bool {
        match self {
            Self::Small(lu) => lu.solve_mut(x),
            #[cfg(feature = "faer")]
            Self::Large(lu) => lu.solve_mut(x),
        }
    }
}
