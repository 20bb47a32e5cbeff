//! The frame: timestamps and named columns that are never written again.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;
use nalgebra::{Const, DMatrixView, Dyn};

use crate::block::{Block, BlockMut};
use crate::builder::FrameBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::names::Names;
use crate::rows::RowBuilder;
use crate::time;

/// Strictly increasing timestamps and named `f64` columns over them, immutable.
///
/// A clone or a [`slice`](Frame::slice) copies no values: it raises one reference count. Columns lie
/// one after the other in one buffer; each column of a whole frame starts at a multiple of 64 bytes.
///
/// There is at least one column. Names are unique, not empty, and have no white space around them.
/// There may be no rows (an empty slice). Missing values are NaN.
#[derive(Clone)]
pub struct Frame {
    block: Arc<Block>,
    first: usize,
    n_rows: usize,
}

impl Frame {
    /// Starts a frame from its timestamps, in Unix nanoseconds UTC; columns follow.
    ///
    /// ```
    /// use tangency_shared_data::Frame;
    ///
    /// let closes = Frame::builder(&[0, 86_400_000_000_000]).column("AAPL", &[1.5, 1.6]).build()?;
    /// assert_eq!(closes.column("AAPL")?, [1.5, 1.6]);
    /// # Ok::<(), tangency_shared_data::Error>(())
    /// ```
    pub fn builder<'a>(timestamps: impl Into<Cow<'a, [i64]>>) -> FrameBuilder<'a> {
        FrameBuilder::new(timestamps)
    }

    /// Starts a frame from its column names; rows follow.
    ///
    /// # Errors
    ///
    /// When there is no name, or one is empty or appears twice.
    pub fn rows<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<RowBuilder> {
        RowBuilder::new(names)
    }

    pub(crate) fn from_block(block: Block) -> Self {
        let n_rows = block.timestamps.len();
        Self { block: Arc::new(block), first: 0, n_rows }
    }

    pub(crate) fn row_range(&self) -> Range<usize> {
        self.first..self.first + self.n_rows
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of value columns, at least 1.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.block.names.len()
    }

    /// Column names, in column order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.block.names.as_slice()
    }

    /// Timestamps in Unix nanoseconds UTC, strictly increasing, one a row.
    #[must_use]
    pub fn timestamps(&self) -> &[i64] {
        &self.block.timestamps[self.row_range()]
    }

    /// Position of a column.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.block.names.find(name)
    }

    /// The values of a column, one a row. Nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name.
    pub fn column(&self, name: &str) -> Result<&[f64]> {
        Ok(self.lend(self.position(name)?))
    }

    /// The values of the column at a position, from 0. Nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnOutOfRange`] when there are not as many columns.
    pub fn column_at(&self, index: usize) -> Result<&[f64]> {
        let n_columns = self.n_columns();
        if index >= n_columns {
            return Err(ErrorKind::ColumnOutOfRange { index, n_columns }.into());
        }
        Ok(self.lend(index))
    }

    /// Names and values of all columns, in column order. Nothing is copied.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &[f64])> + Clone {
        self.names().iter().enumerate().map(|(at, name)| (name.as_str(), self.lend(at)))
    }

    fn lend(&self, index: usize) -> &[f64] {
        let start = index * self.block.stride + self.first;
        &self.block.values[start..start + self.n_rows]
    }

    /// The timestamps as a buffer that keeps the memory alive.
    pub(crate) fn shared_timestamps(&self) -> ScalarBuffer<i64> {
        self.block.timestamps.slice(self.first, self.n_rows)
    }

    /// Each column as a buffer that keeps the memory alive.
    pub(crate) fn shared_columns(&self) -> impl Iterator<Item = ScalarBuffer<f64>> {
        (0..self.n_columns()).map(|at| self.shared_column(at))
    }

    /// The column at a position, which must be there, as a buffer that keeps the memory alive.
    pub(crate) fn shared_column(&self, index: usize) -> ScalarBuffer<f64> {
        let Block { values, stride, .. } = &*self.block;
        values.slice(index * stride + self.first, self.n_rows)
    }

    /// All values as a matrix, rows by columns, column-major. Nothing is copied.
    ///
    /// Successive columns are further apart than there are rows whenever columns are padded or the
    /// frame is a slice.
    #[must_use]
    pub fn matrix(&self) -> DMatrixView<'_, f64> {
        let (rows, columns) = (Dyn(self.n_rows), Dyn(self.n_columns()));
        if self.n_rows == 0 {
            return DMatrixView::from_slice_with_strides_generic(
                &[],
                rows,
                columns,
                Const::<1>,
                Dyn(0),
            );
        }
        let stride = Dyn(self.block.stride);
        let values = &self.block.values[self.first..];
        DMatrixView::from_slice_with_strides_generic(values, rows, columns, Const::<1>, stride)
    }

    /// The rows of a half-open range, over the same memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RowsOutOfRange`] when the range ends after the last row or before it starts.
    pub fn slice(&self, rows: Range<usize>) -> Result<Self> {
        let Range { start, end } = rows;
        if start > end || end > self.n_rows {
            return Err(ErrorKind::RowsOutOfRange { start, end, n_rows: self.n_rows }.into());
        }
        let first = self.first + start;
        Ok(Self { block: Arc::clone(&self.block), first, n_rows: end - start })
    }

    /// The columns of those names, in that order. The values are copied into a new buffer, so
    /// that the new frame too is one matrix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`] for a name that is not there, [`ErrorKind::DuplicateColumn`]
    /// for one that appears twice, [`ErrorKind::NoColumns`] when there is none.
    pub fn select<S: AsRef<str>>(&self, names: &[S]) -> Result<Self> {
        let positions =
            names.iter().map(|n| self.position(n.as_ref())).collect::<Result<Vec<_>>>()?;
        let names = Names::new(names)?;
        let mut block = BlockMut::zeroed(self.n_rows, positions.len())?;
        block.timestamps_mut().copy_from_slice(self.timestamps());
        for (to, from) in positions.into_iter().enumerate() {
            block.column_mut(to).copy_from_slice(self.lend(from));
        }
        Ok(Self::from_block(block.freeze(names)))
    }

    /// The name that written files give the dates: `date`, unless a column is called so.
    pub(crate) fn date_name(&self) -> &'static str {
        const NAMES: [&str; 3] = ["date", "timestamp", "time"];
        let free = |name: &&&str| self.block.names.position(name).is_none();
        // Readers look for dates by place and type first, so even a clash would do no harm.
        NAMES.iter().find(free).unwrap_or(&"date")
    }

    /// Whether both frames hold the same names, timestamps and values, bit for bit: NaN equals
    /// the same NaN, and 0 differs from -0.
    #[must_use]
    pub fn same_bits(&self, other: &Self) -> bool {
        let bits = |v: &f64| v.to_bits();
        self.names() == other.names()
            && self.timestamps() == other.timestamps()
            && self
                .columns()
                .zip(other.columns())
                .all(|((_, a), (_, b))| a.iter().map(bits).eq(b.iter().map(bits)))
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dates = self.timestamps();
        let span = match (dates.first(), dates.last()) {
            (Some(&a), Some(&b)) => format!("{}..={}", time::format_date(a), time::format_date(b)),
            _ => "empty".to_owned(),
        };
        let names = self.names();
        f.debug_struct("Frame")
            .field("n_rows", &self.n_rows)
            .field("n_columns", &self.n_columns())
            .field("dates", &format_args!("{span}"))
            .field("names", &&names[..names.len().min(8)])
            .finish_non_exhaustive()
    }
}

// A frame is lent to every worker; this fails to compile should that ever stop being possible.
const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Frame>();
    shareable::<Error>();
};
