//! Which ARIMA model: its orders and its mean.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Largest number of lags that the polynomials may have after multiplying out.
///
/// A typing error such as a season of 86,400 should be an error, not an hour of work.
const MAX_LAGS: usize = 1_000;

/// Largest number of coefficients that a model may have.
///
/// A search with so many takes seconds for 1,000 rows already, and five times as many hours.
const MAX_COEFFICIENTS: usize = 100;

/// The orders (p, d, q)(P, D, Q)s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// Autoregressive lags.
    pub p: usize,
    /// Differences.
    pub d: usize,
    /// Moving-average lags.
    pub q: usize,
    /// Seasonal autoregressive lags, in seasons.
    pub seasonal_p: usize,
    /// Seasonal differences.
    pub seasonal_d: usize,
    /// Seasonal moving-average lags, in seasons.
    pub seasonal_q: usize,
    /// Rows per season; 0 without a seasonal part.
    pub season: usize,
}

impl Order {
    /// The orders (p, d, q) without a seasonal part.
    #[must_use]
    pub const fn new(p: usize, d: usize, q: usize) -> Self {
        Self { p, d, q, seasonal_p: 0, seasonal_d: 0, seasonal_q: 0, season: 0 }
    }

    /// Rows lost to differencing, `d + D s`.
    #[must_use]
    pub fn lost_rows(&self) -> usize {
        self.d + self.seasonal_d * self.season
    }

    /// Lags of the autoregressive polynomial after multiplying out, `p + P s`.
    #[must_use]
    pub fn ar_lags(&self) -> usize {
        self.p + self.seasonal_p * self.season
    }

    /// Lags of the moving-average polynomial after multiplying out, `q + Q s`.
    #[must_use]
    pub fn ma_lags(&self) -> usize {
        self.q + self.seasonal_q * self.season
    }

    /// Autoregressive and moving-average parameters, `p + q + P + Q`.
    #[must_use]
    pub fn n_coefficients(&self) -> usize {
        self.p + self.q + self.seasonal_p + self.seasonal_q
    }

    pub(super) fn check(&self) -> Result<()> {
        let seasonal = self.seasonal_p + self.seasonal_d + self.seasonal_q > 0;
        if seasonal && self.season < 2 {
            return Err(invalid("the season", self.season, "at least 2 rows"));
        }
        let orders = [self.p, self.d, self.q, self.seasonal_p, self.seasonal_d, self.seasonal_q];
        if orders.into_iter().chain([self.season]).any(|order| order > MAX_LAGS) {
            return Err(invalid("an order", self, "at most 1000 lags"));
        }
        let lags = self.ar_lags().max(self.ma_lags()).max(self.lost_rows());
        if lags > MAX_LAGS {
            return Err(invalid("the number of lags", lags, "at most 1000"));
        }
        if self.n_coefficients() > MAX_COEFFICIENTS {
            let given = self.n_coefficients();
            return Err(invalid("the number of ARMA coefficients", given, "at most 100"));
        }
        Ok(())
    }
}

fn invalid(option: &str, value: impl fmt::Display, expected: &str) -> Error {
    ErrorKind::InvalidOption {
        option: option.to_owned(),
        value: value.to_string(),
        expected: expected.to_owned(),
    }
    .into()
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.p, self.d, self.q)?;
        if self.season > 0 {
            let (p, d, q) = (self.seasonal_p, self.seasonal_d, self.seasonal_q);
            write!(f, "x{p},{d},{q},{}", self.season)?;
        }
        Ok(())
    }
}

/// Reads `1,1,1` and `0,1,1x0,1,1,12`.
impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || ErrorKind::InvalidSpec {
            given: text.to_owned(),
            expected: "p,d,q or p,d,qxP,D,Q,s",
        };
        let numbers = |part: &str| -> Result<Vec<usize>> {
            part.split(',').map(|n| n.trim().parse().map_err(|_| wrong().into())).collect()
        };
        let (plain, seasonal) = match text.split_once('x') {
            Some((plain, seasonal)) => (numbers(plain)?, Some(numbers(seasonal)?)),
            None => (numbers(text)?, None),
        };
        let [p, d, q] = plain[..] else { return Err(wrong().into()) };
        let mut order = Self::new(p, d, q);
        match seasonal.as_deref() {
            None => {}
            Some(&[p, d, q, s]) => {
                (order.seasonal_p, order.seasonal_d, order.seasonal_q, order.season) = (p, d, q, s);
            }
            Some(_) => return Err(wrong().into()),
        }
        order.check()?;
        Ok(order)
    }
}

/// The level of the series besides its ARMA errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mean {
    /// None: the (differenced) series has mean zero.
    #[default]
    None,
    /// A constant in the series, `const`; it would vanish under differencing.
    Const,
    /// A straight line, `drift` times the row number 1, 2, ..; with d + D = 1 the mean step.
    Drift,
}

impl FromStr for Mean {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "const" => Ok(Self::Const),
            "drift" => Ok(Self::Drift),
            _ => Err(invalid("the mean", text, "none, const or drift")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_back_what_they_write() {
        for text in ["1,1,1", "0,1,1x0,1,1,12", "2,0,2"] {
            assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
        }
        for text in ["", "1,1", "1,1,1,1", "1,1,1x1,1,1", "a,1,1", "1,1,1x1,1,1,1", "1001,0,0"] {
            assert!(text.parse::<Order>().is_err(), "{text}");
        }
        for text in ["1,0,0x1,0,0,86400", "500,0,0", "60,0,41", "99,0,0x1,0,1,2"] {
            assert!(text.parse::<Order>().is_err(), "{text}");
        }
        assert!("60,0,40".parse::<Order>().is_ok());
    }
}
