//! Checks on the values of a frame, each asked for by name.

use crate::error::{Error, ErrorKind, PriceFlaw, Result};
use crate::frame::Frame;
use crate::options::NanPolicy;

impl Frame {
    /// Checks that every value can be a price: present, finite and positive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadPrice`] for the first bad price of the first column that has one; it names
    /// the asset and the date.
    pub fn validate_prices(&self) -> Result<()> {
        self.validate_prices_with(NanPolicy::Reject)
    }

    /// Checks that every value can be a price, finite and positive; with [`NanPolicy::Keep`] a
    /// missing price (NaN) is accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadPrice`] for the first bad price of the first column that has one; it names
    /// the asset and the date.
    pub fn validate_prices_with(&self, missing: NanPolicy) -> Result<()> {
        for (name, values) in self.columns() {
            for (row, &price) in values.iter().enumerate() {
                let flaw = match price {
                    p if p.is_nan() && missing == NanPolicy::Keep => continue,
                    p if p.is_nan() => PriceFlaw::Missing,
                    p if p.is_infinite() => PriceFlaw::Infinite,
                    0.0 => PriceFlaw::Zero,
                    p if p < 0.0 => PriceFlaw::Negative(p),
                    _ => continue,
                };
                let (asset, timestamp) = (name.to_owned(), self.timestamps()[row]);
                return Err(ErrorKind::BadPrice { asset, row, timestamp, flaw }.into());
            }
        }
        Ok(())
    }

    /// Checks that no value is missing (NaN).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingValue`] for the first of the first column that has one; it names the
    /// column and the date.
    pub fn validate_complete(&self) -> Result<()> {
        for (name, values) in self.columns() {
            if let Some(row) = values.iter().position(|v| v.is_nan()) {
                let timestamp = self.timestamps()[row];
                let error = Error::from(ErrorKind::MissingValue { row, timestamp });
                return Err(error.in_column(name));
            }
        }
        Ok(())
    }
}
