//! A sample of the trials of a study, for pictures of studies of any size.

use std::io;

use tangency_pool::item_seed;

use super::sink::{StudyTrial, TrialSink};

/// Keeps a random sample of the trials on the whole budget: all of them up to a number, then as many,
/// each with the same chance.
///
/// Which ones depends on their places alone: the sample of a study is the same whatever the workers and
/// the interruptions. Holds at most twice the number.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Failure, Grid, Request, Sample, Study};
/// use tangency_pool::Pool;
///
/// let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
///     Ok(Metrics::new().with(Metric::Sharpe, request.params.get("x")?))
/// };
/// let grid = Grid::parse(["x=1:10000:1"])?;
/// let mut sample = Sample::new(500);
/// let _ = Study::grid(&grid, Metric::Sharpe).run(&Pool::new(2)?, &objective, &mut sample)?;
/// assert_eq!(sample.seen(), 10_000);
/// let trials = sample.into_trials();
/// assert!(trials.len() == 500 && trials.is_sorted_by_key(|trial| trial.index));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sample {
    most: usize,
    seen: u64,
    /// Trials with the numbers that were drawn for them; the lowest stay.
    kept: Vec<(u64, StudyTrial)>,
    /// Numbers above this have no chance any more.
    bound: u64,
}

impl Sample {
    /// At most so many trials; one at least.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), seen: 0, kept: Vec::new(), bound: u64::MAX }
    }

    /// Trials on the whole budget that were seen, kept or not.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The sample in trial order.
    #[must_use]
    pub fn into_trials(mut self) -> Vec<StudyTrial> {
        self.shrink();
        let mut trials: Vec<StudyTrial> = self.kept.into_iter().map(|(_, trial)| trial).collect();
        trials.sort_unstable_by_key(|trial| trial.index);
        trials
    }

    fn shrink(&mut self) {
        if self.kept.len() > self.most {
            self.kept.select_nth_unstable_by_key(self.most - 1, |(drawn, _)| *drawn);
            self.kept.truncate(self.most);
            self.bound = self.kept[self.most - 1].0;
        }
    }
}

impl TrialSink for Sample {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        for trial in trials.iter().filter(|trial| trial.budget >= 1.0) {
            self.seen += 1;
            let drawn = item_seed(0, trial.index);
            if drawn <= self.bound {
                self.kept.push((drawn, trial.clone()));
                if self.kept.len() == 2 * self.most {
                    self.shrink();
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tangency_pool::Outcome;

    use super::*;
    use crate::metrics::Metrics;
    use crate::search::Params;

    fn trial(index: usize, budget: f64) -> StudyTrial {
        StudyTrial {
            index,
            params: Params::default(),
            budget,
            outcome: Outcome::Done(Metrics::new()),
        }
    }

    #[test]
    fn everything_is_kept_up_to_the_number_and_evenly_beyond() {
        let all: Vec<StudyTrial> = (0..40).map(|at| trial(at, 1.0)).collect();
        let mut sample = Sample::new(40);
        sample.receive(&all).unwrap();
        assert_eq!(sample.into_trials(), all);
        let mut sample = Sample::new(1000);
        for start in (0..20_000).step_by(37) {
            let next: Vec<StudyTrial> =
                (start..(start + 37).min(20_000)).map(|at| trial(at, 1.0)).collect();
            sample.receive(&next).unwrap();
        }
        assert_eq!(sample.seen(), 20_000);
        let kept = sample.into_trials();
        assert_eq!(kept.len(), 1000);
        // Multiples of 64 do not crowd out the rest, as they would were every 20th kept; the first
        // half has half of them up to four standard errors.
        let half = kept.iter().filter(|trial| trial.index < 10_000).count();
        assert!((437..=563).contains(&half), "{half}");
    }

    #[test]
    fn trials_on_a_part_of_the_budget_are_left_out() {
        let mut sample = Sample::new(10);
        sample.receive(&[trial(0, 0.5), trial(1, 1.0)]).unwrap();
        assert_eq!(sample.into_trials(), [trial(1, 1.0)]);
    }
}
