//! Reports as self-contained HTML pages: no script, no request, pictures inline.

mod backtest_page;
mod charts;
mod elements;
mod page;
mod study_page;
mod study_pictures;
mod tables;

pub use backtest_page::render_backtest;
pub use page::render;
pub use study_page::render_study;
