//! The event engine: orders, stops and sizes that depend on the path.
//!
//! Where a rule is in or out with all its cash, [`Backtest`](crate::backtest::Backtest) is faster.
//! Here a strategy is asked after every bar ([`OrderStrategy::on_bar`]) and answers with [`Order`]s;
//! [`EventBacktest::run_signals`] does the same for entry and exit signals under a [`TradePlan`].
//!
//! # Order of events within a bar
//!
//! 1. **Corporate actions** of the bar: a split multiplies the units held and divides prices of
//!    orders and levels; a dividend is paid on the units held at the close before, and by those short.
//! 2. **Financing** since the close before: interest on cash, on borrowed cash, and on the value of
//!    borrowed units, each a year's rate over `periods_per_year`.
//! 3. **The open.** Orders decided at the close before, in the order in which they were placed, with
//!    [`Execution::NextOpen`](crate::backtest::Execution). Lots whose time is up are closed first.
//! 4. **Within the bar**, first the levels of every lot, those opened at step 3 included. An open
//!    beyond the level fills at the open (a gap), otherwise a level inside the bar's range fills at
//!    the level. Where stop and take profit are both inside, the stop counts: which came first is not
//!    known. A trailing stop follows the best price up to the bar before. Then waiting limit and stop
//!    orders, by the same gap rule: a limit fills at the open if that is better, a stop at the open if
//!    that is worse. The stop of a lot opened by such an order counts against this bar's range at once,
//!    its take profit from the next bar on.
//! 5. **The close.** With next-close execution, the orders of step 3 fill here instead. Equity is
//!    marked; where nothing is left of it every lot is closed at the close and trading ends. Then
//!    the strategy is asked.
//!
//! # Named models
//!
//! [`EventConfig::vectorbt`] has the semantics of vectorbt's `Portfolio.from_signals` with signals
//! shifted by one bar; [`EventConfig::backtesting_py`] those of backtesting.py 0.6: whole units, the
//! spread paid on the entry only, stops given from the close of the signal's bar, no decision on the
//! first bar, and on request everything closed at the last bar's open.

mod account;
mod actions;
mod config;
mod engine;
mod order;
mod plan;
mod result;

pub use actions::{ActionKind, CorporateAction};
pub use config::{AtEnd, EventConfig, TradingCosts, Units};
pub use engine::EventBacktest;
pub use order::{BarView, Level, Order, OrderKind, OrderStrategy, Orders, Sizing};
pub use plan::{Direction, TradePlan};
pub use result::EventResult;
