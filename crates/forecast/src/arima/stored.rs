//! How a fitted model is written down.

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Arima;
use super::fitted::FittedArima;
use super::parameters::{Block, Parameter};
use super::polynomial::Polynomials;
use crate::model::FitStatus;

/// The format written. A reader takes this one and every one before it.
const FORMAT: u32 = 1;

/// A fitted model as it is written: the format first, so that a reader knows at once. What sorts
/// the keys (a tree of JSON values, a column of JSON in a database) puts it second: that reads too.
#[derive(Debug, Clone)]
pub(super) struct Stored(Body);

/// Everything but what follows from it; missing values are `None`, for formats without NaN.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Body {
    model: Arima,
    parameters: Vec<Parameter>,
    regressor_names: Vec<String>,
    log_likelihood: f64,
    observed: usize,
    rows: usize,
    status: FitStatus,
    evaluations: usize,
    innovations: Vec<Option<f64>>,
    series: Vec<Option<f64>>,
    level_tail: Vec<Option<f64>>,
}

/// A model whose format is not known yet.
#[derive(Deserialize)]
#[serde(untagged)]
enum Unjudged {
    Readable(Box<Body>),
    Other(IgnoredAny),
}

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut outer = serializer.serialize_struct("FittedArima", 2)?;
        outer.serialize_field("format", &FORMAT)?;
        outer.serialize_field("fitted", &self.0)?;
        outer.end()
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("FittedArima", &["format", "fitted"], Reader)
    }
}

struct Reader;

fn known<E: serde::de::Error>(format: u32) -> Result<(), E> {
    match format {
        1..=FORMAT => Ok(()),
        _ => Err(E::custom(format!(
            "the model was written in format {format}, this version reads up to format {FORMAT}"
        ))),
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Stored;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fitted ARIMA model with its format")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stored, A::Error> {
        let (mut format, mut fitted, mut unknown) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), format) {
                ("format", None) => {
                    let value: u32 = map.next_value()?;
                    known::<A::Error>(value)?;
                    format = Some(value);
                }
                ("fitted", _) if fitted.is_some() => {
                    return Err(A::Error::duplicate_field("fitted"));
                }
                ("format", Some(_)) => return Err(A::Error::duplicate_field("format")),
                ("fitted", Some(_)) => fitted = Some(Unjudged::Readable(map.next_value()?)),
                ("fitted", None) => fitted = Some(map.next_value()?),
                _ => {
                    // A future format may well have it: that is told first.
                    map.next_value::<IgnoredAny>()?;
                    unknown.get_or_insert(key);
                }
            }
        }
        if format.is_none() {
            return Err(A::Error::missing_field("format"));
        }
        if let Some(key) = unknown {
            return Err(A::Error::custom(format!("unknown field `{key}`")));
        }
        match fitted {
            Some(Unjudged::Readable(body)) => Ok(Stored(*body)),
            Some(Unjudged::Other(_)) => Err(A::Error::custom("the model does not read")),
            None => Err(A::Error::missing_field("fitted")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Stored, A::Error> {
        let format = seq.next_element()?.ok_or_else(|| A::Error::missing_field("format"))?;
        known::<A::Error>(format)?;
        seq.next_element()?.map(Stored).ok_or_else(|| A::Error::missing_field("fitted"))
    }
}

fn to_options(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect()
}

fn to_values(values: Vec<Option<f64>>) -> Vec<f64> {
    values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

impl From<FittedArima> for Stored {
    fn from(fitted: FittedArima) -> Self {
        Self(Body {
            innovations: to_options(&fitted.innovations),
            series: to_options(&fitted.series),
            level_tail: to_options(&fitted.level_tail),
            model: fitted.model,
            parameters: fitted.parameters,
            regressor_names: fitted.regressor_names,
            log_likelihood: fitted.log_likelihood,
            observed: fitted.observed,
            rows: fitted.rows,
            status: fitted.status,
            evaluations: fitted.evaluations,
        })
    }
}

impl TryFrom<Stored> for FittedArima {
    type Error = String;

    fn try_from(Stored(body): Stored) -> Result<Self, String> {
        let order = body.model.order;
        order.check().map_err(|error| error.to_string())?;
        let n_regression =
            usize::from(body.model.mean != super::Mean::None) + body.regressor_names.len();
        let n_coefficients: usize = Block::ALL.iter().map(|block| block.len(&order)).sum();
        let expected = n_regression + n_coefficients + 1;
        if body.parameters.len() != expected {
            let got = body.parameters.len();
            return Err(format!("the model has {got} parameters, expected {expected}"));
        }
        let lost = order.lost_rows();
        let in_levels = lost > 0 && body.series.iter().any(Option::is_none);
        let expected_rows = if in_levels { body.rows } else { body.rows.saturating_sub(lost) };
        if body.level_tail.len() != lost
            || body.rows < lost
            || body.series.len() != expected_rows
            || body.innovations.len() != body.rows - lost
        {
            return Err("the model's series does not fit its orders".to_owned());
        }
        let coefficients: Vec<[f64; 1]> = body.parameters[n_regression..expected - 1]
            .iter()
            .map(|parameter| [parameter.value])
            .collect();
        Ok(Self {
            polynomials: Polynomials::new(&order, &coefficients),
            variance: body.parameters[expected - 1].value,
            innovations: to_values(body.innovations),
            series: to_values(body.series),
            level_tail: to_values(body.level_tail),
            model: body.model,
            parameters: body.parameters,
            regressor_names: body.regressor_names,
            log_likelihood: body.log_likelihood,
            observed: body.observed,
            rows: body.rows,
            status: body.status,
            evaluations: body.evaluations,
        })
    }
}
