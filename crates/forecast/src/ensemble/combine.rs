//! The online combination of recorded forecasts.

use super::weights::{equal_weights, inverse_error_weights};
use crate::error::{ErrorKind, Result};
use crate::evaluation::{Origin, Record};
use crate::model::FitStatus;

/// How recorded forecasts are combined.
///
/// | option | default | meaning |
/// |---|---|---|
/// | `min_errors` | 8 | known errors of a step below which the members weigh the same |
/// | `window` | none | only so many of the latest known errors count |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Combination {
    min_errors: usize,
    window: Option<usize>,
}

impl Default for Combination {
    fn default() -> Self {
        Self { min_errors: 8, window: None }
    }
}

impl Combination {
    /// Sets how many errors of a step must be known before weights differ.
    #[must_use]
    pub fn with_min_errors(mut self, errors: usize) -> Self {
        self.min_errors = errors;
        self
    }

    /// Counts only the latest so many known errors.
    #[must_use]
    pub fn with_window(mut self, errors: usize) -> Self {
        self.window = Some(errors);
        self
    }

    /// The members' weights at `step` (counted from 0) for a forecast made when the rows before
    /// `known_rows` are known.
    ///
    /// `members`: for each member its origins, aligned, in time order.
    fn weights(&self, members: &[Vec<&Origin>], step: usize, known_rows: usize) -> Vec<f64> {
        let known: Vec<usize> = (0..members[0].len())
            .filter(|&at| {
                // A target counts once its row is behind the origin, whatever the fold order.
                let row = members[0][at].first_target + step;
                row < known_rows && members.iter().all(|member| !member[at].error(step).is_nan())
            })
            .collect();
        if known.len() < self.min_errors.max(1) {
            return equal_weights(members.len());
        }
        let latest = &known[known.len() - self.window.unwrap_or(known.len()).min(known.len())..];
        let mean_square = |member: &Vec<&Origin>| {
            let squares = latest.iter().map(|&at| member[at].error(step).powi(2));
            squares.sum::<f64>() / latest.len() as f64
        };
        inverse_error_weights(&members.iter().map(mean_square).collect::<Vec<_>>())
    }
}

/// Combines the forecasts of several models, origin by origin, with weights inverse to the mean
/// squared errors that were known at that origin.
///
/// At each origin and step, a member's error counts only if its target row lies before the
/// origin's `train_end`; later rows cannot change an earlier combination. Bates and Granger (1969),
/// "The combination of forecasts". The standard error is the weighted sum of the members', which is
/// exact for perfectly correlated errors and too large otherwise: members that forecast the same
/// series err together.
///
/// Only origins that all records share are combined.
///
/// # Errors
///
/// [`ErrorKind::Empty`] without records or common origins, [`ErrorKind::HorizonsDiffer`].
pub fn combine(records: &[Record], rule: &Combination) -> Result<Record> {
    let Some(first) = records.first() else {
        return Err(ErrorKind::Empty { what: "records" }.into());
    };
    for record in records {
        if record.horizon != first.horizon {
            let (expected, got) = (first.horizon, record.horizon);
            let name = record.name.clone();
            return Err(ErrorKind::HorizonsDiffer { name, expected, got }.into());
        }
    }
    let members = common_origins(records);
    if members[0].is_empty() {
        return Err(ErrorKind::Empty { what: "common origins" }.into());
    }
    let origins = (0..members[0].len())
        .map(|at| {
            let mut origin = members[0][at].clone();
            for step in 0..first.horizon {
                let weights = rule.weights(&members, step, origin.train_end);
                let weighted = |value: fn(&Origin) -> &Vec<f64>| -> f64 {
                    let parts = members.iter().zip(&weights);
                    parts.map(|(member, weight)| weight * value(member[at])[step]).sum()
                };
                origin.mean[step] = weighted(|origin| &origin.mean);
                origin.std_error[step] = weighted(|origin| &origin.std_error);
            }
            if members.iter().any(|member| member[at].status == FitStatus::StoppedEarly) {
                origin.status = FitStatus::StoppedEarly;
            }
            origin
        })
        .collect();
    let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
    Ok(Record { name: format!("ensemble:{}", names.join("+")), horizon: first.horizon, origins })
}

/// For each record its origins at the folds that all records share.
fn common_origins(records: &[Record]) -> Vec<Vec<&Origin>> {
    let same = |a: &Origin, b: &Origin| {
        (a.fold, a.train_end, a.first_target) == (b.fold, b.train_end, b.first_target)
    };
    let shared = |origin: &Origin| {
        records.iter().all(|record| record.origins.iter().any(|other| same(origin, other)))
    };
    records
        .iter()
        .map(|record| record.origins.iter().filter(|origin| shared(origin)).collect())
        .collect()
}
