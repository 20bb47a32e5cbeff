//! Random numbers of one path.

use statrs::function::erf::erfc_inv;
use tangency_pool::item_seed;

/// The numbers of one path: output `k` of the SplitMix64 generator that its seed starts.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    seed: u64,
    drawn: usize,
}

impl Draws {
    /// The numbers of path `path` of a run.
    pub(crate) fn of_path(seed: u64, path: usize) -> Self {
        Self { seed: item_seed(seed, path), drawn: 0 }
    }

    fn next(&mut self) -> u64 {
        let value = item_seed(self.seed, self.drawn);
        self.drawn += 1;
        value
    }

    /// Uniform on `0..n`; the bias of `n / 2^64` is beyond what any number of paths shows.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Uniform on (0, 1): the middles of 2^53 equal parts.
    fn uniform(&mut self) -> f64 {
        const PARTS: f64 = 9_007_199_254_740_992.0;
        ((self.next() >> 11) as f64 + 0.5) / PARTS
    }

    /// Standard normal, by inversion.
    pub(crate) fn normal(&mut self) -> f64 {
        -std::f64::consts::SQRT_2 * erfc_inv(2.0 * self.uniform())
    }

    /// Puts the values into an order drawn uniformly.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut draws = Draws::of_path(1, 0);
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut counts = [0_u32; 7];
        for _ in 0..n {
            let z = draws.normal();
            sum += z;
            squares += z * z;
            counts[draws.below(7)] += 1;
        }
        // Five standard errors.
        let n = f64::from(n);
        assert!((sum / n).abs() < 5.0 / n.sqrt());
        assert!((squares / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        for count in counts {
            assert!((f64::from(count) - n / 7.0).abs() < 5.0 * (n / 7.0).sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for path in 0..6_000 {
            let mut values = [0, 1, 2];
            Draws::of_path(9, path).shuffle(&mut values);
            *counts.entry(values).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Five standard deviations of a count of 1,000.
        assert!(counts.values().all(|count: &i32| (count - 1_000).abs() < 145), "{counts:?}");
    }
}
