//! The parsed form of an expression.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parser;
use crate::error::{Error, ErrorKind, Result};
use crate::nearest_name::likely_name;

/// A condition over bars, as read from its text; see the [module](super) for the language.
///
/// Serialised as its text.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::Expression;
///
/// let rule: Expression = "rsi(14) < floor and close > sma(200)".parse()?;
/// assert_eq!(rule.parameters(), ["floor"]);
///
/// let error = "rsi(14) < and close > 3".parse::<Expression>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected a number, a name or a bracket at character 11 of \"rsi(14) < and close > 3\""
/// );
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    pub(super) root: Node,
}

impl Expression {
    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its parameters, in the order in which they first occur.
    #[must_use]
    pub fn parameters(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.each_parameter(&mut |name, _| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names
    }

    /// Checks that every parameter has a value. A name without one may be a column that was mistyped.
    pub(super) fn check_values(&self, values: &BTreeMap<String, f64>) -> Result<()> {
        let mut missing = None;
        self.root.each_parameter(&mut |name, at| {
            if missing.is_none() && !values.contains_key(name) {
                missing = Some((name, at));
            }
        });
        let Some((name, at)) = missing else { return Ok(()) };
        let functions = Function::ALL.iter().map(|entry| entry.0);
        let given = values.keys().map(String::as_str);
        let known = Column::ALL.iter().map(|entry| entry.0).chain(functions).chain(given);
        let nearest = likely_name(name, known)
            .map_or_else(String::new, |nearest| format!(", the nearest name is {nearest:?},"));
        let reason = format!("{name:?} is neither a column nor a parameter with a value{nearest}");
        Err(ErrorKind::BadExpression { text: self.text.clone(), position: at + 1, reason }.into())
    }
}

impl FromStr for Expression {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::BadExpression`](crate::ErrorKind::BadExpression) with the position of the mistake.
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned(), root: parser::parse(text)? })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Open,
    High,
    Low,
    Close,
}

impl Column {
    pub(super) const ALL: [(&'static str, Self); 4] =
        [("open", Self::Open), ("high", Self::High), ("low", Self::Low), ("close", Self::Close)];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    CrossesAbove,
    CrossesBelow,
}

impl Relation {
    /// The same relation with its sides exchanged.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal => Self::Equal,
            Self::NotEqual => Self::NotEqual,
            Self::CrossesAbove => Self::CrossesBelow,
            Self::CrossesBelow => Self::CrossesAbove,
        }
    }

    /// Whether it holds between two numbers that never change: these never cross.
    pub(super) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            Self::NotEqual => a != b && !a.is_nan() && !b.is_nan(),
            Self::CrossesAbove | Self::CrossesBelow => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Sma,
    Ema,
    Rsi,
    Atr,
    Roc,
    Highest,
    Lowest,
    Previous,
    Abs,
    Macd,
    MacdSignal,
    MacdHistogram,
    UpperBand,
    LowerBand,
}

impl Function {
    /// Every function: its name, whether it takes a series first (`Some(true)`), may leave out the
    /// closes (`Some(false)`) or takes none, and how many constants follow.
    pub(super) const ALL: [(&'static str, Self, Option<bool>, usize); 14] = [
        ("sma", Self::Sma, Some(false), 1),
        ("ema", Self::Ema, Some(false), 1),
        ("rsi", Self::Rsi, Some(false), 1),
        ("atr", Self::Atr, None, 1),
        ("roc", Self::Roc, None, 1),
        ("highest", Self::Highest, Some(true), 1),
        ("lowest", Self::Lowest, Some(true), 1),
        ("previous", Self::Previous, Some(true), 1),
        ("abs", Self::Abs, Some(true), 0),
        ("macd", Self::Macd, None, 3),
        ("macd_signal", Self::MacdSignal, None, 3),
        ("macd_histogram", Self::MacdHistogram, None, 3),
        ("upper_band", Self::UpperBand, None, 2),
        ("lower_band", Self::LowerBand, None, 2),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|entry| entry.1 == self).map_or("", |entry| entry.0)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Parameter {
        name: String,
        /// Where it stands, in characters from 0.
        at: usize,
    },
    Column(Column),
    /// The series first where there is one, then the constants.
    Call(Function, Vec<Node>),
    Negated(Box<Node>),
    Arithmetic(Arithmetic, Box<(Node, Node)>),
    Compared(Relation, Box<(Node, Node)>),
    Not(Box<Node>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
}

impl Node {
    /// Whether it is true or false on a bar, not a number.
    pub(super) fn is_condition(&self) -> bool {
        matches!(self, Self::Compared(..) | Self::Not(_) | Self::And(_) | Self::Or(_))
    }

    /// Visits the name and the place of every parameter, from the left.
    fn each_parameter<'n>(&'n self, visit: &mut impl FnMut(&'n str, usize)) {
        match self {
            Self::Parameter { name, at } => visit(name, *at),
            Self::Number(_) | Self::Column(_) => {}
            Self::Call(_, inner) => inner.iter().for_each(|node| node.each_parameter(visit)),
            Self::Negated(inner) | Self::Not(inner) => inner.each_parameter(visit),
            Self::Arithmetic(_, pair)
            | Self::Compared(_, pair)
            | Self::And(pair)
            | Self::Or(pair) => {
                pair.0.each_parameter(visit);
                pair.1.each_parameter(visit);
            }
        }
    }
}
