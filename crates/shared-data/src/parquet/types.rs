//! The types of columns: what can be read, and as what.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field, Schema};
use parquet::basic::ConvertedType;
use parquet::schema::types::SchemaDescriptor;

use crate::error::{Error, ErrorKind, Result};
use crate::table::{is_number, is_text};

/// The schema with all text coded by dictionaries, as most files hold it: written out, one long entry for
/// many rows would take memory without bounds.
pub(super) fn coded_text(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match is_text(field.data_type()) {
        true => {
            let coded = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
            Arc::new(Field::clone(field).with_data_type(coded))
        }
        false => Arc::clone(field),
    });
    Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone())
}

/// Checks that the columns at these positions hold numbers or text, or else are the dates: before they are
/// decoded, since only of those it is known what they take.
pub(super) fn check(
    schema: &Schema,
    parquet: &SchemaDescriptor,
    columns: impl IntoIterator<Item = usize>,
    date_at: usize,
) -> Result<()> {
    for at in columns {
        let field = schema.field(at);
        let refused = |data_type: String| {
            Error::from(ErrorKind::UnsupportedType { data_type }).in_column(field.name())
        };
        let data_type = field.data_type();
        if is_text(data_type) {
            let leaf = (0..parquet.num_columns()).find(|&l| parquet.get_column_root_idx(l) == at);
            let converted = leaf.map(|leaf| parquet.column(leaf).converted_type());
            // Of other text, such as JSON, the decoder does not check that it is UTF-8.
            if let Some(other) = converted.filter(|&converted| converted != ConvertedType::UTF8) {
                return Err(refused(other.to_string()));
            }
        } else if at != date_at && !is_number(data_type) {
            return Err(refused(data_type.to_string()));
        }
    }
    Ok(())
}

/// Bytes of text that a batch holds and does not share with the batch before it.
pub(super) fn text_bytes(batch: &RecordBatch, before: Option<&RecordBatch>) -> u64 {
    let texts = |batch: &RecordBatch, at: usize| -> Option<Buffer> {
        let coded = batch.column(at).as_any_dictionary_opt()?;
        Some(coded.values().as_string_opt::<i32>()?.values().clone())
    };
    let own = |at: usize| {
        let own = texts(batch, at)?;
        let shared = before.and_then(|before| texts(before, at));
        let is_shared = shared.is_some_and(|shared| shared.ptr_eq(&own));
        (!is_shared).then_some(own.len() as u64)
    };
    (0..batch.num_columns()).filter_map(own).sum()
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, DictionaryArray, StringArray, types::UInt32Type};

    use super::*;

    #[test]
    fn text_that_batches_share_counts_once() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a long text", "b"]));
        let batch = |texts: &ArrayRef, keys: Vec<u32>| {
            let coded = DictionaryArray::<UInt32Type>::new(keys.into(), Arc::clone(texts));
            let numbers: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![1.0; 2]));
            let columns = [("text", Arc::new(coded) as ArrayRef), ("A", numbers)];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let (first, second) = (batch(&texts, vec![0, 1]), batch(&texts, vec![1, 1]));
        let copy: ArrayRef = Arc::new(StringArray::from(vec!["a long text", "b"]));
        let third = batch(&copy, vec![0, 0]);
        assert_eq!(text_bytes(&first, None), 12);
        assert_eq!(text_bytes(&second, Some(&first)), 0);
        assert_eq!(text_bytes(&third, Some(&second)), 12);
    }
}
