//! Decomposition into trend, season and remainder by local regression.
//!
//! Cleveland, Cleveland, McRae and Terpenning (1990), "STL: a seasonal-trend decomposition procedure
//! based on loess". Two inner iterations, no robustness weights, every row smoothed on its own.

use super::check;
use crate::error::{ErrorKind, Result};

/// A series as the sum of three; each as long as the series.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// The slow part.
    pub trend: Vec<f64>,
    /// The part that repeats, slowly changing.
    pub seasonal: Vec<f64>,
    /// The rest.
    pub remainder: Vec<f64>,
}

/// Decomposes `series` with a season of `season` rows; the season changes over about
/// `seasonal_window` seasons (odd, from 7).
///
/// # Errors
///
/// [`ErrorKind::TooFewRows`] for fewer than two seasons and a row, [`ErrorKind::NonFinite`],
/// [`ErrorKind::InvalidOption`] for a season below 2 rows or a window that is even or below 7.
pub fn stl(series: &[f64], season: usize, seasonal_window: usize) -> Result<Decomposition> {
    let invalid = |option: &str, value: usize, expected: &str| {
        let (option, expected) = (option.to_owned(), expected.to_owned());
        Err(ErrorKind::InvalidOption { option, value: value.to_string(), expected }.into())
    };
    if season < 2 {
        return invalid("the season", season, "at least 2 rows");
    }
    if seasonal_window < 7 || seasonal_window.is_multiple_of(2) {
        return invalid("the seasonal window", seasonal_window, "an odd number from 7");
    }
    check(series, 2 * season + 1)?;
    let rows = series.len();
    let trend_window =
        odd((1.5 * season as f64 / (1.0 - 1.5 / seasonal_window as f64)).ceil() as usize);
    let mut trend = vec![0.0; rows];
    let mut seasonal = vec![0.0; rows];
    for _ in 0..2 {
        // The season's rows smoothed one position in the cycle at a time, a season longer at
        // both ends.
        let mut cycle = vec![0.0; rows + 2 * season];
        for position in 0..season {
            let values: Vec<f64> =
                (position..rows).step_by(season).map(|row| series[row] - trend[row]).collect();
            for k in 0..values.len() + 2 {
                let at = k as f64 - 1.0;
                cycle[position + k * season] = local_fit(&values, at, seasonal_window, false);
            }
        }
        let low = moving_average(&moving_average(&moving_average(&cycle, season), season), 3);
        let low = smooth(&low, odd(season));
        for row in 0..rows {
            seasonal[row] = cycle[row + season] - low[row];
        }
        let rest: Vec<f64> = series.iter().zip(&seasonal).map(|(a, b)| a - b).collect();
        trend = smooth(&rest, trend_window);
    }
    let remainder =
        series.iter().zip(&seasonal).zip(&trend).map(|((value, s), t)| value - s - t).collect();
    Ok(Decomposition { trend, seasonal, remainder })
}

fn odd(window: usize) -> usize {
    window | 1
}

fn moving_average(values: &[f64], window: usize) -> Vec<f64> {
    values.windows(window).map(|part| part.iter().sum::<f64>() / window as f64).collect()
}

/// Local lines at every row.
fn smooth(values: &[f64], window: usize) -> Vec<f64> {
    (0..values.len()).map(|row| local_fit(values, row as f64, window, true)).collect()
}

/// Local regression at position `at` on the `window` nearest rows, tricube weights; a line or a
/// constant.
fn local_fit(values: &[f64], at: f64, window: usize, line: bool) -> f64 {
    let rows = values.len();
    let kept = window.min(rows);
    let first = (at - (kept as f64 - 1.0) / 2.0).round().clamp(0.0, (rows - kept) as f64) as usize;
    let last = first + kept - 1;
    let mut reach = (at - first as f64).abs().max((last as f64 - at).abs());
    if window > rows {
        reach += ((window - rows) / 2) as f64;
    }
    let weight = |row: usize| {
        let share = (row as f64 - at).abs() / reach;
        match share {
            _ if reach == 0.0 || share <= 0.001 => 1.0,
            _ if share <= 0.999 => (1.0 - share.powi(3)).powi(3),
            _ => 0.0,
        }
    };
    let weights: Vec<f64> = (first..=last).map(weight).collect();
    let total: f64 = weights.iter().sum();
    let sum = |f: &dyn Fn(usize) -> f64| -> f64 {
        weights.iter().enumerate().map(|(k, w)| w * f(first + k)).sum::<f64>() / total
    };
    let level = sum(&|row| values[row]);
    if !line {
        return level;
    }
    let centre = sum(&|row| row as f64);
    let spread = sum(&|row| (row as f64 - centre).powi(2));
    if spread.sqrt() <= 0.001 * (rows as f64 - 1.0) {
        return level;
    }
    level + (at - centre) * sum(&|row| (row as f64 - centre) * values[row]) / spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_fixed_season_come_apart_exactly() {
        let series: Vec<f64> =
            (0..60).map(|t| 0.5 * f64::from(t) + [3.0, -1.0, -2.0][t as usize % 3]).collect();
        let parts = stl(&series, 3, 11).unwrap();
        for (row, value) in series.iter().enumerate() {
            assert!((parts.trend[row] - 0.5 * row as f64).abs() < 0.05, "{row}");
            assert!(parts.remainder[row].abs() < 0.05, "{row}");
            let sum = parts.trend[row] + parts.seasonal[row] + parts.remainder[row];
            assert!((sum - value).abs() < 1e-12);
        }
        assert!(stl(&series, 1, 11).is_err() && stl(&series, 3, 8).is_err());
        assert!(stl(&series[..6], 3, 11).is_err());
    }
}
