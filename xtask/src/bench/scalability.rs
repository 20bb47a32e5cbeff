//! The universal scalability law: from a few measured widths to what many cores would give.
//!
//! With `n` workers the speed-up is `n / (1 + sigma (n - 1) + kappa n (n - 1))`: sigma is the share that
//! workers wait for each other (contention), kappa the cost of keeping one another up to date
//! (coherency). N. J. Gunther (1993), "A simple capacity model of massively parallel transaction
//! systems", CMG Conference; sigma alone is G. M. Amdahl's law (1967).

use serde::Serialize;

/// A fitted curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Curve {
    pub(super) sigma: f64,
    pub(super) kappa: f64,
    /// The number of different widths above one worker that it was fitted to.
    pub(super) widths: usize,
}

impl Curve {
    /// Least squares on `n / speed_up - 1 = sigma (n - 1) + kappa n (n - 1)`, neither below zero.
    ///
    /// `points` are workers and speed-up against one worker. One width above one worker settles
    /// sigma alone, kappa is then taken for zero; none settles nothing.
    pub(super) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let wide: Vec<(f64, f64)> = points.iter().copied().filter(|(n, _)| *n > 1.0).collect();
        let mut widths: Vec<u64> = wide.iter().map(|(n, _)| n.to_bits()).collect();
        widths.sort_unstable();
        widths.dedup();
        let widths = widths.len();
        if widths == 0 {
            return None;
        }
        let rows = || wide.iter().map(|(n, s)| (n - 1.0, n * (n - 1.0), n / s - 1.0));
        let sum = |term: fn((f64, f64, f64)) -> f64| rows().map(term).sum::<f64>();
        let (aa, ab, bb) = (sum(|r| r.0 * r.0), sum(|r| r.0 * r.1), sum(|r| r.1 * r.1));
        let (ay, by) = (sum(|r| r.0 * r.2), sum(|r| r.1 * r.2));
        let contention = (ay / aa).max(0.0);
        let determinant = aa * bb - ab * ab;
        if widths == 1 || determinant <= 1e-12 * aa * bb {
            return Some(Self { sigma: contention, kappa: 0.0, widths });
        }
        let (sigma, kappa) = ((ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant);
        // Outside the quadrant the best point lies on one of its edges.
        let (sigma, kappa) = if kappa < 0.0 {
            (contention, 0.0)
        } else if sigma < 0.0 {
            (0.0, (by / bb).max(0.0))
        } else {
            (sigma, kappa)
        };
        Some(Self { sigma, kappa, widths })
    }

    pub(super) fn speed_up(&self, workers: f64) -> f64 {
        let n = workers;
        n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// The number of workers beyond which more of them only cost; none where there is no such number.
    pub(super) fn best_width(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0))
    }

    /// What the fit rests on, in words.
    pub(super) fn describe(&self) -> String {
        let Self { sigma, kappa, widths } = self;
        let basis = match widths {
            1 => ", fitted to one width above one worker: kappa cannot be told and is taken for 0"
                .to_owned(),
            _ => format!(", fitted to {widths} widths above one worker"),
        };
        let best = match self.best_width() {
            Some(best) => format!("; most is reached with {best:.0} workers"),
            None => String::new(),
        };
        format!("sigma {sigma:.4}, kappa {kappa:.2e}{basis}{best}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(sigma: f64, kappa: f64, widths: &[f64]) -> Vec<(f64, f64)> {
        let curve = Curve { sigma, kappa, widths: widths.len() };
        widths.iter().map(|&n| (n, curve.speed_up(n))).collect()
    }

    #[test]
    fn a_curve_is_recovered_from_its_own_points() {
        let curve = Curve::fit(&points(0.03, 0.0005, &[1.0, 2.0, 4.0, 8.0, 16.0])).unwrap();
        assert!((curve.sigma - 0.03).abs() < 1e-10 && (curve.kappa - 0.0005).abs() < 1e-10);
        assert_eq!(curve.widths, 4);
        // d/dn = 0 at sqrt((1 - sigma) / kappa).
        let best = curve.best_width().unwrap();
        assert!((best - (0.97_f64 / 0.0005).sqrt()).abs() < 1e-6);
        assert!(curve.speed_up(best) > curve.speed_up(best * 1.1));
        assert!(curve.speed_up(best) > curve.speed_up(best * 0.9));
    }

    #[test]
    fn two_widths_settle_contention_alone() {
        let curve = Curve::fit(&points(0.05, 0.0, &[1.0, 2.0])).unwrap();
        assert!((curve.sigma - 0.05).abs() < 1e-12);
        assert_eq!((curve.kappa, curve.best_width()), (0.0, None));
        assert!(curve.describe().contains("cannot be told"));
        assert_eq!(Curve::fit(&[(1.0, 1.0)]), None);
    }

    #[test]
    fn more_than_linear_is_taken_for_linear() {
        let curve = Curve::fit(&[(1.0, 1.0), (2.0, 2.05), (4.0, 4.3)]).unwrap();
        assert_eq!((curve.sigma, curve.kappa), (0.0, 0.0));
        assert_eq!(curve.speed_up(1000.0), 1000.0);
    }
}
