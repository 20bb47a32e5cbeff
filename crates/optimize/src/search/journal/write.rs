//! Writing to a journal.

use std::io::{self, Seek, SeekFrom, Write};

use super::format::{Measured, encode_record, encode_summary};
use super::open::Journal;
use crate::error::{Error, ErrorKind, Result};

impl Journal {
    /// Writes neighbouring trials in one piece. When this returns they survive the end of the
    /// process.
    pub(crate) fn append<'m>(
        &mut self,
        first: u64,
        trials: impl ExactSizeIterator<Item = (u64, &'m Measured)>,
    ) -> Result<()> {
        let count = trials.len() as u64;
        self.buffer.clear();
        encode_record(self.seed, first, trials, &mut self.buffer);
        self.write()?;
        self.trials += count;
        Ok(())
    }

    /// Writes what the study came to; once.
    pub(crate) fn close(&mut self, summary: &str) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        self.buffer.clear();
        encode_summary(self.seed, summary, &mut self.buffer);
        self.write()?;
        self.closed = true;
        // Who is told that a study has ended should find it on the disk.
        self.file.sync_data().map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &io::Error) -> Error {
        let path = self.path.display().to_string();
        let (trials, reason) = (self.trials, error.to_string());
        ErrorKind::JournalWrite { path, trials, reason }.into()
    }

    fn write(&mut self) -> Result<()> {
        let written = self.put().and_then(|()| self.syncer.wrote());
        if let Err(error) = written {
            // Half a record is cut off again, so that the file stays whole; if even that fails, the
            // next one to open it does so.
            let _ = self.file.set_len(self.length);
            self.at_end = false;
            return Err(self.failure(&error));
        }
        self.length += self.buffer.len() as u64;
        Ok(())
    }

    fn put(&mut self) -> io::Result<()> {
        if !self.at_end {
            self.file.seek(SeekFrom::Start(self.length))?;
            self.at_end = true;
        }
        self.file.write_all(&self.buffer)
    }
}
