//! Dates as text and as Unix nanoseconds.

use proptest::prelude::*;
use tangency_shared_data::{ErrorKind, time};

const SECOND: i64 = 1_000_000_000;

#[track_caller]
fn check(text: &str, expected: &str) {
    let nanos = time::parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(time::format_date(nanos), expected, "{text}");
}

#[test]
fn every_form() {
    check("2020-01-31", "2020-01-31");
    check("20200131", "2020-01-31");
    check("  2020-01-31 ", "2020-01-31");
    check("2020-02-29", "2020-02-29");
    check("2020-01-31T16:00", "2020-01-31T16:00:00Z");
    check("2020-01-31 16:00:05", "2020-01-31T16:00:05Z");
    check("2020-01-31 16:00:05.25", "2020-01-31T16:00:05.250Z");
    check("2020-01-31T16:00:05.000001Z", "2020-01-31T16:00:05.000001Z");
    check("2020-01-31T16:00:05.123456789Z", "2020-01-31T16:00:05.123456789Z");
    check("2020-01-31T00:00:00Z", "2020-01-31");
    check("2020-01-31T16:00:05,25", "2020-01-31T16:00:05.250Z");
    check("20200131T160005Z", "2020-01-31T16:00:05Z");
    check("20200131T1600+0200", "2020-01-31T14:00:00Z");
    check("20200131T160005.5", "2020-01-31T16:00:05.500Z");
    check("2020-031", "2020-01-31");
    check("2020-366", "2020-12-31");
    check("2020-W05-5", "2020-01-31");
    check("2020-W05", "2020-01-27");
    check("2020-W53-7", "2021-01-03");
    check("2020-01-31T01:30+02:00", "2020-01-30T23:30:00Z");
    check("2020-01-31T20:00:00-0500", "2020-02-01T01:00:00Z");
    check("2020-01-31 00:00:00+00:00", "2020-01-31");
    check("1949", "1949-01-01");
    check("1949-03", "1949-03-01");
    check("1959Q1", "1959-01-01");
    check("1959q4", "1959-10-01");
    check("1959-Q2", "1959-04-01");
    check("1577836800", "2020-01-01");
    check("1577836800000", "2020-01-01");
    check("1577836800001", "2020-01-01T00:00:00.001Z");
    check("100000000", "1973-03-03T09:46:40Z");
    check("-86400", "1969-12-31");
    check("-31536000000", "1969-01-01");
    check("1677-09-22", "1677-09-22");
    check("2262-04-11", "2262-04-11");
}

#[test]
fn no_dates() {
    for text in [
        "",
        " ",
        "abc",
        "2020-13-01",
        "2020-02-30",
        "2019-02-29",
        "2020-1-1",
        "01/02/2020",
        "31.01.2020",
        "2020-01-31T",
        "2020-01-31T24:00",
        "2020-01-31T16",
        "2020-01-31T16:60",
        "2020-01-31T16:00:60",
        "2020-01-31T16:00:00.",
        "2020-01-31T16:00:00.1234567890",
        "2020-01-31T16:00+",
        "2020-01-31T16:00+24:00",
        "2020-01-31T16:00 UTC",
        "2020-01-31x",
        "2019-366",
        "2020-000",
        "2019-W53",
        "2020-W00",
        "2020-W05-8",
        "2020-W5",
        "2020-01-31T160:00",
        "2020-01-31T16:00:",
        "2020-01-31T16:0005",
        "20200131T16",
        "20200131 160000",
        "20200131T1600:05",
        "1959Q0",
        "1959Q5",
        "1959Q11",
        "0",
        "1",
        "42",
        "123456",
        "20201301",
        "12345678901234",
        "-",
        "-abc",
        "1577836800.5",
        "+1577836800",
        "２０２０",
        "2020-01-31T16:00Zjunk",
        "2020-0١",
    ] {
        let error = time::parse(text).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BadDate { .. }), "{text:?}: {error}");
        assert_eq!(error.to_string().lines().count(), 1);
    }
}

#[test]
fn dates_that_do_not_fit() {
    for text in ["1677-09-20", "1600", "2262-04-12", "9999-12-31", "0001-01-01", "9999999999"] {
        let error = time::parse(text).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::DateOutOfRange { .. }), "{text:?}: {error}");
    }
}

#[test]
fn the_first_and_the_last_nanosecond() {
    assert_eq!(time::format_date(i64::MIN), "1677-09-21T00:12:43.145224192Z");
    assert_eq!(time::format_date(i64::MAX), "2262-04-11T23:47:16.854775807Z");
    for nanos in [i64::MIN, i64::MAX, -1, 0, 1] {
        assert_eq!(time::parse(&time::format_date(nanos)).unwrap(), nanos);
    }
    assert!(time::parse("2262-04-11T23:47:16.854775808Z").is_err());
    assert_eq!(time::from_ymd(1970, 1, 2), Some(86_400 * SECOND));
    assert_eq!(time::from_ymd(2023, 2, 29), None);
    assert_eq!(time::from_ymd(2500, 1, 1), None);
}

proptest! {
    #[test]
    fn what_is_written_reads_back(nanos: i64) {
        prop_assert_eq!(time::parse(&time::format_date(nanos)).unwrap(), nanos);
        let day = nanos.div_euclid(86_400 * SECOND).max(-106_751) * 86_400 * SECOND;
        prop_assert_eq!(time::format_date(day).len(), 10);
        prop_assert_eq!(time::parse(&time::format_date(day)).unwrap(), day);
    }

    #[test]
    fn no_text_panics(text in "[-0-9TQZ:+. ]{0,30}|\\PC{0,12}") {
        let _ = time::parse(&text);
    }
}
