//! Arrow record batches to a frame.

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_schema::Schema;

use super::{dates, numbers, share};
use crate::block::{BlockMut, check_increasing};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::options::NanPolicy;

/// Choices of every reader of tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableOptions {
    pub(crate) date_column: Option<String>,
    pub(crate) nan_policy: NanPolicy,
}

impl Frame {
    /// The frame of a record batch: one column of dates or timestamps, the others numbers.
    ///
    /// The dates are the first column of type `Date32`, `Date64` or `Timestamp` of any unit (UTC, or
    /// taken for it), or else the first column when it holds text as [`time::parse`](crate::time::parse)
    /// reads. Numbers are floats of 32 or 64 bits or whole numbers; above 2^53 they become the nearest `f64`.
    /// Null becomes NaN.
    ///
    /// A batch of nanosecond timestamps and one 64-byte aligned `Float64` column without nulls is
    /// shared. Several columns are copied into one buffer, once, because a frame is one matrix.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDateColumn`], [`ErrorKind::UnsupportedType`], [`ErrorKind::MissingDate`],
    /// [`ErrorKind::BadDate`], [`ErrorKind::DateOutOfRange`]; [`ErrorKind::MissingValue`] for null and NaN with
    /// [`NanPolicy::Reject`]; and those of [`FrameBuilder::build`](crate::FrameBuilder::build).
    pub fn from_record_batch(batch: &RecordBatch, missing: NanPolicy) -> Result<Self> {
        let options = TableOptions { date_column: None, nan_policy: missing };
        assemble(&batch.schema(), std::slice::from_ref(batch), &options, None)
    }
}

/// One frame of all batches; `parent` is the allocation that holds a single batch, if known.
pub(crate) fn assemble(
    schema: &Schema,
    batches: &[RecordBatch],
    options: &TableOptions,
    parent: Option<&Buffer>,
) -> Result<Frame> {
    let fields = schema.fields();
    let date_at = dates::find(fields, options.date_column.as_deref())?;
    let values = || fields.iter().enumerate().filter(|&(at, _)| at != date_at);
    let names = Names::new(values().map(|(_, field)| field.name()))
        .map_err(|error| error.after_dates(date_at))?;
    let shared = match batches {
        [batch] => share::share(batch, date_at, &names, parent),
        _ => None,
    };
    let block = match shared {
        Some(block) => block,
        None => copy(schema, batches, date_at, names)?,
    };
    check_increasing(&block.timestamps)?;
    let frame = Frame::from_block(block);
    if options.nan_policy == NanPolicy::Reject {
        frame.validate_complete()?;
    }
    Ok(frame)
}

fn copy(
    schema: &Schema,
    batches: &[RecordBatch],
    date_at: usize,
    names: Names,
) -> Result<crate::block::Block> {
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
            filled.map_err(|error: Error| match error.kind() {
                ErrorKind::MissingDate { .. } => error,
                _ => error.in_column(schema.field(at).name()),
            })?;
        }
        first_row = rows.end;
    }
    Ok(block.freeze(names))
}
