//! What each row is multiplied by, and what is taken off.

use super::actions::{Action, DividendMethod};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;

/// For each row the effect of all actions after it.
#[derive(Debug)]
pub(crate) struct Factors {
    /// Shares of the last row for one of this row.
    shares: Vec<f64>,
    /// What is left of a price after dividends, as a fraction.
    left: Vec<f64>,
    /// Dividends a share of the last row, to be taken off.
    cash: Vec<f64>,
}

impl Factors {
    pub(crate) fn new(
        frame: &Frame,
        close: Option<(&str, &[f64])>,
        splits: &[Action],
        dividends: &[Action],
        method: DividendMethod,
    ) -> Result<Self> {
        for split in splits {
            if !(split.amount > 0.0 && split.amount.is_finite()) {
                return Err(bad("split", split, "no ratio; expected a positive number".to_owned()));
            }
        }
        for dividend in dividends {
            if !(dividend.amount >= 0.0 && dividend.amount.is_finite()) {
                let flaw = "no amount of cash; expected zero or a positive number".to_owned();
                return Err(bad("dividend", dividend, flaw));
            }
        }
        let timestamps = frame.ordered_timestamps()?;
        let splits = by_row(timestamps, splits);
        let dividends = by_row(timestamps, dividends);
        let n_rows = timestamps.len();
        let (mut shares, mut left, mut cash) =
            (vec![1.0; n_rows], vec![1.0; n_rows], vec![0.0; n_rows]);
        let (mut splits, mut dividends) = (splits.as_slice(), dividends.as_slice());
        // From the last row back: `row` is the first that trades without what happened.
        for row in (1..n_rows).rev() {
            let (mut new_shares, mut fraction, mut paid) = (shares[row], left[row], cash[row]);
            let own_splits = take_last(&mut splits, row);
            let own_dividends = take_last(&mut dividends, row);
            for (_, split) in own_splits {
                new_shares *= split.amount;
            }
            // In shares of the row before: a split up to the dividend's day came first.
            let of_old_share = |dividend: &Action| {
                let earlier = own_splits.iter().filter(|(_, s)| s.ex_date <= dividend.ex_date);
                earlier.fold(dividend.amount, |amount, (_, split)| amount * split.amount)
            };
            let total: f64 = own_dividends.iter().map(|(_, d)| of_old_share(d)).sum();
            if let (Some((_, dividend)), DividendMethod::Ratio, Some((name, close))) =
                (own_dividends.last(), method, close)
            {
                let before = close[row - 1];
                if before.is_nan() {
                    let timestamp = timestamps[row - 1];
                    let error = Error::from(ErrorKind::MissingValue { row: row - 1, timestamp });
                    return Err(error.in_column(name));
                }
                // So is any dividend where the close is not positive.
                if total > 0.0 && total >= before {
                    let flaw = format!(
                        "not below the close before it, {before}; expected a smaller amount"
                    );
                    return Err(bad("dividend", dividend, flaw));
                }
                fraction *= if total > 0.0 { 1.0 - total / before } else { 1.0 };
            }
            if method == DividendMethod::Difference {
                paid += total / new_shares;
            }
            (shares[row - 1], left[row - 1], cash[row - 1]) = (new_shares, fraction, paid);
        }
        Ok(Self { shares, left, cash })
    }

    pub(crate) fn price(&self, row: usize, price: f64) -> f64 {
        price / self.shares[row] * self.left[row] - self.cash[row]
    }

    pub(crate) fn volume(&self, row: usize, volume: f64) -> f64 {
        volume * self.shares[row]
    }
}

fn bad(action: &'static str, what: &Action, flaw: String) -> Error {
    ErrorKind::BadAction { action, amount: what.amount, ex_date: what.ex_date, flaw }.into()
}

/// Actions with the first row at or after their ex-date, in order of time. Those that separate no two
/// rows are left out.
fn by_row(timestamps: &[i64], actions: &[Action]) -> Vec<(usize, Action)> {
    let mut placed: Vec<(usize, Action)> = actions
        .iter()
        .map(|&action| (timestamps.partition_point(|&t| t < action.ex_date), action))
        .filter(|&(row, _)| row > 0 && row < timestamps.len())
        .collect();
    placed.sort_by_key(|(_, action)| action.ex_date);
    placed
}

/// The actions of a row at the end of the list, taken off it.
fn take_last<'a>(actions: &mut &'a [(usize, Action)], row: usize) -> &'a [(usize, Action)] {
    let first = actions.partition_point(|&(at, _)| at < row);
    let (rest, own) = actions.split_at(first);
    *actions = rest;
    own
}
