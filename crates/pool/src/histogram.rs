//! Counting values by size, cheaply enough to do it for every item.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Below this every value has a bucket of its own.
const EXACT: usize = 16;
/// From there on each doubling is cut into this many buckets.
const CUTS: usize = 8;
const BUCKETS: usize = EXACT + 60 * CUTS;

/// How values are spread: their number, mean, middle and upper end.
///
/// The unit is that of the field it stands in. Quantiles come from buckets an eighth of their octave
/// wide: the middle of the bucket, within 6 % of the exact quantile. Mean and maximum are exact to a
/// nanosecond. All are 0 where nothing was counted.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Quantiles {
    /// How many values there were.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Half of them are below this.
    pub p50: f64,
    /// Nine tenths are below this.
    pub p90: f64,
    /// 99 of 100 are below this.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// A histogram that one thread writes and any thread reads, hence relaxed and without atomic
/// additions: no value depends on another, and a reader may miss the latest few.
pub(crate) struct Histogram {
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self { counts, sum: AtomicU64::new(0), max: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Counts `value` `times` times. Called by the owner alone.
    pub(crate) fn add(&self, value: u64, times: u64) {
        if let Some(count) = self.counts.get(bucket(value)) {
            count.store(count.load(Ordering::Relaxed) + times, Ordering::Relaxed);
        }
        let sum = self.sum.load(Ordering::Relaxed);
        self.sum.store(sum.saturating_add(value.saturating_mul(times)), Ordering::Relaxed);
        if value > self.max.load(Ordering::Relaxed) {
            self.max.store(value, Ordering::Relaxed);
        }
    }
}

/// Several histograms added up.
#[derive(Default)]
pub(crate) struct Tally {
    counts: Vec<u64>,
    sum: u64,
    max: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, histogram: &Histogram) {
        self.counts.resize(BUCKETS, 0);
        for (total, count) in self.counts.iter_mut().zip(&histogram.counts) {
            *total += count.load(Ordering::Relaxed);
        }
        self.sum = self.sum.saturating_add(histogram.sum.load(Ordering::Relaxed));
        self.max = self.max.max(histogram.max.load(Ordering::Relaxed));
    }

    /// With every value multiplied by `scale`, such as 1e-9 from nanoseconds to seconds.
    pub(crate) fn quantiles(&self, scale: f64) -> Quantiles {
        let count: u64 = self.counts.iter().sum();
        if count == 0 {
            return Quantiles::default();
        }
        let at = |share: f64| {
            let rank = (share * count as f64).ceil().max(1.0) as u64;
            let mut below = 0;
            let found = self.counts.iter().position(|bucket| {
                below += bucket;
                below >= rank
            });
            middle(found.unwrap_or(0)).min(self.max as f64) * scale
        };
        Quantiles {
            count,
            mean: self.sum as f64 / count as f64 * scale,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: self.max as f64 * scale,
        }
    }
}

fn bucket(value: u64) -> usize {
    if value < EXACT as u64 {
        return value as usize;
    }
    let octave = value.ilog2() as usize;
    let cut = (value >> (octave - 3)) as usize & (CUTS - 1);
    EXACT + (octave - 4) * CUTS + cut
}

/// The middle of a bucket.
fn middle(bucket: usize) -> f64 {
    if bucket < EXACT {
        return bucket as f64;
    }
    let (octave, cut) = ((bucket - EXACT) / CUTS + 4, (bucket - EXACT) % CUTS);
    let width = 2_f64.powi(octave as i32 - 3);
    (CUTS + cut) as f64 * width + (width - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_narrow() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        let mut last = 0;
        for value in (0..1_u64 << 20).chain((20..64).map(|shift| 1 << shift)) {
            let own = bucket(value);
            assert!(own >= last, "{value}");
            last = own;
            let error = (middle(own) - value as f64).abs();
            // Half an eighth of the lower end of the octave.
            assert!(error <= value as f64 / 16.0, "{value}: {}", middle(own));
        }
    }

    #[test]
    fn quantiles_of_known_values() {
        let histogram = Histogram::default();
        for value in 1..=10_000 {
            histogram.add(value, 2);
        }
        let mut tally = Tally::default();
        tally.add(&histogram);
        let quantiles = tally.quantiles(0.1);
        assert_eq!((quantiles.count, quantiles.max), (20_000, 1000.0));
        assert!((quantiles.mean - 500.05).abs() < 1e-9);
        for (estimate, exact) in
            [(quantiles.p50, 500.0), (quantiles.p90, 900.0), (quantiles.p99, 990.0)]
        {
            assert!((estimate / exact - 1.0_f64).abs() < 0.065, "{estimate} for {exact}");
        }
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Tally::default().quantiles(1.0), Quantiles::default());
    }

    #[test]
    fn histograms_add_up() {
        let (one, other) = (Histogram::default(), Histogram::default());
        one.add(3, 1);
        other.add(9, 3);
        let mut tally = Tally::default();
        tally.add(&one);
        tally.add(&other);
        let quantiles = tally.quantiles(1.0);
        assert_eq!((quantiles.count, quantiles.mean, quantiles.p50), (4, 7.5, 9.0));
    }
}
