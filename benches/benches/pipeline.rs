//! A whole run of the pipeline, from closes to the report: forecasts, views, weights, record and grid.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::pipeline::{Pipeline, PipelineConfig, Silent};
use tangency::pool::{CancelToken, Pool};
use tangency::shared_data::Frame;
use tangency_testkit::prices::sp500_20;

const ROWS: usize = 1260;
const ASSETS: usize = 5;

/// The last five years of the first few stocks.
fn closes() -> Frame {
    let prices = sp500_20();
    let dates: Vec<i64> = (0..ROWS as i64).map(|day| day * 86_400_000_000_000).collect();
    let named = prices.names.iter().zip(&prices.columns).take(ASSETS);
    let columns = named.map(|(name, column)| (name, &column[column.len() - ROWS..]));
    let builder = columns.fold(Frame::builder(dates), |b, (name, column)| b.column(name, column));
    builder.build().expect("dates rise")
}

/// The earned weights of the assets, in their order.
fn weights(pipeline: &Pipeline, closes: &Frame, pool: &Pool) -> Vec<f64> {
    let report = pipeline.run(closes, pool, &Silent, &CancelToken::new()).expect("a valid panel");
    report.assets.iter().map(|asset| asset.weights.earned).collect()
}

fn run(criterion: &mut Criterion) {
    let closes = closes();
    let pipeline = Pipeline::new(PipelineConfig::default());
    let pools = [1, 2].map(|workers| Pool::new(workers).expect("threads"));
    let want = weights(&pipeline, &closes, &pools[0]);
    assert!(want.len() == ASSETS && (want.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let mut group = criterion.benchmark_group("pipeline/default-1260x5");
    group.sample_size(10);
    for (pool, name) in pools.iter().zip(["one-worker", "two-workers"]) {
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(weights(&pipeline, black_box(&closes), pool), want));
        });
    }
    group.finish();
}

criterion_group!(benches, run);
criterion_main!(benches);
