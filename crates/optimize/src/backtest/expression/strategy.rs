//! A strategy of two expressions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tree::Expression;
use crate::backtest::bars::Bars;
use crate::backtest::indicators::Indicators;
use crate::backtest::signals::Signals;
use crate::backtest::strategy::Strategy;
use crate::error::{ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// Enters where one expression holds, leaves where another does.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::{Backtest, BacktestConfig, Bars, ExpressionStrategy, SmaCross};
///
/// let rule = ExpressionStrategy::new(
///     "sma(fast) crosses_above sma(slow)",
///     "sma(fast) crosses_below sma(slow)",
/// )?
/// .with_parameter("fast", 5.0)
/// .with_parameter("slow", 20.0);
/// let close: Vec<f64> = (0..300).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin()).collect();
/// let backtest = Backtest::new(Bars::from_closes(&close)?, BacktestConfig::new(252.0))?;
/// assert_eq!(
///     backtest.run(&rule)?.statistics,
///     backtest.run(&SmaCross { fast: 5, slow: 20 })?.statistics
/// );
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpressionStrategy {
    /// Where to enter.
    pub entry: Expression,
    /// Where to leave.
    pub exit: Expression,
    /// Values of the parameters of both, and of no others.
    #[serde(default)]
    pub parameters: BTreeMap<String, f64>,
}

impl ExpressionStrategy {
    /// From two texts, parameters still open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadExpression`](crate::ErrorKind::BadExpression) with the position of the mistake.
    pub fn new(entry: &str, exit: &str) -> Result<Self> {
        Ok(Self { entry: entry.parse()?, exit: exit.parse()?, parameters: BTreeMap::new() })
    }

    /// With this value for a parameter. One that neither expression has is an error when the rule runs.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: f64) -> Self {
        self.parameters.insert(name.to_owned(), value);
        self
    }

    /// With values for every parameter that has none yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name for a parameter that neither expression has,
    /// [`ErrorKind::BadExpression`] with the position of one that is left without a value.
    pub fn with_parameters<'n>(
        mut self,
        values: impl IntoIterator<Item = (&'n str, f64)>,
    ) -> Result<Self> {
        self.parameters.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.check_parameters()?;
        Ok(self)
    }

    /// Checks that exactly the parameters of both expressions have values.
    fn check_parameters(&self) -> Result<()> {
        let known = self.parameter_names();
        if let Some(name) = self.parameters.keys().find(|name| !known.contains(&name.as_str())) {
            let nearest = nearest_name(name, known.into_iter());
            let (what, name) = ("parameter of the rule", name.clone());
            return Err(ErrorKind::UnknownName { what, name, nearest }.into());
        }
        self.entry.check_values(&self.parameters)?;
        self.exit.check_values(&self.parameters)
    }

    /// The parameters of both expressions, in the order in which they first occur.
    #[must_use]
    pub fn parameter_names(&self) -> Vec<&str> {
        let mut names = self.entry.parameters();
        for name in self.exit.parameters() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl Strategy for ExpressionStrategy {
    fn name(&self) -> &'static str {
        "expression"
    }

    fn signals_into(&self, bars: &Bars<'_>, signals: &mut Signals) -> Result<()> {
        self.signals_shared(&Indicators::new(*bars), signals)
    }

    fn signals_shared(&self, indicators: &Indicators<'_>, signals: &mut Signals) -> Result<()> {
        self.check_parameters()?;
        signals.reset(indicators.bars().len());
        let (entries, exits) = signals.columns_mut();
        self.entry.flags_into(indicators, &self.parameters, entries)?;
        self.exit.flags_into(indicators, &self.parameters, exits)
    }
}
