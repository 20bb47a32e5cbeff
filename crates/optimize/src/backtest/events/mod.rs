//! The event engines: orders, stops and sizes that depend on the path, on one or many assets.
//!
//! Where a rule is in or out with all its cash, [`Backtest`](crate::backtest::Backtest) is faster. Here are
//! two engines with the same semantics and the same bits of every price, size, fee and trade:
//!
//! - **Plans.** [`EventBacktest::run_signals`] and [`PreparedEvents`] follow entry and exit signals under a
//!   [`TradePlan`] (stop loss, take profit, trailing stop, time limit, entries at a limit or a stop, either
//!   side or both, every [`Sizing`] and cost). Several plans on the same bars go side by side through
//!   vector registers: with AVX-512, 0.2 to 1 ns a bar and plan, by how often they trade.
//! - **Orders.** An [`OrderStrategy`] is asked after every bar and answers with [`Order`]s, a
//!   [`PortfolioStrategy`] does so for many assets that share their cash. Every bar is visited, at some
//!   14 ns. Plans with more than one lot, interest or borrowing rates, margin calls, corporate actions, or
//!   a reversal by a waiting order come this way too, and so does a plan whose account is lost.
//!
//! [`EventBacktest::run_many`] runs strategies under plans on a pool.
//!
//! # Order of events within a bar
//!
//! 1. **Financing** since the close before: interest on cash, on borrowed cash, and on the value of
//!    borrowed units at that close, each a year's rate over `periods_per_year`. None after a ruin.
//! 2. **Corporate actions** of the bar: a dividend is paid on the units held at the close before, and by
//!    those short; then a split multiplies the units held and divides prices of orders and levels. What
//!    it leaves beyond whole units, where there are no others, is closed at the close before.
//! 3. **The open.** Orders decided at the close before, in the order in which they were placed, with
//!    [`Execution::NextOpen`](crate::backtest::Execution). Lots whose time is up are closed first.
//! 4. **Within the bar**, first the levels of every lot, those opened at step 3 included. An open
//!    beyond the level fills at the open (a gap), otherwise a level inside the bar's range fills at
//!    the level. Where stop and take profit are both inside, the stop counts: which came first is not
//!    known. A trailing stop follows the best price up to the bar before. Then waiting limit and stop
//!    orders, by the same gap rule: a limit fills at the open if that is better, a stop at the open if
//!    that is worse. The stop of a lot opened by such an order counts against this bar's range at once,
//!    its take profit from the next bar on. Its best and worst prices, and so a trailing stop, take of
//!    this bar what must have come after a fill within it: the extreme to which prices went on through
//!    the order's price, and the close.
//! 5. **The close.** With next-close execution, the orders of step 3 fill here instead. Equity is
//!    marked; where nothing is left of it every lot is closed at the close and trading ends, and where
//!    less is left than the maintenance margin every lot is closed there. Then the strategy is asked.
//!
//! **First in, first out.** Lots are kept in the order in which they were opened, and whatever closes
//! several at once, or a part of what is held, takes the oldest first: a close, a target weight, a
//! margin call, levels and times of the same bar. Only a lot's own level or time ends a younger one
//! before an older one.
//!
//! With many assets each step is done for all of them before the next one: orders in the order placed,
//! lots and assets in theirs. [`PortfolioOrders::target_weights`] goes from the largest sale to the largest
//! purchase, so that sales pay for purchases. Lots are valued at the last price of their asset: the
//! open, its latest fill within the bar, the close.
//!
//! An entry of a plan that waits at a limit or a stop is replaced by the next entry signal and withdrawn
//! by an exit signal; it still counts on the bar at whose close that signal comes.
//!
//! # Named models
//!
//! [`EventConfig::vectorbt`] has the semantics of vectorbt's `Portfolio.from_signals` with signals
//! shifted by one bar; [`EventConfig::backtesting_py`] those of backtesting.py 0.6: whole units, the
//! spread paid on the entry only, stops given from the close of the signal's bar, no decision on the
//! first bar, and on request everything closed at the last bar's open after that bar's own orders and
//! levels ([`AtEnd::CloseAtLastOpen`]).

mod account;
mod actions;
mod config;
mod engine;
mod order;
mod plan;
mod planned;
mod portfolio;
mod result;
mod run;
mod targets;
mod terms;

pub use actions::{ActionKind, CorporateAction};
pub use config::{AtEnd, EventConfig, Shortfall, TradingCosts, Units};
pub use engine::EventBacktest;
pub use order::{BarView, Level, Order, OrderKind, OrderStrategy, Orders, Sizing};
pub use plan::{Direction, EntryPrice, TradePlan};
pub use planned::PreparedEvents;
pub use portfolio::{
    AssetTrade, PortfolioBacktest, PortfolioOrders, PortfolioResult, PortfolioStrategy,
    PortfolioView,
};
pub use result::EventResult;
