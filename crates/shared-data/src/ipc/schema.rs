//! The schema of an Arrow IPC file, for the types that a table of dates, numbers and text can hold.

use std::sync::Arc;

use arrow_ipc::{DateUnit, Endianness, Precision, TimeUnit as IpcTimeUnit, Type};
use arrow_ipc::{Field as IpcField, Int};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::layout::malformed;
use crate::error::{Error, ErrorKind, Result};

/// The schema, and for each field the number of its dictionary, where it has one.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) schema: SchemaRef,
    pub(super) dictionaries: Vec<Option<i64>>,
}

/// Translates the schema, or says which column is of a type that no frame can hold.
///
/// `file_len` is the length of the file in bytes: no more than that is copied of its names, although
/// one name can be referred to by many fields.
pub(super) fn translate(schema: arrow_ipc::Schema<'_>, file_len: usize) -> Result<Translated> {
    let endianness: Endianness = schema.endianness();
    if !endianness.equals_to_target_endianness() {
        return Err(malformed("its byte order is not that of this machine"));
    }
    let fields = schema.fields().ok_or_else(|| malformed("the schema has no fields"))?;
    let mut translated = Vec::with_capacity(fields.len());
    let mut dictionaries = Vec::with_capacity(fields.len());
    let mut left = file_len;
    for field in fields {
        let name = field.name().unwrap_or_default();
        let repeated = || malformed("its column names are longer than the file");
        left = left.checked_sub(name.len()).ok_or_else(repeated)?;
        let mut data_type = data_type(&field).map_err(|error| error.in_column(name))?;
        let dictionary = field.dictionary();
        if let Some(dictionary) = dictionary {
            let index = dictionary.indexType().map_or(Some(DataType::Int32), integer);
            let index = index.ok_or_else(|| malformed("a dictionary has an unknown index type"))?;
            data_type = DataType::Dictionary(Box::new(index), Box::new(data_type));
        }
        dictionaries.push(dictionary.map(|dictionary| dictionary.id()));
        translated.push(Field::new(name, data_type, true));
    }
    Ok(Translated { schema: Arc::new(Schema::new(translated)), dictionaries })
}

fn data_type(field: &IpcField<'_>) -> Result<DataType> {
    let tag = field.type_type();
    let found = match tag {
        Type::Int => field.type_as_int().and_then(integer),
        Type::FloatingPoint => field.type_as_floating_point().and_then(|t| match t.precision() {
            Precision::SINGLE => Some(DataType::Float32),
            Precision::DOUBLE => Some(DataType::Float64),
            _ => None,
        }),
        Type::Date => field.type_as_date().and_then(|t| match t.unit() {
            DateUnit::DAY => Some(DataType::Date32),
            DateUnit::MILLISECOND => Some(DataType::Date64),
            _ => None,
        }),
        // The time zone is for people: the numbers are UTC.
        Type::Timestamp => field
            .type_as_timestamp()
            .and_then(|t| time_unit(t.unit()))
            .map(|unit| DataType::Timestamp(unit, None)),
        Type::Utf8 => Some(DataType::Utf8),
        Type::LargeUtf8 => Some(DataType::LargeUtf8),
        Type::Utf8View => Some(DataType::Utf8View),
        _ => None,
    };
    found.ok_or_else(|| {
        let data_type = tag.variant_name().unwrap_or("unknown").to_owned();
        Error::from(ErrorKind::UnsupportedType { data_type })
    })
}

fn integer(int: Int<'_>) -> Option<DataType> {
    match (int.bitWidth(), int.is_signed()) {
        (8, true) => Some(DataType::Int8),
        (16, true) => Some(DataType::Int16),
        (32, true) => Some(DataType::Int32),
        (64, true) => Some(DataType::Int64),
        (8, false) => Some(DataType::UInt8),
        (16, false) => Some(DataType::UInt16),
        (32, false) => Some(DataType::UInt32),
        (64, false) => Some(DataType::UInt64),
        _ => None,
    }
}

fn time_unit(unit: IpcTimeUnit) -> Option<TimeUnit> {
    match unit {
        IpcTimeUnit::SECOND => Some(TimeUnit::Second),
        IpcTimeUnit::MILLISECOND => Some(TimeUnit::Millisecond),
        IpcTimeUnit::MICROSECOND => Some(TimeUnit::Microsecond),
        IpcTimeUnit::NANOSECOND => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}
