//! How many items a worker takes at a time.

use crate::error::{ErrorKind, Result};

/// How many items a worker takes from the batch at a time.
///
/// The choice moves time about, never results: those are the same for every chunking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Chunking {
    /// This many, at least 1. `Fixed(1)` balances best and suits items of 10 microseconds and up.
    Fixed(usize),
    /// One equal part for each worker: the least overhead, for items that all take the same time.
    Static,
    /// Four parts for each worker, `items / (workers * 4)` and at least 1: small enough to even out
    /// items of different length, large enough to hide the cost of taking them.
    #[default]
    Auto,
}

impl Chunking {
    /// Items in a chunk for a batch of `items` on `workers`.
    pub(crate) fn size(self, items: usize, workers: usize) -> Result<usize> {
        let workers = workers.max(1);
        Ok(match self {
            Self::Fixed(0) => return Err(ErrorKind::EmptyChunks.into()),
            Self::Fixed(size) => size,
            Self::Static => items.div_ceil(workers).max(1),
            Self::Auto => (items / workers.saturating_mul(4)).max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(Chunking::Fixed(7).size(100, 4).unwrap(), 7);
        assert_eq!(Chunking::Static.size(100, 4).unwrap(), 25);
        assert_eq!(Chunking::Static.size(101, 4).unwrap(), 26);
        assert_eq!(Chunking::Static.size(0, 4).unwrap(), 1);
        assert_eq!(Chunking::Auto.size(1600, 4).unwrap(), 100);
        assert_eq!(Chunking::Auto.size(15, 4).unwrap(), 1);
        assert_eq!(Chunking::Auto.size(0, 4).unwrap(), 1);
        let error = Chunking::Fixed(0).size(10, 1).unwrap_err();
        assert_eq!(error.to_string(), "a chunk needs at least 1 item, got 0");
    }
}
