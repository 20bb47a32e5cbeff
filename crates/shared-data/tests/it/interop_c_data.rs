//! Frames through the Arrow C Data Interface.

#![allow(unsafe_code, reason = "importing is unsafe: the pointers are the caller's promise")]

use std::sync::Arc;

use arrow_array::ffi::to_ffi;
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StructArray,
    TimestampNanosecondArray,
};
use tangency_shared_data::interop::c_data::{self, FFI_ArrowArrayStream};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy, Result};

fn sample() -> Frame {
    Frame::builder(&[10, 20, 30, 40])
        .column("A", &[1.0, f64::NAN, 3.0, -0.0])
        .column("B", &[4.0; 4])
        .build()
        .unwrap()
}

fn through(frame: &Frame) -> Frame {
    let (array, schema) = c_data::export(frame);
    // SAFETY: made just above, for each other.
    unsafe { c_data::import(array, &schema, NanPolicy::Keep) }.unwrap()
}

fn import(array: &dyn Array) -> Result<Frame> {
    let (array, schema) = to_ffi(&array.to_data()).unwrap();
    // SAFETY: made just above, for each other.
    unsafe { c_data::import(array, &schema, NanPolicy::Keep) }
}

fn streamed(batches: Vec<RecordBatch>) -> Result<Frame> {
    let schema = batches[0].schema();
    let batches = RecordBatchIterator::new(batches.into_iter().map(Ok), schema);
    // SAFETY: made just here by the Arrow implementation itself.
    unsafe { c_data::import_stream(FFI_ArrowArrayStream::new(Box::new(batches)), NanPolicy::Keep) }
}

#[track_caller]
fn same_memory(a: &Frame, b: &Frame) {
    assert!(a.same_bits(b));
    // Of no rows there is no memory.
    if a.n_rows() == 0 {
        return;
    }
    assert_eq!(a.timestamps().as_ptr(), b.timestamps().as_ptr());
    for name in a.names() {
        assert_eq!(a.column(name).unwrap().as_ptr(), b.column(name).unwrap().as_ptr());
    }
}

#[test]
fn both_ways_without_a_copy() {
    let whole = sample();
    for frame in [whole.clone(), whole.slice(1..4).unwrap(), whole.slice(3..3).unwrap()] {
        same_memory(&through(&frame), &frame);
    }
    let mapped = whole.share().unwrap().into_frame();
    let back = through(&mapped);
    same_memory(&back, &mapped);
    drop((mapped, whole));
    assert_eq!(back.column("B").unwrap(), [4.0; 4]);
}

#[test]
fn streams_of_one_batch_are_used_in_place() {
    let frame = sample();
    // SAFETY: made just here.
    let back = unsafe { c_data::import_stream(c_data::export_stream(&frame), NanPolicy::Keep) };
    same_memory(&back.unwrap(), &frame);
}

#[test]
fn streams_of_several_batches_are_copied_together() {
    let whole = sample();
    let parts = [0..1, 1..4].map(|rows| whole.slice(rows).unwrap().to_record_batch());
    let frame = streamed(parts.to_vec()).unwrap();
    assert!(frame.same_bits(&whole) && frame.is_matrix());
    let back = [1..4, 0..1].map(|rows| whole.slice(rows).unwrap().to_record_batch());
    let error = streamed(back.to_vec()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unordered { row: 3, .. }), "{error}");
}

#[test]
fn what_is_no_frame() {
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let error = import(&numbers).unwrap_err();
    assert!(error.to_string().ends_with("it is no struct of columns"), "{error}");
    let dates: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![2, 1]));
    let batch = RecordBatch::try_from_iter([("d", dates), ("A", Arc::clone(&numbers))]).unwrap();
    let error = import(&StructArray::from(batch.clone())).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unordered { row: 1, .. }), "{error}");
    let (fields, columns, _) = StructArray::from(batch).into_parts();
    let gap = StructArray::new(fields, columns, Some(vec![true, false].into()));
    let error = import(&gap).unwrap_err();
    assert!(error.to_string().ends_with("rows of it are null as a whole"), "{error}");
}

#[test]
fn a_column_alone() {
    let frame = sample().slice(1..3).unwrap();
    let (array, schema) = c_data::export_column(&frame, "A").unwrap();
    assert_eq!((array.len(), array.null_count(), schema.format()), (2, 0, "g"));
    let start = array.buffer(1).cast::<f64>().wrapping_add(array.offset());
    assert_eq!(start, frame.column("A").unwrap().as_ptr());
    assert!(c_data::export_column(&frame, "C").is_err());
}
