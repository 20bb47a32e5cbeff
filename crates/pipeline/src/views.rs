//! From a forecast and its record to a view.
//!
//! A model forecasts log returns over the horizon; Black-Litterman speaks of simple excess returns a
//! year, like its covariance. A log return of mean `m` and variance `v` has the simple mean
//! `exp(m + v / 2) - 1`. The variance is that of the covariance the view is blended with, over the
//! horizon, so that view and prior speak of the same risk; it is no part of what the record of the
//! forecast proved, and the report shows the median move `m` beside the view. The simple mean is scaled
//! from the horizon to a year without compounding, as the covariance is, and the risk-free rate comes
//! off.

use crate::config::PipelineConfig;
use crate::skill::Skill;

/// One asset's forecast, with what its record says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    /// Annual log return that the model forecasts: the median move.
    pub(crate) log_return: f64,
    /// Annual simple excess return.
    pub(crate) excess_return: f64,
    /// Confidence earned, 0 to 1; at 0 the earned rule drops the view.
    pub(crate) confidence: f64,
    /// Out-of-sample error variance of `excess_return`.
    pub(crate) error_variance: f64,
}

impl View {
    /// The view that a log return of mean `log_mean` over the horizon gives, for an asset of that
    /// annual variance.
    pub(crate) fn new(
        log_mean: f64,
        variance: f64,
        skill: &Skill,
        config: &PipelineConfig,
    ) -> Self {
        let horizons_per_year = config.periods_per_year / config.horizon as f64;
        let over_horizon = (log_mean + 0.5 * variance / horizons_per_year).exp_m1();
        Self {
            log_return: log_mean * horizons_per_year,
            excess_return: over_horizon * horizons_per_year - config.risk_free_rate,
            confidence: skill.confidence(),
            error_variance: skill.mean_squared_error * horizons_per_year.powi(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_simple_excess_returns_a_year() {
        let config = PipelineConfig { risk_free_rate: 0.02, ..PipelineConfig::default() };
        let skill = Skill {
            n: 100,
            r2: 0.2,
            standard_error: 0.05,
            lower_bound: 0.1,
            mean_squared_error: 0.0036,
        };
        let view = View::new(0.01, 12.0 * 0.0036, &skill, &config);
        // exp(0.01 + 0.0018) - 1 = 0.011 869 895; twelve horizons a year.
        assert!((view.excess_return - (12.0 * 0.011_869_894_648 - 0.02)).abs() < 1e-8);
        assert!((view.error_variance - 144.0 * 0.0036).abs() < 1e-12);
        assert!((view.log_return - 0.12).abs() < 1e-12);
        assert_eq!(view.confidence, 0.1);
    }
}
