//! The frame: timestamps and named columns that are never written again.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;

use crate::block::{Block, BlockMut, Values, check_increasing};
use crate::builder::FrameBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{self, Names};
use crate::rows::RowBuilder;
use crate::text::{Table, TextColumn, TextColumns};
use crate::time;

/// Strictly increasing timestamps and named `f64` columns over them, immutable; text columns, such as
/// an exchange or a regime, may stand beside the numbers.
///
/// A clone or a [`slice`](Frame::slice) copies no values: it raises one reference count. Columns lie
/// one after the other in one buffer; each column of a whole frame starts at a multiple of 64 bytes.
/// Frames over memory of others (a mapped file, arrays of another library) take it as it lies.
///
/// There is at least one column. Names are unique, not empty, and have no white space around them.
/// There may be no rows (an empty slice). Missing values are NaN.
#[derive(Clone)]
pub struct Frame {
    block: Arc<Block>,
    first: usize,
    n_rows: usize,
    /// As long as the block, not as the frame.
    texts: Arc<TextColumns>,
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
        Self::from_parts(block, TextColumns::default())
    }

    /// A frame of numbers and text columns, all equally long, whose dates are known to increase.
    pub(crate) fn from_table(table: Table) -> Self {
        Self::from_parts(table.block, table.texts)
    }

    pub(crate) fn from_parts(block: Block, texts: TextColumns) -> Self {
        let n_rows = block.timestamps.len();
        debug_assert!(texts.columns.iter().all(|column| column.len() == n_rows));
        Self { block: Arc::new(block), first: 0, n_rows, texts: Arc::new(texts) }
    }

    /// The frame with these text columns, as long as it is, instead of those it has.
    pub(crate) fn with_texts(mut self, texts: TextColumns) -> Self {
        debug_assert!(self.first == 0, "text columns are as long as the block");
        self.texts = Arc::new(texts);
        self
    }

    /// Where the values of the whole block lie, of which [`row_range`](Self::row_range) is this frame's.
    pub(crate) fn values(&self) -> &Values {
        &self.block.values
    }

    pub(crate) fn row_range(&self) -> Range<usize> {
        self.first..self.first + self.n_rows
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns of numbers, at least 1.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.block.names.len()
    }

    /// Names of the columns of numbers, in column order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.block.names.as_slice()
    }

    /// Timestamps in Unix nanoseconds UTC, strictly increasing, one a row.
    ///
    /// In a frame over sealed memory that was written by this crate the order is the writer's word, see
    /// [`SharedFrame`](crate::SharedFrame#what-is-checked).
    #[must_use]
    pub fn timestamps(&self) -> &[i64] {
        &self.block.timestamps[self.row_range()]
    }

    /// The timestamps, for work that is wrong unless they increase.
    pub(crate) fn ordered_timestamps(&self) -> Result<&[i64]> {
        let timestamps = self.timestamps();
        check_increasing(timestamps)?;
        Ok(timestamps)
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
        self.block.values.column(index, self.row_range())
    }

    /// Names of the text columns; most frames have none.
    #[must_use]
    pub fn text_names(&self) -> &[String] {
        &self.texts.names
    }

    /// A text column. Nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name.
    pub fn text(&self, name: &str) -> Result<TextColumn> {
        let at = self.texts.position(name);
        let at = at.ok_or_else(|| names::unknown(name, &self.texts.names))?;
        Ok(self.texts.columns[at].slice(self.row_range()))
    }

    /// Names and rows of all text columns. Nothing is copied.
    pub fn text_columns(&self) -> impl ExactSizeIterator<Item = (&str, TextColumn)> {
        let rows = self.row_range();
        let TextColumns { names, columns } = &*self.texts;
        let named = names.iter().zip(columns);
        named.map(move |(name, column)| (name.as_str(), column.slice(rows.clone())))
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
        self.block.values.shared(index, self.row_range())
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
        let (block, texts) = (Arc::clone(&self.block), Arc::clone(&self.texts));
        Ok(Self { block, first, n_rows: end - start, texts })
    }

    /// The columns of those names, in that order, text columns after the numbers. Numbers are copied
    /// into a new buffer, so that the new frame too is one matrix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`] for a name that is not there, [`ErrorKind::DuplicateColumn`]
    /// for one that appears twice, [`ErrorKind::NoColumns`] when there is none of numbers.
    pub fn select<S: AsRef<str>>(&self, names: &[S]) -> Result<Self> {
        Names::new(names)?;
        let is_text = |name: &&S| self.texts.position(name.as_ref()).is_some();
        let (text_names, names): (Vec<&S>, Vec<&S>) = names.iter().partition(is_text);
        let positions =
            names.iter().map(|n| self.position(n.as_ref())).collect::<Result<Vec<_>>>()?;
        let names = Names::new(names)?;
        let mut block = BlockMut::zeroed(self.n_rows, positions.len())?;
        block.timestamps_mut().copy_from_slice(self.timestamps());
        for (to, from) in positions.into_iter().enumerate() {
            block.column_mut(to).copy_from_slice(self.lend(from));
        }
        let mut texts = TextColumns::default();
        for name in text_names {
            texts.columns.push(self.text(name.as_ref())?);
            texts.names.push(name.as_ref().to_owned());
        }
        Ok(Self::from_parts(block.freeze(names), texts))
    }

    /// The same values under other names: each name is given to `rename`. Nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DuplicateColumn`] or [`ErrorKind::EmptyColumnName`] when the new names are no names.
    pub fn renamed(&self, mut rename: impl FnMut(&str) -> String) -> Result<Self> {
        let names: Vec<String> = self.names().iter().map(|name| rename(name)).collect();
        let text_names: Vec<String> =
            self.text_names().iter().map(|name| rename(name).trim().to_owned()).collect();
        Names::new(names.iter().chain(&text_names))?;
        let (timestamps, values) = (self.block.timestamps.clone(), self.block.values.clone());
        let block = Block { timestamps, values, names: Names::new(names)? };
        let texts = TextColumns { names: text_names, columns: self.texts.columns.clone() };
        let (first, n_rows) = (self.first, self.n_rows);
        Ok(Self { block: Arc::new(block), first, n_rows, texts: Arc::new(texts) })
    }

    /// The name that written files give the dates: the first of `date`, `timestamp`, `time`, `date2`,
    /// `date3` and so on that no column has.
    pub(crate) fn date_name(&self) -> String {
        let taken = |name: &str| {
            self.block.names.position(name).is_some() || self.texts.position(name).is_some()
        };
        names::free(&["date", "timestamp", "time"], taken)
    }

    /// Whether both frames hold the same names, timestamps, values and text, bit for bit: NaN equals
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
            && self.text_columns().eq(other.text_columns())
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
