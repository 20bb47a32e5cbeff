//! Parts of Parquet files: columns, row groups, spans of time; and how they are written.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
    StructArray, TimestampMillisecondArray, types::Int32Type,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use proptest::prelude::*;
use tangency_shared_data::parquet::{Compression, ParquetReader, ParquetWriter};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy, TextColumn, time};

const DAY: i64 = time::NANOS_PER_DAY;

/// A hundred days of three columns and a text, in row groups of ten.
fn frame() -> Frame {
    let dates: Vec<i64> = (0..100).map(|day| day * DAY).collect();
    let column = |k: usize| (0..100).map(|row| (row * k) as f64).collect::<Vec<_>>();
    let months = (0..100).map(|day| if day < 31 { "January" } else { "later" });
    Frame::builder(dates)
        .column("A", column(1))
        .column("B", column(2))
        .column("C", column(3))
        .text_column("month", TextColumn::new(months).unwrap())
        .build()
        .unwrap()
}

fn bytes(writer: ParquetWriter) -> Vec<u8> {
    let mut bytes = Vec::new();
    writer.row_group_rows(10).write_to(&frame(), &mut bytes).unwrap();
    bytes
}

#[test]
fn some_columns_in_any_order() {
    let bytes = bytes(ParquetWriter::new());
    let read = |names: &[&str]| {
        ParquetReader::new().columns(names.iter().copied()).read_bytes(bytes.clone(), "x")
    };
    let part = read(&["C", "A"]).unwrap();
    assert!(part.same_bits(&frame().select(&["C", "A"]).unwrap()));
    let part = read(&["date", "B", "A"]).unwrap();
    assert!(part.same_bits(&frame().select(&["B", "A"]).unwrap()), "dates come anyway");
    let part = read(&["B", "month"]).unwrap();
    assert!(part.same_bits(&frame().select(&["B", "month"]).unwrap()));
    let error = read(&["A", "D"]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownColumn { .. }), "{error}");
    assert_eq!(*read(&["month"]).unwrap_err().kind(), ErrorKind::NoColumns);
}

#[test]
fn some_row_groups() {
    let bytes = bytes(ParquetWriter::new());
    let read = |groups: &[usize]| {
        ParquetReader::new().row_groups(groups.iter().copied()).read_bytes(bytes.clone(), "x")
    };
    assert!(read(&[2, 3]).unwrap().same_bits(&frame().slice(20..40).unwrap()));
    let error = read(&[10]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::RowGroupOutOfRange { index: 10, n_row_groups: 10 });
    // In an order in which dates do not increase.
    let error = read(&[3, 2]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unordered { row: 10, .. }), "{error}");
    assert_eq!(error.row_group(), Some(2));
    assert!(
        error.to_string().starts_with("x, row group 2, column \"date\": row 10 is out"),
        "{error}"
    );
}

#[test]
fn row_groups_outside_of_the_span_are_not_decoded() {
    let whole = bytes(ParquetWriter::new());
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load(&bytes::Bytes::from(whole.clone()), options).unwrap();
    // Every page outside of the third row group is overwritten: nobody may look at it.
    let mut damaged = whole;
    for (at, group) in metadata.metadata().row_groups().iter().enumerate() {
        for column in group.columns().iter().filter(|_| at != 2) {
            let (start, length) = column.byte_range();
            damaged[start as usize..(start + length) as usize].fill(0xff);
        }
    }
    let read = |span: std::ops::Range<i64>| {
        ParquetReader::new().time_range(span).read_bytes(damaged.clone(), "x")
    };
    let part = read(20 * DAY..30 * DAY).unwrap();
    assert!(part.same_bits(&frame().slice(20..30).unwrap()));
    let part = read(22 * DAY + 1..25 * DAY).unwrap();
    assert!(part.same_bits(&frame().slice(23..25).unwrap()));
    assert_eq!(read(200 * DAY..300 * DAY).unwrap().n_rows(), 0);
    let error = read(20 * DAY..30 * DAY + 1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{error}");
    assert_eq!((error.file(), error.row_group()), (Some("x"), Some(3)));
    let error = ParquetReader::new().read_bytes(damaged.clone(), "x").unwrap_err();
    assert_eq!(error.row_group(), Some(0), "the first that is damaged: {error}");
}

#[test]
fn dates_of_other_types_have_spans_too() {
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..50));
    let millis = (0..50).map(|day| day * 86_400_000);
    let millis: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values(millis));
    let text = (0..50).map(|day| time::format_date(day * DAY));
    let text: ArrayRef = Arc::new(StringArray::from_iter_values(text));
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..50).map(f64::from)));
    for dates in [days, millis, text] {
        let batch = RecordBatch::try_from_iter([("d", dates), ("A", Arc::clone(&values))]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        for part in 0..5 {
            writer.write(&batch.slice(part * 10, 10)).unwrap();
            writer.flush().unwrap();
        }
        writer.close().unwrap();
        let reader = ParquetReader::new().time_range(..=17 * DAY).columns(["A"]);
        let part = reader.read_bytes(bytes, "x").unwrap();
        assert_eq!(part.timestamps().last(), Some(&(17 * DAY)), "{:?}", batch.schema());
        assert_eq!(part.column("A").unwrap().len(), 18);
    }
}

/// Fifty days beside a struct of two columns, which stands before them and holds other times.
fn after_a_struct() -> Vec<u8> {
    let other = || -> ArrayRef { Arc::new(Date32Array::from_iter_values((0..50).map(|d| d * 9))) };
    let field = |name| Arc::new(Field::new(name, DataType::Date32, false));
    let info = StructArray::from(vec![(field("a"), other()), (field("b"), other())]);
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..50));
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..50).map(f64::from)));
    let columns = [("info", Arc::new(info) as ArrayRef), ("date", days), ("A", values)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    for part in 0..5 {
        writer.write(&batch.slice(part * 10, 10)).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    bytes
}

#[test]
fn statistics_are_those_of_the_dates_whatever_stands_before_them() {
    let bytes = after_a_struct();
    let reader = ParquetReader::new().columns(["A"]);
    for (start, end) in [(0, 50), (20, 30), (25, 41), (49, 50)] {
        let part = reader.clone().time_range(start * DAY..end * DAY);
        let part = part.read_bytes(bytes.clone(), "x").unwrap();
        let days: Vec<i64> = (start..end).map(|day| day * DAY).collect();
        assert_eq!(part.timestamps(), days);
        assert_eq!(part.column("A").unwrap()[0], start as f64);
    }
    // Dates and numbers count, 50 of 8 bytes each and their pages; the struct is not decoded.
    let needed = |limit| {
        let error = reader.clone().decoded_limit(limit).read_bytes(bytes.clone(), "x").err();
        error.map(|error| error.kind().clone())
    };
    let Some(ErrorKind::DecodedLimit { needed: two, .. }) = needed(0) else { panic!("no limit") };
    assert_eq!(needed(two), None);
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load(&bytes::Bytes::from(bytes.clone()), options).unwrap();
    let groups = metadata.metadata().row_groups().iter();
    let sizes = groups.flat_map(|group| &group.columns()[2..]).map(|c| c.uncompressed_size());
    assert_eq!(two as i64, sizes.map(|size| size.max(80)).sum::<i64>());
}

#[test]
fn bad_cells_name_their_row_group() {
    let text = ["2020-01-01", "2020-01-02", "2020-13-01", "2020-01-04"];
    let dates: ArrayRef = Arc::new(StringArray::from_iter_values(text));
    let values: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0), Some(4.0)]));
    let write = |dates: ArrayRef, values: ArrayRef| {
        let batch = RecordBatch::try_from_iter([("d", dates), ("A", values)]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        for row in 0..batch.num_rows() {
            writer.write(&batch.slice(row, 1)).unwrap();
            writer.flush().unwrap();
        }
        writer.close().unwrap();
        bytes
    };
    let error =
        ParquetReader::new().read_bytes(write(dates, Arc::clone(&values)), "x").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BadDate { .. }), "{error}");
    assert_eq!((error.row_group(), error.column()), (Some(2), Some("d")));
    let dates = Arc::new(Date32Array::from_iter_values(0..4));
    let error = ParquetReader::new().read_bytes(write(dates, values), "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x, row group 1, column \"A\": the value of 1970-01-02 is missing"
    );
}

#[test]
fn text_of_others() {
    let dates: ArrayRef = Arc::new(Date32Array::from_iter_values(0..3));
    let coded: DictionaryArray<Int32Type> = [Some("a"), None, Some("b")].into_iter().collect();
    let values: ArrayRef = Arc::new(Int32Array::from_iter_values(0..3));
    let batch = RecordBatch::try_from_iter([
        ("d", dates),
        ("text", Arc::new(coded) as ArrayRef),
        ("A", values),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let error = ParquetReader::new().read_bytes(bytes.clone(), "x").unwrap_err();
    assert!(error.is_missing() && error.column() == Some("text"), "{error}");
    let frame = ParquetReader::new().nan_policy(NanPolicy::Keep).read_bytes(bytes, "x").unwrap();
    assert_eq!(frame.names(), ["A"]);
    assert_eq!(frame.text("text").unwrap().iter().collect::<Vec<_>>(), ["a", "", "b"]);
}

/// Written out, the one text of all rows would be longer than any array of text.
#[test]
fn a_long_text_of_many_rows_is_held_once() {
    let rows = 11_000;
    let text = "x".repeat(200_000);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
    let coded = DictionaryArray::<Int32Type>::new(vec![0; rows].into(), texts);
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..rows as i32));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.5; rows]));
    let columns = [("d", days), ("text", Arc::new(coded) as ArrayRef), ("A", values)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    for embedded in [true, false] {
        let mut bytes = Vec::new();
        // Without the schema of Arrow nothing says that the text is coded.
        let options = ArrowWriterOptions::new().with_skip_arrow_metadata(!embedded);
        let mut writer =
            ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        assert!(bytes.len() < 1_000_000);
        let frame = ParquetReader::new().decoded_limit(1_000_000).read_bytes(bytes, "x").unwrap();
        let read = frame.text("text").unwrap();
        assert_eq!(read.dictionary(), std::slice::from_ref(&text));
        assert_eq!(read.codes(), vec![0; rows]);
    }
}

/// A column of another type is refused when it is read, and passed over when it is not.
#[test]
fn types_that_no_frame_holds() {
    use arrow_array::builder::{Float64Builder, ListBuilder, MapBuilder, StringBuilder};
    use arrow_array::{BinaryArray, Decimal128Array, FixedSizeBinaryArray, LargeStringArray};
    let mut lists = ListBuilder::new(Float64Builder::new());
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Float64Builder::new());
    for row in 0..2 {
        lists.append_value([Some(1.0), None]);
        maps.keys().append_value(format!("{row}"));
        maps.values().append_value(1.0);
        maps.append(true).unwrap();
    }
    let field = Arc::new(Field::new("a", DataType::Date32, true));
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(0..2));
    let other: [(&str, ArrayRef); 6] = [
        ("list", Arc::new(lists.finish())),
        ("map", Arc::new(maps.finish())),
        ("struct", Arc::new(StructArray::from(vec![(field, Arc::clone(&days))]))),
        ("bytes", Arc::new(BinaryArray::from_vec(vec![b"x", b"\xff"]))),
        (
            "money",
            Arc::new(Decimal128Array::from(vec![1, 2]).with_precision_and_scale(9, 2).unwrap()),
        ),
        ("fixed", Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8; 20]; 2].iter()).unwrap())),
    ];
    let large: ArrayRef = Arc::new(LargeStringArray::from(vec!["p", "q"]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let columns = other.iter().cloned();
    let columns = columns.chain([("date", days), ("text", large), ("A", values)]);
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let frame = ParquetReader::new().columns(["A", "text"]).read_bytes(bytes.clone(), "x").unwrap();
    assert_eq!(frame.column("A").unwrap(), [1.0, 2.0]);
    assert_eq!(frame.text("text").unwrap().dictionary(), ["p", "q"]);
    for (name, _) in other {
        let error = ParquetReader::new().columns([name]).read_bytes(bytes.clone(), "x");
        let error = error.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnsupportedType { .. }), "{error}");
        assert_eq!(error.column(), Some(name));
    }
}

#[test]
fn every_compression() {
    let plain = bytes(ParquetWriter::new().compression(Compression::None).dictionary(false));
    for compression in [Compression::None, Compression::Snappy, Compression::Zstd] {
        let bytes = bytes(ParquetWriter::new().compression(compression).dictionary(false));
        assert!(ParquetReader::new().read_bytes(bytes.clone(), "x").unwrap().same_bits(&frame()));
        if compression != Compression::None {
            assert!(bytes.len() < plain.len(), "{compression:?}");
        }
    }
}

#[test]
fn more_than_allowed_is_not_decoded() {
    let bytes = bytes(ParquetWriter::new());
    let read = |limit: u64, names: &[&str]| {
        let reader = ParquetReader::new().decoded_limit(limit).columns(names.iter().copied());
        reader.read_bytes(bytes.clone(), "x")
    };
    // Dates and one column of 100 values of 8 bytes each, in pages a little larger than that.
    assert!(read(10_000, &["A"]).is_ok());
    let error = read(1_599, &["A"]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DecodedLimit { limit: 1_599, .. }), "{error}");
    let reader = ParquetReader::new().decoded_limit(1_599).columns(["A"]);
    assert!(reader.time_range(..9 * DAY).read_bytes(bytes.clone(), "x").is_ok());
}

proptest! {
    #[test]
    fn any_span(start in -20..120_i64, length in 0..130_i64, hours in 0..24_i64, inclusive: bool) {
        let frame = frame();
        let start = start * DAY + hours * 3_600_000_000_000;
        let end = start + length * DAY;
        let reader = ParquetReader::new();
        let reader = if inclusive { reader.time_range(start..=end) } else { reader.time_range(start..end) };
        let part = reader.read_bytes(bytes(ParquetWriter::new()), "x").unwrap();
        let inside = |t: &&i64| **t >= start && (**t < end || inclusive && **t == end);
        let first = frame.timestamps().iter().take_while(|t| **t < start).count();
        let n = frame.timestamps().iter().filter(inside).count();
        prop_assert!(part.same_bits(&frame.slice(first..first + n).unwrap()));
    }
}
