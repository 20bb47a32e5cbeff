//! The fast path: statistics of long-or-flat signals without visiting the bars in between.
//!
//! A pass over the bars costs 2 to 4 ns a bar. Most of it is spent on bars on which nothing is
//! decided. Here comparisons are made 64 bars at a time into bit masks (the simd module), orders are
//! found by counting trailing zeros, and each round trip costs a constant number of operations
//! (the walk) over tables that all parameter sets share (the tables).
//!
//! **What it needs**, a bar and parameter set of a crossover: two loads of 8 bytes, two
//! comparisons and 1/8 byte of mask; 16 bytes from the L2 cache are the floor. A round trip adds about
//! 40 operations, 64 bytes of table and, where a new high or a new drawdown is possible, a scan of its
//! closes.
//!
//! **Rounding.** Sums over a round trip are differences of sums over all bars, which could lose
//! digits where one return dwarfs the others. The walk bounds that loss; a set whose bound is above
//! 5e-11 of the sum is computed bar by bar instead. Prices, sizes, fees, cash and therefore trades are
//! computed by the same operations in both and have the same bits.

mod crosses;
mod extremes;
mod orders;
mod prepared;
mod simd;
mod tables;
mod walk;

pub use prepared::PreparedBacktest;
pub use simd::SimdWidth;
