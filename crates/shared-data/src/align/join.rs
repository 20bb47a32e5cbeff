//! Joins on equal timestamps.

use super::gather::{NO_ROW, gather};
use crate::error::{ErrorKind, Result};
use crate::frame::Frame;

/// Which timestamps a [`join`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Join {
    /// Those that every frame has: rows of the others are dropped, nothing is NaN that was not before.
    Inner,
    /// Those that any frame has: columns of a frame without that row are NaN there.
    Outer,
    /// Those of the first frame: rows of the others are dropped or NaN accordingly.
    Left,
}

/// Puts the columns of all frames side by side, matched on equal timestamps.
///
/// The columns stand in the order of the frames. An inner join of frames without a common timestamp
/// has no rows. Each value is copied once.
///
/// ```
/// use tangency_shared_data::Frame;
/// use tangency_shared_data::align::{Join, join};
///
/// let stock = Frame::builder(&[1, 2, 3]).column("stock", &[10.0, 11.0, 12.0]).build()?;
/// let index = Frame::builder(&[2, 3, 4]).column("index", &[50.0, 51.0, 52.0]).build()?;
/// let both = join(&[&stock, &index], Join::Inner)?;
/// assert_eq!(both.timestamps(), [2, 3]);
/// let any = join(&[&stock, &index], Join::Outer)?;
/// assert_eq!(any.timestamps(), [1, 2, 3, 4]);
/// assert!(any.column("index")?[0].is_nan());
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::NoFrames`]; [`ErrorKind::DuplicateColumn`] when two frames use a name, which
/// [`Frame::renamed`] mends; [`ErrorKind::TooLarge`].
pub fn join(frames: &[&Frame], how: Join) -> Result<Frame> {
    let Some((first, others)) = frames.split_first() else {
        return Err(ErrorKind::NoFrames.into());
    };
    let mut timestamps = first.ordered_timestamps()?.to_vec();
    for frame in others {
        let theirs = frame.ordered_timestamps()?;
        match how {
            Join::Inner => timestamps = common(&timestamps, theirs),
            Join::Outer => timestamps = union(&timestamps, theirs),
            Join::Left => {}
        }
    }
    let parts: Vec<_> =
        frames.iter().map(|&frame| (frame, places(&timestamps, frame.timestamps()))).collect();
    gather(&timestamps, &parts)
}

fn common(a: &[i64], b: &[i64]) -> Vec<i64> {
    let rows = places(a, b);
    a.iter().zip(rows).filter(|&(_, row)| row != NO_ROW).map(|(&t, _)| t).collect()
}

fn union(a: &[i64], b: &[i64]) -> Vec<i64> {
    let mut all = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) | (None, Some(&x)) => x,
            (None, None) => return all,
        };
        a.next_if_eq(&next);
        b.next_if_eq(&next);
        all.push(next);
    }
}

/// For each wanted timestamp the row that has it; both lists increase.
fn places(wanted: &[i64], timestamps: &[i64]) -> Vec<usize> {
    let mut row = 0;
    let place = |&t: &i64| {
        while timestamps.get(row).is_some_and(|&own| own < t) {
            row += 1;
        }
        if timestamps.get(row) == Some(&t) { row } else { NO_ROW }
    };
    wanted.iter().map(place).collect()
}
