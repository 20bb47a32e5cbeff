//! A frame row by row.

use crate::block::{BlockMut, not_increasing};
use crate::error::{ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;

/// Collects rows for a [`Frame`], as they arrive.
///
/// ```
/// use tangency_shared_data::Frame;
///
/// let mut rows = Frame::rows(["bid", "ask"])?;
/// rows.push(1_000, &[1.0712, 1.0714])?;
/// rows.push(2_000, &[1.0711, 1.0713])?;
/// let frame = rows.build()?;
/// assert_eq!(frame.column("ask")?, [1.0714, 1.0713]);
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RowBuilder {
    names: Names,
    timestamps: Vec<i64>,
    /// Row after row.
    values: Vec<f64>,
}

impl RowBuilder {
    /// Starts with the column names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoColumns`], [`ErrorKind::EmptyColumnName`], [`ErrorKind::DuplicateColumn`].
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self> {
        Ok(Self { names: Names::new(names)?, timestamps: Vec::new(), values: Vec::new() })
    }

    /// Number of rows so far.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.timestamps.len()
    }

    /// Adds a row: its timestamp in Unix nanoseconds UTC and one value a column; NaN stands for a
    /// missing value. After an error the rows are as they were before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RowLength`] when there is not one value a column; [`ErrorKind::Unordered`] or
    /// [`ErrorKind::Repeated`] unless the timestamp comes after that of the row before.
    pub fn push(&mut self, timestamp: i64, values: &[f64]) -> Result<()> {
        let row = self.n_rows();
        let (needed, got) = (self.names.len(), values.len());
        if needed != got {
            return Err(ErrorKind::RowLength { row, needed, got }.into());
        }
        if let Some(&previous) = self.timestamps.last()
            && previous >= timestamp
        {
            return Err(not_increasing(row, previous, timestamp));
        }
        self.timestamps.push(timestamp);
        self.values.extend_from_slice(values);
        Ok(())
    }

    /// Lays out the frame; each value is copied once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] for sizes that overflow.
    pub fn build(self) -> Result<Frame> {
        let Self { names, timestamps, values } = self;
        let n_columns = names.len();
        let mut block = BlockMut::zeroed(timestamps.len(), n_columns)?;
        block.timestamps_mut().copy_from_slice(&timestamps);
        block.set_rows(0, &values);
        Ok(Frame::from_block(block.freeze(names)))
    }
}
