//! What can be wrong with an input.

mod kind;

use std::fmt;

pub use kind::ErrorKind;

/// The result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an input was refused.
///
/// Solvers that stop early do not end here: they return a
/// [`Solution`](crate::allocation::Solution) with its status. Assets, rows and views are counted
/// from zero; [`Error::asset`] gives the asset concerned, so that a caller who knows the names can
/// say them.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// In a box, so that results stay small on the way up: errors are rare, results are not.
    kind: Box<ErrorKind>,
}

impl Error {
    /// What went wrong, with the values at fault.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The asset (column) at fault, counted from zero, where there is a single one.
    #[must_use]
    pub fn asset(&self) -> Option<usize> {
        match *self.kind {
            ErrorKind::ZeroVariance { asset }
            | ErrorKind::CrossedBounds { asset, .. }
            | ErrorKind::NonFiniteReturn { asset, .. }
            | ErrorKind::TotalLoss { asset, .. } => Some(asset),
            _ => None,
        }
    }

    /// True when the inputs are well formed but no weights satisfy all constraints.
    #[must_use]
    pub fn is_infeasible(&self) -> bool {
        matches!(
            *self.kind,
            ErrorKind::CrossedBounds { .. }
                | ErrorKind::UnreachableBudget { .. }
                | ErrorKind::CrossedGroupLimits { .. }
                | ErrorKind::UnreachableGroup { .. }
                | ErrorKind::Infeasible { .. }
                | ErrorKind::TargetReturnTooHigh { .. }
                | ErrorKind::TargetVolatilityTooLow { .. }
                | ErrorKind::NoAssetAboveRiskFree { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind: Box::new(kind) }
    }
}
