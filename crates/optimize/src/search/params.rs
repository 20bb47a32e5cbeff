//! The parameters of one trial.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::error::{ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// One value for each parameter of a grid.
#[derive(Clone, PartialEq)]
pub struct Params {
    names: Arc<[String]>,
    values: Box<[f64]>,
}

impl Params {
    pub(super) fn new(names: Arc<[String]>, values: Box<[f64]>) -> Self {
        Self { names, values }
    }

    /// The value of a parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name there is.
    pub fn get(&self, name: &str) -> Result<f64> {
        match self.names.iter().position(|known| known == name) {
            Some(at) => Ok(self.values[at]),
            None => Err(ErrorKind::UnknownName {
                what: "parameter",
                name: name.to_owned(),
                nearest: nearest_name(name, self.names.iter().map(String::as_str)),
            }
            .into()),
        }
    }

    /// The value of a parameter that is a count, such as a window: a whole number, at least 1.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`ErrorKind::BadTrialParameter`].
    pub fn count(&self, name: &str) -> Result<usize> {
        let value = self.get(name)?;
        // Beyond 2^53 a double no longer tells one whole number from the next.
        if (1.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0 {
            return Ok(value as usize);
        }
        let (name, expected) = (name.to_owned(), "a whole number, at least 1");
        Err(ErrorKind::BadTrialParameter { name, value, expected }.into())
    }

    /// Names and values in the order of the grid.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> + '_ {
        self.names.iter().map(String::as_str).zip(self.values.iter().copied())
    }

    /// The values alone, in the order of the grid.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for Params {
    /// `fast=5, slow=20`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

impl Serialize for Params {
    /// A map from name to value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}
