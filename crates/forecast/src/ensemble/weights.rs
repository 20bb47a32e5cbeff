//! Weights from mean squared errors.

/// Inverse mean squared errors, scaled to sum 1. Bates and Granger (1969), "The combination of
/// forecasts", without their covariance term, which is too noisy to help with few errors.
///
/// Members without an error to measure (NaN) take part with the mean weight of the others; a
/// member with hardly any error, compared with the worst, shares with those like it.
pub(super) fn inverse_error_weights(mean_squared_errors: &[f64]) -> Vec<f64> {
    let known = || mean_squared_errors.iter().copied().filter(|error| error.is_finite());
    let worst = known().fold(0.0, f64::max);
    let n_known = known().count();
    if n_known == 0 || worst == 0.0 {
        return equal_weights(mean_squared_errors.len());
    }
    // A floor, so that a perfect member gives large weights instead of infinite ones.
    let inverse = |error: f64| 1.0 / error.max(1e-12 * worst);
    let mean = known().map(inverse).sum::<f64>() / n_known as f64;
    let raw: Vec<f64> = mean_squared_errors
        .iter()
        .map(|&error| if error.is_finite() { inverse(error) } else { mean })
        .collect();
    let total: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / total).collect()
}

pub(super) fn equal_weights(members: usize) -> Vec<f64> {
    vec![1.0 / members as f64; members]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_inverse_to_errors_and_sum_to_one() {
        assert_eq!(inverse_error_weights(&[1.0, 3.0]), [0.75, 0.25]);
        assert_eq!(inverse_error_weights(&[f64::NAN, 2.0, 2.0]), [1.0 / 3.0; 3]);
        assert_eq!(inverse_error_weights(&[0.0, 0.0]), [0.5, 0.5]);
        assert_eq!(inverse_error_weights(&[f64::NAN, f64::NAN]), [0.5, 0.5]);
        let perfect = inverse_error_weights(&[0.0, 1.0]);
        assert!(perfect[0] > 0.999 && perfect[1] > 0.0);
    }
}
