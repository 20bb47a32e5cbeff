//! A checksum over every byte of the file, kept in its footer.
//!
//! It stands among the footer's metadata under a name of ours, so that any Arrow reader takes the
//! file as usual. It is CRC-32 (the polynomial of ISO 3309) of the whole file with zeros in the place
//! of its own eight digits. It finds damage, not forgery.

use std::io::{self, Write};

use arrow_ipc::Footer;
use crc32fast::Hasher;

use super::layout::malformed;
use crate::error::{ErrorKind, Result};

/// Name of the entry in the footer's metadata.
pub(super) const KEY: &str = "tangency.checksum";
/// Its value while the file is being written.
pub(super) const BLANK: &str = "crc32:00000000";
const PREFIX: &str = "crc32:";
const DIGITS: usize = 8;

/// What a checksum had to say about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Integrity {
    /// Every byte is as it was written.
    Verified,
    /// The file carries no checksum: another program wrote it.
    NoChecksum,
}

/// The checksum in a file's own footer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checksum {
    expected: u32,
    /// Where its digits begin in the file.
    at: usize,
}

impl Checksum {
    /// What a footer says, whose bytes begin at `start` in the file.
    pub(super) fn of(footer: &Footer<'_>, bytes: &[u8], start: usize) -> Result<Option<Self>> {
        let entries = footer.custom_metadata().into_iter().flatten();
        let mut values = entries.filter(|entry| entry.key() == Some(KEY)).map(|e| e.value());
        let Some(value) = values.next() else { return Ok(None) };
        let digits = value.and_then(|value| value.strip_prefix(PREFIX));
        let digits = digits.filter(|digits| digits.len() == DIGITS && values.next().is_none());
        let expected = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (digits, expected) =
            digits.zip(expected).ok_or_else(|| malformed("its checksum cannot be read"))?;
        // The digits are a part of the footer's bytes.
        let at = start + (digits.as_ptr() as usize - bytes.as_ptr() as usize);
        Ok(Some(Self { expected, at }))
    }

    /// Compares it with the file.
    pub(super) fn verify(self, file: &[u8]) -> Result<Integrity> {
        let Self { expected, at } = self;
        let Some((before, after)) = file.get(..at).zip(file.get(at + DIGITS..)) else {
            return Err(malformed("its checksum cannot be read"));
        };
        let found = crc(&[before, b"00000000", after]);
        if found == expected {
            Ok(Integrity::Verified)
        } else {
            Err(ErrorKind::Damaged { expected, found }.into())
        }
    }
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Passes bytes on and keeps their checksum; holds back the footer, to write the checksum into it.
pub(super) struct Stamping<W> {
    out: W,
    hasher: Hasher,
    footer: Option<Vec<u8>>,
}

impl<W: Write> Stamping<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, hasher: Hasher::new(), footer: None }
    }

    /// The footer begins here.
    pub(super) fn hold(&mut self) {
        self.footer = Some(Vec::new());
    }

    /// Writes the footer with the checksum in the place of [`BLANK`].
    pub(super) fn stamp(mut self) -> io::Result<()> {
        let mut held = self.footer.unwrap_or_default();
        self.hasher.update(&held);
        let digits = format!("{:08x}", self.hasher.finalize());
        let at = digits_in(&held).ok_or_else(|| io::Error::other("the footer has no checksum"))?;
        held[at..at + DIGITS].copy_from_slice(digits.as_bytes());
        self.out.write_all(&held)?;
        self.out.flush()
    }
}

/// Where the digits stand in the end of a file: footer, its length in four bytes, six of magic.
fn digits_in(end_of_file: &[u8]) -> Option<usize> {
    let end = end_of_file.len().checked_sub(10)?;
    let length = end_of_file.get(end..end + 4)?.try_into().map(u32::from_le_bytes).ok()?;
    let start = end.checked_sub(usize::try_from(length).ok()?)?;
    let footer = arrow_ipc::root_as_footer(&end_of_file[start..end]).ok()?;
    let entry = footer.custom_metadata()?.into_iter().find(|entry| entry.key() == Some(KEY))?;
    let digits = entry.value().and_then(|value| value.strip_prefix(PREFIX))?;
    Some(digits.as_ptr() as usize - end_of_file.as_ptr() as usize)
}

impl<W: Write> Write for Stamping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.footer {
            Some(footer) => footer.write(bytes),
            None => {
                let written = self.out.write(bytes)?;
                self.hasher.update(&bytes[..written]);
                Ok(written)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.footer.is_some() { Ok(()) } else { self.out.flush() }
    }
}
