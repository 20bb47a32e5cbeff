//! A mapped file that somebody else writes to.

use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, RecordBatch, StringArray, StringViewArray};

use super::hostile::{frame, written};
use super::open;
use crate::ipc::{Decoding, IpcFile};
use crate::options::NanPolicy;
use crate::table::{self, Order, TableOptions};

/// What somebody else writes into a mapped file is never relied on: it has been copied before it was
/// checked. Numbers are the exception, of which any are fine.
#[test]
fn a_file_that_changes_after_it_was_checked() {
    let texts = |n: usize| (0..5).map(move |row| format!("a text, number {}", row % n));
    let coded: DictionaryArray<Int8Type> =
        texts(2).collect::<Vec<_>>().iter().map(|text| Some(text.as_str())).collect();
    let gaps = texts(5).map(|text| Some(text).filter(|text| !text.ends_with('3')));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("plain", Arc::new(gaps.collect::<StringArray>())),
        ("views", Arc::new(texts(3).map(Some).collect::<StringViewArray>())),
        ("coded", Arc::new(coded)),
    ];
    let batch = frame().to_record_batch();
    let schema = batch.schema();
    columns.extend(
        batch.columns().iter().zip(schema.fields()).map(|(c, f)| (&**f.name(), Arc::clone(c))),
    );
    let bytes = written(&RecordBatch::try_from_iter(columns).unwrap());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();

    let mapped = open::map(file.as_file()).unwrap();
    let opened = IpcFile::new(&mapped).unwrap();
    // The footer, its length and the magic are overwritten: what they said is known.
    let length = u32::from_le_bytes(bytes[bytes.len() - 10..][..4].try_into().unwrap()) as usize;
    file.seek(SeekFrom::End(-(length as i64) - 10)).unwrap();
    file.write_all(&vec![0xff; length + 10]).unwrap();
    let batches = opened.batches(Decoding::InPlace { is_sealed: false }).unwrap();
    // Then everything else.
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&vec![0xff; bytes.len()]).unwrap();
    assert_eq!(mapped.as_slice(), vec![0xff; bytes.len()], "the mapping shows it");
    let [batch] = &batches[..] else { panic!("one batch") };
    let options = TableOptions { date_column: None, nan_policy: NanPolicy::Keep };
    let lent = table::in_place(batch, &options, Some(&mapped), Order::Claimed).unwrap();
    let read = |name: &str| lent.text(name).unwrap().iter().map(str::to_owned).collect::<Vec<_>>();
    let plain = texts(5).map(|text| if text.ends_with('3') { String::new() } else { text });
    assert_eq!(read("plain"), plain.collect::<Vec<_>>());
    assert_eq!(read("views"), texts(3).collect::<Vec<_>>());
    assert_eq!(read("coded"), texts(2).collect::<Vec<_>>());
    // Numbers are the file's, changed as they are.
    assert_eq!(lent.column("A").unwrap()[0].to_bits(), u64::MAX);
    assert_eq!(lent.timestamps(), [-1; 5]);
}
