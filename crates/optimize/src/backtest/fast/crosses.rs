//! Crossovers of moving averages: many sets over tiles of bars.

use std::ops::Range;

use tangency_preprocess::indicators::PrefixSums;

use super::groups::{Group, grouped, places};
use super::orders::{Changes, Orders};
use super::prepared::{PreparedBacktest, decided};
use super::simd::{GROUP, Mask, Task, WORD, compare, compare_group, run};
use super::walk::{Span, Walk};
use crate::backtest::moving_averages::MovingAverages;
use crate::backtest::simulation::{Nothing, simulate};
use crate::backtest::statistics::{Statistics, Tally};
use crate::backtest::strategies::{SmaCross, check_window, crossing};
use crate::error::Result;

/// Doubles of all averages that may stay in the caches: all bars at once up to here.
const WHOLE: usize = 1 << 19;
/// Doubles of a tile otherwise: 512 KiB, half of a common L2 cache.
const TILE: usize = 1 << 16;

/// Words of a tile of a crossover by itself.
const ONE: usize = 16;

/// Comparisons of the sets of one group in one tile, and room for what follows from them.
#[derive(Debug)]
pub(in crate::backtest) struct Scratch {
    above: [Vec<Mask>; GROUP],
    room: Room,
}

/// What one set after the other uses.
#[derive(Debug)]
struct Room {
    below: Vec<Mask>,
    orders: Orders,
    changes: Changes,
    spans: Vec<Span>,
}

impl Scratch {
    /// For crossovers one by one.
    pub(in crate::backtest) fn of_one() -> Self {
        Self::new(ONE)
    }

    fn new(words: usize) -> Self {
        let masks = || vec![Mask::default(); words];
        let room = Room {
            below: masks(),
            orders: Orders::default(),
            changes: Changes::default(),
            spans: Vec::new(),
        };
        Self { above: std::array::from_fn(|_| masks()), room }
    }
}

/// Rows of a moving average.
struct Averages<'t> {
    sums: &'t PrefixSums,
    window: usize,
    rows: Range<usize>,
    out: &'t mut [f64],
}

impl Task for Averages<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let done = self.sums.sma_rows_into(self.window, self.rows, self.out);
        done.expect("the caller has checked windows, rows and lengths");
    }
}

/// One crossover of columns of all bars, both of which exist from the bar before `first` on.
pub(super) fn one(
    prepared: &PreparedBacktest<'_>,
    fast: &[f64],
    slow: &[f64],
    first: usize,
    scratch: &mut Scratch,
) -> Statistics {
    const BARS: usize = ONE * WORD;
    let mut walk = Walk::new(prepared.config());
    let mut from = (first - 1) / BARS * BARS;
    while from < fast.len() && first <= fast.len() {
        let to = (from + BARS).min(fast.len());
        let (fast, slow) = (&fast[from..to], &slow[from..to]);
        let Scratch { above, room } = scratch;
        let tied = compare(prepared.width(), fast, slow, &mut above[0]);
        let tile = Tile { from, compared: 0, fast, slow };
        advance(prepared, &mut walk, &tile, first, &above[0], tied, room);
        from = to;
    }
    finish(prepared, &mut walk, || (fast.to_vec(), slow.to_vec()))
}

/// Whether anything is missing in two columns of the same length.
struct IsMissing<'t>(&'t [f64], &'t [f64]);

impl Task for IsMissing<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let pairs = self.0.iter().zip(self.1);
        pairs.fold(false, |missing, (a, b)| missing | a.is_nan() | b.is_nan())
    }
}

/// The crossover of any two columns of all bars; `None` where one has gaps after its warm-up.
pub(super) fn of_columns(
    prepared: &PreparedBacktest<'_>,
    fast: &[f64],
    slow: &[f64],
    scratch: &mut Scratch,
) -> Option<Statistics> {
    let start = fast.iter().zip(slow).position(|(f, s)| !f.is_nan() && !s.is_nan());
    let start = start.unwrap_or(fast.len());
    if run(prepared.width(), IsMissing(&fast[start..], &slow[start..])) {
        return None;
    }
    Some(one(prepared, fast, slow, start + 1, scratch))
}

/// Many crossovers: bars in tiles, all averages of a tile computed once, every set through it.
pub(super) fn many(
    prepared: &PreparedBacktest<'_>,
    crosses: &[SmaCross],
) -> Result<Vec<Statistics>> {
    let bars = prepared.backtest().bars();
    let close = bars.close();
    let n = close.len();
    let each = || crosses.iter().flat_map(|cross| [cross.fast, cross.slow]);
    let longest = each().max().unwrap_or(1);
    check_window("window", each().min().unwrap_or(1), bars)?;
    check_window("window", longest, bars)?;
    let mut is_used = vec![false; longest + 1];
    each().for_each(|window| is_used[window] = true);
    let windows: Vec<usize> = (1..=longest).filter(|window| is_used[*window]).collect();
    let tile = if windows.len() * n <= WHOLE {
        n
    } else {
        // Whole words, so that a word never spans two tiles.
        (TILE / windows.len() / WORD).max(4) * WORD
    };
    let groups = grouped(&places(&windows, crosses, n)?);

    let sums = PrefixSums::new(close);
    let average = |window| {
        let mut row = vec![f64::NAN; n];
        run(prepared.width(), Averages { sums: &sums, window, rows: 0..n, out: &mut row });
        row
    };
    let finish = |walk: &mut Walk, cross: &SmaCross| {
        finish(prepared, walk, || (average(cross.fast), average(cross.slow)))
    };
    let mut averages = vec![f64::NAN; windows.len() * tile.min(n)];
    let mut scratch = Scratch::new(tile.div_ceil(WORD));
    let fill = |rows: Range<usize>, averages: &mut [f64]| {
        for (window, row) in windows.iter().zip(averages.chunks_exact_mut(rows.len())) {
            let rows = rows.clone();
            run(prepared.width(), Averages { sums: &sums, window: *window, rows, out: row });
        }
    };
    if tile >= n {
        fill(0..n, &mut averages);
        let row = |at: usize| &averages[at * n..][..n];
        let mut figures = blank(prepared, crosses.len());
        for group in &groups {
            let mut walks = std::array::from_fn(|_| Walk::new(prepared.config()));
            advance_group(prepared, group, crosses, row, 0, walks.each_mut(), &mut scratch);
            for (walk, (at, _)) in walks.iter_mut().zip(&group.sets[..group.len]) {
                figures[*at] = finish(walk, &crosses[*at]);
            }
        }
        return Ok(figures);
    }
    let mut walks = vec![Walk::new(prepared.config()); groups.len() * GROUP];
    for from in (0..n).step_by(tile) {
        let to = (from + tile).min(n);
        let len = to - from;
        fill(from..to, &mut averages);
        let row = |at: usize| &averages[at * len..][..len];
        for (group, walks) in groups.iter().zip(walks.as_chunks_mut::<GROUP>().0) {
            advance_group(prepared, group, crosses, row, from, walks.each_mut(), &mut scratch);
        }
    }
    let mut figures = blank(prepared, crosses.len());
    for (group, walks) in groups.iter().zip(walks.as_chunks_mut::<GROUP>().0) {
        for (walk, (at, _)) in walks.iter_mut().zip(&group.sets[..group.len]) {
            figures[*at] = finish(walk, &crosses[*at]);
        }
    }
    Ok(figures)
}

impl SmaCross {
    /// The first bar on which both averages exist on the bar before too, at least 1.
    pub(super) fn first_crossing(self) -> usize {
        self.fast.max(self.slow)
    }
}

/// Many crossovers over averages of all bars, those next to each other that share them.
pub(super) fn over(
    prepared: &PreparedBacktest<'_>,
    averages: &MovingAverages,
    crosses: &[SmaCross],
) -> Result<Vec<Statistics>> {
    let n = averages.n_bars();
    let sets = places(averages.windows(), crosses, n)?;
    let mut figures = blank(prepared, crosses.len());
    let mut scratch = Scratch::new(n.div_ceil(WORD));
    for group in grouped(&sets) {
        let mut walks = std::array::from_fn(|_| Walk::new(prepared.config()));
        let row = |at: usize| averages.row(at);
        advance_group(prepared, &group, crosses, row, 0, walks.each_mut(), &mut scratch);
        for (walk, (at, fast)) in walks.iter_mut().zip(&group.sets[..group.len]) {
            let pair = || (row(*fast).to_vec(), row(group.slow).to_vec());
            figures[*at] = finish(prepared, walk, pair);
        }
    }
    Ok(figures)
}

/// Room for the figures of so many sets: those of one that never trades.
fn blank(prepared: &PreparedBacktest<'_>, n: usize) -> Vec<Statistics> {
    let config = prepared.config();
    vec![Tally::new(config.cash).statistics(prepared.tables().close.len(), config); n]
}

/// Takes the sets of a group through the bars of a tile that starts at `from`.
#[inline]
fn advance_group<'r>(
    prepared: &PreparedBacktest<'_>,
    group: &Group,
    crosses: &[SmaCross],
    row: impl Fn(usize) -> &'r [f64],
    from: usize,
    walks: [&mut Walk; GROUP],
    scratch: &mut Scratch,
) {
    let slow = row(group.slow);
    let firsts = group.sets.map(|(at, _)| crosses[at].first_crossing());
    let first = firsts.into_iter().fold(usize::MAX, usize::min);
    if first > from + slow.len() {
        return;
    }
    // Words before the first bar with both averages hold NaN.
    let skip = (first - 1).saturating_sub(from) / WORD;
    let fasts = group.sets.map(|(_, fast)| row(fast));
    let Scratch { above, room } = scratch;
    let compared = fasts.map(|fast| &fast[skip * WORD..]);
    let tied = compare_group(prepared.width(), compared, &slow[skip * WORD..], above);
    for (k, walk) in walks.into_iter().enumerate().take(group.len) {
        if firsts[k] <= from + slow.len() {
            let tile = Tile { from, compared: skip, fast: fasts[k], slow };
            advance(prepared, walk, &tile, firsts[k], &above[k], tied[k], room);
        }
    }
}

/// The averages of one set over some bars.
struct Tile<'r> {
    /// The first bar.
    from: usize,
    /// Words before those whose comparisons are there.
    compared: usize,
    fast: &'r [f64],
    slow: &'r [f64],
}

/// Takes one set through the bars of a tile, `above` being its comparisons.
#[inline]
fn advance(
    prepared: &PreparedBacktest<'_>,
    walk: &mut Walk,
    tile: &Tile<'_>,
    first: usize,
    above: &[Mask],
    tied: bool,
    room: &mut Room,
) {
    let Room { below, orders, changes, spans } = room;
    let (tables, config) = (prepared.tables(), prepared.config());
    let n = tables.close.len();
    let from = tile.from;
    let skip = (first - 1).saturating_sub(from) / WORD;
    let (fast, slow) = (&tile.fast[skip * WORD..], &tile.slow[skip * WORD..]);
    let above = &above[skip - tile.compared..];
    let words = fast.len().div_ceil(WORD);
    // NaN after the warm-up comes of an overflow and stays to the end.
    let broken = fast.last().is_some_and(|f| f.is_nan()) || slow.last().is_some_and(|s| s.is_nan());
    let from = from + skip * WORD;
    let warm = |base: usize| match first.saturating_sub(base) {
        0 => !0,
        bars if bars < WORD => !0 << bars,
        _ => 0,
    };
    let (mut was_above, mut was_below) = walk.carry;
    if tied || broken {
        orders.reset(words);
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
        walk.take(tables, config, orders.alternating(walk.in_market()), spans);
        return;
    }
    // Without a tie what is not above is below, so that every change is an order, and its kind
    // alternates by itself.
    changes.reset(words);
    for (word, above) in above[..words].iter().enumerate() {
        let base = from + word * WORD;
        let above = u64::from_le_bytes(*above);
        let mut changed = above ^ (above << 1 | was_above);
        was_above = above >> 63;
        if word == 0 || word + 1 == words {
            changed &= warm(base) & decided(base, n);
            // After a tie at the end of the tile before, a first change may be to what it was.
            if word == 0 && first <= base && walk.carry == (0, 0) {
                changed |= 1 & decided(base, n);
            }
        }
        changes.push(base, changed);
    }
    walk.carry = (was_above, was_above ^ 1);
    // Leaving while flat and entering while long do nothing.
    let is_idle = changes.first().is_some_and(|bar| {
        let at = bar - from;
        let is_entry = above[at / WORD][at % WORD / 8] >> (at % 8) & 1 == 1;
        is_entry == walk.in_market()
    });
    walk.take(tables, config, changes.fill_bars(is_idle), spans);
}

/// The figures; bar by bar where the sums have lost too many digits.
#[inline]
fn finish(
    prepared: &PreparedBacktest<'_>,
    walk: &mut Walk,
    averages: impl FnOnce() -> (Vec<f64>, Vec<f64>),
) -> Statistics {
    let (tables, config) = (prepared.tables(), prepared.config());
    if walk.settle(tables) {
        return walk.statistics(tables, config);
    }
    let (fast, slow) = averages();
    let order = |bar| crossing(&fast, &slow, bar);
    simulate(tables.fill, tables.close, config, order, &mut Nothing)
}
