//! Columns to and from arrays of the crate `arrow2` 0.18 (feature `arrow2`).
//!
//! For programs that still hold such arrays. The crate is archived and has an open advisory,
//! RUSTSEC-2025-0038: its function `Rows::row_unchecked` reads out of bounds, although it is not
//! marked `unsafe`. That function belongs to its feature `compute_sort`, which is off here. New code
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
    reason = "the C Data Interface hands over pointers; `export` and `import` cross it, see each SAFETY note"
)]

use std::mem::transmute;
use std::sync::Arc;

use ::arrow2::array::PrimitiveArray;
use ::arrow2::datatypes::{DataType, Field, TimeUnit};
use ::arrow2::ffi::{self as theirs, ArrowArray, ArrowSchema};
use ::arrow2::types::NativeType;
use arrow_array::ffi::{self as ours, FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray, make_array,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{Field as OurField, Schema};

use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::options::NanPolicy;
use crate::table::{TableOptions, adopt};

const FORMAT: &str = "arrow2 array";
const DATES: &str = "date";

/// The timestamps, one a row, as `Timestamp(Nanosecond, "UTC")`. Nothing is copied.
///
/// The array keeps the frame's memory alive, and `arrow2` cannot turn it into a mutable one.
#[must_use]
pub fn timestamps(frame: &Frame) -> PrimitiveArray<i64> {
    export(&TimestampNanosecondArray::new(frame.shared_timestamps(), None), nanoseconds())
}

/// The values of a column, one a row, as `Float64`. Nothing is copied. Missing values stay NaN;
/// there are no nulls.
///
/// The array keeps the frame's memory alive, and `arrow2` cannot turn it into a mutable one.
///
/// # Errors
///
/// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name.
pub fn column(frame: &Frame, name: &str) -> Result<PrimitiveArray<f64>> {
    Ok(export_column(frame.shared_column(frame.position(name)?)))
}

/// Names and values of all columns, in column order, each as [`column()`] gives it.
pub fn columns(frame: &Frame) -> impl Iterator<Item = (&str, PrimitiveArray<f64>)> {
    frame.names().iter().map(String::as_str).zip(frame.shared_columns().map(export_column))
}

/// The frame of those timestamps and named columns.
///
/// Timestamps are dates or timestamps of any unit (UTC, or taken for it); plain `Int64` counts Unix
/// nanoseconds. Null becomes NaN.
///
/// Columns without nulls beside timestamps in nanoseconds are shared, as they lie; several then lie
/// apart, and [`Frame::matrix`] asks for a copy. Otherwise each value is copied once, into one matrix.
///
/// # Errors
///
/// [`ErrorKind::ColumnLength`] for a column that is longer or shorter than the timestamps;
/// [`ErrorKind::MissingDate`] for a null among them; [`ErrorKind::MissingValue`] for null and NaN with
/// [`NanPolicy::Reject`]; [`ErrorKind::UnsupportedType`] for timestamps that are a time of day or a
/// duration; [`ErrorKind::DateOutOfRange`]; and those of
/// [`FrameBuilder::build`](crate::FrameBuilder::build).
pub fn frame<'a, S: AsRef<str>>(
    timestamps: &PrimitiveArray<i64>,
    columns: impl IntoIterator<Item = (S, &'a PrimitiveArray<f64>)>,
    missing: NanPolicy,
) -> Result<Frame> {
    let (names, columns): (Vec<S>, Vec<&PrimitiveArray<f64>>) = columns.into_iter().unzip();
    let names = Names::new(names)?;
    let dates = match timestamps.data_type() {
        DataType::Int64 => import(timestamps.clone().to(nanoseconds())),
        _ => import(timestamps.clone()),
    };
    let dates = dates.map_err(|error| error.in_column(DATES))?;
    let mut fields = vec![OurField::new(DATES, dates.data_type().clone(), true)];
    let mut arrays = vec![dates];
    for (name, values) in names.as_slice().iter().zip(columns) {
        let (needed, got) = (timestamps.len(), values.len());
        if needed != got {
            return Err(Error::from(ErrorKind::ColumnLength { needed, got }).in_column(name));
        }
        let array = import(values.clone()).map_err(|error| error.in_column(name))?;
        fields.push(OurField::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| Error::malformed(FORMAT, error))?;
    // A value column may be called so too; the first of that name is meant.
    let options = TableOptions { date_column: Some(DATES.to_owned()), nan_policy: missing };
    adopt(&batch, &options)
}

fn nanoseconds() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".to_owned()))
}

fn export_column(values: ScalarBuffer<f64>) -> PrimitiveArray<f64> {
    export(&Float64Array::new(values, None), DataType::Float64)
}

/// An array of ours, without nulls, as one of theirs over the same memory. `data_type` is its type
/// in their words, with values of type `T`.
fn export<T: NativeType>(array: &dyn Array, data_type: DataType) -> PrimitiveArray<T> {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are `repr(C)` and spell out the struct ArrowArray of the C Data Interface,
    // field by field (another size would not compile). The interface lets a struct be moved; the
    // original is consumed here, so the release function runs once, from their destructor.
    let exported = unsafe { transmute::<FFI_ArrowArray, ArrowArray>(exported) };
    // SAFETY: arrow-data just made the struct from a valid array, a primitive of 64 bits like
    // `data_type` at both callers. It owns a reference count on the buffer until its release, and
    // nobody writes to a frame's buffer.
    let imported = unsafe { theirs::import_array_from_c(exported, data_type) };
    let imported = imported.expect("a primitive array with its two buffers is what arrow2 expects");
    let array = imported.as_any().downcast_ref::<PrimitiveArray<T>>();
    array.expect("`data_type` has values of type `T`").clone()
}

/// An array of theirs as one of ours, over the same memory.
fn import<T: NativeType>(array: PrimitiveArray<T>) -> Result<ArrayRef> {
    let schema = theirs::export_field_to_c(&Field::new("", array.data_type().clone(), true));
    let array = theirs::export_array_to_c(array.boxed());
    // SAFETY: as in `export`: one layout under two names, moved once, released once by our
    // destructor.
    let array = unsafe { transmute::<ArrowArray, FFI_ArrowArray>(array) };
    // SAFETY: the same of the struct ArrowSchema.
    let schema = unsafe { transmute::<ArrowSchema, FFI_ArrowSchema>(schema) };
    // SAFETY: arrow2 just made both structs from a valid primitive array and its own type, so each
    // buffer is as long as the array says. The struct owns a clone of the array, and with it the
    // buffers, until its release; arrow2 lends a mutable slice only to a buffer's one owner.
    let data = unsafe { ours::from_ffi(array, &schema) };
    Ok(make_array(data.map_err(|error| Error::malformed(FORMAT, error))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_given_back_once() {
        let frame = Frame::builder(&[1, 2]).column("A", &[1.0, 2.0]).build().unwrap();
        let owners = || frame.shared_column(0).inner().strong_count();
        let before = owners();
        let array = column(&frame, "A").unwrap();
        let other = array.clone();
        assert_eq!(owners(), before + 1);
        drop(array);
        assert_eq!(owners(), before + 1);
        drop(other);
        assert_eq!(owners(), before);
    }
}
