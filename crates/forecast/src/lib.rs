#![doc = include_str!("../README.md")]

pub mod arima;
pub mod auto;
pub mod baseline;
pub mod data;
pub mod diagnostics;
pub mod ensemble;
pub mod error;
pub mod evaluation;
mod forecast;
mod model;
mod panel;
mod spec;
pub mod transform;

pub use arima::Arima;
pub use auto::AutoArima;
pub use baseline::{Drift, Naive};
pub use data::{ForecastRequest, NamedMatrix, TrainingData};
pub use ensemble::Ensemble;
pub use error::{Error, ErrorKind, Result};
pub use forecast::Forecast;
pub use model::{DynFit, Fit, FitContext, FitStatus, Model, Predict};
pub use panel::fit_panel;
pub use spec::ModelSpec;
