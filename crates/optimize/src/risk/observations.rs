//! Checked returns, column by column.

use nalgebra::{DMatrix, DMatrixView};

use super::gram::{cross_products, sum};
use crate::{ErrorKind, Result};

/// A copy of the returns that is known to be finite, with the mean of each column.
#[derive(Debug, Clone)]
pub(crate) struct Observations {
    /// Column-major, `rows` values an asset.
    pub(crate) columns: Vec<f64>,
    /// Number of periods, T.
    pub(crate) rows: usize,
    /// Number of assets, N.
    pub(crate) assets: usize,
    /// The mean of each column, as given (not of the centred copy).
    pub(crate) means: Vec<f64>,
}

impl Observations {
    /// Copies and checks `returns`.
    pub(crate) fn new(
        returns: DMatrixView<'_, f64>,
        estimator: &'static str,
        needed: usize,
    ) -> Result<Self> {
        let (rows, assets) = returns.shape();
        if assets == 0 {
            return Err(ErrorKind::Empty { what: "returns" }.into());
        }
        if rows < needed {
            return Err(ErrorKind::TooFewRows { estimator, needed, got: rows }.into());
        }
        let mut columns = Vec::with_capacity(rows * assets);
        let mut means = Vec::with_capacity(assets);
        for (asset, column) in returns.column_iter().enumerate() {
            columns.extend(column.iter().copied());
            let column = &columns[asset * rows..];
            if let Some(row) = column.iter().position(|r| !r.is_finite()) {
                return Err(ErrorKind::NonFiniteReturn { row, asset, value: column[row] }.into());
            }
            means.push(sum(column) / rows as f64);
        }
        Ok(Self { columns, rows, assets, means })
    }

    /// Takes the mean off each column.
    pub(crate) fn centred(mut self) -> Self {
        for (column, mean) in self.columns.chunks_exact_mut(self.rows).zip(&self.means) {
            for value in column {
                *value -= mean;
            }
        }
        self
    }

    /// The returns of one asset.
    pub(crate) fn column(&self, asset: usize) -> &[f64] {
        &self.columns[asset * self.rows..(asset + 1) * self.rows]
    }

    /// `X'X / divisor` of the columns as they are.
    pub(crate) fn second_moments(&self, divisor: f64) -> DMatrix<f64> {
        let mut products = cross_products(&self.columns, &self.columns, self.rows, true);
        for value in &mut products {
            *value /= divisor;
        }
        DMatrix::from_vec(self.assets, self.assets, products)
    }

    /// `left' right / T`, with `left` and `right` made from each return and its row.
    pub(crate) fn mean_products(
        &self,
        left: impl Fn(usize, f64) -> f64,
        right: impl Fn(usize, f64) -> f64,
    ) -> DMatrix<f64> {
        let apply = |f: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            self.columns.iter().enumerate().map(|(k, &x)| f(k % self.rows, x)).collect()
        };
        let mut products = cross_products(&apply(&left), &apply(&right), self.rows, false);
        for value in &mut products {
            *value /= self.rows as f64;
        }
        DMatrix::from_vec(self.assets, self.assets, products)
    }
}

/// Refuses a slice that holds NaN or an infinity.
pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(ErrorKind::NonFiniteEntry { what, index, value: values[index] }.into()),
        None => Ok(()),
    }
}

/// Refuses a slice of the wrong length.
pub(crate) fn check_length(what: &'static str, expected: usize, got: usize) -> Result<()> {
    if got == expected {
        Ok(())
    } else {
        Err(ErrorKind::WrongLength { what, expected, got }.into())
    }
}
