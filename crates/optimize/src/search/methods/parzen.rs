//! Mixtures of kernels around observed points of the unit cube.

use super::super::domain::Domain;
use super::super::space::Space;
use super::bandwidths::Width;
use super::draws::Draws;

/// A density over the unit cube: one kernel for each observation and a wide one for what is believed
/// beforehand. A kernel is a product: truncated normals for numbers, integrated over its piece where
/// a number is one of a list, and a smoothed indicator for words.
///
/// Kernels are as wide as the distance to the farther neighbour, or for all coordinates together as
/// Scott's rule says, since neighbours along one of them may be far apart in the others; and never too
/// narrow.
///
/// A coordinate that other values switch off is NaN. An observation says nothing about it there: its
/// kernel is the wide one, and the density of one coordinate leaves it out.
#[derive(Debug)]
pub(super) struct Parzen {
    weights: Weights,
    coordinates: Vec<Coordinate>,
    multivariate: bool,
}

/// Shares of the kernels, the prior last.
#[derive(Debug, Clone)]
struct Weights {
    shares: Vec<f64>,
    logs: Vec<f64>,
}

#[derive(Debug)]
struct Coordinate {
    weights: Weights,
    /// One for each observation, the prior last.
    kernels: Kernels,
}

#[derive(Debug)]
enum Kernels {
    /// Means, deviations, logarithms of what makes them integrate to one, and half the width of a piece,
    /// 0 for reals.
    Numbers { means: Vec<f64>, deviations: Vec<f64>, log_norms: Vec<f64>, half: f64 },
    /// Probability of each word under each kernel, and its logarithm.
    Words { probabilities: Vec<Vec<f64>>, logs: Vec<Vec<f64>> },
}

/// Observations that count in full; older ones count less.
const RECENT: usize = 25;

impl Parzen {
    /// Around these points with these weights, 1 on average; without them the points are the oldest
    /// first, and old ones weigh less than recent ones.
    pub(super) fn new(
        space: &Space,
        points: &[Vec<f64>],
        weights: Option<Vec<f64>>,
        width: Width,
        multivariate: bool,
    ) -> Self {
        let mut weights = weights.unwrap_or_else(|| by_age(points.len()));
        weights.push(1.0);
        let weights = Weights::new(weights);
        let coordinate = |(at, domain): (usize, &Domain)| {
            let settled = |point: &Vec<f64>| match point[at] {
                u if u.is_nan() => None,
                u => Some(domain.settled(u)),
            };
            let column: Vec<Option<f64>> = points.iter().map(settled).collect();
            let mut own = weights.clone();
            if !multivariate && column.contains(&None) {
                let known = column.iter().map(Option::is_some).chain([true]);
                let share = |(share, known): (&f64, bool)| if known { *share } else { 0.0 };
                own = Weights::new(weights.shares.iter().zip(known).map(share).collect());
            }
            let width =
                |known: &[f64], shares: &[f64]| width.of(known, shares, space.domains().len());
            Coordinate { kernels: Kernels::new(domain, &column, &own, width), weights: own }
        };
        let coordinates = space.domains().iter().enumerate().map(coordinate).collect();
        Self { weights, coordinates, multivariate }
    }

    /// A point: all coordinates from one kernel, or each from one of its own.
    pub(super) fn draw(&self, draws: &mut Draws) -> Vec<f64> {
        let mut kernel = self.weights.pick(draws);
        let coordinate = |coordinate: &Coordinate| {
            if !self.multivariate {
                kernel = coordinate.weights.pick(draws);
            }
            coordinate.kernels.draw(kernel, draws)
        };
        self.coordinates.iter().map(coordinate).collect()
    }

    /// Logarithm of the density over all coordinates together, those that are NaN left out.
    pub(super) fn log_density(&self, point: &[f64]) -> f64 {
        let mut logs = self.weights.logs.clone();
        for (coordinate, u) in self.coordinates.iter().zip(point) {
            coordinate.kernels.multiply(*u, &mut logs);
        }
        log_sum(&logs)
    }

    /// Logarithm of the density of one coordinate.
    pub(super) fn log_density_of(&self, at: usize, u: f64) -> f64 {
        let Coordinate { weights, kernels } = &self.coordinates[at];
        let mut logs = weights.logs.clone();
        kernels.multiply(u, &mut logs);
        log_sum(&logs)
    }
}

/// 1 for recent observations, down to `1/n` for the oldest.
fn by_age(n: usize) -> Vec<f64> {
    let old = n.saturating_sub(RECENT);
    let ramp = |at: usize| {
        let share = if old > 1 { at as f64 / (old - 1) as f64 } else { 0.0 };
        1.0 / n as f64 + share * (1.0 - 1.0 / n as f64)
    };
    (0..old).map(ramp).chain(std::iter::repeat_n(1.0, n - old)).collect()
}

impl Weights {
    fn new(mut shares: Vec<f64>) -> Self {
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        let logs = shares.iter().map(|share| libm::log(*share)).collect();
        Self { shares, logs }
    }

    fn pick(&self, draws: &mut Draws) -> usize {
        let mut u = draws.uniform();
        let kernel = self.shares.iter().position(|share| {
            u -= share;
            u < 0.0
        });
        kernel.unwrap_or(self.shares.len() - 1)
    }
}

impl Kernels {
    /// Around the values of a coordinate; `width` takes those that are there and their shares.
    fn new(
        domain: &Domain,
        column: &[Option<f64>],
        weights: &Weights,
        width: impl Fn(&[f64], &[f64]) -> Vec<f64>,
    ) -> Self {
        if domain.is_categorical() {
            let words = domain.count().unwrap_or(1) as usize;
            let kernels = (column.len() + 1) as f64;
            let kernel = |u: &Option<f64>| {
                let mut row = vec![1.0 / kernels; words];
                if let Some(u) = u {
                    row[domain.at(*u) as usize] += 1.0;
                }
                let sum: f64 = row.iter().sum();
                row.iter().map(|p| p / sum).collect()
            };
            let probabilities: Vec<Vec<f64>> = column.iter().chain([&None]).map(kernel).collect();
            let log_row = |row: &Vec<f64>| row.iter().map(|p| libm::log(*p)).collect();
            let logs = probabilities.iter().map(log_row).collect();
            return Self::Words { probabilities, logs };
        }
        let known: Vec<f64> = column.iter().flatten().copied().collect();
        let shares = weights.shares.iter().zip(column);
        let shares: Vec<f64> = shares.filter_map(|(share, u)| u.and(Some(*share))).collect();
        let mut widths = width(&known, &shares).into_iter();
        let narrowest = 1.0 / 100.0_f64.min(known.len() as f64 + 2.0);
        let wide = (0.5, 1.0);
        let kernel = |u: &Option<f64>| match u.zip(u.and_then(|_| widths.next())) {
            Some((mean, width)) => (mean, width.clamp(narrowest, 1.0)),
            None => wide,
        };
        let (means, deviations): (Vec<f64>, Vec<f64>) =
            column.iter().map(kernel).chain([wide]).unzip();
        let half = domain.count().map_or(0.0, |count| 0.5 / count as f64);
        let log_norm = |(mean, sigma): (&f64, &f64)| {
            let mass = libm::log(phi((1.0 - mean) / sigma) - phi(-mean / sigma));
            match half / sigma {
                0.0 => mass + libm::log(*sigma) + LOG_SQRT_TAU,
                h if h <= NARROW => mass - libm::log(2.0 * h) + LOG_SQRT_TAU,
                _ => mass,
            }
        };
        let log_norms = means.iter().zip(&deviations).map(log_norm).collect();
        Self::Numbers { means, deviations, log_norms, half }
    }

    fn draw(&self, kernel: usize, draws: &mut Draws) -> f64 {
        match self {
            Self::Numbers { means, deviations, .. } => loop {
                // At least a third of the draws lie within: means do, and deviations are at most 1.
                let u = means[kernel] + deviations[kernel] * draws.normal();
                if (0.0..1.0).contains(&u) {
                    return u;
                }
            },
            Self::Words { probabilities, .. } => {
                let row = &probabilities[kernel];
                let mut u = draws.uniform();
                let word = row.iter().position(|p| {
                    u -= p;
                    u < 0.0
                });
                (word.unwrap_or(row.len() - 1) as f64 + 0.5) / row.len() as f64
            }
        }
    }

    /// Adds the logarithm of each kernel at `u`.
    fn multiply(&self, u: f64, logs: &mut [f64]) {
        if u.is_nan() {
            return;
        }
        match self {
            Self::Numbers { means, deviations, log_norms, half } => {
                let kernels = means.iter().zip(deviations).zip(log_norms);
                let kernels = logs.iter_mut().zip(kernels);
                if *half > 0.0 {
                    // The probability of the piece around u, the ends cut off as the kernel is.
                    let width = 2.0 * half;
                    let low = ((u / width).floor() * width).clamp(0.0, 1.0 - width);
                    for (log, ((mean, sigma), log_norm)) in kernels {
                        let (z, h) = ((low + half - mean) / sigma, half / sigma);
                        let of_piece = if h <= NARROW { log_of_narrow } else { log_of_wide };
                        *log += of_piece(z, h) - log_norm;
                    }
                } else {
                    for (log, ((mean, sigma), log_norm)) in kernels {
                        let z = (u - mean) / sigma;
                        *log -= 0.5 * z * z + log_norm;
                    }
                }
            }
            Self::Words { logs: table, .. } => {
                for (log, row) in logs.iter_mut().zip(table) {
                    *log += row[((u * row.len() as f64) as usize).min(row.len() - 1)];
                }
            }
        }
    }
}

/// Half the logarithm of two pi.
const LOG_SQRT_TAU: f64 = 0.918_938_533_204_672_7;

/// Half the width of a piece in deviations up to which its probability is taken from a series: two error
/// functions and a logarithm for each kernel were nearly all of the time of a proposal.
const NARROW: f64 = 0.1;

/// Logarithm of the probability of `z - h..z + h` under the standard normal, less that of `2 h` times the
/// density at 0: the series of the density about `z`, within 1e-7 for the three deviations that matter.
fn log_of_narrow(z: f64, h: f64) -> f64 {
    let (zz, hh) = (z * z, h * h);
    let curved = hh * ((zz - 1.0) / 6.0 + hh * (zz * zz - 6.0 * zz + 3.0) / 120.0);
    // Far out, where the order of magnitude will do, the series ends.
    let curved = curved.min(1.0);
    curved * (1.0 - curved * (0.5 - curved / 3.0)) - 0.5 * zz
}

/// Logarithm of the probability of `z - h..z + h` under the standard normal.
fn log_of_wide(z: f64, h: f64) -> f64 {
    // As on the lower side, where differences of small numbers lose nothing.
    let share = phi(h - z.abs()) - phi(-h - z.abs());
    libm::log(share.max(1e-300))
}

/// The distribution function of the standard normal.
fn phi(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + libm::log(logs.iter().map(|log| libm::exp(log - most)).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        Space::new()
            .real("x", 0.0, 1.0)
            .and_then(|s| s.integer("n", 1, 8))
            .and_then(|s| s.words("w", ["a", "b", "c"]))
            .unwrap()
    }

    #[test]
    fn densities_integrate_to_one() {
        let points: Vec<Vec<f64>> = (0..40)
            .map(|i| Draws::of_trial(3, i).point(3).iter().map(|u| u * u).collect())
            .collect();
        for (width, multivariate) in
            [(Width::Neighbours, false), (Width::Neighbours, true), (Width::Scott, true)]
        {
            let parzen = Parzen::new(&space(), &points, None, width, multivariate);
            let mut total = 0.0;
            let steps = 400;
            for x in 0..steps {
                for n in 0..8 {
                    for w in 0..3 {
                        let u = [
                            (f64::from(x) + 0.5) / f64::from(steps),
                            (f64::from(n) + 0.5) / 8.0,
                            (f64::from(w) + 0.5) / 3.0,
                        ];
                        total += parzen.log_density(&u).exp() / f64::from(steps);
                    }
                }
            }
            // The midpoint rule over kernels no narrower than a fortieth.
            assert!((total - 1.0).abs() < 1e-4, "{total}");
            let along: f64 =
                (0..8).map(|n| parzen.log_density_of(1, (f64::from(n) + 0.5) / 8.0).exp()).sum();
            // Pieces of kernels that are wide beside them come from a series.
            assert!((along - 1.0).abs() < 1e-9, "{along}");
        }
    }

    #[test]
    fn narrow_pieces_have_the_probability_of_wide_ones() {
        for h in [1e-4, 0.01, NARROW] {
            for z in [-9.0, -3.0, -1.0, -0.2, 0.0, 0.7, 1.5, 3.0, 6.0, 9.0, 12.0] {
                let narrow = log_of_narrow(z, h) + libm::log(2.0 * h) - LOG_SQRT_TAU;
                let off = (narrow - log_of_wide(z, h)).abs();
                let allowed = if z.abs() <= 3.0 { 1e-7 } else { 0.1 };
                assert!(off < allowed, "{z} {h}: {off}");
            }
        }
        // Either side alike, and down to where nothing is left.
        assert_eq!(log_of_wide(7.5, 0.5), log_of_wide(-7.5, 0.5));
        assert!((log_of_wide(0.0, 1.959_963_984_540_054) - 0.95_f64.ln()).abs() < 1e-15);
        assert_eq!(log_of_wide(60.0, 1.0), 1e-300_f64.ln());
    }

    #[test]
    fn draws_follow_the_density() {
        let points = [vec![0.9, 0.9, 0.1], vec![0.85, 0.95, 0.2], vec![0.95, 0.8, 0.1]];
        let parzen = Parzen::new(&space(), &points, None, Width::Scott, true);
        let mut draws = Draws::new(1);
        let n = 4000;
        let drawn: Vec<Vec<f64>> = (0..n).map(|_| parzen.draw(&mut draws)).collect();
        assert!(drawn.iter().flatten().all(|u| (0.0..1.0).contains(u)));
        let share = drawn.iter().filter(|u| u[2] < 1.0 / 3.0).count() as f64 / n as f64;
        let expected = parzen.log_density_of(2, 0.1).exp();
        // Four standard errors of a share.
        assert!((share - expected).abs() < 4.0 * (0.25 / n as f64).sqrt(), "{share} {expected}");
    }

    #[test]
    fn weights_are_shares_of_the_kernels() {
        let points = [vec![0.2, 0.2, 0.1], vec![0.8, 0.8, 0.9]];
        let parzen = Parzen::new(&space(), &points, Some(vec![2.0, 0.0]), Width::Scott, true);
        assert_eq!(parzen.weights.shares, [2.0 / 3.0, 0.0, 1.0 / 3.0]);
        let mut draws = Draws::new(2);
        assert!((0..500).all(|_| parzen.weights.pick(&mut draws) != 1));
        assert!(parzen.log_density(&points[0]) > parzen.log_density(&points[1]));
        assert_eq!(by_age(3), [1.0; 3]);
        assert_eq!(by_age(26)[..2], [1.0 / 26.0, 1.0]);
        assert_eq!((by_age(28)[0], by_age(28)[2], by_age(28)[3]), (1.0 / 28.0, 1.0, 1.0));
    }

    #[test]
    fn what_is_switched_off_says_nothing() {
        let off = f64::NAN;
        let points = [vec![0.9, off, 0.1], vec![0.8, 0.3, off], vec![off, off, 0.1]];
        let single = Parzen::new(&space(), &points, None, Width::Neighbours, false);
        // Of one coordinate on its own only those that have it count.
        let alone = Parzen::new(&space(), &[vec![0.5, 0.3, 0.5]], None, Width::Neighbours, false);
        for n in 0..8 {
            let u = (f64::from(n) + 0.5) / 8.0;
            assert_eq!(single.log_density_of(1, u), alone.log_density_of(1, u), "{n}");
        }
        // Of all together their kernel is the prior's; a coordinate that is off integrates to one.
        let joint = Parzen::new(&space(), &points, None, Width::Scott, true);
        let at = |n: i32, w: f64| joint.log_density(&[0.6, (f64::from(n) + 0.5) / 8.0, w]).exp();
        for w in [0.1, 0.5, 0.9] {
            let along: f64 = (0..8).map(|n| at(n, w)).sum();
            assert!((along - joint.log_density(&[0.6, off, w]).exp()).abs() < 1e-9, "{along}");
        }
        // A word under the kernel that does not know it: one of three.
        let Kernels::Words { probabilities, .. } = &joint.coordinates[2].kernels else { panic!() };
        assert_eq!(probabilities[1], [1.0 / 3.0; 3]);
    }
}
