//! Opening a journal: locking it, checking whose it is, finding what it holds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::format::{Header, MAGIC, Measured, decode_record};
use super::scan::{Scan, Segment};
use super::sync::Syncer;
use crate::error::{Error, ErrorKind, Result};

/// What to do with a journal that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JournalMode {
    /// Start from the first trial. A journal that is there is kept beside the new one, under its
    /// name with `.bak` at the end, in place of an older such file.
    #[default]
    Fresh,
    /// Go on where it ends; start from the first trial where there is none.
    Resume,
}

/// An open journal, locked against other processes.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Seed of the checksums of records.
    pub(super) seed: u64,
    /// Where the last whole record ends.
    pub(super) length: u64,
    /// Whether the next write would go to the end.
    pub(super) at_end: bool,
    /// What it held when it was opened, by first trial.
    segments: Vec<Segment>,
    /// Trials in it.
    pub(super) trials: u64,
    /// Bytes that are no whole record: damage, and a torn end, which was cut off.
    pub(crate) dropped: u64,
    /// Whether the study has ended and its summary been written.
    pub(super) closed: bool,
    pub(super) buffer: Vec<u8>,
    pub(super) syncer: Syncer,
}

impl Journal {
    /// Opens the journal of this study.
    pub(crate) fn open(path: &Path, header: &Header, mode: JournalMode) -> Result<Self> {
        let mut file = lock(path, true)?;
        let (beginning, seed) = header.encode();
        let failed = |action| failure(path, action);
        let mut existing = Vec::new();
        // A beginning is some hundred bytes; a file cut short within it holds no trial.
        file.by_ref()
            .take(beginning.len() as u64)
            .read_to_end(&mut existing)
            .map_err(failed("read"))?;
        let mut scan = Scan::default();
        let unbegun = existing != beginning && beginning.starts_with(&existing);
        if !unbegun {
            match mode {
                JournalMode::Fresh => {
                    read_header(&mut file, path)?;
                    file = set_aside(file, path)?;
                }
                JournalMode::Resume => {
                    if existing != beginning {
                        check_study(&read_header(&mut file, path)?.0, header, path)?;
                    }
                    let from = beginning.len() as u64;
                    scan = Scan::of(&mut file, seed, from, header.trials, |_| ())
                        .map_err(failed("read"))?;
                    file.set_len(scan.length).map_err(failed("shorten"))?;
                }
            }
        }
        if scan.length == 0 {
            let written = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| std::io::Write::write_all(&mut file, &beginning))
                .and_then(|()| file.sync_all())
                .and_then(|()| sync_folder(path));
            written.map_err(failed("begin"))?;
            scan.length = beginning.len() as u64;
        }
        let syncer = file.try_clone().and_then(Syncer::start).map_err(failed("sync"))?;
        let Scan { length, mut segments, dropped, summary } = scan;
        segments.sort_unstable_by_key(|segment| segment.first);
        segments.dedup_by(|next, kept| next.first < kept.first + u64::from(kept.count));
        let trials = segments.iter().map(|segment| u64::from(segment.count)).sum();
        Ok(Self {
            file,
            path: path.to_owned(),
            seed,
            length,
            at_end: false,
            segments,
            trials,
            dropped,
            closed: summary.is_some(),
            buffer: Vec::new(),
            syncer,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Trials it holds.
    pub(crate) fn trials(&self) -> u64 {
        self.trials
    }

    /// The part of `first..end` that it held when it was opened, in order: first trial and number.
    pub(crate) fn held(&self, first: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let from = self.segments.partition_point(|s| s.first + u64::from(s.count) <= first);
        self.segments[from..].iter().take_while(move |s| s.first < end).map(move |s| {
            let start = s.first.max(first);
            (start, (s.first + u64::from(s.count)).min(end) - start)
        })
    }

    /// Reads back the trials `first..first + count`, which lie in one record.
    pub(crate) fn replay(&mut self, first: u64, count: u64) -> Result<Vec<(u64, Measured)>> {
        let at = self.segments.partition_point(|s| s.first + u64::from(s.count) <= first);
        let segment = self.segments[at];
        let mut record = vec![0; segment.length as usize];
        self.at_end = false;
        let read = self
            .file
            .seek(SeekFrom::Start(segment.offset))
            .and_then(|_| self.file.read_exact(&mut record));
        read.map_err(failure(&self.path, "read"))?;
        let damaged = || not_a_journal(&self.path, "a record changed while it was in use");
        let mut trials = decode_record(&record).ok_or_else(damaged)?;
        let skipped = (first - segment.first) as usize;
        if trials.len() < skipped + count as usize {
            return Err(damaged());
        }
        trials.drain(..skipped);
        trials.truncate(count as usize);
        Ok(trials)
    }
}

/// Opens a file, made if need be, and locks it as long as it is open.
pub(super) fn lock(path: &Path, write: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    // A file that is there is looked at before anything is done to it.
    options.read(true).write(write).create(write).truncate(false);
    let file = options.open(path).map_err(failure(path, "open"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(ErrorKind::JournalInUse { path: path.display().to_string() }.into())
        }
        Err(TryLockError::Error(error)) => Err(failure(path, "lock")(error)),
    }
}

/// Gives the locked journal another name and opens an empty one in its place.
fn set_aside(old: File, path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    std::fs::rename(path, name).map_err(failure(path, "set aside"))?;
    drop(old);
    lock(path, true)
}

/// Header of a journal, and where its records begin.
pub(super) fn read_header(file: &mut File, path: &Path) -> Result<(Header, u64, u64)> {
    let failed = |action| failure(path, action);
    file.rewind().map_err(failed("read"))?;
    let mut start = [0; MAGIC.len() + 4];
    let length = file.metadata().map_err(failed("read"))?.len();
    if length < start.len() as u64 {
        return Err(not_a_journal(path, "it is shorter than the beginning of one"));
    }
    file.read_exact(&mut start).map_err(failed("read"))?;
    if start[..MAGIC.len()] != MAGIC {
        return Err(not_a_journal(path, "it does not begin like one"));
    }
    let json = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
    let end = start.len() as u64 + u64::from(json) + 8;
    if end > length {
        return Err(not_a_journal(path, "it ends within its header"));
    }
    let mut rest = vec![0; json as usize + 8];
    file.read_exact(&mut rest).map_err(failed("read"))?;
    let (json, sum) = rest.split_at(json as usize);
    let mut all = start.to_vec();
    all.extend_from_slice(json);
    let expected = xxhash_rust::xxh3::xxh3_64(&all);
    if expected.to_le_bytes() != sum {
        return Err(not_a_journal(path, "the checksum of its header is wrong"));
    }
    let header: Header = serde_json::from_slice(json)
        .map_err(|error| not_a_journal(path, &format!("its header says {error}")))?;
    Ok((header, expected, end))
}

fn check_study(journal: &Header, now: &Header, path: &Path) -> Result<()> {
    let other = |what, journal: &str, now: &str| {
        let path = path.display().to_string();
        let (journal, now) = (journal.to_owned(), now.to_owned());
        Err(ErrorKind::JournalOfAnother { path, what, journal, now }.into())
    };
    for ((what, journal), (_, now)) in journal.parts().iter().zip(now.parts()) {
        if *journal != now {
            return other(what, journal, &now);
        }
    }
    other("number of trials", &journal.trials.to_string(), &now.trials.to_string())
}

/// Makes the name of a new file last.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

pub(super) fn failure(path: &Path, action: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |error| {
        let (path, reason) = (path.display().to_string(), error.to_string());
        ErrorKind::Journal { action, path, reason }.into()
    }
}

fn not_a_journal(path: &Path, reason: &str) -> Error {
    ErrorKind::NotAJournal { path: path.display().to_string(), reason: reason.to_owned() }.into()
}
