//! Behaviour through the public API.

mod arima_behaviour;
mod arima_golden;
mod auto;
mod bad_input;
mod baselines;
mod diagnostics;
mod ensembles;
mod evaluation;
mod fitted_models;
mod fixed_parameters;
mod maxima;
mod missing;
mod panels;
mod series;
mod simulated_golden;
mod transformed;
