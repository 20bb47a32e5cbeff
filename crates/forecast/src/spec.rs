//! Models by name, for command lines and configuration files.

use std::fmt;
use std::str::FromStr;

use crate::arima::{Arima, Order};
use crate::auto::AutoArima;
use crate::baseline::{Drift, Naive};
use crate::ensemble::Ensemble;
use crate::error::{Error, ErrorKind, Result};
use crate::model::DynFit;

/// A model as text: `naive`, `drift`, `arima:1,1,1`, `arima:0,1,1x0,1,1,12`, `auto-arima`,
/// `auto-arima:12` (rows per season), `ensemble`, `ensemble:naive+arima:2,1,0`.
///
/// `ensemble` alone is `naive+drift+arima:1,1,1`. `Display` writes what `FromStr` reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModelSpec {
    /// The last value carried forward.
    Naive,
    /// The last value plus the mean step.
    Drift,
    /// An ARIMA model of these orders, without a mean.
    Arima(Order),
    /// An ARIMA model that chooses its orders, with so many rows per season (0: none).
    AutoArima(usize),
    /// Several models as one.
    Ensemble(Vec<ModelSpec>),
}

impl ModelSpec {
    /// The forms there are, for messages.
    pub const KNOWN: &'static str = "naive, drift, arima:p,d,q, arima:p,d,qxP,D,Q,s, auto-arima, auto-arima:s, ensemble, ensemble:MODEL+MODEL";

    /// The model, ready to be fitted, with default options.
    #[must_use]
    pub fn build(&self) -> Box<dyn DynFit> {
        match self {
            Self::Naive => Box::new(Naive),
            Self::Drift => Box::new(Drift),
            Self::Arima(order) => Box::new(Arima::of_order(*order)),
            Self::AutoArima(season) => Box::new(AutoArima::new().with_season(*season)),
            Self::Ensemble(members) => {
                Box::new(Ensemble::new(members.iter().map(Self::build).collect()))
            }
        }
    }
}

impl FromStr for ModelSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, rest) = match text.trim().split_once(':') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text.trim(), None),
        };
        let wrong =
            |expected| Err(ErrorKind::InvalidSpec { given: text.to_owned(), expected }.into());
        match (name, rest) {
            ("naive", None) => Ok(Self::Naive),
            ("drift", None) => Ok(Self::Drift),
            ("naive" | "drift", Some(_)) => wrong("no options"),
            ("arima", Some(order)) => Ok(Self::Arima(order.parse()?)),
            ("arima", None) => wrong("arima:p,d,q or arima:p,d,qxP,D,Q,s"),
            ("auto-arima", None) => Ok(Self::AutoArima(0)),
            ("auto-arima", Some(season)) => match season.parse() {
                Ok(season @ 2..=1000) => Ok(Self::AutoArima(season)),
                _ => wrong("auto-arima:s with a season of 2 to 1000 rows"),
            },
            ("ensemble", None) => {
                let arima = Self::Arima(Order::new(1, 1, 1));
                Ok(Self::Ensemble(vec![Self::Naive, Self::Drift, arima]))
            }
            ("ensemble", Some(members)) => {
                let members: Result<Vec<Self>> = members.split('+').map(str::parse).collect();
                let members = members?;
                // Nested members could not be written back without brackets.
                if members.iter().any(|member| matches!(member, Self::Ensemble(_))) {
                    return wrong("members that are no ensembles themselves");
                }
                Ok(Self::Ensemble(members))
            }
            _ => {
                let given = text.to_owned();
                Err(ErrorKind::UnknownModel { given, known: Self::KNOWN }.into())
            }
        }
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Naive => f.write_str("naive"),
            Self::Drift => f.write_str("drift"),
            Self::Arima(order) => write!(f, "arima:{order}"),
            Self::AutoArima(0) => f.write_str("auto-arima"),
            Self::AutoArima(season) => write!(f, "auto-arima:{season}"),
            Self::Ensemble(members) => {
                for (at, member) in members.iter().enumerate() {
                    f.write_str(if at == 0 { "ensemble:" } else { "+" })?;
                    member.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_read_back_what_they_write() {
        let texts = ["naive", "drift", "arima:1,1,1", "arima:0,1,1x0,1,1,12"];
        let others = ["auto-arima", "auto-arima:12", "ensemble:naive+drift+arima:1,1,1"];
        for text in texts.into_iter().chain(others) {
            let spec: ModelSpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec.build().name(), text);
        }
        let spec: ModelSpec = "ensemble".parse().unwrap();
        assert_eq!(spec.to_string(), "ensemble:naive+drift+arima:1,1,1");
    }

    #[test]
    fn unknown_models_list_the_known_ones() {
        let error = "prophet".parse::<ModelSpec>().unwrap_err();
        assert!(error.to_string().contains("naive, drift, arima:p,d,q"), "{error}");
        for text in [
            "",
            "arima",
            "arima:1,1",
            "auto-arima:1",
            "naive:3",
            "ensemble:",
            "ensemble:naive+ensemble",
        ] {
            assert!(text.parse::<ModelSpec>().is_err(), "{text}");
        }
    }
}
