//! The normal distribution.

use statrs::function::erf::{erfc, erfc_inv};

/// Probability of a value below `z`.
pub(super) fn below(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Probability of a value above `z`, exact far out.
pub(super) fn above(z: f64) -> f64 {
    below(-z)
}

/// The value that is exceeded with probability `1 - p`; infinite at 0 and 1.
pub(super) fn quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}
