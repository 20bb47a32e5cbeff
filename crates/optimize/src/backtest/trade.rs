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
    /// Long or short.
    pub side: Side,
    /// What ended it.
    pub exit_reason: ExitReason,
    /// Maximum favourable excursion: the furthest the price went its way while it was held, as a
    /// fraction of the entry price, 0 or more.
    pub favourable: f64,
    /// Maximum adverse excursion: the furthest the price went against it, 0 or negative.
    pub adverse: f64,
}

/// Which way a position earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// From rising prices.
    #[default]
    Long,
    /// From falling prices: units sold that were borrowed.
    Short,
}

impl Side {
    /// 1 for long, -1 for short.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }

    /// Profit of a round trip from its values at entry and exit.
    #[inline]
    pub(super) fn profit(self, entry: f64, exit: f64, entry_fee: f64, exit_fee: f64) -> f64 {
        let gain = match self {
            Self::Long => exit - entry,
            Self::Short => entry - exit,
        };
        gain - entry_fee - exit_fee
    }
}

/// What ended a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExitReason {
    /// Nothing yet.
    #[default]
    StillOpen,
    /// An exit signal, or an order to close.
    Signal,
    /// Its stop loss.
    StopLoss,
    /// Its trailing stop.
    TrailingStop,
    /// Its take profit.
    TakeProfit,
    /// Its time was up.
    Time,
    /// A target weight asked for less of it.
    Rebalance,
    /// A split made a fraction of it that cannot be held, paid in cash.
    Split,
    /// The bars ended, see [`AtEnd`](super::events::AtEnd).
    EndOfData,
    /// Too little equity was left for the value held.
    MarginCall,
    /// Nothing was left of the equity.
    Ruin,
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
        side: Side::Long,
        exit_reason: ExitReason::StillOpen,
        favourable: 0.0,
        adverse: 0.0,
    };

    /// Profit in money, net of both fees.
    #[must_use]
    pub fn profit(&self) -> f64 {
        let (paid, got) = (self.size * self.entry_price, self.size * self.exit_price);
        self.side.profit(paid, got, self.entry_fee, self.exit_fee)
    }

    /// Profit as a fraction of the money put in, `profit / (size * entry_price)`.
    #[must_use]
    pub fn return_on_entry(&self) -> f64 {
        self.profit() / (self.size * self.entry_price)
    }
}
