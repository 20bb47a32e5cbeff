//! What is written reads back, bit for bit.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use tangency_shared_data::csv::{self, CsvReader, CsvWriter};
use tangency_shared_data::ipc::{self, IpcReader};
use tangency_shared_data::{Frame, LongFrame, NanPolicy, TextColumn};

/// Any bits at all, with the awkward ones more often than chance has them.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => any::<u64>().prop_map(f64::from_bits),
        4 => -1e6..1e6,
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(f64::NAN), Just(f64::INFINITY), Just(5e-324)],
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z]{1,5}", "\\PC{1,8}", "[\",\n\r;' a]{0,4}x", Just("date".to_owned())]
        .prop_map(|name| name.trim().to_owned())
        .prop_filter("a name", |name| !name.is_empty())
}

prop_compose! {
    /// Frames of 1 to 20 rows, 1 to 6 columns and up to 2 of text.
    pub(crate) fn frames()(
        dates in btree_set(any::<i64>(), 1..20),
        names in btree_set(name(), 1..6),
    )(
        columns in vec(vec(value(), dates.len()), names.len()),
        texts in vec(vec("[A-Z]{0,2}|[ -~]{0,6}|\\PC{0,4}", dates.len()), 0..3),
        dates in Just(dates),
        names in Just(names),
    ) -> Frame {
        let mut builder = Frame::builder(Vec::from_iter(dates));
        for (at, text) in texts.iter().enumerate() {
            // White space around cells does not survive CSV.
            let column = TextColumn::new(text.iter().map(|text| text.trim())).unwrap();
            builder = builder.text_column(format!("text number {at}"), column);
        }
        for (name, column) in names.into_iter().zip(columns) {
            builder = builder.column(name, column);
        }
        builder.build().unwrap()
    }
}

/// The frame with the one NaN that text can express.
fn plain_nan(frame: &Frame) -> Frame {
    let plain = |v: &f64| if v.is_nan() { f64::NAN } else { *v };
    let columns = frame.columns().map(|(name, values)| (name, values.iter().map(plain)));
    let numbers = columns.fold(Frame::builder(frame.timestamps()), |builder, (name, values)| {
        builder.column(name, Vec::from_iter(values))
    });
    frame.text_columns().fold(numbers, |b, (name, text)| b.text_column(name, text)).build().unwrap()
}

/// Columns that have every usual name of the dates, one of them text: the dates get yet another.
#[test]
fn dates_have_a_name_of_their_own() {
    let frame = Frame::builder(&[1, 2])
        .column("date", &[0.5, 1.5])
        .column("timestamp", &[1.0, 2.0])
        .column("date2", &[3.0, 4.0])
        .text_column("time", TextColumn::new(["early", "late"]).unwrap())
        .build()
        .unwrap();
    let batch = frame.to_record_batch();
    assert_eq!(batch.schema().field(0).name(), "date3");
    assert!(Frame::from_record_batch(&batch, NanPolicy::Reject).unwrap().same_bits(&frame));
    let mut bytes = Vec::new();
    ipc::write_to(&frame, &mut bytes).unwrap();
    assert!(IpcReader::new().read_bytes(&bytes, "ipc").unwrap().same_bits(&frame));
    let mut text = Vec::new();
    csv::write_to(&frame, &mut text).unwrap();
    let reader = CsvReader::new().text_column("time");
    assert!(reader.read_bytes(&text, "csv").unwrap().same_bits(&frame));
    #[cfg(feature = "parquet")]
    {
        use tangency_shared_data::parquet::{self, ParquetReader};
        let mut bytes = Vec::new();
        parquet::write_to(&frame, &mut bytes).unwrap();
        assert!(ParquetReader::new().read_bytes(bytes, "parquet").unwrap().same_bits(&frame));
    }
}

/// The same for the symbols of a long table.
#[test]
fn symbols_have_a_name_of_their_own() {
    let values = &[1.0, 2.0][..];
    let symbols = TextColumn::new(["A", "B"]).unwrap();
    let columns = [("Symbol", values), ("ticker", values), ("instrument", values)];
    let long = LongFrame::new(&[1, 1], symbols, &columns).unwrap();
    let mut text = Vec::new();
    CsvWriter::new().write_long_to(&long, &mut text).unwrap();
    let reader = CsvReader::new().symbol_column("symbol2");
    assert!(reader.read_long_bytes(&text, "csv").unwrap().same_bits(&long));
    #[cfg(feature = "parquet")]
    {
        use tangency_shared_data::parquet::{ParquetReader, ParquetWriter};
        let mut bytes = Vec::new();
        ParquetWriter::new().write_long_to(&long, &mut bytes).unwrap();
        let reader = ParquetReader::new().symbol_column("symbol2");
        assert!(reader.read_long_bytes(bytes, "parquet").unwrap().same_bits(&long));
    }
}

proptest! {
    #[test]
    fn csv(frame in frames()) {
        let mut text = Vec::new();
        csv::write_to(&frame, &mut text).unwrap();
        let reader = CsvReader::new().nan_policy(NanPolicy::Keep).accept_infinity(true);
        let texts = frame.text_names().iter();
        let reader = texts.fold(reader, |reader, name| reader.text_column(name));
        let back = reader.read_bytes(&text, "csv").unwrap();
        prop_assert!(back.same_bits(&plain_nan(&frame)));
    }

    #[test]
    fn ipc(frame in frames(), cut in 0usize..10) {
        let part = frame.slice(cut.min(frame.n_rows() - 1)..frame.n_rows()).unwrap();
        for frame in [frame, part] {
            let mut bytes = Vec::new();
            ipc::write_to(&frame, &mut bytes).unwrap();
            let back = IpcReader::new().nan_policy(NanPolicy::Keep).read_bytes(&bytes, "ipc").unwrap();
            prop_assert!(back.same_bits(&frame));
        }
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn parquet(frame in frames(), cut in 0usize..10) {
        use tangency_shared_data::parquet::{self, ParquetReader};
        let part = frame.slice(cut.min(frame.n_rows() - 1)..frame.n_rows()).unwrap();
        for frame in [frame, part] {
            let mut bytes = Vec::new();
            parquet::write_to(&frame, &mut bytes).unwrap();
            let back = ParquetReader::new().nan_policy(NanPolicy::Keep).read_bytes(bytes, "parquet").unwrap();
            prop_assert!(back.same_bits(&frame));
        }
    }

    #[test]
    fn record_batches(frame in frames()) {
        let back = Frame::from_record_batch(&frame.to_record_batch(), NanPolicy::Keep).unwrap();
        prop_assert!(back.same_bits(&frame));
    }

    #[test]
    fn slices_of_slices(frame in frames(), a in 0usize..20, b in 0usize..20, c in 0usize..20, d in 0usize..20) {
        let n = frame.n_rows();
        let (a, b) = (a.min(b).min(n), a.max(b).min(n));
        let outer = frame.slice(a..b).unwrap();
        let (c, d) = (c.min(d).min(b - a), c.max(d).min(b - a));
        let inner = outer.slice(c..d).unwrap();
        prop_assert!(inner.same_bits(&frame.slice(a + c..a + d).unwrap()));
        for (at, (_, values)) in inner.columns().enumerate() {
            prop_assert_eq!(values.as_ptr(), frame.column_at(at).unwrap()[a + c..].as_ptr());
            let column = inner.matrix().unwrap().column(at).iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert!(values.iter().map(|v| v.to_bits()).eq(column));
        }
    }

    #[test]
    fn rows_and_columns_build_the_same(frame in frames()) {
        let frame = frame.select(frame.names()).unwrap();
        let mut rows = Frame::rows(frame.names()).unwrap();
        for (row, &timestamp) in frame.timestamps().iter().enumerate() {
            let values: Vec<f64> = frame.columns().map(|(_, column)| column[row]).collect();
            rows.push(timestamp, &values).unwrap();
        }
        prop_assert!(rows.build().unwrap().same_bits(&frame));
    }

    /// What is read where it stands and what goes through the tokeniser are one and the same.
    #[test]
    fn quotes_change_nothing(
        cells in vec(vec("[+-]?[0-9]{0,20}(\\.[0-9]{0,12})?([eE][+-]?[0-9]{1,3})?|[0-9a-z.+-]{0,5}", 3), 1..4),
    ) {
        let line = |row: usize, quote: &str| {
            let cells: Vec<String> = cells[row].iter().map(|c| format!("{quote}{c}{quote}")).collect();
            format!("20{:02}-01-01,{}\n", row + 10, cells.join(","))
        };
        let read = |quote: &str| {
            let rows: String = (0..cells.len()).map(|row| line(row, quote)).collect();
            CsvReader::new().nan_policy(NanPolicy::Keep).read_bytes(format!("d,A,B,C\n{rows}"), "csv")
        };
        match (read(""), read("\"")) {
            (Ok(plain), Ok(quoted)) => prop_assert!(plain.same_bits(&quoted)),
            (plain, quoted) => prop_assert_eq!(plain.unwrap_err(), quoted.unwrap_err()),
        }
    }

    #[test]
    fn no_text_panics(text in "([0-9NaQ.,\"\r\n -]|\\PC){0,80}") {
        let _ = CsvReader::new().read_bytes(format!("Date,A\n{text}"), "csv");
        let _ = CsvReader::new().nan_policy(NanPolicy::Keep).read_bytes(text, "csv");
    }
}
