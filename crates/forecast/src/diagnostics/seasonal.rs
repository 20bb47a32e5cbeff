//! How strong a season is, and whether it asks for a seasonal difference.

use super::{check, mean, stl};
use crate::error::{ErrorKind, Result};

/// Share above which a season asks for a difference: the rule of Hyndman and co-authors' software.
const STRONG: f64 = 0.64;

/// `max(0, 1 - Var(rest) / Var(season + rest))` of a decomposition by [`stl()`] with a seasonal
/// window of 11 seasons: 0 without a season, 1 with nothing else.
///
/// Wang, Smith and Hyndman (2006), "Characteristic-based clustering for time series data".
///
/// # Errors
///
/// Those of [`stl()`].
pub fn seasonal_strength(series: &[f64], season: usize) -> Result<f64> {
    let parts = stl(series, season, 11)?;
    let both: Vec<f64> = parts.seasonal.iter().zip(&parts.remainder).map(|(a, b)| a + b).collect();
    let (rest, both) = (variance(&parts.remainder), variance(&both));
    let largest = series.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if both.sqrt() <= 1e-12 * largest {
        return Ok(0.0);
    }
    Ok((1.0 - rest / both).clamp(0.0, 1.0))
}

/// Seasonal differences (at most `most`) until the [`seasonal_strength`] no longer exceeds 0.64.
///
/// A series shorter than two seasons and a row, or a season below 2 rows, needs none.
///
/// # Errors
///
/// [`ErrorKind::NonFinite`].
pub fn n_seasonal_differences(series: &[f64], season: usize, most: usize) -> Result<usize> {
    check(series, 1)?;
    let mut current = series.to_vec();
    for count in 0..most {
        if season < 2 || current.len() < 2 * season + 1 {
            return Ok(count);
        }
        match seasonal_strength(&current, season) {
            Ok(strength) if strength > STRONG => {}
            Ok(_) => return Ok(count),
            Err(error) if matches!(error.kind(), ErrorKind::TooFewRows { .. }) => return Ok(count),
            Err(error) => return Err(error),
        }
        current = (season..current.len()).map(|row| current[row] - current[row - season]).collect();
    }
    Ok(most)
}

fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize, noise: f64) -> Vec<f64> {
        let mut state = 9_u64;
        (0..rows)
            .map(|row| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                [2.0, 0.0, -1.0, -1.0][row % 4] + 0.05 * row as f64 + noise * uniform
            })
            .collect()
    }

    #[test]
    fn a_plain_season_is_strong_and_noise_is_not() {
        assert!(seasonal_strength(&wave(80, 0.0), 4).unwrap() > 0.999);
        assert!(seasonal_strength(&wave(80, 60.0), 4).unwrap() < 0.5);
        assert_eq!(n_seasonal_differences(&wave(80, 0.2), 4, 1).unwrap(), 1);
        assert_eq!(n_seasonal_differences(&wave(80, 60.0), 4, 1).unwrap(), 0);
        assert_eq!(n_seasonal_differences(&wave(8, 0.0), 4, 1).unwrap(), 0);
    }
}
