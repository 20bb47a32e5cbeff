//! What a Parquet file says of itself, checked before anything relies on it.

use std::ops::{Bound, RangeBounds as _};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use super::FORMAT;
use super::row_groups::Span;
use crate::civil::NANOS_PER_DAY;
use crate::error::{Error, Result};

/// Checks that every column chunk lies inside of the file and that counts agree; the decoder panics, or
/// asks for memory without bounds, where they do not.
pub(crate) fn check(metadata: &ParquetMetaData, file_len: u64) -> Result<()> {
    let mut n_rows: i64 = 0;
    for (at, group) in metadata.row_groups().iter().enumerate() {
        let bad = |reason: &str| Error::malformed(FORMAT, reason).in_row_group(at);
        n_rows = Some(group.num_rows())
            .filter(|&rows| rows >= 0)
            .and_then(|rows| n_rows.checked_add(rows))
            .ok_or_else(|| bad("its number of rows is no number of rows"))?;
        for column in group.columns() {
            let named = |error: Error| error.in_column(column.column_descr().name());
            if !lies_inside(column, file_len) {
                return Err(named(bad("a column lies outside of the file")));
            }
            // A value a row, unless values are lists.
            let flat = column.column_descr().max_rep_level() == 0;
            if column.num_values() < 0 || (flat && column.num_values() != group.num_rows()) {
                return Err(named(bad(
                    "a column has not as many values as the row group has rows",
                )));
            }
            if column.uncompressed_size() < 0 {
                return Err(named(bad("the size of a column is negative")));
            }
        }
    }
    if metadata.file_metadata().num_rows() != n_rows {
        return Err(Error::malformed(FORMAT, "its row groups have not as many rows as the file"));
    }
    Ok(())
}

fn lies_inside(column: &ColumnChunkMetaData, file_len: u64) -> bool {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let end = u64::try_from(start.min(column.data_page_offset()))
        .ok()
        .zip(u64::try_from(column.compressed_size()).ok())
        .and_then(|(start, length)| start.checked_add(length));
    end.is_some_and(|end| end <= file_len)
}

/// The bytes that row groups take when decoded, by what the file says of them: those of its pages, or
/// those of the frame, whichever are more. `None` when there is no such number.
pub(crate) fn decoded_bytes(
    metadata: &ParquetMetaData,
    row_groups: &[usize],
    columns: Option<&[usize]>,
) -> Option<u64> {
    let mut total: u64 = 0;
    for &at in row_groups {
        for (column, chunk) in chunks(metadata.row_group(at)) {
            if columns.is_some_and(|columns| !columns.contains(&column)) {
                continue;
            }
            let pages = u64::try_from(chunk.uncompressed_size()).ok()?;
            let values = u64::try_from(chunk.num_values()).ok()?.checked_mul(8)?;
            total = total.checked_add(pages.max(values))?;
        }
    }
    Some(total)
}

/// The column chunks of a row group, each with the position of its column in the table: a column that is
/// a struct has several.
fn chunks(group: &RowGroupMetaData) -> impl Iterator<Item = (usize, &ColumnChunkMetaData)> {
    let schema = group.schema_descr();
    let chunks = group.columns().iter().enumerate();
    chunks.map(|(leaf, chunk)| (schema.get_column_root_idx(leaf), chunk))
}

/// How the dates of a row group lie to a span of time, as far as its statistics say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlap {
    None,
    Some,
    All,
}

/// Compares a span of time with the statistics of the column of dates.
pub(crate) fn overlap(group: &RowGroupMetaData, date_at: usize, span: &Span) -> Overlap {
    let chunk = chunks(group).find(|&(column, _)| column == date_at);
    let Some((least, greatest)) = chunk.and_then(|(_, chunk)| dates(chunk)) else {
        return Overlap::Some;
    };
    let before = match span.0 {
        Bound::Included(start) => greatest < start,
        Bound::Excluded(start) => greatest <= start,
        Bound::Unbounded => false,
    };
    let after = match span.1 {
        Bound::Included(end) => least > end,
        Bound::Excluded(end) => least >= end,
        Bound::Unbounded => false,
    };
    if before || after {
        Overlap::None
    } else if span.contains(&least) && span.contains(&greatest) {
        Overlap::All
    } else {
        Overlap::Some
    }
}

/// The first and the last date of a column chunk, in Unix nanoseconds, if its statistics tell.
fn dates(column: &ColumnChunkMetaData) -> Option<(i64, i64)> {
    let unit = nanos_of_unit(column.column_descr())?;
    let (least, greatest) = match column.statistics()? {
        Statistics::Int32(s) => (i64::from(*s.min_opt()?), i64::from(*s.max_opt()?)),
        Statistics::Int64(s) => (*s.min_opt()?, *s.max_opt()?),
        _ => return None,
    };
    Some((least.checked_mul(unit)?, greatest.checked_mul(unit)?))
}

fn nanos_of_unit(column: &ColumnDescriptor) -> Option<i64> {
    match column.logical_type_ref() {
        Some(LogicalType::Date) => Some(NANOS_PER_DAY),
        Some(LogicalType::Timestamp(timestamp)) => match timestamp.unit {
            TimeUnit::MILLIS => Some(1_000_000),
            TimeUnit::MICROS => Some(1_000),
            TimeUnit::NANOS => Some(1),
        },
        Some(_) => None,
        None => match column.converted_type() {
            ConvertedType::DATE => Some(NANOS_PER_DAY),
            ConvertedType::TIMESTAMP_MILLIS => Some(1_000_000),
            ConvertedType::TIMESTAMP_MICROS => Some(1_000),
            _ => None,
        },
    }
}
