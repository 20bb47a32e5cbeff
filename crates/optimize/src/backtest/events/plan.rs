//! How entry and exit signals become orders.

use serde::{Deserialize, Serialize};

use super::config::require;
use super::order::{BarView, Level, Order, OrderKind, OrderStrategy, Orders, Sizing};
use super::terms::Levels;
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

/// The price at which an entry fills. Fractions are of the close of the signal's bar.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryPrice {
    /// The next open or close, as the setting has it.
    #[default]
    Market,
    /// This fraction below that close, above it for a short lot, or better.
    Limit(f64),
    /// This fraction above that close, below it for a short lot, or worse: a breakout.
    Stop(f64),
}

/// What is attached to the orders of a strategy that only says when.
///
/// An entry by [`EntryPrice::Limit`] or [`EntryPrice::Stop`] waits until it fills; the next entry signal
/// replaces it and an exit signal withdraws it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradePlan {
    /// What an exit signal does.
    #[serde(default)]
    pub direction: Direction,
    /// How many units an entry takes.
    pub size: Sizing,
    /// The price at which an entry fills.
    #[serde(default)]
    pub entry: EntryPrice,
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
            entry: EntryPrice::Market,
            stop_loss: None,
            take_profit: None,
            trailing_stop: None,
            max_bars: None,
        }
    }

    /// Checks sizes, levels and the entry for the sides it may trade.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`](crate::ErrorKind::InvalidParameter) naming the field.
    pub fn check(&self) -> Result<()> {
        // Below the price there is room for less than all of it.
        let is_long = self.direction != Direction::ShortOnly;
        let is_short = self.direction != Direction::LongOnly;
        let levels = [
            ("stop_loss", self.stop_loss, is_long, "a fraction above 0 to below 1, when long"),
            (
                "take_profit",
                self.take_profit,
                is_short,
                "a fraction above 0 to below 1, when short",
            ),
        ];
        for (name, away, is_below, below_one) in levels {
            let Some(away) = away else { continue };
            require(name, away, away > 0.0 && away.is_finite(), "a fraction above 0")?;
            require(name, away, !is_below || away < 1.0, below_one)?;
        }
        if let EntryPrice::Limit(away) | EntryPrice::Stop(away) = self.entry {
            let expected = "a fraction from 0 to below 1";
            require("entry", away, (0.0..1.0).contains(&away), expected)?;
        }
        if is_long {
            self.order(Side::Long, 1.0).check()?;
        }
        if is_short {
            self.order(Side::Short, 1.0).check()?;
        }
        Ok(())
    }

    /// Stop loss and take profit of an entry decided at this close.
    #[inline]
    pub(super) fn levels(&self, side: Side, close: f64) -> Levels {
        let level = |away: Option<f64>, sign: f64| {
            away.map(|away| Level::Price(close * (1.0 + sign * away)))
        };
        let sign = side.sign();
        Levels { stop: level(self.stop_loss, -sign), take: level(self.take_profit, sign) }
    }

    /// What makes an entry decided at this close fill.
    #[inline]
    pub(super) fn kind(&self, side: Side, close: f64) -> OrderKind {
        let sign = side.sign();
        match self.entry {
            EntryPrice::Market => OrderKind::Market,
            EntryPrice::Limit(away) => OrderKind::Limit(close * (1.0 - sign * away)),
            EntryPrice::Stop(away) => OrderKind::Stop(close * (1.0 + sign * away)),
        }
    }

    /// The order of an entry decided at this close.
    pub(super) fn order(&self, side: Side, close: f64) -> Order {
        let Levels { stop, take } = self.levels(side, close);
        Order {
            kind: self.kind(side, close),
            stop_loss: stop,
            take_profit: take,
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
        orders.cancel_waiting();
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
