//! Downside co-moments.

use nalgebra::{DMatrix, DMatrixView};

use super::observations::Observations;
use crate::{ErrorKind, Result};

/// The semicovariance about a benchmark return per period: `mean(d_i d_j)` with
/// `d = min(r - benchmark, 0)`, divisor T.
///
/// Positive semidefinite by construction. Follows Estrada (2008), "Mean-semivariance optimization:
/// a heuristic approach", in the form that clips each asset on its own.
///
/// # Errors
///
/// [`TooFewRows`](ErrorKind::TooFewRows) below 2 rows,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`Empty`](ErrorKind::Empty),
/// [`InvalidParameter`](ErrorKind::InvalidParameter) for a benchmark that is not finite.
pub fn semicovariance(returns: DMatrixView<'_, f64>, benchmark: f64) -> Result<DMatrix<f64>> {
    if !benchmark.is_finite() {
        let expected = "a finite return per period";
        return Err(
            ErrorKind::InvalidParameter { name: "benchmark", value: benchmark, expected }.into()
        );
    }
    let mut observations = Observations::new(returns, "semicovariance", 2)?;
    for value in &mut observations.columns {
        *value = (*value - benchmark).min(0.0);
    }
    Ok(observations.second_moments(observations.rows as f64))
}
