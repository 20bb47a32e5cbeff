//! The parameters of one trial.

use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::error::{ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// Names of parameters, and the words that the values of a categorical one stand for.
#[derive(Debug, PartialEq)]
pub(super) struct Schema {
    names: Box<[String]>,
    /// Empty for numbers.
    labels: Box<[Box<[String]>]>,
}

impl Schema {
    pub(super) fn new(names: Vec<String>, labels: Vec<Box<[String]>>) -> Arc<Self> {
        Arc::new(Self { names: names.into(), labels: labels.into() })
    }

    /// Numbers only.
    pub(super) fn numeric(names: Vec<String>) -> Arc<Self> {
        let labels = names.iter().map(|_| Box::default()).collect();
        Self::new(names, labels)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The words of each parameter.
    #[cfg(feature = "process")]
    pub(super) fn labels(&self) -> &[Box<[String]>] {
        &self.labels
    }

    /// The place of a parameter.
    pub(super) fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|known| known == name).ok_or_else(|| {
            ErrorKind::UnknownName {
                what: "parameter",
                name: name.to_owned(),
                nearest: nearest_name(name, self.names.iter().map(String::as_str)),
            }
            .into()
        })
    }

    /// The word for a value, where that parameter has words.
    pub(super) fn label(&self, at: usize, value: f64) -> Option<&str> {
        let labels = &self.labels[at];
        // NaN and fractions find nothing: a categorical value is the place of its word.
        (value >= 0.0 && value.fract() == 0.0)
            .then(|| labels.get(value as usize).map(String::as_str))?
    }
}

/// One value for each parameter of a grid or a [`Space`](super::Space). The default has none.
///
/// A categorical parameter has the place of its word as value; [`choice`](Self::choice) gives the
/// word. One that its condition switches off has none: it is left out of [`iter`](Self::iter) and NaN
/// in [`values`](Self::values).
#[derive(Clone)]
pub struct Params {
    schema: Arc<Schema>,
    values: Box<[f64]>,
}

impl Default for Params {
    fn default() -> Self {
        Self { schema: Schema::numeric(Vec::new()), values: Box::default() }
    }
}

impl Params {
    pub(super) fn new(schema: Arc<Schema>, values: Box<[f64]>) -> Self {
        Self { schema, values }
    }

    /// The value of a parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name there is, [`ErrorKind::MissingParameter`] for
    /// one that is switched off.
    pub fn get(&self, name: &str) -> Result<f64> {
        let value = self.values[self.schema.position(name)?];
        if value.is_nan() {
            return Err(ErrorKind::MissingParameter { name: name.to_owned() }.into());
        }
        Ok(value)
    }

    /// The value of a parameter that is a count, such as a window: a whole number, at least 1.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`ErrorKind::BadTrialParameter`].
    pub fn count(&self, name: &str) -> Result<usize> {
        count(name, self.get(name)?)
    }

    /// The word that a categorical parameter has as value.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`ErrorKind::BadTrialParameter`] for a parameter of numbers.
    pub fn choice(&self, name: &str) -> Result<&str> {
        let value = self.get(name)?;
        self.schema.label(self.schema.position(name)?, value).ok_or_else(|| {
            let (name, expected) = (name.to_owned(), "one of some words");
            ErrorKind::BadTrialParameter { name, value, expected }.into()
        })
    }

    /// Names and values in order, those that are switched off left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> + '_ {
        let names = self.schema.names().iter().map(String::as_str);
        names.zip(self.values.iter().copied()).filter(|(_, value)| !value.is_nan())
    }

    /// Every parameter's name in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.schema.names().iter().map(String::as_str)
    }

    /// The values alone, in order; NaN where one is switched off.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// A value as it is written: a categorical one as its word.
    fn written(&self, at: usize) -> Written<'_> {
        let value = self.values[at];
        self.schema.label(at, value).map_or(Written::Number(value), Written::Word)
    }

    /// Places of the parameters that are switched on.
    fn active(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.values.len()).filter(|at| !self.values[*at].is_nan())
    }
}

/// The value of a parameter as a count.
pub(super) fn count(name: &str, value: f64) -> Result<usize> {
    // Beyond 2^53 a double no longer tells one whole number from the next.
    if (1.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0 {
        return Ok(value as usize);
    }
    let (name, expected) = (name.to_owned(), "a whole number, at least 1");
    Err(ErrorKind::BadTrialParameter { name, value, expected }.into())
}

/// A value as it is shown.
enum Written<'p> {
    Number(f64),
    Word(&'p str),
}

impl PartialEq for Params {
    /// Same names, same bits.
    fn eq(&self, other: &Self) -> bool {
        let same = self.values.iter().zip(&*other.values).all(|(a, b)| a.to_bits() == b.to_bits());
        self.values.len() == other.values.len() && same && self.schema == other.schema
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
        for (place, at) in self.active().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let name = &self.schema.names()[at];
            match self.written(at) {
                Written::Number(value) => write!(f, "{separator}{name}={value}")?,
                Written::Word(word) => write!(f, "{separator}{name}={word}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Params {
    /// A map from name to number or word.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.active().count()))?;
        for at in self.active() {
            let name = &self.schema.names()[at];
            match self.written(at) {
                Written::Number(value) => map.serialize_entry(name, &value)?,
                Written::Word(word) => map.serialize_entry(name, word)?,
            }
        }
        map.end()
    }
}
