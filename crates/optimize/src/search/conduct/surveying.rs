//! Looking around before the long way.

use std::ops::Range;

use super::super::evaluate::Evaluator;
use super::super::source::Source;
use super::conductor::{Conductor, lock};
use super::pieces::{Content, Piece};
use super::survey::{Plan, Survey};
use crate::error::Result;

impl Conductor<'_> {
    /// Measures samples from all over the rest of the study.
    pub(super) fn look_around(
        &mut self,
        source: &dyn Source,
        evaluator: &mut dyn Evaluator,
        next: u64,
    ) -> Result<()> {
        let trials = source.trials();
        let most = self.in_flight() / 2;
        let size = self.sample_size(evaluator);
        let is_known =
            |sample: &Range<u64>| sample.start < next || self.held(sample.clone()).next().is_some();
        let Some(plan) = Plan::new(trials, size, most, is_known) else { return Ok(()) };
        let sample = |(_, sample): &(u64, Range<u64>)| Piece::awaited(sample.clone());
        (self.pieces, self.next_piece) = (plan.samples.iter().map(sample).collect(), 0);
        let mut times = vec![None; self.pieces.len()];
        self.measure(source, evaluator, &mut |_, place, seconds| times[place] = Some(seconds))?;
        let arrived = |piece: &Piece| matches!(piece.content, Content::Arrived(..));
        self.sampled = std::mem::take(&mut self.pieces)
            .into_iter()
            .filter(arrived)
            .map(|piece| (piece.range.start, piece))
            .collect();
        if let Some(survey) = Survey::new(&plan, &times) {
            let work = |range: Range<u64>| survey.work(&range);
            let sampled: f64 = self.sampled.values().map(|piece| work(piece.range.clone())).sum();
            let done = sampled + self.left(&(0..next), work);
            let left = self.left(&(next..trials), work) - sampled;
            lock(self.tally).weigh_anew(done, left.max(0.0));
            self.survey = Some(survey);
        }
        Ok(())
    }
}
