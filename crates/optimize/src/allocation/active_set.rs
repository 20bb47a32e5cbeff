//! From a nearly right answer to a right one: solve the optimality conditions for the constraints
//! that bind, check, correct the set.

use nalgebra::{DMatrix, DVector};

use super::program::{Binding, Program, Side};
use crate::factorisation::Lu;

/// Violations up to this are rounding (weights are of order one).
const FEASIBLE: f64 = 1e-12;
/// Multipliers of the wrong sign up to this share of the gradient are zero.
const DUAL: f64 = 1e-10;
/// Proximal term and its counterpart in the multipliers, relative to the curvature: what makes twin
/// assets and repeated rows solvable. Refinement removes its effect on everything else.
const REGULAR: f64 = 1e-9;

/// An optimum together with its proof.
#[derive(Debug, Clone)]
pub(super) struct Optimum {
    pub(super) x: Vec<f64>,
    /// Largest violation of the optimality conditions over the largest term of the gradient.
    pub(super) optimality: f64,
    pub(super) iterations: usize,
}

/// Starts from `x` and a guess at what binds; `None` when the set does not settle in `limit` rounds.
pub(super) fn polish(
    program: &Program,
    x: &[f64],
    binding: Binding,
    limit: usize,
) -> Option<Optimum> {
    let mut set = ActiveSet { program, x: x.to_vec(), binding, row_multipliers: Vec::new() };
    for at in 0..program.n() {
        if program.lower[at] == program.upper[at] {
            set.binding.bounds[at] = Side::Lower;
        }
    }
    for round in 1..=limit {
        set.solve()?;
        let changed = set.correct(round > 6);
        if !changed {
            let optimality = set.optimality();
            return Some(Optimum { x: set.x, optimality, iterations: round });
        }
    }
    None
}

struct ActiveSet<'a> {
    program: &'a Program,
    x: Vec<f64>,
    binding: Binding,
    row_multipliers: Vec<f64>,
}

impl ActiveSet<'_> {
    /// Solves for the free variables and the multipliers of the binding rows.
    fn solve(&mut self) -> Option<()> {
        let program = self.program;
        for at in 0..program.n() {
            match self.binding.bounds[at] {
                Side::Free => {}
                Side::Lower => self.x[at] = program.lower[at],
                Side::Upper => self.x[at] = program.upper[at],
            }
        }
        self.open_full_equations();
        let free: Vec<usize> =
            (0..program.n()).filter(|&at| self.binding.bounds[at] == Side::Free).collect();
        let mut place = vec![usize::MAX; program.n()];
        for (p, &at) in free.iter().enumerate() {
            place[at] = p;
        }
        let rows: Vec<usize> = (0..program.rows.len())
            .filter(|&r| self.binding.rows[r] != Side::Free)
            .filter(|&r| program.rows[r].coefficients.iter().any(|(at, _)| place[*at] < free.len()))
            .collect();
        let (f, r) = (free.len(), rows.len());
        self.row_multipliers = vec![0.0; program.rows.len()];
        if f == 0 {
            return Some(());
        }

        let curvature = program.scale();
        let mut system = DMatrix::zeros(f + r, f + r);
        if let Some(hessian) = &program.hessian {
            for (j, &column) in free.iter().enumerate() {
                for (i, &row) in free.iter().enumerate() {
                    system[(i, j)] = hessian[(row, column)];
                }
            }
        }
        for (k, &row) in rows.iter().enumerate() {
            for &(at, c) in &program.rows[row].coefficients {
                if place[at] < f {
                    system[(f + k, place[at])] = c;
                    system[(place[at], f + k)] = c;
                }
            }
        }
        for i in 0..f {
            system[(i, i)] += REGULAR * curvature;
        }
        for k in 0..r {
            system[(f + k, f + k)] -= REGULAR / curvature.max(1e-300);
        }
        let factor = Lu::new(system);

        // Each round solves for the remaining residual of the true conditions.
        for _ in 0..6 {
            let mut gradient = program.gradient(&self.x);
            self.add_row_terms(&mut gradient);
            let mut residual = DVector::zeros(f + r);
            for (i, &at) in free.iter().enumerate() {
                residual[i] = -gradient[at];
            }
            for (k, &row) in rows.iter().enumerate() {
                let target = match self.binding.rows[row] {
                    Side::Lower => program.rows[row].lower,
                    _ => program.rows[row].upper,
                };
                residual[f + k] = target - program.rows[row].value(&self.x);
            }
            if !factor.solve_mut(&mut residual) || residual.iter().any(|v| !v.is_finite()) {
                return None;
            }
            let mut step: f64 = 0.0;
            for (i, &at) in free.iter().enumerate() {
                self.x[at] += residual[i];
                step = step.max(residual[i].abs());
            }
            for (k, &row) in rows.iter().enumerate() {
                self.row_multipliers[row] += residual[f + k];
            }
            if step < 1e-16 {
                break;
            }
        }
        Some(())
    }

    /// An equation over variables that all sit at bounds has no multiplier to solve for. One of them
    /// is freed: the one whose multiplier then fits the others best.
    fn open_full_equations(&mut self) {
        let program = self.program;
        for row in program.rows.iter().filter(|row| row.is_equation()) {
            let sides = &self.binding.bounds;
            if row.coefficients.iter().any(|&(at, _)| sides[at] == Side::Free) {
                continue;
            }
            let gradient = program.gradient(&self.x);
            let gap = row.upper - row.value(&self.x);
            let mut best: Option<((bool, f64), usize)> = None;
            for &(at, c) in &row.coefficients {
                if program.lower[at] == program.upper[at] {
                    continue;
                }
                let moved = self.x[at] + gap / c;
                let outside =
                    moved < program.lower[at] - FEASIBLE || moved > program.upper[at] + FEASIBLE;
                let multiplier = -gradient[at] / c;
                let misfit = row.coefficients.iter().map(|&(other, c)| {
                    let pull = gradient[other] + multiplier * c;
                    let wrong = if sides[other] == Side::Lower { -pull } else { pull };
                    wrong.max(0.0)
                });
                let key = (outside, misfit.sum::<f64>());
                if best.is_none_or(|(known, _)| key < known) {
                    best = Some((key, at));
                }
            }
            if let Some((_, at)) = best {
                self.binding.bounds[at] = Side::Free;
            }
        }
    }

    fn add_row_terms(&self, gradient: &mut [f64]) {
        for (row, &multiplier) in self.program.rows.iter().zip(&self.row_multipliers) {
            if multiplier != 0.0 {
                for &(at, c) in &row.coefficients {
                    gradient[at] += multiplier * c;
                }
            }
        }
    }

    /// The gradient of the Lagrangian without bound terms, and the size of the terms it sums.
    fn lagrangian(&self) -> (Vec<f64>, f64) {
        let mut gradient = self.program.gradient(&self.x);
        let pairs = gradient.iter().zip(&self.program.linear);
        let size = pairs.fold(0.0_f64, |most, (g, q)| most.max((g - q).abs()).max(q.abs()));
        self.add_row_terms(&mut gradient);
        (gradient, size.max(f64::MIN_POSITIVE))
    }

    /// Adds constraints that are violated; if none is, drops those that pull the wrong way. Returns
    /// whether anything changed.
    fn correct(&mut self, one_at_a_time: bool) -> bool {
        let program = self.program;
        let mut violated: Vec<(f64, Change)> = Vec::new();
        for at in 0..program.n() {
            if self.binding.bounds[at] == Side::Free {
                let x = self.x[at];
                violated.push((program.lower[at] - x, Change::Bound(at, Side::Lower)));
                violated.push((x - program.upper[at], Change::Bound(at, Side::Upper)));
            }
        }
        for (r, row) in program.rows.iter().enumerate() {
            if self.binding.rows[r] == Side::Free {
                let value = row.value(&self.x);
                violated.push((row.lower - value, Change::Row(r, Side::Lower)));
                violated.push((value - row.upper, Change::Row(r, Side::Upper)));
            }
        }
        violated.retain(|(by, _)| *by > FEASIBLE);
        // All at once settles in a few rounds; one at a time cannot chase its own tail.
        if self.apply(violated, one_at_a_time) {
            return true;
        }

        let (gradient, scale) = self.lagrangian();
        let mut wrong: Vec<(f64, Change)> = Vec::new();
        for (at, g) in gradient.iter().enumerate() {
            if program.lower[at] < program.upper[at] {
                match self.binding.bounds[at] {
                    Side::Lower => wrong.push((-g, Change::Bound(at, Side::Free))),
                    Side::Upper => wrong.push((*g, Change::Bound(at, Side::Free))),
                    Side::Free => {}
                }
            }
        }
        for (r, row) in program.rows.iter().enumerate() {
            if !row.is_equation() {
                // In the units of the gradient.
                let size = row.coefficients.iter().fold(0.0_f64, |most, (_, c)| most.max(c.abs()));
                let pull = self.row_multipliers[r] * size;
                match self.binding.rows[r] {
                    Side::Lower => wrong.push((pull, Change::Row(r, Side::Free))),
                    Side::Upper => wrong.push((-pull, Change::Row(r, Side::Free))),
                    Side::Free => {}
                }
            }
        }
        wrong.retain(|(by, _)| *by > DUAL * scale);
        self.apply(wrong, true)
    }

    fn apply(&mut self, mut changes: Vec<(f64, Change)>, one_at_a_time: bool) -> bool {
        if one_at_a_time {
            // The first of the largest, so that ties always fall the same way.
            let mut worst: Option<(f64, Change)> = None;
            for change in changes.drain(..) {
                if worst.is_none_or(|(by, _)| change.0 > by) {
                    worst = Some(change);
                }
            }
            changes.extend(worst);
        }
        for (_, change) in &changes {
            match *change {
                Change::Bound(at, side) => self.binding.bounds[at] = side,
                Change::Row(row, side) => self.binding.rows[row] = side,
            }
        }
        !changes.is_empty()
    }

    fn optimality(&self) -> f64 {
        let (gradient, scale) = self.lagrangian();
        let mut worst: f64 = 0.0;
        for (at, &g) in gradient.iter().enumerate() {
            let miss = match self.binding.bounds[at] {
                Side::Free => g.abs(),
                _ if self.program.lower[at] == self.program.upper[at] => 0.0,
                Side::Lower => -g,
                Side::Upper => g,
            };
            worst = worst.max(miss);
        }
        worst / scale
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Bound(usize, Side),
    Row(usize, Side),
}
