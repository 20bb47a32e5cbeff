//! How often to difference, by tests on the rows that are there.

use nalgebra::{DMatrix, DVector};

use crate::arima::Order;
use crate::data::TrainingData;
use crate::diagnostics::{n_differences, n_seasonal_differences};
use crate::error::{ErrorKind, Result};

/// Significance of the KPSS tests.
const SIGNIFICANCE: f64 = 0.05;

/// Differences, ordinary and seasonal, up to those of `largest`.
///
/// Missing rows are closed up for the KPSS tests: a random walk that is seen now and then is a
/// random walk, and what is stationary stays so. The strength of a season needs every row, so that
/// there, and only there, straight lines bridge the gaps.
pub(super) fn choose(
    data: &TrainingData<'_>,
    season: usize,
    largest: &Order,
) -> Result<(usize, usize)> {
    let mut series = without_regression(data)?;
    let seasonal_d = match bridged(&series, season) {
        Some(bridged) => n_seasonal_differences(&bridged, season, largest.seasonal_d)?,
        None => 0,
    };
    for _ in 0..seasonal_d {
        series = (season..series.len()).map(|row| series[row] - series[row - season]).collect();
    }
    series.retain(|value| !value.is_nan());
    let d = match n_differences(&series, largest.d, SIGNIFICANCE) {
        // So few rows tell nothing.
        Err(error) if matches!(error.kind(), ErrorKind::TooFewRows { .. }) => 0,
        other => other?,
    };
    Ok((d, seasonal_d))
}

/// The rows from the first that is there to the last, straight lines over the gaps between them.
///
/// `None` where that says nothing about a season: most of these rows are missing, or one row of the
/// season always is.
fn bridged(series: &[f64], season: usize) -> Option<Vec<f64>> {
    let present = |row: &usize| !series[*row].is_nan();
    let rows: Vec<usize> = (0..series.len()).filter(present).collect();
    let (&first, &last) = (rows.first()?, rows.last()?);
    let seen = |at: usize| (at..series.len()).step_by(season).any(|row| present(&row));
    if season < 2 || 2 * rows.len() < last + 1 - first || !(0..season).all(seen) {
        return None;
    }
    let mut values = vec![series[first]];
    for pair in rows.windows(2) {
        let (from, to) = (series[pair[0]], series[pair[1]]);
        let gap = (pair[1] - pair[0]) as f64;
        for row in pair[0] + 1..pair[1] {
            values.push(from + (to - from) * ((row - pair[0]) as f64 / gap));
        }
        values.push(to);
    }
    Some(values)
}

/// The target less its least-squares fit on a constant and the regressors; NaN where missing.
fn without_regression(data: &TrainingData<'_>) -> Result<Vec<f64>> {
    let target = data.target();
    let Some(matrix) = data.regressors() else { return Ok(target.to_vec()) };
    let rows: Vec<usize> = (0..target.len()).filter(|&row| !target[row].is_nan()).collect();
    let columns = matrix.n_columns() + 1;
    if rows.len() <= columns {
        return Ok(target.to_vec());
    }
    let design = DMatrix::from_fn(rows.len(), columns, |at, column| match column {
        0 => 1.0,
        _ => matrix.column(column - 1).map_or(0.0, |values| values[rows[at]]),
    });
    let right = DVector::from_fn(rows.len(), |at, _| target[rows[at]]);
    let fit = design.clone().svd(true, true).solve(&right, 1e-10);
    let fit = fit.map_err(|_| ErrorKind::NoFiniteLikelihood)?;
    let rest = right - design * fit;
    let mut series = target.to_vec();
    rows.iter().zip(rest.iter()).for_each(|(&row, value)| series[row] = *value);
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_bridge_the_gaps_between_the_ends() {
        let nan = f64::NAN;
        let series = [nan, 1.0, nan, nan, 4.0, 2.0, nan, 3.0, 9.0, nan];
        assert_eq!(bridged(&series, 2).unwrap(), [1.0, 2.0, 3.0, 4.0, 2.0, 2.5, 3.0, 9.0]);
        // No season; a row of it never seen; most rows missing; none there.
        assert_eq!(bridged(&series, 0), None);
        assert_eq!(bridged(&[1.0, nan, 2.0, nan, 1.0], 2), None);
        assert_eq!(bridged(&[1.0, nan, nan, nan, nan, 2.0, 1.0], 2), None);
        assert_eq!(bridged(&[nan; 4], 2), None);
    }

    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    /// Every sixth row is missing: no run is longer than five.
    #[test]
    fn regular_gaps_hide_neither_a_random_walk_nor_a_season() {
        let largest = Order { seasonal_d: 1, ..Order::new(5, 2, 5) };
        let mut state = 3_u64;
        let mut level = 0.0;
        let mut walk: Vec<f64> = (0..300)
            .map(|_| {
                level += uniform(&mut state);
                level
            })
            .collect();
        let mut noise: Vec<f64> = (0..300).map(|_| uniform(&mut state)).collect();
        let mut season: Vec<f64> = (0..300)
            .map(|row| [3.0, 1.0, -1.0, -3.0][row % 4] + 0.3 * uniform(&mut state))
            .collect();
        for series in [&mut walk, &mut noise, &mut season] {
            series.iter_mut().step_by(6).for_each(|value| *value = f64::NAN);
        }
        let chosen = |series: &[f64], season| choose(&TrainingData::new(series), season, &largest);
        assert_eq!(chosen(&walk, 0).unwrap(), (1, 0));
        assert_eq!(chosen(&noise, 4).unwrap(), (0, 0));
        assert_eq!(chosen(&season, 4).unwrap(), (0, 1));
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
