//! Files that name the same bytes more than once, so that a small file would be copied as a large one.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::{
    ArrayRef, Float64Array, RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use arrow_buffer::Buffer;

use super::hostile::written;
use super::open;
use crate::error::ErrorKind;
use crate::ipc::IpcReader;

/// A file whose first column of text is these views of one buffer of so many bytes.
fn views(n_bytes: usize, views: impl IntoIterator<Item = (usize, usize)>) -> Vec<u8> {
    let text = vec![b'x'; n_bytes];
    let view = |(at, length): (usize, usize)| make_view(&text[at..at + length], 0, at as u32);
    let views: Vec<u128> = views.into_iter().map(view).collect();
    let n = views.len();
    let dates: ArrayRef = Arc::new(TimestampNanosecondArray::from_iter_values(0..n as i64));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0; n]));
    let views: ArrayRef =
        Arc::new(StringViewArray::new(views.into(), vec![Buffer::from_vec(text)], None));
    written(&RecordBatch::try_from_iter([("d", dates), ("text", views), ("A", values)]).unwrap())
}

#[test]
fn texts_that_overlap_are_not_copied_without_bounds() {
    let read = |file: &[u8], limit| IpcReader::new().decoded_limit(limit).read_bytes(file, "x");
    let mapped = |file: &[u8]| open::frame(&Buffer::from(file), true);
    // 2,000 texts of 100,000 bytes each, of 102,000 bytes.
    let file = views(102_000, (0..2_000).map(|row| (row, 100_000)));
    let needed = 2_000 * 100_000 - 102_000;
    let limit = 1 << 20;
    let refused = read(&file, limit).unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::DecodedLimit { needed, limit });
    let refused = mapped(&file).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::NotInPlace { .. }), "{refused}");
    assert_eq!(refused.column(), Some("text"));
    // Within the limit they are what they are; mapped they would still be a copy.
    let file = views(100, (0..50).map(|row| (row, 20)));
    assert_eq!(read(&file, 900).unwrap().text("text").unwrap().dictionary(), ["x".repeat(20)]);
    assert!(read(&file, 899).is_err() && mapped(&file).is_err());
    // One text of many rows is one text.
    let file = views(1_000, (0..500).map(|_| (0, 900)));
    assert_eq!(read(&file, 0).unwrap().text("text").unwrap().dictionary(), ["x".repeat(900)]);
    assert!(mapped(&file).is_ok());
}
