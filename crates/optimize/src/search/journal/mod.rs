//! The journal of a study: what is in it survives the end of the process, however it ends.
//!
//! An append-only file. A header says what study it is of; each record holds the trials of one tile
//! in one `write`, as soon as the tile has ended, so that `kill -9` loses the tiles in flight and
//! nothing else. A thread of its own asks the system every 50 ms to put what was written
//! on the disk, so that a power cut loses no more than the last 100 ms where the disk takes less than
//! half of that. Every part has a checksum. When a journal is opened, whatever follows the last whole
//! record is cut off. Damage before it costs the records that it is in: the next whole one is found by its
//! checksum.
//!
//! A trial takes 12 bytes and 8 for each metric, 140 with sixteen; a record 24 more. Its cost on the thread
//! that collects results is a key (XXH3 over its values), a copy of its numbers into the record, its share of
//! the record's checksum and of one `write`: quick trials are journalled by the thousand, since a write of ten
//! kilobytes costs the system three times as much a byte as one of a hundred. Nothing is allocated for a trial.
//!
//! One process writes at a time: the file is locked as long as it is open, and the system lifts the
//! lock when the process ends.

mod format;
mod history;
mod open;
mod scan;
mod sync;
mod write;

pub use history::{StudySummary, studies};
pub use open::JournalMode;

pub(super) use format::{Header, Measured};
pub(super) use open::Journal;
