//! Joins on the nearest timestamp in one direction.

use super::gather::{NO_ROW, gather};
use crate::error::{ErrorKind, Result};
use crate::frame::Frame;

/// Where an [`AsOf`] join looks for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Direction {
    /// The last row at or before the time: what was known then. The only one without look-ahead.
    #[default]
    Backward,
    /// The first row at or after the time, which lies in the future.
    Forward,
    /// The nearer of the two, the earlier one when both are equally near. It may lie in the future.
    Nearest,
}

/// Puts beside each row of one frame the row of another that was the last one then.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`tolerance`](Self::tolerance) | any distance | how far away a row may be, in nanoseconds, that distance included |
/// | [`direction`](Self::direction) | [`Direction::Backward`] | where the row is looked for |
/// | [`exact_matches`](Self::exact_matches) | yes | whether a row of the very same time counts |
///
/// Every row of the left frame stays, and no other is added. Where no row of the right frame is near
/// enough, its columns are NaN. The row found is taken as it is: a NaN in it is not replaced by an
/// earlier value. These are the rules of `merge_asof` in pandas.
///
/// ```
/// use tangency_shared_data::Frame;
/// use tangency_shared_data::align::AsOf;
///
/// let trades = Frame::builder(&[10, 20, 30]).column("price", &[1.0, 2.0, 3.0]).build()?;
/// let quotes = Frame::builder(&[8, 19]).column("bid", &[0.9, 1.9]).build()?;
/// let both = AsOf::new().tolerance(5).join(&trades, &quotes)?;
/// assert_eq!(both.column("bid")?[..2], [0.9, 1.9]);
/// assert!(both.column("bid")?[2].is_nan()); // 11 ns after the last quote
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a join does nothing until it is given two frames"]
pub struct AsOf {
    tolerance: Option<i64>,
    direction: Direction,
    exact_matches: bool,
}

impl Default for AsOf {
    fn default() -> Self {
        Self { tolerance: None, direction: Direction::Backward, exact_matches: true }
    }
}

impl AsOf {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how far away a row may be, in nanoseconds.
    pub fn tolerance(mut self, nanos: i64) -> Self {
        self.tolerance = Some(nanos);
        self
    }

    /// Sets where the row is looked for.
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Sets whether a row of the very same time counts.
    pub fn exact_matches(mut self, allow: bool) -> Self {
        self.exact_matches = allow;
        self
    }

    /// The columns of the left frame, then those of the right one, over the rows of the left one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadSpan`] for a negative tolerance; [`ErrorKind::DuplicateColumn`] when both frames
    /// use a name, which [`Frame::renamed`] mends; [`ErrorKind::TooLarge`].
    pub fn join(&self, left: &Frame, right: &Frame) -> Result<Frame> {
        if let Some(nanos) = self.tolerance.filter(|&nanos| nanos < 0) {
            return Err(ErrorKind::BadSpan { nanos }.into());
        }
        let (times, theirs) = (left.ordered_timestamps()?, right.ordered_timestamps()?);
        let rows = times.iter().map(|&t| self.find(t, theirs)).collect();
        let all = (0..left.n_rows()).collect();
        gather(times, &[(left, all), (right, rows)])
    }

    fn find(&self, time: i64, timestamps: &[i64]) -> usize {
        let before = timestamps.partition_point(|&t| t < time);
        let equal = timestamps.get(before) == Some(&time);
        if equal && self.exact_matches {
            return before;
        }
        let after = before + usize::from(equal);
        let near = |row: usize| {
            let distance = timestamps.get(row)?.abs_diff(time);
            let limit = self.tolerance.map_or(u64::MAX, i64::unsigned_abs);
            (distance <= limit).then_some((distance, row))
        };
        let backward = before.checked_sub(1).and_then(near);
        let forward = near(after);
        let found = match self.direction {
            Direction::Backward => backward,
            Direction::Forward => forward,
            // Of equal distances the first, which is the earlier.
            Direction::Nearest => [backward, forward].into_iter().flatten().min_by_key(|f| f.0),
        };
        found.map_or(NO_ROW, |(_, row)| row)
    }
}
