//! `tangency forecast --transform`: the way to the model's scale, and back.

use std::str::FromStr;

use serde::Serialize;
use tangency::forecast::transform::BoxCox;
use tangency::forecast::{self, Forecast};

use crate::exit::{Failure, Outcome};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum TransformArg {
    None,
    Log,
    /// Of this power; without one, of the power that Guerrero's rule chooses for each series.
    BoxCox(Option<f64>),
}

impl FromStr for TransformArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "log" => Ok(Self::Log),
            None if text == "box-cox" => Ok(Self::BoxCox(None)),
            Some(("box-cox", power)) => match power.parse::<f64>() {
                Ok(power) if power.is_finite() => Ok(Self::BoxCox(Some(power))),
                _ => Err(format!("cannot read {power:?} as a power")),
            },
            _ => Err("expected none, log, box-cox or box-cox:LAMBDA".to_owned()),
        }
    }
}

impl TransformArg {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Log => "log",
            Self::BoxCox(_) => "box-cox",
        }
    }

    /// Tells the first value that has no transform, before any work starts.
    pub(crate) fn check(self, series: &str, values: &[f64]) -> Outcome<()> {
        let (lowest, expected) = match self {
            Self::None => return Ok(()),
            Self::BoxCox(Some(power)) if power > 0.0 => (0.0, "0 or more"),
            Self::Log | Self::BoxCox(_) => (f64::MIN_POSITIVE, "above 0"),
        };
        let bad = values.iter().position(|value| *value < lowest || value.is_infinite());
        let Some(row) = bad else { return Ok(()) };
        let (value, name) = (values[row], self.name());
        let expected = if value < lowest { expected } else { "a finite number" };
        Err(Failure::input(format!(
            "--transform {name}: {series} is {value} in row {row}, expected {expected}"
        )))
    }

    /// The transformation of one series with so many rows a season.
    pub(crate) fn of(self, values: &[f64], season: usize) -> forecast::Result<Option<BoxCox>> {
        match self {
            Self::None => Ok(None),
            Self::Log => Ok(Some(BoxCox::log())),
            Self::BoxCox(Some(power)) => BoxCox::new(power).map(Some),
            Self::BoxCox(None) => BoxCox::guerrero(values, season).map(Some),
        }
    }

    /// A forecast on the scale of the input.
    pub(crate) fn back(self, transform: BoxCox, forecast: &Forecast) -> Back {
        let Forecast { mean, lower, upper, .. } = transform.back(forecast, true);
        let median = forecast.mean.iter().map(|&value| transform.inverse(value)).collect();
        let lambda = matches!(self, Self::BoxCox(_)).then(|| transform.lambda());
        Back { mean, median, lower, upper, lambda }
    }
}

/// A forecast on the scale of the input.
#[derive(Debug, Serialize)]
pub(crate) struct Back {
    /// Bias-adjusted: the mean of what the transform makes of a normal law.
    mean: Vec<f64>,
    pub(crate) median: Vec<f64>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
    /// The power of `box-cox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_are_read() {
        assert_eq!("none".parse(), Ok(TransformArg::None));
        assert_eq!("log".parse(), Ok(TransformArg::Log));
        assert_eq!("box-cox".parse(), Ok(TransformArg::BoxCox(None)));
        assert_eq!("box-cox:-0.5".parse(), Ok(TransformArg::BoxCox(Some(-0.5))));
        for text in ["", "Log", "log:2", "box-cox:", "box-cox:nan", "box-cox:inf", "boxcox"] {
            assert!(text.parse::<TransformArg>().is_err(), "{text}");
        }
    }
}
