//! Holding target weights between rebalancings.
//!
//! The order of events is fixed. A decision made on bar `t` knows the closes up to and including
//! `t`; it trades at the close of bar `t + 1`, since there are only closes here. Between two trades
//! the shares stay as they are and the weights drift with the prices. A trade costs `cost` times the
//! traded value, both sides counted, paid from the portfolio before the new shares are bought; the
//! first purchase pays too.

use serde::Serialize;

use crate::error::{ErrorKind, Result};

/// Target weights, and the last bar that was known when they were chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision<'a> {
    /// The bar whose close was the last one known.
    pub bar: usize,
    /// One weight an asset; what is missing from one stays in cash.
    pub weights: &'a [f64],
}

/// What a sequence of decisions would have earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioTrack {
    /// The bar of the first trade; `equity[0]` belongs to it.
    pub first_bar: usize,
    /// Value of the portfolio at each close from `first_bar` on, after costs; it starts from 1
    /// before the first purchase is paid for.
    pub equity: Vec<f64>,
    /// Two-way turnover `sum |w_target - w_drifted|` of each executed decision.
    pub turnover: Vec<f64>,
}

impl PortfolioTrack {
    /// Simple returns, one a close: the first is what the first purchase cost, so that they compound
    /// to the last equity.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        let before = std::iter::once(&1.0).chain(&self.equity);
        self.equity.iter().zip(before).map(|(value, before)| value / before - 1.0).collect()
    }

    /// Mean two-way turnover of a rebalancing, the first purchase left out; 0 without one.
    #[must_use]
    pub fn mean_turnover(&self) -> f64 {
        let later = &self.turnover[1.min(self.turnover.len())..];
        if later.is_empty() { 0.0 } else { later.iter().sum::<f64>() / later.len() as f64 }
    }
}

/// Follows `decisions`, ascending by bar, over the assets' closes.
///
/// A decision on the last bar has no bar to trade on and is left out.
///
/// # Errors
///
/// [`ErrorKind::WrongLength`] when closes differ in length, a decision holds another number of weights
/// than there are assets; [`ErrorKind::InvalidParameter`] when decisions are not in ascending order;
/// [`ErrorKind::NonFiniteEntry`] when a weight is not finite; [`ErrorKind::BadAssetPrice`] for a close
/// that is not above 0; [`ErrorKind::InvalidParameter`] for a cost that is no fraction below 1, or takes
/// all that a rebalancing turns over; [`ErrorKind::TooFewRows`] when no decision can be executed.
pub fn hold_target_weights(
    closes: &[&[f64]],
    decisions: &[Decision<'_>],
    cost: f64,
) -> Result<PortfolioTrack> {
    let n_assets = closes.len();
    let n_bars = check_closes(closes)?;
    check_cost(cost, (0.0..1.0).contains(&cost), "a fraction from 0 to below 1")?;
    for decision in decisions {
        check_length("weights of a decision", n_assets, decision.weights.len())?;
        for (index, &value) in decision.weights.iter().enumerate() {
            if !value.is_finite() {
                return Err(
                    ErrorKind::NonFiniteEntry { what: "target weight", index, value }.into()
                );
            }
        }
    }
    if let Some(pair) = decisions.windows(2).find(|pair| pair[1].bar <= pair[0].bar) {
        return Err(ErrorKind::InvalidParameter {
            name: "bar of a decision",
            value: pair[1].bar as f64,
            expected: "a bar after that of the decision before",
        }
        .into());
    }
    let executable: Vec<_> = decisions.iter().filter(|d| d.bar + 1 < n_bars).collect();
    let Some(first) = executable.first() else {
        return Err(ErrorKind::TooFewRows {
            estimator: "a portfolio track",
            needed: decisions.first().map_or(2, |decision| decision.bar + 2),
            got: n_bars,
        }
        .into());
    };

    let first_bar = first.bar + 1;
    let mut upcoming = executable.iter().peekable();
    let mut track = PortfolioTrack {
        first_bar,
        equity: Vec::with_capacity(n_bars - first_bar),
        turnover: Vec::with_capacity(executable.len()),
    };
    let mut cash = 1.0;
    let mut shares = vec![0.0; n_assets];
    for bar in first_bar..n_bars {
        let held = |shares: &[f64]| -> f64 {
            shares.iter().zip(closes).map(|(share, column)| share * column[bar]).sum()
        };
        if let Some(decision) = upcoming.next_if(|decision| decision.bar + 1 == bar) {
            let value = cash + held(&shares);
            let turnover: f64 = shares
                .iter()
                .zip(closes)
                .zip(decision.weights)
                .map(|((share, column), weight)| (weight - share * column[bar] / value).abs())
                .sum();
            let left = 1.0 - cost * turnover;
            check_cost(cost, left > 0.0, "less than one over the turnover of every rebalancing")?;
            let invested = value * left;
            let mut budget = 1.0;
            for ((share, column), weight) in shares.iter_mut().zip(closes).zip(decision.weights) {
                *share = weight * invested / column[bar];
                budget -= weight;
            }
            // Weights that sum to one up to rounding leave no crumbs in cash.
            cash = if budget.abs() < 1e-12 { 0.0 } else { budget * invested };
            track.turnover.push(turnover);
        }
        track.equity.push(cash + held(&shares));
    }
    Ok(track)
}

/// Checks that closes are of one length and above 0; gives the length.
pub(super) fn check_closes(closes: &[&[f64]]) -> Result<usize> {
    let n_bars = closes.first().map_or(0, |column| column.len());
    for (asset, column) in closes.iter().enumerate() {
        check_length("closes of every asset", n_bars, column.len())?;
        if let Some(bar) = column.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
            return Err(ErrorKind::BadAssetPrice { asset, bar, value: column[bar] }.into());
        }
    }
    Ok(n_bars)
}

fn check_cost(value: f64, is_right: bool, expected: &'static str) -> Result<()> {
    if is_right {
        Ok(())
    } else {
        Err(ErrorKind::InvalidParameter { name: "cost", value, expected }.into())
    }
}

fn check_length(what: &'static str, expected: usize, got: usize) -> Result<()> {
    if expected == got {
        Ok(())
    } else {
        Err(ErrorKind::WrongLength { what, expected, got }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_year() {
        // Decided on bar 0, bought on bar 1 at 10 and 20; cost 1 % of the whole value.
        let a = [9.0, 10.0, 20.0, 20.0, 10.0];
        let b = [19.0, 20.0, 20.0, 20.0, 20.0];
        let decisions = [
            Decision { bar: 0, weights: &[0.5, 0.5] },
            Decision { bar: 2, weights: &[0.5, 0.5] },
            Decision { bar: 4, weights: &[1.0, 0.0] },
        ];
        let track = hold_target_weights(&[&a, &b], &decisions, 0.01).unwrap();
        assert_eq!(track.first_bar, 1);
        // 0.99 invested; a doubles: 0.99 + 0.495 = 1.485. Drifted weights 2/3 and 1/3: turnover 1/3.
        let after = 1.485 * (1.0 - 0.01 / 3.0);
        let expected = [0.99, 1.485, after, after * 0.75];
        for (got, want) in track.equity.iter().zip(expected) {
            assert!((got - want).abs() < 1e-15, "{:?}", track.equity);
        }
        assert_eq!(track.equity.len(), 4);
        let grown: f64 = track.returns().iter().map(|r| 1.0 + r).product();
        assert!((grown - expected[3]).abs() < 1e-15, "{grown}");
        assert_eq!(track.turnover.len(), 2);
        assert!((track.mean_turnover() - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn prices_after_a_bar_change_nothing_up_to_it() {
        let mut a: Vec<f64> = (0..40).map(|i| 10.0 + f64::from(i % 7)).collect();
        let b: Vec<f64> = (0..40).map(|i| 20.0 - f64::from(i % 5)).collect();
        let decisions: Vec<Decision<'_>> =
            (0..8).map(|k| Decision { bar: 5 * k, weights: &[0.3, 0.6] }).collect();
        let before = hold_target_weights(&[&a, &b], &decisions, 0.001).unwrap();
        a[22..].iter_mut().for_each(|price| *price *= 3.7);
        let after = hold_target_weights(&[&a, &b], &decisions, 0.001).unwrap();
        assert_eq!(before.equity[..21], after.equity[..21]);
        assert_ne!(before.equity[21], after.equity[21]);
    }

    #[test]
    fn bad_prices_and_costs_are_named() {
        let good = [1.0, 2.0, 3.0];
        let one = [Decision { bar: 0, weights: &[0.5, 0.5] }];
        let message = |other: &[f64], cost: f64| {
            hold_target_weights(&[&good, other], &one, cost).unwrap_err().to_string()
        };
        for (bad, text) in [(f64::NAN, "NaN"), (0.0, "0"), (-1.0, "-1"), (f64::INFINITY, "inf")] {
            assert_eq!(
                message(&[1.0, 1.0, bad], 0.0),
                format!("close of asset 1 at bar 2 is {text}, expected a finite number above zero")
            );
        }
        for cost in [2.0, 1.0, -0.1, f64::NAN] {
            let expected = format!("cost is {cost}, expected a fraction from 0 to below 1");
            assert_eq!(message(&good, cost), expected);
        }
        // A whole turn from one asset to the other trades twice the value.
        let turn =
            [Decision { bar: 0, weights: &[1.0, 0.0] }, Decision { bar: 1, weights: &[0.0, 1.0] }];
        assert!(hold_target_weights(&[&good, &good], &turn, 0.4).is_ok());
        let error = hold_target_weights(&[&good, &good], &turn, 0.5).unwrap_err().to_string();
        assert!(error.starts_with("cost is 0.5, expected less than one over"), "{error}");
    }

    #[test]
    fn bad_shapes_are_named() {
        let a = [1.0, 2.0, 3.0];
        let one = [Decision { bar: 0, weights: &[1.0] }];
        assert!(hold_target_weights(&[&a, &a], &one, 0.0).is_err());
        assert!(hold_target_weights(&[&a, &a[..2]], &[], 0.0).is_err());
        let late = [Decision { bar: 2, weights: &[1.0] }];
        assert!(hold_target_weights(&[&a], &late, 0.0).is_err());
        let unordered =
            [Decision { bar: 1, weights: &[1.0] }, Decision { bar: 0, weights: &[1.0] }];
        assert!(hold_target_weights(&[&a], &unordered, 0.0).is_err());
        let nan = [Decision { bar: 0, weights: &[f64::NAN] }];
        assert!(hold_target_weights(&[&a], &nan, 0.0).is_err());
    }
}
