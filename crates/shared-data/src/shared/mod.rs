//! Frames that several processes read in the same memory.

#[cfg(test)]
mod changing;
#[cfg(test)]
mod hostile;
mod mapping;
mod memory;
mod open;
#[cfg(test)]
mod overlap;

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use arrow_buffer::Buffer;
use tempfile::TempPath;

use crate::error::{Error, Result};
use crate::file;
use crate::frame::Frame;
use crate::ipc::{self, Integrity, IpcFile};

/// Where the bytes of a shared frame are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// In memory without a name (`memfd`), sealed: the kernel lets nobody write to it or shorten it.
    SealedMemory,
    /// In a file of that name.
    File(PathBuf),
    /// In a file that is known by its descriptor only, and not sealed.
    Descriptor,
}

/// A [`Frame`] whose columns lie in a mapped Arrow IPC file, where any process can read them without
/// a copy of its own.
///
/// [`Frame::share`] makes one; its [`descriptor`](Self::descriptor) goes to another process over a
/// socket or by inheritance, to `open_descriptor` there. [`open`](Self::open) maps a file on
/// disk. The frame, its clones and slices keep the mapping alive; they outlive this handle.
///
/// # What is checked
///
/// Nothing that memory safety rests on is taken on trust: footer, messages, the place of each block and
/// of each buffer within its block, that no two of them share a byte, types, alignment, counts of nulls,
/// offsets and keys of text are checked before anything is lent. That timestamps increase is checked too, except in sealed memory that says in its footer
/// that it was written from a frame: to look at them all would take longer than everything else
/// together. Joins, resampling, adjustments and writers check it there before they rely on
/// it, and so does [`verify`](Self::verify). A file that is wrong in any of these is an error. A file that could only be used
/// after a conversion (nulls, other types, compression, several batches, values out of alignment) is
/// [`ErrorKind::NotInPlace`](crate::ErrorKind::NotInPlace): dates and numbers are never copied here, [`IpcReader`](ipc::IpcReader)
/// does that. Text columns are copied, each different text once.
///
/// Values are not looked at: NaN stays NaN, and [`Frame::validate_complete`] finds it. Of a file, the
/// checksum is compared when it is opened, which reads every page once; sealed memory is not read through,
/// [`verify`](Self::verify) does it when asked.
///
/// # What a mapped file asks of others
///
/// Sealed memory cannot change. A file can, and this process would see it happen: dates and numbers that
/// another process writes in place appear in columns that are lent as immutable (nothing else does: what
/// describes them, and text, is copied before it is checked), and reading a page that another
/// process has cut off ends this process with the signal `SIGBUS`, which no library can turn into
/// an error. So map files only where everybody who may write to them replaces them as a whole, by
/// renaming a finished file into place: every writer of this crate does, and whoever has the old file
/// mapped keeps the old bytes. Where that cannot be relied on, read the file with [`ipc::read`], or
/// share the frame that it returns.
///
/// # Examples
///
/// ```
/// use tangency_shared_data::{Frame, SharedFrame};
///
/// let closes = Frame::builder(&[1, 2]).column("AAPL", &[75.1, 74.4]).build()?;
/// let shared = closes.share()?; // written once
/// assert_eq!(shared.frame().column("AAPL")?, [75.1, 74.4]);
///
/// // What another process does with the descriptor or the path:
/// let theirs = SharedFrame::open(shared.path())?;
/// assert!(theirs.frame().same_bits(&closes));
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Clone)]
pub struct SharedFrame {
    frame: Frame,
    bytes: Buffer,
    source: Arc<Source>,
}

struct Source {
    #[cfg(unix)]
    file: File,
    placement: Placement,
    /// Removes a file that was made for sharing.
    _temporary: Option<TempPath>,
}

impl Frame {
    /// Puts the frame where other processes can read it: in sealed memory, or, where the system has
    /// none, in a temporary file that is removed with the last clone of what is returned.
    /// [`SharedFrame::placement`] says which.
    ///
    /// Each value is copied once, to there; this frame stays as it is, and may be dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the operating system refuses, for want of memory for example.
    pub fn share(&self) -> Result<SharedFrame> {
        let refused = |error: io::Error| Error::io("create shared memory", &error);
        match memory::create().map_err(refused)? {
            Some(mut memory) => {
                ipc::write_to(self, &mut memory)?;
                memory::seal(&memory).map_err(|error| Error::io("seal shared memory", &error))?;
                SharedFrame::over(memory, None, None)
            }
            None => self.share_in_temporary_file(),
        }
    }

    fn share_in_temporary_file(&self) -> Result<SharedFrame> {
        let refused = |error: io::Error| Error::io("create a file to share", &error);
        let draft = tempfile::Builder::new().prefix("tangency-").suffix(".arrow").tempfile();
        let mut draft = draft.map_err(refused)?;
        ipc::write_to(self, draft.as_file_mut())?;
        draft.as_file_mut().flush().map_err(refused)?;
        let (_, path) = draft.into_parts();
        // Opened again, to read only.
        let file = open::open(&path).map_err(refused)?;
        let name = path.to_path_buf();
        SharedFrame::over(file, Some(&name), Some(path))
    }
}

impl SharedFrame {
    /// Maps an Arrow IPC file, written by this crate or by another program, and compares it with its
    /// checksum where it has one. See [above](Self#what-a-mapped-file-asks-of-others) for what that asks
    /// of other writers.
    ///
    /// # Errors
    ///
    /// Names the file, and the column where it is known: [`ErrorKind::Io`](crate::ErrorKind::Io), [`ErrorKind::EmptyFile`](crate::ErrorKind::EmptyFile),
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed), [`ErrorKind::Damaged`](crate::ErrorKind::Damaged), [`ErrorKind::NotInPlace`](crate::ErrorKind::NotInPlace),
    /// [`ErrorKind::UnsupportedType`](crate::ErrorKind::UnsupportedType), [`ErrorKind::NoDateColumn`](crate::ErrorKind::NoDateColumn), [`ErrorKind::Unordered`](crate::ErrorKind::Unordered),
    /// [`ErrorKind::Repeated`](crate::ErrorKind::Repeated), and those about names of
    /// [`FrameBuilder::build`](crate::FrameBuilder::build).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = open::open(path).map_err(|error| Error::io("open the file", &error));
        file.and_then(|file| Self::over(file, Some(path), None))
            .map_err(|error| error.in_file(&file::name(path)))
    }

    /// Maps what a descriptor stands for: sealed memory from [`Frame::share`] in another process, or
    /// any file. The descriptor is duplicated, and stays the caller's.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), without a name of the file.
    #[cfg(unix)]
    pub fn open_descriptor(descriptor: impl AsFd) -> Result<Self> {
        let owned = descriptor.as_fd().try_clone_to_owned();
        let owned = owned.map_err(|error| Error::io("duplicate the descriptor", &error))?;
        Self::over(File::from(owned), None, None)
    }

    fn over(file: File, path: Option<&Path>, temporary: Option<TempPath>) -> Result<Self> {
        // Asked before its length is: nobody takes a seal off again.
        let is_sealed = memory::is_sealed(&file);
        let bytes = open::map(&file)?;
        let frame = open::frame(&bytes, is_sealed)?;
        let placement = match path {
            _ if is_sealed => Placement::SealedMemory,
            Some(path) => Placement::File(path.to_owned()),
            None => Placement::Descriptor,
        };
        let source = Source {
            #[cfg(unix)]
            file,
            placement,
            _temporary: temporary,
        };
        let source = Arc::new(source);
        Ok(Self { frame, bytes, source })
    }

    /// The frame, whose columns point into the mapping.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The frame alone. It keeps the mapping alive, though not the descriptor, nor a temporary file.
    #[must_use]
    pub fn into_frame(self) -> Frame {
        self.frame
    }

    /// Where the bytes are.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        &self.source.placement
    }

    /// Length of the mapped file in bytes.
    #[must_use]
    pub fn byte_len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// A path that [`open`](Self::open) takes: that of the file, or for what has no name the one that
    /// Linux gives it, `/proc/<process>/fd/<number>`, which holds for processes of the same user as long
    /// as this one keeps the handle. Elsewhere it may not exist.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match self.placement() {
            Placement::File(path) => path.clone(),
            #[cfg(unix)]
            _ => {
                use std::os::fd::AsRawFd;
                let number = self.source.file.as_raw_fd();
                PathBuf::from(format!("/proc/{}/fd/{number}", std::process::id()))
            }
            #[cfg(not(unix))]
            _ => PathBuf::new(),
        }
    }

    /// A descriptor of the caller's own for the same bytes, to be sent to another process. It is closed
    /// when a program is executed, unless the caller changes that.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the process has no descriptors left.
    #[cfg(unix)]
    pub fn descriptor(&self) -> Result<OwnedFd> {
        let owned = self.as_fd().try_clone_to_owned();
        owned.map_err(|error| Error::io("duplicate the descriptor", &error))
    }

    /// Reads every byte and compares them with the checksum, and checks that the timestamps increase.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged) when they differ;
    /// [`ErrorKind::Unordered`](crate::ErrorKind::Unordered) and [`ErrorKind::Repeated`](crate::ErrorKind::Repeated).
    pub fn verify(&self) -> Result<Integrity> {
        let integrity = IpcFile::new(&self.bytes)?.verify()?;
        let _increasing = self.frame.ordered_timestamps()?;
        Ok(integrity)
    }
}

#[cfg(unix)]
impl AsFd for SharedFrame {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.file.as_fd()
    }
}

impl fmt::Debug for SharedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFrame")
            .field("frame", &self.frame)
            .field("placement", self.placement())
            .field("byte_len", &self.byte_len())
            .finish()
    }
}

// As a frame is; this fails to compile should that ever stop being possible.
const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<SharedFrame>();
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn without_sealed_memory_there_is_a_file_while_it_is_needed() {
        let frame = Frame::builder(&[1, 2]).column("A", &[1.0, f64::NAN]).build().unwrap();
        let shared = frame.share_in_temporary_file().unwrap();
        let Placement::File(path) = shared.placement().clone() else {
            panic!("{shared:?} is a file");
        };
        let clone = shared.clone();
        drop(shared);
        assert!(path.exists());
        let theirs = SharedFrame::open(&path).unwrap();
        assert_eq!(theirs.verify(), Ok(Integrity::Verified));
        assert!(theirs.frame().same_bits(&frame));
        let kept = clone.into_frame();
        assert!(!path.exists());
        // What is mapped stays, under no name.
        assert!(kept.same_bits(&frame) && theirs.frame().same_bits(&frame));
        assert!(matches!(SharedFrame::open(&path).unwrap_err().kind(), ErrorKind::Io { .. }));
    }
}
