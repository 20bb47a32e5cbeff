//! The values that one parameter takes.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// How a parameter is written.
const EXPECTED: &str = "name=from:to:step or name=a,b,c";

/// A name and the values it takes.
///
/// Written `name=from:to:step`, `to` included where the steps reach it, or `name=a,b,c`.
///
/// # Examples
///
/// ```
/// use tangency_optimize::search::Parameter;
///
/// let threshold: Parameter = "threshold=0.1:0.5:0.1".parse()?;
/// // The third value is the double nearest to 0.3, not 0.1 + 0.1 + 0.1.
/// assert_eq!(threshold.values.iter().collect::<Vec<_>>(), [0.1, 0.2, 0.3, 0.4, 0.5]);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its values in the order in which they are tried.
    pub values: Values,
}

impl Parameter {
    /// A parameter of that name.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), values }
    }
}

impl FromStr for Parameter {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::BadParameterText`] or [`ErrorKind::BadParameterRange`].
    fn from_str(text: &str) -> Result<Self> {
        let Some((name, values)) = text.split_once('=') else {
            return Err(unreadable(text, "there is no `=`"));
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(unreadable(text, "the name is missing"));
        }
        Ok(Self::new(name, parse_values(text, values)?))
    }
}

/// A range with a step, or a list; never empty, every value finite.
///
/// A range is evenly spaced in decimals: its bounds and its step are taken as the shortest decimals
/// that denote them, and each value is the double nearest to the decimal it stands for. Nothing is
/// added up, so no error builds up.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// `(from + i step) / scale` in whole numbers below 2^53: one rounding.
    Decimal {
        from: i64,
        step: i64,
        scale: f64,
        count: u64,
    },
    /// `from + i step` in doubles, where the decimals are too long.
    Float {
        from: f64,
        step: f64,
        count: u64,
    },
    List(Vec<f64>),
}

impl Values {
    /// From `from` to `to` by `step`, `to` included where the steps reach it. A negative step counts
    /// down.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadParameterRange`] for numbers that are not finite, a step of 0, or one that
    /// leads away from `to`; [`ErrorKind::TooManyTrials`] for more values than can be tried.
    pub fn range(from: f64, to: f64, step: f64) -> Result<Self> {
        let leads_there = if step > 0.0 { to >= from } else { step < 0.0 && to <= from };
        if !(from.is_finite() && to.is_finite() && step.is_finite() && leads_there) {
            return Err(ErrorKind::BadParameterRange { from, to, step }.into());
        }
        let too_many = |combinations| ErrorKind::TooManyTrials { combinations, limit: Self::LIMIT };
        if let Some(kind) = decimal(from, to, step) {
            return match kind {
                Kind::Decimal { count, .. } if count > Self::LIMIT => {
                    Err(too_many(count.into()).into())
                }
                kind => Ok(Self(kind)),
            };
        }
        // A last value that misses `to` by rounding alone is meant to be there.
        let steps = ((to - from) / step + 1e-9).floor();
        if steps >= Self::LIMIT as f64 {
            return Err(too_many((steps as u128).saturating_add(1)).into());
        }
        Ok(Self(Kind::Float { from, step, count: steps as u64 + 1 }))
    }

    /// These values in this order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] for none, [`ErrorKind::NonFiniteEntry`].
    pub fn list(values: impl Into<Vec<f64>>) -> Result<Self> {
        let values = values.into();
        if values.is_empty() {
            return Err(ErrorKind::Empty { what: "parameter list" }.into());
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let value = values[index];
            return Err(ErrorKind::NonFiniteEntry { what: "parameter list", index, value }.into());
        }
        Ok(Self(Kind::List(values)))
    }

    /// The largest number of values, and of combinations in a grid.
    pub const LIMIT: u64 = 1 << 32;

    /// Number of values, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a value")]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Kind::Decimal { count, .. } | Kind::Float { count, .. } => *count,
            Kind::List(values) => values.len() as u64,
        }
    }

    /// Value number `index`, counted from 0.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<f64> {
        (index < self.len()).then(|| self.at(index))
    }

    /// All values in order.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// Value number `index`, which is below `len`.
    pub(super) fn at(&self, index: u64) -> f64 {
        match &self.0 {
            Kind::Decimal { from, step, scale, .. } => (from + index as i64 * step) as f64 / scale,
            Kind::Float { from, step, .. } => from + index as f64 * step,
            Kind::List(values) => values[index as usize],
        }
    }
}

impl fmt::Display for Values {
    /// `5:20:5`, or the list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Decimal { step, scale, .. } => {
                let (last, step) = (self.at(self.len() - 1), *step as f64 / scale);
                write!(f, "{}:{last}:{step}", self.at(0))
            }
            Kind::Float { from, step, .. } => {
                write!(f, "{from}:{}:{step}", self.at(self.len() - 1))
            }
            Kind::List(values) => {
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Values {
    type Err = Error;

    /// Reads `from:to:step` or `a,b,c`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadParameterText`] or [`ErrorKind::BadParameterRange`].
    fn from_str(text: &str) -> Result<Self> {
        parse_values(text, text)
    }
}

fn parse_values(text: &str, values: &str) -> Result<Values> {
    let number = |cell: &str| {
        let cell = cell.trim();
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(unreadable(text, &format!("{cell:?} is no finite number"))),
        }
    };
    if !values.contains(':') {
        let list = values.split(',').map(number).collect::<Result<Vec<f64>>>()?;
        // A trial made twice would count twice where luck is judged.
        let again = list.iter().enumerate().find(|(at, value)| list[..*at].contains(value));
        if let Some((_, value)) = again {
            return Err(unreadable(text, &format!("{value} is in the list twice")));
        }
        return Values::list(list);
    }
    match values.split(':').collect::<Vec<_>>()[..] {
        [from, to, step] => Values::range(number(from)?, number(to)?, number(step)?),
        _ => Err(unreadable(text, "a range has three parts")),
    }
}

fn unreadable(text: &str, reason: &str) -> Error {
    let (text, reason) = (text.to_owned(), reason.to_owned());
    ErrorKind::BadParameterText { text, reason, expected: EXPECTED }.into()
}

/// The range in whole multiples of a power of ten, if those fit.
fn decimal(from: f64, to: f64, step: f64) -> Option<Kind> {
    const EXACT: i64 = 1 << 53;
    let written = [from, to, step].map(|value| format!("{value}"));
    let places = |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let places = written.iter().map(|text| places(text)).max().filter(|places| *places <= 15)?;
    let whole = |text: &str| -> Option<i64> {
        let (head, digits) = text.split_once('.').unwrap_or((text, ""));
        let padding = "0".repeat(places - digits.len());
        format!("{head}{digits}{padding}").parse().ok().filter(|n: &i64| n.abs() < EXACT)
    };
    let (from, to, step) = (whole(&written[0])?, whole(&written[1])?, whole(&written[2])?);
    let count = ((to - from) / step) as u64 + 1;
    // 10^15 is exact in a double, as are the numerators, so that the quotient rounds once.
    Some(Kind::Decimal { from, step, scale: 10_f64.powi(places as i32), count })
}
