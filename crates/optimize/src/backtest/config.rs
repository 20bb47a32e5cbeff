//! Money, costs and the price at which orders fill.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};

/// What trading costs. Both are fractions: 0.001 is 0.1 %, ten basis points.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// Share of the traded value paid on each side, from 0 to below 1.
    pub fee: f64,
    /// How far the fill price moves against the trader, from 0 to below 1.
    pub slippage: f64,
}

impl Costs {
    /// Trading for nothing.
    pub const FREE: Self = Self { fee: 0.0, slippage: 0.0 };

    /// A proportional fee without slippage.
    #[must_use]
    pub fn fee(fee: f64) -> Self {
        Self { fee, slippage: 0.0 }
    }
}

/// The price at which an order fills: always one of the bar **after** its signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// The next bar's open. Where there are only closes, [`NextClose`](Self::NextClose) takes over
    /// and the result says so.
    #[default]
    NextOpen,
    /// The next bar's close.
    NextClose,
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NextOpen => "next open",
            Self::NextClose => "next close",
        })
    }
}

/// The setting of a backtest.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `cash` | 10,000 | money at the start, above 0 |
/// | `costs` | free | fee and slippage |
/// | `execution` | next open | price at which orders fill |
/// | `periods_per_year` | none: pass it to [`new`](Self::new) | bars a year, for annual figures |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BacktestConfig {
    /// Money at the start, above 0.
    #[serde(default = "default_cash")]
    pub cash: f64,
    /// Fee and slippage.
    #[serde(default)]
    pub costs: Costs,
    /// Price at which orders fill.
    #[serde(default)]
    pub execution: Execution,
    /// Bars a year, above 0: 252 for trading days.
    pub periods_per_year: f64,
}

fn default_cash() -> f64 {
    10_000.0
}

impl BacktestConfig {
    /// 10,000 of cash, no costs, orders filled at the next open.
    #[must_use]
    pub fn new(periods_per_year: f64) -> Self {
        Self {
            cash: default_cash(),
            costs: Costs::FREE,
            execution: Execution::NextOpen,
            periods_per_year,
        }
    }

    /// With these costs.
    #[must_use]
    pub fn with_costs(mut self, costs: Costs) -> Self {
        self.costs = costs;
        self
    }

    /// With this much money at the start.
    #[must_use]
    pub fn with_cash(mut self, cash: f64) -> Self {
        self.cash = cash;
        self
    }

    /// With orders filled at this price.
    #[must_use]
    pub fn with_execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// Checks every number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] naming the field.
    pub fn check(&self) -> Result<()> {
        for (name, value) in [("cash", self.cash), ("periods_per_year", self.periods_per_year)] {
            if !(value.is_finite() && value > 0.0) {
                let expected = "a finite number above 0";
                return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
            }
        }
        for (name, value) in [("fee", self.costs.fee), ("slippage", self.costs.slippage)] {
            if !(0.0..1.0).contains(&value) {
                let expected = "a fraction from 0 to below 1";
                return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
            }
        }
        Ok(())
    }
}
