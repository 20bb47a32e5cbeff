//! Arrow columns of dates as Unix nanoseconds.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, OffsetSizeTrait};
use arrow_schema::{DataType, Fields, TimeUnit};

use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::time::{self, NANOS_PER_DAY};

/// The column of dates: the one named, or else the first of a date or timestamp type, or else the
/// first column when it holds text.
///
/// Whole numbers are dates only when they are asked for by name: they could as well be row numbers.
pub(crate) fn find(fields: &Fields, wanted: Option<&str>) -> Result<usize> {
    let temporal = |t: &DataType| {
        matches!(plain(t), DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
    };
    let text = |t: &DataType| {
        matches!(plain(t), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    };
    let found = match wanted {
        Some(wanted) => {
            let list: Vec<String> = fields.iter().map(|f| f.name().trim().to_owned()).collect();
            let at = list.iter().position(|name| *name == wanted.trim());
            let at = at.ok_or_else(|| names::unknown(wanted, &list))?;
            let usable = |t: &DataType| temporal(t) || text(t) || *t == DataType::Int64;
            if !usable(fields[at].data_type()) {
                let data_type = fields[at].data_type().to_string();
                let error = Error::from(ErrorKind::UnsupportedType { data_type });
                return Err(error.in_column(wanted));
            }
            Some(at)
        }
        None => fields
            .iter()
            .position(|f| temporal(f.data_type()))
            .or_else(|| fields.first().filter(|f| text(f.data_type())).map(|_| 0)),
    };
    found.ok_or_else(|| ErrorKind::NoDateColumn.into())
}

/// The type of the values themselves, where they are coded by a dictionary.
fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    }
}

/// Writes the nanoseconds of each date to the slice of the same length; `first_row` is the row of
/// the first, for messages.
pub(crate) fn fill(dates: &dyn Array, to: &mut [i64], first_row: usize) -> Result<()> {
    if let Some(nulls) = dates.logical_nulls()
        && let Some(at) = nulls.iter().position(|valid| !valid)
    {
        return Err(ErrorKind::MissingDate { row: first_row + at }.into());
    }
    match dates.data_type() {
        DataType::Date32 => units::<Date32Type>(dates, to, NANOS_PER_DAY, "days"),
        DataType::Date64 => units::<Date64Type>(dates, to, 1_000_000, "ms"),
        DataType::Timestamp(TimeUnit::Second, _) => {
            units::<TimestampSecondType>(dates, to, 1_000_000_000, "s")
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            units::<TimestampMillisecondType>(dates, to, 1_000_000, "ms")
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            units::<TimestampMicrosecondType>(dates, to, 1_000, "us")
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            to.copy_from_slice(dates.as_primitive::<TimestampNanosecondType>().values());
            Ok(())
        }
        DataType::Int64 => {
            to.copy_from_slice(dates.as_primitive::<Int64Type>().values());
            Ok(())
        }
        DataType::Utf8 => text::<i32>(dates, to),
        DataType::LargeUtf8 => text::<i64>(dates, to),
        DataType::Utf8View => {
            let dates = dates.as_string_view();
            (0..dates.len()).zip(to).try_for_each(|(at, to)| {
                *to = time::parse(dates.value(at))?;
                Ok(())
            })
        }
        DataType::Dictionary(..) => coded(dates, to),
        other => Err(ErrorKind::UnsupportedType { data_type: other.to_string() }.into()),
    }
}

/// Looks each date up in its dictionary. Entries that no row uses are not looked at: they may be
/// anything.
fn coded(dates: &dyn Array, to: &mut [i64]) -> Result<()> {
    if to.is_empty() {
        return Ok(());
    }
    let coded = dates.as_any_dictionary();
    let mut known = vec![None; coded.values().len()];
    for (to, key) in to.iter_mut().zip(coded.normalized_keys()) {
        *to = match known[key] {
            Some(date) => date,
            None => {
                let mut date = [0];
                fill(&coded.values().slice(key, 1), &mut date, 0)?;
                *known[key].insert(date[0])
            }
        };
    }
    Ok(())
}

fn units<T>(dates: &dyn Array, to: &mut [i64], nanos: i64, unit: &str) -> Result<()>
where
    T: ArrowPrimitiveType<Native: Into<i64>>,
{
    for (to, &date) in to.iter_mut().zip(dates.as_primitive::<T>().values()) {
        let date: i64 = date.into();
        *to = date.checked_mul(nanos).ok_or_else(|| {
            Error::from(ErrorKind::DateOutOfRange { text: format!("{date} {unit}") })
        })?;
    }
    Ok(())
}

fn text<O: OffsetSizeTrait>(dates: &dyn Array, to: &mut [i64]) -> Result<()> {
    let dates = dates.as_string::<O>();
    for (at, to) in to.iter_mut().enumerate() {
        *to = time::parse(dates.value(at))?;
    }
    Ok(())
}
