//! Stationary and invertible coefficients as free numbers.
//!
//! A stationary autoregression is the same as partial autocorrelations in (-1, 1), each of which
//! is one free number. Monahan (1984), "A note on enforcing stationarity in autoregressive-moving
//! average models"; Jones (1980), "Maximum likelihood fitting of ARMA models to time series with
//! missing observations". The map onto (-1, 1) is `x / sqrt(1 + x^2)`: algebraic, so that it has
//! the same bits on every platform.

use super::lanes::Lanes;

/// Free numbers to coefficients `phi` of a stationary `1 - phi_1 B - ..`, in place.
pub(super) fn free_to_stationary<const L: usize>(values: &mut [Lanes<L>]) {
    for value in values.iter_mut() {
        for x in value.iter_mut() {
            *x /= (1.0 + *x * *x).sqrt();
        }
    }
    partial_to_coefficients(values);
}

/// Partial autocorrelations to coefficients (Durbin-Levinson), in place.
pub(super) fn partial_to_coefficients<const L: usize>(values: &mut [Lanes<L>]) {
    for order in 1..values.len() {
        let partial = values[order];
        // Entries j and order - 1 - j change together; the middle one pairs with itself.
        for j in 0..order.div_ceil(2) {
            let (front, back) = (values[j], values[order - 1 - j]);
            for lane in 0..L {
                values[j][lane] = front[lane] - partial[lane] * back[lane];
                values[order - 1 - j][lane] = back[lane] - partial[lane] * front[lane];
            }
        }
    }
}

/// Derivatives with respect to coefficients, in place to those with respect to the free numbers
/// that they come from: the steps of [`free_to_stationary`] backwards.
pub(super) fn pull_back_stationary<const L: usize>(free: &[Lanes<L>], slopes: &mut [Lanes<L>]) {
    let size = free.len();
    let partial = |x: f64| x / (1.0 + x * x).sqrt();
    // The coefficients of every order on the way, one after the other.
    let mut orders: Vec<Vec<Lanes<L>>> = Vec::with_capacity(size);
    for order in 0..size {
        let mut values: Vec<Lanes<L>> = free[..=order].iter().map(|x| x.map(partial)).collect();
        if let Some(before) = orders.last() {
            for j in 0..order {
                for lane in 0..L {
                    values[j][lane] =
                        before[j][lane] - values[order][lane] * before[order - 1 - j][lane];
                }
            }
        }
        orders.push(values);
    }
    for order in (1..size).rev() {
        let (partials, before) = (orders[order][order], &orders[order - 1]);
        let after: Vec<Lanes<L>> = slopes[..order].to_vec();
        for j in 0..order {
            for lane in 0..L {
                slopes[j][lane] = after[j][lane] - partials[lane] * after[order - 1 - j][lane];
                slopes[order][lane] -= after[j][lane] * before[order - 1 - j][lane];
            }
        }
    }
    for (slopes, free) in slopes.iter_mut().zip(free) {
        for lane in 0..L {
            let length = 1.0 + free[lane] * free[lane];
            slopes[lane] /= length * length.sqrt();
        }
    }
}

/// Coefficients `phi` to partial autocorrelations; `None` if not stationary.
pub(super) fn coefficients_to_partial(coefficients: &[f64]) -> Option<Vec<f64>> {
    let mut values = coefficients.to_vec();
    for order in (0..values.len()).rev() {
        let partial = values[order];
        if partial.is_nan() || partial.abs() >= 1.0 {
            return None;
        }
        let scale = 1.0 / (1.0 - partial * partial);
        for j in 0..order.div_ceil(2) {
            let (front, back) = (values[j], values[order - 1 - j]);
            values[j] = (front + partial * back) * scale;
            values[order - 1 - j] = (back + partial * front) * scale;
        }
    }
    Some(values)
}

/// A partial autocorrelation to its free number.
pub(super) fn partial_to_free(partial: f64) -> f64 {
    partial / (1.0 - partial * partial).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_second_order() {
        let mut values = [[0.5], [-0.3]];
        partial_to_coefficients(&mut values);
        // phi_1 = r_1 (1 - r_2), phi_2 = r_2.
        assert!((values[0][0] - 0.65).abs() < 1e-15);
        assert_eq!(values[1][0], -0.3);
        assert!(coefficients_to_partial(&[1.0]).is_none());
        assert!(coefficients_to_partial(&[0.6, 0.5]).is_none());
        assert!(coefficients_to_partial(&[f64::NAN]).is_none());
    }

    proptest! {
        #![proptest_config(super::super::random_cases::same_cases(256))]

        #[test]
        fn the_way_there_and_back(partials in prop::collection::vec(-0.95..0.95_f64, 0..6)) {
            let mut values: Vec<[f64; 1]> = partials.iter().map(|&r| [partial_to_free(r)]).collect();
            free_to_stationary(&mut values);
            let coefficients: Vec<f64> = values.iter().map(|value| value[0]).collect();
            let back = coefficients_to_partial(&coefficients).unwrap();
            for (expected, got) in partials.iter().zip(&back) {
                // Six step-downs divide by 1 - r^2 >= 0.0975 each.
                prop_assert!((expected - got).abs() < 1e-9, "{partials:?} {back:?}");
            }
        }
    }
}
