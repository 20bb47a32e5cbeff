//! Frames as Arrow record batches.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, LargeStringArray, PrimitiveArray, RecordBatch,
    StringArray, TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::frame::Frame;
use crate::long::LongFrame;
use crate::text::TextColumn;

impl Frame {
    /// The frame as an Arrow record batch over the same memory: no number is copied.
    ///
    /// The first column holds the timestamps, in nanoseconds UTC, under the name `date` (or
    /// `timestamp`, `time`, `date2`, `date3`, .. where a column is called so); then come the columns, as `Float64`, and
    /// text columns, as dictionaries, of which the different texts are copied. Missing values stay NaN;
    /// there are no nulls.
    #[must_use]
    pub fn to_record_batch(&self) -> RecordBatch {
        batch(self, Vec::new())
    }
}

/// A long table as a record batch: the dates, the symbols, then the others, as
/// [`Frame::to_record_batch`] has them.
pub(crate) fn long_batch(long: &LongFrame) -> RecordBatch {
    let (field, array) = coded(&long.symbol_name(), long.symbols());
    batch(long.rows(), vec![(field, array)])
}

/// The batch of a frame, with some columns between the dates and the numbers.
fn batch(frame: &Frame, between: Vec<(Field, ArrayRef)>) -> RecordBatch {
    let timestamps = frame.shared_timestamps();
    let dates = TimestampNanosecondArray::new(timestamps, None).with_timezone("UTC");
    let date_type = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields = vec![Field::new(frame.date_name(), date_type, false)];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(dates)];
    for (field, array) in between {
        fields.push(field);
        arrays.push(array);
    }
    for (name, values) in frame.names().iter().zip(frame.shared_columns()) {
        fields.push(Field::new(name, DataType::Float64, false));
        arrays.push(Arc::new(Float64Array::new(values, None)));
    }
    for (name, column) in frame.text_columns() {
        let (field, array) = coded(name, &column);
        fields.push(field);
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .expect("every array is as long as the frame and of the type of its field")
}

fn coded(name: &str, column: &TextColumn) -> (Field, ArrayRef) {
    let keys = PrimitiveArray::<UInt32Type>::new(column.shared_codes(), None);
    let texts = column.dictionary().iter().map(String::as_str);
    let array = DictionaryArray::new(keys, strings(texts, MOST_TEXT));
    (Field::new(name, array.data_type().clone(), false), Arc::new(array))
}

/// Bytes of text that 32-bit offsets can reach.
const MOST_TEXT: usize = i32::MAX as usize;

/// An array of the texts, with offsets of 64 bits when there are more bytes than `most`.
fn strings<'a>(texts: impl Iterator<Item = &'a str> + Clone, most: usize) -> ArrayRef {
    let n_bytes: usize = texts.clone().map(str::len).sum();
    if n_bytes > most {
        Arc::new(LargeStringArray::from_iter_values(texts))
    } else {
        Arc::new(StringArray::from_iter_values(texts))
    }
}

/// The same batch with its text columns written out, for readers that know no dictionaries.
pub(crate) fn plain_text(batch: &RecordBatch) -> RecordBatch {
    plain_text_within(batch, MOST_TEXT)
}

fn plain_text_within(batch: &RecordBatch, most: usize) -> RecordBatch {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let plain = array.as_dictionary_opt::<UInt32Type>().and_then(|coded| {
            let keys = coded.keys().values();
            if let Some(texts) = coded.values().as_string_opt::<i32>() {
                return Some(strings(keys.iter().map(|&key| texts.value(key as usize)), most));
            }
            let texts = coded.values().as_string_opt::<i64>()?;
            Some(strings(keys.iter().map(|&key| texts.value(key as usize)), most))
        });
        match plain {
            Some(texts) => {
                fields.push(Field::new(field.name(), texts.data_type().clone(), false));
                arrays.push(texts);
            }
            None => {
                fields.push(Field::clone(field));
                arrays.push(Arc::clone(array));
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .expect("a text for a code, row by row")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::NanPolicy;

    /// As if 32 bits reached no further than a few bytes.
    #[test]
    fn much_text_has_wide_offsets() {
        let texts = ["energy", "banks", "energy"];
        let frame = Frame::builder(&[1, 2, 3])
            .column("A", &[1.0, 2.0, 3.0])
            .text_column("sector", TextColumn::new(texts).unwrap())
            .build()
            .unwrap();
        let batch = frame.to_record_batch();
        for (most, data_type) in [(17, DataType::Utf8), (16, DataType::LargeUtf8)] {
            let plain = plain_text_within(&batch, most);
            assert_eq!(*plain.column(2).data_type(), data_type);
            let back = Frame::from_record_batch(&plain, NanPolicy::Reject).unwrap();
            assert!(back.same_bits(&frame));
        }
        for (most, data_type) in [(11, DataType::Utf8), (10, DataType::LargeUtf8)] {
            assert_eq!(*strings(["energy", "banks"].into_iter(), most).data_type(), data_type);
        }
        // A dictionary that is wide itself.
        let wide = strings(["energy", "banks"].into_iter(), 0);
        let coded = DictionaryArray::<UInt32Type>::new(vec![0, 1, 0].into(), wide);
        let column: ArrayRef = Arc::new(coded);
        let plain = plain_text(&RecordBatch::try_from_iter([("sector", column)]).unwrap());
        assert_eq!(plain.column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), texts);
    }
}
