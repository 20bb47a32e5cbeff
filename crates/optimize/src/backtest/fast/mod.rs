//! The fast path: statistics of long-or-flat signals without visiting the bars in between.
//!
//! A pass over the bars costs 2 to 4 ns a bar and set. Most of it is spent on bars on which nothing is
//! decided. Here comparisons are made 64 bars at a time into bit masks (the simd module), orders are
//! found by counting trailing zeros, and each round trip costs a constant number of operations
//! (the walk) over tables that all parameter sets share (the tables).
//!
//! **What it needs**, a bar and parameter set of a crossover: 1.25 loads of 8 bytes (four sets share the
//! slow average), two comparisons and 1/8 byte of mask. A round trip adds about 40 operations, 128 bytes of
//! table, which hold its sums and the extremes of its two ends, and, where a deeper drawdown may lie
//! within it, a look at its blocks.
//!
//! **Rounding.** Sums over a round trip are differences of sums over all bars, which could lose
//! digits where one return dwarfs the others. The walk bounds that loss; a set whose bound is above
//! 5e-11 of the sum is computed bar by bar instead. Prices, sizes, fees, cash and therefore trades are
//! computed by the same operations in both and have the same bits.

mod crosses;
mod extremes;
mod flags;
mod groups;
mod lanes;
mod masks;
mod orders;
mod prepared;
mod registers;
mod simd;
mod tables;
mod walk;

pub(super) use crosses::Scratch as CrossScratch;
pub(super) use flags::{Crossings, Each};
pub(super) use lanes::{Flags, LaneTask, Lanes, WIDEST};
pub(super) use masks::SignalMasks;
pub use prepared::PreparedBacktest;
pub(super) use registers::{lanes_of, run_in_lanes};
pub use simd::SimdWidth;
pub(super) use simd::{Task, run};
