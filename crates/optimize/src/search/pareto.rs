//! Trials that are best in the sense of several metrics at once.

use super::sink::StudyTrial;
use crate::metrics::{Direction, Metric};

/// Whether costs `a` are at least as low as `b` everywhere and lower somewhere.
pub(super) fn dominates(a: &[f64], b: &[f64]) -> bool {
    let pairs = || a.iter().zip(b);
    pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
}

/// What a trial measured, as costs: lower is better. `None` where one is not measured or NaN.
pub(super) fn costs(trial: &StudyTrial, metrics: &[Metric]) -> Option<Vec<f64>> {
    let cost = |metric: &Metric| {
        let value = trial.metric(*metric).filter(|value| !value.is_nan())?;
        Some(match metric.direction() {
            Direction::Higher => -value,
            Direction::Lower => value,
        })
    };
    metrics.iter().map(cost).collect()
}

/// The trials that none of those offered so far dominates. Of trials with the same figures the
/// first one stays.
#[derive(Debug)]
pub(super) struct ParetoFront {
    metrics: Vec<Metric>,
    members: Vec<(Vec<f64>, StudyTrial)>,
}

impl ParetoFront {
    pub(super) fn new(metrics: &[Metric]) -> Self {
        Self { metrics: metrics.to_vec(), members: Vec::new() }
    }

    pub(super) fn offer(&mut self, trial: &StudyTrial) {
        let Some(costs) = costs(trial, &self.metrics) else { return };
        let beaten = |known: &[f64]| known == costs || dominates(known, &costs);
        if self.members.iter().any(|(known, _)| beaten(known)) {
            return;
        }
        self.members.retain(|(known, _)| !dominates(&costs, known));
        self.members.push((costs, trial.clone()));
    }

    pub(super) fn into_trials(self) -> Vec<StudyTrial> {
        self.members.into_iter().map(|(_, trial)| trial).collect()
    }
}

#[cfg(test)]
mod tests {
    use tangency_pool::Outcome;

    use super::*;
    use crate::metrics::Metrics;
    use crate::search::Grid;

    #[test]
    fn the_front_is_what_nothing_beats() {
        let grid = Grid::parse(["x=0:6:1"]).unwrap();
        let figures = [
            (1.0, -0.3),
            (2.0, -0.5),
            (1.5, -0.3),
            (0.5, -0.1),
            (1.5, -0.3),
            (f64::NAN, 0.0),
            (1.0, -0.2),
        ];
        let mut front = ParetoFront::new(&[Metric::Sharpe, Metric::MaxDrawdown]);
        for (index, (params, (sharpe, drawdown))) in grid.trials().zip(figures).enumerate() {
            let metrics =
                Metrics::new().with(Metric::Sharpe, sharpe).with(Metric::MaxDrawdown, drawdown);
            let params = params.unwrap();
            let outcome = Outcome::Done(metrics);
            front.offer(&StudyTrial { index, params, budget: 1.0, outcome });
        }
        let places: Vec<usize> = front.into_trials().iter().map(|trial| trial.index).collect();
        assert_eq!(places, [1, 2, 3, 6]);
    }
}
