//! How often to difference, by tests on the longest run without missing values.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};

use crate::arima::Order;
use crate::data::TrainingData;
use crate::diagnostics::{n_differences, n_seasonal_differences};
use crate::error::{ErrorKind, Result};

/// Significance of the KPSS tests.
const SIGNIFICANCE: f64 = 0.05;

/// Differences, ordinary and seasonal, up to those of `largest`.
pub(super) fn choose(
    data: &TrainingData<'_>,
    season: usize,
    largest: &Order,
) -> Result<(usize, usize)> {
    let run = longest_run(data.target());
    let mut series = without_regression(data, run)?;
    let seasonal_d = n_seasonal_differences(&series, season, largest.seasonal_d)?;
    for _ in 0..seasonal_d {
        series = (season..series.len()).map(|row| series[row] - series[row - season]).collect();
    }
    let d = match n_differences(&series, largest.d, SIGNIFICANCE) {
        // A run this short tells nothing.
        Err(error) if matches!(error.kind(), ErrorKind::TooFewRows { .. }) => 0,
        other => other?,
    };
    Ok((d, seasonal_d))
}

fn longest_run(target: &[f64]) -> Range<usize> {
    let mut best = 0..0;
    let mut start = 0;
    for row in 0..=target.len() {
        if target.get(row).is_none_or(|value| value.is_nan()) {
            if row - start > best.len() {
                best = start..row;
            }
            start = row + 1;
        }
    }
    best
}

/// The target less its least-squares fit on a constant and the regressors.
fn without_regression(data: &TrainingData<'_>, run: Range<usize>) -> Result<Vec<f64>> {
    let target = &data.target()[run.clone()];
    let Some(regressors) = data.regressors() else { return Ok(target.to_vec()) };
    let matrix = regressors.rows(run);
    let columns = matrix.n_columns() + 1;
    if target.len() <= columns {
        return Ok(target.to_vec());
    }
    let design = DMatrix::from_fn(target.len(), columns, |row, column| match column {
        0 => 1.0,
        _ => matrix.column(column - 1).map_or(0.0, |values| values[row]),
    });
    let right = DVector::from_column_slice(target);
    let fit = design.clone().svd(true, true).solve(&right, 1e-10);
    let fit = fit.map_err(|_| ErrorKind::NoFiniteLikelihood)?;
    Ok((right - design * fit).as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_run_between_gaps() {
        let nan = f64::NAN;
        assert_eq!(longest_run(&[1.0, nan, 1.0, 2.0, nan, 3.0]), 2..4);
        assert_eq!(longest_run(&[1.0, 2.0]), 0..2);
        assert_eq!(longest_run(&[nan, nan]).len(), 0);
    }

    #[test]
    fn a_regressor_s_trend_asks_for_no_difference() {
        let x: Vec<f64> = (0..120).map(|t| f64::from(t * t)).collect();
        let mut state = 3_u64;
        let series: Vec<f64> = x
            .iter()
            .map(|x| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                0.01 * x + (state >> 11) as f64 / (1_u64 << 53) as f64
            })
            .collect();
        let matrix = DMatrix::from_vec(120, 1, x);
        let named = crate::NamedMatrix::new(matrix.as_view(), ["x"]).unwrap();
        let largest = Order::new(5, 2, 5);
        let plain = TrainingData::new(&series);
        assert!(choose(&plain, 0, &largest).unwrap().0 > 0);
        assert_eq!(choose(&plain.with_regressors(named), 0, &largest).unwrap(), (0, 0));
    }
}
