//! A set of measured metrics.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::metric::Metric;
use super::{drawdown, growth, moments, omega, sharpe, sortino, tail, volatility, wins};

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

const _: () = assert!(N <= 32, "one bit a metric");

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

    /// The measured values in the order of [`Metric::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Metric, f64)> + '_ {
        Metric::ALL.iter().filter_map(|metric| Some((*metric, self.get(*metric)?)))
    }

    /// Every metric that a series of returns has; risk-free rate 0, tails at 5 %.
    #[must_use]
    pub fn of_returns(returns: &[f64], periods_per_year: f64) -> Self {
        use Metric as M;
        Self::new()
            .with(M::TotalReturn, growth::total_return(returns))
            .with(M::AnnualizedReturn, growth::annualized_return(returns, periods_per_year))
            .with(
                M::AnnualizedVolatility,
                volatility::annualized_volatility(returns, periods_per_year),
            )
            .with(M::Sharpe, sharpe::sharpe_ratio(returns, 0.0, periods_per_year))
            .with(M::Sortino, sortino::sortino_ratio(returns, periods_per_year))
            .with(M::Calmar, drawdown::calmar_ratio(returns, periods_per_year))
            .with(M::MaxDrawdown, drawdown::max_drawdown(returns))
            .with(M::Omega, omega::omega_ratio(returns, 0.0))
            .with(M::ValueAtRisk, tail::value_at_risk(returns, 0.05))
            .with(M::ConditionalValueAtRisk, tail::conditional_value_at_risk(returns, 0.05))
            .with(M::TailRatio, tail::tail_ratio(returns))
            .with(M::Skewness, moments::skewness(returns))
            .with(M::Kurtosis, moments::kurtosis(returns))
            .with(M::UlcerIndex, drawdown::ulcer_index(returns))
            .with(M::GainToPain, wins::gain_to_pain(returns))
            .with(M::Kelly, wins::kelly_fraction(returns))
            .with(M::WinRate, wins::win_rate(returns))
            .with(M::ProfitFactor, wins::profit_factor(returns))
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
