//! The report: plain sections, put together at the end of a run and written as files.

mod assemble;
mod sections;
mod write;

pub(crate) use assemble::{Findings, assemble};
pub use sections::{
    AccuracyRow, AssetSection, DataSection, Fan, ForecastFailure, GridPair, GridSection,
    LuckSection, OutOfSampleSection, PortfolioSection, Report, RuleValues, TrackSection,
};
