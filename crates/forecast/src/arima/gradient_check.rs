//! Costs and gradients of the search against the other form of the likelihood.

use nalgebra::DMatrixView;
use proptest::prelude::*;

use super::coordinates::Coordinates;
use super::lanes::Lanes;
use super::likelihood::{Likelihood, Workspace};
use super::order::Order;
use super::random_cases::same_cases;
use super::transform::partial_to_free;
use super::{Arima, Mean};
use crate::data::{NamedMatrix, TrainingData};

fn noise(rows: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    (0..rows).map(|_| uniform() + uniform() + uniform()).collect()
}

fn check(order: &str, mean: Mean, variance: Option<f64>, rows: usize, partials: &[f64]) {
    let model = Arima::of_order(order.parse().unwrap()).with_mean(mean);
    assert!(check_with(&model, &TrainingData::new(&noise(rows)), variance, partials, 1e-9));
}

/// The means that are left after differencing.
fn means(order: &Order) -> Vec<Mean> {
    match order.d + order.seasonal_d {
        0 => vec![Mean::None, Mean::Const],
        1 => vec![Mean::None, Mean::Drift],
        _ => vec![Mean::None],
    }
}

/// Checks values and gradients of one model at points whose partial autocorrelations are
/// `partials` and their negatives, in two lanes; false where there is nothing to check.
fn check_with(
    model: &Arima,
    data: &TrainingData<'_>,
    variance: Option<f64>,
    partials: &[f64],
    tolerance: f64,
) -> bool {
    let (order, mean, rows) = (model.order(), model.mean(), data.n_rows());
    let layout = model.layout(data).unwrap();
    let mut fixed = vec![None; layout.len()];
    fixed[layout.len() - 1] = variance;
    // A pattern that leaves a level open, or too few rows, has no likelihood to check.
    let Ok(design) = model.design(data, &layout, &fixed) else { return false };
    let likelihood = Likelihood::new(order, &design, variance);
    let coordinates = Coordinates::new(order, &vec![None; order.n_coefficients()]);
    let free = |sign: f64| -> Vec<f64> {
        partials[..coordinates.len()].iter().map(|r| partial_to_free(sign * r)).collect()
    };
    let (first, second) = (free(1.0), free(-1.0));
    let lanes: Vec<Lanes<2>> = first.iter().zip(&second).map(|(a, b)| [*a, *b]).collect();
    let (coefficients, _) = coordinates.coefficients(&lanes);
    let mut workspace = Workspace::default();
    let (costs, slopes) = likelihood.cost_and_gradient(&coefficients, &mut workspace);
    assert_eq!(costs, likelihood.cost(&coefficients, &mut workspace));
    let slopes = coordinates.pull_back(&lanes, &slopes);
    // The other form of the likelihood, which shares nothing with this one but the polynomials.
    let value = |point: &[f64]| {
        let lanes: Vec<Lanes<1>> = point.iter().map(|&x| [x]).collect();
        let (coefficients, _) = coordinates.coefficients(&lanes);
        let flat: Vec<f64> = coefficients.iter().map(|value| value[0]).collect();
        likelihood.profile(&flat).unwrap().cost
    };
    for (lane, point) in [first, second].iter().enumerate() {
        let expected = value(point);
        let distance = (costs[lane] - expected).abs();
        assert!(distance < 1e-11, "{order} {partials:?}: {} {expected}", costs[lane]);
        for k in 0..point.len() {
            // Central differences of order eight: the error is far below 1e-10.
            let step = 2e-3 * (1.0 + point[k] * point[k]);
            let at = |by: f64| {
                let mut moved = point.clone();
                moved[k] += by * step;
                value(&moved)
            };
            let weights = [4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0];
            let expected =
                (1..=4).map(|j| weights[j - 1] * (at(j as f64) - at(-(j as f64)))).sum::<f64>()
                    / step;
            let slope = slopes[k][lane];
            assert!(
                (slope - expected).abs() < tolerance * expected.abs().max(0.1),
                "{order} {mean:?} n = {rows} {partials:?} lane {lane} coordinate {k}: \
                 {slope} {expected}"
            );
        }
    }
    true
}

#[test]
fn gradients_are_those_of_the_other_form_of_the_likelihood() {
    let partials = [0.5, -0.3, 0.6, 0.4, -0.2, 0.3, 0.1, -0.5, 0.25, 0.35];
    for order in [
        "1,0,0",
        "0,0,1",
        "1,0,1",
        "2,0,1",
        "1,0,2",
        "2,0,2",
        "3,0,0",
        "0,0,3",
        "4,0,1",
        "1,1,4",
        "5,0,5",
        "2,2,3",
        "1,0,0x1,0,0,4",
        "0,1,1x0,1,1,12",
        "1,0,1x1,0,1,4",
        "2,0,0x0,0,2,5",
        "0,0,2x2,0,0,3",
    ] {
        check(order, Mean::None, None, 90, &partials);
        check(order, Mean::None, Some(0.3), 90, &partials);
    }
    for order in ["1,0,1", "2,0,2", "0,0,1x1,0,0,4"] {
        check(order, Mean::Const, None, 90, &partials);
        check(order, Mean::Drift, None, 61, &partials);
    }
}

#[test]
fn gradients_hold_near_the_edge_and_in_short_series() {
    for r in [0.9, 0.99, 0.999] {
        check("1,0,0", Mean::None, None, 200, &[r]);
        check("0,0,1", Mean::None, None, 200, &[r]);
        check("1,0,1", Mean::None, None, 200, &[0.3, r]);
        check("1,0,1", Mean::None, None, 200, &[r, 0.2]);
        check("2,0,2", Mean::None, None, 200, &[0.5, -r, 0.5, -0.9]);
        check("0,1,1x0,1,1,4", Mean::None, None, 80, &[r, r]);
    }
    for rows in [8, 9, 10, 11, 12] {
        check("1,0,1", Mean::None, None, rows, &[0.6, 0.7]);
        check("2,0,2", Mean::None, None, rows, &[0.6, 0.2, -0.3, 0.7]);
    }
}
#[test]
fn gradients_with_gaps_hold_for_every_kind_of_model() {
    let partials = [0.5, -0.3, 0.6, 0.4, -0.2, 0.3, 0.1, -0.5, 0.25, 0.35];
    for order in [
        "1,0,0",
        "0,0,1",
        "1,1,1",
        "2,1,2",
        "0,2,1",
        "3,0,0",
        "0,0,3",
        "4,0,1",
        "0,1,1x0,1,1,12",
        "1,1,1x1,1,1,4",
        "2,0,0x0,0,2,5",
    ] {
        let mut series = noise(120);
        // At either end, single ones, a long one.
        for row in [0, 1, 7, 30, 31, 32, 33, 34, 35, 36, 37, 38, 60, 62, 64, 118, 119] {
            series[row] = f64::NAN;
        }
        let order: Order = order.parse().unwrap();
        for mean in means(&order) {
            let model = Arima::of_order(order).with_mean(mean);
            let data = TrainingData::new(&series);
            assert!(check_with(&model, &data, None, &partials, 1e-9), "{order}");
            assert!(check_with(&model, &data, Some(0.3), &partials, 1e-9), "{order}");
        }
    }
}

/// A model with missing rows, as the random cases draw it.
#[derive(Debug)]
struct Drawn {
    orders: (usize, usize, usize),
    seasonal: (usize, usize, usize, usize),
    rows: usize,
    gaps: Vec<usize>,
    partials: Vec<f64>,
    regressors: usize,
    mean: usize,
}

impl Drawn {
    /// False where there is nothing to check.
    fn check(&self) -> bool {
        let ((p, d, q), (sp, sd, sq, season)) = (self.orders, self.seasonal);
        if p + q + sp + sq == 0 {
            return false;
        }
        let rows = self.rows;
        let all = noise(rows * (self.regressors + 1));
        let mut series = all[..rows].to_vec();
        self.gaps.iter().filter(|row| **row < rows).for_each(|row| series[*row] = f64::NAN);
        let view = DMatrixView::from_slice(&all[rows..], rows, self.regressors);
        let names = (0..self.regressors).map(|k| format!("x{k}"));
        let matrix = NamedMatrix::new(view, names).unwrap();
        let mut data = TrainingData::new(&series);
        if self.regressors > 0 {
            data = data.with_regressors(matrix);
        }
        let model = Arima::new(p, d, q).seasonal(sp, sd, sq, season);
        let means = means(&model.order());
        let model = model.with_mean(means[self.mean % means.len()]);
        // The differences themselves lose a digit where two roots are close to each other.
        check_with(&model, &data, None, &self.partials, 1e-8)
    }
}

/// Missing rows right at the beginning of a model with six differences, which a random case found.
#[test]
fn gradients_hold_where_the_first_rows_are_missing() {
    let drawn = Drawn {
        orders: (2, 2, 0),
        seasonal: (1, 1, 1, 5),
        rows: 67,
        gaps: vec![32, 10, 5, 41, 0, 1],
        partials: vec![
            -0.902_319_700_322_989_9,
            0.530_675_176_740_624_8,
            -0.446_466_865_236_164_1,
            0.293_043_973_539_942_6,
            0.0,
            0.0,
            0.0,
            0.0,
        ],
        regressors: 0,
        mean: 0,
    };
    assert!(drawn.check());
}

proptest! {
    #![proptest_config(same_cases(64))]

    #[test]
    fn gradients_with_gaps_hold_for_random_models(
        orders in (0..4_usize, 0..3_usize, 0..4_usize),
        seasonal in (0..2_usize, 0..2_usize, 0..2_usize, 2..6_usize),
        rows in 40..90_usize,
        gaps in prop::collection::vec(0..90_usize, 1..30),
        partials in prop::collection::vec(-0.97..0.97_f64, 8),
        regressors in 0..3_usize,
        mean in 0..2_usize,
    ) {
        let drawn = Drawn { orders, seasonal, rows, gaps, partials, regressors, mean };
        prop_assume!(drawn.check());
    }
}
