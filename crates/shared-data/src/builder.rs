//! A frame column by column.

use std::borrow::Cow;

use crate::block::{BlockMut, check_increasing};
use crate::error::{ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::text::{TextColumn, TextColumns};

/// Collects timestamps and whole columns for a [`Frame`].
///
/// Borrowed slices stay borrowed until [`build`](FrameBuilder::build), which copies each value once,
/// into the frame's buffer.
///
/// ```
/// use tangency_shared_data::{Frame, time};
///
/// let dates = [time::parse("2020-01-30")?, time::parse("2020-01-31")?];
/// let closes = vec![1.5, 1.25];
/// let frame = Frame::builder(&dates).column("AAPL", &closes).column("MSFT", vec![7.0, 8.0]).build()?;
/// assert_eq!((frame.n_rows(), frame.n_columns()), (2, 2));
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct FrameBuilder<'a> {
    timestamps: Cow<'a, [i64]>,
    names: Vec<String>,
    columns: Vec<Cow<'a, [f64]>>,
    texts: TextColumns,
}

impl<'a> FrameBuilder<'a> {
    /// Starts with the timestamps, in Unix nanoseconds UTC, one a row.
    pub fn new(timestamps: impl Into<Cow<'a, [i64]>>) -> Self {
        Self {
            timestamps: timestamps.into(),
            names: Vec::new(),
            columns: Vec::new(),
            texts: TextColumns::default(),
        }
    }

    /// Adds a column of one value a row; NaN stands for a missing value.
    pub fn column(mut self, name: impl Into<String>, values: impl Into<Cow<'a, [f64]>>) -> Self {
        self.names.push(name.into());
        self.columns.push(values.into());
        self
    }

    /// Adds a column of one text a row.
    pub fn text_column(mut self, name: impl Into<String>, column: TextColumn) -> Self {
        self.texts.names.push(name.into());
        self.texts.columns.push(column);
        self
    }

    /// Checks everything and lays out the frame.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unordered`] or [`ErrorKind::Repeated`] unless each timestamp comes after the one
    /// before; [`ErrorKind::ColumnLength`] for a column that is longer or shorter than the
    /// timestamps; [`ErrorKind::NoColumns`], [`ErrorKind::EmptyColumnName`],
    /// [`ErrorKind::DuplicateColumn`] for the names; [`ErrorKind::TooLarge`] for sizes that
    /// overflow.
    pub fn build(self) -> Result<Frame> {
        let Self { timestamps, names, columns, mut texts } = self;
        Names::new(names.iter().chain(&texts.names))?;
        let names = Names::new(names)?;
        let needed = timestamps.len();
        for (name, column) in texts.names.iter_mut().zip(&texts.columns) {
            *name = name.trim().to_owned();
            if column.len() != needed {
                let kind = ErrorKind::ColumnLength { needed, got: column.len() };
                return Err(crate::Error::from(kind).in_column(name));
            }
        }
        for (name, values) in names.as_slice().iter().zip(&columns) {
            if values.len() != needed {
                let kind = ErrorKind::ColumnLength { needed, got: values.len() };
                return Err(crate::Error::from(kind).in_column(name));
            }
        }
        check_increasing(&timestamps)?;
        let mut block = BlockMut::zeroed(needed, columns.len())?;
        block.timestamps_mut().copy_from_slice(&timestamps);
        for (at, values) in columns.iter().enumerate() {
            block.column_mut(at).copy_from_slice(values);
        }
        Ok(Frame::from_parts(block.freeze(names), texts))
    }
}
