//! Columns to and from arrays of `arrow2`.

use arrow2::array::{Array, PrimitiveArray};
use arrow2::datatypes::{DataType, TimeUnit};
use tangency_shared_data::interop::arrow2 as interop;
use tangency_shared_data::{ErrorKind, Frame, NanPolicy};

const DAY: i64 = 86_400_000_000_000;

fn sample() -> Frame {
    Frame::builder(&[0, DAY, 2 * DAY, 3 * DAY])
        .column("A", &[1.0, f64::NAN, 3.0, -0.0])
        .column("B", &[4.0; 4])
        .build()
        .unwrap()
}

fn times(values: &[i64]) -> PrimitiveArray<i64> {
    PrimitiveArray::from_slice(values)
}

fn numbers(values: &[f64]) -> PrimitiveArray<f64> {
    PrimitiveArray::from_slice(values)
}

#[track_caller]
fn refused(timestamps: &PrimitiveArray<i64>, columns: &[(&str, &PrimitiveArray<f64>)]) -> String {
    let columns = columns.iter().copied();
    interop::frame(timestamps, columns, NanPolicy::Reject).unwrap_err().to_string()
}

#[test]
fn export_copies_nothing() {
    let whole = sample();
    for frame in [whole.clone(), whole.slice(1..4).unwrap(), whole.slice(2..3).unwrap()] {
        let dates = interop::timestamps(&frame);
        assert_eq!(dates.values().as_ptr(), frame.timestamps().as_ptr());
        assert_eq!(dates.values().as_slice(), frame.timestamps());
        let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".to_owned()));
        assert_eq!(*dates.data_type(), utc);
        assert_eq!(interop::columns(&frame).count(), 2);
        for (name, array) in interop::columns(&frame) {
            let column = frame.column(name).unwrap();
            assert_eq!(array.values().as_ptr(), column.as_ptr());
            assert_eq!((array.len(), array.null_count()), (column.len(), 0));
            assert_eq!(*array.data_type(), DataType::Float64);
            let alone = interop::column(&frame, name).unwrap();
            assert_eq!(alone.values().as_ptr(), column.as_ptr());
        }
    }
}

#[test]
fn an_array_outlives_its_frame_on_another_thread() {
    let array = interop::column(&sample().slice(2..4).unwrap(), "A").unwrap();
    let read = std::thread::spawn(move || array.values().as_slice().to_vec()).join().unwrap();
    assert_eq!(read, [3.0, -0.0]);
}

#[test]
fn nobody_writes_to_a_frame_through_an_array() {
    let mut array = interop::column(&sample(), "B").unwrap();
    assert!(array.get_mut_values().is_none());
    assert!(array.into_mut().is_left());
}

#[test]
fn slices_of_exported_arrays_are_slices_of_the_frame() {
    let frame = sample();
    let mut array = interop::column(&frame, "A").unwrap();
    array.slice(2, 2);
    assert_eq!(array.values().as_ptr(), &frame.column("A").unwrap()[2]);
    let mut dates = interop::timestamps(&frame);
    dates.slice(2, 2);
    let back = interop::frame(&dates, [("A", &array)], NanPolicy::Keep).unwrap();
    assert!(back.same_bits(&frame.select(&["A"]).unwrap().slice(2..4).unwrap()));
}

#[test]
fn frames_come_back_bit_for_bit() {
    let whole = sample();
    for frame in [whole.clone(), whole.slice(1..4).unwrap(), whole.slice(4..4).unwrap()] {
        let columns: Vec<_> = interop::columns(&frame).collect();
        let columns = columns.iter().map(|(name, array)| (*name, array));
        let back = interop::frame(&interop::timestamps(&frame), columns, NanPolicy::Keep).unwrap();
        assert!(back.same_bits(&frame));
    }
}

#[test]
fn import_copies_nothing_either() {
    let whole = sample();
    for frame in [whole.clone(), whole.slice(1..4).unwrap()] {
        let dates = interop::timestamps(&frame);
        let columns: Vec<_> = interop::columns(&frame).collect();
        let columns = columns.iter().map(|(name, array)| (*name, array));
        let back = interop::frame(&dates, columns, NanPolicy::Keep).unwrap();
        assert_eq!(back.timestamps().as_ptr(), frame.timestamps().as_ptr());
        for name in ["A", "B"] {
            assert_eq!(back.column(name).unwrap().as_ptr(), frame.column(name).unwrap().as_ptr());
        }
        assert!(back.matrix().is_err());
        assert_eq!(back.contiguous().unwrap().matrix().unwrap().shape(), (frame.n_rows(), 2));
    }
    // What arrow2 allocated itself is shared as well, wherever it starts.
    let (dates, a, b) = (times(&[0, DAY]), numbers(&[1.0, 2.0]), numbers(&[3.0, 4.0]));
    let back = interop::frame(&dates, [("A", &a), ("B", &b)], NanPolicy::Reject).unwrap();
    assert_eq!(back.timestamps().as_ptr(), dates.values().as_ptr());
    assert_eq!(back.column("B").unwrap().as_ptr(), b.values().as_ptr());
}

#[test]
fn a_shared_array_cannot_be_written_to_while_a_frame_reads_it() {
    // A vector as large as that starts somewhere; from its first cache line on it can be shared.
    let first = |array: &PrimitiveArray<f64>| array.values().as_ptr().align_offset(64);
    let mut array = numbers(&[1.0; 64]);
    let (from, rows) = (first(&array), 48);
    array.slice(from, rows);
    let dates = times(&(0..48).collect::<Vec<_>>());
    let frame = interop::frame(&dates, [("A", &array)], NanPolicy::Reject).unwrap();
    assert_eq!(frame.column("A").unwrap().as_ptr(), array.values().as_ptr());
    assert_eq!(frame.timestamps().as_ptr(), dates.values().as_ptr());
    assert!(array.get_mut_values().is_none());
    drop(frame);
    array.get_mut_values().unwrap()[0] = 2.0;
}

#[test]
fn nulls_are_missing_values() {
    let values: Vec<Option<f64>> = (0..30).map(|i| (i % 3 != 1).then_some(f64::from(i))).collect();
    // At every offset of the bits of validity within their byte.
    for first in 0..20 {
        let mut array = PrimitiveArray::from(values.clone());
        array.slice(first, 10);
        let dates = times(&(0..10).collect::<Vec<_>>());
        let frame = interop::frame(&dates, [("A", &array)], NanPolicy::Keep).unwrap();
        for (got, expected) in frame.column("A").unwrap().iter().zip(&values[first..]) {
            assert_eq!(got.is_nan(), expected.is_none(), "{first}");
            assert!(expected.is_none_or(|expected| *got == expected), "{first}");
        }
        let error = interop::frame(&dates, [("A", &array)], NanPolicy::Reject).unwrap_err();
        let row = (0..10).find(|row| values[first + row].is_none()).unwrap();
        assert!(matches!(error.kind(), ErrorKind::MissingValue { row: at, .. } if *at == row));
        assert_eq!(error.column(), Some("A"));
    }
    // NaN under a valid bit is missing as well.
    assert_eq!(
        refused(&times(&[0]), &[("A", &numbers(&[f64::NAN]))]),
        "column \"A\": the value of 1970-01-01 is missing"
    );
}

#[test]
fn timestamps_of_every_unit() {
    let column = numbers(&[1.5, 2.5]);
    let days = [(TimeUnit::Second, 86_400), (TimeUnit::Millisecond, 86_400_000)];
    for (unit, day) in days.into_iter().chain([(TimeUnit::Microsecond, DAY / 1000)]) {
        for zone in [None, Some("UTC".to_owned())] {
            let dates = times(&[0, day]).to(DataType::Timestamp(unit, zone));
            let frame = interop::frame(&dates, [("A", &column)], NanPolicy::Reject).unwrap();
            assert_eq!(frame.timestamps(), [0, DAY]);
        }
    }
    let dates = times(&[0, 86_400_000]).to(DataType::Date64);
    let frame = interop::frame(&dates, [("A", &column)], NanPolicy::Reject).unwrap();
    assert_eq!(frame.timestamps(), [0, DAY]);
    // Whole numbers are nanoseconds, and a column may be called like the dates.
    let frame = interop::frame(&times(&[-1, DAY]), [("date", &column)], NanPolicy::Reject).unwrap();
    assert_eq!(frame.timestamps(), [-1, DAY]);
    assert_eq!(frame.column("date").unwrap(), [1.5, 2.5]);
}

#[test]
fn what_is_no_frame() {
    let (two, column) = (times(&[0, DAY]), numbers(&[1.5, 2.5]));
    assert_eq!(refused(&two, &[]), "there is no value column beside the dates");
    assert_eq!(
        refused(&two, &[("A", &numbers(&[1.0]))]),
        "column \"A\": expected 2 values, one a row, got 1"
    );
    assert_eq!(
        refused(&two, &[("A", &column), (" A", &column)]),
        "the column name \"A\" appears twice, in columns 1 and 2"
    );
    assert_eq!(
        refused(&times(&[DAY, DAY]), &[("A", &column)]),
        "column \"date\": row 1 repeats the date 1970-01-02 of row 0"
    );
    let gap = PrimitiveArray::from([Some(0_i64), None]);
    assert_eq!(refused(&gap, &[("A", &column)]), "column \"date\": row 1 has no date");
    let far = times(&[0, i64::MAX]).to(DataType::Timestamp(TimeUnit::Second, None));
    assert_eq!(
        refused(&far, &[("A", &column)]),
        "column \"date\": the date \"9223372036854775807 s\" is outside 1677-09-21 to 2262-04-11"
    );
    let duration = two.to(DataType::Duration(TimeUnit::Nanosecond));
    let error = interop::frame(&duration, [("A", &column)], NanPolicy::Reject).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnsupportedType { .. }), "{error}");
    let error = interop::column(&sample(), "C").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownColumn { .. }));
}
