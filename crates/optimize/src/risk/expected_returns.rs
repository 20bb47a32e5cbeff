//! Expected annual returns from history.

use nalgebra::DMatrixView;

use super::ewma::{decaying_weights, normalise};
use super::gram::{dot, sum};
use super::observations::{Observations, check_finite, check_length};
use crate::{ErrorKind, Result};

/// How returns per period become one annual figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Averaging {
    /// `mean * periods_per_year`: the input mean-variance theory asks for.
    #[default]
    Arithmetic,
    /// The growth rate: `prod(1 + r)^(periods_per_year / T) - 1`.
    Compounding,
    /// The growth rate in logarithms: `mean(ln(1 + r)) * periods_per_year`.
    Logarithmic,
}

/// The historical mean of each asset, annual.
///
/// # Errors
///
/// [`TooFewRows`](ErrorKind::TooFewRows) without rows,
/// [`NonFiniteReturn`](ErrorKind::NonFiniteReturn), [`TotalLoss`](ErrorKind::TotalLoss) where growth
/// is asked for, [`Empty`](ErrorKind::Empty),
/// [`InvalidParameter`](ErrorKind::InvalidParameter) unless `periods_per_year` is above zero.
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::risk::{Averaging, historical_mean};
///
/// let returns = DMatrix::from_column_slice(2, 1, &[0.10, -0.10]);
/// assert_eq!(historical_mean(returns.as_view(), 12.0, Averaging::Arithmetic)?, [0.0]);
/// let growth = historical_mean(returns.as_view(), 2.0, Averaging::Compounding)?;
/// assert!((growth[0] + 0.01).abs() < 1e-15);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn historical_mean(
    returns: DMatrixView<'_, f64>,
    periods_per_year: f64,
    averaging: Averaging,
) -> Result<Vec<f64>> {
    check_periods(periods_per_year)?;
    let observations = Observations::new(returns, "historical mean", 1)?;
    (0..observations.assets)
        .map(|asset| {
            annual_mean(observations.column(asset), periods_per_year, averaging).map_err(|row| {
                let value = observations.column(asset)[row];
                ErrorKind::TotalLoss { row, asset, value }.into()
            })
        })
        .collect()
}

/// The exponentially weighted mean of each asset, annual: weights decay by `1 - 2 / (span + 1)` a
/// row and are normalised (pandas `ewm(span, adjust=True)`).
///
/// [`Averaging::Compounding`] gives `(1 + m)^periods_per_year - 1`, [`Averaging::Logarithmic`]
/// `ln(1 + m) * periods_per_year`.
///
/// # Errors
///
/// As [`historical_mean`], and [`InvalidParameter`](ErrorKind::InvalidParameter) for a span below 1.
pub fn exponential_mean(
    returns: DMatrixView<'_, f64>,
    span: f64,
    periods_per_year: f64,
    averaging: Averaging,
) -> Result<Vec<f64>> {
    check_periods(periods_per_year)?;
    if !(span >= 1.0 && span.is_finite()) {
        let expected = "at least 1 and finite";
        return Err(ErrorKind::InvalidParameter { name: "span", value: span, expected }.into());
    }
    let observations = Observations::new(returns, "exponential mean", 1)?;
    if averaging != Averaging::Arithmetic {
        for asset in 0..observations.assets {
            let column = observations.column(asset);
            if let Some(row) = column.iter().position(|r| *r <= -1.0) {
                return Err(ErrorKind::TotalLoss { row, asset, value: column[row] }.into());
            }
        }
    }
    let mut weights = decaying_weights(observations.rows, 1.0 - 2.0 / (span + 1.0));
    normalise(&mut weights);
    Ok((0..observations.assets)
        .map(|asset| {
            let mean = dot(&weights, observations.column(asset));
            match averaging {
                Averaging::Arithmetic => mean * periods_per_year,
                Averaging::Compounding => (1.0 + mean).powf(periods_per_year) - 1.0,
                Averaging::Logarithmic => mean.ln_1p() * periods_per_year,
            }
        })
        .collect())
}

/// The mean that the capital asset pricing model gives each asset, annual:
/// `risk_free_rate + beta (market mean - risk_free_rate)`, beta by least squares on `market`.
///
/// `market` holds the market's returns of the same T rows; `risk_free_rate` is annual. Follows
/// Sharpe (1964), "Capital asset prices: a theory of market equilibrium".
///
/// # Errors
///
/// As [`historical_mean`], below 2 rows; [`WrongLength`](ErrorKind::WrongLength) and
/// [`NonFiniteEntry`](ErrorKind::NonFiniteEntry) for the market,
/// [`InvalidParameter`](ErrorKind::InvalidParameter) for a market that never moves or a
/// risk-free rate that is not finite.
pub fn capm_mean(
    returns: DMatrixView<'_, f64>,
    market: &[f64],
    risk_free_rate: f64,
    periods_per_year: f64,
    averaging: Averaging,
) -> Result<Vec<f64>> {
    check_periods(periods_per_year)?;
    if !risk_free_rate.is_finite() {
        let (name, expected) = ("risk_free_rate", "a finite annual rate");
        return Err(ErrorKind::InvalidParameter { name, value: risk_free_rate, expected }.into());
    }
    let centred = Observations::new(returns, "capm mean", 2)?.centred();
    check_length("market", centred.rows, market.len())?;
    check_finite("market", market)?;
    let market_mean = annual_mean(market, periods_per_year, averaging).map_err(|index| {
        ErrorKind::InvalidParameter {
            name: "market return",
            value: market[index],
            expected: "above -1 for a growth rate",
        }
    })?;
    let mean = sum(market) / market.len() as f64;
    let deviations: Vec<f64> = market.iter().map(|r| r - mean).collect();
    let variance = dot(&deviations, &deviations);
    if variance <= 0.0 {
        let (name, expected) = ("market variance", "above 0");
        return Err(ErrorKind::InvalidParameter { name, value: variance, expected }.into());
    }
    Ok((0..centred.assets)
        .map(|asset| {
            let beta = dot(centred.column(asset), &deviations) / variance;
            risk_free_rate + beta * (market_mean - risk_free_rate)
        })
        .collect())
}

/// The annual figure of one series, or the row whose return wipes it out.
fn annual_mean(series: &[f64], periods_per_year: f64, averaging: Averaging) -> Result<f64, usize> {
    let t = series.len() as f64;
    if averaging == Averaging::Arithmetic {
        return Ok(sum(series) / t * periods_per_year);
    }
    if let Some(row) = series.iter().position(|r| *r <= -1.0) {
        return Err(row);
    }
    let logarithms: Vec<f64> = series.iter().map(|r| r.ln_1p()).collect();
    let rate = sum(&logarithms) / t * periods_per_year;
    Ok(if averaging == Averaging::Compounding { rate.exp_m1() } else { rate })
}

fn check_periods(periods_per_year: f64) -> Result<()> {
    if periods_per_year > 0.0 && periods_per_year.is_finite() {
        return Ok(());
    }
    let (name, expected) = ("periods_per_year", "above 0 and finite");
    Err(ErrorKind::InvalidParameter { name, value: periods_per_year, expected }.into())
}
