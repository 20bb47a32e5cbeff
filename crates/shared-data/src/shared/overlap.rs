//! Files that name the same bytes more than once, so that a small file would be copied as a large one.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use arrow_buffer::Buffer;
use arrow_ipc::writer::FileWriter;

use super::hostile::{check, frame, written};
use super::open;
use crate::error::ErrorKind;
use crate::ipc::IpcReader;

/// The footer of a file, in its bytes.
fn footer(file: &[u8]) -> arrow_ipc::Footer<'_> {
    let length = u32::from_le_bytes(file[file.len() - 10..][..4].try_into().unwrap()) as usize;
    arrow_ipc::root_as_footer(&file[file.len() - 10 - length..][..length]).unwrap()
}

/// Writes over the last place where these bytes stand.
fn replace(file: &mut [u8], old: &[u8], new: &[u8]) {
    let at = file.windows(old.len()).rposition(|window| window == old).unwrap();
    file[at..at + new.len()].copy_from_slice(new);
}

fn refusals(file: &[u8]) -> [String; 2] {
    let read = IpcReader::new().read_bytes(file, "x").unwrap_err();
    [read, open::frame(&Buffer::from(file), true).unwrap_err()].map(|e| e.kind().to_string())
}

#[test]
fn blocks_that_lie_elsewhere_are_refused() {
    let file = written(&frame().to_record_batch());
    let block = *footer(&file).recordBatches().unwrap().get(0);
    assert!(block.bodyLength() > 0);
    let elsewhere =
        [(block.offset(), block.bodyLength() * 3), (block.offset() - 8, file.len() as i64)];
    for (offset, body) in elsewhere {
        let mut hostile = block;
        hostile.set_offset(offset);
        hostile.set_bodyLength(body);
        let mut bytes = file.clone();
        replace(&mut bytes, &block.0, &hostile.0);
        assert!(!check(&bytes));
    }
}

#[test]
fn one_block_named_twice_is_refused() {
    let overlap = "not a valid Arrow IPC file: its blocks overlap";
    let batch = frame().to_record_batch();
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch.slice(0, 2)).unwrap();
    file.write(&batch.slice(2, 3)).unwrap();
    let file = file.into_inner().unwrap();
    let blocks = footer(&file).recordBatches().unwrap();
    let (first, second) = (*blocks.get(0), *blocks.get(1));
    let mut twice = file.clone();
    replace(&mut twice, &second.0, &first.0);
    assert_eq!(refusals(&twice), [overlap; 2]);
    // By eight bytes.
    let mut shifted = second;
    shifted.set_offset(second.offset() - 8);
    let mut bytes = file.clone();
    replace(&mut bytes, &second.0, &shifted.0);
    assert_eq!(refusals(&bytes), [overlap; 2]);
    // In the place of a dictionary.
    let coded: DictionaryArray<Int8Type> = ["a", "b", "a", "b", "a"].into_iter().collect();
    let mut columns: Vec<(&str, ArrayRef)> = vec![("text", Arc::new(coded))];
    let schema = batch.schema();
    columns.extend(
        batch.columns().iter().zip(schema.fields()).map(|(c, f)| (&**f.name(), Arc::clone(c))),
    );
    let mut bytes = written(&RecordBatch::try_from_iter(columns).unwrap());
    let (dictionary, batch) = {
        let footer = footer(&bytes);
        (*footer.dictionaries().unwrap().get(0), *footer.recordBatches().unwrap().get(0))
    };
    replace(&mut bytes, &dictionary.0, &batch.0);
    assert_eq!(refusals(&bytes), [overlap; 2]);
}

#[test]
fn columns_that_share_bytes_are_refused() {
    let file = written(&frame().to_record_batch());
    let block = *footer(&file).recordBatches().unwrap().get(0);
    let message = &file[block.offset() as usize..][..block.metaDataLength() as usize][8..];
    let message = arrow_ipc::root_as_message(message).unwrap();
    let buffers = message.header_as_record_batch().unwrap().buffers().unwrap();
    let places: Vec<arrow_ipc::Buffer> =
        buffers.iter().copied().filter(|b| b.length() > 0).collect();
    let [dates, .., values] = places[..] else { panic!("dates and numbers") };
    for offset in [dates.offset(), values.offset() - 64, values.offset() - 32] {
        let mut bytes = file.clone();
        replace(&mut bytes, &values.0, &arrow_ipc::Buffer::new(offset, values.length()).0);
        let refused = "not a valid Arrow IPC file: the columns of a record batch overlap";
        assert_eq!(refusals(&bytes), [refused; 2], "{offset}");
    }
}

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
