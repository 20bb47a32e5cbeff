//! Quasi-Newton descents from several starts at a time, one a lane.
//!
//! Broyden, Fletcher, Goldfarb and Shanno's update of the inverse Hessian with a backtracking line
//! search: Nocedal and Wright (2006), "Numerical Optimization", 2nd edition, chapters 3 and 6. Each
//! descent asks for one point; a round evaluates as many of them as there are lanes.

use super::search::{LANES, Objective};

/// Share of the first-order gain that a step must bring (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// Trials along one direction before a descent ends.
const MOST_TRIALS: usize = 25;

/// Longest step of one coordinate, in units of its distance from zero plus one.
const LONGEST: f64 = 1.0;

/// Steps after which a descent's expectations are taken seriously ..
const SETTLED: u64 = 6;

/// .. and how many times these it may be behind the best one.
const HOPELESS: f64 = 200.0;

/// Largest entry of the first metric.
const LARGEST_METRIC: f64 = 100.0;

/// A descent that can be continued.
#[derive(Debug, Clone)]
pub(super) struct Descent {
    pub(super) point: Vec<f64>,
    pub(super) cost: f64,
    pub(super) gradient: Vec<f64>,
    /// What the next step is expected to gain.
    expected: f64,
    /// Approximate inverse Hessian, row-major.
    metric: Vec<f64>,
    direction: Vec<f64>,
    /// Multiple of the direction that is tried next.
    length: f64,
    trials: usize,
    /// Steps that were taken.
    pub(super) steps: u64,
    /// No step gains enough any more.
    pub(super) finished: bool,
}

impl Descent {
    /// Begins at `point`, which is not evaluated yet.
    pub(super) fn new(objective: &Objective<'_>, point: Vec<f64>) -> Self {
        let size = point.len();
        let metric = objective.metric(&point).unwrap_or_else(|| first_metric(&point));
        Self {
            cost: f64::INFINITY,
            gradient: vec![0.0; size],
            expected: f64::INFINITY,
            metric,
            direction: vec![0.0; size],
            length: 0.0,
            trials: 0,
            steps: 0,
            finished: false,
            point,
        }
    }

    fn is_new(&self) -> bool {
        self.cost == f64::INFINITY
    }

    /// The next point to evaluate.
    fn trial(&self) -> Vec<f64> {
        let moved = self.point.iter().zip(&self.direction);
        moved.map(|(x, direction)| x + self.length * direction).collect()
    }

    /// Takes the cost and the gradient of the trial point. A descent that expects to gain less than
    /// `gain` from its next step ends.
    fn receive(&mut self, trial: Vec<f64>, cost: f64, gradient: &[f64], gain: f64) {
        let usable = cost.is_finite() && gradient.iter().all(|slope| slope.is_finite());
        if self.is_new() {
            if usable {
                self.cost = cost;
                self.gradient.copy_from_slice(gradient);
                self.turn(gain);
            } else {
                self.finished = true;
            }
            return;
        }
        let slope = dot(&self.gradient, &self.direction);
        if usable && cost <= self.cost + SUFFICIENT * self.length * slope {
            self.update_metric(&trial, gradient);
            self.point = trial;
            self.cost = cost;
            self.gradient.copy_from_slice(gradient);
            self.steps += 1;
            self.trials = 0;
            self.turn(gain);
            return;
        }
        self.trials += 1;
        // The lowest point of the parabola through what is known, kept from either end.
        let excess = cost - self.cost - self.length * slope;
        let share = if usable { -0.5 * self.length * slope / excess } else { 0.1 };
        self.length *= share.clamp(0.1, 0.5);
        self.finished |= self.trials >= MOST_TRIALS || -self.length * slope < 1e-3 * gain;
    }

    /// Sets the next direction.
    fn turn(&mut self, gain: f64) {
        let size = self.point.len();
        for (row, slot) in self.metric.chunks_exact(size).zip(&mut self.direction) {
            *slot = -dot(row, &self.gradient);
        }
        let mut slope = dot(&self.gradient, &self.direction);
        if slope >= 0.0 || slope.is_nan() {
            self.metric = first_metric(&self.point);
            for k in 0..size {
                self.direction[k] = -self.metric[k * size + k] * self.gradient[k];
            }
            slope = dot(&self.gradient, &self.direction);
        }
        let longest = self.point.iter().zip(&self.direction);
        let ratio = longest.map(|(x, d)| d.abs() / (LONGEST * (1.0 + x.abs()))).fold(0.0, f64::max);
        self.length = 1.0 / ratio.max(1.0);
        // Half the slope is what a quadratic with this metric has left.
        self.expected = -0.5 * slope;
        self.finished |= self.expected < gain;
    }

    fn update_metric(&mut self, point: &[f64], gradient: &[f64]) {
        let size = point.len();
        let step: Vec<f64> = point.iter().zip(&self.point).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&step, &change);
        if curvature <= 1e-10 * dot(&step, &step).sqrt() * dot(&change, &change).sqrt() {
            // Curved upwards: the step was too short to see the valley.
            self.metric.iter_mut().for_each(|value| *value *= 2.0);
            return;
        }
        let moved: Vec<f64> = self.metric.chunks_exact(size).map(|row| dot(row, &change)).collect();
        let scale = (1.0 + dot(&change, &moved) / curvature) / curvature;
        for i in 0..size {
            for j in 0..size {
                self.metric[i * size + j] += scale * step[i] * step[j]
                    - (moved[i] * step[j] + step[i] * moved[j]) / curvature;
            }
        }
    }
}

/// Takes steps until every descent has `steps` of them behind it or is finished.
pub(super) fn advance(objective: &Objective<'_>, descents: &mut [Descent], steps: u64, gain: f64) {
    loop {
        let mut round: Vec<&mut Descent> = descents
            .iter_mut()
            .filter(|descent| !descent.finished && (descent.steps < steps || descent.is_new()))
            .take(LANES)
            .collect();
        if round.is_empty() {
            return;
        }
        let trials: Vec<Vec<f64>> = round.iter().map(|descent| descent.trial()).collect();
        let (costs, gradients) = objective.gradients(&trials);
        for (((descent, trial), cost), gradient) in
            round.iter_mut().zip(trials).zip(costs).zip(gradients)
        {
            descent.receive(trial, cost, &gradient, gain);
        }
        // A search that is cancelled before it begins still has the cost of its best starts.
        if objective.is_cancelled() {
            return;
        }
        let best = descents.iter().map(|descent| descent.cost).fold(f64::INFINITY, f64::min);
        for descent in descents.iter_mut().filter(|descent| descent.steps >= SETTLED) {
            descent.finished |= descent.cost - HOPELESS * descent.expected > best;
        }
    }
}

/// A diagonal metric: the asymptotic variance of a partial autocorrelation, in free coordinates.
fn first_metric(point: &[f64]) -> Vec<f64> {
    let size = point.len();
    let mut metric = vec![0.0; size * size];
    for (k, x) in point.iter().enumerate() {
        metric[k * size + k] = (1.0 + x * x).powi(2).min(LARGEST_METRIC);
    }
    metric
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
