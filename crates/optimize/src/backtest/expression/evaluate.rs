//! From tree to columns, a whole column an operation.

use std::collections::BTreeMap;
use std::sync::Arc;

use tangency_preprocess::indicators::{Macd, ema_into, rsi_into, sma_into};

use super::tree::{Arithmetic, Column, Expression, Function, Node, Relation};
use crate::backtest::fast::{Crossings, Each, SimdWidth, run};
use crate::backtest::indicators::{Indicators, for_each_extreme_before};
use crate::backtest::strategies::check_window;
use crate::error::{ErrorKind, Result};

/// Numbers of every bar, or one for all.
enum Value {
    Constant(f64),
    Series(Arc<[f64]>),
}

impl Value {
    #[inline]
    fn at(&self, bar: usize) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Series(values) => values[bar],
        }
    }
}

impl Expression {
    /// Sets `flags`, one a bar, where the condition holds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadExpression`] with the position of a name that is neither a column nor a
    /// parameter with a value, [`ErrorKind::BadTrialParameter`] for a window that is no whole number,
    /// [`ErrorKind::WindowTooLong`], [`ErrorKind::WrongLength`].
    pub fn flags_into(
        &self,
        indicators: &Indicators<'_>,
        parameters: &BTreeMap<String, f64>,
        flags: &mut [bool],
    ) -> Result<()> {
        let (expected, got) = (indicators.bars().len(), flags.len());
        if expected != got {
            return Err(ErrorKind::WrongLength { what: "flags", expected, got }.into());
        }
        self.check_values(parameters)?;
        Evaluation { indicators, parameters }.condition(&self.root, flags)
    }
}

struct Evaluation<'e, 'a> {
    indicators: &'e Indicators<'a>,
    /// A value of every parameter.
    parameters: &'e BTreeMap<String, f64>,
}

impl Evaluation<'_, '_> {
    fn n(&self) -> usize {
        self.indicators.bars().len()
    }

    fn condition(&self, node: &Node, flags: &mut [bool]) -> Result<()> {
        match node {
            Node::Not(inner) => {
                self.condition(inner, flags)?;
                flags.iter_mut().for_each(|flag| *flag = !*flag);
            }
            Node::And(pair) | Node::Or(pair) => {
                self.condition(&pair.0, flags)?;
                let mut others = vec![false; flags.len()];
                self.condition(&pair.1, &mut others)?;
                let both = matches!(node, Node::And(_));
                for (flag, other) in flags.iter_mut().zip(others) {
                    *flag = if both { *flag && other } else { *flag || other };
                }
            }
            Node::Compared(relation, pair) => {
                let (a, b) = (self.number(&pair.0)?, self.number(&pair.1)?);
                self.compare(*relation, &a, &b, flags);
            }
            // The parser lets no number stand for a condition.
            _ => flags.fill(false),
        }
        Ok(())
    }

    fn compare(&self, relation: Relation, a: &Value, b: &Value, flags: &mut [bool]) {
        let filled;
        let (a, b, relation) = match (a, b) {
            (Value::Series(a), Value::Series(b)) => (a, &b[..], relation),
            (Value::Series(a), Value::Constant(b)) => {
                filled = vec![*b; flags.len()];
                (a, &filled[..], relation)
            }
            // Mirrored, so that the series comes first.
            (Value::Constant(a), Value::Series(b)) => {
                filled = vec![*a; flags.len()];
                (b, &filled[..], relation.mirrored())
            }
            (Value::Constant(a), Value::Constant(b)) => {
                flags.fill(relation.holds(*a, *b));
                return;
            }
        };
        let width = SimdWidth::detect();
        match relation {
            Relation::Less => run(width, Each { a, b, flags, holds: |a, b| a < b }),
            Relation::LessOrEqual => run(width, Each { a, b, flags, holds: |a, b| a <= b }),
            Relation::Greater => run(width, Each { a, b, flags, holds: |a, b| a > b }),
            Relation::GreaterOrEqual => run(width, Each { a, b, flags, holds: |a, b| a >= b }),
            Relation::Equal => run(width, Each { a, b, flags, holds: |a, b| a == b }),
            Relation::NotEqual => run(width, Each { a, b, flags, holds: |a, b| (a < b) | (a > b) }),
            Relation::CrossesAbove => {
                flags[0] = false;
                run(width, Crossings { a, b, flags, from_to: (|a, b| a <= b, |a, b| a > b) });
            }
            Relation::CrossesBelow => {
                flags[0] = false;
                run(width, Crossings { a, b, flags, from_to: (|a, b| a >= b, |a, b| a < b) });
            }
        }
    }

    fn number(&self, node: &Node) -> Result<Value> {
        Ok(match node {
            Node::Number(value) => Value::Constant(*value),
            Node::Parameter { name, .. } => Value::Constant(self.parameters[name]),
            Node::Column(column) => {
                let bars = self.indicators.bars();
                let values = match column {
                    Column::Open => bars.open().unwrap_or(bars.close()),
                    Column::High => bars.high_or_close(),
                    Column::Low => bars.low_or_close(),
                    Column::Close => bars.close(),
                };
                Value::Series(
                    self.indicators.column(&self.key(node), |out| out.copy_from_slice(values)),
                )
            }
            Node::Negated(inner) => match self.number(inner)? {
                Value::Constant(value) => Value::Constant(-value),
                Value::Series(values) => Value::Series(values.iter().map(|v| -v).collect()),
            },
            Node::Arithmetic(operator, pair) => {
                let (a, b) = (self.number(&pair.0)?, self.number(&pair.1)?);
                let apply = |a: f64, b: f64| match operator {
                    Arithmetic::Plus => a + b,
                    Arithmetic::Minus => a - b,
                    Arithmetic::Times => a * b,
                    Arithmetic::Over => a / b,
                };
                match (&a, &b) {
                    (Value::Constant(a), Value::Constant(b)) => Value::Constant(apply(*a, *b)),
                    _ => Value::Series(
                        (0..self.n()).map(|bar| apply(a.at(bar), b.at(bar))).collect(),
                    ),
                }
            }
            Node::Call(function, inner) => Value::Series(self.call(*function, inner, node)?),
            // The parser lets no condition stand for a number.
            Node::Compared(..) | Node::Not(_) | Node::And(_) | Node::Or(_) => {
                Value::Constant(f64::NAN)
            }
        })
    }

    /// A number that is the same on every bar.
    fn constant(&self, function: Function, node: &Node) -> Result<f64> {
        match self.number(node)? {
            Value::Constant(value) => Ok(value),
            Value::Series(_) => {
                let (name, expected) = (function.name().to_owned(), "the same number on every bar");
                Err(ErrorKind::BadTrialParameter { name, value: f64::NAN, expected }.into())
            }
        }
    }

    fn window(&self, function: Function, node: &Node) -> Result<usize> {
        let value = self.constant(function, node)?;
        if value.fract() != 0.0 || !(1.0..=9e15).contains(&value) {
            let name = format!("window of {}", function.name());
            let expected = "a whole number, at least 1";
            return Err(ErrorKind::BadTrialParameter { name, value, expected }.into());
        }
        check_window(function.name(), value as usize, self.indicators.bars())?;
        Ok(value as usize)
    }

    fn call(&self, function: Function, inner: &[Node], node: &Node) -> Result<Arc<[f64]>> {
        let windows = |nodes: &[Node]| {
            nodes.iter().map(|n| self.window(function, n)).collect::<Result<Vec<_>>>()
        };
        let close = inner.first() == Some(&Node::Column(Column::Close));
        match function {
            Function::Sma if close => {
                return Ok(self.indicators.sma(self.window(function, &inner[1])?));
            }
            Function::Ema if close => {
                return Ok(self.indicators.ema(self.window(function, &inner[1])?));
            }
            Function::Rsi if close => {
                return Ok(self.indicators.rsi(self.window(function, &inner[1])?));
            }
            Function::Atr => return Ok(self.indicators.atr(self.window(function, &inner[0])?)),
            Function::Macd | Function::MacdSignal | Function::MacdHistogram => {
                let windows = windows(inner)?;
                let windows = Macd { fast: windows[0], slow: windows[1], signal: windows[2] };
                let [line, signal, histogram] = self.indicators.macd(windows);
                return Ok(match function {
                    Function::Macd => line,
                    Function::MacdSignal => signal,
                    _ => histogram,
                });
            }
            Function::UpperBand | Function::LowerBand => {
                let window = self.window(function, &inner[0])?;
                let deviations = self.constant(function, &inner[1])?;
                let [upper, _, lower] = self.indicators.bollinger(window, deviations);
                return Ok(if function == Function::UpperBand { upper } else { lower });
            }
            _ => {}
        }
        let bars = self.indicators.bars();
        let (series, rest): (Arc<[f64]>, _) = if function == Function::Roc {
            (bars.close().into(), inner)
        } else {
            let series = match self.number(&inner[0])? {
                Value::Series(values) => values,
                Value::Constant(value) => vec![value; self.n()].into(),
            };
            (series, &inner[1..])
        };
        let window = windows(rest)?.first().copied().unwrap_or(1);
        Ok(self.indicators.column(&self.key(node), |out| match function {
            Function::Sma => sma_into(&series, window, out).expect(CHECKED),
            Function::Ema => ema_into(&series, window, out).expect(CHECKED),
            Function::Rsi => rsi_into(&series, window, out).expect(CHECKED),
            Function::Highest => extreme(&series, window, |new, old| new >= old, out),
            Function::Lowest => extreme(&series, window, |new, old| new <= old, out),
            Function::Previous => out[window..].copy_from_slice(&series[..series.len() - window]),
            Function::Roc => {
                for bar in window..out.len() {
                    out[bar] = series[bar] / series[bar - window] - 1.0;
                }
            }
            _ => {
                for (out, value) in out.iter_mut().zip(&*series) {
                    *out = value.abs();
                }
            }
        }))
    }

    /// A name under which equal series are kept: the expression with its parameters set.
    fn key(&self, node: &Node) -> String {
        let pair = |sign: &str, pair: &(Node, Node)| {
            format!("({} {sign} {})", self.key(&pair.0), self.key(&pair.1))
        };
        match node {
            Node::Number(value) => value.to_string(),
            Node::Parameter { name, .. } => self.parameters[name].to_string(),
            Node::Column(column) => format!("{column:?}").to_ascii_lowercase(),
            Node::Negated(inner) => format!("-({})", self.key(inner)),
            Node::Arithmetic(operator, inner) => pair(&format!("{operator:?}"), inner),
            Node::Call(function, inner) => {
                let inner: Vec<String> = inner.iter().map(|node| self.key(node)).collect();
                format!("{}({})", function.name(), inner.join(", "))
            }
            Node::Compared(relation, inner) => pair(&format!("{relation:?}"), inner),
            Node::Not(inner) => format!("not {}", self.key(inner)),
            Node::And(inner) => pair("and", inner),
            Node::Or(inner) => pair("or", inner),
        }
    }
}

const CHECKED: &str = "windows and lengths were checked";

/// The extreme of the `window` values up to each bar; NaN until they all exist, and from the first
/// hole in the series on.
fn extreme(series: &[f64], window: usize, outdoes: fn(f64, f64) -> bool, out: &mut [f64]) {
    let start = series.iter().position(|value| !value.is_nan()).unwrap_or(series.len());
    let hole = series[start..].iter().position(|value| value.is_nan());
    let end = hole.map_or(series.len(), |hole| start + hole);
    // Of the values before the next bar, so one bar later than asked for.
    for_each_extreme_before(&series[start..end], window, outdoes, |bar, value| {
        out[start + bar - 1] = value;
    });
    if end - start >= window {
        let last = &series[end - window..end];
        out[end - 1] = last[1..].iter().fold(last[0], |a, b| if outdoes(*b, a) { *b } else { a });
    }
}
