//! How rows are drawn again.

use super::draws::Draws;
use crate::error::{ErrorKind, Result};

/// A way to draw rows of a series again that keeps neighbours together, so that serial correlation
/// within a block survives.
///
/// Every way draws as many rows as there are. [`automatic_block_length`](super::automatic_block_length)
/// proposes a length; blocks of one row are the bootstrap of independent returns.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Bootstrap {
    /// Blocks of random length, geometric with this mean, wrapped around the end: the drawn series
    /// is stationary. Dimitris N. Politis and Joseph P. Romano (1994), "The stationary bootstrap",
    /// Journal of the American Statistical Association 89.
    Stationary {
        /// Mean length of a block in rows, 1 to the number of rows.
        mean_block: f64,
    },
    /// Blocks of one length from anywhere within the series. Rows near its ends are drawn less often.
    /// Hans R. Künsch (1989), "The jackknife and the bootstrap for general stationary observations",
    /// Annals of Statistics 17.
    MovingBlock {
        /// Rows of a block, 1 to the number of rows.
        block: usize,
    },
    /// Blocks of one length, wrapped around the end. Politis and Romano (1992), "A circular
    /// block-resampling procedure for stationary data".
    CircularBlock {
        /// Rows of a block, 1 to the number of rows.
        block: usize,
    },
}

impl Bootstrap {
    /// Checks the length of the blocks against the number of rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] outside 1 to the number of rows, [`ErrorKind::TooFewRows`]
    /// without rows.
    pub fn check(&self, n_rows: usize) -> Result<()> {
        if n_rows == 0 {
            let estimator = "a bootstrap";
            return Err(ErrorKind::TooFewRows { estimator, needed: 1, got: 0 }.into());
        }
        let value = match self {
            Self::Stationary { mean_block } => *mean_block,
            Self::MovingBlock { block } | Self::CircularBlock { block } => *block as f64,
        };
        if (1.0..=n_rows as f64).contains(&value) {
            return Ok(());
        }
        let (name, expected) = ("block length", "1 to the number of rows");
        Err(ErrorKind::InvalidParameter { name, value, expected }.into())
    }

    /// Hands out the drawn rows in order, `n_rows` of them, for a length that was checked.
    pub(crate) fn rows(&self, n_rows: usize, draws: &mut Draws, mut take: impl FnMut(usize)) {
        match *self {
            Self::Stationary { mean_block } => {
                let ends = 1.0 / mean_block;
                let mut row = draws.below(n_rows);
                take(row);
                for _ in 1..n_rows {
                    row = if draws.happens(ends) { draws.below(n_rows) } else { row + 1 };
                    if row == n_rows {
                        row = 0;
                    }
                    take(row);
                }
            }
            Self::MovingBlock { block } => {
                for done in (0..n_rows).step_by(block) {
                    let start = draws.below(n_rows - block + 1);
                    (start..start + block.min(n_rows - done)).for_each(&mut take);
                }
            }
            Self::CircularBlock { block } => {
                for done in (0..n_rows).step_by(block) {
                    let start = draws.below(n_rows);
                    (start..start + block.min(n_rows - done)).for_each(|row| take(row % n_rows));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(way: Bootstrap, n_rows: usize, path: usize) -> Vec<usize> {
        let mut rows = Vec::new();
        way.rows(n_rows, &mut Draws::of_path(3, path), |row| rows.push(row));
        rows
    }

    #[test]
    fn as_many_rows_as_there_are_and_blocks_that_hold_together() {
        for n_rows in [1, 7, 100] {
            for block in [1, 3, 7] {
                if block > n_rows {
                    continue;
                }
                for path in 0..20 {
                    let moving = drawn(Bootstrap::MovingBlock { block }, n_rows, path);
                    let circular = drawn(Bootstrap::CircularBlock { block }, n_rows, path);
                    assert_eq!((moving.len(), circular.len()), (n_rows, n_rows));
                    for rows in moving.chunks(block) {
                        assert!(rows.windows(2).all(|pair| pair[1] == pair[0] + 1));
                    }
                    for rows in circular.chunks(block) {
                        assert!(rows.windows(2).all(|pair| pair[1] == (pair[0] + 1) % n_rows));
                    }
                }
            }
        }
    }

    #[test]
    fn stationary_blocks_have_their_mean_length_and_every_row_its_share() {
        let (n_rows, mean_block) = (50, 5.0);
        let (mut seams, mut counts) = (0.0, vec![0.0; n_rows]);
        let paths = 4_000;
        for path in 0..paths {
            let rows = drawn(Bootstrap::Stationary { mean_block }, n_rows, path);
            assert_eq!(rows.len(), n_rows);
            seams += rows.windows(2).filter(|p| p[1] != (p[0] + 1) % n_rows).count() as f64;
            rows.iter().for_each(|row| counts[*row] += 1.0);
        }
        // A new block begins with probability 1/5, and goes on in the next row by chance in one of
        // fifty cases. 196,000 chances: the share is known to 0.001.
        let share = seams / (49.0 * paths as f64);
        assert!((share - 0.2 * 49.0 / 50.0).abs() < 0.005, "{share}");
        // Each row is drawn once a path on average, with a variance below that of a block: 9.
        let error = (9.0 / paths as f64).sqrt();
        for count in counts {
            assert!((count / paths as f64 - 1.0).abs() < 5.0 * error, "{count}");
        }
    }

    #[test]
    fn block_lengths_that_do_not_fit_are_named() {
        let message = |way: Bootstrap| way.check(10).unwrap_err().to_string();
        for way in [
            Bootstrap::Stationary { mean_block: 0.5 },
            Bootstrap::Stationary { mean_block: f64::NAN },
            Bootstrap::MovingBlock { block: 0 },
            Bootstrap::CircularBlock { block: 11 },
        ] {
            assert!(message(way).contains("expected 1 to the number of rows"), "{way:?}");
        }
        assert!(Bootstrap::MovingBlock { block: 10 }.check(10).is_ok());
        assert!(Bootstrap::Stationary { mean_block: 1.0 }.check(0).is_err());
    }
}
