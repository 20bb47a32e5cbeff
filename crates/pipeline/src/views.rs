//! From a forecast and its record to a view.
//!
//! A model forecasts log returns over the horizon; Black-Litterman speaks of simple excess returns a
//! year, like its covariance. With a Gaussian error of variance `v` (measured out of sample, not
//! claimed) a log return of mean `m` has the simple mean `exp(m + v / 2) - 1`; what remains is scaled
//! from the horizon to a year without compounding, as the covariance is, and the risk-free rate comes
//! off.

use crate::config::PipelineConfig;
use crate::skill::Skill;

/// One asset's forecast, with what its record says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    /// Annual simple excess return.
    pub(crate) excess_return: f64,
    /// Confidence earned, 0 to 1; at 0 the earned rule drops the view.
    pub(crate) confidence: f64,
    /// Out-of-sample error variance of `excess_return`.
    pub(crate) error_variance: f64,
}

impl View {
    /// The view that a log return of mean `log_mean` over the horizon gives.
    pub(crate) fn new(log_mean: f64, skill: &Skill, config: &PipelineConfig) -> Self {
        let horizons_per_year = config.periods_per_year / config.horizon as f64;
        let over_horizon = (log_mean + 0.5 * skill.mean_squared_error).exp_m1();
        Self {
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
        let view = View::new(0.01, &skill, &config);
        // exp(0.01 + 0.0018) - 1 = 0.011 869 895; twelve horizons a year.
        assert!((view.excess_return - (12.0 * 0.011_869_894_648 - 0.02)).abs() < 1e-8);
        assert!((view.error_variance - 144.0 * 0.0036).abs() < 1e-12);
        assert_eq!(view.confidence, 0.1);
    }
}
