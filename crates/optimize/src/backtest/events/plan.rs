//! How entry and exit signals become orders.

use serde::{Deserialize, Serialize};

use super::order::{BarView, Level, Order, OrderStrategy, Orders, Sizing};
use crate::backtest::signals::Signals;
use crate::backtest::trade::Side;
use crate::error::Result;

/// What an exit signal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Entries buy, exits sell.
    #[default]
    LongOnly,
    /// Entries sell short, exits buy back.
    ShortOnly,
    /// Entries go long, exits go short; from the other side, both close and reverse in one fill.
    Both,
}

/// What is attached to the orders of a strategy that only says when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradePlan {
    /// What an exit signal does.
    #[serde(default)]
    pub direction: Direction,
    /// How many units an entry takes.
    pub size: Sizing,
    /// Fraction from the close of the signal's bar at which a lot is given up.
    #[serde(default)]
    pub stop_loss: Option<f64>,
    /// Fraction from that close at which its profit is taken.
    #[serde(default)]
    pub take_profit: Option<f64>,
    /// Fraction from the best price so far at which it is given up.
    #[serde(default)]
    pub trailing_stop: Option<f64>,
    /// Bars after which it is closed.
    #[serde(default)]
    pub max_bars: Option<usize>,
}

impl TradePlan {
    /// Long with all funds, no stops.
    #[must_use]
    pub fn all_in() -> Self {
        Self {
            direction: Direction::LongOnly,
            size: Sizing::Funds(1.0),
            stop_loss: None,
            take_profit: None,
            trailing_stop: None,
            max_bars: None,
        }
    }

    /// The order of an entry decided at this close.
    pub(super) fn order(&self, side: Side, close: f64) -> Order {
        let sign = side.sign();
        let level = |away: Option<f64>, sign: f64| {
            away.map(|away| Level::Price(close * (1.0 + sign * away)))
        };
        Order {
            stop_loss: level(self.stop_loss, -sign),
            take_profit: level(self.take_profit, sign),
            trailing_stop: self.trailing_stop,
            max_bars: self.max_bars,
            ..Order::market(side, self.size)
        }
    }
}

/// Places the orders of signals that are known beforehand.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    pub(super) signals: &'a Signals,
    pub(super) plan: &'a TradePlan,
    /// Whether an entry may add to a position.
    pub(super) pyramiding: bool,
}

impl OrderStrategy for Planned<'_> {
    fn name(&self) -> &'static str {
        "signals"
    }

    fn on_bar(&mut self, view: &BarView<'_>, orders: &mut Orders) -> Result<()> {
        let bar = view.bar();
        let (enter, leave) = (self.signals.entries()[bar], self.signals.exits()[bar]);
        if enter == leave {
            return Ok(());
        }
        let wanted = match (self.plan.direction, enter) {
            (Direction::LongOnly, true) | (Direction::Both, true) => Some(Side::Long),
            (Direction::ShortOnly, true) | (Direction::Both, false) => Some(Side::Short),
            _ => None,
        };
        let Some(side) = wanted else {
            if view.lots() > 0 {
                orders.close();
            }
            return Ok(());
        };
        let held = view.position() * side.sign();
        if held < 0.0 {
            orders.close();
        }
        if held <= 0.0 || self.pyramiding {
            orders.place(self.plan.order(side, view.bars().close()[bar]));
        }
        Ok(())
    }
}
