//! The regression part: differenced target and regressors, made ready for least squares.

use super::differencing::difference;
use super::order::{Mean, Order};
use super::parameters::Layout;
use super::polynomial::Polynomials;
use super::state_space::StateSpace;
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};

/// How small a regressor's part outside the others may be, relative to its length.
///
/// A tenth of the digits left: what a column of rounding errors has, no real regressor has.
const COLLINEAR: f64 = 1e-10;

/// A regression `target = X beta + ARMA error` after differencing.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// Differenced target, less the fixed regression part and the least-squares fit of the free
    /// one; NaN where missing.
    pub(super) target: Vec<f64>,
    /// Orthonormal columns that span the free differenced regressors; 0 in missing rows.
    pub(super) basis: Vec<Vec<f64>>,
    /// Which regression coefficients are free.
    free: Vec<usize>,
    /// `regressors = basis * triangle`, upper triangular, column by column.
    triangle: Vec<Vec<f64>>,
    /// Least-squares coefficients of the basis, already taken out of `target`.
    taken: Vec<f64>,
    /// Values of the fixed ones, 0 elsewhere.
    fixed: Vec<f64>,
    /// Target and basis before differencing, where missing rows forbid differencing: then `target`
    /// and `basis` are what the diffuse filter makes of them for white noise.
    levels: Option<Levels>,
}

#[derive(Debug, Clone)]
struct Levels {
    target: Vec<f64>,
    basis: Vec<Vec<f64>>,
}

/// The rows of regressor `column` (constant or line first, then the caller's), from row `start`.
pub(super) fn regressor_rows(
    mean: Mean,
    regressors: Option<&crate::data::NamedMatrix<'_>>,
    column: usize,
    start: usize,
    rows: usize,
) -> Vec<f64> {
    match (mean, column) {
        (Mean::Const, 0) => vec![1.0; rows],
        (Mean::Drift, 0) => (start..start + rows).map(|row| (row + 1) as f64).collect(),
        _ => {
            let at = column - usize::from(mean != Mean::None);
            regressors.and_then(|matrix| matrix.column(at)).unwrap_or_default().to_vec()
        }
    }
}

impl Design {
    /// Differences everything, takes the fixed part out of the target, and orthogonalises the rest.
    pub(super) fn new(
        data: &TrainingData<'_>,
        order: &Order,
        mean: Mean,
        layout: &Layout,
        fixed: &[Option<f64>],
    ) -> Result<Self> {
        let rows = data.n_rows();
        let mut level = data.target().to_vec();
        let mut design = Self {
            target: Vec::new(),
            basis: Vec::new(),
            free: Vec::new(),
            triangle: Vec::new(),
            taken: Vec::new(),
            fixed: vec![0.0; layout.n_regression()],
            levels: None,
        };
        let mut columns = Vec::new();
        for (at, fixed) in fixed.iter().enumerate().take(layout.n_regression()) {
            let values = regressor_rows(mean, data.regressors(), at, 0, rows);
            if let Some(value) = *fixed {
                design.fixed[at] = value;
                for (target, regressor) in level.iter_mut().zip(&values) {
                    *target -= value * regressor;
                }
            } else {
                design.free.push(at);
                columns.push(values);
            }
        }
        let sizes: Vec<f64> = columns.iter().map(|column| largest(column)).collect();
        let gaps = order.lost_rows() > 0 && level.iter().any(|value| value.is_nan());
        let mut differenced: Vec<Vec<f64>> = if gaps {
            whitened(std::iter::once(&level).chain(&columns), order)?
        } else {
            std::iter::once(&level).chain(&columns).map(|v| difference(v, order)).collect()
        };
        design.target = differenced.remove(0);
        let mut levels = Levels { target: level, basis: Vec::new() };
        let sized = differenced.into_iter().zip(columns).zip(sizes);
        for (((mut column, mut values), size), &at) in sized.zip(&design.free) {
            for (value, target) in column.iter_mut().zip(&design.target) {
                if target.is_nan() {
                    *value = 0.0;
                }
            }
            let length = norm(&column);
            let mut coefficients = vec![0.0; design.basis.len() + 1];
            // Twice is enough: Giraud, Langou and Rozloznik (2005).
            for _ in 0..2 {
                for (basis, total) in design.basis.iter().zip(&mut coefficients) {
                    let part = dot(basis, &column);
                    subtract(&mut column, part, basis);
                    *total += part;
                }
            }
            let rest = norm(&column);
            let rounding = size * (rows as f64).sqrt() * 1e-13;
            if !(rest > COLLINEAR * length && length > rounding) {
                let column = layout.names()[at].clone();
                return Err(ErrorKind::CollinearRegressors { column }.into());
            }
            column.iter_mut().for_each(|value| *value /= rest);
            for (basis, coefficient) in levels.basis.iter().zip(&coefficients) {
                subtract(&mut values, *coefficient, basis);
            }
            values.iter_mut().for_each(|value| *value /= rest);
            levels.basis.push(values);
            coefficients[design.basis.len()] = rest;
            design.triangle.push(coefficients);
            design.basis.push(column);
        }
        for (basis, level) in design.basis.iter().zip(&levels.basis) {
            let part = dot(basis, &design.target);
            subtract(&mut design.target, part, basis);
            subtract(&mut levels.target, part, level);
            design.taken.push(part);
        }
        design.levels = gaps.then_some(levels);
        Ok(design)
    }

    /// What the filter of the likelihood runs over: target first, then the basis.
    pub(super) fn filter_columns(&self) -> Vec<&[f64]> {
        let (target, basis) = match &self.levels {
            Some(levels) => (&levels.target, &levels.basis),
            None => (&self.target, &self.basis),
        };
        std::iter::once(target).chain(basis).map(Vec::as_slice).collect()
    }

    /// Regression coefficients from those of the basis (on top of what was taken out already).
    pub(super) fn coefficients(&self, basis: &[f64]) -> Vec<f64> {
        let mut values = self.fixed.clone();
        let mut rest: Vec<f64> = self.taken.iter().zip(basis).map(|(a, b)| a + b).collect();
        for k in (0..self.free.len()).rev() {
            let value = rest[k] / self.triangle[k][k];
            values[self.free[k]] = value;
            for (j, rest) in rest.iter_mut().enumerate().take(k) {
                *rest -= value * self.triangle[k][j];
            }
        }
        values
    }

    /// A series without any variation makes the likelihood unbounded.
    pub(super) fn reject_constant(&self, data: &TrainingData<'_>, order: &Order) -> Result<()> {
        // A comparison with NaN is false: missing values do not count.
        let larger = |a: f64, b: f64| if b > a { b } else { a };
        let ends =
            |(high, low): (f64, f64), &value: &f64| (larger(high, value), larger(low, -value));
        let (high, low) = self.target.iter().fold((f64::NEG_INFINITY, f64::NEG_INFINITY), ends);
        // What rounding leaves of a constant: each difference doubles the error at most.
        let largest = data.target().iter().fold(0.0_f64, |a, v| larger(a, v.abs()));
        let doublings = i32::try_from(order.d + order.seasonal_d + 4).unwrap_or(64).min(64);
        if high + low <= f64::EPSILON * largest * 2.0_f64.powi(doublings) {
            return Err(ErrorKind::ConstantSeries { rows: self.target.len() }.into());
        }
        Ok(())
    }

    /// Rows that are not missing.
    pub(super) fn n_present(&self) -> usize {
        self.target.iter().filter(|value| !value.is_nan()).count()
    }
}

/// The columns (target first) after the diffuse filter of pure differences, in units of each row's
/// standard deviation: differencing, where the rows allow it. NaN where a row tells nothing new.
fn whitened<'a>(
    columns: impl Iterator<Item = &'a Vec<f64>>,
    order: &Order,
) -> Result<Vec<Vec<f64>>> {
    let columns: Vec<&[f64]> = columns.map(Vec::as_slice).collect();
    let present: Vec<bool> = columns[0].iter().map(|value| !value.is_nan()).collect();
    let nothing = Polynomials { ar: Vec::new(), ma: Vec::new() };
    let space = StateSpace::new(&nothing, order).ok_or(ErrorKind::NoFiniteLikelihood)?;
    let filtered = space.filter(&columns, &present, present.len());
    if filtered.unresolved > 0 {
        return Err(ErrorKind::UnidentifiedLevels { levels: filtered.unresolved }.into());
    }
    let mut errors = filtered.errors;
    for column in &mut errors {
        for (value, variance) in column.iter_mut().zip(&filtered.variances) {
            *value /= variance.sqrt();
        }
    }
    Ok(errors)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// Scalar product over the rows that are not missing.
fn dot(basis: &[f64], values: &[f64]) -> f64 {
    basis.iter().zip(values).filter(|(_, value)| !value.is_nan()).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn subtract(values: &mut [f64], factor: f64, basis: &[f64]) {
    for (value, basis) in values.iter_mut().zip(basis) {
        *value -= factor * basis;
    }
}
