//! Orders, and who places them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::config::require;
use super::terms::BarRange;
use crate::backtest::bars::Bars;
use crate::backtest::trade::Side;
use crate::error::Result;

/// How many units an entry takes. Shares of 1 and money, all above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sizing {
    /// This share of the funds that are free, fees included: 1 is all of them.
    Funds(f64),
    /// A position worth this share of the equity.
    Equity(f64),
    /// So many units.
    Units(f64),
    /// A position worth this much money.
    Value(f64),
    /// So many units that reaching the stop loss costs this share of the equity, fees aside. Needs
    /// a stop loss.
    Risk(f64),
}

/// Where a stop loss or a take profit lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// At this price.
    Price(f64),
    /// This fraction away from the entry's fill price: 0.05 is 5 % below it for the stop of a long
    /// lot, 5 % above it for its take profit.
    Away(f64),
}

/// What makes an order fill.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// The next open or close, as the setting has it.
    Market,
    /// A price this good or better; waits until then.
    Limit(f64),
    /// A price this bad or worse; waits until then.
    Stop(f64),
}

impl OrderKind {
    /// Where it fills within a bar, if it does: at a limit or better, at a stop or worse.
    #[inline]
    pub(super) fn fill_within(self, side: Side, range: &BarRange) -> Option<f64> {
        match self {
            Self::Limit(price) | Self::Stop(price) => range.beyond(price, self.is_above(side)),
            Self::Market => Some(range.open),
        }
    }

    /// Whether prices rise to it, not fall.
    #[inline]
    pub(super) fn is_above(self, side: Side) -> bool {
        (side == Side::Long) == matches!(self, Self::Stop(_))
    }
}

/// An order to open a lot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Order {
    /// Long or short.
    pub side: Side,
    /// How many units.
    pub size: Sizing,
    /// What makes it fill.
    pub kind: OrderKind,
    /// Where the lot is given up.
    pub stop_loss: Option<Level>,
    /// Where its profit is taken.
    pub take_profit: Option<Level>,
    /// Fraction below the best price so far at which it is given up (above it for a short lot).
    pub trailing_stop: Option<f64>,
    /// Bars after which it is closed, counted from that of its entry.
    pub max_bars: Option<usize>,
}

impl Order {
    /// A market order on this side.
    #[must_use]
    pub fn market(side: Side, size: Sizing) -> Self {
        Self {
            side,
            size,
            kind: OrderKind::Market,
            stop_loss: None,
            take_profit: None,
            trailing_stop: None,
            max_bars: None,
        }
    }

    /// Filled on this condition.
    #[must_use]
    pub fn with_kind(mut self, kind: OrderKind) -> Self {
        self.kind = kind;
        self
    }

    /// Given up at this level.
    #[must_use]
    pub fn with_stop_loss(mut self, level: Level) -> Self {
        self.stop_loss = Some(level);
        self
    }

    /// Its profit taken at this level.
    #[must_use]
    pub fn with_take_profit(mut self, level: Level) -> Self {
        self.take_profit = Some(level);
        self
    }

    /// Given up this fraction away from the best price so far.
    #[must_use]
    pub fn with_trailing_stop(mut self, fraction: f64) -> Self {
        self.trailing_stop = Some(fraction);
        self
    }

    /// Closed after so many bars.
    #[must_use]
    pub fn with_max_bars(mut self, bars: usize) -> Self {
        self.max_bars = Some(bars);
        self
    }

    /// The same order in units after a split.
    pub(super) fn split(&mut self, ratio: f64) {
        if let OrderKind::Limit(price) | OrderKind::Stop(price) = &mut self.kind {
            *price /= ratio;
        }
        for level in [&mut self.stop_loss, &mut self.take_profit].into_iter().flatten() {
            if let Level::Price(price) = level {
                *price /= ratio;
            }
        }
        if let Sizing::Units(units) = &mut self.size {
            *units *= ratio;
        }
    }

    /// Checks sizes and levels.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`](crate::ErrorKind::InvalidParameter) naming the field.
    pub fn check(&self) -> Result<()> {
        let positive = |name, value: f64| {
            require(name, value, value.is_finite() && value > 0.0, "a finite number above 0")
        };
        match self.size {
            Sizing::Funds(share) => {
                require(
                    "size",
                    share,
                    share > 0.0 && share <= 1.0,
                    "a share of the funds, above 0 to 1",
                )?;
            }
            Sizing::Equity(size) | Sizing::Units(size) | Sizing::Value(size) => {
                positive("size", size)?
            }
            Sizing::Risk(share) => {
                let right = share > 0.0 && share < 1.0 && self.stop_loss.is_some();
                require("size", share, right, "a share below 1 of the equity, with a stop loss")?;
            }
        }
        if let OrderKind::Limit(price) | OrderKind::Stop(price) = self.kind {
            positive("order price", price)?;
        }
        for (name, level) in [("stop_loss", self.stop_loss), ("take_profit", self.take_profit)] {
            match level {
                Some(Level::Price(price)) => positive(name, price)?,
                Some(Level::Away(away)) => {
                    let below_one = name == "take_profit" && self.side == Side::Long || away < 1.0;
                    require(
                        name,
                        away,
                        away > 0.0 && away.is_finite() && below_one,
                        "a fraction above 0",
                    )?;
                }
                None => {}
            }
        }
        if let Some(trail) = self.trailing_stop {
            require(
                "trailing_stop",
                trail,
                trail > 0.0 && trail < 1.0,
                "a fraction above 0 to below 1",
            )?;
        }
        match self.max_bars {
            Some(bars) => require("max_bars", bars as f64, bars > 0, "at least 1 bar"),
            None => Ok(()),
        }
    }
}

/// What a strategy sees at the close of a bar: nothing after it.
#[derive(Debug, Clone, Copy)]
pub struct BarView<'a> {
    pub(super) bars: Bars<'a>,
    pub(super) equity: f64,
    pub(super) cash: f64,
    pub(super) position: f64,
    pub(super) lots: usize,
}

impl<'a> BarView<'a> {
    /// The number of this bar, from 0.
    #[must_use]
    pub fn bar(&self) -> usize {
        self.bars.len() - 1
    }

    /// Every bar up to and including this one.
    #[must_use]
    pub fn bars(&self) -> &Bars<'a> {
        &self.bars
    }

    /// Equity at this close, in money.
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.equity
    }

    /// Cash at this close, negative when borrowed.
    #[must_use]
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// Units held, negative when short.
    #[must_use]
    pub fn position(&self) -> f64 {
        self.position
    }

    /// Lots held.
    #[must_use]
    pub fn lots(&self) -> usize {
        self.lots
    }
}

/// What is placed at the close of a bar.
#[derive(Debug, Default)]
pub struct Orders {
    pub(super) requests: Vec<(usize, Request)>,
}

/// One instruction for an asset, in the order placed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    Open(Order),
    Close,
    Target(f64),
    /// For every asset at once.
    Targets(Vec<f64>),
    CancelWaiting,
}

impl Orders {
    /// Opens a lot.
    pub fn place(&mut self, order: Order) {
        self.requests.push((0, Request::Open(order)));
    }

    /// Closes every lot with a market order; does nothing when there are none.
    pub fn close(&mut self) {
        self.requests.push((0, Request::Close));
    }

    /// Trades to a position worth this share of the equity at the fill, negative for short, with a
    /// market order. Lots are reduced in the order in which they were opened; there is always room for
    /// one more.
    pub fn target_weight(&mut self, weight: f64) {
        self.requests.push((0, Request::Target(weight)));
    }

    /// Withdraws limit and stop orders that still wait.
    pub fn cancel_waiting(&mut self) {
        self.requests.push((0, Request::CancelWaiting));
    }
}

/// A strategy that is asked after every bar.
///
/// # Examples
///
/// Buy a breakout of the five-bar high with a stop order, give up 2 % below the entry:
///
/// ```
/// use tangency_optimize::backtest::events::{
///     BarView, EventBacktest, EventConfig, Level, Order, OrderKind, OrderStrategy, Orders, Sizing,
/// };
/// use tangency_optimize::backtest::{Bars, Side};
///
/// #[derive(Debug)]
/// struct Breakout;
///
/// impl OrderStrategy for Breakout {
///     fn name(&self) -> &'static str {
///         "breakout"
///     }
///
///     fn on_bar(&mut self, view: &BarView<'_>, orders: &mut Orders) -> tangency_optimize::Result<()> {
///         orders.cancel_waiting();
///         let high = view.bars().high_or_close();
///         if view.lots() == 0 && high.len() >= 5 {
///             let top = high[high.len() - 5..].iter().copied().fold(0.0, f64::max);
///             let order = Order::market(Side::Long, Sizing::Funds(1.0))
///                 .with_kind(OrderKind::Stop(top))
///                 .with_stop_loss(Level::Away(0.02));
///             orders.place(order);
///         }
///         Ok(())
///     }
/// }
///
/// let close: Vec<f64> = (0..60).map(|i| 100.0 + f64::from(i) + 3.0 * f64::from(i % 5)).collect();
/// let backtest = EventBacktest::new(Bars::from_closes(&close)?, EventConfig::vectorbt(252.0))?;
/// let result = backtest.run(&mut Breakout)?;
/// assert!(result.statistics.trades > 0);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub trait OrderStrategy: fmt::Debug {
    /// Its name in results, in snake case.
    fn name(&self) -> &'static str;

    /// Looks at the bars so far and places orders, which can fill from the next bar on.
    ///
    /// # Errors
    ///
    /// Whatever keeps the strategy from going on.
    fn on_bar(&mut self, view: &BarView<'_>, orders: &mut Orders) -> Result<()>;
}
