//! Splits and dividends, for prices that are not adjusted for them.

use serde::{Deserialize, Serialize};

use super::config::require;
use crate::error::Result;

/// Something that changes units or cash before a bar opens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorporateAction {
    /// The first bar whose prices know of it.
    pub bar: usize,
    /// What happens.
    pub kind: ActionKind,
}

/// The kinds of corporate actions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActionKind {
    /// So much money a unit held at the close before, 0 or more: a unit of before the splits of the
    /// same bar.
    Dividend(f64),
    /// So many new units for an old one, above 0: 2 for a two-for-one split. Where only whole units are
    /// held, the fraction of each lot is closed at the close before, free of costs.
    Split(f64),
}

/// Checks that actions are in order, within the data, and make sense.
pub(super) fn check_actions(actions: &[CorporateAction], n_bars: usize) -> Result<()> {
    let mut before = 0;
    for action in actions {
        let in_order = (before..n_bars).contains(&action.bar);
        require("bar of an action", action.bar as f64, in_order, "in order, within the data")?;
        before = action.bar;
        match action.kind {
            ActionKind::Dividend(money) => {
                require("dividend", money, money.is_finite() && money >= 0.0, "0 or more")?;
            }
            ActionKind::Split(ratio) => {
                require("split", ratio, ratio.is_finite() && ratio > 0.0, "above 0")?;
            }
        }
    }
    Ok(())
}
