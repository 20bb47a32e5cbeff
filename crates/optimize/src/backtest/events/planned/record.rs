//! What is kept of a run besides its figures.

use super::books::{Books, Entry};
use super::lots::Levels;
use super::ranges::Ranges;
use crate::backtest::events::result::EventResult;
use crate::backtest::events::terms::with_excursions;
use crate::backtest::fast::Lanes;
use crate::backtest::result::Detail;
use crate::backtest::trade::{ExitReason, Side, Trade, TradeStatus};

/// When and why a lot ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub(super) bar: usize,
    pub(super) reason: ExitReason,
    /// The end of the bars whose whole range it was held in.
    pub(super) held_until: usize,
}

/// When lots begin, and what they see of that bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<L: Lanes> {
    pub(super) bar: usize,
    /// The first bar whose whole range they are held in.
    pub(super) held_from: usize,
    /// Of the bar they begin on, if that is none of those and they outlive it.
    pub(super) low: L,
    pub(super) high: L,
}

/// Is shown every fill. What keeps nothing costs nothing.
pub(super) trait Record<L: Lanes> {
    /// Lots were opened at prices that were `raw` before costs.
    #[inline(always)]
    fn entered(
        &mut self,
        _flags: L::Flags,
        _side: Side,
        _seen: Seen<L>,
        _raw: L,
        _entry: &Entry<L>,
        _levels: &Levels<L>,
    ) {
    }

    /// Why lots end that reach these levels.
    #[inline(always)]
    fn reason(&self, _levels: &Levels<L>, _is_upper: L::Flags) -> ExitReason {
        ExitReason::StillOpen
    }

    /// Lots are closed.
    #[inline(always)]
    fn left(&mut self, _exit: Exit, _raw: L, _price: L, _fee: L) {}

    /// All fills of a bar were shown.
    #[inline(always)]
    fn moved(&mut self, _bar: usize, _books: &Books<L>) {}
}

/// Figures only.
#[derive(Debug)]
pub(super) struct Nothing;

impl<L: Lanes> Record<L> for Nothing {}

/// Trades, and what equity and exposure follow from, of one plan.
#[derive(Debug)]
pub(super) struct Details<'r, 'a> {
    ranges: &'r Ranges<'a>,
    close: &'r [f64],
    detail: Detail,
    /// The lot that is held.
    lot: Option<Lot>,
    trades: Vec<Trade>,
    /// From which close on so much cash and so many units were held.
    moves: Vec<(usize, f64, f64)>,
}

#[derive(Debug)]
struct Lot {
    trade: Trade,
    /// The stop loss it began with.
    stop: f64,
    /// Entry prices before and after costs.
    entry: [f64; 2],
    seen: Seen<f64>,
}

impl<'r, 'a> Details<'r, 'a> {
    pub(super) fn new(ranges: &'r Ranges<'a>, close: &'r [f64], cash: f64, detail: Detail) -> Self {
        let moves = vec![(0, cash, 0.0)];
        Self { ranges, close, detail, lot: None, trades: Vec::new(), moves }
    }

    /// The trade of a lot, with its excursions up to a bar and at its exit.
    fn list(&mut self, lot: &Lot, trade: Trade, held_until: usize, exits: &[f64]) {
        let Seen { bar, held_from, low, high } = lot.seen;
        let bars = held_from.min(held_until)..held_until;
        let begun = if held_until > bar { [low, high] } else { lot.entry };
        let prices = || lot.entry.iter().chain(&begun).chain(exits).copied();
        let low = self.ranges.lows[bars.clone()].iter().copied().chain(prices());
        let high = self.ranges.highs[bars].iter().copied().chain(prices());
        let (low, high) = (low.fold(f64::INFINITY, f64::min), high.fold(0.0, f64::max));
        let (best, worst) = if trade.side == Side::Long { (high, low) } else { (low, high) };
        self.trades.push(with_excursions(trade, best, worst));
    }

    /// Adds trades, equity and exposure to a result, as far as they were asked for.
    pub(super) fn finish(mut self, result: &mut EventResult) {
        let n = self.close.len();
        if let Some(lot) = self.lot.take() {
            let trade = Trade { exit_bar: n - 1, exit_price: self.close[n - 1], ..lot.trade };
            self.list(&lot, trade, n, &[]);
        }
        let column = |of: fn(f64, f64, f64) -> f64| {
            let mut column = Vec::with_capacity(n);
            let ends = self.moves.iter().skip(1).map(|(bar, ..)| *bar).chain([n]);
            for ((from, cash, units), end) in self.moves.iter().zip(ends) {
                let closes = &self.close[*from..end];
                column.extend(closes.iter().map(|close| of(*cash, *units, *close)));
            }
            column
        };
        let equity = |cash, units, close| cash + units * close;
        let exposure = |cash, units, close| units * close / (cash + units * close);
        result.equity = self.detail.equity.then(|| column(equity));
        result.exposure = self.detail.exposure.then(|| column(exposure));
        result.trades = self.detail.trades.then_some(self.trades);
    }
}

impl Record<f64> for Details<'_, '_> {
    fn entered(
        &mut self,
        flags: bool,
        side: Side,
        seen: Seen<f64>,
        raw: f64,
        entry: &Entry<f64>,
        levels: &Levels<f64>,
    ) {
        if !flags {
            return;
        }
        let Entry { units, price: entry_price, fee: entry_fee, .. } = *entry;
        let size = units.abs();
        let trade =
            Trade { entry_bar: seen.bar, entry_price, size, entry_fee, side, ..Trade::NONE };
        let Levels { lower, upper } = *levels;
        let stop = if side == Side::Long { lower } else { upper };
        self.lot = Some(Lot { trade, stop, entry: [raw, entry_price], seen });
    }

    fn reason(&self, levels: &Levels<f64>, is_upper: bool) -> ExitReason {
        let Some(lot) = &self.lot else { return ExitReason::StillOpen };
        let Levels { lower, upper } = *levels;
        let (is_stop, stop) = match lot.trade.side {
            Side::Long => (!is_upper, lower),
            Side::Short => (is_upper, upper),
        };
        match (is_stop, stop == lot.stop) {
            (true, true) => ExitReason::StopLoss,
            (true, false) => ExitReason::TrailingStop,
            (false, _) => ExitReason::TakeProfit,
        }
    }

    fn left(&mut self, exit: Exit, raw: f64, exit_price: f64, fee: f64) {
        let Some(lot) = self.lot.take() else { return };
        let trade = Trade {
            exit_bar: exit.bar,
            exit_price,
            exit_fee: fee,
            status: TradeStatus::Closed,
            exit_reason: exit.reason,
            ..lot.trade
        };
        self.list(&lot, trade, exit.held_until, &[raw, exit_price]);
    }

    fn moved(&mut self, bar: usize, books: &Books<f64>) {
        self.moves.push((bar, books.cash, books.units));
    }
}
