//! Behaviour through the public API: one binary, one module a subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

mod allocation;
mod allocation_limits;
mod allocation_methods;
mod backtest_agreement;
mod backtest_events;
mod backtest_expressions;
mod backtest_fills;
mod backtest_grids;
mod backtest_models;
mod backtest_plans;
mod backtest_plans_together;
mod backtest_portfolio;
mod backtest_rules;
mod backtest_strategies;
mod backtest_vectorbt;
mod black_litterman;
mod black_litterman_views;
mod journals;
mod large_matrices;
mod metrics;
mod overfitting;
mod overfitting_simulated;
mod resampling;
mod risk;
mod search;
mod search_constraints;
mod search_methods;
mod studies;
mod studies_of_backtests;
mod validation;
mod watched_studies;
