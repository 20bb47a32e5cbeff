//! Parquet files.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use tangency_shared_data::parquet::{ParquetReader, read, write};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy};

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn more_rows_than_a_batch() {
    let n_rows = 50_000;
    let dates: Vec<i64> = (0..n_rows).map(|row| row * 60_000_000_000).collect();
    let values: Vec<f64> = (0..n_rows).map(|row| (row as f64).sin()).collect();
    let frame = Frame::builder(dates).column("A", values).column("B", vec![1.0; 50_000]).build();
    let frame = frame.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.parquet");
    write(&frame, &path).unwrap();
    assert!(read(&path).unwrap().same_bits(&frame));
    let bytes = std::fs::read(&path).unwrap();
    assert!(ParquetReader::new().read_bytes(bytes, "x").unwrap().same_bits(&frame));
}

#[test]
fn files_of_others() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![18_262, 18_263]));
    let volume: ArrayRef = Arc::new(Int64Array::from(vec![Some(10), None]));
    // pandas puts its index last.
    let bytes = file(vec![("Volume", volume), ("Date", dates)]);
    let reader = ParquetReader::new().nan_policy(NanPolicy::Keep);
    let frame = reader.read_bytes(bytes.clone(), "x").unwrap();
    assert_eq!(frame.names(), ["Volume"]);
    assert_eq!(frame.column("Volume").unwrap()[0], 10.0);
    assert!(frame.column("Volume").unwrap()[1].is_nan());
    let error = ParquetReader::new().read_bytes(bytes, "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x, row group 0, column \"Volume\": the value of 2020-01-02 is missing"
    );
}

#[test]
fn what_is_refused() {
    let numbers = || Arc::new(Float64Array::from(vec![1.0])) as ArrayRef;
    let text = || Arc::new(StringArray::from(vec!["2020-01-01"])) as ArrayRef;
    let read = |columns| ParquetReader::new().read_bytes(file(columns), "x");
    assert_eq!(read(vec![("d", text()), ("A", numbers())]).unwrap().n_rows(), 1);
    let error = read(vec![("A", numbers()), ("B", numbers())]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoDateColumn);
    // Text beside the dates is a text column, and there must be numbers too.
    let error = read(vec![("d", text()), ("A", text())]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoColumns);
    let truth: ArrayRef = Arc::new(arrow_array::BooleanArray::from(vec![true]));
    let error = read(vec![("d", text()), ("A", truth)]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnsupportedType { .. }), "{error}");
    let empty: ArrayRef = Arc::new(Date32Array::from(Vec::<i32>::new()));
    let none: ArrayRef = Arc::new(Float64Array::from(Vec::<f64>::new()));
    let error = read(vec![("d", empty), ("A", none)]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoRows);
}
