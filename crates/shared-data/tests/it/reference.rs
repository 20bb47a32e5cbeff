//! Real files. The embedded data set always, others where they lie beside the checkout.

use std::path::PathBuf;

use tangency_shared_data::csv::CsvReader;
use tangency_shared_data::{Frame, NanPolicy, csv, time};

#[test]
fn embedded_closes_read_as_the_plain_parser_reads_them() {
    let prices = tangency_testkit::prices::sp500_20();
    let mut text = format!("Date,{}\n", prices.names.join(","));
    for (row, date) in prices.dates.iter().enumerate() {
        text += date;
        for column in &prices.columns {
            text += &format!(",{}", column[row]);
        }
        text.push('\n');
    }
    let frame = CsvReader::new().read_bytes(&text, "closes").unwrap();
    assert_eq!((frame.n_rows(), frame.names()), (8313, &prices.names[..]));
    for (at, column) in prices.columns.iter().enumerate() {
        assert_eq!(frame.column_at(at).unwrap(), column);
    }
    for (date, &timestamp) in prices.dates.iter().zip(frame.timestamps()) {
        assert_eq!(time::format_date(timestamp), *date);
    }
    frame.validate_prices().unwrap();
    // The data set itself came from this form, so writing it gives the same text.
    let mut written = Vec::new();
    csv::write_to(&frame, &mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text.replacen("Date", "date", 1));
}

fn data(name: &str) -> PathBuf {
    tangency_testkit::reference_dir().expect("the reference folder").join("data").join(name)
}

#[track_caller]
fn check(name: &str, n_rows: usize, n_columns: usize, first: &str, last: &str) -> Frame {
    let frame = csv::read(data(name)).unwrap();
    assert_eq!((frame.n_rows(), frame.n_columns()), (n_rows, n_columns), "{name}");
    let dates = frame.timestamps();
    assert_eq!(time::format_date(dates[0]), first, "{name}");
    assert_eq!(time::format_date(dates[n_rows - 1]), last, "{name}");
    frame
}

#[test]
#[ignore = "needs the reference folder"]
fn reference_prices() {
    check("sp500_20_close.csv", 8313, 20, "1990-01-02", "2022-12-28").validate_prices().unwrap();
    check("sp500_index_close.csv", 8313, 1, "1990-01-02", "2022-12-28");
    check("factors_5_close.csv", 2264, 5, "2014-01-02", "2022-12-28").validate_prices().unwrap();
    let bars = check("goog_daily.csv", 2148, 5, "2004-08-19", "2013-03-01");
    assert_eq!(bars.names(), ["Open", "High", "Low", "Close", "Volume"]);
    check("eurusd_hourly.csv", 5000, 5, "2017-04-19T09:00:00Z", "2018-02-07T15:00:00Z");
    check("btcusd_monthly.csv", 156, 5, "2012-01-31", "2024-12-31");
}

#[test]
#[ignore = "needs the reference folder"]
fn reference_series() {
    let folder = data("series");
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let frame = CsvReader::new().missing_cells(NanPolicy::Keep).read(&path).unwrap();
        assert_eq!(frame.names(), ["value"], "{}", path.display());
        // Carbon dioxide was not measured in every month.
        let gaps = path.ends_with("co2_monthly.csv");
        assert_eq!(frame.validate_complete().is_err(), gaps, "{}", path.display());
        n_files += 1;
    }
    assert_eq!(n_files, 14);
    assert_eq!(
        time::format_date(csv::read(data("series/macro_cpi.csv")).unwrap().timestamps()[1]),
        "1959-04-01"
    );
}
