//! The quadratic program behind the convex methods.

use nalgebra::DMatrix;

/// A sparse linear expression between two limits; equal limits make it an equation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) coefficients: Vec<(usize, f64)>,
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Row {
    /// The expression at `x`.
    pub(super) fn value(&self, x: &[f64]) -> f64 {
        self.coefficients.iter().map(|&(at, c)| c * x[at]).sum()
    }

    pub(super) fn is_equation(&self) -> bool {
        self.lower == self.upper
    }
}

/// `min 1/2 x' H x + q' x` with `lower <= x <= upper` and rows between their limits.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Positive semidefinite; `None` for a linear program.
    pub(super) hessian: Option<DMatrix<f64>>,
    pub(super) linear: Vec<f64>,
    pub(super) lower: Vec<f64>,
    pub(super) upper: Vec<f64>,
    pub(super) rows: Vec<Row>,
}

impl Program {
    /// The number of variables.
    pub(super) fn n(&self) -> usize {
        self.linear.len()
    }

    /// `H x + q`.
    pub(super) fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let mut gradient = match &self.hessian {
            Some(hessian) => crate::risk::multiply(hessian.as_view(), x),
            None => vec![0.0; x.len()],
        };
        for (g, q) in gradient.iter_mut().zip(&self.linear) {
            *g += q;
        }
        gradient
    }

    /// What turns the objective into numbers near one, whatever the units of the covariance.
    pub(super) fn scale(&self) -> f64 {
        let n = self.n() as f64;
        let curvature = self.hessian.as_ref().map_or(0.0, |h| h.trace().abs() / n);
        let slope = self.linear.iter().map(|q| q.abs()).sum::<f64>() / n;
        let scale = curvature.max(slope);
        if scale > 0.0 { scale } else { 1.0 }
    }
}

/// Which side of a pair of limits holds with equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Free,
    Lower,
    Upper,
}

/// A guess at the constraints that bind.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    pub(super) bounds: Vec<Side>,
    pub(super) rows: Vec<Side>,
}
