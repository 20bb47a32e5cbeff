//! The report as one self-contained HTML page: no script, no request, pictures inline.

mod charts;
mod page;
mod tables;

pub use page::render;
