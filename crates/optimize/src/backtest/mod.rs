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
//! every [`Trade`] with its excursions, the equity and the exposure of each bar. What is not asked for
//! costs nothing.
//!
//! A rule is a [`Strategy`] written in Rust, one of the ready-made ones ([`SmaCross`], [`EmaCross`],
//! [`MacdCross`], [`RsiReversion`], [`BollingerReversion`], [`Donchian`], [`BigBar`],
//! [`BuyAndHold`]), or text ([`ExpressionStrategy`], see [`expression`]). [`Indicators`] and
//! [`MovingAverages`] are computed once and shared by every parameter set of a grid.
//!
//! Rules whose outcome depends on the path (stops, targets, sizes, both sides, limit orders, several
//! lots) and accounts of many assets go through the event engines in [`events`], where the order of events
//! within a bar is written down. They take the same signals under a [`TradePlan`](events::TradePlan), or an
//! [`OrderStrategy`](events::OrderStrategy) that is asked after every bar.
//!
//! [`BacktestingPyStatistics`] are the figures of backtesting.py, by its definitions.
//!
//! [`hold_target_weights`] follows target weights of many assets between rebalancings;
//! [`MomentumRotation`] chooses such weights. Both are for programs: the command and the searches trade
//! one asset.
//!
//! # Many parameter sets
//!
//! [`Backtest::prepare`] makes tables that all sets share, and [`PreparedBacktest`] runs them:
//! comparisons of 64 bars become a bit mask, orders are found by counting trailing zeros, and a
//! round trip takes its return sums from prefix sums and its drawdown from block tables, whatever its
//! length. Four crossovers that share their slow average are compared at once: a bar and set needs 1.25
//! loads of 8 bytes, two comparisons and 1/8 byte of mask; a round trip about 40 operations and 128 bytes of
//! table. Averages are computed once per distinct window, in tiles of bars that stay in the cache.
//! That is 0.25 to 0.36 ns a bar and set, averages and statistics included, where two reads a bar and set
//! take 0.18 (one thread, AVX-512, 1,000 or 10,000 sets; `docs/benchmarks.md` has the whole times).
//! The searches use it for moving averages. [`Backtest::run_many`] takes any rule, and compares those that
//! are the crossing of two columns ([`Strategy::crossing`]) without making signals.
//!
//! Registers are chosen at run time ([`SimdWidth`]: AVX-512, AVX2, portable) and do not show in the
//! results: comparisons have no rounding and averages the same operations in each. A single run is
//! the case of one and has the same bits as among others.
//!
//! Prices, sizes, fees and trades have the same bits as in the event engine; statistics agree to
//! 1e-10 of their scale, which a test of 1,000 random rules and series holds them to. Sums over a trade
//! are differences of sums over all bars: where one return dwarfs the others the loss is bounded, and a
//! set above the bound is computed bar by bar.

mod backtesting_py;
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

pub use backtesting_py::{BacktestingPyInputs, BacktestingPyStatistics};
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
