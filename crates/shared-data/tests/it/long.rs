//! Long tables, and the turn between wide and long.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tangency_shared_data::csv::{CsvReader, CsvWriter};
use tangency_shared_data::ipc::{self, IpcReader};
use tangency_shared_data::{ErrorKind, Frame, Gaps, LongFrame, NanPolicy, TextColumn};
use tangency_shared_data::{read_long, write_long};

const BARS: &str = "date,symbol,open,high,low,close,volume\n\
    2020-01-02,AAPL,1,2,0.5,1.5,100\n\
    2020-01-02,MSFT,5,6,4,5.5,10\n\
    2020-01-03,AAPL,1.5,3,1,2,200\n\
    2020-01-06,MSFT,5.5,7,5,6,20\n";

fn read(text: &str) -> Result<LongFrame, tangency_shared_data::Error> {
    CsvReader::new().read_long_bytes(text, "bars.csv")
}

#[test]
fn bars_of_two_symbols() {
    let bars = read(BARS).unwrap();
    assert_eq!(bars.names(), ["open", "high", "low", "close", "volume"]);
    assert_eq!(bars.symbols().dictionary(), ["AAPL", "MSFT"]);
    assert_eq!(bars.symbols().codes(), [0, 1, 0, 1]);
    let apple = bars.symbol("AAPL").unwrap();
    assert_eq!(apple.column("close").unwrap(), [1.5, 2.0]);
    assert_eq!(apple.names(), bars.names());
    let error = bars.wide("close", NanPolicy::Reject).unwrap_err();
    assert_eq!(error.to_string(), "AAPL has no row at 2020-01-06, which others have");
    let closes = bars.wide("close", NanPolicy::Keep).unwrap();
    assert_eq!(closes.names(), ["AAPL", "MSFT"]);
    assert_eq!(closes.n_rows(), 3);
    assert_eq!(closes.incomplete_rows(), [1, 2]);
    let volumes = bars.wide("volume", NanPolicy::Keep).unwrap();
    let back = LongFrame::from_wide(&[("close", &closes), ("volume", &volumes)], Gaps::Drop);
    let back = back.unwrap();
    assert_eq!(back.n_rows(), 4);
    assert_eq!(back.symbols(), bars.symbols());
    assert_eq!(back.column("close").unwrap(), bars.column("close").unwrap());
    let all = LongFrame::from_wide(&[("close", &closes)], Gaps::Keep).unwrap();
    assert_eq!(all.n_rows(), 6);
    let error = LongFrame::from_wide(&[("close", &closes)], Gaps::Reject).unwrap_err();
    assert!(error.is_missing());
}

#[test]
fn the_same_table_in_other_orders() {
    // By symbol; symbols first; other letters; another name; text beside.
    let by_symbol =
        "Symbol,Date,Close\nA,2020-01-02,1\nA,2020-01-03,2\nB,2020-01-02,3\nB,2020-01-03,4\n";
    let wide = read(by_symbol).unwrap().wide("Close", NanPolicy::Reject).unwrap();
    assert_eq!(wide.column("A").unwrap(), [1.0, 2.0]);
    assert_eq!(wide.column("B").unwrap(), [3.0, 4.0]);
    let named = by_symbol.replace("Symbol", "instrument id");
    let reader = CsvReader::new().symbol_column("instrument id");
    let named = reader.read_long_bytes(named, "x").unwrap();
    assert!(named.wide("Close", NanPolicy::Reject).unwrap().same_bits(&wide));
    let text = "date,ticker,venue,close\n2020,\"A,B\",\"N\",1\n2021,\"A,B\",Q,2\n2021, C ,,3\n";
    let reader = CsvReader::new().symbol_column("ticker").text_column("venue");
    let error = reader.read_long_bytes(text, "x").unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(4), Some("venue")));
    let table = reader.missing_cells(NanPolicy::Keep).read_long_bytes(text, "x").unwrap();
    assert_eq!(table.symbols().dictionary(), ["A,B", "C"]);
    let (name, venues) = table.text_columns().next().unwrap();
    assert_eq!((name, venues.iter().collect::<Vec<_>>()), ("venue", vec!["N", "Q", ""]));
    assert_eq!(table.symbol("A,B").unwrap().text("venue").unwrap().get(1), Some("Q"));
}

#[test]
fn what_is_refused() {
    let check = |text: &str, expected: &str| {
        assert_eq!(read(text).unwrap_err().to_string(), expected);
    };
    check(
        "date,symbol,close\n2020-01-02,A,1\n2020-01-03,B,1\n2020-01-02,A,2\n",
        "bars.csv, line 4, column \"date\": row 2 is out of order: A has 2020-01-02 after 2020-01-02; \
         the dates of a symbol must increase",
    );
    check(
        "date,symbol,close\n2020-01-02, ,1\n",
        "bars.csv, line 2, column \"symbol\": row 0 has no symbol",
    );
    check(
        "date,symbl,close\n2020-01-02,A,1\n",
        "bars.csv, line 1: no column named \"symbol\" among 3; did you mean \"symbl\"?",
    );
    check(
        "date,symbol,close\n2020-01-02,A,\n",
        "bars.csv, line 2, column \"close\": the value of 2020-01-02 is missing",
    );
    check(
        "date,symbol\n2020-01-02,A\n",
        "bars.csv, line 1: there is no value column beside the dates",
    );
    let error = read(BARS).unwrap().symbol("TSLA").unwrap_err();
    assert_eq!(error.to_string(), "no symbol \"TSLA\" among 2");
    let symbols = || TextColumn::new(["A", "A"]).unwrap();
    let long = |dates: &[i64], values: &[f64]| LongFrame::new(dates, symbols(), &[("x", values)]);
    assert!(long(&[1, 2], &[1.0, 2.0]).is_ok());
    let error = long(&[2, 1], &[1.0, 2.0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SymbolUnordered { row: 1, .. }), "{error}");
    let error = long(&[1, 2], &[1.0]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::ColumnLength { needed: 2, got: 1 });
    let error = LongFrame::new(&[1], symbols(), &[("x", &[1.0])]).unwrap_err();
    assert_eq!(error.column(), Some("symbol"));
    let frame = |name: &str, days: &[i64]| {
        Frame::builder(days).column(name, vec![1.0; days.len()]).build().unwrap()
    };
    let (a, b) = (frame("A", &[1, 2]), frame("A", &[1, 3]));
    let error = LongFrame::from_wide(&[("x", &a), ("y", &b)], Gaps::Keep).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotAlike { .. }), "{error}");
    assert_eq!(error.column(), Some("y"));
    let error = LongFrame::from_wide(&[("x", &a), ("y", &frame("B", &[1, 2]))], Gaps::Keep);
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::UnknownColumn { .. }));
    assert_eq!(*LongFrame::from_wide(&[], Gaps::Keep).unwrap_err().kind(), ErrorKind::NoFrames);
}

#[test]
fn every_extension_reads_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let bars = read(BARS).unwrap();
    let mut extensions = vec!["csv", "arrow"];
    extensions.extend(cfg!(feature = "parquet").then_some("parquet"));
    for extension in extensions {
        let path = folder.path().join(format!("bars.{extension}"));
        write_long(&bars, &path).unwrap();
        assert!(read_long(&path).unwrap().same_bits(&bars), "{extension}");
        // Read as a wide frame, dates repeat; in CSV the symbols are no numbers either.
        let error = tangency_shared_data::read(&path).unwrap_err();
        let expected = matches!(
            error.kind(),
            ErrorKind::Repeated { row: 1, .. } | ErrorKind::BadNumber { .. }
        );
        assert!(expected, "{extension}: {error}");
    }
}

#[cfg(feature = "compressed-ipc")]
#[test]
fn compressed_tables_read_back() {
    use tangency_shared_data::ipc::Compression;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.arrow");
    let symbols = TextColumn::new(["AAPL"; 5_000]).unwrap();
    let dates: Vec<i64> = (0..5_000).collect();
    let bars = LongFrame::new(&dates, symbols, &[("close", &[1.5; 5_000])]).unwrap();
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        ipc::write_long_compressed(&bars, &path, compression).unwrap();
        let is_small = std::fs::metadata(&path).unwrap().len() < 60_000;
        assert_eq!(is_small, compression != Compression::None);
        assert!(read_long(&path).unwrap().same_bits(&bars));
    }
}

prop_compose! {
    fn tables()(
        rows in btree_map((any::<i64>(), 0..5usize), (any::<u64>(), -1e6..1e6_f64), 1..30),
        symbols in vec("[A-Z]{1,4}|[ -~]{1,6}", 5),
        by_symbol in any::<bool>(),
    ) -> Option<LongFrame> {
        let symbols: Vec<&str> = symbols.iter().map(|s| s.trim()).collect();
        let mut rows: Vec<_> = rows.into_iter().collect();
        if by_symbol {
            rows.sort_by_key(|((date, symbol), _)| (*symbol, *date));
        }
        let dates: Vec<i64> = rows.iter().map(|((date, _), _)| *date).collect();
        let names = TextColumn::new(rows.iter().map(|((_, symbol), _)| symbols[*symbol])).unwrap();
        let bits: Vec<f64> = rows.iter().map(|(_, (bits, _))| f64::from_bits(*bits)).collect();
        let plain: Vec<f64> = rows.iter().map(|(_, (_, value))| *value).collect();
        // Two of the five may be the same symbol, or none.
        LongFrame::new(&dates, names, &[("a", &bits), ("b", &plain)]).ok()
    }
}

proptest! {
    #[test]
    fn formats(table in tables()) {
        let Some(table) = table else { return Ok(()) };
        let mut bytes = Vec::new();
        ipc::write_long_to(&table, &mut bytes).unwrap();
        let back = IpcReader::new().nan_policy(NanPolicy::Keep).read_long_bytes(&bytes, "x").unwrap();
        prop_assert!(back.same_bits(&table));
        let mut text = Vec::new();
        CsvWriter::new().delimiter(b';').missing("-").write_long_to(&table, &mut text).unwrap();
        let reader = CsvReader::new()
            .delimiter(b';')
            .missing_words(["-"])
            .nan_policy(NanPolicy::Keep)
            .accept_infinity(true);
        let back = reader.read_long_bytes(&text, "x").unwrap();
        prop_assert_eq!(back.timestamps(), table.timestamps());
        prop_assert_eq!(back.symbols(), table.symbols());
        for ((_, a), (_, b)) in back.columns().zip(table.columns()) {
            // Text knows one NaN only.
            prop_assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())));
        }
        #[cfg(feature = "parquet")]
        {
            use tangency_shared_data::parquet::{ParquetReader, ParquetWriter};
            let mut bytes = Vec::new();
            ParquetWriter::new().row_group_rows(7).write_long_to(&table, &mut bytes).unwrap();
            let back = ParquetReader::new().nan_policy(NanPolicy::Keep).read_long_bytes(bytes, "x");
            prop_assert!(back.unwrap().same_bits(&table));
        }
    }

    #[test]
    fn wide_and_back(
        dates in proptest::collection::btree_set(any::<i64>(), 1..10),
        patterns in vec(vec(proptest::option::of(-1e3..1e3_f64), 10), 1..5),
    ) {
        let dates: Vec<i64> = dates.into_iter().collect();
        let mut builder = Frame::builder(&dates);
        for (at, values) in patterns.iter().enumerate() {
            let values = values.iter().take(dates.len()).map(|v| v.unwrap_or(f64::NAN));
            builder = builder.column(format!("S{at}"), Vec::from_iter(values));
        }
        let wide = builder.build().unwrap();
        let kept = LongFrame::from_wide(&[("x", &wide)], Gaps::Keep).unwrap();
        prop_assert_eq!(kept.n_rows(), wide.n_rows() * wide.n_columns());
        prop_assert!(kept.wide("x", NanPolicy::Reject).unwrap().same_bits(&wide));
        let dropped = LongFrame::from_wide(&[("x", &wide)], Gaps::Drop);
        let present = wide.drop_empty_rows().unwrap();
        let dropped = dropped.unwrap();
        prop_assert!(dropped.column("x").unwrap().iter().all(|v| !v.is_nan()));
        if dropped.n_rows() > 0 {
            let back = dropped.wide("x", NanPolicy::Keep).unwrap();
            prop_assert_eq!(back.timestamps(), present.timestamps());
            for (name, values) in back.columns() {
                let expected = present.column(name).unwrap();
                prop_assert!(values.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()));
            }
        }
    }
}
