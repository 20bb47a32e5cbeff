//! Ready-made rules, one file each.

mod big_bar;
mod bollinger_reversion;
mod buy_and_hold;
mod donchian;
mod ema_cross;
mod macd_cross;
mod momentum_rotation;
mod rsi_reversion;
mod sma_cross;

pub use big_bar::BigBar;
pub use bollinger_reversion::BollingerReversion;
pub use buy_and_hold::BuyAndHold;
pub use donchian::Donchian;
pub use ema_cross::EmaCross;
pub use macd_cross::MacdCross;
pub use momentum_rotation::MomentumRotation;
pub use rsi_reversion::RsiReversion;
pub use sma_cross::SmaCross;
pub(super) use sma_cross::crossing;

use super::bars::Bars;
use crate::error::{ErrorKind, Result};

/// Refuses a window of no bars, and one that is longer than the data.
pub(super) fn check_window(name: &'static str, window: usize, bars: &Bars<'_>) -> Result<()> {
    let n = bars.len();
    if window == 0 {
        let expected = "at least 1 bar";
        return Err(ErrorKind::InvalidParameter { name, value: 0.0, expected }.into());
    }
    if window > n {
        return Err(ErrorKind::WindowTooLong { name, window, bars: n }.into());
    }
    Ok(())
}
