//! Row groups to Arrow arrays.

use std::fs::File;
use std::ops::{Bound, RangeBounds};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::reader::ChunkReader;

use super::{FORMAT, metadata, types};
use crate::error::{Error, ErrorKind, Result};
use crate::table::fill_dates;

/// Rows decoded at a time: enough to make each column's share of a batch worth its overhead.
const BATCH_ROWS: usize = 1 << 14;

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Input {
    File(File),
    Bytes(Bytes),
}

/// A file whose metadata have been read and checked.
#[derive(Debug)]
pub(crate) struct Groups {
    input: Input,
    pub(crate) metadata: ArrowReaderMetadata,
}

/// Which part of the row groups is decoded.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// Positions of the columns, increasing; `None` for all.
    pub(crate) columns: Option<&'a [usize]>,
    /// The column of dates and the span of time they must lie in.
    pub(crate) span: Option<(usize, Span)>,
}

/// A span of time, in Unix nanoseconds.
pub(crate) type Span = (Bound<i64>, Bound<i64>);

impl Groups {
    pub(crate) fn open(input: Input, length: u64) -> Result<Self> {
        let metadata = guarded(|| {
            let options = ArrowReaderOptions::new();
            let loaded = match &input {
                Input::File(file) => ArrowReaderMetadata::load(file, options),
                Input::Bytes(bytes) => ArrowReaderMetadata::load(bytes, options),
            };
            loaded
                .and_then(|loaded| {
                    let schema = Arc::new(types::coded_text(loaded.schema()));
                    let options = ArrowReaderOptions::new().with_schema(schema);
                    ArrowReaderMetadata::try_new(Arc::clone(loaded.metadata()), options)
                })
                .map_err(|error| Error::malformed(FORMAT, error))
        })?;
        metadata::check(metadata.metadata(), length)?;
        Ok(Self { input, metadata })
    }

    /// The rows of some row groups, one after the other. Their text takes no more than `limit` bytes,
    /// which is lowered by it.
    ///
    /// When they cannot be decoded, the error names the first row group to blame.
    pub(crate) fn decode(
        &self,
        groups: &[usize],
        part: &Part<'_>,
        limit: &mut u64,
    ) -> Result<Vec<RecordBatch>> {
        let before = *limit;
        self.decode_together(groups, part, limit).map_err(|error| {
            let alone = |&group: &usize| {
                let error = self.decode_together(&[group], part, &mut before.clone()).err();
                error.map(|error| error.in_row_group(group))
            };
            groups.iter().find_map(alone).unwrap_or(error)
        })
    }

    fn decode_together(
        &self,
        groups: &[usize],
        part: &Part<'_>,
        limit: &mut u64,
    ) -> Result<Vec<RecordBatch>> {
        let malformed = |error: &dyn std::fmt::Display| Error::malformed(FORMAT, error);
        guarded(|| {
            let reader = match &self.input {
                Input::Bytes(bytes) => self.reader(bytes.clone(), groups, part)?,
                Input::File(file) => {
                    let file = file.try_clone().map_err(|e| Error::io("read the file", &e))?;
                    self.reader(file, groups, part)?
                }
            };
            let mut batches: Vec<RecordBatch> = Vec::new();
            for batch in reader {
                let batch = batch.map_err(|error| malformed(&error))?;
                let needed = types::text_bytes(&batch, batches.last());
                let refused = ErrorKind::DecodedLimit { needed, limit: *limit };
                *limit = limit.checked_sub(needed).ok_or(refused)?;
                batches.push(batch);
            }
            let rows_of = |&group: &usize| self.metadata.metadata().row_group(group).num_rows();
            let expected: i64 = groups.iter().map(rows_of).sum();
            let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
            if part.span.is_none() && usize::try_from(expected) != Ok(found) {
                let reason = format_args!("{expected} rows promised, {found} found");
                return Err(malformed(&reason));
            }
            Ok(batches)
        })
    }

    fn reader<T: ChunkReader + 'static>(
        &self,
        input: T,
        groups: &[usize],
        part: &Part<'_>,
    ) -> Result<ParquetRecordBatchReader> {
        let metadata = self.metadata.clone();
        let schema = metadata.metadata().file_metadata().schema_descr_ptr();
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata)
            .with_batch_size(BATCH_ROWS)
            .with_row_groups(groups.to_vec());
        if let Some(columns) = part.columns {
            let columns = columns.iter().copied();
            builder = builder.with_projection(ProjectionMask::roots(&schema, columns));
        }
        if let Some((date_at, span)) = part.span {
            let dates = ProjectionMask::roots(&schema, [date_at]);
            let inside = ArrowPredicateFn::new(dates, move |batch: RecordBatch| {
                let mut dates = vec![0; batch.num_rows()];
                // Dates that cannot be read stay in: whoever makes a frame of them says why.
                let read = fill_dates(batch.column(0), &mut dates, 0).is_ok();
                let inside = |date: &i64| !read || span.contains(date);
                Ok(dates.iter().map(|date| Some(inside(date))).collect::<BooleanArray>())
            });
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(inside)]));
        }
        builder.build().map_err(|error| Error::malformed(FORMAT, error))
    }
}

/// Takes a panic of the decoder for damage of the file: it has several where the pages contradict the
/// metadata. Nothing outlives the panic but the message.
fn guarded<R>(decode: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|payload| {
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Err(Error::malformed(FORMAT, message.unwrap_or("the decoder gave up")))
    })
}
