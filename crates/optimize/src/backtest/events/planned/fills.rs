//! Fills of several plans, one a lane.

use super::books::Entry;
use super::lots::{Levels, SizeRule};
use super::record::{Exit, Record, Seen};
use super::walk::{State, Walk};
use crate::backtest::events::terms::Purchase;
use crate::backtest::fast::{Flags, Lanes};
use crate::backtest::trade::Side;

impl<L: Lanes> Walk<'_, '_, L> {
    /// Closes lots at prices before costs; `limits` are those of sales and of purchases.
    #[inline(always)]
    pub(super) fn leave<R: Record<L>>(
        &self,
        state: &mut State<'_, R, L>,
        flags: L::Flags,
        raw: L,
        limits: Option<[L; 2]>,
        exit: Exit,
    ) {
        let short = state.books.is_short();
        let (selling, buying) =
            (self.setting.terms.moves(false, false), self.setting.terms.moves(true, false));
        let mut price = raw;
        for (selling, buying) in selling.into_iter().zip(buying) {
            price = price * L::all(buying).or(L::all(selling), short);
        }
        if let Some([least, most]) = limits {
            price = price.min(most).or(price.max(least), short);
        }
        let fee = self.setting.terms.fee(state.books.units.abs(), price);
        state.record.left(exit, raw, price, fee);
        state.books.leave(flags, exit.bar, price, fee);
        state.lots.leave(flags, &self.rules);
    }

    /// Opens lots at `[raw, decided]`: prices before costs, and the closes at which that was decided.
    /// `limit` is that of an order that waited. Too little money is a rejection.
    #[inline(always)]
    pub(super) fn enter<R: Record<L>>(
        &self,
        state: &mut State<'_, R, L>,
        flags: L::Flags,
        side: Side,
        [raw, decided]: [L; 2],
        limit: Option<L>,
        seen: Seen<L>,
    ) {
        let bar = seen.bar;
        let (terms, rules) = (&self.setting.terms, &self.rules);
        let is_long = side == Side::Long;
        let price = match limit {
            Some(limit) => terms.fill_within(raw, limit, is_long, true),
            None => terms.fill_price(raw, is_long, true),
        };
        let levels = rules.levels(side, decided);
        let cash = state.books.cash;
        let funds = cash * L::all(terms.leverage);
        let (units, exactly) = self.units(side, cash, funds, price, &levels);
        let Purchase { size, fee, paid, is_paid } =
            terms.purchase(side, units, price, funds, exactly);
        let entry = Entry { units: L::all(side.sign()) * size, price, fee, paid };
        let rejected = flags & !is_paid;
        if rejected.any() {
            state.books.reject(rejected);
            state.lots.leave(rejected, rules);
        }
        let entered = flags & is_paid;
        state.record.entered(entered, side, seen, raw, &entry, &levels);
        state.books.enter(entered, bar, &entry);
        state.lots.enter(entered, rules, side, levels, [price, raw], bar);
    }

    /// Units that orders ask for, and what they cost if that is known beforehand.
    #[inline(always)]
    fn units(&self, side: Side, cash: L, funds: L, price: L, levels: &Levels<L>) -> (L, Option<L>) {
        let asked = self.rules.size;
        match self.rules.shape.size {
            SizeRule::Funds => {
                let terms = &self.setting.terms;
                let part = funds * terms.share_of_funds(asked);
                (terms.affordable(part, price), terms.takes_exactly().then_some(part))
            }
            SizeRule::Equity => (cash * asked / price, None),
            SizeRule::Units => (asked, None),
            SizeRule::Value => (asked / price, None),
            SizeRule::Risk => {
                let lost = match side {
                    Side::Long => price - levels.lower,
                    // As the other way round with the other sign.
                    Side::Short => levels.upper - price,
                };
                (cash * asked / lost, None)
            }
        }
    }
}
