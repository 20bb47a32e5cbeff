//! Ready-made rules, one file each.

mod buy_and_hold;
mod donchian;
mod rsi_reversion;
mod sma_cross;

pub use buy_and_hold::BuyAndHold;
pub use donchian::Donchian;
pub use rsi_reversion::RsiReversion;
pub use sma_cross::SmaCross;
pub(super) use sma_cross::crossing;

use crate::error::{ErrorKind, Result};

/// Refuses a window of no bars.
fn check_window(name: &'static str, window: usize) -> Result<()> {
    if window == 0 {
        let expected = "at least 1 bar";
        return Err(ErrorKind::InvalidParameter { name, value: 0.0, expected }.into());
    }
    Ok(())
}
