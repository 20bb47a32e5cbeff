//! Standard errors from the observed information.

use nalgebra::{DMatrix, DVector};

use super::fitted::FittedArima;
use super::fixed_blocks;
use super::lanes::Lanes;
use super::likelihood::{Likelihood, Profile, Workspace};
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};

/// Step of the differences of gradients, which are exact: the curvature is good to about 1e-8.
const DIFFERENCE: f64 = 1e-4;

impl FittedArima {
    /// Standard errors of the parameters, in their order, from the observed information (minus the
    /// second derivatives of the log-likelihood at the estimates); `None` for a fixed one.
    ///
    /// `data` are those of the fit. The blocks of regression and variance follow from the profiled
    /// likelihood exactly. They describe a maximum inside the admissible region in a long series;
    /// near its edge they say little.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SingularInformation`] where the likelihood does not curve downwards in every
    /// direction (an edge, nearly cancelling roots), [`ErrorKind::ColumnsDiffer`] and
    /// [`ErrorKind::RowsDiffer`] for other regressors or rows than those of the fit, and those of
    /// the data as in a fit.
    pub fn standard_errors(&self, data: &TrainingData<'_>) -> Result<Vec<Option<f64>>> {
        let name = |error: crate::Error| error.at(crate::Model::name(&self.model), data.name());
        self.information(data).map_err(name)
    }

    fn information(&self, data: &TrainingData<'_>) -> Result<Vec<Option<f64>>> {
        let layout = self.model.layout(data)?;
        let fixed: Vec<Option<f64>> =
            self.parameters.iter().map(|p| p.fixed.then_some(p.value)).collect();
        let names = data.regressors().map_or(&[][..], |matrix| matrix.names());
        if names != self.regressor_names {
            let (expected, got) = (self.regressor_names.clone(), names.to_vec());
            return Err(ErrorKind::ColumnsDiffer { what: "regressors", expected, got }.into());
        }
        if data.n_rows() != self.rows {
            let (expected, got) = (self.rows, data.n_rows());
            return Err(ErrorKind::RowsDiffer { what: "the data of the fit", expected, got }.into());
        }
        let design = self.model.design(data, &layout, &fixed)?;
        let likelihood = Likelihood::new(self.model.order, &design, fixed[layout.len() - 1]);
        let range = layout.coefficients();
        let start: Vec<f64> = self.parameters[range.clone()].iter().map(|p| p.value).collect();
        let free: Vec<usize> =
            (0..start.len()).filter(|k| fixed[range.start + k].is_none()).collect();
        let singular = || ErrorKind::SingularInformation;
        let at = |moves: &[(usize, f64)]| -> Result<Profile> {
            let mut values = start.clone();
            for (k, by) in moves {
                values[free[*k]] += by * DIFFERENCE;
            }
            Ok(likelihood.profile(&values).ok_or_else(singular)?)
        };
        let size = free.len();
        let centre = at(&[])?;
        // How the profiled regression and variance move with the coefficients.
        let mut slopes = DMatrix::<f64>::zeros(layout.n_regression(), size);
        let mut variance_slope = DVector::<f64>::zeros(size);
        for a in 0..size {
            let (up, down) = (at(&[(a, 1.0)])?, at(&[(a, -1.0)])?);
            variance_slope[a] = (up.variance - down.variance) / (2.0 * DIFFERENCE);
            let (high, low) = (design.coefficients(&up.basis), design.coefficients(&down.basis));
            for (row, (high, low)) in high.iter().zip(&low).enumerate() {
                slopes[(row, a)] = (high - low) / (2.0 * DIFFERENCE);
            }
        }
        // Gradients come from the recursions of the search.
        let searched = fixed_blocks::searchable(&self.model.order, &layout, &fixed)?;
        let likelihood = likelihood.with_variance(searched[layout.len() - 1]);
        let values = start.iter().zip(&searched[range.clone()]);
        let start: Vec<f64> = values.map(|(value, fixed)| fixed.unwrap_or(*value)).collect();
        let hessian = curvature(&likelihood, &start, &free, self.observed).ok_or_else(singular)?;
        let covariance = hessian.cholesky().ok_or_else(singular)?.inverse();
        let regression = regression_covariance(&centre, &design).ok_or_else(singular)?
            + &slopes * &covariance * slopes.transpose();
        let n = self.observed as f64;
        let variance = 2.0 * centre.variance * centre.variance / n
            + (variance_slope.transpose() * &covariance * &variance_slope)[(0, 0)];
        let errors = (0..layout.len()).map(|k| {
            if fixed[k].is_some() {
                return None;
            }
            let squared = match k {
                _ if k < range.start => regression[(k, k)],
                _ if k < range.end => {
                    let at = free.iter().position(|&free| free == k - range.start)?;
                    covariance[(at, at)]
                }
                _ => variance,
            };
            Some(squared.sqrt())
        });
        Ok(errors.collect())
    }
}

/// Minus the second derivatives of the log-likelihood, by differences of its exact gradient.
fn curvature(
    likelihood: &Likelihood<'_>,
    start: &[f64],
    free: &[usize],
    observed: usize,
) -> Option<DMatrix<f64>> {
    let mut workspace = Workspace::default();
    let mut hessian = DMatrix::<f64>::zeros(free.len(), free.len());
    for (a, &moved) in free.iter().enumerate() {
        let mut lanes: Vec<Lanes<2>> = start.iter().map(|&value| [value; 2]).collect();
        lanes[moved] = [start[moved] + DIFFERENCE, start[moved] - DIFFERENCE];
        let (_, slopes) = likelihood.cost_and_gradient(&lanes, &mut workspace);
        for (b, &other) in free.iter().enumerate() {
            let [up, down] = slopes[other];
            let second = observed as f64 * (up - down) / (2.0 * DIFFERENCE);
            hessian[(a, b)] += 0.5 * second;
            hessian[(b, a)] += 0.5 * second;
        }
    }
    hessian.iter().all(|value| value.is_finite()).then_some(hessian)
}

/// Covariance of the regression coefficients where the ARMA coefficients are known.
fn regression_covariance(
    profile: &Profile,
    design: &super::design::Design,
) -> Option<DMatrix<f64>> {
    let size = profile.basis.len();
    let origin = design.coefficients(&vec![0.0; size]);
    let rows = origin.len();
    let mut map = DMatrix::<f64>::zeros(rows, size);
    for k in 0..size {
        let mut unit = vec![0.0; size];
        unit[k] = 1.0;
        for (row, (moved, still)) in design.coefficients(&unit).iter().zip(&origin).enumerate() {
            map[(row, k)] = moved - still;
        }
    }
    let gram = DMatrix::from_fn(size, size, |row, column| {
        let (high, low) = (row.max(column), row.min(column));
        profile.gram[high * (high + 1) / 2 + low]
    });
    let inverse = gram.cholesky()?.inverse() * profile.variance;
    Some(&map * inverse * map.transpose())
}
