//! What every parameter set of one backtest shares.

use super::extremes::{BLOCK, Extremes, join};
use crate::backtest::config::Costs;

/// Number of sums kept over bar returns.
pub(super) const SUMS: usize = 4;

/// Sums over bar returns `r`: of `r`, `r^2`, `max(-r, 0)`, `max(-r, 0)^2`.
pub(super) type Sums = [f64; SUMS];

#[inline]
fn terms(change: f64) -> Sums {
    let loss = if change < 0.0 { -change } else { 0.0 };
    [change, change * change, loss, loss * loss]
}

#[inline]
pub(super) fn plus(a: Sums, b: Sums) -> Sums {
    std::array::from_fn(|at| a[at] + b[at])
}

/// What one end of a trade adds: its share of the sums, and the smallest and largest close that it
/// has in its own block of [`Extremes`].
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Edge {
    pub(super) sums: Sums,
    pub(super) extremes: (f64, f64),
}

/// Prices with the sums from which the return sums of any round trip follow in one addition.
///
/// With `P[k]` the sums over the bar returns before bar `k`, a trade held from the fill on bar `e`
/// to the fill on bar `x` has the sums `entry[e] + exit[x]`, where `entry[e]` is the terms of the
/// return from fill to close of `e` less `P[e + 1]`, and `exit[x]` the terms of the return from the
/// close before to the fill, plus `P[x]`. Costs are in both. The extremes of an entry are those of its
/// close and the later ones of its block, those of an exit of the closes before it in the block of the
/// last one held.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    pub(super) fill: &'a [f64],
    pub(super) close: &'a [f64],
    pub(super) entry: Vec<Edge>,
    pub(super) exit: Vec<Edge>,
    /// As an exit after the last bar, at no price: `P[n]`.
    pub(super) end: Edge,
    /// The largest magnitude in each column of the tables: what their rounding is relative to.
    pub(super) largest: Sums,
    pub(super) extremes: Extremes<'a>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(fill: &'a [f64], close: &'a [f64], costs: Costs) -> Self {
        let n = close.len();
        let (mut entry, mut exit) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let buying = (1.0 + costs.slippage) * (1.0 + costs.fee);
        let selling = (1.0 - costs.slippage) * (1.0 - costs.fee);
        let mut before = [0.0; SUMS];
        let mut largest: Sums = [0.0; SUMS];
        let mut last = fill[0];
        let mut held = (f64::INFINITY, f64::NEG_INFINITY);
        for (bar, (fill, close)) in fill.iter().zip(close).enumerate() {
            // The first bar has no return of its own, and nothing fills on it.
            let through = if bar == 0 { before } else { plus(before, terms(close / last - 1.0)) };
            let out = plus(terms(fill * selling / last - 1.0), before);
            let into = terms(close / (fill * buying) - 1.0);
            let into: Sums = std::array::from_fn(|at| into[at] - through[at]);
            for at in 0..SUMS {
                largest[at] = largest[at].max(into[at].abs()).max(out[at].abs());
            }
            exit.push(Edge { sums: out, extremes: held });
            entry.push(Edge { sums: into, extremes: (*close, *close) });
            held = if bar % BLOCK == 0 { (*close, *close) } else { join(held, (*close, *close)) };
            before = through;
            last = *close;
        }
        for block in entry.chunks_mut(BLOCK) {
            let mut later = (f64::INFINITY, f64::NEG_INFINITY);
            for edge in block.iter_mut().rev() {
                later = join(edge.extremes, later);
                edge.extremes = later;
            }
        }
        let end = Edge { sums: before, extremes: held };
        Self { fill, close, entry, exit, end, largest, extremes: Extremes::new(close) }
    }
}
