//! What else could have happened: the same returns, trades or prices, drawn again.
//!
//! | what is drawn again | function | what it says | what it cannot say |
//! |---|---|---|---|
//! | blocks of returns | [`bootstrap_interval`] | how far a figure could be off | anything that one such stretch of history does not hold |
//! | the order of trades, or the trades | [`shuffle_trades`], [`resample_trades`] | which drawdowns the same trades could have brought | how trades depend on each other: it takes them as exchangeable |
//! | prices, with noise | [`noisy_prices`] | whether a result hangs on the last digit of a price | how the rule would do in another market |
//!
//! Path `k` of a run draws from a generator of its own, seeded with the run's seed and `k`, so that
//! results do not depend on the number of workers. Each returns a [`Distribution`].

mod block_length;
mod bootstrap;
mod distribution;
mod draws;
mod interval;
mod price_noise;
mod trades;

pub use block_length::{BlockLength, automatic_block_length};
pub use bootstrap::Bootstrap;
pub use distribution::Distribution;
pub use interval::{ConfidenceInterval, bootstrap_interval};
pub use price_noise::{NoiseReport, PriceNoise, noisy_prices};
pub use trades::{TradePaths, resample_trades, shuffle_trades};

pub(crate) use draws::Draws;
