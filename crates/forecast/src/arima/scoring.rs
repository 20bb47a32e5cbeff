//! The metric that a descent begins with: the information of a long series.
//!
//! The innovations move with a coefficient of lag l as `B^l e / f(B)`, where f is the factor that
//! the coefficient stands in, so that the information per row is a matrix of covariances between
//! autoregressions. Box, Jenkins and Reinsel (1994), "Time Series Analysis", 3rd edition, section
//! 7.2.6. The first step is then one of Fisher's scoring, which knows the narrow valleys along which
//! an autoregressive and a moving-average root nearly cancel.

use nalgebra::DMatrix;

use super::coordinates::Coordinates;
use super::lanes::Lanes;
use super::order::Order;
use super::parameters::Block;

/// Terms of the impulse responses; a metric need not be exact.
const TERMS: usize = 64;

/// Share of the diagonal that is added to it, so that nothing is singular.
const RIDGE: f64 = 1e-3;

/// The inverse of the information per row in the coordinates of `point`, row-major.
pub(super) fn scoring_metric(
    order: &Order,
    coordinates: &Coordinates,
    point: &[f64],
) -> Option<Vec<f64>> {
    let lanes: Vec<Lanes<1>> = point.iter().map(|&x| [x]).collect();
    let (coefficients, _) = coordinates.coefficients(&lanes);
    let information = information(order, &coefficients);
    let size = point.len();
    // First the columns, then the rows: J' I J.
    let pulled: Vec<Vec<f64>> = information
        .iter()
        .map(|row| coordinates.pull_back(&lanes, row).iter().map(|value| value[0]).collect())
        .collect();
    let mut matrix = DMatrix::zeros(size, size);
    for column in 0..size {
        let slopes: Vec<Lanes<1>> = pulled.iter().map(|row| [row[column]]).collect();
        for (row, value) in coordinates.pull_back(&lanes, &slopes).iter().enumerate() {
            matrix[(row, column)] = value[0];
        }
    }
    for k in 0..size {
        matrix[(k, k)] *= 1.0 + RIDGE;
    }
    Some(matrix.cholesky()?.inverse().as_slice().to_vec())
}

/// One row and column a coefficient.
fn information(order: &Order, coefficients: &[Lanes<1>]) -> Vec<Vec<Lanes<1>>> {
    // Of each coefficient its lag and the responses of one over its factor.
    let mut parts: Vec<(usize, Vec<f64>)> = Vec::with_capacity(coefficients.len());
    let mut start = 0;
    for block in Block::ALL {
        let values = &coefficients[start..start + block.len(order)];
        start += values.len();
        if values.is_empty() {
            continue;
        }
        let step = if block.is_seasonal() { order.season } else { 1 };
        let sign = if block.is_ar() { 1.0 } else { -1.0 };
        let mut responses = vec![0.0; TERMS.max(3 * step)];
        responses[0] = 1.0;
        for at in (step..responses.len()).step_by(step) {
            let past = values.iter().zip((0..=at - step).rev().step_by(step));
            responses[at] = past.map(|(value, before)| sign * value[0] * responses[before]).sum();
        }
        for lag in 1..=values.len() {
            parts.push((lag * step, responses.clone()));
        }
    }
    let covariance = |(near, a): &(usize, Vec<f64>), (far, b): &(usize, Vec<f64>)| -> f64 {
        let (a, b) = match near <= far {
            true => (&a[(far - near).min(a.len())..], &b[..]),
            false => (&a[..], &b[(near - far).min(b.len())..]),
        };
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    parts.iter().map(|a| parts.iter().map(|b| [covariance(a, b)]).collect()).collect()
}
