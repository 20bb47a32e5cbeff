//! Crossovers of moving averages: many sets over tiles of bars.

use std::ops::Range;

use tangency_preprocess::indicators::PrefixSums;

use super::orders::Orders;
use super::prepared::{PreparedBacktest, decided};
use super::simd::{Mask, WORD, average_rows, compare};
use super::walk::Walk;
use crate::backtest::moving_averages::MovingAverages;
use crate::backtest::simulation::{Nothing, simulate};
use crate::backtest::statistics::{Statistics, Tally};
use crate::backtest::strategies::{SmaCross, check_window, crossing};
use crate::error::Result;

/// Doubles of all averages that may stay in the caches: all bars at once up to here.
const WHOLE: usize = 1 << 19;
/// Doubles of a tile otherwise: 512 KiB, half of a common L2 cache.
const TILE: usize = 1 << 16;

/// Masks and orders of one set in one tile.
struct Scratch {
    above: Vec<Mask>,
    below: Vec<Mask>,
    orders: Orders,
}

impl Scratch {
    fn new(words: usize) -> Self {
        let masks = || vec![Mask::default(); words];
        Self { above: masks(), below: masks(), orders: Orders::default() }
    }
}

/// One crossover over averages of all bars.
pub(super) fn one(
    prepared: &PreparedBacktest<'_>,
    fast: &[f64],
    slow: &[f64],
    cross: SmaCross,
) -> Statistics {
    const BARS: usize = 16 * WORD;
    let mut walk = Walk::new(prepared.config());
    let mut scratch = Scratch::new(16);
    let first = cross.first_crossing();
    let mut from = (first - 1) / BARS * BARS;
    while from < fast.len() && first <= fast.len() {
        let to = (from + BARS).min(fast.len());
        let pair = (&fast[from..to], &slow[from..to]);
        advance(prepared, &mut walk, pair, from, first, &mut scratch);
        from = to;
    }
    finish(prepared, &mut walk, || (fast.to_vec(), slow.to_vec()))
}

/// Many crossovers: bars in tiles, all averages of a tile computed once, every set through it.
pub(super) fn many(
    prepared: &PreparedBacktest<'_>,
    crosses: &[SmaCross],
) -> Result<Vec<Statistics>> {
    let close = prepared.backtest().bars().close();
    let n = close.len();
    let mut windows: Vec<usize> = crosses.iter().flat_map(|c| [c.fast, c.slow]).collect();
    windows.sort_unstable();
    windows.dedup();
    for window in windows.first().iter().chain(windows.last().iter()) {
        check_window("window", **window, prepared.backtest().bars())?;
    }
    let tile = if windows.len() * n <= WHOLE {
        n
    } else {
        // Whole words, so that a word never spans two tiles.
        (TILE / windows.len() / WORD).max(4) * WORD
    };
    let place = |window: usize| windows.partition_point(|w| *w < window);
    let sets: Vec<(usize, usize)> =
        crosses.iter().map(|cross| (place(cross.fast), place(cross.slow))).collect();
    let order = blockwise(&sets);

    let sums = PrefixSums::new(close);
    let average = |window| {
        let mut row = vec![f64::NAN; n];
        average_rows(prepared.width(), &sums, window, 0..n, &mut row);
        row
    };
    let finish = |walk: &mut Walk, cross: &SmaCross| {
        finish(prepared, walk, || (average(cross.fast), average(cross.slow)))
    };
    let mut averages = vec![f64::NAN; windows.len() * tile.min(n)];
    let mut scratch = Scratch::new(tile.div_ceil(WORD));
    let fill = |rows: Range<usize>, averages: &mut [f64]| {
        for (window, row) in windows.iter().zip(averages.chunks_exact_mut(rows.len())) {
            average_rows(prepared.width(), &sums, *window, rows.clone(), row);
        }
    };
    if tile >= n {
        fill(0..n, &mut averages);
        let mut figures = blank(prepared, crosses.len());
        for &at in &order {
            let (fast, slow) = sets[at];
            let pair = (&averages[fast * n..][..n], &averages[slow * n..][..n]);
            let mut walk = Walk::new(prepared.config());
            if crosses[at].first_crossing() <= n {
                advance(prepared, &mut walk, pair, 0, crosses[at].first_crossing(), &mut scratch);
            }
            figures[at] = finish(&mut walk, &crosses[at]);
        }
        return Ok(figures);
    }
    let mut walks = vec![Walk::new(prepared.config()); crosses.len()];
    for from in (0..n).step_by(tile) {
        let to = (from + tile).min(n);
        let len = to - from;
        fill(from..to, &mut averages);
        for &at in &order {
            let (fast, slow) = sets[at];
            let pair = (&averages[fast * len..][..len], &averages[slow * len..][..len]);
            let first = crosses[at].first_crossing();
            if first <= to {
                advance(prepared, &mut walks[at], pair, from, first, &mut scratch);
            }
        }
    }
    Ok(walks.iter_mut().zip(crosses).map(|(walk, cross)| finish(walk, cross)).collect())
}

impl SmaCross {
    /// The first bar on which both averages exist on the bar before too, at least 1.
    fn first_crossing(self) -> usize {
        self.fast.max(self.slow)
    }
}

/// Many crossovers over averages of all bars, those next to each other that share them.
pub(super) fn over(
    prepared: &PreparedBacktest<'_>,
    averages: &MovingAverages,
    crosses: &[SmaCross],
) -> Result<Vec<Statistics>> {
    let windows = averages.windows();
    let place = |window: usize| windows.partition_point(|w| *w < window);
    let sets: Vec<(usize, usize)> =
        crosses.iter().map(|cross| (place(cross.fast), place(cross.slow))).collect();
    let mut figures = blank(prepared, crosses.len());
    let n = averages.n_bars();
    let mut scratch = Scratch::new(n.div_ceil(WORD));
    for at in blockwise(&sets) {
        let cross = crosses[at];
        let (fast, slow) = (averages.get(cross.fast)?, averages.get(cross.slow)?);
        let mut walk = Walk::new(prepared.config());
        let first = cross.first_crossing();
        if first <= n {
            advance(prepared, &mut walk, (fast, slow), 0, first, &mut scratch);
        }
        figures[at] = finish(prepared, &mut walk, || (fast.to_vec(), slow.to_vec()));
    }
    Ok(figures)
}

/// Room for the figures of so many sets: those of one that never trades.
fn blank(prepared: &PreparedBacktest<'_>, n: usize) -> Vec<Statistics> {
    let config = prepared.config();
    vec![Tally::new(config.cash).statistics(prepared.tables().close.len(), config); n]
}

/// The places of the sets, those next to each other that share averages: blocks of 16 by 16.
fn blockwise(sets: &[(usize, usize)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|at| {
        let (fast, slow) = sets[*at];
        (fast / 16, slow / 16, slow, fast)
    });
    order
}

/// Takes one set through the bars `from..from + len`.
#[inline]
fn advance(
    prepared: &PreparedBacktest<'_>,
    walk: &mut Walk,
    (fast, slow): (&[f64], &[f64]),
    from: usize,
    first: usize,
    scratch: &mut Scratch,
) {
    let (tables, config) = (prepared.tables(), prepared.config());
    let n = tables.close.len();
    // Words before the first bar with both averages hold NaN.
    let skip = (first - 1).saturating_sub(from) / WORD;
    let (fast, slow) = (&fast[skip * WORD..], &slow[skip * WORD..]);
    let words = fast.len().div_ceil(WORD);
    let Scratch { above, below, orders } = scratch;
    let tied = compare(prepared.width(), fast, slow, above);
    // NaN after the warm-up comes of an overflow and stays to the end.
    let broken = fast.last().is_some_and(|f| f.is_nan()) || slow.last().is_some_and(|s| s.is_nan());
    let from = from + skip * WORD;
    let warm = |base: usize| match first.saturating_sub(base) {
        0 => !0,
        bars if bars < WORD => !0 << bars,
        _ => 0,
    };
    orders.reset(words);
    let (mut was_above, mut was_below) = walk.carry;
    if tied || broken {
        compare(prepared.width(), slow, fast, below);
        for (word, (above, below)) in above[..words].iter().zip(&below[..words]).enumerate() {
            let base = from + word * WORD;
            let (above, below) = (u64::from_le_bytes(*above), u64::from_le_bytes(*below));
            let counts = warm(base) & decided(base, n);
            let exits = below & !(below << 1 | was_below) & counts;
            let entries = above & !(above << 1 | was_above) & counts;
            (was_above, was_below) = (above >> 63, below >> 63);
            orders.push(base, entries | exits, exits);
        }
        walk.carry = (was_above, was_below);
        walk.take(tables, config, orders.alternating(walk.in_market()));
        return;
    }
    // Without a tie what is not above is below, so that every change is an order, and its kind
    // alternates by itself.
    for (word, above) in above[..words].iter().enumerate() {
        let base = from + word * WORD;
        let above = u64::from_le_bytes(*above);
        let mut changes = above ^ (above << 1 | was_above);
        was_above = above >> 63;
        if word == 0 || word + 1 == words {
            changes &= warm(base) & decided(base, n);
            // After a tie at the end of the tile before, a first change may be to what it was.
            if word == 0 && first <= base && walk.carry == (0, 0) {
                changes |= 1 & decided(base, n);
            }
        }
        orders.push(base, changes, !above);
    }
    walk.carry = (was_above, was_above ^ 1);
    walk.take(tables, config, orders.alternating_by_themselves(walk.in_market()));
}

/// The figures; bar by bar where the sums have lost too many digits.
fn finish(
    prepared: &PreparedBacktest<'_>,
    walk: &mut Walk,
    averages: impl FnOnce() -> (Vec<f64>, Vec<f64>),
) -> Statistics {
    let (tables, config) = (prepared.tables(), prepared.config());
    walk.finish(tables, config).unwrap_or_else(|| {
        let (fast, slow) = averages();
        let order = |bar| crossing(&fast, &slow, bar);
        simulate(tables.fill, tables.close, config, order, &mut Nothing)
    })
}
