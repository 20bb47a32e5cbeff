//! Arrow IPC files (`.arrow`, `.feather` version 2): the frame's own layout on disk.
//!
//! [`write()`] puts a frame down as it lies in memory, and [`read`] takes the file's bytes for the
//! frame's buffer: values of files written here are not copied again, nor converted. Files of others are
//! read too: what is not laid out like a frame is converted, what is compressed (feature
//! `compressed-ipc`) or coded by a dictionary is decoded, and both are copies. To map a file instead of
//! reading it, see [`SharedFrame`](crate::SharedFrame).
//!
//! Files written here carry a checksum in their footer, which readers compare; to other programs it is
//! a line of metadata.

mod arrays;
mod body;
mod checksum;
mod compression;
mod decode;
mod layout;
mod long;
mod mark;
mod reader;
mod schema;
mod writer;

use std::path::Path;

pub(crate) use body::Decoding;
pub use checksum::Integrity;
pub(crate) use decode::IpcFile;
pub use long::{write_long, write_long_compressed, write_long_to};
pub use reader::IpcReader;
pub use writer::{Compression, write, write_compressed, write_to};

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
