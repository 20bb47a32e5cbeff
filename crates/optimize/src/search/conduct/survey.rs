//! Samples from all over a study, measured first, that tell how long the rest of it takes.
//!
//! The trials of a grid come in an order, and their times go with it: short windows trade most, a limit far
//! out hardly ever. After a fifth of such a grid the mean rate misses the end by a third. Nor can a curve
//! through that fifth know what the next parameter does. So a tenth of the trials is measured before the
//! others, in small samples, one at some place in each of many equal strata, and the time of a stratum is that
//! of its sample. Nothing is measured twice, and the results wait for their turn: what the sink is handed does
//! not change.

use std::ops::Range;

/// One trial in so many is measured first.
const SHARE: u64 = 10;
const MOST_SAMPLES: u64 = 512;
/// With fewer there is no saying what they stand for.
const LEAST_SAMPLES: u64 = 16;
/// Places tried in a stratum whose first ones the journal holds.
const ATTEMPTS: u64 = 8;
/// Fractions of multiples of the golden ratio lie evenly, and never in step with the rows of a grid.
const GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;
/// An odd number whose multiples come in no order: Steele and Vigna (2022), "Computationally easy, spectrally good multipliers".
const MIXER: u64 = 0xd134_2543_de82_ef95;

/// Where to sample.
#[derive(Debug)]
pub(super) struct Plan {
    trials: u64,
    strata: u64,
    /// A place in each stratum that has one which has not been measured, with the stratum's number. They come
    /// in no order, so that a machine that is slower for a moment does not make one end of the study look slow.
    pub(super) samples: Vec<(u64, Range<u64>)>,
}

impl Plan {
    /// Samples of about `size` trials, `most` in all. `None` for a study that is too small to be sampled.
    pub(super) fn new(
        trials: u64,
        size: u64,
        most: u64,
        is_held: impl Fn(&Range<u64>) -> bool,
    ) -> Option<Self> {
        let most = most.min(trials / SHARE);
        // Somewhat smaller ones tell more than none.
        let size = size.min((most / LEAST_SAMPLES).max(size / 4)).max(1);
        let strata = (most / size).min(MOST_SAMPLES);
        if strata < LEAST_SAMPLES {
            return None;
        }
        let sample = |stratum: u64| -> Option<(u64, Range<u64>)> {
            let bounds = bounds(trials, strata, stratum);
            let room = bounds.end - bounds.start - size;
            (0..ATTEMPTS).find_map(|attempt| {
                let fraction = ((stratum + attempt * strata + 1) as f64 * GOLDEN_RATIO).fract();
                let start = bounds.start + (fraction * (room + 1) as f64) as u64;
                let sample = start..start + size;
                (!is_held(&sample)).then_some((stratum, sample))
            })
        };
        let mut samples: Vec<_> = (0..strata).filter_map(sample).collect();
        samples.sort_by_key(|(stratum, _)| stratum.wrapping_mul(MIXER) >> 32);
        Some(Self { trials, strata, samples })
    }
}

fn bounds(trials: u64, strata: u64, stratum: u64) -> Range<u64> {
    let edge =
        |stratum: u64| (u128::from(trials) * u128::from(stratum) / u128::from(strata)) as u64;
    edge(stratum)..edge(stratum + 1)
}

/// What the samples tell of all trials.
#[derive(Debug)]
pub(super) struct Survey {
    trials: u64,
    /// Seconds on one worker of all strata before each one, and of all.
    before: Vec<f64>,
}

impl Survey {
    /// From the seconds that a trial took in each sample; a stratum without one is taken to be like the next
    /// that has one. `None` without any.
    pub(super) fn new(plan: &Plan, times: &[Option<f64>]) -> Option<Self> {
        let mut known = vec![None; plan.strata as usize];
        for ((stratum, _), time) in plan.samples.iter().zip(times) {
            known[*stratum as usize] = *time;
        }
        let mut next = known.iter().rev().copied().flatten().next();
        for time in known.iter_mut().rev() {
            next = time.or(next);
            *time = next;
        }
        let mut before = vec![0.0];
        for (stratum, time) in (0..plan.strata).zip(known) {
            let bounds = bounds(plan.trials, plan.strata, stratum);
            // A clock may not have moved.
            let seconds = time?.max(1e-9) * (bounds.end - bounds.start) as f64;
            before.push(before[stratum as usize] + seconds);
        }
        Some(Self { trials: plan.trials, before })
    }

    /// Seconds that these trials take on one worker.
    pub(super) fn work(&self, range: &Range<u64>) -> f64 {
        self.until(range.end) - self.until(range.start)
    }

    fn until(&self, trial: u64) -> f64 {
        let strata = self.before.len() as u64 - 1;
        let at = (u128::from(trial) * u128::from(strata) / u128::from(self.trials)) as u64;
        let stratum = at.min(strata - 1);
        let bounds = bounds(self.trials, strata, stratum);
        let share = trial.saturating_sub(bounds.start) as f64 / (bounds.end - bounds.start) as f64;
        let (low, high) = (self.before[stratum as usize], self.before[stratum as usize + 1]);
        low + share * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_in_each_stratum() {
        for (trials, wanted, size) in
            [(10_000_000, 64, 64), (1_000_003, 7, 7), (640, 2, 2), (20_000, 1, 1), (9000, 64, 56)]
        {
            let plan = Plan::new(trials, wanted, 1 << 16, |_| false).unwrap();
            let strata = plan.strata;
            assert!(strata * size * SHARE <= trials, "{trials}");
            let mut seen: Vec<u64> = plan.samples.iter().map(|(stratum, _)| *stratum).collect();
            assert!(!seen.is_sorted());
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..strata));
            for (stratum, sample) in plan.samples {
                let bounds = bounds(trials, strata, stratum);
                assert!(bounds.start <= sample.start && sample.end <= bounds.end);
                assert_eq!(sample.end - sample.start, size);
            }
        }
        assert!(Plan::new(159, 1, 1 << 16, |_| false).is_none());
        assert!(Plan::new(100_000, 64, 255, |_| false).is_none());
    }

    #[test]
    fn what_the_journal_holds_is_not_sampled() {
        let first = Plan::new(100_000, 10, 1 << 16, |_| false).unwrap();
        let is_held = |sample: &Range<u64>| {
            let overlaps = |held: &Range<u64>| sample.start < held.end && held.start < sample.end;
            sample.start < 50_000 || first.samples.iter().any(|(_, held)| overlaps(held))
        };
        let plan = Plan::new(100_000, 10, 1 << 16, is_held).unwrap();
        assert!(plan.samples.iter().all(|(_, sample)| !is_held(sample)));
        let half = plan.strata / 2;
        assert!(plan.samples.iter().all(|(stratum, _)| *stratum + 1 >= half));
        assert!((half..plan.strata).all(|at| plan.samples.iter().any(|(s, _)| *s == at)));
    }

    #[test]
    fn samples_foretell_a_grid() {
        // A slow parameter of 60 values, a quick one of 50: a trial takes longer with both.
        let time = |trial: u64| 1.0 + (trial / 50) as f64 * 0.2 + (trial % 50) as f64 * 0.1;
        let seconds = |range: Range<u64>| range.map(time).sum::<f64>();
        let plan = Plan::new(3000, 1, 1 << 16, |_| false).unwrap();
        let times: Vec<Option<f64>> =
            plan.samples.iter().map(|(_, sample)| Some(seconds(sample.clone()))).collect();
        let survey = Survey::new(&plan, &times).unwrap();
        let share = survey.work(&(0..600)) / survey.work(&(0..3000));
        let truth = seconds(0..600) / seconds(0..3000);
        assert!((share / truth - 1.0).abs() < 0.05, "{share} {truth}");
    }

    #[test]
    fn work_adds_up() {
        let plan = Plan::new(1000, 1, 1 << 16, |_| false).unwrap();
        let times: Vec<Option<f64>> =
            plan.samples.iter().map(|(s, _)| (*s != 3).then_some(*s as f64)).collect();
        let survey = Survey::new(&plan, &times).unwrap();
        let parts: f64 = (0..1000).map(|trial| survey.work(&(trial..trial + 1))).sum();
        assert!((parts - survey.work(&(0..1000))).abs() < 1e-9);
        // Like the next.
        let at = bounds(1000, plan.strata, 3);
        let trials = (at.end - at.start) as f64;
        assert!((survey.work(&at) - 4.0 * trials).abs() < 1e-9);
        assert!(Survey::new(&plan, &vec![None; plan.samples.len()]).is_none());
    }
}
