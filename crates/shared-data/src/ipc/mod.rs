//! Arrow IPC files (`.arrow`, `.feather` version 2): the frame's own layout on disk.
//!
//! [`write()`] puts a frame down as it lies in memory, and [`read`] takes the file's bytes for the
//! frame's buffer: values of files written here are not copied again, nor converted. Files of others are
//! read too, converted where they differ; compressed ones are not.

mod decode;
mod layout;
mod reader;
mod writer;

use std::path::Path;

pub use reader::IpcReader;
pub use writer::{write, write_to};

use crate::error::Result;
use crate::frame::Frame;

/// Reads a file with the default choices of [`IpcReader`].
///
/// # Errors
///
/// As [`IpcReader::read`].
pub fn read(path: impl AsRef<Path>) -> Result<Frame> {
    IpcReader::new().read(path)
}
