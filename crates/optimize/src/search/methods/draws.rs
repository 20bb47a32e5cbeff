//! Random numbers that belong to a place in a study.

use tangency_pool::item_seed;

/// A SplitMix64 stream from a seed. One for each trial, so that what a trial draws depends on the
/// study's seed and its place alone.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    seed: u64,
    next: usize,
}

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, next: 0 }
    }

    /// The stream of trial number `index`.
    pub(super) fn of_trial(seed: u64, index: u64) -> Self {
        Self::new(item_seed(seed, index as usize))
    }

    fn bits(&mut self) -> u64 {
        self.next += 1;
        item_seed(self.seed, self.next)
    }

    /// Evenly spread over `[0, 1)`: 53 bits.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `count`, by multiplication and shift; the bias is below 2^-50 for the
    /// counts here.
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// A standard normal: the polar form needs no sine, the plain one no loop. Box and Muller (1958),
    /// "A note on the generation of random normal deviates".
    pub(super) fn normal(&mut self) -> f64 {
        // 1 - u is above 0, so that the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    /// A point of the unit cube.
    pub(super) fn point(&mut self, dimensions: usize) -> Vec<f64> {
        (0..dimensions).map(|_| self.uniform()).collect()
    }

    /// The numbers below `count` in random order. Durstenfeld (1964), "Algorithm 235: random
    /// permutation".
    pub(super) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let mut draws = Draws::new(7);
        let n = 20_000;
        let normals: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|z| z * z).sum::<f64>() / f64::from(n);
        // Four standard errors: 1 / sqrt(n) and sqrt(2 / n).
        assert!(mean.abs() < 0.029 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[draws.below(6)] += 1;
        }
        // Binomial with deviation 29: five of them.
        assert!(seen.iter().all(|count| (855..1145).contains(count)), "{seen:?}");
        let mut order = draws.permutation(50);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
