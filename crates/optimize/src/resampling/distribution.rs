//! What came out of many paths.

use serde::Serialize;

/// The values of a figure over many paths, sorted.
///
/// A figure that does not exist on a path (NaN) is counted and left out.
///
/// # Examples
///
/// ```
/// use tangency_optimize::resampling::Distribution;
///
/// let values: Distribution = [4.0, 1.0, f64::NAN, 2.0, 3.0].into_iter().collect();
/// assert_eq!((values.len(), values.undefined()), (4, 1));
/// assert_eq!((values.median(), values.quantile(1.0)), (2.5, 4.0));
/// assert_eq!(values.share_at_most(2.0), 0.5);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Distribution {
    values: Vec<f64>,
    undefined: usize,
}

impl Distribution {
    /// Paths on which the figure exists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it exists on none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Paths on which it does not exist.
    #[must_use]
    pub fn undefined(&self) -> usize {
        self.undefined
    }

    /// The values, ascending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The mean; NaN for none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The median; NaN for none.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value below which the share `p` lies, linear between neighbours (type 7 of Hyndman and
    /// Fan, as in NumPy and R); NaN for no values or a share outside 0 to 1.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        if self.values.is_empty() || !(0.0..=1.0).contains(&p) {
            return f64::NAN;
        }
        let place = p * (self.values.len() - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        let (lower, upper) = (self.values[below], self.values[above]);
        if lower == upper { lower } else { lower + (upper - lower) * place.fract() }
    }

    /// The share of values up to and including `value`; NaN for none.
    #[must_use]
    pub fn share_at_most(&self, value: f64) -> f64 {
        self.values.partition_point(|v| *v <= value) as f64 / self.values.len() as f64
    }
}

impl FromIterator<f64> for Distribution {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        let all = values.len();
        values.retain(|value| !value.is_nan());
        let undefined = all - values.len();
        values.sort_unstable_by(f64::total_cmp);
        Self { values, undefined }
    }
}
