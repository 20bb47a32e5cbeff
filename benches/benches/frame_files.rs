//! Files into frames, as pandas, polars and pyarrow read them: see `benches/peers/README.md`.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has to fail")]

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::shared_data::{Frame, csv, parquet, time};
use tangency_benches::peers::{answer, input_file};
use tangency_testkit::prices::sp500_20;

/// Twenty stocks over 8,313 days.
fn closes() -> Frame {
    let prices = sp500_20();
    let dates: Vec<i64> = prices.dates.iter().map(|date| time::parse(date).unwrap()).collect();
    let named = prices.names.iter().zip(&prices.columns);
    named.fold(Frame::builder(dates), |b, (name, column)| b.column(name, column)).build().unwrap()
}

/// Rows, the day of the last timestamp, the last value of the last column and the sum of each column.
fn told(frame: &Frame) -> Vec<f64> {
    let columns = || (0..frame.n_columns()).map(|at| frame.column_at(at).unwrap());
    let last = |values: &[f64]| *values.last().unwrap();
    let day = *frame.timestamps().last().unwrap() as f64 / 86_400e9;
    let mut told = vec![frame.n_rows() as f64, day, last(columns().next_back().unwrap())];
    told.extend(columns().map(|values| values.iter().sum::<f64>()));
    told
}

fn read(
    criterion: &mut Criterion,
    case: &str,
    path: &Path,
    want: &Frame,
    read: fn(&Path) -> Frame,
) {
    assert!(read(path).same_bits(want), "{case}");
    input_file(path);
    answer(case, &told(want));
    criterion.bench_function(case, |bencher| bencher.iter(|| read(path)));
}

fn files(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let frame = closes();
    let path = folder.path().join("closes.csv");
    csv::write(&frame, &path).unwrap();
    let case = "shared-data/csv-file-8313x20/tangency";
    read(criterion, case, &path, &frame, |path| csv::read(path).unwrap());
    let path = folder.path().join("closes.parquet");
    parquet::write(&frame, &path).unwrap();
    let case = "shared-data/parquet-file-8313x20/tangency";
    read(criterion, case, &path, &frame, |path| parquet::read(path).unwrap());
}

criterion_group!(frame_files, files);
criterion_main!(frame_files);
