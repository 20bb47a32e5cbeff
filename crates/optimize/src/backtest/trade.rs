//! One round trip.

use serde::{Deserialize, Serialize};

/// A position from its entry to its exit or to the end of the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// Bar on which the entry filled.
    pub entry_bar: usize,
    /// Fill price of the entry, slippage included.
    pub entry_price: f64,
    /// Units held.
    pub size: f64,
    /// Fee of the entry, in money.
    pub entry_fee: f64,
    /// Bar on which the exit filled; the last bar for an open trade.
    pub exit_bar: usize,
    /// Fill price of the exit, slippage included; the last close for an open trade.
    pub exit_price: f64,
    /// Fee of the exit, in money; 0 for an open trade.
    pub exit_fee: f64,
    /// Whether the exit happened.
    pub status: TradeStatus,
}

/// Whether a trade has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradeStatus {
    /// Still held at the end of the data.
    Open,
    /// Sold.
    Closed,
}

impl Trade {
    /// No position at all: what an entry starts from.
    pub(super) const NONE: Self = Self {
        entry_bar: 0,
        entry_price: 0.0,
        size: 0.0,
        entry_fee: 0.0,
        exit_bar: 0,
        exit_price: 0.0,
        exit_fee: 0.0,
        status: TradeStatus::Open,
    };

    /// Profit in money, net of both fees.
    #[must_use]
    pub fn profit(&self) -> f64 {
        self.size * self.exit_price - self.size * self.entry_price - self.entry_fee - self.exit_fee
    }

    /// Profit as a fraction of the money put in, `profit / (size * entry_price)`.
    #[must_use]
    pub fn return_on_entry(&self) -> f64 {
        self.profit() / (self.size * self.entry_price)
    }
}
