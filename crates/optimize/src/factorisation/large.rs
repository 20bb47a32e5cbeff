//! faer's factorisations of nalgebra's matrices.
//!
//! Always on the calling thread: faer's own default would follow a global setting, and another
//! crate of the program may turn its `rayon` feature on. Matrices are factored where they lie.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor as llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::{MatMut, MatRef, Par};
use nalgebra::linalg::{Cholesky, SymmetricEigen};
use nalgebra::{DMatrix, DMatrixView, DVector, Dyn};

fn lend(matrix: &mut DMatrix<f64>) -> MatMut<'_, f64> {
    let (rows, columns) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, columns)
}

pub(super) fn cholesky(mut matrix: DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    let params = Default::default();
    let mut memory =
        MemBuffer::new(llt::cholesky_in_place_scratch::<f64>(matrix.nrows(), Par::Seq, params));
    let stack = MemStack::new(&mut memory);
    let keep_pivots = llt::LltRegularization::default();
    llt::cholesky_in_place(lend(&mut matrix), keep_pivots, Par::Seq, stack, params).ok()?;
    // NaN is not above zero either.
    let is_definite = (0..matrix.nrows()).all(|i| matrix[(i, i)] > 0.0);
    is_definite.then(|| Cholesky::pack_dirty(matrix))
}

pub(super) fn eigenvalues(matrix: DMatrixView<'_, f64>) -> Option<DVector<f64>> {
    decompose(matrix, None)
}

pub(super) fn eigen(matrix: DMatrixView<'_, f64>) -> Option<SymmetricEigen<f64, Dyn>> {
    let mut eigenvectors = DMatrix::zeros(matrix.nrows(), matrix.nrows());
    let eigenvalues = decompose(matrix, Some(&mut eigenvectors))?;
    Some(SymmetricEigen { eigenvectors, eigenvalues })
}

/// `None` when the iteration does not converge.
fn decompose(
    matrix: DMatrixView<'_, f64>,
    vectors: Option<&mut DMatrix<f64>>,
) -> Option<DVector<f64>> {
    let n = matrix.nrows();
    let mut eigenvalues = DVector::zeros(n);
    let scale = matrix.amax();
    if scale == 0.0 {
        if let Some(vectors) = vectors {
            vectors.fill_with_identity();
        }
        return Some(eigenvalues);
    }
    // As nalgebra does, so that squares neither overflow nor vanish.
    let scaled = matrix / scale;
    let wanted = if vectors.is_some() { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let params = Default::default();
    let mut memory = MemBuffer::new(self_adjoint_evd_scratch::<f64>(n, wanted, Par::Seq, params));
    self_adjoint_evd(
        MatRef::from_column_major_slice(scaled.as_slice(), n, n),
        DiagMut::from_slice_mut(eigenvalues.as_mut_slice()),
        vectors.map(lend),
        Par::Seq,
        MemStack::new(&mut memory),
        params,
    )
    .ok()?;
    eigenvalues *= scale;
    Some(eigenvalues)
}

/// Both triangles in one matrix, the unit diagonal of `L` left out.
#[derive(Debug)]
pub(crate) struct Lu {
    triangles: DMatrix<f64>,
    /// Row i of `P A` is row `order[i]` of `A`.
    order: Vec<usize>,
}

impl Lu {
    pub(super) fn new(mut matrix: DMatrix<f64>) -> Self {
        let n = matrix.nrows();
        let (mut order, mut inverse) = (vec![0_usize; n], vec![0_usize; n]);
        let params = Default::default();
        let mut memory = MemBuffer::new(lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, params));
        let stack = MemStack::new(&mut memory);
        lu_in_place(lend(&mut matrix), &mut order, &mut inverse, Par::Seq, stack, params);
        Self { triangles: matrix, order }
    }

    pub(super) fn solve_mut(&self, x: &mut DVector<f64>) -> bool {
        let permuted = DVector::from_fn(x.len(), |i, _| x[self.order[i]]);
        x.copy_from(&permuted);
        self.triangles.solve_lower_triangular_with_diag_mut(x, 1.0)
            && self.triangles.solve_upper_triangular_mut(x)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{self as factorisation, LARGE};
    use super::*;

    /// A backward error that either library may have: `n` units in the last place of the largest
    /// element, four times over.
    fn rounding(matrix: &DMatrix<f64>) -> f64 {
        4.0 * f64::EPSILON * matrix.nrows() as f64 * matrix.amax()
    }

    fn random(n: usize) -> DMatrix<f64> {
        let mut state = 7_u64;
        DMatrix::from_fn(n, n, |_, _| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        })
    }

    fn symmetric(n: usize) -> DMatrix<f64> {
        let any = random(n);
        &any + any.transpose()
    }

    /// Eigenvalues from 0.1 to about `0.1 + n / 3`.
    fn definite(n: usize) -> DMatrix<f64> {
        let any = random(n);
        let mut matrix = &any * any.transpose() + DMatrix::identity(n, n) * 0.1;
        matrix.fill_lower_triangle_with_upper_triangle();
        matrix
    }

    const SIZES: [usize; 7] = [1, 2, 5, 33, 99, 128, 257];

    #[test]
    fn cholesky_factors_agree() {
        for n in SIZES {
            let matrix = definite(n);
            let (ours, theirs) =
                (cholesky(matrix.clone()).unwrap().l(), Cholesky::new(matrix.clone()).unwrap().l());
            assert!((&ours * ours.transpose() - &matrix).amax() <= rounding(&matrix), "{n}");
            // At most a fifth of this was seen.
            assert!((ours - theirs).amax() <= rounding(&matrix), "{n}");
        }
    }

    #[test]
    fn cholesky_refuses_what_is_not_definite() {
        for n in SIZES {
            for broken in [0.0, -1.0, f64::NAN] {
                let mut matrix = definite(n);
                matrix[(n - 1, n - 1)] = broken;
                assert!(cholesky(matrix.clone()).is_none(), "{n} {broken}");
                assert!(Cholesky::new(matrix).is_none(), "{n} {broken}");
            }
        }
    }

    #[test]
    fn spectra_agree() {
        for n in SIZES {
            let matrix = symmetric(n);
            let sorted = |values: &DVector<f64>| {
                let mut values = values.as_slice().to_vec();
                values.sort_by(f64::total_cmp);
                DVector::from_vec(values)
            };
            let ours = eigen(matrix.as_view()).unwrap();
            let theirs = matrix.clone().symmetric_eigen();
            // Eigenvalues move no further than the matrix (Weyl), and both libraries' backward error
            // is relative to the largest eigenvalue; an eighth of this was seen.
            let tolerance = 4.0 * f64::EPSILON * n as f64 * theirs.eigenvalues.amax();
            let values = sorted(&ours.eigenvalues);
            assert!((&values - sorted(&theirs.eigenvalues)).amax() <= tolerance, "{n}");
            let alone = eigenvalues(matrix.as_view()).unwrap();
            assert!((&values - sorted(&alone)).amax() <= tolerance, "{n}");
            assert!((ours.recompose() - &matrix).amax() <= tolerance, "{n}");
        }
    }

    #[test]
    fn spectra_of_tiny_huge_and_zero_matrices() {
        for size in [1e-250, 1e250] {
            let matrix = symmetric(120) * size;
            let (ours, theirs) =
                (eigenvalues(matrix.as_view()).unwrap(), matrix.symmetric_eigenvalues());
            assert!((ours.min() - theirs.min()).abs() <= rounding(&matrix));
            assert!((ours.max() - theirs.max()).abs() <= rounding(&matrix));
        }
        let zero = eigen(DMatrix::zeros(120, 120).as_view()).unwrap();
        assert_eq!(zero.eigenvalues.amax(), 0.0);
        assert_eq!(zero.eigenvectors, DMatrix::identity(120, 120));
    }

    #[test]
    fn systems_have_the_same_solution() {
        for n in SIZES {
            // Indefinite and with zeros on the diagonal, so that rows must be exchanged.
            let mut matrix = symmetric(n);
            if n > 1 {
                matrix.fill_diagonal(0.0);
            }
            let x = DVector::from_fn(n, |i, _| 1.0 + i as f64 / n as f64);
            let mut solved = &matrix * &x;
            assert!(Lu::new(matrix.clone()).solve_mut(&mut solved), "{n}");
            let mut theirs = &matrix * &x;
            assert!(nalgebra::LU::new(matrix.clone()).solve_mut(&mut theirs), "{n}");
            // The backward error times the condition number: up to 5 times was seen for either.
            for solution in [solved, theirs] {
                assert!((solution - &x).amax() <= 1e2 * rounding(&matrix), "{n}");
            }
        }
    }

    #[test]
    fn a_pivot_of_zero_is_told() {
        let mut matrix = symmetric(150);
        matrix.column_mut(149).fill(0.0);
        let mut x = DVector::repeat(150, 1.0);
        assert!(!Lu::new(matrix).solve_mut(&mut x));
    }

    #[test]
    fn the_threshold_decides() {
        let at = definite(LARGE);
        let chosen = factorisation::cholesky(at.clone()).unwrap().l();
        assert_eq!(chosen, cholesky(at.clone()).unwrap().l());
        assert_eq!(factorisation::eigenvalues(at.as_view()), eigenvalues(at.as_view()).unwrap());
        assert!(matches!(factorisation::Lu::new(at), factorisation::Lu::Large(_)));
        let below = definite(LARGE - 1);
        let chosen = factorisation::cholesky(below.clone()).unwrap().l();
        assert_eq!(chosen, Cholesky::new(below.clone()).unwrap().l());
        let chosen = factorisation::eigen(below.as_view());
        assert_eq!(chosen.eigenvectors, below.clone().symmetric_eigen().eigenvectors);
        assert!(matches!(factorisation::Lu::new(below), factorisation::Lu::Small(_)));
    }
}
