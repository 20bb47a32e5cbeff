//! What plans ask for, and where the lots and the orders they have now end.

use crate::backtest::events::order::Sizing;
use crate::backtest::events::plan::{Direction, EntryPrice, TradePlan};
use crate::backtest::fast::{Flags, Lanes, WIDEST};
use crate::backtest::trade::Side;

/// A level that no price reaches: below every one, above every one.
const NEVER: (f64, f64) = (0.0, f64::INFINITY);

/// How an entry is sized; the number belongs to each plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SizeRule {
    Funds,
    Equity,
    Units,
    Value,
    Risk,
}

/// What plans have in common that go side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) direction: Direction,
    pub(super) size: SizeRule,
    /// Whether entries wait at a price.
    pub(super) waits: bool,
}

impl Shape {
    pub(super) fn of(plan: &TradePlan) -> Self {
        let (size, _) = size_of(plan);
        Self { direction: plan.direction, size, waits: plan.entry != EntryPrice::Market }
    }
}

fn size_of(plan: &TradePlan) -> (SizeRule, f64) {
    match plan.size {
        Sizing::Funds(share) => (SizeRule::Funds, share),
        Sizing::Equity(share) => (SizeRule::Equity, share),
        Sizing::Units(units) => (SizeRule::Units, units),
        Sizing::Value(value) => (SizeRule::Value, value),
        Sizing::Risk(share) => (SizeRule::Risk, share),
    }
}

/// A price below and one above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels<L: Lanes> {
    pub(super) lower: L,
    pub(super) upper: L,
}

impl<L: Lanes> Levels<L> {
    #[inline(always)]
    fn never() -> Self {
        Self { lower: L::all(NEVER.0), upper: L::all(NEVER.1) }
    }

    /// As many times a price.
    #[inline(always)]
    fn times(&self, lower: L, upper: L) -> Self {
        Self { lower: self.lower * lower, upper: self.upper * upper }
    }

    #[inline(always)]
    fn set(&mut self, flags: L::Flags, to: &Self) {
        self.lower.set(flags, to.lower);
        self.upper.set(flags, to.upper);
    }

    /// Where prices down to `floor` reach the level below, and where those up to `ceiling` reach the one
    /// above.
    #[inline(always)]
    pub(super) fn reached(&self, floor: f64, ceiling: f64) -> [L::Flags; 2] {
        [L::all(floor).up_to(self.lower), self.upper.up_to(L::all(ceiling))]
    }
}

/// The numbers of plans of one shape. Levels are multiples of a price; one that is not asked for is a
/// multiple by 0 below and by infinity above.
#[derive(Debug)]
pub(super) struct Rules<L: Lanes> {
    pub(super) shape: Shape,
    pub(super) size: L,
    /// Bars that lots live.
    lives: L,
    /// Stop loss and take profit of a long and of a short lot, of the close of the signal's bar.
    long: Levels<L>,
    short: Levels<L>,
    /// Trailing stop of a long lot below and of a short lot above, of the best price.
    trail: Levels<L>,
    /// Where orders wait, of the close of the signal's bar.
    wait: Levels<L>,
    pub(super) is_trailed: bool,
    is_timed: bool,
}

impl<L: Lanes> Rules<L> {
    /// Plans of the shape of the first one.
    #[inline(always)]
    pub(super) fn new(plans: &[&TradePlan; WIDEST]) -> Self {
        let lanes = |of: &dyn Fn(&TradePlan) -> f64| L::of(&plans.map(of));
        // As `TradePlan::levels` and `TradePlan::kind` have them.
        let below = |away: Option<f64>| away.map_or(NEVER.0, |away| 1.0 - away);
        let above = |away: Option<f64>| away.map_or(NEVER.1, |away| 1.0 + away);
        let waits_below = |plan: &TradePlan| match (plan.entry, plan.direction) {
            (EntryPrice::Limit(away), Direction::LongOnly | Direction::Both)
            | (EntryPrice::Stop(away), Direction::ShortOnly) => Some(away),
            _ => None,
        };
        let waits_above = |plan: &TradePlan| match (plan.entry, plan.direction) {
            (EntryPrice::Limit(away), Direction::ShortOnly)
            | (EntryPrice::Stop(away), Direction::LongOnly | Direction::Both) => Some(away),
            _ => None,
        };
        Self {
            shape: Shape::of(plans[0]),
            size: lanes(&|plan| size_of(plan).1),
            lives: lanes(&|plan| plan.max_bars.map_or(f64::INFINITY, |bars| bars as f64)),
            long: Levels {
                lower: lanes(&|plan| below(plan.stop_loss)),
                upper: lanes(&|plan| above(plan.take_profit)),
            },
            short: Levels {
                lower: lanes(&|plan| below(plan.take_profit)),
                upper: lanes(&|plan| above(plan.stop_loss)),
            },
            trail: Levels {
                lower: lanes(&|plan| below(plan.trailing_stop)),
                upper: lanes(&|plan| above(plan.trailing_stop)),
            },
            wait: Levels {
                lower: lanes(&|plan| below(waits_below(plan))),
                upper: lanes(&|plan| above(waits_above(plan))),
            },
            is_trailed: plans.iter().any(|plan| plan.trailing_stop.is_some()),
            is_timed: plans.iter().any(|plan| plan.max_bars.is_some()),
        }
    }

    /// Stop loss and take profit of lots entered after a close.
    #[inline(always)]
    pub(super) fn levels(&self, side: Side, close: L) -> Levels<L> {
        let levels = if side == Side::Long { &self.long } else { &self.short };
        levels.times(close, close)
    }
}

/// Where the lots and the waiting orders of plans end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lots<L: Lanes> {
    /// Of the lot, or where the order waits; out of reach where there is neither.
    pub(super) levels: Levels<L>,
    /// By how much stops follow the range of a bar.
    follow: Levels<L>,
    /// The bar on which the time of the lot is up.
    due: L,
    /// The first of them.
    pub(super) next_due: f64,
    pub(super) waiting: L::Flags,
    /// The close of the bar at which the order was decided.
    pub(super) decided: L,
}

impl<L: Lanes> Lots<L> {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self {
            levels: Levels::never(),
            follow: Levels::never(),
            due: L::all(f64::INFINITY),
            next_due: f64::INFINITY,
            waiting: <L::Flags as Flags>::none(),
            decided: L::all(0.0),
        }
    }

    /// Lots filled on a bar at a price that was `raw` before costs.
    #[inline(always)]
    pub(super) fn enter(
        &mut self,
        flags: L::Flags,
        rules: &Rules<L>,
        side: Side,
        levels: Levels<L>,
        fills: [L; 2],
        bar: usize,
    ) {
        if rules.shape.waits {
            self.waiting = self.waiting & !flags;
        }
        self.levels.set(flags, &levels);
        if rules.is_trailed {
            let [price, raw] = fills;
            let mut follow = Levels::never();
            let at = &mut self.levels;
            if side == Side::Long {
                follow.lower = rules.trail.lower;
                at.lower.set(flags, at.lower.max(price.max(raw) * follow.lower));
            } else {
                follow.upper = rules.trail.upper;
                at.upper.set(flags, at.upper.min(price.min(raw) * follow.upper));
            }
            self.follow.set(flags, &follow);
        }
        if rules.is_timed {
            self.due.set(flags, L::all(bar as f64) + rules.lives);
            self.next_due = self.due.least();
        }
    }

    /// The lots or the orders there were are gone.
    #[inline(always)]
    pub(super) fn leave(&mut self, flags: L::Flags, rules: &Rules<L>) {
        if rules.shape.waits {
            self.waiting = self.waiting & !flags;
        }
        self.levels.set(flags, &Levels::never());
        if rules.is_trailed {
            self.follow.set(flags, &Levels::never());
        }
        if rules.is_timed {
            self.due.set(flags, L::all(f64::INFINITY));
            self.next_due = self.due.least();
        }
    }

    /// Orders wait that were decided at a close.
    #[inline(always)]
    pub(super) fn wait(&mut self, flags: L::Flags, rules: &Rules<L>, close: f64) {
        let close = L::all(close);
        self.waiting = self.waiting | flags;
        self.decided.set(flags, close);
        self.levels.set(flags, &rules.wait.times(close, close));
    }

    /// Lots whose time is up.
    #[inline(always)]
    pub(super) fn due(&self, bar: usize) -> L::Flags {
        self.due.up_to(L::all(bar as f64))
    }

    /// Trailing stops follow `[low, high]`, what lots saw of a bar. The product with the best price so far is the best
    /// of the products, since rounding keeps the order.
    #[inline(always)]
    pub(super) fn follow(&mut self, [low, high]: [L; 2]) {
        let at = self.follow.times(high, low);
        self.levels.lower = self.levels.lower.max(at.lower);
        self.levels.upper = self.levels.upper.min(at.upper);
    }
}
