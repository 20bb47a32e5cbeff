//! The search of a rule's parameters, as a document a person can judge it by.

mod assemble;
mod report;
mod walk_forward;

pub use assemble::RuleStudy;
pub use report::{RuleStudyReport, StudyLuck, WalkForwardRow, WalkForwardSection};
