//! Money, costs and rules of the event engine.

use serde::{Deserialize, Serialize};

use crate::backtest::config::{Costs, Execution};
use crate::error::{ErrorKind, Result};

/// What trading and holding cost. Fractions unless said otherwise: 0.001 is 0.1 %.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TradingCosts {
    /// Share of the traded value paid on each side, from 0 to below 1.
    pub fee: f64,
    /// Money a fill.
    pub fixed: f64,
    /// Money a unit.
    pub per_unit: f64,
    /// How far a fill moves against the trader, from 0 to below 1; of a limit order or a take profit
    /// to its limit at most.
    pub slippage: f64,
    /// Distance of bid and ask over the price; half of it is paid on each side. From 0 to below 1. Not
    /// beyond a limit either: prices are taken for those at which it fills.
    pub spread: f64,
    /// As `slippage`, on entries only, as backtesting.py has its spread: beyond limits too.
    pub entry_spread: f64,
    /// Yearly rate on the value of units sold short.
    pub borrow_rate: f64,
    /// Yearly rate earned on cash.
    pub cash_rate: f64,
    /// Yearly rate on borrowed cash.
    pub debit_rate: f64,
}

impl From<Costs> for TradingCosts {
    fn from(costs: Costs) -> Self {
        Self { fee: costs.fee, slippage: costs.slippage, ..Self::default() }
    }
}

/// Whether parts of a unit can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Units {
    /// Any size.
    #[default]
    Fractional,
    /// Whole units, rounded down.
    Whole,
}

/// What becomes of an entry for which the funds are too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// It is rejected, and counted as that.
    #[default]
    Reject,
    /// It takes what the funds pay for; with nothing left it is rejected.
    FillPart,
}

/// What becomes of positions on the last bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtEnd {
    /// They stay open, listed as open trades marked at the last close.
    #[default]
    KeepOpen,
    /// As backtesting.py's `finalize_trades`: the last bar goes like any other one, with entries decided
    /// before it and levels reached within it, and what is held at its end is closed at its **open**
    /// (at its close where orders fill at closes). So a lot that a waiting order opened within that bar
    /// is closed at a price of before it: look at such a trade twice. What a strategy decides at the
    /// last close is dropped, which that program fills at the open before.
    CloseAtLastOpen,
}

/// The setting of an event backtest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventConfig {
    /// Money at the start, above 0.
    pub cash: f64,
    /// Bars a year, above 0.
    pub periods_per_year: f64,
    /// Price at which market orders fill; next close where there are only closes.
    pub execution: Execution,
    /// What trading and holding cost.
    pub costs: TradingCosts,
    /// Fractional or whole units.
    pub units: Units,
    /// What becomes of an entry for which the funds are too little.
    #[serde(default)]
    pub shortfall: Shortfall,
    /// Largest gross value over equity at an entry, at least 1; 1 borrows nothing.
    pub leverage: f64,
    /// Equity over gross value below which, at a close, every lot is closed there: a margin call. From
    /// 0, which never calls, to below 1.
    #[serde(default)]
    pub maintenance_margin: f64,
    /// Lots of an asset that may be open at once, at least 1; more than 1 is pyramiding.
    pub max_lots: usize,
    /// What becomes of positions on the last bar.
    pub at_end: AtEnd,
    /// The first bar after which the strategy is asked.
    pub first_decision: usize,
}

impl EventConfig {
    /// The semantics of vectorbt: fractional units, slippage and fee on both sides, entries filled as far
    /// as the cash goes, positions left open at the end. 10,000 of cash, no costs. One thing differs:
    /// vectorbt lends any number of units for a short sale of a fixed size; here `leverage` bounds it.
    #[must_use]
    pub fn vectorbt(periods_per_year: f64) -> Self {
        Self {
            cash: 10_000.0,
            periods_per_year,
            execution: Execution::NextOpen,
            costs: TradingCosts::default(),
            units: Units::Fractional,
            shortfall: Shortfall::FillPart,
            leverage: 1.0,
            maintenance_margin: 0.0,
            max_lots: 1,
            at_end: AtEnd::KeepOpen,
            first_decision: 0,
        }
    }

    /// The semantics of backtesting.py: whole units, entries rejected that cost too much, no decision on
    /// the first bar. Its `spread` is [`TradingCosts::entry_spread`], its `commission`
    /// [`TradingCosts::fee`], its `finalize_trades` [`AtEnd::CloseAtLastOpen`].
    #[must_use]
    pub fn backtesting_py(periods_per_year: f64) -> Self {
        Self {
            units: Units::Whole,
            shortfall: Shortfall::Reject,
            first_decision: 1,
            ..Self::vectorbt(periods_per_year)
        }
    }

    /// With this much money at the start.
    #[must_use]
    pub fn with_cash(mut self, cash: f64) -> Self {
        self.cash = cash;
        self
    }

    /// With these costs.
    #[must_use]
    pub fn with_costs(mut self, costs: impl Into<TradingCosts>) -> Self {
        self.costs = costs.into();
        self
    }

    /// Checks every number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] naming the field.
    pub fn check(&self) -> Result<()> {
        let c = &self.costs;
        let fractions = [
            ("fee", c.fee),
            ("slippage", c.slippage),
            ("spread", c.spread),
            ("entry_spread", c.entry_spread),
            ("maintenance_margin", self.maintenance_margin),
        ];
        for (name, value) in fractions {
            require(name, value, (0.0..1.0).contains(&value), "a fraction from 0 to below 1")?;
        }
        for (name, value) in [("fixed", c.fixed), ("per_unit", c.per_unit)] {
            require(name, value, value.is_finite() && value >= 0.0, "money, 0 or more")?;
        }
        let rates = [
            ("borrow_rate", c.borrow_rate),
            ("cash_rate", c.cash_rate),
            ("debit_rate", c.debit_rate),
        ];
        for (name, value) in rates {
            require(name, value, value.is_finite() && value > -1.0, "a yearly rate above -1")?;
        }
        for (name, value) in [("cash", self.cash), ("periods_per_year", self.periods_per_year)] {
            require(name, value, value.is_finite() && value > 0.0, "a finite number above 0")?;
        }
        let leverage = self.leverage;
        require("leverage", leverage, leverage.is_finite() && leverage >= 1.0, "at least 1")?;
        require("max_lots", self.max_lots as f64, self.max_lots > 0, "at least 1")
    }
}

/// An error naming a parameter unless it is right.
pub(super) fn require(
    name: &'static str,
    value: f64,
    is_right: bool,
    expected: &'static str,
) -> Result<()> {
    if is_right {
        Ok(())
    } else {
        Err(ErrorKind::InvalidParameter { name, value, expected }.into())
    }
}
