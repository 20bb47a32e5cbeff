//! How likely the winner of a search is luck.
//!
//! The best of many trials looks good even where none of them is. Each of these says something else
//! about it, and each has something it cannot say:
//!
//! | question | function | cannot say |
//! |---|---|---|
//! | Is one strategy's Sharpe ratio above a bar? | [`SharpeInference::probabilistic_sharpe`] | anything about having chosen it |
//! | Is the winner above what the best of luck is expected to show? | [`SharpeInference::deflated_sharpe`] | a calibrated probability: it is stricter than it reads |
//! | How likely does luck alone do as well? | [`Luck`] | whether the trials beat buying and holding, unless their returns are in excess of it |
//! | Does the winner of one half stay above the median of the trials in the other? | [`BacktestOverfitting`] | whether any trial earns anything: it ranks them among themselves |
//! | Does any trial beat the benchmark, all trials together taken into account? | [`DataSnooping`]: White's reality check, Hansen's SPA | which of the others do; how much |
//! | How many different things were tried? | [`effective_trials()`] | what was tried before this search |
//! | Does the winner stand on a plateau or on a peak? | [`StabilityMap`] | whether the plateau is real |
//!
//! **None of them knows of trials that are not among its inputs**: parameters looked at earlier, rules
//! dropped, data chosen because they looked promising. Sharpe ratios are per period throughout, and the
//! risk-free rate is 0: hand in excess returns to ask about an excess.
//!
//! Returns come as plain columns, [`TrialReturns`], one a trial; what runs on the pool gives the same
//! bits whatever the number of workers.

mod backtest_overfitting;
mod data_snooping;
mod effective_trials;
mod luck;
mod normal;
mod sharpe_inference;
mod stability;
mod trial_returns;

pub use backtest_overfitting::{BacktestOverfitting, backtest_overfitting};
pub use data_snooping::{DataSnooping, SnoopingTest};
pub use effective_trials::{EffectiveTrials, effective_trials};
pub use luck::{Luck, SharpeSpread};
pub use sharpe_inference::{SharpeInference, expected_maximum_sharpe};
pub use stability::{Neighbourhood, StabilityMap};
pub use trial_returns::TrialReturns;
