//! Where the trials of a study come from.

use std::ops::Range;
use std::sync::Arc;

use super::fingerprint::Fingerprint;
use super::grid::Grid;
use super::params::{Params, Schema};
use super::sink::StudyTrial;
use crate::error::{ErrorKind, Result};

/// One set of parameters to be measured.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    pub(super) params: Params,
    pub(super) budget: f64,
}

impl Proposal {
    /// With the whole budget.
    pub(super) fn whole(params: Params) -> Self {
        Self { params, budget: 1.0 }
    }
}

/// What trials take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Work {
    /// In units of a trial for which a model is asked.
    pub(super) proposing: f64,
    /// In units of a trial with the whole budget.
    pub(super) measuring: f64,
}

/// Asked now and then by what takes long on the calling thread: shows the progress, and is an error once the
/// study is cancelled.
pub(super) type GoOn<'g> = &'g dyn Fn() -> Result<()>;

/// Trials by number. What it proposes depends on its settings and on the trials it has observed, so
/// that a resumed study proposes the same again.
pub(super) trait Source: Sync {
    /// Names of the parameters.
    fn schema(&self) -> &Arc<Schema>;

    /// Parameters and their values, in words that differ where the trials do.
    fn space(&self) -> String;

    /// The method with its settings, in words.
    fn method(&self) -> String;

    /// Number of trials.
    fn trials(&self) -> u64;

    /// Combinations that constraints left out, where they are counted.
    fn rejected(&self) -> u64;

    /// Given that all trials before `next` have been observed: the end of those that can be proposed
    /// now. `next` itself when there are no more.
    fn advance(&mut self, next: u64, go_on: GoOn<'_>) -> Result<u64>;

    /// These trials, which lie before that end.
    fn proposals(&self, range: Range<u64>) -> Result<Vec<Proposal>>;

    /// Whether it learns from trials.
    fn learns(&self) -> bool {
        false
    }

    /// Whether trials far apart may take very different times, as those of a grid do. They can all be
    /// proposed from the beginning then.
    fn is_ordered(&self) -> bool {
        false
    }

    /// What the first trials take, all of them together.
    fn work_of_first(&self, trials: u64) -> Work {
        Work { proposing: trials as f64, measuring: trials as f64 }
    }

    /// Takes note of the next trials.
    fn observe(&mut self, trials: &[StudyTrial]) {
        let _ = trials;
    }
}

/// The combinations of a grid, one after the other.
#[derive(Debug)]
pub(super) struct GridSource<'g> {
    grid: &'g Grid,
    /// Where some of the trials are, where constraints leave combinations out.
    starts: Option<Vec<Start>>,
    trials: u64,
    schema: Arc<Schema>,
}

/// A trial, and which combination it is.
#[derive(Debug, Clone, Copy)]
struct Start {
    trial: u64,
    index: u64,
}

/// Most trials from one known combination to the next.
const STRIDE: u64 = 1024;
/// Most combinations between a known one and the next trial: where constraints leave little, what lies
/// between trials is gone through once, when they are counted.
const SPAN: u64 = 1 << 14;
/// Combinations between two questions whether to go on.
const UNASKED: u64 = 1 << 10;

impl<'g> GridSource<'g> {
    /// Counts the trials; remembers sixteen bytes for every 1,024 of them, and for every 16,384 combinations at
    /// most.
    pub(super) fn new(grid: &'g Grid, go_on: GoOn<'_>) -> Result<Self> {
        let mut source = Self {
            grid,
            starts: None,
            trials: grid.combinations(),
            schema: Arc::clone(grid.schema()),
        };
        if grid.is_constrained() {
            let (mut starts, mut trial) = (Vec::<Start>::new(), 0_u64);
            for index in 0..grid.combinations() {
                if index % UNASKED == UNASKED - 1 {
                    go_on()?;
                }
                if grid.admit(index)?.is_some() {
                    let is_far = |last: &Start| {
                        trial - last.trial >= STRIDE || index / SPAN > last.index / SPAN
                    };
                    if starts.last().is_none_or(is_far) {
                        starts.push(Start { trial, index });
                    }
                    trial += 1;
                }
            }
            (source.starts, source.trials) = (Some(starts), trial);
        }
        if source.trials == 0 {
            return Err(ErrorKind::EmptyGrid { rejected: grid.combinations() }.into());
        }
        Ok(source)
    }
}

impl Source for GridSource<'_> {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn space(&self) -> String {
        let mut text = self.grid.to_string();
        if let Some(starts) = &self.starts {
            // Constraints are code. What they leave shows whether they are the same.
            let starts: Vec<f64> = starts.iter().map(|start| start.index as f64).collect();
            let left = Fingerprint::new().numbers("", &starts).to_string();
            text += &format!("; {} left by constraints, {}", self.trials, &left[..8]);
        }
        text
    }

    fn method(&self) -> String {
        "grid".to_owned()
    }

    fn trials(&self) -> u64 {
        self.trials
    }

    fn rejected(&self) -> u64 {
        self.grid.combinations() - self.trials
    }

    fn advance(&mut self, _: u64, _: GoOn<'_>) -> Result<u64> {
        Ok(self.trials)
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn proposals(&self, range: Range<u64>) -> Result<Vec<Proposal>> {
        let count = (range.end - range.start) as usize;
        let Some(starts) = &self.starts else {
            let params = range.map(|index| self.grid.combination(index));
            return Ok(params.map(Proposal::whole).collect());
        };
        let mut next = starts.partition_point(|start| start.trial <= range.start);
        let Start { mut trial, mut index } = starts[next - 1];
        let mut proposals = Vec::with_capacity(count);
        while proposals.len() < count {
            if let Some(params) = self.grid.admit(index)? {
                if trial >= range.start {
                    proposals.push(Proposal::whole(params));
                }
                trial += 1;
            }
            index += 1;
            // The first trial of the next span is known.
            if index.is_multiple_of(SPAN) {
                while let Some(start) = starts.get(next).filter(|start| start.trial <= trial) {
                    index = index.max(start.index);
                    next += 1;
                }
            }
        }
        Ok(proposals)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn any_range_is_that_of_the_grid() {
        let grid = Grid::parse(["a=1:90:1", "b=1:90:1"]).unwrap();
        for grid in [grid.clone(), grid.less_than("a", "b").unwrap()] {
            let all: Vec<Params> = grid.trials().collect::<Result<_>>().unwrap();
            let source = GridSource::new(&grid, &|| Ok(())).unwrap();
            assert_eq!(source.trials(), all.len() as u64);
            for range in [0..1, 0..1025, 1023..1025, 1024..2048, 2000..3500] {
                let params: Vec<Params> = source
                    .proposals(range.clone())
                    .unwrap()
                    .into_iter()
                    .map(|p| p.params)
                    .collect();
                assert_eq!(params, all[range.start as usize..range.end as usize]);
            }
        }
    }

    #[test]
    fn what_lies_between_trials_is_gone_through_once() {
        let asked = Arc::new(AtomicU64::new(0));
        let keep = {
            let asked = Arc::clone(&asked);
            move |params: &Params| {
                asked.fetch_add(1, Ordering::Relaxed);
                let (a, b) = (params.get("a")?, params.get("b")?);
                Ok(a == b && (a < 40.0 || a % 100.0 == 0.0))
            }
        };
        let grid = Grid::parse(["a=1:1000:1", "b=1:1000:1"]).unwrap().constraint(keep);
        let source = GridSource::new(&grid, &|| Ok(())).unwrap();
        let all: Vec<Params> = grid.trials().collect::<Result<_>>().unwrap();
        assert_eq!(all.len(), 49);
        for start in 0..49 {
            for end in start + 1..49.min(start + 4) {
                let before = asked.load(Ordering::Relaxed);
                let proposals = source.proposals(start..end).unwrap();
                let params: Vec<Params> = proposals.into_iter().map(|p| p.params).collect();
                assert_eq!(params, all[start as usize..end as usize]);
                // The first trial of a span is known; those after it lie within the span.
                let asked = asked.load(Ordering::Relaxed) - before;
                assert!(asked <= (end - start + 1) * SPAN, "{asked} for {start}..{end}");
            }
        }
        let before = asked.load(Ordering::Relaxed);
        let _ = source.proposals(45..46).unwrap();
        assert_eq!(asked.load(Ordering::Relaxed) - before, 1);
    }

    #[test]
    fn counting_can_be_stopped() {
        let grid = Grid::parse(["a=1:30000:1", "b=1:30000:1"]).unwrap();
        let grid = grid.less_than("b", "a").unwrap();
        let asked = AtomicU64::new(0);
        let go_on = || match asked.fetch_add(1, Ordering::Relaxed) {
            7 => Err(ErrorKind::Cancelled { done: 0 }.into()),
            _ => Ok(()),
        };
        let error = GridSource::new(&grid, &go_on).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Cancelled { done: 0 });
    }

    #[test]
    fn other_constraints_are_another_space() {
        let grid = Grid::parse(["a=1:9:1", "b=1:9:1"]).unwrap();
        let text = |grid: &Grid| GridSource::new(grid, &|| Ok(())).unwrap().space();
        let below = text(&grid.clone().less_than("a", "b").unwrap());
        let above = text(&grid.clone().less_than("b", "a").unwrap());
        assert_eq!(text(&grid), "a=1:9:1 b=1:9:1");
        assert_ne!(below, above);
        assert_eq!(below, text(&grid.less_than("a", "b").unwrap()));
    }
}
