//! What an allocation gives back.

/// Weights and how they were reached.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Solution {
    /// One weight an asset, in the order of the input. They sum to the budget within 1e-12.
    pub weights: Vec<f64>,
    /// Whether the optimality conditions hold.
    pub status: Status,
    /// The value of what was minimised or maximised at `weights`; each method says which.
    pub objective: f64,
    /// Iterations of the solver; for programs those of the interior point and of the active set.
    pub iterations: usize,
    /// How well the weights satisfy constraints and optimality conditions.
    pub residuals: Residuals,
}

/// Whether a solver got where it was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The optimality conditions hold to the residuals given.
    Solved,
    /// The iteration limit or the limits of the arithmetic came first. The weights satisfy bounds
    /// and budget, and are the best known; see the residuals before using them.
    StoppedEarly,
}

impl Status {
    /// `"solved"` or `"stopped_early"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::StoppedEarly => "stopped_early",
        }
    }

    /// True for [`Solved`](Self::Solved).
    #[must_use]
    pub fn is_solved(self) -> bool {
        self == Self::Solved
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a solution is from satisfying everything exactly.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Residuals {
    /// The largest violation of a bound, the budget or a group, in units of weight.
    pub feasibility: f64,
    /// The largest violation of the optimality conditions, relative to the largest term of the
    /// gradient (risk parity: of a share of risk, relative to its budget).
    pub optimality: f64,
}
