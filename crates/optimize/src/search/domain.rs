//! The values of one parameter of a space, and where they lie on the unit interval.

use std::fmt;

use super::values::Values;
use crate::error::{ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// The values of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    /// Evenly spread between bounds.
    Real { low: f64, high: f64 },
    /// Logarithms evenly spread between those of the bounds.
    Logarithmic { low: f64, high: f64 },
    /// One of these numbers; neighbours are alike.
    Listed(Values),
    /// One of these words; none is nearer to one than to another.
    Words(Box<[String]>),
}

impl Domain {
    pub(super) fn real(low: f64, high: f64) -> Result<Self> {
        if !(low.is_finite() && high.is_finite() && low < high && (high - low).is_finite()) {
            return Err(ErrorKind::BadParameterRange { from: low, to: high, step: 0.0 }.into());
        }
        Ok(Self::Real { low, high })
    }

    pub(super) fn logarithmic(low: f64, high: f64) -> Result<Self> {
        if !(low > 0.0 && high.is_finite() && low < high) {
            return Err(ErrorKind::BadParameterRange { from: low, to: high, step: 0.0 }.into());
        }
        Ok(Self::Logarithmic { low, high })
    }

    /// How many values there are; `None` for reals.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Real { .. } | Self::Logarithmic { .. } => None,
            Self::Listed(values) => Some(values.len()),
            Self::Words(words) => Some(words.len() as u64),
        }
    }

    /// Whether the order of values means nothing.
    pub(super) fn is_categorical(&self) -> bool {
        matches!(self, Self::Words(_))
    }

    /// The value at `u`, which is cut to `[0, 1)`.
    pub(super) fn at(&self, u: f64) -> f64 {
        let u = u.clamp(0.0, 1.0);
        match self {
            Self::Real { low, high } => (low + u * (high - low)).min(*high),
            // The ends themselves, not what rounding makes of them.
            Self::Logarithmic { low, .. } if u == 0.0 => *low,
            Self::Logarithmic { high, .. } if u == 1.0 => *high,
            Self::Logarithmic { low, high } => {
                (low.ln() + u * (high.ln() - low.ln())).exp().clamp(*low, *high)
            }
            Self::Listed(values) => values.at(piece(u, values.len())),
            Self::Words(words) => piece(u, words.len() as u64) as f64,
        }
    }

    /// The middle of the piece of the interval that has the same value as `u`; `u` itself for reals.
    pub(super) fn settled(&self, u: f64) -> f64 {
        match self.count() {
            None => u.clamp(0.0, 1.0),
            Some(count) => (piece(u.clamp(0.0, 1.0), count) as f64 + 0.5) / count as f64,
        }
    }

    pub(super) fn labels(&self) -> Box<[String]> {
        match self {
            Self::Words(words) => words.clone(),
            _ => Box::default(),
        }
    }

    /// The value that a text stands for.
    pub(super) fn value_of(&self, text: &str) -> Option<f64> {
        match self {
            Self::Words(words) => words.iter().position(|word| word == text).map(|at| at as f64),
            Self::Listed(values) => {
                let value: f64 = text.parse().ok()?;
                values.iter().find(|known| *known == value)
            }
            Self::Real { .. } | Self::Logarithmic { .. } => None,
        }
    }

    pub(super) fn nearest_word(&self, text: &str) -> String {
        match self {
            Self::Words(words) => nearest_name(text, words.iter().map(String::as_str)),
            _ => self.to_string(),
        }
    }
}

/// Which of `count` pieces of the unit interval `u` lies in.
fn piece(u: f64, count: u64) -> u64 {
    ((u * count as f64) as u64).min(count - 1)
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real { low, high } => write!(f, "real({low}, {high})"),
            Self::Logarithmic { low, high } => write!(f, "log({low}, {high})"),
            Self::Listed(values) => write!(f, "{values}"),
            Self::Words(words) => write!(f, "[{}]", words.join("|")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_belong_to_the_range() {
        let real = Domain::real(-1.0, 3.0).unwrap();
        assert_eq!([real.at(0.0), real.at(0.5), real.at(1.0)], [-1.0, 1.0, 3.0]);
        let log = Domain::logarithmic(1e-3, 10.0).unwrap();
        assert_eq!((log.at(0.0), log.at(1.0)), (1e-3, 10.0));
        // The geometric mean; exp and ln each round once.
        assert!((log.at(0.5) - 0.1).abs() < 1e-15);
        let listed = Domain::Listed(Values::range(1.0, 4.0, 1.0).unwrap());
        let all: Vec<f64> = [0.0, 0.2499, 0.25, 0.5, 0.99, 1.0].map(|u| listed.at(u)).to_vec();
        assert_eq!(all, [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
        assert_eq!(listed.settled(0.3), 0.375);
        assert_eq!(listed.value_of("3"), Some(3.0));
    }
}
