//! Splits and dividends, for prices that are not adjusted for them.

use serde::{Deserialize, Serialize};

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
    /// So much money a unit held at the close before, 0 or more.
    Dividend(f64),
    /// So many new units for an old one, above 0: 2 for a two-for-one split.
    Split(f64),
}
