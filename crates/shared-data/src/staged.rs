//! Files that are whole or absent.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// A file that is being written under a temporary name beside its final place.
///
/// [`publish`](Self::publish) flushes it to the disk and renames it, so that a reader sees the old
/// file or the whole new one, never a part. Dropped without that, it leaves nothing behind. To
/// replace several files together, write them all before publishing the first.
///
/// A process that is killed leaves its draft, `.NAME.0.tmp`. The next draft of a file of that name removes
/// it. One that is being written is locked, and left alone.
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
    draft: BufWriter<Draft>,
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
        match Draft::beside(&path) {
            Ok(draft) => Ok(Self { draft: BufWriter::with_capacity(1 << 16, draft), path }),
            Err(error) => Err(Error::io("create the file", &error).in_file(&file::name(&path))),
        }
    }

    /// Gives the finished file its name. When this returns, both are on the disk.
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
        draft.file.sync_all().map_err(failed("write the file"))?;
        draft.rename(&path).map_err(failed("rename the finished file"))
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

/// Drafts of one name that can be written at the same time.
const MOST: usize = 64;
/// Characters of a name that its drafts bear: names have a length that file systems limit.
const BORNE: usize = 48;

/// A file under a temporary name, locked as long as it is open, removed unless it is renamed.
#[derive(Debug)]
struct Draft {
    file: File,
    path: Option<PathBuf>,
}

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "the path names no file");
        let name: String =
            path.file_name().ok_or_else(no_name)?.to_string_lossy().chars().take(BORNE).collect();
        // The current folder may be another one when the draft is removed or renamed.
        let path = std::path::absolute(path)?;
        let place = |number: usize| path.with_file_name(format!(".{name}.{number}.tmp"));
        (0..MOST).for_each(|number| remove_stale(&place(number)));
        for number in 0..MOST {
            let path = place(number);
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            // Before the lock it looked stale: who removes those may have been quicker.
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => continue,
                // Not every file system has locks.
                Ok(()) | Err(TryLockError::Error(_)) if is_at(&file, &path) => {
                    return Ok(Self { file, path: Some(path) });
                }
                _ => continue,
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many drafts of it are being written"))
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            std::fs::rename(path, to)?;
        }
        // Its old name may be somebody else's by now.
        self.path = None;
        sync_folder(to)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Nobody is left to tell; the next draft of this name tries again.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes a draft that nobody is writing.
fn remove_stale(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    // Held until it is gone, so that nobody takes it for their own meanwhile.
    if file.try_lock().is_ok() && is_at(&file, path) {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether this file still has that name.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else {
            return false;
        };
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Makes the new name of a file last.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A folder that may be written to and not read cannot be opened; nor does every file system sync one.
        match File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()) {
            Err(error) if !is_refused(error.kind()) => return Err(error),
            _ => {}
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(unix)]
fn is_refused(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(kind, InvalidInput | PermissionDenied | Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn drafts_that_were_left_are_removed_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        for name in [".out.csv.0.tmp", ".out.csv.3.tmp", ".other.csv.0.tmp", ".out.csv.tmp"] {
            std::fs::write(folder.path().join(name), "half a li").unwrap();
        }
        let mut one = StagedFile::create(&path).unwrap();
        assert_eq!(names(folder.path()), [".other.csv.0.tmp", ".out.csv.0.tmp", ".out.csv.tmp"]);
        write!(one, "one").unwrap();
        one.publish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(names(folder.path()), [".other.csv.0.tmp", ".out.csv.tmp", "out.csv"]);
    }

    #[test]
    fn two_at_once_leave_each_other_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut one = StagedFile::create(&path).unwrap();
        let mut two = StagedFile::create(&path).unwrap();
        let dropped = StagedFile::create(&path).unwrap();
        write!(one, "one").unwrap();
        write!(two, "two").unwrap();
        drop(dropped);
        assert_eq!(names(folder.path()), [".out.csv.0.tmp", ".out.csv.1.tmp"]);
        two.publish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        // What comes now takes the name that has become free; it is not removed when the others end.
        let three = StagedFile::create(&path).unwrap();
        one.publish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(names(folder.path()), [".out.csv.1.tmp", "out.csv"]);
        drop(three);
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn many_threads_write_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..50 {
                        let mut file = StagedFile::create(path).unwrap();
                        let bytes = [b'a' + thread; 1000];
                        file.write_all(&bytes).unwrap();
                        file.publish().unwrap();
                        let read = std::fs::read(path).unwrap();
                        assert!(read.len() == 1000 && read.iter().all(|byte| *byte == read[0]));
                    }
                });
            }
        });
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn long_names_have_drafts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ä".repeat(120));
        StagedFile::create(&path).unwrap().publish().unwrap();
        assert!(path.exists());
    }
}
