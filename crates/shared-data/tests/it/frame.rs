//! Frames: construction, access, slices.

use tangency_shared_data::{ErrorKind, Frame, FrameBuilder, TextColumn};

const DAY: i64 = 86_400_000_000_000;

fn sample(n_rows: usize) -> Frame {
    let dates: Vec<i64> = (0..n_rows as i64).map(|row| row * DAY).collect();
    let a: Vec<f64> = (0..n_rows).map(|row| row as f64).collect();
    let b: Vec<f64> = (0..n_rows).map(|row| 100.0 + row as f64).collect();
    Frame::builder(dates).column("A", a).column("B", b).build().unwrap()
}

#[test]
fn columns_by_name_and_position() {
    let frame = sample(3);
    assert_eq!((frame.n_rows(), frame.n_columns()), (3, 2));
    assert_eq!(frame.names(), ["A", "B"]);
    assert_eq!(frame.timestamps(), [0, DAY, 2 * DAY]);
    assert_eq!(frame.column("B").unwrap(), [100.0, 101.0, 102.0]);
    assert_eq!(frame.column_at(0).unwrap(), [0.0, 1.0, 2.0]);
    assert_eq!(frame.position("B").unwrap(), 1);
    let listed: Vec<_> = frame.columns().collect();
    assert_eq!(listed[1], ("B", &[100.0, 101.0, 102.0][..]));
}

#[test]
fn columns_start_on_cache_lines() {
    for n_rows in [1, 7, 8, 9, 1000] {
        let frame = sample(n_rows);
        for at in 0..2 {
            assert_eq!(frame.column_at(at).unwrap().as_ptr().align_offset(64), 0);
        }
    }
}

#[test]
fn clones_and_slices_share_memory() {
    let frame = sample(10);
    let copy = frame.clone();
    assert_eq!(copy.column_at(1).unwrap().as_ptr(), frame.column_at(1).unwrap().as_ptr());

    let slice = frame.slice(2..9).unwrap().slice(1..4).unwrap();
    assert_eq!(slice.timestamps(), &frame.timestamps()[3..6]);
    for at in 0..2 {
        let (part, whole) = (slice.column_at(at).unwrap(), frame.column_at(at).unwrap());
        assert_eq!(part.as_ptr(), whole[3..].as_ptr());
        assert_eq!(part, &whole[3..6]);
    }
    assert_eq!(slice.timestamps().as_ptr(), frame.timestamps()[3..].as_ptr());
    assert_eq!(slice.matrix().unwrap().as_ptr(), frame.column_at(0).unwrap()[3..].as_ptr());
}

#[test]
fn a_slice_outlives_its_frame() {
    let slice = sample(5).slice(1..3).unwrap();
    assert_eq!(slice.column("A").unwrap(), [1.0, 2.0]);
}

#[test]
fn empty_slices_are_frames() {
    let frame = sample(4);
    for at in [0, 2, 4] {
        let empty = frame.slice(at..at).unwrap();
        assert_eq!((empty.n_rows(), empty.n_columns()), (0, 2));
        assert!(empty.column("A").unwrap().is_empty());
        assert_eq!(empty.matrix().unwrap().shape(), (0, 2));
        assert_eq!(format!("{empty:?}").matches("empty").count(), 1);
    }
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
fn ranges_outside_are_errors() {
    let frame = sample(4);
    for rows in [0..5, 5..5, 3..2, 0..usize::MAX] {
        let error = frame.slice(rows.clone()).unwrap_err();
        let (start, end) = (rows.start, rows.end);
        assert_eq!(*error.kind(), ErrorKind::RowsOutOfRange { start, end, n_rows: 4 });
    }
    let inner = frame.slice(1..3).unwrap();
    assert!(inner.slice(0..3).is_err(), "a slice does not see rows of the whole");
    let error = frame.column_at(2).unwrap_err();
    assert_eq!(error.to_string(), "no column at position 2, there are 2");
}

#[test]
fn matrix_is_rows_by_columns() {
    let frame = sample(9);
    let matrix = frame.matrix().unwrap();
    assert_eq!(matrix.shape(), (9, 2));
    assert_eq!((matrix[(0, 0)], matrix[(8, 0)], matrix[(0, 1)]), (0.0, 8.0, 100.0));
    let part = frame.slice(2..5).unwrap();
    let matrix = part.matrix().unwrap();
    assert_eq!(matrix.shape(), (3, 2));
    assert_eq!(matrix.column(1).as_slice(), [102.0, 103.0, 104.0]);
    assert_eq!(matrix.sum(), 2.0 + 3.0 + 4.0 + 102.0 + 103.0 + 104.0);
}

#[test]
fn select_copies_in_the_order_asked_for() {
    let frame = sample(9).slice(1..4).unwrap();
    let selected = frame.select(&["B", "A"]).unwrap();
    assert_eq!(selected.names(), ["B", "A"]);
    assert_eq!(selected.column("B").unwrap(), frame.column("B").unwrap());
    assert_ne!(selected.column("B").unwrap().as_ptr(), frame.column("B").unwrap().as_ptr());
    assert_eq!(selected.column("A").unwrap().as_ptr().align_offset(64), 0);
    assert_eq!(*frame.select::<&str>(&[]).unwrap_err().kind(), ErrorKind::NoColumns);
    assert!(matches!(
        frame.select(&["A", "A"]).unwrap_err().kind(),
        ErrorKind::DuplicateColumn { .. }
    ));
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let frame = Frame::builder(&[1]).column("AAPL", &[1.0]).column("MSFT", &[1.0]).build().unwrap();
    #[track_caller]
    fn check(frame: &Frame, name: &str, expected: &str) {
        assert_eq!(frame.column(name).unwrap_err().to_string(), expected);
    }
    check(&frame, "APPL", "no column named \"APPL\" among 2; did you mean \"AAPL\"?");
    check(&frame, "msft", "no column named \"msft\" among 2; did you mean \"MSFT\"?");
    check(&frame, "TSLA", "no column named \"TSLA\" among 2");
    check(&frame, "", "no column named \"\" among 2");
    check(&frame, "a\nb", "no column named \"a\\nb\" among 2");
}

#[track_caller]
fn refused(builder: FrameBuilder<'_>, expected: &str) {
    assert_eq!(builder.build().unwrap_err().to_string(), expected);
}

#[test]
fn builders_check_what_they_are_given() {
    let two = || Frame::builder(&[0, DAY]);
    refused(two(), "there is no value column beside the dates");
    refused(two().column(" ", &[1.0, 2.0]), "column 1 has no name");
    refused(
        two().column("A", &[1.0, 2.0]).column("B", &[1.0, 2.0]).column("A ", &[1.0, 2.0]),
        "the column name \"A\" appears twice, in columns 1 and 3",
    );
    refused(two().column("A", &[1.0]), "column \"A\": expected 2 values, one a row, got 1");
    refused(
        Frame::builder(&[0, DAY, 0]).column("A", &[1.0; 3]),
        "row 2 is out of order: 1970-01-01 comes after 1970-01-02; dates must increase",
    );
    refused(
        Frame::builder(&[0, DAY, DAY]).column("A", &[1.0; 3]),
        "row 2 repeats the date 1970-01-02 of row 1",
    );
}

#[test]
fn new_names_lose_the_white_space_around_them() {
    let frame = Frame::builder(&[1, 2])
        .column("A", &[1.0, 2.0])
        .text_column("venue", TextColumn::new(["N", "Q"]).unwrap())
        .build()
        .unwrap();
    let renamed = frame.renamed(|name| format!(" {name}2 ")).unwrap();
    assert_eq!(
        (renamed.names(), renamed.text_names()),
        (&["A2".into()][..], &["venue2".into()][..])
    );
    assert!(renamed.select(&["A2", "venue2"]).unwrap().same_bits(&renamed));
}

#[test]
fn rows_one_by_one() {
    let mut rows = Frame::rows(["bid", "ask", "size"]).unwrap();
    for row in 0..20 {
        let value = row as f64;
        rows.push(row, &[value, value + 0.5, 10.0 * value]).unwrap();
    }
    assert_eq!(rows.n_rows(), 20);
    assert_eq!(
        rows.push(20, &[1.0]).unwrap_err().to_string(),
        "row 20: expected 3 values, one a column, got 1"
    );
    assert!(matches!(rows.push(19, &[1.0; 3]).unwrap_err().kind(), ErrorKind::Repeated { .. }));
    assert!(matches!(rows.push(18, &[1.0; 3]).unwrap_err().kind(), ErrorKind::Unordered { .. }));
    let frame = rows.build().unwrap();
    assert_eq!(frame.n_rows(), 20);
    for row in 0..20 {
        let value = row as f64;
        assert_eq!(frame.column("bid").unwrap()[row], value);
        assert_eq!(frame.column("ask").unwrap()[row], value + 0.5);
        assert_eq!(frame.column("size").unwrap()[row], 10.0 * value);
    }
    assert!(Frame::rows(["a", "a"]).is_err());
    assert!(Frame::rows::<&str>([]).is_err());
}

#[test]
fn same_bits_tells_zeros_and_nans_apart() {
    let frame = |v: f64| Frame::builder(&[0]).column("A", vec![v]).build().unwrap();
    assert!(frame(f64::NAN).same_bits(&frame(f64::NAN)));
    assert!(!frame(0.0).same_bits(&frame(-0.0)));
    let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
    assert!(!frame(f64::NAN).same_bits(&frame(other_nan)));
    let renamed = Frame::builder(&[0]).column("B", &[0.0]).build().unwrap();
    assert!(!frame(0.0).same_bits(&renamed));
    let later = Frame::builder(&[1]).column("A", &[0.0]).build().unwrap();
    assert!(!frame(0.0).same_bits(&later));
}

#[test]
fn a_matrix_is_taken_over() {
    let values = nalgebra::DMatrix::from_fn(3, 2, |row, column| (10 * column + row) as f64);
    let start = values.as_ptr();
    let frame = Frame::from_matrix(vec![1, 2, 3], ["A", "B"], values.clone()).unwrap();
    assert_eq!(frame.matrix().unwrap(), values);
    let taken = Frame::from_matrix(vec![1, 2, 3], ["A", "B"], values).unwrap();
    assert_eq!(taken.matrix().unwrap().as_ptr(), start);
    assert_eq!(taken.slice(1..3).unwrap().column("B").unwrap(), [11.0, 12.0]);
    assert!(taken.share().unwrap().frame().same_bits(&frame));
    let refused = |dates: &[i64], names: &[&str]| {
        let values = nalgebra::DMatrix::from_element(2, 2, 1.0);
        Frame::from_matrix(dates.to_vec(), names, values).unwrap_err().to_string()
    };
    assert_eq!(refused(&[1, 2, 3], &["A", "B"]), "expected 3 values, one a row, got 2");
    assert!(refused(&[1, 2], &["A"]).ends_with("expected 1 values, one a column, got 2"));
    assert!(refused(&[2, 1], &["A", "B"]).contains("out of order"));
    assert!(refused(&[1, 2], &["A", "A"]).contains("twice"));
}
