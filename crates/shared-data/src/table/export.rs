//! Frames as Arrow record batches.

use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, PrimitiveArray, RecordBatch, StringArray,
    TimestampNanosecondArray,
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
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(column.dictionary()));
    let array = DictionaryArray::new(keys, texts);
    (Field::new(name, array.data_type().clone(), false), Arc::new(array))
}

/// The same batch with its text columns written out, for readers that know no dictionaries.
pub(crate) fn plain_text(batch: &RecordBatch) -> RecordBatch {
    use arrow_array::cast::AsArray;
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let plain = array.as_dictionary_opt::<UInt32Type>().and_then(|coded| {
            let texts = coded.values().as_string_opt::<i32>()?;
            let rows = coded.keys().values().iter().map(|&key| texts.value(key as usize));
            Some(Arc::new(StringArray::from_iter_values(rows)) as ArrayRef)
        });
        match plain {
            Some(texts) => {
                fields.push(Field::new(field.name(), DataType::Utf8, false));
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
