//! Several plans bar by bar, one a lane.

use std::ops::Range;

use super::books::{Account, Books};
use super::lots::{Lots, Rules};
use super::ranges::Ranges;
use super::record::{Exit, Nothing, Record, Seen};
use crate::backtest::config::Execution;
use crate::backtest::events::config::{AtEnd, EventConfig};
use crate::backtest::events::plan::{Direction, TradePlan};
use crate::backtest::events::terms::Terms;
use crate::backtest::fast::{Flags, LaneTask, Lanes, SignalMasks, WIDEST};
use crate::backtest::trade::{ExitReason, Side};

/// What all runs of signals on the same bars share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'r, 'a> {
    pub(super) config: &'r EventConfig,
    pub(super) terms: Terms,
    pub(super) masks: &'r SignalMasks,
    pub(super) ranges: &'r Ranges<'a>,
    /// Prices at which market orders fill.
    pub(super) fill: &'r [f64],
    pub(super) close: &'r [f64],
}

/// Signals under plans of one shape, side by side.
#[derive(Debug)]
pub(super) struct SideBySide<'r, 'a> {
    pub(super) setting: Setting<'r, 'a>,
    pub(super) plans: [&'r TradePlan; WIDEST],
}

impl LaneTask for SideBySide<'_, '_> {
    type Output = [Account; WIDEST];

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        follow::<L, _>(self.setting, &self.plans, &mut Nothing)
    }
}

/// What the plans come to; the first ones where there are fewer lanes.
#[inline(always)]
pub(super) fn follow<L: Lanes, R: Record<L>>(
    setting: Setting<'_, '_>,
    plans: &[&TradePlan; WIDEST],
    record: &mut R,
) -> [Account; WIDEST] {
    let books = Books::new(setting.config.cash, setting.close.len());
    let mut state = State { books, lots: Lots::none(), record };
    Walk { setting, rules: Rules::<L>::new(plans) }.follow(&mut state);
    state.books.accounts()
}

/// A setting with plans.
#[derive(Debug)]
pub(super) struct Walk<'r, 'a, L: Lanes> {
    pub(super) setting: Setting<'r, 'a>,
    pub(super) rules: Rules<L>,
}

/// Market orders decided at a close.
#[derive(Debug, Clone, Copy)]
struct MarketOrders<L: Lanes> {
    leaving: L::Flags,
    entering: Option<(Side, L::Flags)>,
}

/// The plans at some bar.
#[derive(Debug)]
pub(super) struct State<'s, R, L: Lanes> {
    pub(super) books: Books<L>,
    pub(super) lots: Lots<L>,
    pub(super) record: &'s mut R,
}

impl<L: Lanes> Walk<'_, '_, L> {
    /// From one bar on which something happens in some lane to the next one.
    #[inline(always)]
    fn follow<R: Record<L>>(&self, state: &mut State<'_, R, L>) {
        let n = self.setting.close.len();
        // Nothing is decided before the first close.
        let mut bar = self.next_scheduled(state, 1);
        let mut is_scheduled = true;
        while bar < n {
            self.happen(state, bar, is_scheduled);
            let scheduled = self.next_scheduled(state, bar + 1);
            // Nothing comes of closes without a lot but the first one.
            let end = if self.is_busy(state) { scheduled } else { bar + 1 };
            let next = if self.rules.is_trailed {
                self.pass::<R, true>(state, bar..end)
            } else {
                self.pass::<R, false>(state, bar..end)
            };
            bar = if next < end { next } else { scheduled };
            is_scheduled = bar == scheduled;
        }
    }

    /// Whether any lot is held or any order waits.
    #[inline(always)]
    fn is_busy<R>(&self, state: &State<'_, R, L>) -> bool {
        state.books.is_held().any() || self.rules.shape.waits && state.lots.waiting.any()
    }

    /// The next bar from this one on with orders decided at the close before; the number of bars if
    /// there is none.
    #[inline(always)]
    fn next_scheduled<R>(&self, state: &State<'_, R, L>, bar: usize) -> usize {
        let n = self.setting.close.len();
        let State { books, lots, .. } = state;
        let (long, short) = (books.is_long(), books.is_short());
        // Whose signals change anything, see `decided`.
        let (enters, leaves) = match self.rules.shape.direction {
            Direction::Both => ((!long).any(), (!short).any()),
            _ => ((!(long | short)).any(), self.is_busy(state)),
        };
        let mut next = n;
        for (counts, mask) in
            [(enters, &self.setting.masks.enter), (leaves, &self.setting.masks.leave)]
        {
            if counts && let Some(decided) = mask.next(bar - 1) {
                next = next.min(decided + 1);
            }
        }
        if lots.next_due < next as f64 {
            next = lots.next_due as usize;
        }
        match self.setting.config.at_end {
            AtEnd::CloseAtLastOpen if bar < n => next.min(n - 1),
            AtEnd::CloseAtLastOpen | AtEnd::KeepOpen => next,
        }
    }

    /// Takes the close of a bar, and those of the bars after it on which nothing else happens: the first
    /// one on which a level is reached, or the end.
    #[inline(always)]
    fn pass<R, const TRAILED: bool>(
        &self,
        state: &mut State<'_, R, L>,
        bars: Range<usize>,
    ) -> usize {
        let Range { start, end } = bars;
        let Ranges { floors, ceilings, lows, highs, .. } = self.setting.ranges;
        let (floors, ceilings) = (&floors[start..end], &ceilings[start..end]);
        let (lows, highs) = (&lows[start..end], &highs[start..end]);
        let close = &self.setting.close[start..end];
        // Copies stay in registers.
        let Books { cash, units, mut marks, .. } = state.books;
        let mut lots = state.lots;
        let mut at = 0;
        loop {
            marks.mark(cash, units, close[at]);
            at += 1;
            if at == close.len() {
                break;
            }
            let [below, above] = lots.levels.reached(floors[at], ceilings[at]);
            if (below | above).any() {
                break;
            }
            if TRAILED {
                lots.follow([lows[at], highs[at]].map(L::all));
            }
        }
        state.books.marks = marks;
        if TRAILED {
            state.lots.levels = lots.levels;
        }
        start + at
    }

    /// A bar on which something happens, in the order of events within a bar up to its close.
    #[inline(always)]
    fn happen<R: Record<L>>(&self, state: &mut State<'_, R, L>, bar: usize, is_scheduled: bool) {
        let orders = if is_scheduled { Some(self.decided(state, bar)) } else { None };
        let at_open = self.setting.config.execution == Execution::NextOpen;
        if let Some(orders) = orders.filter(|_| at_open) {
            self.trade(state, bar, orders);
        }
        let ranges = self.setting.ranges;
        let [below, above] = state.lots.levels.reached(ranges.floors[bar], ranges.ceilings[bar]);
        let mut seen = [ranges.lows[bar], ranges.highs[bar]].map(L::all);
        if (below | above).any() {
            seen = self.reach(state, bar, [below, above]);
        }
        if self.rules.is_trailed {
            state.lots.follow(seen);
        }
        if let Some(orders) = orders.filter(|_| !at_open) {
            self.trade(state, bar, orders);
        }
        let config = self.setting.config;
        if bar + 1 == self.setting.close.len() && config.at_end == AtEnd::CloseAtLastOpen {
            let (held, raw) = (state.books.is_held(), L::all(self.setting.fill[bar]));
            let exit = Exit { bar, reason: ExitReason::EndOfData, held_until: bar + 1 };
            self.leave(state, held, raw, None, exit);
        }
        state.record.moved(bar, &state.books);
    }

    /// Orders from the close before a bar: those that wait are placed, replaced or withdrawn, those that
    /// fill in the market are returned.
    #[inline(always)]
    fn decided<R>(&self, state: &mut State<'_, R, L>, bar: usize) -> MarketOrders<L> {
        let State { books, lots, .. } = state;
        let (long, short) = (books.is_long(), books.is_short());
        let decided = bar - 1;
        let enters = self.setting.masks.enter.has(decided);
        let leaves = self.setting.masks.leave.has(decided);
        let mut orders = MarketOrders { leaving: L::Flags::none(), entering: None };
        let direction = self.rules.shape.direction;
        let side = match direction {
            Direction::LongOnly => enters.then_some(Side::Long),
            Direction::ShortOnly => enters.then_some(Side::Short),
            Direction::Both if enters => Some(Side::Long),
            Direction::Both => leaves.then_some(Side::Short),
        };
        if let Some(side) = side {
            let (on_side, against) = if side == Side::Long { (long, short) } else { (short, long) };
            orders.leaving = against;
            orders.entering = Some((side, !on_side));
        } else if leaves {
            orders.leaving = long | short;
        }
        if self.rules.shape.waits {
            if leaves {
                let withdrawn = lots.waiting;
                lots.leave(withdrawn, &self.rules);
            }
            if let Some((_, entering)) = orders.entering.take() {
                lots.wait(entering, &self.rules, self.setting.close[decided]);
            }
        }
        orders
    }

    /// Market orders fill: those that close lots, then those that open some.
    #[inline(always)]
    fn trade<R: Record<L>>(
        &self,
        state: &mut State<'_, R, L>,
        bar: usize,
        orders: MarketOrders<L>,
    ) {
        let raw = L::all(self.setting.fill[bar]);
        let due = state.lots.due(bar);
        let held = state.books.is_held();
        let leaving = (orders.leaving | due) & held;
        if leaving.any() {
            let at_close = self.setting.config.execution == Execution::NextClose;
            let reason = if due.any() { ExitReason::Time } else { ExitReason::Signal };
            let held_until = bar + usize::from(at_close);
            self.leave(state, leaving, raw, None, Exit { bar, reason, held_until });
        }
        if let Some((side, entering)) = orders.entering {
            let entering = entering & !state.books.is_held();
            if entering.any() {
                let at_close = self.setting.config.execution == Execution::NextClose;
                let held_from = bar + usize::from(at_close);
                let decided = L::all(self.setting.close[bar - 1]);
                let seen = Seen { bar, held_from, low: raw, high: raw };
                self.enter(state, entering, side, [raw, decided], None, seen);
            }
        }
    }

    /// Levels are reached within a bar: those of lots, and those at which orders wait. Gives the lowest
    /// and the highest price of the bar that lots are held at after that.
    #[inline(always)]
    fn reach<R: Record<L>>(
        &self,
        state: &mut State<'_, R, L>,
        bar: usize,
        [below, above]: [L::Flags; 2],
    ) -> [L; 2] {
        let State { books, lots, .. } = state;
        let range = self.setting.ranges.range(bar);
        let open = L::all(range.open);
        // Of stop and take profit the stop.
        let is_upper = above & (books.is_short() | !below);
        let reached = below | above;
        let raw = lots.levels.upper.max(open).or(lots.levels.lower.min(open), is_upper);
        // Take profits of long lots and limits of short ones above, the others below.
        let [least, most] = [0.0, f64::INFINITY].map(L::all);
        let limits = [lots.levels.upper.or(least, is_upper), most.or(lots.levels.lower, is_upper)];
        let waits = self.rules.shape.waits;
        let left = if waits { reached & !lots.waiting } else { reached };
        if left.any() {
            let reason = state.record.reason(&lots.levels, is_upper);
            self.leave(state, left, raw, Some(limits), Exit { bar, reason, held_until: bar });
        }
        let filled = reached & state.lots.waiting;
        let [mut low, mut high] = [range.low, range.high].map(L::all);
        if !waits || !filled.any() {
            return [low, high];
        }
        // As `BarRange::after` has it.
        let close = L::all(self.setting.close[bar]);
        let within = filled & (raw.below(open) | open.below(raw));
        low.set(within & is_upper, raw.min(close));
        high.set(within & !is_upper, raw.max(close));
        let is_short = self.rules.shape.direction == Direction::ShortOnly;
        let side = if is_short { Side::Short } else { Side::Long };
        let decided = state.lots.decided;
        let seen = Seen { bar, held_from: bar + 1, low, high };
        let limit = if is_short { limits[0] } else { limits[1] };
        self.enter(state, filled, side, [raw, decided], Some(limit), seen);
        // The worst is assumed of the rest of the bar.
        let levels = state.lots.levels;
        let (stopped, raw) = if is_short {
            (levels.upper.up_to(raw.max(L::all(range.high))), raw.max(levels.upper))
        } else {
            (raw.min(L::all(range.low)).up_to(levels.lower), raw.min(levels.lower))
        };
        let stopped = stopped & filled & state.books.is_held();
        if stopped.any() {
            let none = L::Flags::none();
            let reason = state.record.reason(&levels, if is_short { !none } else { none });
            self.leave(state, stopped, raw, None, Exit { bar, reason, held_until: bar });
        }
        [low, high]
    }
}
