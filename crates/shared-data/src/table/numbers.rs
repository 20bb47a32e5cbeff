//! Arrow columns of numbers as `f64`.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use crate::error::{ErrorKind, Result};

/// Whether [`fill`] reads columns of this type.
#[cfg(feature = "parquet")]
pub(crate) fn is_number(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float64 | DataType::Float32 => true,
        DataType::Dictionary(_, values) => is_number(values),
        other => other.is_integer(),
    }
}

/// Writes each number to the slice of the same length; null becomes NaN.
///
/// Whole numbers above 2^53 become the nearest `f64`.
pub(crate) fn fill(numbers: &dyn Array, to: &mut [f64]) -> Result<()> {
    match numbers.data_type() {
        DataType::Float64 => convert::<Float64Type>(numbers, to, |v| v),
        DataType::Float32 => convert::<Float32Type>(numbers, to, f64::from),
        DataType::Int8 => convert::<Int8Type>(numbers, to, f64::from),
        DataType::Int16 => convert::<Int16Type>(numbers, to, f64::from),
        DataType::Int32 => convert::<Int32Type>(numbers, to, f64::from),
        DataType::Int64 => convert::<Int64Type>(numbers, to, |v| v as f64),
        DataType::UInt8 => convert::<UInt8Type>(numbers, to, f64::from),
        DataType::UInt16 => convert::<UInt16Type>(numbers, to, f64::from),
        DataType::UInt32 => convert::<UInt32Type>(numbers, to, f64::from),
        DataType::UInt64 => convert::<UInt64Type>(numbers, to, |v| v as f64),
        DataType::Dictionary(..) => return coded(numbers, to),
        other => return Err(ErrorKind::UnsupportedType { data_type: other.to_string() }.into()),
    }
    Ok(())
}

/// Looks each number up in its dictionary.
fn coded(numbers: &dyn Array, to: &mut [f64]) -> Result<()> {
    let coded = numbers.as_any_dictionary();
    let mut values = vec![0.0; coded.values().len()];
    fill(coded.values(), &mut values)?;
    if values.is_empty() {
        // Each is null then.
        to.fill(f64::NAN);
        return Ok(());
    }
    for (at, (to, key)) in to.iter_mut().zip(coded.normalized_keys()).enumerate() {
        *to = if coded.keys().is_valid(at) { values[key] } else { f64::NAN };
    }
    Ok(())
}

fn convert<T: ArrowPrimitiveType>(
    numbers: &dyn Array,
    to: &mut [f64],
    number: impl Fn(T::Native) -> f64,
) {
    let numbers = numbers.as_primitive::<T>();
    for (to, &value) in to.iter_mut().zip(numbers.values()) {
        *to = number(value);
    }
    if let Some(nulls) = numbers.nulls().filter(|nulls| nulls.null_count() > 0) {
        for (to, valid) in to.iter_mut().zip(nulls) {
            if !valid {
                *to = f64::NAN;
            }
        }
    }
}
