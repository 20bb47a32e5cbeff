//! Frames over memory that Arrow arrays stand on already.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampNanosecondType};
use arrow_array::{Array, Float64Array, RecordBatch};
use arrow_buffer::{Buffer, ScalarBuffer};

use super::import::{Order, TableOptions, find, finish};
use super::texts;
use crate::block::{Block, LANE, Values};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;

/// Timestamps and columns of a batch that need no conversion.
struct Plain<'a> {
    timestamps: ScalarBuffer<i64>,
    columns: Vec<&'a Float64Array>,
}

/// The frame over the batch's own memory, or an error that says why that cannot be.
///
/// With the allocation that holds the whole batch, columns at equal distances in it become one
/// matrix; others lie apart. Columns of text stand beside them, and are copied as ever.
pub(crate) fn in_place(
    batch: &RecordBatch,
    options: &TableOptions,
    parent: Option<&Buffer>,
    order: Order,
) -> Result<Frame> {
    texts::beside(&batch.schema(), std::slice::from_ref(batch), options, |_, rest| match rest {
        [numbers] => numbers_in_place(numbers, options, parent, order),
        // One batch goes in, so one comes out.
        _ => Err(ErrorKind::NoRows.into()),
    })
}

fn numbers_in_place(
    batch: &RecordBatch,
    options: &TableOptions,
    parent: Option<&Buffer>,
    order: Order,
) -> Result<Frame> {
    let schema = batch.schema();
    let (date_at, names) = find(&schema, options)?;
    let Plain { timestamps, columns } = plain(batch, date_at)?;
    let values = match parent.and_then(|parent| span(&columns, parent)) {
        Some(matrix) => matrix,
        None => Values::Apart(columns.iter().map(|column| column.values().clone()).collect()),
    };
    finish(Block { timestamps, values, names }, options, order, schema.field(date_at).name())
}

/// One matrix over the batch's own memory, or `None` where the layout does not allow it: when
/// values would have to be converted, or the columns do not lie at equal distances, a multiple of
/// 64 bytes, in one allocation. An array alone does not tell which allocation it belongs to, so
/// `parent` must be given for more than one column.
pub(super) fn matrix(
    batch: &RecordBatch,
    date_at: usize,
    names: &Names,
    parent: Option<&Buffer>,
) -> Option<Block> {
    let Plain { timestamps, columns } = plain(batch, date_at).ok()?;
    let values = match (columns.as_slice(), parent) {
        ([only], _) => Values::Matrix {
            values: only.values().clone(),
            stride: only.len().next_multiple_of(LANE),
        },
        (columns, Some(parent)) => span(columns, parent)?,
        _ => return None,
    };
    Some(Block { timestamps, values, names: names.clone() })
}

fn plain(batch: &RecordBatch, date_at: usize) -> Result<Plain<'_>> {
    let schema = batch.schema();
    let refused = |at: usize, reason: String| {
        let name: &str = schema.field(at).name();
        Error::from(ErrorKind::NotInPlace { reason }).in_column(name)
    };
    let complete = |at: usize| match batch.column(at).null_count() {
        0 => Ok(()),
        nulls => Err(refused(at, format!("{nulls} values are null, a frame has NaN for them"))),
    };
    let of_type = |at: usize, wanted: &str| {
        refused(at, format!("it holds {}, not {wanted}", batch.column(at).data_type()))
    };
    complete(date_at)?;
    let dates = batch.column(date_at).as_primitive_opt::<TimestampNanosecondType>();
    let dates = dates.ok_or_else(|| of_type(date_at, "timestamps in nanoseconds"))?;
    let mut columns = Vec::with_capacity(schema.fields().len() - 1);
    for at in (0..schema.fields().len()).filter(|&at| at != date_at) {
        complete(at)?;
        let column = batch.column(at).as_primitive_opt::<Float64Type>();
        columns.push(column.ok_or_else(|| of_type(at, "64-bit floats"))?);
    }
    Ok(Plain { timestamps: dates.values().clone(), columns })
}

/// The stretch of the parent from the first column to the end of the last, when columns lie at
/// equal distances in it.
fn span(columns: &[&Float64Array], parent: &Buffer) -> Option<Values> {
    const SIZE: usize = size_of::<f64>();
    let base = parent.as_ptr() as usize;
    let start = |column: &Float64Array| (column.values().as_ptr() as usize).checked_sub(base);
    let n_rows = columns.first()?.len();
    let first = start(columns.first()?)?;
    let distance = start(columns.get(1)?)?.checked_sub(first)?;
    let end = start(columns.last()?)? + n_rows * SIZE;
    let even = columns
        .windows(2)
        .all(|pair| start(pair[0]).zip(start(pair[1])).is_some_and(|(a, b)| b == a + distance));
    let fits = distance >= n_rows * SIZE && distance % (LANE * SIZE) == 0 && end <= parent.len();
    if n_rows == 0 || !even || !fits {
        return None;
    }
    // Each start was compared as an address; the values below are read from the parent alone.
    let values = parent.slice_with_length(first, end - first);
    let values = ScalarBuffer::new(values, 0, (end - first) / SIZE);
    Some(Values::Matrix { values, stride: distance / SIZE })
}
