//! Arrow arrays over the checked buffers of a record batch.

use std::sync::Arc;

use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, DictionaryArray, GenericStringArray, OffsetSizeTrait, PrimitiveArray, StringViewArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::body::{Body, Column};
use super::layout::malformed;
use crate::error::{Error, ErrorKind, Result};

/// The next column of a body, of a type that [`schema`](super::schema) translates to.
pub(super) fn array(
    body: &mut Body<'_>,
    data_type: &DataType,
    dictionary: Option<&ArrayRef>,
) -> Result<ArrayRef> {
    match data_type {
        DataType::Float64 => primitive::<Float64Type>(body),
        DataType::Float32 => primitive::<Float32Type>(body),
        DataType::Int8 => primitive::<Int8Type>(body),
        DataType::Int16 => primitive::<Int16Type>(body),
        DataType::Int32 => primitive::<Int32Type>(body),
        DataType::Int64 => primitive::<Int64Type>(body),
        DataType::UInt8 => primitive::<UInt8Type>(body),
        DataType::UInt16 => primitive::<UInt16Type>(body),
        DataType::UInt32 => primitive::<UInt32Type>(body),
        DataType::UInt64 => primitive::<UInt64Type>(body),
        DataType::Date32 => primitive::<Date32Type>(body),
        DataType::Date64 => primitive::<Date64Type>(body),
        DataType::Timestamp(TimeUnit::Second, _) => primitive::<TimestampSecondType>(body),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            primitive::<TimestampMillisecondType>(body)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            primitive::<TimestampMicrosecondType>(body)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => primitive::<TimestampNanosecondType>(body),
        DataType::Utf8 => text::<i32>(body),
        DataType::LargeUtf8 => text::<i64>(body),
        DataType::Utf8View => views(body),
        DataType::Dictionary(index, _) => {
            let values = dictionary.ok_or_else(|| malformed("a dictionary is missing"))?;
            match **index {
                DataType::Int8 => coded::<Int8Type>(body, values),
                DataType::Int16 => coded::<Int16Type>(body, values),
                DataType::Int32 => coded::<Int32Type>(body, values),
                DataType::Int64 => coded::<Int64Type>(body, values),
                DataType::UInt8 => coded::<UInt8Type>(body, values),
                DataType::UInt16 => coded::<UInt16Type>(body, values),
                DataType::UInt32 => coded::<UInt32Type>(body, values),
                DataType::UInt64 => coded::<UInt64Type>(body, values),
                _ => Err(unsupported(data_type)),
            }
        }
        other => Err(unsupported(other)),
    }
}

fn unsupported(data_type: &DataType) -> Error {
    ErrorKind::UnsupportedType { data_type: data_type.to_string() }.into()
}

fn primitive<T: ArrowPrimitiveType>(body: &mut Body<'_>) -> Result<ArrayRef> {
    let Column { n_rows, nulls } = body.column()?;
    let values = ScalarBuffer::new(body.values::<T::Native>(n_rows)?, 0, n_rows);
    Ok(Arc::new(PrimitiveArray::<T>::try_new(values, nulls).map_err(refused)?))
}

fn coded<K: ArrowDictionaryKeyType>(body: &mut Body<'_>, values: &ArrayRef) -> Result<ArrayRef> {
    let Column { n_rows, nulls } = body.column()?;
    let keys = ScalarBuffer::new(body.settled_values::<K::Native>(n_rows)?, 0, n_rows);
    let keys = PrimitiveArray::<K>::try_new(keys, nulls).map_err(refused)?;
    // Checks that each key is a position in the dictionary.
    let array = DictionaryArray::try_new(keys, Arc::clone(values)).map_err(refused)?;
    Ok(Arc::new(array))
}

fn text<O: OffsetSizeTrait>(body: &mut Body<'_>) -> Result<ArrayRef> {
    let Column { n_rows, nulls } = body.column()?;
    // A column without rows may come without its one offset.
    let offsets = match n_rows {
        0 => {
            body.text()?;
            OffsetBuffer::new_empty()
        }
        _ => {
            let n = n_rows.checked_add(1).ok_or_else(|| malformed("a column is too long"))?;
            let offsets = ScalarBuffer::<O>::new(body.settled_values::<O>(n)?, 0, n);
            let increasing = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
            if offsets[0] < O::zero() || !increasing {
                return Err(malformed("the offsets of a column of text do not increase"));
            }
            OffsetBuffer::new(offsets)
        }
    };
    // Checks that the last offset lies inside of the text, and that each value is UTF-8.
    let array = GenericStringArray::<O>::try_new(offsets, body.text()?, nulls);
    Ok(Arc::new(array.map_err(refused)?))
}

fn views(body: &mut Body<'_>) -> Result<ArrayRef> {
    let Column { n_rows, nulls } = body.column()?;
    let views = ScalarBuffer::new(body.settled_values::<u128>(n_rows)?, 0, n_rows);
    let texts = body.view_texts()?;
    body.repeat(overlap(&views, texts.iter().map(|text| text.len() as u64).sum()))?;
    // Checks each view: inside of its buffer, with the right prefix, UTF-8.
    let array = StringViewArray::try_new(views, texts, nulls);
    Ok(Arc::new(array.map_err(refused)?))
}

/// How many bytes the different texts of a column have, beyond those of the buffers in which they lie.
///
/// Views may share a text, which is then the same view, and may overlap: then a small file holds a great
/// deal of text.
fn overlap(views: &[u128], held: u64) -> u64 {
    // The length of a text stands in the lowest 32 bits of its view; up to 12 bytes follow there too.
    let length = |view: &u128| u64::from(*view as u32);
    let apart = || views.iter().filter(|view| length(view) > 12);
    let sum =
        |views: &mut dyn Iterator<Item = &u128>| views.map(length).fold(0, u64::saturating_add);
    if sum(&mut apart()) <= held {
        return 0;
    }
    let mut different: Vec<u128> = apart().copied().collect();
    different.sort_unstable();
    different.dedup();
    sum(&mut different.iter()).saturating_sub(held)
}

fn refused(error: ArrowError) -> Error {
    malformed(error)
}
