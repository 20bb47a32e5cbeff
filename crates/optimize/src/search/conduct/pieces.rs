//! What a window of a study consists of.

use std::ops::Range;

use super::super::journal::Measured;
use super::super::report::Trial;
use super::super::sink::StudyTrial;
use super::super::source::Proposal;

/// Neighbouring trials of a window.
pub(super) struct Piece {
    pub(super) range: Range<u64>,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// The journal has them.
    Held,
    Awaited,
    Arrived(Vec<Proposal>, Vec<Measured>),
}

impl Piece {
    pub(super) fn held((first, count): (u64, u64)) -> Self {
        Self { range: first..first + count, content: Content::Held }
    }

    pub(super) fn awaited(range: Range<u64>) -> Self {
        Self { range, content: Content::Awaited }
    }
}

/// Cuts a window into what is known of it, which comes in order, and even tiles of what is not, of at most
/// `tile` trials.
pub(super) fn lay_out(
    window: Range<u64>,
    tile: u64,
    known: impl Iterator<Item = Piece>,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = window.start;
    for piece in known {
        pieces.extend(even_tiles(at..piece.range.start, tile));
        at = piece.range.end;
        pieces.push(piece);
    }
    pieces.extend(even_tiles(at..window.end, tile));
    pieces
}

fn even_tiles(range: Range<u64>, tile: u64) -> impl Iterator<Item = Piece> {
    let trials = range.end - range.start;
    let tiles = trials.div_ceil(tile);
    let edge = move |tile: u64| {
        range.start + (u128::from(trials) * u128::from(tile) / u128::from(tiles)) as u64
    };
    (0..tiles).map(move |tile| Piece::awaited(edge(tile)..edge(tile + 1)))
}

/// A piece as the sink takes it.
pub(super) fn trials_of(
    range: Range<u64>,
    proposals: Vec<Proposal>,
    measured: Vec<Measured>,
) -> Vec<StudyTrial> {
    let trial = |((index, proposal), outcome): ((u64, Proposal), Measured)| Trial {
        index: index as usize,
        params: proposal.params,
        budget: proposal.budget,
        outcome,
    };
    range.zip(proposals).zip(measured).map(trial).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(window: Range<u64>, tile: u64, known: &[(u64, u64)]) -> Vec<(Range<u64>, bool)> {
        let pieces = lay_out(window, tile, known.iter().copied().map(Piece::held));
        let is_held = |piece: &Piece| matches!(piece.content, Content::Held);
        pieces.into_iter().map(|piece| (piece.range.clone(), is_held(&piece))).collect()
    }

    #[test]
    fn tiles_lie_between_what_is_known() {
        assert_eq!(cut(5..12, 3, &[]), [(5..7, false), (7..9, false), (9..12, false)]);
        assert_eq!(
            cut(0..10, 4, &[(0, 1), (6, 2)]),
            [(0..1, true), (1..3, false), (3..6, false), (6..8, true), (8..10, false)]
        );
        assert_eq!(cut(3..6, 4, &[(3, 3)]), [(3..6, true)]);
        assert_eq!(cut(3..3, 4, &[]), []);
    }
}
