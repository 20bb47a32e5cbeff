//! What an Arrow IPC file says of itself, checked before anything relies on it.
//!
//! `arrow-ipc` takes the description on trust and panics where it is wrong: types it does not know,
//! buffers that end outside of the file, missing parts. So the schema is translated here, for the types
//! a frame can hold, and every offset and length is compared with the file.

use std::ops::Range;

use arrow_ipc::{Block, Field as IpcField, MetadataVersion, Precision, RecordBatch, Type};
use arrow_ipc::{DateUnit, TimeUnit as IpcTimeUnit};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::error::{Error, ErrorKind, Result};

pub(crate) const FORMAT: &str = "Arrow IPC";
const MAGIC: &[u8] = b"ARROW1";

pub(crate) fn malformed(reason: impl std::fmt::Display) -> Error {
    Error::malformed(FORMAT, reason)
}

/// Where the footer lies.
pub(crate) fn footer(file: &[u8]) -> Result<Range<usize>> {
    // Magic and padding, then at the end the footer's length and the magic again.
    let (head, tail) = (8, 4 + MAGIC.len());
    if !file.starts_with(MAGIC) {
        return Err(malformed("it does not begin with ARROW1"));
    }
    if file.len() < head + tail || !file.ends_with(MAGIC) {
        return Err(malformed("it does not end with ARROW1; it may be cut off"));
    }
    let end = file.len() - tail;
    let length = file[end..end + 4].try_into().map(i32::from_le_bytes).unwrap_or(-1);
    usize::try_from(length)
        .ok()
        .and_then(|length| end.checked_sub(length))
        .filter(|&start| start >= head)
        .map(|start| start..end)
        .ok_or_else(|| malformed(format_args!("a footer of {length} bytes does not fit")))
}

/// The schema, for the types a frame can hold.
pub(crate) fn schema(schema: arrow_ipc::Schema<'_>) -> Result<Schema> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err(malformed("its byte order is not that of this machine"));
    }
    let fields = schema.fields().ok_or_else(|| malformed("the schema has no fields"))?;
    let mut translated = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field.name().unwrap_or_default();
        let data_type = data_type(&field).map_err(|error| error.in_column(name))?;
        translated.push(Field::new(name, data_type, true));
    }
    Ok(Schema::new(translated))
}

fn data_type(field: &IpcField<'_>) -> Result<DataType> {
    let unsupported = |data_type: String| Error::from(ErrorKind::UnsupportedType { data_type });
    if field.dictionary().is_some() {
        return Err(unsupported("dictionary".to_owned()));
    }
    let tag = field.type_type();
    let found = match tag {
        Type::Int => field.type_as_int().and_then(|t| integer(t.bitWidth(), t.is_signed())),
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
        _ => None,
    };
    found.ok_or_else(|| unsupported(tag.variant_name().unwrap_or("unknown").to_owned()))
}

fn integer(bits: i32, signed: bool) -> Option<DataType> {
    match (bits, signed) {
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

/// Whether nothing but the layout of text, numbers and dates is needed, which has not changed since.
pub(crate) fn version(version: MetadataVersion) -> Result<MetadataVersion> {
    match version {
        MetadataVersion::V4 | MetadataVersion::V5 => Ok(version),
        other => Err(malformed(format_args!("its metadata version is {other:?}"))),
    }
}

/// Where the message and the body of a record batch lie in the file.
pub(crate) fn block(block: &Block, file_len: usize) -> Result<(Range<usize>, Range<usize>)> {
    let part = |start: i64, length: i64| {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        (end <= file_len).then_some(start..end)
    };
    let (offset, metadata) = (block.offset(), i64::from(block.metaDataLength()));
    let message = part(offset, metadata);
    let body = offset.checked_add(metadata).and_then(|start| part(start, block.bodyLength()));
    message.zip(body).ok_or_else(|| malformed("a record batch lies outside of the file"))
}

/// Compares the description of a record batch with the schema and the length of its body.
pub(crate) fn record_batch(
    batch: &RecordBatch<'_>,
    schema: &Schema,
    body_len: usize,
) -> Result<()> {
    if batch.compression().is_some() {
        return Err(malformed("its buffers are compressed, which is not supported"));
    }
    if batch.variadicBufferCounts().is_some_and(|counts| !counts.is_empty()) {
        return Err(malformed("a record batch counts buffers that its types do not have"));
    }
    let (Some(nodes), Some(buffers)) = (batch.nodes(), batch.buffers()) else {
        return Err(malformed("a record batch has no nodes or no buffers"));
    };
    let n_buffers = |field: &Field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => 3,
        _ => 2,
    };
    let fields = schema.fields();
    if nodes.len() != fields.len()
        || buffers.len() != fields.iter().map(|f| n_buffers(f)).sum::<usize>()
    {
        return Err(malformed("a record batch does not have the columns of the schema"));
    }
    let n_rows = batch.length();
    // No column has more rows than its body has bits: this bounds what is allocated for them.
    let possible = |rows: i64| usize::try_from(rows).is_ok_and(|rows| rows / 8 <= body_len);
    let even = nodes
        .iter()
        .all(|node| node.length() == n_rows && (0..=n_rows).contains(&node.null_count()));
    if !possible(n_rows) || !even {
        return Err(malformed("the columns of a record batch differ in length"));
    }
    let inside = |buffer: &arrow_ipc::Buffer| {
        let start = usize::try_from(buffer.offset()).ok()?;
        let end = start.checked_add(usize::try_from(buffer.length()).ok()?)?;
        (end <= body_len).then_some(())
    };
    if buffers.iter().any(|buffer| inside(buffer).is_none()) {
        return Err(malformed("a column lies outside of its record batch"));
    }
    // The first buffer of each column has a bit a row that says whether its value is there.
    let mut validity = 0;
    for (field, node) in fields.iter().zip(nodes) {
        if node.null_count() > 0 && buffers.get(validity).length() < (n_rows + 7) / 8 {
            return Err(malformed("a column does not say which of its values are missing"));
        }
        validity += n_buffers(field);
    }
    Ok(())
}
