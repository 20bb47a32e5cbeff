//! Which rows are spent on the levels before the sample, where rows are missing.
//!
//! The `d + D s` levels before the first row have no distribution. Without noise they would go on
//! by `(1 - B)^d (1 - B^s)^D y = 0`, whatever the ARMA coefficients; each row that shows something
//! new of them fixes one direction. Rows, directions and the diffuse part of the determinant hence
//! follow from the pattern of missing rows alone, once for all evaluations. Koopman (1997), "Exact
//! initial Kalman filtering and smoothing for nonstationary time series models".

use super::order::Order;
use super::polynomial::difference_polynomial;

/// Share of the diffuse variance below which a row tells nothing about the starting levels.
///
/// Directions have entries of order 1 (growing with the gap for d = 2), rounding leaves 1e-30.
pub(super) const RESOLVED: f64 = 1e-12;

/// What a filter does in one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    /// Nothing is seen: the state moves on.
    Missing,
    /// The innovation counts.
    Seen,
    /// The row fixes one direction of the starting levels: how this level and the next ones,
    /// without noise, move with it (1 for this row).
    Spent(Vec<f64>),
}

/// The rows of a series in one walk over its pattern.
#[derive(Debug, Clone)]
pub(super) struct StartingLevels {
    pub(super) rows: Vec<Row>,
    /// Sum of the logarithms of the diffuse variances of the rows that are spent.
    pub(super) log_determinant: f64,
}

impl StartingLevels {
    /// `present` tells which rows are there; directions are followed for `length` levels.
    pub(super) fn new(order: &Order, present: &[bool], length: usize) -> Self {
        let differences = difference_polynomial(order);
        let lost = differences.len() - 1;
        let mut open: Vec<Vec<f64>> = (0..lost)
            .map(|at| {
                // The last `lost` levels, the one `at` rows back being one, become the next ones.
                let mut levels = vec![0.0; lost];
                levels[lost - 1 - at] = 1.0;
                continue_levels(&mut levels, &differences, 2 * lost);
                levels.split_off(lost)
            })
            .collect();
        let mut log_determinant = 0.0;
        let mut advance = |seen: &bool| -> Row {
            let taken = if *seen { take_direction(&mut open) } else { None };
            for levels in &mut open {
                continue_levels(levels, &differences, lost + 1);
                levels.remove(0);
            }
            let Some(mut levels) = taken else {
                return if *seen { Row::Seen } else { Row::Missing };
            };
            let first = levels[0];
            log_determinant += 2.0 * first.abs().ln();
            continue_levels(&mut levels, &differences, length);
            levels.truncate(length);
            Row::Spent(levels.into_iter().map(|level| level / first).collect())
        };
        let rows = present.iter().map(&mut advance).collect();
        Self { rows, log_determinant }
    }
}

/// Appends the levels whose differences are zero, up to `length` of them.
pub(super) fn continue_levels(levels: &mut Vec<f64>, differences: &[f64], length: usize) {
    while levels.len() < length {
        let past = differences[1..].iter().zip(levels.iter().rev());
        levels.push(-past.map(|(delta, past)| delta * past).sum::<f64>());
    }
}

/// How the state of Harvey's form moves with a direction: `phi(B)` of its levels.
pub(super) fn state_of_levels(ar: &[f64], levels: &[f64]) -> Vec<f64> {
    (0..ar.len())
        .map(|k| {
            let past = ar.iter().zip(levels[..k].iter().rev());
            levels[k] - past.map(|(phi, past)| phi * past).sum::<f64>()
        })
        .collect()
}

/// Rotates the open directions so that one of them alone moves the first entry, and takes it out;
/// `None` if none does.
pub(super) fn take_direction(open: &mut Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let squares = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
    let total: f64 = open.iter().map(|column| squares(column)).sum();
    let seen: f64 = open.iter().map(|column| column[0] * column[0]).sum();
    if seen <= RESOLVED * total {
        return None; // Also where nothing is open: 0 <= 0.
    }
    let mut taken = open.swap_remove(0);
    for column in open.iter_mut() {
        let length = taken[0].hypot(column[0]);
        if length == 0.0 {
            continue;
        }
        let (cosine, sine) = (taken[0] / length, column[0] / length);
        for (a, b) in taken.iter_mut().zip(column.iter_mut()) {
            (*a, *b) = (cosine * *a + sine * *b, cosine * *b - sine * *a);
        }
        column[0] = 0.0;
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_that_are_there_are_spent() {
        let order = Order::new(1, 2, 1);
        let plan = StartingLevels::new(&order, &[false, true, false, true, true], 4);
        assert_eq!(plan.rows[0], Row::Missing);
        assert!(matches!(plan.rows[1], Row::Spent(_)));
        // Given the level of row 1, that of row 3 is two steps of the unknown slope further.
        let Row::Spent(levels) = &plan.rows[3] else { panic!("{:?}", plan.rows) };
        for (level, expected) in levels.iter().zip([1.0, 1.5, 2.0, 2.5]) {
            assert!((level - expected).abs() < 1e-14, "{levels:?}");
        }
        assert_eq!(plan.rows[4], Row::Seen);
    }

    #[test]
    fn without_differences_nothing_is_spent() {
        let plan = StartingLevels::new(&Order::new(2, 0, 1), &[true, false, true], 3);
        assert_eq!(plan.rows, [Row::Seen, Row::Missing, Row::Seen]);
        assert_eq!(plan.log_determinant, 0.0);
    }
}
