//! Columns to and from arrays of the crate `arrow2` 0.18 (feature `arrow2`).
//!
//! For programs that still hold such arrays. The crate is archived and has an open advisory,
//! RUSTSEC-2025-0038: its function `Rows::row_unchecked` reads out of bounds, although it is not
//! marked `unsafe`. This module does not use it; who turns the feature on must not either. New code
//! takes [`Frame::to_record_batch`].
//!
//! Arrays cross through the Arrow C Data Interface, a struct of pointers with a release function that
//! both libraries implement.
//!
//! ```
//! use arrow2::array::PrimitiveArray;
//! use tangency_shared_data::{Frame, NanPolicy, interop};
//!
//! let frame = Frame::builder(&[1_000, 2_000, 3_000]).column("bid", &[1.5, 1.6, 1.7]).build()?;
//! let bids: PrimitiveArray<f64> = interop::arrow2::column(&frame.slice(1..3)?, "bid")?;
//! assert_eq!(bids.values().as_slice(), [1.6, 1.7]);
//! assert_eq!(bids.values().as_ptr(), &frame.column("bid")?[1]); // lent, not copied
//!
//! let times = PrimitiveArray::from_slice([2_000_i64, 3_000]);
//! let back = interop::arrow2::frame(&times, [("bid", &bids)], NanPolicy::Reject)?;
//! assert!(back.same_bits(&frame.slice(1..3)?));
//! # Ok::<(), tangency_shared_data::Error>(())
//! ```

#![allow(
    unsafe_code,
    reason = "the C Data Interface hands over pointers; two functions cross it, see each SAFETY note"
)]

use std::sync::Arc;

use ::arrow2::array::PrimitiveArray;
use ::arrow2::datatypes::{DataType, Field, TimeUnit};
use ::arrow2::{ffi as theirs, types::NativeType};
use arrow_array::ffi::{self as ours, FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray, make_array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{Field as OurField, Schema};

use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::options::NanPolicy;
use crate::table::{TableOptions, assemble};

const FORMAT: &str = "arrow2 array";
const DATES: &str = "date";

/// The timestamps, one a row, as `Timestamp(Nanosecond, "UTC")`. Nothing is copied.
///
/// The array keeps the frame's memory alive, and cannot be turned into a mutable one.
///
/// # Errors
///
/// [`ErrorKind::Malformed`] should `arrow2` refuse the array, which no frame is known to bring about.
pub fn timestamps(frame: &Frame) -> Result<PrimitiveArray<i64>> {
    let values = frame.shared_timestamps();
    let data_type = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".to_owned()));
    export(&TimestampNanosecondArray::new(values, None), data_type)
}

/// The values of a column, one a row, as `Float64`. Nothing is copied. Missing values stay NaN;
/// there are no nulls.
///
/// The array keeps the frame's memory alive, and cannot be turned into a mutable one.
///
/// # Errors
///
/// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name; that of
/// [`timestamps`].
pub fn column(frame: &Frame, name: &str) -> Result<PrimitiveArray<f64>> {
    export_column(frame.shared_column(frame.position(name)?))
}

/// Names and values of all columns, in column order, each as [`column`] gives it.
///
/// # Errors
///
/// That of [`timestamps`].
pub fn columns(frame: &Frame) -> Result<Vec<(String, PrimitiveArray<f64>)>> {
    let names = frame.names().iter().cloned();
    names.zip(frame.shared_columns()).map(|(n, values)| Ok((n, export_column(values)?))).collect()
}

/// The frame of those timestamps and named columns.
///
/// Timestamps are dates or timestamps of any unit (UTC, or taken for it); plain `Int64` counts Unix
/// nanoseconds. Null becomes NaN.
///
/// Each value is copied once, into the one buffer that a frame is. The exception: a lone column without
/// nulls that starts at a multiple of 64 bytes, with timestamps in nanoseconds, is shared; arrays
/// that came from a frame usually do, others rarely.
///
/// # Errors
///
/// [`ErrorKind::ColumnLength`] for a column that is longer or shorter than the timestamps;
/// [`ErrorKind::MissingDate`] for a null among them; [`ErrorKind::MissingValue`] for null and NaN with
/// [`NanPolicy::Reject`]; [`ErrorKind::UnsupportedType`] for timestamps that are a time of day or a
/// duration; [`ErrorKind::DateOutOfRange`]; and those of
/// [`FrameBuilder::build`](crate::FrameBuilder::build).
pub fn frame<'a, S: Into<String>>(
    timestamps: &PrimitiveArray<i64>,
    columns: impl IntoIterator<Item = (S, &'a PrimitiveArray<f64>)>,
    missing: NanPolicy,
) -> Result<Frame> {
    let needed = timestamps.len();
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    let mut push = |name: String, array: ArrayRef| {
        fields.push(OurField::new(name, array.data_type().clone(), true));
        arrays.push(array);
    };
    push(DATES.to_owned(), import(timestamps).map_err(|error| error.in_column(DATES))?);
    for (name, values) in columns {
        let name = name.into();
        if values.len() != needed {
            let kind = ErrorKind::ColumnLength { needed, got: values.len() };
            return Err(Error::from(kind).in_column(&name));
        }
        let array = import(values).map_err(|error| error.in_column(&name))?;
        push(name, array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
        .map_err(|error| Error::malformed(FORMAT, error))?;
    // By name, so that whole numbers are dates; of two columns of that name the first is meant.
    let options = TableOptions { date_column: Some(DATES.to_owned()), nan_policy: missing };
    assemble(&schema, std::slice::from_ref(&batch), &options, None)
        .map_err(|error| error.before_dates())
}

fn export_column(values: ScalarBuffer<f64>) -> Result<PrimitiveArray<f64>> {
    export(&Float64Array::new(values, None), DataType::Float64)
}

/// An array of ours as one of theirs, over the same memory.
fn export<T: NativeType>(array: &dyn Array, data_type: DataType) -> Result<PrimitiveArray<T>> {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are `repr(C)` and spell out the struct ArrowArray of the C Data Interface,
    // field by field (a different size would not compile). The interface lets a struct be moved; the
    // original is consumed here, so the release function runs once, from their destructor.
    let exported: theirs::ArrowArray = unsafe { std::mem::transmute(exported) };
    // SAFETY: the struct was just made by arrow-data from a valid array, whose layout is that of
    // `data_type` by the callers above: a primitive of 64 bits. It owns a reference count on the
    // buffer, which lives until its release, and nobody writes to a frame's buffer.
    let imported = unsafe { theirs::import_array_from_c(exported, data_type) };
    let imported = imported.map_err(|error| Error::malformed(FORMAT, error))?;
    match imported.as_any().downcast_ref::<PrimitiveArray<T>>() {
        Some(array) => Ok(array.clone()),
        None => Err(Error::malformed(FORMAT, "another type came back than was sent")),
    }
}

/// An array of theirs as one of ours, over the same memory.
fn import<T: NativeType>(array: &PrimitiveArray<T>) -> Result<ArrayRef> {
    let field = Field::new("", array.data_type().clone(), true);
    let (array, schema) =
        (theirs::export_array_to_c(array.clone().boxed()), theirs::export_field_to_c(&field));
    // SAFETY: as in `export`: one layout under two names, moved once and released once, by our
    // destructors. The same holds for ArrowSchema.
    let (array, schema): (FFI_ArrowArray, FFI_ArrowSchema) =
        unsafe { (std::mem::transmute(array), std::mem::transmute(schema)) };
    // SAFETY: both structs were just made by arrow2 from a valid primitive array and its own type, so
    // buffers are as long as the array. The struct holds a clone of the array, and with it the
    // buffers until its release; as long as there are two owners arrow2 gives nobody a mutable
    // reference to them.
    let data = unsafe { ours::from_ffi(array, &schema) };
    Ok(make_array(data.map_err(|error| Error::malformed(FORMAT, error))?))
}
