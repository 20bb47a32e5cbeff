//! How good forecasts are out of sample: walk-forward runs, measures, and a test of differences.
//!
//! A [`Record`] holds, for each origin, what was forecast and what came. It is made by
//! [`walk_forward`] (one series) or [`walk_forward_panel`] (many series on a pool), measured by
//! [`Accuracy`], compared by [`diebold_mariano`], and combined by [`crate::ensemble::combine`].

mod accuracy;
mod diebold_mariano;
mod panel;
mod record;
mod walk_forward;

pub use accuracy::Accuracy;
pub use diebold_mariano::{DieboldMariano, Loss, diebold_mariano};
pub use panel::{PanelFailure, PanelRecord, walk_forward_panel};
pub use record::{Origin, Record};
pub use walk_forward::walk_forward;
