//! The order of dates within each symbol.

use crate::error::{ErrorKind, Result, excerpt};
use crate::text::TextColumn;

/// The last date of each symbol so far.
#[derive(Debug, Default)]
pub(crate) struct SymbolOrder {
    last: Vec<Option<i64>>,
}

impl SymbolOrder {
    /// Checks that a row comes after the symbol's row before it.
    pub(crate) fn check(
        &mut self,
        code: usize,
        symbol: &str,
        row: usize,
        timestamp: i64,
    ) -> Result<()> {
        if symbol.is_empty() {
            return Err(ErrorKind::MissingSymbol { row }.into());
        }
        if code >= self.last.len() {
            self.last.resize(code + 1, None);
        }
        match self.last[code].replace(timestamp) {
            Some(previous) if previous >= timestamp => {
                let symbol = excerpt(symbol);
                Err(ErrorKind::SymbolUnordered { symbol, row, timestamp, previous }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Checks all rows.
pub(crate) fn check(timestamps: &[i64], symbols: &TextColumn) -> Result<()> {
    let mut order = SymbolOrder::default();
    for (row, (&timestamp, symbol)) in timestamps.iter().zip(symbols.iter()).enumerate() {
        order.check(symbols.codes()[row] as usize, symbol, row, timestamp)?;
    }
    Ok(())
}
