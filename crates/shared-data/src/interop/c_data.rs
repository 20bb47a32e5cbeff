//! Frames through the Arrow C Data Interface (feature `c-data`).
//!
//! The interface is two structs of pointers, `ArrowArray` and `ArrowSchema`, with a release function:
//! what pyarrow, polars, DuckDB, R and every Arrow implementation pass to one another within a process. A
//! frame goes out as a struct array of its dates and columns, as a record batch does, over the frame's own
//! memory; what comes in is used in place where it is laid out like a frame.
//!
//! ```
//! use tangency_shared_data::{Frame, NanPolicy, interop::c_data};
//!
//! let closes = Frame::builder(&[1, 2]).column("AAPL", &[75.1, 74.4]).column("MSFT", &[1.0, 2.0]).build()?;
//! let (array, schema) = c_data::export(&closes);
//! // SAFETY: both were made just above, for each other.
//! let back = unsafe { c_data::import(array, &schema, NanPolicy::Reject) }?;
//! assert_eq!(back.column("MSFT")?.as_ptr(), closes.column("MSFT")?.as_ptr()); // lent both ways
//! # Ok::<(), tangency_shared_data::Error>(())
//! ```

#![allow(
    unsafe_code,
    reason = "what the pointers of the C Data Interface lead to is the caller's promise"
)]

use arrow_array::ffi::{from_ffi, to_ffi};
use arrow_array::ffi_stream::ArrowArrayStreamReader;
use arrow_array::{
    Array, Float64Array, RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray,
};
use arrow_schema::{ArrowError, DataType};

pub use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
pub use arrow_array::ffi_stream::FFI_ArrowArrayStream;

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::NanPolicy;
use crate::table::{TableOptions, adopt, assemble};

const FORMAT: &str = "Arrow C data";

/// The frame as a struct array: the dates, then the columns, as
/// [`Frame::to_record_batch`] describes them. Nothing is copied; the structs keep the frame's memory alive
/// until whoever takes them over calls their release function, or until they are dropped.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "the interface has names for these three types")]
pub fn export(frame: &Frame) -> (FFI_ArrowArray, FFI_ArrowSchema) {
    let array = StructArray::from(frame.to_record_batch());
    to_ffi(&array.to_data()).expect("structs, timestamps and floats have names in the interface")
}

/// A column as an array of 64-bit floats without nulls; missing values stay NaN. Nothing is copied.
///
/// # Errors
///
/// [`ErrorKind::UnknownColumn`](crate::ErrorKind::UnknownColumn), with the nearest name, when there is
/// none of that name.
pub fn export_column(frame: &Frame, name: &str) -> Result<(FFI_ArrowArray, FFI_ArrowSchema)> {
    let values = frame.shared_column(frame.position(name)?);
    let array = Float64Array::new(values, None);
    to_ffi(&array.to_data()).map_err(refused)
}

/// The frame as a stream of one batch, for consumers that take streams.
#[must_use]
pub fn export_stream(frame: &Frame) -> FFI_ArrowArrayStream {
    let batch = frame.to_record_batch();
    let schema = batch.schema();
    let batches = RecordBatchIterator::new([Ok(batch)], schema);
    FFI_ArrowArrayStream::new(Box::new(batches))
}

/// The frame of a struct array with a column of dates and columns of numbers, chosen and converted as by
/// [`Frame::from_record_batch`].
///
/// Columns of 64-bit floats without nulls beside timestamps in nanoseconds are used in place; the frame
/// then releases the array with its last clone. Anything else is copied into one matrix, and the array
/// released at once. (Arrow copies a buffer whose values are not aligned.)
///
/// # Safety
///
/// Both structs must be as the C Data Interface demands, and belong together: pointers that are valid
/// until the release function is called, buffers as long as the array and its type say, text that is
/// UTF-8, and nobody who writes to them before.
///
/// # Errors
///
/// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) for an array that is no struct, or that has null
/// rows, and those of [`Frame::from_record_batch`].
pub unsafe fn import(
    array: FFI_ArrowArray,
    schema: &FFI_ArrowSchema,
    missing: NanPolicy,
) -> Result<Frame> {
    if !matches!(DataType::try_from(schema).map_err(refused)?, DataType::Struct(_)) {
        return Err(Error::malformed(FORMAT, "it is no struct of columns"));
    }
    // SAFETY: this function's caller promises what `from_ffi` asks for.
    let data = unsafe { from_ffi(array, schema) }.map_err(refused)?;
    let array = StructArray::from(data);
    if array.null_count() > 0 {
        return Err(Error::malformed(FORMAT, "rows of it are null as a whole"));
    }
    adopt(&RecordBatch::from(array), &options(missing))
}

/// The frame of all batches of a stream: one batch as [`import`] takes it, several copied into one
/// matrix.
///
/// # Safety
///
/// The stream, and each array it gives, must be as the C Stream Interface demands; see [`import`].
///
/// # Errors
///
/// As [`import`], and [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) with the words of the stream
/// when it fails.
pub unsafe fn import_stream(stream: FFI_ArrowArrayStream, missing: NanPolicy) -> Result<Frame> {
    let reader = ArrowArrayStreamReader::try_new(stream).map_err(refused)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    match batches.as_slice() {
        [batch] => adopt(batch, &options(missing)),
        batches => assemble(&schema, batches, &options(missing), None),
    }
}

fn options(nan_policy: NanPolicy) -> TableOptions {
    TableOptions { date_column: None, nan_policy }
}

fn refused(error: ArrowError) -> Error {
    Error::malformed(FORMAT, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_given_back_once() {
        let frame = Frame::builder(&[1, 2]).column("A", &[1.0, 2.0]).build().unwrap();
        let owners = || frame.shared_column(0).inner().strong_count();
        let before = owners();
        let structs = export(&frame);
        assert!(owners() > before);
        drop(structs);
        assert_eq!(owners(), before);
        let (array, schema) = export(&frame);
        // SAFETY: made just above, for each other.
        let back = unsafe { import(array, &schema, NanPolicy::Reject) }.unwrap();
        let clone = back.clone();
        drop((back, schema));
        assert!(owners() > before);
        drop(clone);
        assert_eq!(owners(), before);
    }
}
