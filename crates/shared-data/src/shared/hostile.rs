//! Files that are wrong on purpose or by accident, by the thousand.
//!
//! The libFuzzer target of this crate (`fuzz/`) goes further with the same question; what it finds is
//! to be kept at the end. So far it found nothing.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, RecordBatch, StringArray,
    StringViewArray, TimestampNanosecondArray,
};
use arrow_buffer::Buffer;
use arrow_ipc::writer::FileWriter;

use super::{SharedFrame, open};
use crate::adjust::Adjust;
use crate::align::{self, Join};
use crate::csv;
use crate::error::ErrorKind;
use crate::frame::Frame;
use crate::ipc::{self, IpcReader};
use crate::options::NanPolicy;
use crate::resample::{Bucket, Resample, Rule};

/// What is neither lent nor refused in an orderly way fails here.
pub(super) fn check(bytes: &[u8]) -> bool {
    let reader = IpcReader::new().nan_policy(NanPolicy::Keep).decoded_limit(1 << 20);
    let read = reader.read_bytes(bytes, "hostile");
    if let Ok(frame) = &read {
        sound(frame);
    }
    if bytes.is_empty() {
        return read.is_ok();
    }
    // As if it were sealed, so that no checksum comes to help.
    let mapped = open::frame(&Buffer::from(bytes), true);
    if let Ok(open) = open::frame(&Buffer::from(bytes), false) {
        sound(&open);
        assert!(mapped.as_ref().is_ok_and(|mapped| mapped.same_bits(&open)));
    }
    if let Ok(mapped) = mapped {
        // The order may be no more than the file's word; who needs it finds out.
        let claimed = mapped.ordered_timestamps().map(|_| sound(&mapped));
        assert_eq!(align::join(&[&mapped], Join::Outer).is_ok(), claimed.is_ok());
        match read {
            Ok(read) => assert!(read.same_bits(&mapped) && claimed.is_ok()),
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Damaged { .. } | ErrorKind::NoRows)
                    || error.to_string().contains("checksum")
                    || claimed.is_err_and(|claimed| claimed.kind() == error.kind()),
                "mapped, but not read: {error}"
            ),
        }
        return true;
    }
    read.is_ok()
}

/// Reads everything, and holds the frame to what frames promise.
fn sound(frame: &Frame) {
    assert!(frame.timestamps().is_sorted_by(|a, b| a < b));
    assert!(frame.n_columns() > 0);
    for (name, values) in frame.columns() {
        assert!(!name.is_empty());
        assert_eq!(values.len(), frame.n_rows());
        std::hint::black_box(values.iter().sum::<f64>());
    }
    for (name, texts) in frame.text_columns() {
        assert!(!name.is_empty());
        assert_eq!(texts.len(), frame.n_rows());
        std::hint::black_box(texts.iter().map(|text| text.chars().count()).sum::<usize>());
    }
}

pub(super) fn written(batch: &RecordBatch) -> Vec<u8> {
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(batch).unwrap();
    file.into_inner().unwrap()
}

pub(super) fn frame() -> Frame {
    Frame::builder(&[1, 2, 3, 4, 5])
        .column("A", &[1.0, 2.0, 3.0, 4.0, 5.0])
        .column("B", &[7.0, 8.0, 9.0, 10.0, 11.0])
        .build()
        .unwrap()
}

/// One file of each kind: with and without checksum, and with every kind of column.
fn files() -> Vec<Vec<u8>> {
    let mut ours = Vec::new();
    ipc::write_to(&frame(), &mut ours).unwrap();
    let plain = written(&frame().to_record_batch());
    let days = || (0..5).map(|day| format!("2020-01-0{}", day + 1));
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1, 2, 3, 4, 5]));
    let gaps: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0), None, Some(5.0)]));
    let narrow: ArrayRef = Arc::new(Float32Array::from(vec![1.0; 5]));
    let text: ArrayRef = Arc::new(days().map(Some).collect::<StringArray>());
    let views: ArrayRef = Arc::new(
        days().map(|day| Some(format!("{day}T00:00:00.000Z"))).collect::<StringViewArray>(),
    );
    let dictionary: ArrayRef = Arc::new(
        DictionaryArray::<Int8Type>::try_new(
            vec![4, 3, 2, 1, 0].into(),
            Arc::new(
                days().rev().collect::<Vec<_>>().into_iter().map(Some).collect::<StringArray>(),
            ),
        )
        .unwrap(),
    );
    let mut files = vec![ours, plain];
    for dates in [nanos, text, views, dictionary] {
        let columns = [("d", dates), ("A", Arc::clone(&gaps)), ("B", Arc::clone(&narrow))];
        files.push(written(&RecordBatch::try_from_iter(columns).unwrap()));
    }
    // Text beside what can be mapped.
    let texts = ["a text that is long", "b", "a text that is long", "b", "another long text"];
    let coded: DictionaryArray<Int8Type> = texts.into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("d", Arc::new(TimestampNanosecondArray::from(vec![1, 2, 3, 4, 5]))),
        ("A", Arc::new(Float64Array::from(vec![1.0; 5]))),
        ("plain", Arc::new(StringArray::from(texts.to_vec()))),
        ("views", Arc::new(StringViewArray::from(texts.to_vec()))),
        ("coded", Arc::new(coded)),
    ];
    files.push(written(&RecordBatch::try_from_iter(columns).unwrap()));
    #[cfg(feature = "compressed-ipc")]
    for codec in [arrow_ipc::CompressionType::LZ4_FRAME, arrow_ipc::CompressionType::ZSTD] {
        let n = 200;
        let long = Frame::builder((0..n).collect::<Vec<i64>>()).column("A", vec![1.5; 200]);
        let batch = long.build().unwrap().to_record_batch();
        let options = arrow_ipc::writer::IpcWriteOptions::default();
        let options = options.try_with_compression(Some(codec)).unwrap();
        let file = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options);
        let mut file = file.unwrap();
        file.write(&batch).unwrap();
        files.push(file.into_inner().unwrap());
    }
    files
}

/// A small generator of its own, so that each run tries the same (Marsaglia 2003, Xorshift RNGs).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    const WILD: [i64; 12] =
        [0, 1, -1, 7, 8, 63, 1 << 20, 1 << 31, 1 << 42, i64::MAX, i64::MIN, 0x7fff_ffff];
    if bytes.is_empty() {
        return;
    }
    // Footer and messages are where the lengths are.
    let at = match numbers.below(3) {
        0 => numbers.below(bytes.len()),
        1 => bytes.len() - 1 - numbers.below(bytes.len().min(700)),
        _ => numbers.below(bytes.len().min(900)),
    };
    match numbers.below(8) {
        0..=2 => bytes[at] ^= 1 << numbers.below(8),
        3 => bytes[at] = numbers.next() as u8,
        4 | 5 => {
            let wild = WILD[numbers.below(WILD.len())].to_le_bytes();
            let width = [1, 2, 4, 8][numbers.below(4)];
            let at = at & !(width - 1);
            for (to, from) in bytes[at..].iter_mut().zip(&wild[..width]) {
                *to = *from;
            }
        }
        6 => {
            let (from, length) = (numbers.below(bytes.len()), numbers.below(24));
            let copied = bytes[from..bytes.len().min(from + length)].to_vec();
            for (to, from) in bytes[at..].iter_mut().zip(copied) {
                *to = from;
            }
        }
        _ => {
            let end = bytes.len().min(at + numbers.below(16));
            if numbers.below(2) == 0 {
                bytes.drain(at..end);
            } else {
                bytes.truncate(at);
            }
        }
    }
}

#[test]
fn thousands_of_mutations_are_errors_or_frames() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let (mut accepted, mut refused) = (0, 0);
    for file in files() {
        assert!(check(&file));
        for _ in 0..4_000 {
            let mut bytes = file.clone();
            for _ in 0..=numbers.below(4) {
                mutate(&mut bytes, &mut numbers);
            }
            if check(&bytes) { accepted += 1 } else { refused += 1 }
        }
    }
    // Neither is the rule, or the mutations would test nothing.
    assert!(accepted > 1_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn cut_at_every_length_and_flipped_in_every_bit() {
    for file in files() {
        for end in 0..file.len() {
            check(&file[..end]);
        }
        let mut bytes = file;
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            check(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn dates_that_are_said_to_increase_are_looked_at_where_it_matters() {
    let mut bytes = Vec::new();
    ipc::write_to(&frame(), &mut bytes).unwrap();
    let dates: Vec<u8> = [1_i64, 2, 3, 4, 5].iter().flat_map(|date| date.to_le_bytes()).collect();
    let at = bytes.windows(dates.len()).position(|window| window == dates).unwrap();
    bytes[at + 16] = 9;
    // Without the mark nobody says so, and it is looked at here and now.
    let mut unmarked = bytes.clone();
    let mark = unmarked.windows(14).position(|window| window == b"tangency.dates").unwrap();
    unmarked[mark] = b'T';
    let refused = open::frame(&Buffer::from(unmarked), true).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Unordered { .. }), "{refused}");

    let lent = open::frame(&Buffer::from(bytes), true).unwrap();
    assert_eq!(lent.timestamps(), [1, 2, 9, 4, 5]);
    let mut attempts = vec![
        align::join(&[&lent, &frame().renamed(|name| format!("{name}2")).unwrap()], Join::Inner),
        align::AsOf::new().join(&frame().renamed(|name| format!("{name}2")).unwrap(), &lent),
        Resample::new(Bucket::Every(2)).otherwise(Rule::Last).apply(&lent),
        Adjust::new().split(2, 2.0).price("A").unchanged("B").apply(&lent),
        ipc::write_to(&lent, Vec::new()).map(|()| frame()),
        csv::write_to(&lent, Vec::new()).map(|()| frame()),
        lent.share().map(SharedFrame::into_frame),
    ];
    attempts.extend([
        #[cfg(feature = "parquet")]
        crate::parquet::write_to(&lent, Vec::new()).map(|()| frame()),
    ]);
    for attempt in attempts {
        let refused = attempt.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Unordered { .. }), "{refused}");
    }
}
