//! Backtests of trading rules on the bars of one asset, and of target weights on many.
//!
//! # What is simulated
//!
//! A [`Strategy`] says at the close of each bar whether to enter or to leave a long position. The
//! order fills on the **next** bar, at its open, or at its close where there are only closes
//! ([`Execution`]); the result says which. So a decision on bar `i` knows bars up to `i` and trades
//! at `i + 1`; a signal on the last bar is dropped; a bar with both signals does nothing; entering
//! while long and leaving while flat do nothing.
//!
//! An entry puts all cash into the asset, in fractional size `cash / (price (1 + fee))`. Slippage
//! moves the fill price against the trader, `price (1 + slippage)` buying and `price (1 - slippage)`
//! selling; the fee is a share of the traded value on each side. Equity at the close of bar `i` is
//! `cash + size close[i]`. A position open at the end stays open: it is listed with the last close
//! as its exit price and no exit fee, and counts as a trade but not as a closed one.
//!
//! These are the semantics of vectorbt's `Portfolio.from_signals` with signals shifted by one bar,
//! and [`Statistics`] are defined as there. Trades, equity, statistics, whole grids and walk-forward
//! runs were checked against vectorbt 1.2.0 to 1e-9 relative, counts and bars exactly. A test
//! replaces everything after a bar and expects the same bits up to it.
//!
//! # Pieces
//!
//! [`Bars`] borrow prices and check them once; [`Backtest`] joins them with a [`BacktestConfig`] and
//! runs strategies; [`BacktestResult`] holds the [`Statistics`] and, when asked for in [`Detail`],
//! every [`Trade`], the equity and the exposure of each bar. [`MovingAverages`] are computed once and
//! shared by every crossover of a grid; see [`search::sma_cross_grid`](crate::search::sma_cross_grid).
//!
//! [`hold_target_weights`] follows target weights of many assets between rebalancings.

mod bars;
mod config;
mod engine;
pub mod events;
pub mod expression;
mod fast;
mod indicators;
mod moving_averages;
mod result;
mod signals;
mod simulation;
mod statistics;
mod strategies;
mod strategy;
mod target_weights;
mod trade;

pub use bars::Bars;
pub use config::{BacktestConfig, Costs, Execution};
pub use engine::Backtest;
pub use expression::{Expression, ExpressionStrategy};
pub use fast::{PreparedBacktest, SimdWidth};
pub use indicators::Indicators;
pub use moving_averages::MovingAverages;
pub use result::{BacktestResult, Detail};
pub use signals::Signals;
pub use statistics::Statistics;
pub use strategies::{
    BigBar, BollingerReversion, BuyAndHold, Donchian, EmaCross, MacdCross, MomentumRotation,
    RsiReversion, SmaCross,
};
pub use strategy::Strategy;
pub use target_weights::{Decision, PortfolioTrack, hold_target_weights};
pub use trade::{ExitReason, Side, Trade, TradeStatus};
