//! Arrow IPC files.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow_ipc::writer::FileWriter;
use tangency_shared_data::ipc::{self, IpcReader};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy};

fn file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    bytes
}

fn batch(first_day: i32, values: ArrayRef) -> RecordBatch {
    let days = Date32Array::from_iter_values(first_day..first_day + values.len() as i32);
    RecordBatch::try_from_iter([("d", Arc::new(days) as ArrayRef), ("A", values)]).unwrap()
}

#[test]
fn a_file_of_ours_becomes_the_frame_itself() {
    let n_rows = 1000;
    let dates: Vec<i64> = (0..n_rows as i64).collect();
    let mut builder = Frame::builder(dates);
    for column in 0..5 {
        let values: Vec<f64> = (0..n_rows).map(|row| (row * 7 + column) as f64).collect();
        builder = builder.column(format!("C{column}"), values);
    }
    let frame = builder.build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.arrow");
    ipc::write(&frame, &path).unwrap();
    let back = ipc::read(&path).unwrap();
    assert!(back.same_bits(&frame));
    // Columns as far apart as in the file, where each is padded to 64 bytes: not copied into a
    // buffer of our own, where timestamps and values would be as far apart as two columns.
    let start = |at: usize| back.column_at(at).unwrap().as_ptr() as usize;
    let stride = start(1) - start(0);
    assert_eq!(stride, 8000);
    assert_eq!(start(0) % 64, 0);
    for at in 1..5 {
        assert_eq!(start(at) - start(at - 1), stride);
    }
    assert_eq!(back.matrix().unwrap().shape(), (n_rows, 5));
    assert_eq!(back.matrix().unwrap()[(999, 4)], (999 * 7 + 4) as f64);
}

#[test]
fn several_batches_become_one_frame() {
    let bytes = file(&[
        batch(0, Arc::new(Float32Array::from(vec![1.0, 2.0]))),
        batch(2, Arc::new(Float32Array::from(vec![3.0]))),
    ]);
    let frame = IpcReader::new().read_bytes(&bytes, "x").unwrap();
    assert_eq!(frame.column("A").unwrap(), [1.0, 2.0, 3.0]);
    let unordered = file(&[
        batch(5, Arc::new(Float32Array::from(vec![1.0, 2.0]))),
        batch(2, Arc::new(Float32Array::from(vec![3.0]))),
    ]);
    let error = IpcReader::new().read_bytes(&unordered, "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x, column \"d\": row 2 is out of order: 1970-01-03 comes after 1970-01-07; dates must increase"
    );
}

#[test]
fn nulls_and_text_dates_of_others() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let dates: ArrayRef = Arc::new(StringArray::from(vec!["2020-01-01", "2020-01-02"]));
    let bytes = file(&[RecordBatch::try_from_iter([("d", dates), ("A", values)]).unwrap()]);
    let frame = IpcReader::new().nan_policy(NanPolicy::Keep).read_bytes(&bytes, "x").unwrap();
    assert!(frame.column("A").unwrap()[1].is_nan());
    let error = IpcReader::new().read_bytes(&bytes, "x").unwrap_err();
    assert_eq!(error.to_string(), "x, column \"A\": the value of 2020-01-02 is missing");
}

#[test]
fn whole_numbers_are_dates_by_name_only() {
    let nanos: ArrayRef = Arc::new(Int64Array::from(vec![5, 6]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let bytes = file(&[RecordBatch::try_from_iter([("t", nanos), ("A", values)]).unwrap()]);
    let error = IpcReader::new().read_bytes(&bytes, "x").unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoDateColumn);
    let frame = IpcReader::new().date_column("t").read_bytes(&bytes, "x").unwrap();
    assert_eq!(frame.timestamps(), [5, 6]);
    let error = IpcReader::new().date_column("A").read_bytes(&bytes, "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x, column \"A\": expected dates or numbers, found the type Float64"
    );
}

#[test]
fn what_is_refused() {
    let flags = file(&[batch(0, Arc::new(BooleanArray::from(vec![true])))]);
    let error = IpcReader::new().read_bytes(&flags, "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x, column \"A\": expected dates or numbers, found the type Bool"
    );
    let empty = file(&[batch(0, Arc::new(Float64Array::from(Vec::<f64>::new())))]);
    let error = IpcReader::new().read_bytes(&empty, "x").unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoRows);
}
