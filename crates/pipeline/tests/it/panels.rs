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
