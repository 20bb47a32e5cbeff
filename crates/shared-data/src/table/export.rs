//! Frames as Arrow record batches.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::frame::Frame;

impl Frame {
    /// The frame as an Arrow record batch over the same memory: nothing is copied.
    ///
    /// The first column holds the timestamps, in nanoseconds UTC, under the name `date` (or
    /// `timestamp`, or `time`, where a column is called so); then come the columns, as `Float64`. Missing
    /// values stay NaN; there are no nulls.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "lengths and types are those built just above")]
    pub fn to_record_batch(&self) -> RecordBatch {
        let timestamps = self.shared_timestamps();
        let dates = TimestampNanosecondArray::new(timestamps, None).with_timezone("UTC");
        let date_type = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        let mut fields = vec![Field::new(self.date_name(), date_type, false)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(dates)];
        for (name, values) in self.names().iter().zip(self.shared_columns()) {
            fields.push(Field::new(name, DataType::Float64, false));
            arrays.push(Arc::new(Float64Array::new(values, None)));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .expect("every array is as long as the frame and of the type of its field")
    }
}
