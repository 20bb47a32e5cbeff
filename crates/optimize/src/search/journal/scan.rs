//! Finding the whole records of a journal.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::format::{BEGINNING, FRAME, check_record, decode_summary, may_begin};

/// Neighbouring trials that a journal holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) count: u32,
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// The whole records of a journal.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where the last of them ends.
    pub(super) length: u64,
    pub(super) segments: Vec<Segment>,
    /// Bytes that are none.
    pub(super) dropped: u64,
    pub(super) summary: Option<String>,
}

impl Scan {
    /// Reads the records of a study of so many trials from `start` on, showing each to `see`. What is damaged
    /// is stepped over to the next whole record, whose checksum says that it is one.
    pub(super) fn of(
        file: &mut File,
        seed: u64,
        start: u64,
        trials: u64,
        mut see: impl FnMut(&[u8]),
    ) -> io::Result<Self> {
        let end = file.metadata()?.len();
        let mut reader = BufReader::with_capacity(1 << 18, file);
        reader.seek(SeekFrom::Start(start))?;
        let mut scan = Self { length: start, ..Self::default() };
        let (mut at, mut record) = (start, Vec::new());
        loop {
            if !read_record(&mut reader, end.saturating_sub(at), &mut record)?
                || check_record(seed, &record).is_none()
            {
                match next_record(&mut reader, seed, at + 1..end, trials, &mut record)? {
                    Some(next) => at = next,
                    None => break,
                }
                scan.dropped += at - scan.length;
            }
            if let Some((first, count)) = check_record(seed, &record)
                && count > 0
            {
                let (offset, length) = (at, record.len() as u32);
                scan.segments.push(Segment { first, count, offset, length });
                see(&record);
            } else if let Some(summary) = decode_summary(&record) {
                scan.summary = Some(summary.to_owned());
            }
            at += record.len() as u64;
            scan.length = at;
        }
        scan.dropped += end.saturating_sub(scan.length);
        Ok(scan)
    }
}

/// Reads as many bytes as the prefix says that the record here has; whether there are as many.
fn read_record(reader: &mut impl Read, left: u64, record: &mut Vec<u8>) -> io::Result<bool> {
    if left < FRAME as u64 {
        return Ok(false);
    }
    let mut prefix = [0; 4];
    reader.read_exact(&mut prefix)?;
    let length = u64::from(u32::from_le_bytes(prefix)) + FRAME as u64;
    if length > left {
        return Ok(false);
    }
    record.clear();
    record.extend_from_slice(&prefix);
    reader.by_ref().take(length - 4).read_to_end(record)?;
    Ok(record.len() as u64 == length)
}

/// Bytes that are looked through at a time.
const LOOKED_THROUGH: usize = 1 << 18;

/// Where the first whole record begins in a range of bytes; the reader then stands behind it.
fn next_record(
    reader: &mut BufReader<&mut File>,
    seed: u64,
    range: std::ops::Range<u64>,
    trials: u64,
    record: &mut Vec<u8>,
) -> io::Result<Option<u64>> {
    let mut bytes = Vec::new();
    let mut from = range.start;
    while from + BEGINNING as u64 <= range.end {
        reader.seek(SeekFrom::Start(from))?;
        bytes.clear();
        reader.by_ref().take(LOOKED_THROUGH as u64).read_to_end(&mut bytes)?;
        for (at, beginning) in (from..).zip(bytes.windows(BEGINNING)) {
            if !may_begin(beginning, trials) {
                continue;
            }
            reader.seek(SeekFrom::Start(at))?;
            if read_record(reader, range.end - at, record)? && check_record(seed, record).is_some()
            {
                return Ok(Some(at));
            }
        }
        if bytes.len() < LOOKED_THROUGH {
            break;
        }
        from += (LOOKED_THROUGH - BEGINNING + 1) as u64;
    }
    Ok(None)
}
