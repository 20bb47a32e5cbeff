//! The prices of a run in the forms that the stages read, made once and shared by all workers.

use nalgebra::{DMatrix, DMatrixView};
use tangency_shared_data::{Frame, time};

use crate::error::{ErrorKind, Result};

/// Checked closing prices, their logarithms and their simple returns.
#[derive(Debug)]
pub(crate) struct Market {
    frame: Frame,
    log_closes: Vec<Vec<f64>>,
    /// Rows - 1 x assets; row `r` is the return from close `r` to close `r + 1`.
    returns: DMatrix<f64>,
}

impl Market {
    /// Checks that every value is a positive finite price and that there is a choice to make.
    pub(crate) fn new(closes: &Frame) -> Result<Self> {
        let n_assets = closes.n_columns();
        if n_assets < 2 {
            return Err(ErrorKind::TooFewAssets { got: n_assets }.into());
        }
        closes.validate_prices()?;
        let mut log_closes = Vec::with_capacity(n_assets);
        let mut returns = DMatrix::zeros(closes.n_rows().saturating_sub(1), n_assets);
        for asset_idx in 0..n_assets {
            let column = closes.column_at(asset_idx)?;
            if column.len() > 1 && column.iter().all(|close| *close == column[0]) {
                let asset = closes.names()[asset_idx].clone();
                return Err(ErrorKind::ConstantPrice { asset }.into());
            }
            log_closes.push(column.iter().map(|close| close.ln()).collect());
            for (row, pair) in column.windows(2).enumerate() {
                returns[(row, asset_idx)] = pair[1] / pair[0] - 1.0;
            }
        }
        Ok(Self { frame: closes.clone(), log_closes, returns })
    }

    pub(crate) fn n_assets(&self) -> usize {
        self.log_closes.len()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.frame.n_rows()
    }

    pub(crate) fn names(&self) -> &[String] {
        self.frame.names()
    }

    /// Closes of one asset, one a row.
    pub(crate) fn closes(&self, asset_idx: usize) -> &[f64] {
        // The index was in range when the logarithms were taken.
        self.frame.column_at(asset_idx).unwrap_or_default()
    }

    /// Natural logarithms of the closes of one asset.
    pub(crate) fn log_closes(&self, asset_idx: usize) -> &[f64] {
        &self.log_closes[asset_idx]
    }

    /// Simple returns between the closes of `rows` (one fewer than rows) x assets.
    pub(crate) fn returns(&self, rows: &std::ops::Range<usize>) -> DMatrixView<'_, f64> {
        self.returns.rows(rows.start, rows.len() - 1)
    }

    /// The date of a row.
    pub(crate) fn date(&self, row: usize) -> String {
        time::format_date(self.frame.timestamps()[row])
    }
}
