//! The bytes of a journal.
//!
//! All integers are little-endian. Header: 8 bytes magic, `u32` length, JSON, `u64` checksum. Record:
//! `u32` length of the payload, payload, `u64` checksum. Payload: `u64` index of the first trial,
//! `u32` number of trials; for each trial `u64` key and `u32` mask. Bits 0 to 29 of the mask say which
//! metrics follow as `f64`, bits 30 and 31 the outcome; a trial without metrics has a `u32` length
//! and a UTF-8 message instead. A record with `2^64 - 1` for the first trial, none of them, and JSON after
//! that is the summary of a study that has ended. Checksums are XXH3-64, those of records seeded with that of the
//! header: a record of another journal is no record of this one.

use serde::{Deserialize, Serialize};
use tangency_pool::Outcome;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::metrics::Metrics;

pub(super) const MAGIC: [u8; 8] = *b"tngyjrn1";
/// Length and checksum of a record.
pub(super) const FRAME: usize = 12;
/// What every record begins with: its length, its first trial, its number of trials.
pub(super) const BEGINNING: usize = 16;
/// In place of a first trial: the record is a summary.
const SUMMARY: u64 = u64::MAX;
const OUTCOME: u32 = 30;
const DONE: u32 = 0;
const FAILED: u32 = 1;
const PANICKED: u32 = 2;

/// What a trial measured, or why it measured nothing.
pub(crate) type Measured = Outcome<Metrics, String>;

/// What study a journal is of. Two searches with equal headers have equal trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of what computes.
    pub(crate) engine: String,
    /// Fingerprint of data and settings.
    pub(crate) data: String,
    /// What is measured, in words.
    pub(crate) objective: String,
    /// Parameters and their values.
    pub(crate) space: String,
    /// How trials are chosen, with its settings.
    pub(crate) method: String,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// The rows of the data.
    pub(crate) rows: String,
    /// What the best trial is best at.
    pub(crate) metrics: Vec<String>,
    /// Names of the parameters.
    pub(crate) parameters: Vec<String>,
    /// Number of trials.
    pub(crate) trials: u64,
}

impl Header {
    /// Everything that tells one search from another, with its name for messages.
    pub(crate) fn parts(&self) -> [(&'static str, String); 8] {
        [
            ("engine", self.engine.clone()),
            ("data set", self.data.clone()),
            ("objective", self.objective.clone()),
            ("space", self.space.clone()),
            ("method", self.method.clone()),
            ("seed", self.seed.to_string()),
            ("range of rows", self.rows.clone()),
            ("metric", self.metrics.join(", ")),
        ]
    }

    /// The whole beginning of a journal, and the seed of its records.
    pub(super) fn encode(&self) -> (Vec<u8>, u64) {
        let json = serde_json::to_vec(self).expect("strings and integers always serialise");
        let mut bytes = Vec::with_capacity(json.len() + 20);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&json);
        let sum = xxh3_64(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        (bytes, sum)
    }

    /// The key of the study: that of its header.
    pub(crate) fn key(&self) -> u64 {
        self.encode().1
    }
}

/// Appends the record of neighbouring trials.
pub(super) fn encode_record<'m>(
    seed: u64,
    first: u64,
    trials: impl ExactSizeIterator<Item = (u64, &'m Measured)>,
    into: &mut Vec<u8>,
) {
    let start = into.len();
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&first.to_le_bytes());
    into.extend_from_slice(&(trials.len() as u32).to_le_bytes());
    let mut words = [[0; 8]; 1 + OUTCOME as usize];
    for (key, measured) in trials {
        match measured {
            Outcome::Done(metrics) => encode_metrics(key, metrics, &mut words, into),
            Outcome::Failed(message) => encode_message(key, FAILED, message, into),
            Outcome::Panicked(message) => encode_message(key, PANICKED, message, into),
            Outcome::Cancelled => encode_message(key, FAILED, "cancelled", into),
        }
    }
    let length = (into.len() - start - 4) as u32;
    into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    let sum = xxh3_64_with_seed(&into[start..], seed);
    into.extend_from_slice(&sum.to_le_bytes());
}

/// By way of an array, so that a trial's numbers go into the record in one copy: nearly all trials of
/// a study come through here, and there may be millions a second.
fn encode_metrics(
    key: u64,
    metrics: &Metrics,
    words: &mut [[u8; 8]; 1 + OUTCOME as usize],
    into: &mut Vec<u8>,
) {
    let mut left = metrics.measured_bits();
    let mask = left | DONE << OUTCOME;
    let mut count = 0;
    while left != 0 {
        let at = left.trailing_zeros() as usize;
        words[count] = metrics.all_values()[at].to_bits().to_le_bytes();
        count += 1;
        left &= left - 1;
    }
    let mut head = [0; 12];
    head[..8].copy_from_slice(&key.to_le_bytes());
    head[8..].copy_from_slice(&mask.to_le_bytes());
    into.extend_from_slice(&head);
    into.extend_from_slice(words[..count].as_flattened());
}

fn encode_message(key: u64, outcome: u32, message: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(&key.to_le_bytes());
    into.extend_from_slice(&(outcome << OUTCOME).to_le_bytes());
    into.extend_from_slice(&(message.len() as u32).to_le_bytes());
    into.extend_from_slice(message.as_bytes());
}

/// Appends the last record of a study that has ended: its summary.
pub(super) fn encode_summary(seed: u64, summary: &str, into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(&(summary.len() as u32 + 12).to_le_bytes());
    into.extend_from_slice(&SUMMARY.to_le_bytes());
    into.extend_from_slice(&0_u32.to_le_bytes());
    into.extend_from_slice(summary.as_bytes());
    let sum = xxh3_64_with_seed(&into[start..], seed);
    into.extend_from_slice(&sum.to_le_bytes());
}

/// The summary in a whole record, if it is one.
pub(super) fn decode_summary(record: &[u8]) -> Option<&str> {
    let (body, _) = record.split_last_chunk::<8>()?;
    let mut reader = Reader(body.get(4..)?);
    if (reader.u64()?, reader.u32()?) != (SUMMARY, 0) {
        return None;
    }
    std::str::from_utf8(reader.0).ok()
}

/// Whether a record of a study of so many trials may begin with these [`BEGINNING`] bytes: a cheap look, so
/// that checksums are taken of few places only.
pub(super) fn may_begin(bytes: &[u8], trials: u64) -> bool {
    let mut reader = Reader(bytes);
    let (Some(length), Some(first), Some(count)) = (reader.u32(), reader.u64(), reader.u32())
    else {
        return false;
    };
    match count {
        0 => first == SUMMARY && length >= 12,
        _ => {
            let within = first.checked_add(count.into()).is_some_and(|end| end <= trials);
            // A key and a mask for each trial.
            within && u64::from(length) >= 12 + 12 * u64::from(count)
        }
    }
}

/// First trial and number of trials of a whole record, frame included; `None` if it is not whole.
pub(super) fn check_record(seed: u64, record: &[u8]) -> Option<(u64, u32)> {
    let (body, sum) = record.split_last_chunk::<8>()?;
    if xxh3_64_with_seed(body, seed) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut reader = Reader(body.get(4..)?);
    Some((reader.u64()?, reader.u32()?))
}

/// The trials of a whole record: key and outcome.
pub(super) fn decode_record(record: &[u8]) -> Option<Vec<(u64, Measured)>> {
    let (body, _) = record.split_last_chunk::<8>()?;
    let mut reader = Reader(body.get(4..)?);
    reader.u64()?;
    let count = reader.u32()?;
    let mut trials = Vec::new();
    for _ in 0..count {
        let (key, mask) = (reader.u64()?, reader.u32()?);
        trials.push((key, decode_measured(mask, &mut reader)?));
    }
    reader.0.is_empty().then_some(trials)
}

fn decode_measured(mask: u32, reader: &mut Reader<'_>) -> Option<Measured> {
    if mask >> OUTCOME == DONE {
        let values = std::iter::from_fn(|| reader.u64().map(f64::from_bits));
        return Metrics::from_bits(mask, values).map(Outcome::Done);
    }
    let length = reader.u32()? as usize;
    let message = std::str::from_utf8(reader.bytes(length)?).ok()?.to_owned();
    match mask >> OUTCOME {
        FAILED => Some(Outcome::Failed(message)),
        PANICKED => Some(Outcome::Panicked(message)),
        _ => None,
    }
}

/// Takes integers off the front of some bytes.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, length: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;

    fn sample() -> Vec<(u64, Measured)> {
        let metrics = Metrics::new().with(Metric::Sharpe, 1.5).with(Metric::Calmar, f64::NAN);
        vec![
            (7, Outcome::Done(metrics)),
            (8, Outcome::Failed("too short".into())),
            (9, Outcome::Panicked("index out of bounds: ä".into())),
            (10, Outcome::Done(Metrics::new())),
        ]
    }

    #[test]
    fn records_are_read_back() {
        let (trials, mut bytes) = (sample(), vec![1, 2, 3]);
        encode_record(5, 40, trials.iter().map(|(key, m)| (*key, m)), &mut bytes);
        let record = &bytes[3..];
        assert_eq!(check_record(5, record), Some((40, 4)));
        let places = |trials| -> Vec<usize> {
            let beginnings = bytes.windows(BEGINNING).enumerate();
            beginnings.filter(|(_, bytes)| may_begin(bytes, trials)).map(|(at, _)| at).collect()
        };
        assert_eq!((places(44), places(43)), (vec![3], vec![]));
        assert_eq!(decode_record(record).unwrap(), trials);
        assert_eq!(check_record(6, record), None, "a record of another journal");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let (trials, mut bytes) = (sample(), Vec::new());
        encode_record(5, 40, trials.iter().map(|(key, m)| (*key, m)), &mut bytes);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert_eq!(check_record(5, &bytes), None, "byte {at}, bit {bit}");
                bytes[at] ^= 1 << bit;
            }
            assert_eq!(check_record(5, &bytes[..at]), None);
        }
    }
}
