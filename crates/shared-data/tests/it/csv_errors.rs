//! CSV that is refused, and in which words.

use std::error::Error as _;

use tangency_shared_data::ErrorKind;
use tangency_shared_data::csv::{self, CsvReader};

#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &str) {
    let error = CsvReader::new().read_bytes(text, "p.csv").unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(error.source().is_none(), "the message is whole");
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.csv");
    let error = csv::read(&path).unwrap_err();
    let name = path.display();
    assert_eq!(error.to_string(), format!("{name}: cannot read the file: no such file or folder"));
    assert!(error.is_io());
    assert!(csv::read(folder.path()).unwrap_err().is_io());
}

#[test]
fn nothing_there() {
    for text in ["", "\n\n", "\u{feff}", "   \n"] {
        check(text, "p.csv: the file is empty");
    }
    for text in ["Date,A", "Date,A\n", "Date,A\r\n\r\n"] {
        check(text, "p.csv: there are column names but no rows");
    }
}

#[test]
fn header() {
    let no_columns = "p.csv, line 1: there is no value column beside the dates";
    check("Date\n2020\n", no_columns);
    // One cell, since its delimiters stand in quotes.
    check("\"Date,A\"\n\"2020,1\"\n", no_columns);
    check(
        "Date;A\n2020;1\n",
        "p.csv, line 1: the first line has no ',' but 1 times ';': expected cells between ','; \
         set the delimiter to ';' if the file uses that",
    );
    let named = CsvReader::new().date_column("Date").read_bytes("Date;A\n2020;1\n", "p.csv");
    assert!(matches!(named.unwrap_err().kind(), ErrorKind::OtherDelimiter { found: ';', .. }));
    let tabs = CsvReader::new().delimiter(b'\t').read_bytes("Date,A,B\n2020,1,2\n", "p.csv");
    let expected = ErrorKind::OtherDelimiter { expected: '\t', found: ',', n_found: 2 };
    assert_eq!(*tabs.unwrap_err().kind(), expected);
    check("Date,A,B,A\n", "p.csv, line 1: the column name \"A\" appears twice, in columns 2 and 4");
    check("Date,A,,B\n", "p.csv, line 1: column 3 has no name");
    check("\n\nDate,A,\n", "p.csv, line 3: column 3 has no name");
    check(
        "2020-01-02,1.5,2\n2020-01-03,1.6,3\n",
        "p.csv, line 1: the first line must name the columns, found the data row \"2020-01-02,1.5,2\"",
    );
    let error = CsvReader::new().date_column("dat").read_bytes("Date,A\n", "p.csv").unwrap_err();
    assert_eq!(
        error.to_string(),
        "p.csv, line 1: no column named \"dat\" among 2; did you mean \"Date\"?"
    );
    let twice = CsvReader::new().date_column("t").read_bytes("t,A,t\n2020,1,2\n", "p.csv");
    assert!(matches!(
        twice.unwrap_err().kind(),
        ErrorKind::DuplicateColumn { first: 1, second: 3, .. }
    ));
}

#[test]
fn delimiters_that_cannot_be_told_from_cells() {
    for delimiter in *b"0e.+-\"\n\rA\xff\0" {
        let error = CsvReader::new().delimiter(delimiter).read_bytes("d,A\n2020,1\n", "p.csv");
        let expected = ErrorKind::BadDelimiter { delimiter: char::from(delimiter) };
        assert_eq!(*error.unwrap_err().kind(), expected);
    }
}

#[test]
fn cells() {
    check(
        "Date,A,B\n2020,1,2\n2021,1\n",
        "p.csv, line 3: expected 3 cells as in the header, found 2",
    );
    check("Date,A\n2020,1,000\n", "p.csv, line 2: expected 2 cells as in the header, found 3");
    check(
        "Date,A,B\n2020,1,2\n2021,1,12x\n",
        "p.csv, line 3, column \"B\": cannot read \"12x\" as a number",
    );
    check("Date,A\n2020,inf\n", "p.csv, line 2, column \"A\": cannot read \"inf\" as a number");
    check("Date,A\n2020,1e999\n", "p.csv, line 2, column \"A\": cannot read \"1e999\" as a number");
    check(
        "Date,A\n2020,\"1,234.5\"\n",
        "p.csv, line 2, column \"A\": cannot read \"1,234.5\" as a number",
    );
    check(
        "Date,A\n2020-01-02,\n",
        "p.csv, line 2, column \"A\": the value of 2020-01-02 is missing",
    );
    check(
        "Date,A\n2020-01-02,nan\n",
        "p.csv, line 2, column \"A\": the value of 2020-01-02 is NaN",
    );
}

#[test]
fn damaged_quotes() {
    let read = |text: &str| {
        let reader = CsvReader::new().text_column("venue");
        reader.read_bytes(text, "p.csv").unwrap_err().to_string()
    };
    // Otherwise the third row would be a part of the second one's text, and gone.
    assert_eq!(
        read("date,close,venue\n2020-01-02,1,N\n2020-01-03,2,\"Q\n2020-01-06,3,N\n"),
        "p.csv, line 3: cell 3 begins with a quote that is never closed"
    );
    assert_eq!(
        read("date,close,venue\n2020-01-02,1,N\n2020-01-03,2,\"Q\n2020-01-06,3,\"N\"\n"),
        "p.csv, line 3: cell 3 goes on with \"N\\\"\" after its closing quote; \
         a quote inside of quotes is doubled"
    );
    check(
        "date,A\n2020-01-02,\"1.5\"7\n",
        "p.csv, line 2: cell 2 goes on with \"7\" after its closing quote; \
         a quote inside of quotes is doubled",
    );
    check(
        "date,A\n2020,1\n\"\n\n",
        "p.csv, line 3: cell 1 begins with a quote that is never closed",
    );
    check("date,\"A\n2020,1\n", "p.csv, line 1: cell 2 begins with a quote that is never closed");
}

#[test]
fn a_column_is_of_one_kind() {
    let text = "date,close,venue,symbol\n2020,1,N,A\n";
    let venue = || CsvReader::new().text_column("venue");
    let refused = |name: &str, kinds: &str| {
        format!("p.csv, line 1: the column \"{name}\" is asked for twice, {kinds}")
    };
    let error = venue().text_column(" venue ").read_bytes(text, "p.csv").unwrap_err();
    assert_eq!(error.to_string(), refused("venue", "as text and as text"));
    let error = venue().text_column("date").read_bytes(text, "p.csv").unwrap_err();
    assert_eq!(error.to_string(), refused("date", "as dates and as text"));
    let long = |reader: CsvReader| reader.read_long_bytes(text, "p.csv").unwrap_err().to_string();
    assert_eq!(long(venue().text_column("symbol")), refused("symbol", "as symbols and as text"));
    assert_eq!(long(venue().date_column("symbol")), refused("symbol", "as symbols and as dates"));
    assert!(venue().text_column("symbol").read_bytes(text, "p.csv").is_ok());
    assert!(venue().read_long_bytes(text, "p.csv").is_ok());
}

#[test]
fn the_column_named_is_the_one_in_the_file() {
    let reader = CsvReader::new().date_column("t");
    for (row, name) in [("x,2020,1", "A"), ("1,2020,x", "B"), ("1,x,1", "t")] {
        let error = reader.read_bytes(format!("A,t,B\n{row}\n"), "p.csv").unwrap_err();
        assert_eq!(error.column(), Some(name));
        assert_eq!(error.line(), Some(2));
        assert_eq!(error.file(), Some("p.csv"));
    }
}

#[test]
fn dates() {
    let expected = "(expected for example 2020-01-31, 2020-01-31T16:00:00Z, 2020-01, 2020Q1, 2020 or Unix seconds)";
    check(
        "Date,A\n31/01/2020,1\n",
        &format!("p.csv, line 2, column \"Date\": cannot read \"31/01/2020\" as a date {expected}"),
    );
    check("Date,A\n,1\n", "p.csv, line 2, column \"Date\": row 0 has no date");
    check(
        "Date,A\n1500-01-01,1\n",
        "p.csv, line 2, column \"Date\": the date \"1500-01-01\" is outside 1677-09-21 to 2262-04-11",
    );
    check(
        "Date,A\n2020-01-03,1\n\n2020-01-02,1\n",
        "p.csv, line 4, column \"Date\": row 1 is out of order: 2020-01-02 comes after 2020-01-03; dates must increase",
    );
    check(
        "Date,A\n2020-01-03,1\n2020-01-03T00:00:00Z,1\n",
        "p.csv, line 3, column \"Date\": row 1 repeats the date 2020-01-03 of row 0",
    );
}

#[test]
fn lines_are_those_an_editor_shows() {
    #[track_caller]
    fn line(text: &str, expected: u64) {
        let error = CsvReader::new().read_bytes(text, "p.csv").unwrap_err();
        assert_eq!(error.line(), Some(expected), "{text:?}");
    }
    line("Date,A\n2020,1\n\n\n2021,x\n", 5);
    line("Date,A\r\n2020,1\r\n\r\n2021,x\r\n", 4);
    line("Date,A\r2020,1\r2021,x\r", 3);
    line("Date,\"A\nB\"\n2020,x\n", 3);
    line("Date,A\n2020,1\n2021,x", 3);
    // A quote that is never closed: the record begins where it was opened.
    line("Date,A\n2020,1\n2021,\"2\n2022,3\n", 3);
}

#[test]
fn long_cells_are_cut_in_messages() {
    let text = format!("Date,A\n2020,\"{}\"\n", "x\n".repeat(10_000));
    let message = CsvReader::new().read_bytes(text, "p.csv").unwrap_err().to_string();
    assert!(message.len() < 300, "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn other_encodings() {
    check(b"Date,A\n2020,1\n2021,\xff\n", "p.csv, line 3, column \"A\": the text is not UTF-8");
    check(b"Date,A\n20\xff,1\n", "p.csv, line 2, column \"Date\": the text is not UTF-8");
    check(b"\xff\xfeD\0a\0", "p.csv, line 1: the text is not UTF-8");
}

#[test]
fn a_failing_reader() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cable pulled"))
        }
    }
    let error = CsvReader::new().read_from(Broken, "wire").unwrap_err();
    assert_eq!(error.to_string(), "wire: cannot read the data: cable pulled");
}

#[test]
fn many_names_and_blank_lines_ask_for_little_memory() {
    // Lines times columns would be 4 * 10^10 values.
    let mut text = String::from("Date");
    for column in 0..200_000 {
        text += &format!(",{column}");
    }
    text += &"\n".repeat(200_000);
    check(&text, "p.csv: there are column names but no rows");
}
