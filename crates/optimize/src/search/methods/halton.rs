//! Points that fill the unit cube more evenly than random ones.

use super::draws::Draws;

/// The Halton sequence with its digits permuted at random: Halton (1960), "On the efficiency of
/// certain quasi-random sequences of points in evaluating multi-dimensional integrals"; Owen (2017),
/// "A randomized Halton algorithm in R". Each coordinate is evenly spread on its own, and the
/// permutations, one for each digit of each coordinate, undo the patterns between coordinates of
/// large bases.
#[derive(Debug)]
pub(super) struct Halton {
    /// For each coordinate its base and a permutation for each of its digits.
    coordinates: Vec<(usize, Vec<Vec<usize>>)>,
}

impl Halton {
    pub(super) fn new(dimensions: usize, seed: u64) -> Self {
        let coordinate = |(at, base): (usize, usize)| {
            let mut draws = Draws::of_trial(seed, at as u64);
            // Digits beyond the 53rd bit do not show.
            let digits = (53.0 / (base as f64).log2()).ceil() as usize;
            (base, (0..digits).map(|_| draws.permutation(base)).collect())
        };
        let coordinates = primes().take(dimensions).enumerate().map(coordinate).collect();
        Self { coordinates }
    }

    /// Point number `index`, from 0.
    pub(super) fn point(&self, index: u64) -> Vec<f64> {
        let coordinate = |(base, permutations): &(usize, Vec<Vec<usize>>)| {
            let (mut rest, mut scale, mut value) = (index, 1.0, 0.0);
            for permutation in permutations {
                scale /= *base as f64;
                value += permutation[(rest % *base as u64) as usize] as f64 * scale;
                rest /= *base as u64;
            }
            // All digits at their largest may round up to 1.
            f64::min(value, 1.0 - f64::EPSILON)
        };
        self.coordinates.iter().map(coordinate).collect()
    }
}

fn primes() -> impl Iterator<Item = usize> {
    (2_usize..).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coordinate_is_stratified() {
        let halton = Halton::new(6, 3);
        for (at, base) in primes().take(6).enumerate() {
            // The first b^2 points lie one in each of b^2 pieces.
            let cells = base * base;
            let mut hit = vec![0; cells];
            for index in 0..cells as u64 {
                hit[(halton.point(index)[at] * cells as f64) as usize] += 1;
            }
            assert!(hit.iter().all(|count| *count == 1), "base {base}: {hit:?}");
        }
        assert_ne!(Halton::new(2, 1).point(5), Halton::new(2, 2).point(5));
    }

    #[test]
    fn an_integral_converges_faster_than_at_random() {
        // The product of 2 u over six coordinates has the mean 1.
        let halton = Halton::new(6, 11);
        let n = 4096;
        let product = |point: Vec<f64>| point.iter().map(|u| 2.0 * u).product::<f64>();
        let mean = (0..n).map(|i| product(halton.point(i))).sum::<f64>() / n as f64;
        // Random points have a standard error of sqrt(((4/3)^6 - 1) / n) = 0.034.
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }
}
