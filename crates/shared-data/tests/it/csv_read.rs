//! CSV that is read.

use tangency_shared_data::csv::CsvReader;
use tangency_shared_data::{DateFormat, Frame, NanPolicy, time};

#[track_caller]
fn read(text: impl AsRef<[u8]>) -> Frame {
    CsvReader::new().read_bytes(text, "test").unwrap()
}

#[track_caller]
fn check(text: impl AsRef<[u8]>) {
    let frame = read(text);
    assert_eq!(frame.names(), ["A", "B"]);
    assert_eq!(frame.column("A").unwrap(), [1.5, 2.5]);
    assert_eq!(frame.column("B").unwrap(), [-3.0, 4e10]);
    let dates: Vec<_> = frame.timestamps().iter().map(|&t| time::format_date(t)).collect();
    assert_eq!(dates, ["2020-01-02", "2020-01-03"]);
}

#[test]
fn the_same_table_in_many_spellings() {
    check("Date,A,B\n2020-01-02,1.5,-3\n2020-01-03,2.5,4e10\n");
    check("Date,A,B\n2020-01-02,1.5,-3\n2020-01-03,2.5,4e10");
    check("Date,A,B\r\n2020-01-02,1.5,-3\r\n2020-01-03,2.5,4e10\r\n");
    check("Date,A,B\r2020-01-02,1.5,-3\r2020-01-03,2.5,4e10\r");
    check("Date,A,B\n2020-01-02,1.5,-3\n2020-01-03,2.5,4e10\n\n\n  \n");
    check("\n\nDate,A,B\n\n2020-01-02,1.5,-3\n\n2020-01-03,2.5,4e10\n");
    check("\u{feff}Date,A,B\n2020-01-02,1.5,-3\n2020-01-03,2.5,4e10\n");
    check(",A,B\n2020-01-02,1.5,-3\n2020-01-03,2.5,4e10\n");
    check("Date, A , B\n2020-01-02, 1.5 ,\t-3\n 2020-01-03 ,+2.5,4E+10\n");
    check("\"Date\",\"A\",\"B\"\n\"2020-01-02\",\"1.5\",\"-3\"\n2020-01-03,2.50,40000000000.0\n");
}

#[test]
fn names_may_hold_anything_in_quotes() {
    let frame = read("d,\"Smith, \"\"Jo\"\"\",\"two\nlines\"\n2020,1,2\n2021,3,4\n");
    assert_eq!(frame.names(), ["Smith, \"Jo\"", "two\nlines"]);
    assert_eq!(frame.n_rows(), 2);
}

#[test]
fn quoted_delimiters_only_cost_memory() {
    let frame = read("d,\"a,b,c,d,e\"\n2020,1\n2021,2\n");
    assert_eq!(frame.column_at(0).unwrap(), [1.0, 2.0]);
    assert_eq!(frame.column_at(0).unwrap().as_ptr().align_offset(64), 0);
}

#[test]
fn the_date_column_can_be_named() {
    let text = "A,when,B\n1,2020-01-02,2\n3,2020-01-03,4\n";
    let frame = CsvReader::new().date_column("when").read_bytes(text, "test").unwrap();
    assert_eq!(frame.names(), ["A", "B"]);
    assert_eq!(frame.column("B").unwrap(), [2.0, 4.0]);
}

#[test]
fn dates_of_classic_series() {
    let starts = |text: &str| time::format_date(read(text).timestamps()[0]);
    assert_eq!(starts("index,value\n1700,5.0\n1701,11.0\n"), "1700-01-01");
    assert_eq!(starts("index,value\n1949-01,112.0\n1949-02,118.0\n"), "1949-01-01");
    assert_eq!(starts("index,value\n1959Q1,0.0\n1959Q2,2.34\n"), "1959-01-01");
    assert_eq!(starts("t,value\n1577836800,1\n1577836860,2\n"), "2020-01-01");
    assert_eq!(starts("t,value\n2017-04-19 09:00:00,1\n"), "2017-04-19T09:00:00Z");
}

#[test]
fn numbers_as_dates_can_be_told_apart() {
    let text = "t,value\n0,1\n86400,2\n";
    let seconds = CsvReader::new().date_format(DateFormat::UnixSeconds);
    let frame = seconds.read_bytes(text, "test").unwrap();
    assert_eq!(frame.timestamps(), [0, time::NANOS_PER_DAY]);
    let millis = CsvReader::new().date_format(DateFormat::UnixMilliseconds);
    let frame = millis.read_bytes(text, "test").unwrap();
    assert_eq!(frame.timestamps(), [0, 86_400_000_000]);
    assert!(CsvReader::new().read_bytes(text, "test").is_err());
}

#[test]
fn missing_cells_and_literal_nan_are_judged_apart() {
    let missing = "d,A\n2020,1\n2021,\n2022,NA\n";
    let literal = "d,A\n2020,1\n2021,NaN\n";
    let keep = CsvReader::new().missing_cells(NanPolicy::Keep);
    let frame = keep.read_bytes(missing, "test").unwrap();
    assert!(frame.column("A").unwrap()[1].is_nan() && frame.column("A").unwrap()[2].is_nan());
    assert_eq!(
        keep.read_bytes(literal, "test").unwrap_err().to_string(),
        "test, line 3, column \"A\": the value of 2021-01-01 is NaN"
    );
    let keep = CsvReader::new().literal_nan(NanPolicy::Keep);
    assert!(keep.read_bytes(literal, "test").unwrap().column("A").unwrap()[1].is_nan());
    assert!(keep.read_bytes(missing, "test").is_err());
    let keep = CsvReader::new().nan_policy(NanPolicy::Keep);
    assert!(keep.read_bytes(literal, "test").is_ok() && keep.read_bytes(missing, "test").is_ok());
}

#[test]
fn infinity_on_request() {
    let text = "d,A\n2020,inf\n2021,-Infinity\n";
    assert!(CsvReader::new().read_bytes(text, "test").is_err());
    let frame = CsvReader::new().accept_infinity(true).read_bytes(text, "test").unwrap();
    assert_eq!(frame.column("A").unwrap(), [f64::INFINITY, f64::NEG_INFINITY]);
}

#[test]
fn other_delimiters() {
    let frame = CsvReader::new().delimiter(b';').read_bytes("d;A\n2020;1\n", "test").unwrap();
    assert_eq!(frame.column("A").unwrap(), [1.0]);
}

#[test]
fn cells_of_every_dialect() {
    // Commas, quotes and line ends in quotes, between numbers that are read without them.
    let text = "d,A,\"B, \"\"b\"\"\",note\r\n\
                2020-01-01,1,2,\"x, y\"\r\n\
                \"2020-01-02\",\"3\", 4 ,\"two\nlines\"\r\n\
                2020-01-03,5e0,6.,\" \"\"q\"\" \"\r\n\
                2020-01-04,.7e1,+8,plain";
    let reader = CsvReader::new().text_column("note");
    let frame = reader.read_bytes(text, "test").unwrap();
    assert_eq!(frame.names(), ["A", "B, \"b\""]);
    assert_eq!(frame.column_at(0).unwrap(), [1.0, 3.0, 5.0, 7.0]);
    assert_eq!(frame.column_at(1).unwrap(), [2.0, 4.0, 6.0, 8.0]);
    let notes = frame.text("note").unwrap();
    assert_eq!(notes.iter().collect::<Vec<_>>(), ["x, y", "two\nlines", "\"q\"", "plain"]);
    let part = frame.slice(1..3).unwrap();
    assert_eq!(part.text("note").unwrap().get(0), Some("two\nlines"));
    for delimiter in [b';', b'\t', b'|', b' ', b':'] {
        let mut written = Vec::new();
        let writer = tangency_shared_data::csv::CsvWriter::new().delimiter(delimiter);
        writer.write_to(&frame, &mut written).unwrap();
        let reader = CsvReader::new().delimiter(delimiter).text_column("note");
        assert!(reader.read_bytes(&written, "test").unwrap().same_bits(&frame));
    }
}

#[test]
fn words_for_missing_values_are_a_choice() {
    let text = "d,A\n2020,-\n2021,-999\n2022,n.a.\n2023,1\n2024,\n2025,-999.5\n";
    let reader = CsvReader::new().missing_cells(NanPolicy::Keep);
    assert_eq!(reader.read_bytes(text, "test").unwrap_err().line(), Some(2));
    let reader = reader.missing_words(["-", "N.A.", "-999"]);
    let frame = reader.read_bytes(text, "test").unwrap();
    assert_eq!(frame.incomplete_rows(), [0, 1, 2, 4]);
    assert_eq!(frame.column("A").unwrap()[5], -999.5);
    // The usual words are none then.
    assert!(reader.read_bytes("d,A\n2020,NA\n", "test").is_err());
    let strict = CsvReader::new().missing_words(["-999"]);
    assert!(strict.read_bytes("d,A\n2020,-999\n", "test").unwrap_err().is_missing());
}

#[test]
fn units_of_unix_time() {
    let check = |format, expected: i64| {
        let frame = CsvReader::new().date_format(format).read_bytes("t,A\n1577836800,1\n", "test");
        assert_eq!(frame.unwrap().timestamps(), [expected]);
    };
    check(DateFormat::Detect, 1_577_836_800_000_000_000);
    check(DateFormat::UnixSeconds, 1_577_836_800_000_000_000);
    check(DateFormat::UnixMilliseconds, 1_577_836_800_000_000);
    check(DateFormat::UnixMicroseconds, 1_577_836_800_000);
    check(DateFormat::UnixNanoseconds, 1_577_836_800);
}

#[test]
fn years_as_column_names_are_no_data() {
    let frame = read(",2018,2019\n2020-01-01,1,2\n");
    assert_eq!(frame.names(), ["2018", "2019"]);
}

#[test]
fn thousands_of_columns() {
    let n = 5000;
    let mut text = String::from("Date");
    for column in 0..n {
        text += &format!(",C{column}");
    }
    for row in 0..3 {
        text += &format!("\n2020-01-0{}", row + 1);
        for column in 0..n {
            text += &format!(",{}", row * n + column);
        }
    }
    let frame = read(text);
    assert_eq!((frame.n_rows(), frame.n_columns()), (3, n));
    assert_eq!(frame.column("C4321").unwrap(), [4321.0, 9321.0, 14321.0]);
}

#[test]
fn a_reader_and_a_file_give_the_same() {
    let text = "Date,A\n2020,1\n2021,2\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    let from_file = tangency_shared_data::csv::read(&path).unwrap();
    let from_reader = CsvReader::new().read_from(text.as_bytes(), "reader").unwrap();
    assert!(from_file.same_bits(&from_reader));
}
