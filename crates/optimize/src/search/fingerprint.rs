//! Fingerprints of data and keys of trials.
//!
//! Both are XXH3, whose values are frozen by its specification since release 0.8.0 and the same on
//! every platform, at some 10 bytes a nanosecond. It is no cryptographic hash: it guards against
//! mistakes, not against somebody who makes files to deceive.

use std::fmt;

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::params::Params;

/// The version of what computes metrics. A journal of another version is refused: its numbers may
/// differ in their last bits.
///
/// The revision counts changes of results within a version of the crate.
pub(super) const ENGINE: &str =
    concat!("tangency-optimize ", env!("CARGO_PKG_VERSION"), " revision 3");

/// What a study's data and settings come down to: 128 bits that differ where any of them does.
///
/// # Examples
///
/// ```
/// use tangency_optimize::search::Fingerprint;
///
/// let closes = [10.0, 11.0, 12.0];
/// let one = Fingerprint::new().numbers("close", &closes).text("fee", "0.001");
/// let other = Fingerprint::new().numbers("close", &closes).text("fee", "0.002");
/// assert_ne!(one.to_string(), other.to_string());
/// assert_eq!(one.to_string().len(), 32);
/// ```
#[derive(Clone, Default)]
pub struct Fingerprint {
    hasher: Xxh3,
}

impl Fingerprint {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a named column of numbers; its length and the bits of every number count.
    #[must_use]
    pub fn numbers(mut self, name: &str, values: &[f64]) -> Self {
        self.part(name, values.len());
        // In blocks: hashing eight bytes at a time would take most of the time in calls.
        let mut block = [0; 4096];
        for values in values.chunks(block.len() / 8) {
            for (bytes, value) in block.chunks_exact_mut(8).zip(values) {
                bytes.copy_from_slice(&value.to_bits().to_le_bytes());
            }
            self.hasher.update(&block[..values.len() * 8]);
        }
        self
    }

    /// With a named setting.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.part(name, text.len());
        self.hasher.update(text.as_bytes());
        self
    }

    /// Name and length, so that no two series of parts give the same bytes.
    fn part(&mut self, name: &str, length: usize) {
        self.hasher.update(&(name.len() as u64).to_le_bytes());
        self.hasher.update(name.as_bytes());
        self.hasher.update(&(length as u64).to_le_bytes());
    }
}

impl fmt::Display for Fingerprint {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.hasher.digest128())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The key of a trial: its parameters and its budget under the key of its study, which covers data,
/// engine version, names and settings.
pub(super) fn trial_key(study: u64, params: &Params, budget: f64) -> u64 {
    let values = params.values();
    // Parameters are few: a block on the stack holds them.
    let mut block = [0_u8; 256];
    let length = values.len() * 8 + 8;
    let fill = |bytes: &mut [u8]| {
        let all = values.iter().chain(std::iter::once(&budget));
        for (bytes, value) in bytes.chunks_exact_mut(8).zip(all) {
            bytes.copy_from_slice(&value.to_bits().to_le_bytes());
        }
    };
    if length <= block.len() {
        fill(&mut block);
        return xxh3_64_with_seed(&block[..length], study);
    }
    let mut bytes = vec![0; length];
    fill(&mut bytes);
    xxh3_64_with_seed(&bytes, study)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Grid;

    #[test]
    fn published_values_of_xxh3() {
        // Empty input and seed 0: the first vector of the specification's test suite.
        assert_eq!(xxh3_64_with_seed(&[], 0), 0x2D06_8005_38D3_94C2);
        assert_eq!(Fingerprint::new().to_string(), "99aa06d3014798d86001c324468d497f");
    }

    #[test]
    fn every_part_counts() {
        let base = Fingerprint::new().numbers("a", &[1.0, 2.0]).to_string();
        for other in [
            Fingerprint::new().numbers("b", &[1.0, 2.0]),
            Fingerprint::new().numbers("a", &[1.0]).numbers("", &[2.0]),
            Fingerprint::new().numbers("a", &[1.0, 2.0, 0.0]),
            Fingerprint::new().numbers("a", &[1.0, 2.0_f64.next_up()]),
        ] {
            assert_ne!(other.to_string(), base);
        }
        let long = vec![0.5; 1500];
        let mut changed = long.clone();
        changed[1499] = -0.5;
        assert_ne!(
            Fingerprint::new().numbers("a", &long).to_string(),
            Fingerprint::new().numbers("a", &changed).to_string()
        );
    }

    #[test]
    fn keys_tell_trials_budgets_and_studies_apart() {
        let grid = Grid::parse(["a=1:40:1", "b=1:40:1"]).unwrap();
        let mut keys: Vec<u64> = Vec::new();
        for params in grid.trials() {
            let params = params.unwrap();
            for (study, budget) in [(1, 1.0), (2, 1.0), (1, 0.5)] {
                keys.push(trial_key(study, &params, budget));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 3 * 1600);
        let texts: Vec<String> = (0..40).map(|i| format!("p{i}=1")).collect();
        let wide = Grid::parse(texts.iter().map(String::as_str)).unwrap();
        let params = wide.trials().next().unwrap().unwrap();
        assert_ne!(trial_key(1, &params, 1.0), trial_key(1, &params, 0.5));
    }
}
