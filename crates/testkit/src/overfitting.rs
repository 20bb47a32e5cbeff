//! Panels of returns and what other programs say of their winners; see
//! `golden/overfitting/README.md`.

use serde::Deserialize;

/// A made-up panel with its p-values.
#[derive(Debug, Clone, Deserialize)]
pub struct SnoopingCase {
    /// Rows of the panel.
    pub rows: usize,
    /// Trials of the panel.
    pub trials: usize,
    seed: u64,
    phi: f64,
    shifts: Vec<(usize, f64)>,
    /// Mean length of a block.
    pub mean_block: f64,
    /// P-value of SPA, lower bound.
    pub spa_lower: f64,
    /// P-value of SPA.
    pub spa_consistent: f64,
    /// P-value of SPA, upper bound.
    pub spa_upper: f64,
    /// Statistic of SPA.
    pub spa_statistic: f64,
    /// P-value of the reality check.
    pub reality_check: f64,
    /// P-value of the reality check by another program.
    pub arch_upper: f64,
    /// Block length for the stationary bootstrap, for the first trial.
    pub block_stationary: f64,
    /// Block length for the circular bootstrap, for the first trial.
    pub block_circular: f64,
    /// Mean of the first trial, to see that the panel is the same.
    pub mean0: f64,
}

impl SnoopingCase {
    /// The panel, one trial after the other.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        let mut state = self.seed;
        let mut returns = Vec::with_capacity(self.rows * self.trials);
        for trial in 0..self.trials {
            let shift = self.shifts.iter().find(|(shifted, _)| *shifted == trial);
            let shift = shift.map_or(0.0, |(_, shift)| *shift);
            let mut last = 0.0;
            for _ in 0..self.rows {
                state = (state * 1_103_515_245 + 12_345) % (1 << 31);
                let shock = (state as f64 / f64::from(1_u32 << 31) - 0.5) * 0.04;
                last = shock + self.phi * last;
                returns.push(last + shift);
            }
        }
        returns
    }
}

/// Every panel.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn snooping_cases() -> Vec<SnoopingCase> {
    serde_json::from_value(crate::golden("overfitting/snooping.json")["cases"].clone())
        .unwrap_or_else(|error| panic!("snooping.json: {error}"))
}
