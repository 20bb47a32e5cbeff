//! Where the search begins: a regression estimate, zero, and a lattice over the whole region.
//!
//! ARMA likelihoods have several local maxima, most of all where an autoregressive and a
//! moving-average root nearly cancel; one starting value is not enough.

use super::coordinates::{Coordinates, nearest_stationary};
use super::innovations::Factors;
use super::likelihood::Likelihood;
use super::order::Order;
use super::polynomial::Polynomials;
use super::search::Objective;
use super::spectral_lines;

/// Two starting points closer than this (in partial autocorrelations) lead to the same maximum
/// more often than not ..
const TOO_CLOSE: f64 = 0.2;

/// .. but in a plane, where a ridge beside the diagonal may have several, ..
const TOO_CLOSE_IN_A_PLANE: f64 = 0.05;

/// .. and next to a spectral line of a short series: cycles a hundredth of a radian apart are
/// different maxima there.
const TOO_CLOSE_TO_A_LINE: f64 = 0.02;

/// Rows up to which a series counts as short.
const SHORT: usize = 512;

/// Moduli of the roots at which nearly cancelling pairs are tried.
const MODULI: [f64; 5] = [0.85, 0.94, 0.98, 0.7, 0.993];

/// Spectral lines from which complex pairs start, and those of a short series.
const LINES: usize = 10;
const SHORT_LINES: usize = 16;

/// How many descents are followed to the end, and from how many points they are chosen.
pub(super) fn counts(
    likelihood: &Likelihood<'_>,
    coordinates: &Coordinates,
    starts: usize,
) -> (usize, usize) {
    match coordinates.len() {
        _ if likelihood.has_gaps() && is_dear(likelihood) => (starts, 2 * starts),
        0..=2 => (starts, 3 * starts),
        // More coefficients, more maxima; fewer rows, more uneven ones.
        _ if is_short(likelihood) => (4 * starts, 16 * starts),
        _ => (2 * starts, 10 * starts),
    }
}

/// The `count` best starting points, best first.
pub(super) fn starting_points(
    objective: &Objective<'_>,
    likelihood: &Likelihood<'_>,
    coordinates: &Coordinates,
    count: usize,
) -> Vec<Vec<f64>> {
    let mut candidates = vec![vec![0.0; coordinates.len()]];
    if let Some(estimate) = hannan_rissanen(likelihood.target(), likelihood.order()) {
        candidates.push(coordinates.point_near(&estimate));
    }
    let lattice = lattice_size(likelihood, coordinates.len());
    candidates
        .extend(unit_lattice(coordinates.len(), lattice, |unit| coordinates.point_from_unit(unit)));
    candidates.extend(nearly_cancelling(likelihood, coordinates));
    let first_line = candidates.len();
    candidates.extend(lines(likelihood, coordinates));
    let costs = objective.costs(&candidates);
    let mut ranked: Vec<usize> = (0..candidates.len()).collect();
    ranked.sort_by(|&a, &b| costs[a].total_cmp(&costs[b]));
    let mut chosen: Vec<Vec<f64>> = Vec::new();
    let too_close = if coordinates.len() == 2 { TOO_CLOSE_IN_A_PLANE } else { TOO_CLOSE };
    for at in ranked {
        if chosen.len() >= count.max(1) || !costs[at].is_finite() {
            break;
        }
        let bounded = |x: f64| x / (1.0 + x * x).sqrt();
        let is_line = at >= first_line && is_short(likelihood);
        let too_close = if is_line { TOO_CLOSE_TO_A_LINE } else { too_close };
        let near = |other: &Vec<f64>| {
            let pairs = candidates[at].iter().zip(other);
            pairs.map(|(a, b)| (bounded(*a) - bounded(*b)).abs()).fold(0.0, f64::max) < too_close
        };
        if !chosen.iter().any(near) {
            chosen.push(candidates[at].clone());
        }
    }
    chosen
}

/// Two starting points: the one given and a regression estimate.
pub(super) fn nearby(
    likelihood: &Likelihood<'_>,
    coordinates: &Coordinates,
    coefficients: &[f64],
) -> Vec<Vec<f64>> {
    let estimate = hannan_rissanen(likelihood.target(), likelihood.order());
    let mut points = vec![coordinates.point_near(coefficients)];
    points.extend(estimate.map(|estimate| coordinates.point_near(&estimate)));
    points
}

/// Whether evaluations are so fast, and the likelihood of so few rows so uneven, that more starting
/// points are worth their while.
pub(super) fn is_short(likelihood: &Likelihood<'_>) -> bool {
    likelihood.target().len() <= SHORT && !is_dear(likelihood)
}

/// Whether a single evaluation is slow enough to be sparing with.
fn is_dear(likelihood: &Likelihood<'_>) -> bool {
    likelihood.order().season > 0
}

/// Points where one or two real autoregressive roots nearly meet those of the moving average close
/// to the unit circle, on top of a regression estimate of the remaining orders.
///
/// The likelihood has narrow ridges there that a lattice over all coefficients misses: a slow or
/// cyclical component of small variance beside noise, as in returns, or beside another cycle.
fn nearly_cancelling(likelihood: &Likelihood<'_>, coordinates: &Coordinates) -> Vec<Vec<f64>> {
    let order = likelihood.order();
    let moduli: &[f64] = if is_dear(likelihood) { &MODULI[1..2] } else { &MODULI };
    let mut points = Vec::new();
    for lags in 1..=order.p.min(order.q).min(2) {
        let base = Order { p: order.p - lags, q: order.q - lags, ..*order };
        let base = Base::estimate(likelihood.target(), base);
        let mut push = |outer: &[f64], inner: &[f64]| {
            points.push(coordinates.point_near(&base.times(outer, inner)));
            points.push(coordinates.point_near(&base.times(inner, outer)));
        };
        for &modulus in moduli.iter().take(if lags == 1 { MODULI.len() } else { 3 }) {
            let inner = inner_modulus(modulus);
            if lags == 1 {
                push(&[modulus], &[inner]);
                push(&[-modulus], &[-inner]);
            } else {
                // One real root on either side: both outside, and one outside, one inside.
                let sides = |right: f64, left: f64| [right - left, right * left];
                push(&sides(modulus, modulus), &sides(inner, inner));
                push(&sides(modulus, inner), &sides(inner, modulus));
            }
        }
    }
    points
}

/// Points where a complex pair of autoregressive roots nearly meets one of the moving average, at
/// the strongest spectral lines of what a regression estimate of the remaining orders leaves.
fn lines(likelihood: &Likelihood<'_>, coordinates: &Coordinates) -> Vec<Vec<f64>> {
    let order = likelihood.order();
    if order.p.min(order.q) < 2 {
        return Vec::new();
    }
    let base = Order { p: order.p - 2, q: order.q - 2, ..*order };
    let base = Base::estimate(likelihood.target(), base);
    let residuals = base.residuals(likelihood.target());
    let count = if is_short(likelihood) { SHORT_LINES } else { LINES };
    let lines = spectral_lines::strongest(&residuals, count);
    let point = |line: spectral_lines::Line| {
        let ar = nearest_stationary(line.ar.to_vec());
        let ma = nearest_stationary(line.ma.to_vec());
        coordinates.point_near(&base.times(&ar, &ma))
    };
    lines.into_iter().map(point).collect()
}

/// A modulus a little further from the unit circle.
fn inner_modulus(modulus: f64) -> f64 {
    1.0 - 1.6 * (1.0 - modulus)
}

/// An admissible estimate of an order, to which factors can be multiplied.
struct Base {
    order: Order,
    ar: Vec<f64>,
    /// With the sign of an autoregression: `1 - ma_1 B - ..`.
    ma: Vec<f64>,
    seasonal: Vec<f64>,
}

impl Base {
    fn estimate(series: &[f64], order: Order) -> Self {
        let estimate = hannan_rissanen(series, &order);
        let values = estimate.unwrap_or_else(|| vec![0.0; order.n_coefficients()]);
        let negative: Vec<f64> = values[order.p..order.p + order.q].iter().map(|v| -v).collect();
        Self {
            ar: nearest_stationary(values[..order.p].to_vec()),
            ma: nearest_stationary(negative),
            seasonal: values[order.p + order.q..].to_vec(),
            order,
        }
    }

    /// Prediction errors of the series under this estimate, missing rows counted as zero.
    fn residuals(&self, series: &[f64]) -> Vec<f64> {
        let filled: Vec<f64> = series.iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect();
        let nothing = self.ar.iter().chain(&self.ma).chain(&self.seasonal).all(|v| *v == 0.0);
        if nothing {
            return filled;
        }
        let coefficients: Vec<[f64; 1]> =
            self.times(&[], &[]).into_iter().map(|value| [value]).collect();
        let polynomials = Polynomials::new(&self.order, &coefficients);
        let mut errors = Vec::new();
        Factors::new(polynomials, filled.len()).filter(&filled, &mut errors);
        let errors: Vec<f64> = errors.into_iter().map(|error| error[0]).collect();
        // A seasonal estimate outside the admissible region may give nothing usable.
        if errors.iter().all(|error| error.is_finite()) { errors } else { filled }
    }

    /// The coefficients with the factors `1 - ar_1 B - ..` and `1 - ma_1 B - ..` multiplied in.
    fn times(&self, ar: &[f64], ma: &[f64]) -> Vec<f64> {
        let mut values = product(&self.ar, ar);
        values.extend(product(&self.ma, ma).into_iter().map(|value| -value));
        values.extend_from_slice(&self.seasonal);
        debug_assert_eq!(values.len(), self.order.n_coefficients() + ar.len() + ma.len());
        values
    }
}

/// Coefficients of `(1 - a_1 B - ..)(1 - b_1 B - ..)`, less the leading one, negated.
fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut result = vec![0.0; a.len() + b.len()];
    for (slot, value) in result.iter_mut().zip(a) {
        *slot += value;
    }
    for (slot, value) in result.iter_mut().zip(b) {
        *slot += value;
    }
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            result[i + j + 1] -= a * b;
        }
    }
    result
}

/// Lattice points in so many dimensions; few where a single evaluation is dear.
fn lattice_size(likelihood: &Likelihood<'_>, dimensions: usize) -> usize {
    match (dimensions, is_dear(likelihood)) {
        (0, _) => 0,
        (1, _) => 6,
        (2, false) => 22,
        (_, false) if is_short(likelihood) => (20 * dimensions).min(126),
        (_, false) => 6 * dimensions,
        (_, true) => 4 * dimensions,
    }
}

/// Points of a Kronecker lattice in (-0.95, 0.95), built from the roots of `x^(k+1) = x + 1`
/// (Roberts, 2018, "The unreasonable effectiveness of quasirandom sequences").
fn unit_lattice(
    dimensions: usize,
    count: usize,
    point: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<Vec<f64>> {
    let mut root = 1.5_f64;
    for _ in 0..40 {
        // Newton's iteration from above; powers by multiplication have the same bits everywhere.
        let power = root.powi(i32::try_from(dimensions).unwrap_or(i32::MAX));
        let value = power * root - root - 1.0;
        root -= value / ((dimensions as f64 + 1.0) * power - 1.0);
    }
    let steps: Vec<f64> = (1..=dimensions)
        .scan(1.0, |power, _| {
            *power /= root;
            Some(*power)
        })
        .collect();
    (1..=count)
        .map(|n| {
            let unit: Vec<f64> = steps
                .iter()
                .map(|step| 0.95 * (2.0 * (0.5 + n as f64 * step).fract() - 1.0))
                .collect();
            point(&unit)
        })
        .collect()
}

/// Hannan and Rissanen (1982), "Recursive estimation of mixed autoregressive-moving average order":
/// residuals of a long autoregression stand in for the innovations in one least-squares fit.
///
/// Seasonal lags enter beside the plain ones, without their products. Missing rows count as zero
/// here, which makes a worse start and nothing else.
fn hannan_rissanen(series: &[f64], order: &Order) -> Option<Vec<f64>> {
    let series: Vec<f64> = series.iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect();
    let ar_lags: Vec<usize> =
        lags(order.p, 1).chain(lags(order.seasonal_p, order.season)).collect();
    let ma_lags: Vec<usize> =
        lags(order.q, 1).chain(lags(order.seasonal_q, order.season)).collect();
    let rows = series.len();
    let residuals = if ma_lags.is_empty() {
        Vec::new()
    } else {
        let long = (order.ar_lags().max(order.ma_lags()) + 5).max(10).min(rows / 4);
        long_autoregression_residuals(&series, long)
    };
    let first = order.ar_lags().max(order.ma_lags());
    let columns = ar_lags.len() + ma_lags.len();
    if columns == 0 || rows < first + 2 * columns {
        return None;
    }
    let regressor = |row: usize, column: usize| match column < ar_lags.len() {
        true => series[row - ar_lags[column]],
        false => residuals[row - ma_lags[column - ar_lags.len()]],
    };
    let mut gram = nalgebra::DMatrix::<f64>::zeros(columns, columns);
    let mut right = nalgebra::DVector::<f64>::zeros(columns);
    let mut values = vec![0.0; columns];
    for (row, target) in series.iter().enumerate().skip(first) {
        for (column, value) in values.iter_mut().enumerate() {
            *value = regressor(row, column);
        }
        for a in 0..columns {
            right[a] += values[a] * target;
            for b in 0..=a {
                gram[(a, b)] += values[a] * values[b];
            }
        }
    }
    // A trace of ridge, so that collinear lags give a start instead of none.
    let ridge = 1e-8 * gram.trace() / columns as f64;
    for a in 0..columns {
        gram[(a, a)] += ridge;
    }
    let solution = gram.cholesky()?.solve(&right);
    if !solution.iter().all(|value| value.is_finite()) {
        return None;
    }
    // From (ar, sar, ma, sma) to the order of the parameter vector (ar, ma, sar, sma).
    let (p, sp, q) = (order.p, order.seasonal_p, order.q);
    let ranges = [0..p, p + sp..p + sp + q, p..p + sp, p + sp + q..columns];
    Some(ranges.into_iter().flat_map(|range| solution.as_slice()[range].to_vec()).collect())
}

fn lags(count: usize, step: usize) -> impl Iterator<Item = usize> {
    (1..=count).map(move |k| k * step)
}

/// Residuals of an autoregression of the given order, fitted by Durbin-Levinson.
fn long_autoregression_residuals(series: &[f64], order: usize) -> Vec<f64> {
    let rows = series.len();
    let mut coefficients: Vec<f64> = Vec::with_capacity(order);
    let covariances = spectral_lines::autocovariances(series, order + 1);
    let mut variance = covariances[0];
    for k in 0..order {
        if variance <= 1e-12 * covariances[0] {
            break;
        }
        let known: f64 =
            coefficients.iter().zip((1..=k).rev()).map(|(a, at)| a * covariances[at]).sum();
        let partial = (covariances[k + 1] - known) / variance;
        let before = coefficients.clone();
        for (j, value) in coefficients.iter_mut().enumerate() {
            *value -= partial * before[k - 1 - j];
        }
        coefficients.push(partial);
        variance *= 1.0 - partial * partial;
    }
    (0..rows)
        .map(|row| {
            let past = coefficients.iter().zip(series[..row].iter().rev());
            series[row] - past.map(|(a, b)| a * b).sum::<f64>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lattice_covers_both_signs_of_every_dimension() {
        let points = unit_lattice(3, 48, |unit| unit.to_vec());
        for dimension in 0..3 {
            let positive = points.iter().filter(|point| point[dimension] > 0.0).count();
            assert!((18..=30).contains(&positive), "{positive}");
        }
        assert!(points.iter().flatten().all(|value| value.abs() <= 0.95));
    }

    #[test]
    fn regression_finds_a_plain_autoregression() {
        let mut noise = 1_u64;
        let mut series = vec![0.0; 2000];
        for row in 1..series.len() {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let uniform = (noise >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            series[row] = 0.6 * series[row - 1] + uniform;
        }
        let estimate = hannan_rissanen(&series, &Order::new(1, 0, 0)).unwrap();
        // Standard error of the estimate: sqrt((1 - 0.36) / 2000) = 0.018.
        assert!((estimate[0] - 0.6).abs() < 0.06, "{estimate:?}");
    }
}
