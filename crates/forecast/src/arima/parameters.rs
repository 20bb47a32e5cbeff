//! The parameters of an ARIMA model: their names, their order, and which of them are fixed.

use serde::{Deserialize, Serialize};

use super::order::{Mean, Order};
use crate::data::NamedMatrix;
use crate::error::{ErrorKind, Result};

/// One parameter of a fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// `const`, `drift`, `x_NAME`, `ar1`.., `ma1`.., `sar1`.., `sma1`.., `sigma2`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Whether the caller fixed it.
    pub fixed: bool,
}

/// Where each kind of parameter stands in the vector of all parameters.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    names: Vec<String>,
    n_regression: usize,
    order: Order,
}

/// The four blocks of ARMA coefficients, in the order of the parameter vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Ar,
    Ma,
    SeasonalAr,
    SeasonalMa,
}

impl Block {
    pub(super) const ALL: [Self; 4] = [Self::Ar, Self::Ma, Self::SeasonalAr, Self::SeasonalMa];

    pub(super) fn len(self, order: &Order) -> usize {
        match self {
            Self::Ar => order.p,
            Self::Ma => order.q,
            Self::SeasonalAr => order.seasonal_p,
            Self::SeasonalMa => order.seasonal_q,
        }
    }

    pub(super) fn is_ar(self) -> bool {
        matches!(self, Self::Ar | Self::SeasonalAr)
    }

    pub(super) fn is_seasonal(self) -> bool {
        matches!(self, Self::SeasonalAr | Self::SeasonalMa)
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::Ma => "ma",
            Self::SeasonalAr => "sar",
            Self::SeasonalMa => "sma",
        }
    }
}

impl Layout {
    pub(super) fn new(order: Order, mean: Mean, regressors: Option<&NamedMatrix<'_>>) -> Self {
        let mut names = Vec::new();
        match mean {
            Mean::None => {}
            Mean::Const => names.push("const".to_owned()),
            Mean::Drift => names.push("drift".to_owned()),
        }
        if let Some(regressors) = regressors {
            names.extend(regressors.names().iter().map(|name| format!("x_{name}")));
        }
        let n_regression = names.len();
        for block in Block::ALL {
            let lags = 1..=block.len(&order);
            names.extend(lags.map(|lag| format!("{}{lag}", block.prefix())));
        }
        names.push("sigma2".to_owned());
        Self { names, n_regression, order }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Regression coefficients come first.
    pub(super) fn n_regression(&self) -> usize {
        self.n_regression
    }

    /// The range of the ARMA coefficients.
    pub(super) fn coefficients(&self) -> std::ops::Range<usize> {
        self.n_regression..self.n_regression + self.order.n_coefficients()
    }

    /// The values that `fixed` gives, one slot a parameter.
    pub(super) fn fixed_values(&self, fixed: &[(String, f64)]) -> Result<Vec<Option<f64>>> {
        let mut values = vec![None; self.len()];
        for (name, value) in fixed {
            let Some(at) = self.names.iter().position(|known| known == name) else {
                let known = self.names.clone();
                return Err(ErrorKind::UnknownParameter { name: name.clone(), known }.into());
            };
            self.check_value(at, *value)?;
            values[at] = Some(*value);
        }
        Ok(values)
    }

    /// All values, one slot a parameter.
    pub(super) fn all_values(&self, values: &[f64]) -> Result<Vec<Option<f64>>> {
        if values.len() != self.len() {
            let known = self.names.clone();
            return Err(ErrorKind::WrongParameterCount { got: values.len(), known }.into());
        }
        for (at, value) in values.iter().enumerate() {
            self.check_value(at, *value)?;
        }
        Ok(values.iter().copied().map(Some).collect())
    }

    fn check_value(&self, at: usize, value: f64) -> Result<()> {
        let variance = at + 1 == self.len();
        if value.is_finite() && (!variance || value > 0.0) {
            return Ok(());
        }
        Err(ErrorKind::InvalidOption {
            option: format!("the parameter {}", self.names[at]),
            value: value.to_string(),
            expected: if variance { "a positive number" } else { "a finite number" }.to_owned(),
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_documented_order() {
        let order: Order = "1,0,2x1,0,1,4".parse().unwrap();
        let layout = Layout::new(order, Mean::Const, None);
        assert_eq!(layout.names(), ["const", "ar1", "ma1", "ma2", "sar1", "sma1", "sigma2"]);
        assert_eq!(layout.coefficients(), 1..6);
        assert!(layout.fixed_values(&[("ar2".to_owned(), 0.1)]).is_err());
        assert!(layout.fixed_values(&[("sigma2".to_owned(), 0.0)]).is_err());
        assert!(layout.all_values(&[0.0; 3]).is_err());
    }
}
