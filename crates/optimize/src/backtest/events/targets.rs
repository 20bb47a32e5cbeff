//! Trades to target weights.

use super::account::Account;
use super::order::{Order, Sizing};
use crate::backtest::trade::{ExitReason, Side};

/// Shares of the equity, and of a lot, that come of rounding.
const NEGLIGIBLE: f64 = 1e-12;

impl Account {
    /// Trades to positions worth these shares of the equity, of the assets named, at their marks.
    /// Changes go from the largest sale to the largest purchase, so that sales pay for purchases.
    pub(super) fn targets(&mut self, targets: &[(usize, f64)], bar: usize) {
        let equity = self.equity();
        let mut changes: Vec<(usize, f64, f64)> = targets
            .iter()
            .map(|(asset, weight)| {
                let wanted = self.terms.held_units(equity * weight / self.marks[*asset]);
                (*asset, wanted, wanted - self.position(*asset))
            })
            .collect();
        changes.sort_by(|a, b| (a.2 * self.marks[a.0]).total_cmp(&(b.2 * self.marks[b.0])));
        for (asset, wanted, change) in changes {
            if wanted == 0.0 {
                // A position is a rounded sum of lots, and what it is less by would stay.
                self.close_asset(asset, bar, self.marks[asset], ExitReason::Rebalance);
            } else {
                self.change(asset, change, equity, bar);
            }
        }
    }

    /// Trades so many units at the mark: lots on the other side are reduced, the oldest first, and what
    /// is left opens a lot, as far as the funds go. What only rounding asks for is left alone.
    fn change(&mut self, asset: usize, mut change: f64, equity: f64, bar: usize) {
        let raw = self.marks[asset];
        let least = NEGLIGIBLE * equity.abs();
        while change.abs() * raw > least
            && let Some(at) = self.lots.iter().position(|lot| lot.asset == asset)
            && self.lots[at].sign() * change < 0.0
        {
            let size = self.lots[at].trade.size;
            if change.abs() < size * (1.0 - NEGLIGIBLE) {
                self.close(at, change.abs(), bar, raw, ExitReason::Rebalance);
                return;
            }
            change = (change.abs() - size).max(0.0).copysign(change);
            self.close(at, f64::INFINITY, bar, raw, ExitReason::Rebalance);
        }
        if change.abs() * raw > least {
            let side = if change > 0.0 { Side::Long } else { Side::Short };
            // Costs come out of the position where there is nothing else to pay them.
            let price = self.terms.fill_price(raw, side == Side::Long, true);
            let affordable = self.terms.affordable(self.equity_and_funds().1, price);
            let units = change.abs().min(affordable.max(0.0));
            let order = Order::market(side, Sizing::Units(units));
            self.open_with_room(asset, &order, bar, raw, true);
        }
    }
}
