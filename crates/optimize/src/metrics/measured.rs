//! A set of measured metrics.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::metric::Metric;

const N: usize = Metric::ALL.len();

/// What one trial or one series of returns measured: a value for some of the metrics.
///
/// Small, `Copy`, without allocation. A measured value may be NaN (it does not exist for these
/// data), which is not the same as not measured.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
///
/// let metrics = Metrics::new().with(Metric::Sharpe, 1.2).with(Metric::Calmar, f64::NAN);
/// assert_eq!(metrics.get(Metric::Sharpe), Some(1.2));
/// assert!(metrics.get(Metric::Calmar).is_some_and(f64::is_nan));
/// assert_eq!(metrics.get(Metric::Sortino), None);
/// ```
#[derive(Clone, Copy)]
pub struct Metrics {
    values: [f64; N],
    /// Bit `i` is set where metric `i` was measured.
    measured: u32,
}

const _: () = assert!(N <= 30, "one bit a metric, and two of a journal's mask for the outcome");

impl Metrics {
    /// Nothing measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self { values: [f64::NAN; N], measured: 0 }
    }

    /// With one more value.
    #[must_use]
    pub fn with(mut self, metric: Metric, value: f64) -> Self {
        self.values[metric as usize] = value;
        self.measured |= 1 << metric as u32;
        self
    }

    /// The value, if that metric was measured; NaN where it does not exist for these data.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        (self.measured >> metric as u32 & 1 == 1).then(|| self.values[metric as usize])
    }

    /// Which metrics were measured: bit `i` for metric `i` of [`Metric::ALL`].
    pub(crate) fn measured_bits(&self) -> u32 {
        self.measured
    }

    /// The values of all metrics in the order of [`Metric::ALL`], those not measured included.
    pub(crate) fn all_values(&self) -> &[f64; N] {
        &self.values
    }

    /// Metrics with these bits set, values in the order of [`Metric::ALL`]; `None` where a bit
    /// stands for no metric or a value is missing.
    pub(crate) fn from_bits(bits: u32, mut values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut metrics = Self { values: [f64::NAN; N], measured: bits };
        if bits >> N != 0 {
            return None;
        }
        for (at, slot) in metrics.values.iter_mut().enumerate() {
            if bits >> at & 1 == 1 {
                *slot = values.next()?;
            }
        }
        Some(metrics)
    }

    /// The measured values in the order of [`Metric::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Metric, f64)> + '_ {
        Metric::ALL.iter().filter_map(|metric| Some((*metric, self.get(*metric)?)))
    }

    /// Every metric that a series of returns has; risk-free rate 0, tails at 5 %.
    #[must_use]
    pub fn of_returns(returns: &[f64], periods_per_year: f64) -> Self {
        Metric::ALL.iter().fold(Self::new(), |metrics, metric| {
            match metric.of_returns(returns, periods_per_year) {
                Some(value) => metrics.with(*metric, value),
                None => metrics,
            }
        })
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Metrics {
    /// Same metrics measured, same bits: two runs that both found NaN agree.
    fn eq(&self, other: &Self) -> bool {
        self.measured == other.measured
            && self.iter().zip(other.iter()).all(|(a, b)| a.1.to_bits() == b.1.to_bits())
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(metric, value)| (metric.name(), value))).finish()
    }
}

impl Serialize for Metrics {
    /// A map from name to value.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.measured.count_ones() as usize))?;
        for (metric, value) in self.iter() {
            map.serialize_entry(metric.name(), &value)?;
        }
        map.end()
    }
}
