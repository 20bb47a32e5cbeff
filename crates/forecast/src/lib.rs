#![doc = include_str!("../README.md")]

pub mod arima;
pub mod baseline;
pub mod data;
pub mod error;
mod forecast;
mod model;

pub use arima::Arima;
pub use baseline::{Drift, Naive};
pub use data::{ForecastRequest, NamedMatrix, TrainingData};
pub use error::{Error, ErrorKind, Result};
pub use forecast::Forecast;
pub use model::{DynFit, Fit, FitContext, FitStatus, Model, Predict};
