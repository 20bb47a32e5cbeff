//! A writer's word that the dates of a file increase, in the footer's metadata.
//!
//! Looking at every date is what opening a mapped frame would spend most of its time on: each page of
//! them has to be brought in. The mark stands in files that are written from a [`Frame`](crate::Frame),
//! whose dates were looked at; it is believed of sealed memory alone, and only until somebody needs
//! the order (see [`Frame::ordered_timestamps`](crate::Frame)).

use arrow_ipc::Footer;

/// Name of the entry in the footer's metadata.
pub(super) const KEY: &str = "tangency.dates";
/// Its value.
pub(super) const INCREASING: &str = "increasing";

/// Whether the writer says that the dates increase.
pub(super) fn says_increasing(footer: &Footer<'_>) -> bool {
    let entries = footer.custom_metadata().into_iter().flatten();
    let mut marks = entries.filter(|entry| entry.key() == Some(KEY)).map(|entry| entry.value());
    marks.next() == Some(Some(INCREASING)) && marks.next().is_none()
}
