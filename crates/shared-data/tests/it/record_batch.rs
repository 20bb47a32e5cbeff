//! Arrow record batches in and out.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{
    ArrayRef, Date32Array, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt64Array,
};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy, TextColumn};

const DAY: i64 = 86_400_000_000_000;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn numbers() -> ArrayRef {
    Arc::new(Float64Array::from(vec![1.5, 2.5]))
}

#[track_caller]
fn read(columns: Vec<(&str, ArrayRef)>) -> Frame {
    Frame::from_record_batch(&batch(columns), NanPolicy::Reject).unwrap()
}

#[track_caller]
fn refused(columns: Vec<(&str, ArrayRef)>, expected: &str) {
    let error = Frame::from_record_batch(&batch(columns), NanPolicy::Reject).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn export_copies_nothing() {
    let dates = [0, DAY, 2 * DAY];
    let frame = Frame::builder(&dates)
        .column("A", &[1.0, 2.0, 3.0])
        .column("B", &[4.0; 3])
        .build()
        .unwrap();
    for frame in [frame.clone(), frame.slice(1..3).unwrap()] {
        let batch = frame.to_record_batch();
        assert_eq!(batch.num_rows(), frame.n_rows());
        for at in 0..2 {
            let values = batch.column(at + 1).as_primitive::<Float64Type>().values();
            assert_eq!(values.as_ptr(), frame.column_at(at).unwrap().as_ptr());
        }
    }
}

#[test]
fn import_copies_nothing_either() {
    let whole = Frame::builder(&[0, DAY, 2 * DAY])
        .column("A", &[1.0, 2.0, 3.0])
        .column("B", &[4.0, f64::NAN, 6.0])
        .build()
        .unwrap();
    // The rows of a slice begin within a cache line.
    for frame in [whole.clone(), whole.slice(1..3).unwrap(), whole.slice(2..2).unwrap()] {
        let back = Frame::from_record_batch(&frame.to_record_batch(), NanPolicy::Keep).unwrap();
        assert!(back.same_bits(&frame));
        assert_eq!(back.timestamps().as_ptr(), frame.timestamps().as_ptr());
        for at in 0..2 {
            let (ours, theirs) = (frame.column_at(at).unwrap(), back.column_at(at).unwrap());
            assert_eq!(ours.as_ptr(), theirs.as_ptr());
        }
    }
    let one = whole.select(&["A"]).unwrap();
    let back = Frame::from_record_batch(&one.to_record_batch(), NanPolicy::Reject).unwrap();
    assert_eq!(back.matrix().unwrap().as_ptr(), one.column("A").unwrap().as_ptr());
}

#[test]
fn columns_that_lie_apart_become_a_matrix_when_asked() {
    let frame = Frame::builder(&[0, DAY])
        .column("A", &[1.0, 2.0])
        .column("B", &[3.0, 4.0])
        .build()
        .unwrap();
    let apart = Frame::from_record_batch(&frame.to_record_batch(), NanPolicy::Reject).unwrap();
    assert!(!apart.is_matrix());
    let error = apart.matrix().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotOneMatrix { n_columns: 2 });
    let together = apart.contiguous().unwrap();
    assert!(together.same_bits(&frame));
    assert_eq!(together.matrix().unwrap(), frame.matrix().unwrap());
    // What is one matrix already is not copied.
    let same = frame.contiguous().unwrap();
    assert_eq!(same.column("A").unwrap().as_ptr(), frame.column("A").unwrap().as_ptr());
    // Slices of columns that lie apart.
    let last = apart.slice(1..2).unwrap();
    assert_eq!(last.column("B").unwrap(), [4.0]);
    assert_eq!(last.column("B").unwrap().as_ptr(), &frame.column("B").unwrap()[1]);
    assert!(last.slice(0..0).unwrap().matrix().unwrap().is_empty());
}

#[test]
fn text_stays_beside_columns_that_are_copied_together() {
    let venues = TextColumn::new(["N", "Q"]).unwrap();
    let frame = Frame::builder(&[0, DAY])
        .column("A", &[1.0, 2.0])
        .column("B", &[3.0, 4.0])
        .text_column("venue", venues)
        .build()
        .unwrap();
    let apart = Frame::from_record_batch(&frame.to_record_batch(), NanPolicy::Reject).unwrap();
    assert!(!apart.is_matrix());
    let together = apart.contiguous().unwrap();
    assert!(together.is_matrix() && together.same_bits(&frame));
}

#[test]
fn what_has_to_be_converted_is_copied_into_one_matrix() {
    let dates: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![0, DAY]));
    let gap: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let columns = [("when", dates), ("A", numbers()), ("B", gap)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let frame = Frame::from_record_batch(&batch, NanPolicy::Keep).unwrap();
    assert!(frame.is_matrix());
    assert!(frame.column("B").unwrap()[1].is_nan());
}

#[test]
fn the_dates_do_not_take_a_name_away() {
    let frame = Frame::builder(&[0])
        .column("date", &[1.0])
        .column("timestamp", &[2.0])
        .column("time", &[3.0])
        .build()
        .unwrap();
    let back = Frame::from_record_batch(&frame.to_record_batch(), NanPolicy::Reject).unwrap();
    assert!(back.same_bits(&frame));
}

#[test]
fn dates_of_every_type() {
    let expected = [0, DAY];
    let dates: [ArrayRef; 6] = [
        Arc::new(Date32Array::from(vec![0, 1])),
        Arc::new(arrow_array::Date64Array::from(vec![0, 86_400_000])),
        Arc::new(TimestampSecondArray::from(vec![0, 86_400])),
        Arc::new(TimestampMillisecondArray::from(vec![0, 86_400_000]).with_timezone("+02:00")),
        Arc::new(TimestampNanosecondArray::from(vec![0, DAY])),
        Arc::new(StringArray::from(vec!["1970-01-01", "1970-01-02T00:00Z"])),
    ];
    for dates in dates {
        let name = format!("{}", dates.data_type());
        let frame = read(vec![("when", dates), ("A", numbers())]);
        assert_eq!(frame.timestamps(), expected, "{name}");
        assert_eq!(frame.column("A").unwrap(), [1.5, 2.5]);
    }
}

#[test]
fn dates_may_stand_anywhere() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![0, 1]));
    let frame = read(vec![("A", numbers()), ("index", dates), ("B", numbers())]);
    assert_eq!(frame.names(), ["A", "B"]);
}

#[test]
fn numbers_of_every_type() {
    let dates = || ("d", Arc::new(Date32Array::from(vec![0, 1])) as ArrayRef);
    let frame = read(vec![
        dates(),
        ("f32", Arc::new(Float32Array::from(vec![0.1, 2.0]))),
        ("i32", Arc::new(Int32Array::from(vec![-1, 2]))),
        ("i64", Arc::new(Int64Array::from(vec![i64::MIN, (1 << 53) + 1]))),
        ("u64", Arc::new(UInt64Array::from(vec![u64::MAX, 3]))),
    ]);
    assert_eq!(frame.column("f32").unwrap(), [f64::from(0.1_f32), 2.0]);
    assert_eq!(frame.column("i32").unwrap(), [-1.0, 2.0]);
    assert_eq!(frame.column("i64").unwrap(), [-(2.0_f64.powi(63)), 2.0_f64.powi(53)]);
    assert_eq!(frame.column("u64").unwrap(), [2.0_f64.powi(64), 3.0]);
}

#[test]
fn nulls_are_missing_values() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![0, 1, 2]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0)]));
    let whole: ArrayRef = Arc::new(Int32Array::from(vec![None, Some(2), Some(3)]));
    let batch = batch(vec![("d", dates), ("A", values), ("B", whole)]);
    let frame = Frame::from_record_batch(&batch, NanPolicy::Keep).unwrap();
    assert!(frame.column("A").unwrap()[1].is_nan() && frame.column("B").unwrap()[0].is_nan());
    let error = Frame::from_record_batch(&batch, NanPolicy::Reject).unwrap_err();
    assert_eq!(error.to_string(), "column \"A\": the value of 1970-01-02 is missing");
}

#[test]
fn a_lone_column_with_nulls_is_not_shared() {
    let dates: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![0, 1]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let batch = batch(vec![("d", dates), ("A", values)]);
    let frame = Frame::from_record_batch(&batch, NanPolicy::Keep).unwrap();
    assert!(frame.column("A").unwrap()[1].is_nan());
}

#[test]
fn what_is_no_frame() {
    let dates = || ("d", Arc::new(Date32Array::from(vec![0, 1])) as ArrayRef);
    let text = || Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef;
    refused(
        vec![("A", numbers()), ("B", numbers())],
        "no column holds dates: expected a date or timestamp column, or its name",
    );
    refused(
        vec![("n", Arc::new(Int64Array::from(vec![0, 1]))), ("B", numbers())],
        "no column holds dates: expected a date or timestamp column, or its name",
    );
    refused(vec![dates()], "there is no value column beside the dates");
    // Text is no value; beside numbers it becomes a text column.
    refused(vec![dates(), ("symbol", text())], "there is no value column beside the dates");
    refused(
        vec![("d", Arc::new(Date32Array::from(vec![1, 1]))), ("A", numbers())],
        "column \"d\": row 1 repeats the date 1970-01-02 of row 0",
    );
    refused(
        vec![("d", Arc::new(Date32Array::from(vec![Some(1), None]))), ("A", numbers())],
        "column \"d\": row 1 has no date",
    );
    refused(
        vec![("d", Arc::new(Date32Array::from(vec![0, i32::MAX]))), ("A", numbers())],
        "column \"d\": the date \"2147483647 days\" is outside 1677-09-21 to 2262-04-11",
    );
    refused(
        vec![dates(), ("A", numbers()), (" A", numbers())],
        "the column name \"A\" appears twice, in columns 2 and 3",
    );
    let error =
        Frame::from_record_batch(&batch(vec![("d", text()), ("A", numbers())]), NanPolicy::Keep);
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::BadDate { .. }));
}

#[test]
fn dictionaries_are_looked_up() {
    use arrow_array::types::Int16Type;
    use arrow_array::{DictionaryArray, Int16Array};
    let keys = |keys: Vec<Option<i16>>| Int16Array::from(keys);
    // Entries that no row uses may be anything.
    let texts = StringArray::from(vec![Some("1970-01-02"), None, Some("?"), Some("1970-01-01")]);
    let dates =
        DictionaryArray::<Int16Type>::try_new(keys(vec![Some(3), Some(0)]), Arc::new(texts));
    let dates: ArrayRef = Arc::new(dates.unwrap());
    let levels: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 0.25]));
    let coded =
        DictionaryArray::<Int16Type>::try_new(keys(vec![Some(1), None]), Arc::clone(&levels));
    let none = DictionaryArray::<Int16Type>::try_new(keys(vec![None, None]), levels.slice(0, 0));
    let batch = RecordBatch::try_from_iter([
        ("when", Arc::clone(&dates)),
        ("A", Arc::new(coded.unwrap()) as ArrayRef),
        ("B", Arc::new(none.unwrap()) as ArrayRef),
    ]);
    let batch = batch.unwrap();
    let frame = Frame::from_record_batch(&batch, NanPolicy::Keep).unwrap();
    assert_eq!(frame.timestamps(), [0, DAY]);
    assert_eq!(frame.column("A").unwrap()[0], 0.25);
    assert!(frame.column("A").unwrap()[1].is_nan());
    assert!(frame.column("B").unwrap().iter().all(|value| value.is_nan()));
    let error = Frame::from_record_batch(&batch, NanPolicy::Reject).unwrap_err();
    assert_eq!(error.to_string(), "column \"A\": the value of 1970-01-02 is missing");
    // One that a row uses may not.
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1970-01-02", "?"]));
    let dates = DictionaryArray::<Int16Type>::try_new(keys(vec![Some(0), Some(1)]), texts);
    let batch = RecordBatch::try_from_iter([
        ("when", Arc::new(dates.unwrap()) as ArrayRef),
        ("A", numbers()),
    ]);
    let error = Frame::from_record_batch(&batch.unwrap(), NanPolicy::Reject).unwrap_err();
    assert!(error.to_string().starts_with("column \"when\": cannot read \"?\""), "{error}");
}
