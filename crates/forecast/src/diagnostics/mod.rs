//! What a series or the innovations of a model look like: correlations, portmanteau and normality
//! tests, unit roots, seasonality.
//!
//! Every function takes complete values: a NaN or an infinity is [`crate::ErrorKind::NonFinite`]
//! with its row. The innovations of a series with missing rows have NaN in them: filter those out
//! first where a test allows it.

mod correlation;
mod normality;
mod portmanteau;
mod seasonal;
mod stl;
mod unit_root;

pub use correlation::{autocorrelations, partial_autocorrelations};
pub use normality::jarque_bera;
pub use portmanteau::ljung_box;
pub use seasonal::{n_seasonal_differences, seasonal_strength};
pub use stl::{Decomposition, stl};
pub use unit_root::{Trend, adf, kpss, n_differences};

use crate::error::{ErrorKind, Result};

/// A test statistic with its p-value.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// Probability of a statistic at least this extreme under the null hypothesis.
    pub p_value: f64,
    /// Lags used, or degrees of freedom where the statistic is chi-squared.
    pub lags: usize,
}

fn check(series: &[f64], needed: usize) -> Result<()> {
    if series.len() < needed {
        return Err(ErrorKind::TooFewRows { needed, got: series.len() }.into());
    }
    match series.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => {
            let value = series[row];
            Err(ErrorKind::NonFinite { what: "the series".to_owned(), row, value }.into())
        }
    }
}

fn is_constant(series: &[f64]) -> bool {
    series.iter().all(|value| *value == series[0])
}

fn mean(series: &[f64]) -> f64 {
    series.iter().sum::<f64>() / series.len() as f64
}
