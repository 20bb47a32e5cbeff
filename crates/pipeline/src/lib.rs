#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod book;
mod config;
mod decision;
mod error;
mod grid;
#[cfg(feature = "html")]
pub mod html;
mod market;
mod observer;
mod out_of_sample;
mod pipeline;
mod report;
mod schedule;
mod skill;
mod views;

pub use config::{PipelineConfig, PriorWeights, ViewRule};
pub use error::{Error, ErrorKind, Result};
pub use grid::GridConfig;
pub use observer::{Observer, Silent, Stage};
pub use pipeline::Pipeline;
pub use report::{
    AccuracyRow, AssetSection, DataSection, Fan, ForecastFailure, GridPair, GridSection,
    OutOfSampleSection, PortfolioSection, Report, RuleValues, TrackSection,
};
pub use schedule::Schedule;
pub use skill::Skill;
