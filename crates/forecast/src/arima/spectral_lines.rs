//! Starting values where a complex pair of autoregressive roots nearly cancels one of the moving
//! average: a faint cycle beside noise.
//!
//! Such maxima are a hundredth of a radian wide, so that no fixed lattice meets them. The score of
//! the pair (its Lagrange multiplier statistic against no pair, Rao 1948) needs the residuals'
//! autocovariances alone; it is scanned over many angles, and its peaks give both the place and
//! the first step away from cancellation.

use super::transform::coefficients_to_partial;

/// Moduli of the pairs that are scanned, and up to which lag each is felt.
const MODULI: [(f64, usize); 3] = [(0.9, 80), (0.96, 160), (0.985, 320)];

/// Angles over a half turn.
const ANGLES: usize = 128;

/// Cosines of a half and of a whole step between angles (by value: libraries differ in last bits).
const HALF_STEP: f64 = 0.999_924_701_839_144_5;
const WHOLE_STEP: f64 = 0.999_698_818_696_204_2;

/// Angles that run side by side.
const SIDE: usize = 8;

/// A pair to start from: `1 - ar[0] B - ar[1] B^2` and, with the same sign, the moving average.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) ar: [f64; 2],
    pub(super) ma: [f64; 2],
    /// What the pair would gain: twice the log-likelihood, to first order.
    gain: f64,
    angle: usize,
}

/// The `count` strongest lines in `residuals`.
pub(super) fn strongest(residuals: &[f64], count: usize) -> Vec<Line> {
    let lags = MODULI[MODULI.len() - 1].1.min(residuals.len() / 2);
    if lags < 8 {
        return Vec::new();
    }
    let covariances = autocovariances(residuals, lags + 3);
    let cosines = cosines();
    let mut peaks: Vec<Line> = Vec::new();
    for (modulus, reach) in MODULI {
        let lines = scan(&covariances, residuals.len(), modulus, reach.min(lags), &cosines);
        for (at, line) in lines.iter().enumerate() {
            let below = |other: Option<&Line>| other.is_none_or(|other| other.gain <= line.gain);
            if below(at.checked_sub(1).and_then(|k| lines.get(k))) && below(lines.get(at + 1)) {
                peaks.push(*line);
            }
        }
    }
    peaks.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let mut chosen: Vec<Line> = Vec::new();
    for peak in peaks {
        if chosen.len() < count && !chosen.iter().any(|c| c.angle.abs_diff(peak.angle) <= 1) {
            chosen.push(peak.inside());
        }
    }
    chosen
}

impl Line {
    /// The same line with both halves of the step shortened until the pair is admissible.
    fn inside(mut self) -> Self {
        for _ in 0..8 {
            let admissible = |pair: &[f64; 2]| coefficients_to_partial(pair).is_some();
            if admissible(&self.ar) && admissible(&self.ma) {
                break;
            }
            for k in 0..2 {
                let (middle, half) =
                    (0.5 * (self.ar[k] + self.ma[k]), 0.25 * (self.ar[k] - self.ma[k]));
                (self.ar[k], self.ma[k]) = (middle + half, middle - half);
            }
        }
        self
    }
}

fn cosines() -> [f64; ANGLES] {
    let mut cosines = [HALF_STEP; ANGLES];
    for k in 1..ANGLES {
        // cos(a + step) = 2 cos(step) cos(a) - cos(a - step); the one before the first equals it.
        let before = if k == 1 { HALF_STEP } else { cosines[k - 2] };
        cosines[k] = 2.0 * WHOLE_STEP * cosines[k - 1] - before;
    }
    cosines
}

/// Autocovariances relative to the variance, lags `0..lags`; several lags side by side.
pub(super) fn autocovariances(values: &[f64], lags: usize) -> Vec<f64> {
    let mut padded = values.to_vec();
    padded.resize(values.len() + lags + SIDE, 0.0);
    let mut result = Vec::with_capacity(lags + SIDE);
    while result.len() < lags {
        let first = result.len();
        let mut totals = [0.0; SIDE];
        for (value, later) in values.iter().zip(padded[first..].windows(SIDE)) {
            for lane in 0..SIDE {
                totals[lane] += value * later[lane];
            }
        }
        result.extend(totals);
    }
    let variance = result[0];
    result.iter_mut().for_each(|value| *value /= variance);
    result.truncate(lags);
    result
}

/// The score of pairs of one modulus at all angles.
fn scan(
    covariances: &[f64],
    rows: usize,
    modulus: f64,
    lags: usize,
    cosines: &[f64; ANGLES],
) -> Vec<Line> {
    let mut lines = Vec::with_capacity(ANGLES);
    let second = -modulus * modulus;
    for (group, cosines) in cosines.chunks_exact(SIDE).enumerate() {
        let mut first = [0.0; SIDE];
        for lane in 0..SIDE {
            first[lane] = 2.0 * modulus * cosines[lane];
        }
        // Responses of the pair, and the scores of its two coefficients.
        let (mut now, mut before) = ([1.0; SIDE], [0.0; SIDE]);
        let (mut near, mut far) = ([0.0; SIDE], [0.0; SIDE]);
        for pair in covariances[1..lags + 3].windows(2) {
            for lane in 0..SIDE {
                near[lane] += now[lane] * pair[0];
                far[lane] += now[lane] * pair[1];
                let next = first[lane] * now[lane] + second * before[lane];
                before[lane] = now[lane];
                now[lane] = next;
            }
        }
        for lane in 0..SIDE {
            // Autocovariances of the pair's autoregression: the information matrix.
            let level = (1.0 - second)
                / ((1.0 + second) * ((1.0 - second).powi(2) - first[lane] * first[lane]));
            let cross = first[lane] / (1.0 - second) * level;
            let determinant = level * level - cross * cross;
            let step = [
                (level * near[lane] - cross * far[lane]) / determinant,
                (level * far[lane] - cross * near[lane]) / determinant,
            ];
            lines.push(Line {
                ar: [first[lane] + 0.5 * step[0], second + 0.5 * step[1]],
                ma: [first[lane] - 0.5 * step[0], second - 0.5 * step[1]],
                gain: rows as f64 * (near[lane] * step[0] + far[lane] * step[1]),
                angle: group * SIDE + lane,
            });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_evenly_spread() {
        let cosines = cosines();
        for (k, cosine) in cosines.iter().enumerate() {
            let angle = std::f64::consts::PI * (k as f64 + 0.5) / ANGLES as f64;
            assert!((cosine - angle.cos()).abs() < 1e-11, "{k}");
        }
    }

    #[test]
    fn a_faint_cycle_is_found() {
        let mut state = 5_u64;
        let series: Vec<f64> = (0..800)
            .map(|row| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                uniform + 0.15 * (1.1 * f64::from(row)).cos()
            })
            .collect();
        let line = strongest(&series, 3)[0];
        let cosine = line.ar[0] / (2.0 * (-line.ar[1]).sqrt());
        assert!((cosine - 1.1_f64.cos()).abs() < 0.03, "{line:?}");
    }
}
