//! Tests of stationarity and of a unit root, and the number of differences they ask for.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::{TestResult, check, is_constant, mean};
use crate::error::{ErrorKind, Result};

/// What is in the regression beside the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Nothing (Dickey-Fuller only; the level of [`kpss`] is always taken out).
    None,
    /// A constant.
    Constant,
    /// A constant and a straight line.
    Linear,
}

/// Null hypothesis: the series is stationary around a level, or around a line.
///
/// `lags` of the Bartlett window; `None` takes `trunc(3 sqrt(n) / 13)`. The p-value is interpolated
/// in the published table, so that it lies within 0.01 and 0.1. Kwiatkowski, Phillips, Schmidt and
/// Shin (1992), "Testing the null hypothesis of stationarity against the alternative of a unit
/// root".
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for fewer than 4 rows or not more than the lags,
/// [`ErrorKind::NonFinite`], [`ErrorKind::ConstantSeries`] (a line, too, around a line).
pub fn kpss(series: &[f64], trend: Trend, lags: Option<usize>) -> Result<TestResult> {
    let rows = series.len();
    let lags = lags.unwrap_or((3.0 * (rows as f64).sqrt() / 13.0) as usize);
    check(series, (lags + 1).max(4))?;
    // Less the first value first: the mean of large numbers close to each other loses their digits.
    let steps: Vec<f64> = series.iter().map(|value| value - series[0]).collect();
    let centre = mean(&steps);
    let mut rest: Vec<f64> = steps.iter().map(|value| value - centre).collect();
    if trend == Trend::Linear {
        let middle = 0.5 * (rows as f64 - 1.0);
        let time = |row: usize| row as f64 - middle;
        let squares: f64 = (0..rows).map(|row| time(row) * time(row)).sum();
        let slope = rest.iter().enumerate().map(|(row, v)| time(row) * v).sum::<f64>() / squares;
        rest.iter_mut().enumerate().for_each(|(row, value)| *value -= slope * time(row));
    }
    let product = |lag: usize| -> f64 { rest[lag..].iter().zip(&rest).map(|(a, b)| a * b).sum() };
    let largest = series.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if product(0).sqrt() <= 1e-13 * largest * (rows as f64).sqrt() {
        return Err(ErrorKind::ConstantSeries { rows }.into());
    }
    let window: f64 =
        (1..=lags).map(|lag| (1.0 - lag as f64 / (lags as f64 + 1.0)) * product(lag)).sum();
    let long_run = (product(0) + 2.0 * window) / rows as f64;
    let mut level = 0.0;
    let squares: f64 = rest
        .iter()
        .map(|value| {
            level += value;
            level * level
        })
        .sum();
    let statistic = squares / (rows as f64 * rows as f64) / long_run;
    let table = match trend {
        Trend::Linear => [0.119, 0.146, 0.176, 0.216],
        _ => [0.347, 0.463, 0.574, 0.739],
    };
    Ok(TestResult { statistic, p_value: interpolated(statistic, table), lags })
}

/// The p-value between 0.1 and 0.01 from the critical values at 10, 5, 2.5 and 1 per cent.
fn interpolated(statistic: f64, table: [f64; 4]) -> f64 {
    const LEVELS: [f64; 4] = [0.1, 0.05, 0.025, 0.01];
    if statistic <= table[0] {
        return LEVELS[0];
    }
    for k in 1..4 {
        if statistic <= table[k] {
            let share = (statistic - table[k - 1]) / (table[k] - table[k - 1]);
            return LEVELS[k - 1] + share * (LEVELS[k] - LEVELS[k - 1]);
        }
    }
    LEVELS[3]
}

/// Null hypothesis: the series has a unit root. The augmented Dickey-Fuller t statistic.
///
/// `lags` differences enter the regression; `None` takes `trunc((n - 1)^(1/3))`. Said and Dickey
/// (1984), "Testing for unit roots in autoregressive-moving average models of unknown order";
/// p-values of MacKinnon (1994), "Approximate asymptotic distribution functions for unit-root and
/// cointegration tests".
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`], [`ErrorKind::NonFinite`], [`ErrorKind::ConstantSeries`] when the
/// series, or what the lags leave of it, does not vary.
pub fn adf(series: &[f64], trend: Trend, lags: Option<usize>) -> Result<TestResult> {
    let lags = lags.unwrap_or((series.len().saturating_sub(1) as f64).cbrt() as usize);
    let deterministic = match trend {
        Trend::None => 0,
        Trend::Constant => 1,
        Trend::Linear => 2,
    };
    let columns = 1 + lags + deterministic;
    check(series, lags + 1 + columns + 2)?;
    let constant = || ErrorKind::ConstantSeries { rows: series.len() };
    if is_constant(series) {
        return Err(constant().into());
    }
    let steps: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rows = steps.len() - lags;
    // Beside a constant the level of the series is free; without a large one no digits are lost.
    let level = if trend == Trend::None { 0.0 } else { series[0] };
    let value = |row: usize, column: usize| match column {
        0 => series[row + lags] - level,
        column if column <= lags => steps[row + lags - column],
        column if column == lags + 1 => 1.0,
        _ => (row + 1) as f64,
    };
    let design = DMatrix::from_fn(rows, columns, value);
    let target = DVector::from_fn(rows, |row, _| steps[row + lags]);
    let qr = design.clone().qr();
    let triangle = qr.r();
    let right = qr.q().transpose() * &target;
    let solution = triangle.solve_upper_triangular(&right).ok_or_else(constant)?;
    let residual = &target - &design * &solution;
    let variance = residual.norm_squared() / (rows - columns) as f64;
    // The first diagonal element of (X'X)^-1 is the squared length of the first row of R^-1.
    let inverse = triangle
        .solve_upper_triangular(&DMatrix::identity(columns, columns))
        .ok_or_else(constant)?;
    let statistic = solution[0] / (variance.sqrt() * inverse.row(0).norm());
    if !statistic.is_finite() {
        return Err(constant().into());
    }
    Ok(TestResult { statistic, p_value: mackinnon(statistic, trend), lags })
}

/// MacKinnon's response surface: one polynomial for the left tail, one for the rest.
fn mackinnon(statistic: f64, trend: Trend) -> f64 {
    let (low, split, high, left, right) = match trend {
        Trend::None => (
            -19.04,
            -1.04,
            f64::INFINITY,
            [0.6344, 1.2378, 0.032_496],
            [0.4797, 0.935_57, -0.069_99, 0.033_066],
        ),
        Trend::Constant => (
            -18.83,
            -1.61,
            2.74,
            [2.1659, 1.4412, 0.038_269],
            [1.7339, 0.932_02, -0.127_45, -0.010_368],
        ),
        Trend::Linear => (
            -16.18,
            -2.89,
            0.7,
            [3.2512, 1.6047, 0.049_588],
            [2.5261, 0.616_54, -0.379_56, -0.060_285],
        ),
    };
    if statistic <= low {
        return 0.0;
    }
    if statistic >= high {
        return 1.0;
    }
    let polynomial = |coefficients: &[f64]| {
        coefficients.iter().rev().fold(0.0, |total, coefficient| total * statistic + coefficient)
    };
    let deviate = if statistic <= split { polynomial(&left) } else { polynomial(&right) };
    Normal::standard().cdf(deviate)
}

/// How often the series must be differenced until [`kpss`] around a level no longer rejects at
/// `significance`, at most `most` times.
///
/// The rule of Hyndman and Khandakar (2008), "Automatic time series forecasting: the forecast
/// package for R". A series that is or becomes constant needs no further difference.
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for fewer than 4 rows, [`ErrorKind::NonFinite`].
pub fn n_differences(series: &[f64], most: usize, significance: f64) -> Result<usize> {
    check(series, 4)?;
    let mut current = series.to_vec();
    for d in 0..most {
        match kpss(&current, Trend::Constant, None) {
            Ok(test) if test.p_value < significance => {}
            _ => return Ok(d),
        }
        current = current.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kpss_of_a_short_series_by_hand() {
        // Deviations -1.5, -0.5, 0.5, 1.5; sums -1.5, -2, -1.5, 0: squares 8.5; variance 5 / 4.
        let got = kpss(&[1.0, 2.0, 3.0, 4.0], Trend::Constant, Some(0)).unwrap();
        assert!((got.statistic - 8.5 / 16.0 / 1.25).abs() < 1e-15);
        // One lag with weight 1/2: products 5 and 1.25, so (5 + 2 * 0.625) / 4.
        let got = kpss(&[1.0, 2.0, 3.0, 4.0], Trend::Constant, Some(1)).unwrap();
        assert!((got.statistic - 8.5 / 16.0 / 1.5625).abs() < 1e-15);
        assert!(kpss(&[1.0, 2.0, 3.0, 4.0], Trend::Linear, Some(0)).is_err());
    }

    #[test]
    fn p_values_at_published_critical_values() {
        assert!((interpolated(0.463, [0.347, 0.463, 0.574, 0.739]) - 0.05).abs() < 1e-15);
        // MacKinnon's asymptotic 5 % points.
        for (trend, point) in
            [(Trend::None, -1.941), (Trend::Constant, -2.861_54), (Trend::Linear, -3.410_49)]
        {
            assert!((mackinnon(point, trend) - 0.05).abs() < 2e-4, "{trend:?}");
        }
    }
}
