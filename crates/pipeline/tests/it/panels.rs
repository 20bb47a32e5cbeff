//! Small panels and settings that run in milliseconds.

use tangency_pipeline::{GridConfig, Pipeline, PipelineConfig, Report, Silent};
use tangency_pool::{CancelToken, Pool};
use tangency_shared_data::Frame;
use tangency_testkit::random_walks::{Panel, days};

/// A frame of simulated prices.
pub(crate) fn frame(columns: &[Vec<f64>]) -> Frame {
    let mut builder = Frame::builder(days(columns[0].len()));
    for (asset, column) in columns.iter().enumerate() {
        builder = builder.column(format!("ASSET{asset}"), column.as_slice());
    }
    builder.build().unwrap()
}

/// A panel of random walks as a frame.
pub(crate) fn random_walks(n_assets: usize, n_rows: usize, seed: u64) -> Frame {
    frame(&Panel { n_assets, n_rows, ..Panel::default() }.simulate(seed))
}

/// A training window of 60 rows, decisions every 5 rows.
pub(crate) fn settings() -> PipelineConfig {
    PipelineConfig {
        train: 60,
        horizon: 5,
        grid: GridConfig { fast: vec![3, 5], slow: vec![10, 20], in_sample: 0.6 },
        ..PipelineConfig::default()
    }
}

/// Runs without progress or cancellation.
pub(crate) fn run(closes: &Frame, config: &PipelineConfig, pool: &Pool) -> Report {
    Pipeline::new(config.clone()).run(closes, pool, &Silent, &CancelToken::new()).unwrap()
}

/// Momentum in the first asset: a shock carries on for some days, so an ARIMA model sees the next
/// week coming. The others are random walks.
pub(crate) fn one_predictable_asset() -> Vec<Vec<f64>> {
    let mut columns = Panel { n_assets: 4, n_rows: 700, ..Panel::default() }.simulate(11);
    let walk = columns[0].clone();
    let mut step = 0.0;
    let mut log_price = walk[0].ln();
    for row in 1..walk.len() {
        step = 0.9 * step + (walk[row] / walk[row - 1]).ln();
        log_price += step;
        columns[0][row] = log_price.exp();
    }
    columns
}
