//! Arrow columns of text.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::dates;
use super::import::TableOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::options::NanPolicy;
use crate::text::{TextBuilder, TextColumn, TextColumns};

/// Whether a column holds text, as it is or coded.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Takes text columns out of a table, lets somebody else make a frame of the rest, and puts them beside
/// it.
pub(crate) fn beside(
    schema: &Schema,
    batches: &[RecordBatch],
    options: &TableOptions,
    numbers: impl FnOnce(&Schema, &[RecordBatch]) -> Result<Frame>,
) -> Result<Frame> {
    let fields = schema.fields();
    if !fields.iter().any(|field| is_text(field.data_type())) {
        return numbers(schema, batches);
    }
    let date_at = dates::find(fields, options.date_column.as_deref())?;
    let (text, other): (Vec<usize>, Vec<usize>) =
        (0..fields.len()).partition(|&at| at != date_at && is_text(fields[at].data_type()));
    if text.is_empty() {
        return numbers(schema, batches);
    }
    // Unique across both kinds, and not empty.
    let values = (0..fields.len()).filter(|&at| at != date_at);
    Names::new(values.map(|at| fields[at].name())).map_err(|e| e.after_dates(date_at))?;
    let project = |batch: &RecordBatch| batch.project(&other);
    let narrowed = |error| Error::malformed("table", error);
    let rest = batches.iter().map(project).collect::<Result<Vec<_>, _>>().map_err(narrowed)?;
    let frame = numbers(&schema.project(&other).map_err(narrowed)?, &rest)?;
    let mut texts = TextColumns::default();
    for at in text {
        let name = fields[at].name().trim();
        texts.columns.push(column(batches, at, options.nan_policy, frame.timestamps(), name)?);
        texts.names.push(name.to_owned());
    }
    Ok(frame.with_texts(texts))
}

/// One text column of all batches.
pub(crate) fn column(
    batches: &[RecordBatch],
    at: usize,
    missing: NanPolicy,
    timestamps: &[i64],
    name: &str,
) -> Result<TextColumn> {
    let mut texts = TextBuilder::default();
    let mut row = 0;
    for batch in batches {
        let array = batch.column(at);
        if missing == NanPolicy::Reject
            && let Some(nulls) = array.logical_nulls()
            && let Some(null) = nulls.iter().position(|valid| !valid)
        {
            let row = row + null;
            let timestamp = timestamps.get(row).copied().unwrap_or_default();
            return Err(Error::from(ErrorKind::MissingValue { row, timestamp }).in_column(name));
        }
        push(array, &mut texts).map_err(|error| error.in_column(name))?;
        row += batch.num_rows();
    }
    Ok(texts.finish())
}

fn push(array: &dyn Array, to: &mut TextBuilder) -> Result<()> {
    match array.data_type() {
        DataType::Utf8 => all(array.as_string::<i32>(), to),
        DataType::LargeUtf8 => all(array.as_string::<i64>(), to),
        DataType::Utf8View => all(array.as_string_view(), to),
        DataType::Dictionary(_, values) if is_text(values) => coded(array, to),
        other => Err(ErrorKind::UnsupportedType { data_type: other.to_string() }.into()),
    }
}

fn all<'a>(texts: impl IntoIterator<Item = Option<&'a str>>, to: &mut TextBuilder) -> Result<()> {
    texts.into_iter().try_for_each(|text| to.push(text.unwrap_or_default()).map(drop))
}

/// Adds the rows of a column that is coded by a dictionary. An entry is looked at when a row uses it for
/// the first time: there may be many more of them than rows, and long ones.
fn coded(array: &dyn Array, to: &mut TextBuilder) -> Result<()> {
    let coded = array.as_any_dictionary();
    let entries = coded.values();
    if entries.is_empty() {
        // Every row is null then.
        return all((0..array.len()).map(|_| None), to);
    }
    let nulls = array.logical_nulls();
    let mut known = vec![None; entries.len()];
    for (row, key) in coded.normalized_keys().into_iter().enumerate() {
        match known[key] {
            _ if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) => {
                to.push("")?;
            }
            Some(code) => to.repeat(code),
            None => {
                push(&entries.slice(key, 1), to)?;
                known[key] = to.last_code();
            }
        }
    }
    Ok(())
}
