//! Behaviour through the public API.

mod arima_behaviour;
mod arima_golden;
mod bad_input;
mod baselines;
mod diagnostics;
mod ensembles;
mod evaluation;
mod missing;
mod series;
