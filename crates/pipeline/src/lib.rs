#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod backtest;
mod book;
mod config;
mod decision;
mod error;
mod files;
mod grid;
#[cfg(feature = "html")]
pub mod html;
mod luck;
mod market;
mod observer;
mod out_of_sample;
mod pipeline;
mod report;
mod schedule;
mod skill;
mod study;
#[cfg(feature = "parquet")]
mod trials;
mod views;

pub use backtest::{BacktestReport, RuleBacktest, TradeRow, YearRow};
pub use config::{PipelineConfig, PriorWeights, ViewRule};
pub use error::{Error, ErrorKind, Result};
pub use grid::GridConfig;
pub use observer::{Observer, Silent, Stage};
pub use pipeline::Pipeline;
pub use report::{
    AccuracyRow, AssetSection, DataSection, Fan, ForecastFailure, GridPair, GridSection,
    LuckSection, OutOfSampleSection, PortfolioSection, Report, RuleValues, TrackSection,
};
pub use schedule::Schedule;
pub use skill::Skill;
pub use study::{RuleStudy, RuleStudyReport, StudyLuck, WalkForwardRow, WalkForwardSection};
#[cfg(feature = "parquet")]
pub use trials::ParquetTrials;
