//! Clarabel, on one thread, quiet.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus,
    SupportedConeT, ZeroConeT,
};

use super::program::{Binding, Program, Row, Side};

/// Where the interior point ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Solved,
    /// Out of iterations, or no further progress.
    Early,
    /// Proof that no x satisfies the constraints.
    Infeasible,
    /// Proof that the objective has no lower limit.
    Unbounded,
}

/// The last iterate and what it says about the constraints.
#[derive(Debug, Clone)]
pub(super) struct Interior {
    pub(super) x: Vec<f64>,
    pub(super) binding: Binding,
    pub(super) ending: Ending,
    pub(super) iterations: usize,
}

/// Where an inequality came from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Bound(usize, Side),
    Row(usize, Side),
}

/// Solves a program to about ten digits.
pub(super) fn solve(program: &Program, iteration_limit: u32) -> Interior {
    let n = program.n();
    let scale = program.scale();
    let mut rows = Rows::default();
    let mut origins = Vec::new();
    for row in program.rows.iter().filter(|row| row.is_equation()) {
        rows.push(&row.coefficients, 1.0, row.upper);
    }
    let n_equations = rows.limits.len();
    for (at, row) in program.rows.iter().enumerate().filter(|(_, row)| !row.is_equation()) {
        rows.push_sides(row, |side| Origin::Row(at, side), &mut origins);
    }
    for at in 0..n {
        let (lower, upper) = (program.lower[at], program.upper[at]);
        let row = Row { coefficients: vec![(at, 1.0)], lower, upper };
        rows.push_sides(&row, |side| Origin::Bound(at, side), &mut origins);
    }

    let cones: Vec<SupportedConeT<f64>> =
        vec![ZeroConeT(n_equations), NonnegativeConeT(origins.len())];
    let linear: Vec<f64> = program.linear.iter().map(|q| q / scale).collect();
    let failed = || Interior {
        x: vec![0.0; n],
        binding: Binding {
            bounds: vec![Side::Free; n],
            rows: vec![Side::Free; program.rows.len()],
        },
        ending: Ending::Early,
        iterations: 0,
    };
    let Ok(settings) = DefaultSettingsBuilder::default()
        .verbose(false)
        .max_iter(iteration_limit)
        .max_threads(1)
        .direct_solve_method("qdldl".to_owned())
        .tol_gap_abs(1e-11)
        .tol_gap_rel(1e-11)
        .tol_feas(1e-11)
        // Rows dropped by presolve would leave gaps in the multipliers.
        .presolve_enable(false)
        .build()
    else {
        return failed();
    };
    let hessian = upper_triangle(program, scale);
    let (matrix, limits) = rows.into_matrix(n);
    let Ok(mut solver) = DefaultSolver::new(&hessian, &linear, &matrix, &limits, &cones, settings)
    else {
        return failed();
    };
    solver.solve();

    let solution = &solver.solution;
    let ending = match solution.status {
        SolverStatus::Solved | SolverStatus::AlmostSolved => Ending::Solved,
        SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => Ending::Infeasible,
        SolverStatus::DualInfeasible | SolverStatus::AlmostDualInfeasible => Ending::Unbounded,
        _ => Ending::Early,
    };
    let mut interior = Interior { iterations: solution.iterations as usize, ending, ..failed() };
    if solution.x.iter().all(|x| x.is_finite()) {
        interior.x.copy_from_slice(&solution.x);
    }
    let inequalities = solution.s[n_equations..].iter().zip(&solution.z[n_equations..]);
    for ((slack, multiplier), origin) in inequalities.zip(origins) {
        // Near the optimum one of the two is tiny and the other is not.
        if multiplier > slack {
            match origin {
                Origin::Bound(at, side) => interior.binding.bounds[at] = side,
                Origin::Row(at, side) => interior.binding.rows[at] = side,
            }
        }
    }
    for (side, row) in interior.binding.rows.iter_mut().zip(&program.rows) {
        if row.is_equation() {
            *side = Side::Upper;
        }
    }
    interior
}

/// `A x + s = b`, row by row.
#[derive(Debug, Default)]
struct Rows {
    at: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
    limits: Vec<f64>,
}

impl Rows {
    fn push(&mut self, coefficients: &[(usize, f64)], sign: f64, limit: f64) {
        let row = self.limits.len();
        for &(column, value) in coefficients {
            self.at.push(row);
            self.columns.push(column);
            self.values.push(sign * value);
        }
        self.limits.push(limit);
    }

    /// The finite sides of a pair of limits, each as `expression <= limit`.
    fn push_sides(
        &mut self,
        row: &Row,
        origin: impl Fn(Side) -> Origin,
        origins: &mut Vec<Origin>,
    ) {
        if row.lower.is_finite() {
            self.push(&row.coefficients, -1.0, -row.lower);
            origins.push(origin(Side::Lower));
        }
        if row.upper.is_finite() {
            self.push(&row.coefficients, 1.0, row.upper);
            origins.push(origin(Side::Upper));
        }
    }

    fn into_matrix(self, n: usize) -> (CscMatrix<f64>, Vec<f64>) {
        let m = self.limits.len();
        (CscMatrix::new_from_triplets(m, n, self.at, self.columns, self.values), self.limits)
    }
}

fn upper_triangle(program: &Program, scale: f64) -> CscMatrix<f64> {
    let n = program.n();
    let Some(hessian) = &program.hessian else { return CscMatrix::zeros((n, n)) };
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for column in 0..n {
        for row in 0..=column {
            let value = hessian[(row, column)];
            if value != 0.0 {
                rows.push(row);
                values.push(value / scale);
            }
        }
        starts.push(rows.len());
    }
    CscMatrix::new(n, n, starts, rows, values)
}
