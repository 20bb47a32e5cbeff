//! From an open file to a frame over its mapped bytes.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use arrow_buffer::Buffer;

use super::mapping;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::ipc::{Decoding, IpcFile};
use crate::options::NanPolicy;
use crate::table::{self, Order, TableOptions};

/// Opens a file to read it. A pipe without a writer would block; it is refused later instead.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// The whole of a file, mapped. Of a file without bytes there is nothing to map.
pub(super) fn map(file: &File) -> Result<Buffer> {
    let attempt = || {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        match usize::try_from(metadata.len()) {
            Ok(0) => Ok(None),
            Ok(length) => mapping::map(file, length).map(Some),
            Err(_) => Err(io::ErrorKind::FileTooLarge.into()),
        }
    };
    let mapped = attempt().map_err(|error| Error::io("map the file", &error))?;
    mapped.ok_or_else(|| ErrorKind::EmptyFile.into())
}

/// The frame over those bytes, whose structure is checked; `is_sealed` says that they cannot change and
/// need no check of their values.
pub(super) fn frame(bytes: &Buffer, is_sealed: bool) -> Result<Frame> {
    let file = IpcFile::new(bytes)?;
    let order = match is_sealed {
        true if file.is_marked_increasing() => Order::Claimed,
        _ => Order::Checked,
    };
    if !is_sealed {
        let _either = file.verify()?;
    }
    let batches = file.batches(Decoding::InPlace { is_sealed })?;
    let [batch] = batches.as_slice() else {
        let reason = format!("it holds {} record batches, not one", batches.len());
        return Err(ErrorKind::NotInPlace { reason }.into());
    };
    let options = TableOptions { date_column: None, nan_policy: NanPolicy::Keep };
    table::in_place(batch, &options, Some(bytes), order)
}
