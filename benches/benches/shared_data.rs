//! Reading, lending and writing frames.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has to fail")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tangency::shared_data::csv::{self, CsvReader};
use tangency::shared_data::ipc::{self, IpcReader};
use tangency::shared_data::parquet::{self, ParquetReader};
use tangency::shared_data::{Frame, NanPolicy};
use tangency_testkit::prices;

/// Twenty stocks over 8,313 days.
fn closes() -> Frame {
    let prices = prices::sp500_20();
    let dates: Vec<i64> =
        (0..prices.dates.len() as i64).map(|day| day * 86_400_000_000_000).collect();
    let named = prices.names.iter().zip(&prices.columns);
    named.fold(Frame::builder(dates), |b, (name, column)| b.column(name, column)).build().unwrap()
}

/// The same prices again and again, 2,000 columns of 1,024 days: a stride that is a power of two.
fn wide() -> Frame {
    let closes = closes().slice(0..1024).unwrap();
    let mut builder = Frame::builder(closes.timestamps());
    for at in 0..2000 {
        let column = closes.column_at(at % closes.n_columns()).unwrap();
        builder = builder.column(format!("C{at}"), column);
    }
    builder.build().unwrap()
}

fn read(c: &mut Criterion) {
    for (case, frame) in [("8313x20", closes()), ("1024x2000", wide())] {
        let mut text = Vec::new();
        csv::write_to(&frame, &mut text).unwrap();
        let mut group = c.benchmark_group("shared-data/csv-read");
        group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(case, |b| {
            b.iter(|| {
                let read = CsvReader::new().read_bytes(&text, "bench").unwrap();
                assert_eq!(read.n_rows(), frame.n_rows());
                read
            });
        });
        group.finish();

        let mut bytes = Vec::new();
        ipc::write_to(&frame, &mut bytes).unwrap();
        let mut group = c.benchmark_group("shared-data/ipc-read");
        group.sample_size(10).throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(case, |b| {
            b.iter(|| {
                let read = IpcReader::new().read_bytes(&bytes, "bench").unwrap();
                assert_eq!(read.n_rows(), frame.n_rows());
                read
            });
        });
        group.finish();

        let mut bytes = Vec::new();
        parquet::write_to(&frame, &mut bytes).unwrap();
        let mut group = c.benchmark_group("shared-data/parquet-read");
        group.sample_size(10).throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(case, |b| {
            b.iter_batched(
                || bytes.clone(),
                |bytes| {
                    let read = ParquetReader::new().read_bytes(bytes, "bench").unwrap();
                    assert_eq!(read.n_rows(), frame.n_rows());
                    read
                },
                BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}

fn write(c: &mut Criterion) {
    let frame = closes();
    let mut group = c.benchmark_group("shared-data/csv-write");
    group.sample_size(10);
    group.bench_function("8313x20", |b| {
        b.iter(|| {
            let mut text = Vec::new();
            csv::write_to(&frame, &mut text).unwrap();
            assert!(text.len() > 1_000_000);
            text
        });
    });
    group.finish();
}

/// What sharing costs a worker, beside what it would cost to copy.
fn lend(c: &mut Criterion) {
    let frame = closes();
    let mut group = c.benchmark_group("shared-data");
    group.bench_function("clone/8313x20/frame", |b| b.iter(|| black_box(&frame).clone()));
    group.bench_function("clone/8313x20/copied", |b| {
        b.iter(|| black_box(&frame).select(frame.names()).unwrap());
    });
    group.bench_function("slice/8313x20/frame", |b| {
        b.iter(|| black_box(&frame).slice(100..352).unwrap());
    });
    group.bench_function("column/8313x20/by-name", |b| {
        b.iter(|| {
            let column = black_box(&frame).column(black_box("MSFT")).unwrap();
            assert_eq!(column.len(), 8313);
            column[0]
        });
    });
    group.bench_function("record-batch/8313x20/export", |b| {
        b.iter(|| black_box(&frame).to_record_batch());
    });
    let batch = frame.to_record_batch();
    group.bench_function("record-batch/8313x20/import", |b| {
        b.iter(|| Frame::from_record_batch(black_box(&batch), NanPolicy::Reject).unwrap());
    });
    group.finish();
}

criterion_group!(benches, read, write, lend);
criterion_main!(benches);
