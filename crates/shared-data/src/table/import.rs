//! Arrow record batches to a frame.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_schema::Schema;

use super::{dates, numbers, share, texts};
use crate::block::{Block, BlockMut, check_increasing};
use crate::error::{ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::options::NanPolicy;

/// Choices of every reader of tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableOptions {
    pub(crate) date_column: Option<String>,
    pub(crate) nan_policy: NanPolicy,
}

/// Whether it is looked at that dates increase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Here and now.
    Checked,
    /// When it matters; until then it is somebody's word.
    Claimed,
}

impl Frame {
    /// The frame of a record batch: one column of dates or timestamps, the others numbers or text.
    ///
    /// The dates are the first column of type `Date32`, `Date64` or `Timestamp` of any unit (UTC, or
    /// taken for it), or else the first column when it holds text as [`time::parse`](crate::time::parse)
    /// reads. Numbers are floats of 32 or 64 bits or whole numbers; above 2^53 they become the nearest `f64`.
    /// Both may be coded by a dictionary. Null becomes NaN. Columns of text, dictionary-coded or not,
    /// become text columns; null becomes the empty text.
    ///
    /// A batch of nanosecond timestamps and `Float64` columns without nulls is shared, wherever its
    /// columns lie; several then lie apart, and [`matrix`](Self::matrix) asks for a copy. Any other batch
    /// is copied into one matrix, each value once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDateColumn`], [`ErrorKind::UnsupportedType`], [`ErrorKind::MissingDate`],
    /// [`ErrorKind::BadDate`], [`ErrorKind::DateOutOfRange`]; [`ErrorKind::MissingValue`] for null and NaN with
    /// [`NanPolicy::Reject`]; and those of [`FrameBuilder::build`](crate::FrameBuilder::build).
    pub fn from_record_batch(batch: &RecordBatch, missing: NanPolicy) -> Result<Self> {
        adopt(batch, &TableOptions { date_column: None, nan_policy: missing })
    }
}

/// The frame over a batch's own memory, or else a copy in one matrix.
pub(crate) fn adopt(batch: &RecordBatch, options: &TableOptions) -> Result<Frame> {
    match share::in_place(batch, options, None, Order::Checked) {
        Err(error) if matches!(error.kind(), ErrorKind::NotInPlace { .. }) => {
            assemble(&batch.schema(), std::slice::from_ref(batch), options, None)
        }
        shared => shared,
    }
}

/// One frame of all batches, one matrix; `parent` is the allocation that holds a single batch, if known.
pub(crate) fn assemble(
    schema: &Schema,
    batches: &[RecordBatch],
    options: &TableOptions,
    parent: Option<&Buffer>,
) -> Result<Frame> {
    texts::beside(schema, batches, options, |schema, batches| {
        assemble_numbers(schema, batches, options, parent)
    })
}

/// One frame of dates and numbers.
fn assemble_numbers(
    schema: &Schema,
    batches: &[RecordBatch],
    options: &TableOptions,
    parent: Option<&Buffer>,
) -> Result<Frame> {
    let (date_at, names) = find(schema, options)?;
    let shared = match batches {
        [batch] => share::matrix(batch, date_at, &names, parent),
        _ => None,
    };
    let block = match shared {
        Some(block) => block,
        None => copy(schema, batches, date_at, names)?,
    };
    finish(block, options, Order::Checked, schema.field(date_at).name())
}

/// Where the dates are, and the names of the other columns.
pub(super) fn find(schema: &Schema, options: &TableOptions) -> Result<(usize, Names)> {
    let fields = schema.fields();
    let date_at = dates::find(fields, options.date_column.as_deref())?;
    let values = || fields.iter().enumerate().filter(|&(at, _)| at != date_at);
    let names = Names::new(values().map(|(_, field)| field.name()))
        .map_err(|error| error.after_dates(date_at))?;
    Ok((date_at, names))
}

/// A frame of the block, when its values are what a frame and the options ask for; `date_name` is for
/// messages.
pub(super) fn finish(
    block: Block,
    options: &TableOptions,
    order: Order,
    date_name: &str,
) -> Result<Frame> {
    if order == Order::Checked {
        check_increasing(&block.timestamps).map_err(|error| error.in_column(date_name.trim()))?;
    }
    let frame = Frame::from_block(block);
    if options.nan_policy == NanPolicy::Reject {
        frame.validate_complete()?;
    }
    Ok(frame)
}

fn copy(schema: &Schema, batches: &[RecordBatch], date_at: usize, names: Names) -> Result<Block> {
    let n_rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut block = BlockMut::zeroed(n_rows, names.len())?;
    let mut first_row = 0;
    for batch in batches {
        let rows = first_row..first_row + batch.num_rows();
        for (at, column) in batch.columns().iter().enumerate() {
            let filled = match at.cmp(&date_at) {
                std::cmp::Ordering::Equal => {
                    dates::fill(column, &mut block.timestamps_mut()[rows.clone()], first_row)
                }
                order => {
                    let to = if order.is_lt() { at } else { at - 1 };
                    numbers::fill(column, &mut block.column_mut(to)[rows.clone()])
                }
            };
            filled.map_err(|error| error.in_column(schema.field(at).name()))?;
        }
        first_row = rows.end;
    }
    Ok(block.freeze(names))
}
