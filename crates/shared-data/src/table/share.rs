//! Frames over memory that Arrow arrays stand on already.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampNanosecondType};
use arrow_array::{Array, Float64Array, RecordBatch};
use arrow_buffer::{Buffer, ScalarBuffer};

use crate::block::{Block, LANE};
use crate::names::Names;

/// A block over the batch's own memory, or `None` where the layout does not allow it.
///
/// It does when the dates are nanoseconds, the values `f64` without nulls, and the columns lie at
/// equal distances, a multiple of 64 bytes, in one allocation. An array alone does not tell which
/// allocation it belongs to, so `parent` must be given for more than one column.
pub(crate) fn share(
    batch: &RecordBatch,
    date_at: usize,
    names: &Names,
    parent: Option<&Buffer>,
) -> Option<Block> {
    let dates = batch.column(date_at);
    let dates = dates.as_primitive_opt::<TimestampNanosecondType>()?;
    if dates.null_count() > 0 {
        return None;
    }
    let timestamps = dates.values().clone();
    let columns = batch
        .columns()
        .iter()
        .enumerate()
        .filter(|&(at, _)| at != date_at)
        .map(|(_, column)| column.as_primitive_opt::<Float64Type>().filter(|c| c.null_count() == 0))
        .collect::<Option<Vec<&Float64Array>>>()?;
    let (values, stride) = match (columns.as_slice(), parent) {
        ([only], _) => (only.values().clone(), only.len().next_multiple_of(LANE)),
        (columns, Some(parent)) => span(columns, parent)?,
        _ => return None,
    };
    let aligned = values.as_ptr().align_offset(64) == 0;
    aligned.then(|| Block { timestamps, values, stride, names: names.clone() })
}

/// The stretch of the parent from the first column to the end of the last, and the distance
/// between columns, in values.
fn span(columns: &[&Float64Array], parent: &Buffer) -> Option<(ScalarBuffer<f64>, usize)> {
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
    Some((ScalarBuffer::new(values, 0, (end - first) / SIZE), distance / SIZE))
}
