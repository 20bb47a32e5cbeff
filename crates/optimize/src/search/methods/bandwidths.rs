//! Widths of kernels around points of the unit interval.

/// What the width of a kernel comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// [`neighbours`].
    Neighbours,
    /// [`scott`].
    Scott,
}

impl Width {
    /// Widths for points with these shares, of one coordinate of `dimensions`.
    pub(super) fn of(self, points: &[f64], shares: &[f64], dimensions: usize) -> Vec<f64> {
        match self {
            Self::Neighbours => neighbours(points),
            Self::Scott => vec![scott(points, shares, dimensions); points.len()],
        }
    }
}

/// For each point the distance to the farther of its neighbours; for the outermost ones that to their
/// only neighbour, for a single one that to the farther end of the interval. Bergstra et al. (2011).
fn neighbours(column: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_by(|a, b| column[*a].total_cmp(&column[*b]));
    let mut distances = vec![0.0; column.len()];
    for (place, at) in order.iter().enumerate() {
        let u = column[*at];
        let left = place.checked_sub(1).map(|before| u - column[order[before]]);
        let right = order.get(place + 1).map(|after| column[*after] - u);
        distances[*at] = match (left, right) {
            (None, None) => u.max(1.0 - u),
            (left, right) => left.unwrap_or(0.0).max(right.unwrap_or(0.0)),
        };
    }
    distances
}

/// One width for all points, of one coordinate of several that make a density: the deviation of the
/// points times `n^(-1/(dimensions + 4))`. Scott (1992), "Multivariate density estimation".
///
/// Points weigh what their shares say. The deviation is unbiased under such weights, and `n` is the
/// number of equal ones that would tell as much, Kish (1965), "Survey sampling", so that a point that
/// outweighs the others does not draw the width down to nothing. Where one has all the weight there is no
/// deviation, and the width is the distance to the farther end of the interval; 1 where none has any.
fn scott(points: &[f64], shares: &[f64], dimensions: usize) -> f64 {
    let sum: f64 = shares.iter().sum();
    if sum <= 0.0 {
        return 1.0;
    }
    let weighted = || points.iter().zip(shares).map(|(u, share)| (u, share / sum));
    let mean: f64 = weighted().map(|(u, share)| share * u).sum();
    let squared: f64 = weighted().map(|(_, share)| share * share).sum();
    // What is left of one by rounding is no second point.
    if 1.0 - squared < 1e-9 {
        return mean.max(1.0 - mean);
    }
    let variance: f64 = weighted().map(|(u, share)| share * (u - mean) * (u - mean)).sum();
    (variance / (1.0 - squared)).sqrt() * libm::pow(squared, 1.0 / (dimensions as f64 + 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_reach_to_the_farther_neighbour() {
        assert_eq!(neighbours(&[0.5, 0.25, 1.0]), [0.5, 0.25, 0.5]);
        assert_eq!(neighbours(&[0.75]), [0.75]);
        assert_eq!(neighbours(&[0.5, 0.5, 0.75]), [0.0, 0.25, 0.25]);
    }

    #[test]
    fn scott_takes_the_deviation_and_the_number_of_points() {
        // Deviation sqrt(((1/4)^2 * 2) / 2) = 1/4 of three points; 3^(-1/6) in two dimensions.
        let width = scott(&[0.25, 0.5, 0.75], &[0.2; 3], 2);
        assert!((width - 0.25 * 3.0_f64.powf(-1.0 / 6.0)).abs() < 1e-15, "{width}");
        // Shares 3/4 and 1/4: their squares add up to 5/8, as those of 1.6 points of one weight.
        let width = scott(&[0.25, 0.75], &[3.0, 1.0], 2);
        let variance = 0.75 * 0.25 * 0.25 / (1.0 - 0.625);
        assert!((width - f64::sqrt(variance) * 1.6_f64.powf(-1.0 / 6.0)).abs() < 1e-15, "{width}");
        // A share that vanishes leaves the width finite, up to where only one point is left.
        let width = scott(&[0.25, 0.75], &[1.0, 1e-6], 2);
        assert!((width - 0.5 / 2.0_f64.sqrt()).abs() < 1e-5, "{width}");
        assert_eq!(scott(&[0.25, 0.5], &[1.0, 0.0], 2), 0.75);
        assert_eq!(scott(&[0.9], &[0.3], 5), 0.9);
        assert_eq!((scott(&[], &[], 5), scott(&[0.4], &[0.0], 5)), (1.0, 1.0));
        assert_eq!(scott(&[0.5, 0.5], &[1.0, 1.0], 3), 0.0);
    }
}
