//! Behaviour through the public API.

mod arima_golden;
