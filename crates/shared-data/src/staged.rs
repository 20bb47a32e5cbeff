//! Files that are whole or absent.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::file;

/// A file that is being written under a temporary name beside its final place.
///
/// [`publish`](Self::publish) flushes it to the disk and renames it, so that a reader sees the old
/// file or the whole new one, never a part. Dropped without that, it leaves nothing behind. To
/// replace several files together, write them all before publishing the first.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use tangency_shared_data::StagedFile;
///
/// let path = std::env::temp_dir().join(format!("tangency-staged-{}", std::process::id()));
/// let mut file = StagedFile::create(&path)?;
/// writeln!(file, "whole or absent")?;
/// assert!(!path.exists());
/// file.publish()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "whole or absent\n");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StagedFile {
    draft: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl StagedFile {
    /// Opens a temporary file in the folder of `path`, since a rename does not cross file systems.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder is missing or cannot be written to.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private; a result is for everyone the umask allows.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let draft = match path.file_name() {
            None => Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file")),
            Some(_) => builder.tempfile_in(folder.unwrap_or(Path::new("."))),
        };
        match draft {
            Ok(draft) => Ok(Self { draft: BufWriter::with_capacity(1 << 16, draft), path }),
            Err(error) => Err(Error::io("create the file", &error).in_file(&file::name(&path))),
        }
    }

    /// Gives the finished file its name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the rest cannot be written (a full disk, say) or
    /// the file cannot be renamed; the old file is then still in place.
    pub fn publish(self) -> Result<()> {
        let Self { draft, path } = self;
        let failed = |operation| {
            let name = file::name(&path);
            move |error: io::Error| Error::io(operation, &error).in_file(&name)
        };
        let draft =
            draft.into_inner().map_err(|error| failed("write the file")(error.into_error()))?;
        draft.as_file().sync_all().map_err(failed("write the file"))?;
        let renamed = draft.persist(&path);
        renamed.map(drop).map_err(|error| failed("rename the finished file")(error.error))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.draft.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}
