//! Hierarchical risk parity.

use nalgebra::{DMatrix, DMatrixView};

use super::mean_variance::variance;
use super::solution::{Residuals, Solution, Status};
use crate::Result;
use crate::risk::{check_covariance, correlation, sum};

/// How far apart two assets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClusterDistance {
    /// The Euclidean distance between two columns of the matrix of correlation distances: assets
    /// are close when they relate to all others alike. The choice of the 2016 paper.
    #[default]
    EuclideanOfCorrelation,
    /// The correlation distance itself, `sqrt((1 - rho) / 2)`. The choice of PyPortfolioOpt.
    Correlation,
}

/// How far apart two clusters are, given the distances of their members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Linkage {
    /// The smallest distance, as in the 2016 paper. Tends to chains.
    #[default]
    Single,
    /// The largest distance.
    Complete,
    /// The mean distance.
    Average,
    /// The growth of the variance within clusters.
    Ward,
}

/// The weights of hierarchical risk parity: long-only, sum 1, no inverse of the covariance.
///
/// Assets are clustered by correlation and put in the order of the tree's leaves, the cluster with
/// the smaller number first. The order is halved again and again (the left half takes the smaller
/// count), and each time the weight is split in inverse proportion to the variances of the two
/// halves, each under inverse-variance weights. `objective` is the variance of the result. Follows
/// Lopez de Prado (2016), "Building diversified portfolios that outperform out of sample".
///
/// # Errors
///
/// What is wrong with the covariance, see [`check_covariance`];
/// [`ZeroVariance`](crate::ErrorKind::ZeroVariance) for an asset that never moves.
///
/// # Examples
///
/// ```
/// use nalgebra::DMatrix;
/// use tangency_optimize::allocation::{ClusterDistance, Linkage, hrp};
///
/// // The first two move together and share what the third has alone.
/// let covariance = DMatrix::from_row_slice(3, 3, &[0.04, 0.03, 0.0, 0.03, 0.04, 0.0, 0.0, 0.0, 0.04]);
/// let solution = hrp(covariance.as_view(), ClusterDistance::default(), Linkage::default())?;
/// assert!(solution.weights[2] > solution.weights[0]);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
pub fn hrp(
    covariance: DMatrixView<'_, f64>,
    distance: ClusterDistance,
    linkage: Linkage,
) -> Result<Solution> {
    check_covariance(covariance)?;
    let order = leaf_order(&correlation(covariance)?, distance, linkage);
    let mut weights = vec![1.0; order.len()];
    split(covariance, &order, &mut weights);
    let feasibility = (sum(&weights) - 1.0).abs();
    Ok(Solution {
        objective: variance(covariance, &weights),
        residuals: Residuals { feasibility, optimality: 0.0 },
        weights,
        status: Status::Solved,
        iterations: order.len().saturating_sub(1),
    })
}

/// The assets in the order of the leaves of their cluster tree.
fn leaf_order(
    correlation: &DMatrix<f64>,
    distance: ClusterDistance,
    linkage: Linkage,
) -> Vec<usize> {
    let n = correlation.nrows();
    if n == 1 {
        return vec![0];
    }
    let apart = correlation.map(|rho| ((1.0 - rho) / 2.0).max(0.0).sqrt());
    let mut condensed = Vec::with_capacity(n * (n - 1) / 2);
    for i in 0..n {
        for j in i + 1..n {
            condensed.push(match distance {
                ClusterDistance::Correlation => apart[(i, j)],
                ClusterDistance::EuclideanOfCorrelation => {
                    let squares: Vec<f64> = (apart.column(i).iter())
                        .zip(apart.column(j).iter())
                        .map(|(a, b)| (a - b) * (a - b))
                        .collect();
                    sum(&squares).sqrt()
                }
            });
        }
    }
    let method = match linkage {
        Linkage::Single => kodama::Method::Single,
        Linkage::Complete => kodama::Method::Complete,
        Linkage::Average => kodama::Method::Average,
        Linkage::Ward => kodama::Method::Ward,
    };
    let dendrogram = kodama::linkage(&mut condensed, n, method);
    let steps = dendrogram.steps();
    let mut order = Vec::with_capacity(n);
    // Depth first with a stack of our own: a chain of thousands of clusters is no recursion.
    let mut open = vec![n + steps.len() - 1];
    while let Some(cluster) = open.pop() {
        if cluster < n {
            order.push(cluster);
        } else {
            let step = &steps[cluster - n];
            open.push(step.cluster2);
            open.push(step.cluster1);
        }
    }
    order
}

/// Splits the weight of a run of assets between its halves, and so on down to single assets.
fn split(covariance: DMatrixView<'_, f64>, order: &[usize], weights: &mut [f64]) {
    if order.len() < 2 {
        return;
    }
    let (left, right) = order.split_at(order.len() / 2);
    let (left_risk, right_risk) =
        (cluster_variance(covariance, left), cluster_variance(covariance, right));
    let share = right_risk / (left_risk + right_risk);
    for &asset in left {
        weights[asset] *= share;
    }
    for &asset in right {
        weights[asset] *= 1.0 - share;
    }
    split(covariance, left, weights);
    split(covariance, right, weights);
}

/// The variance of a cluster under inverse-variance weights; positive, since every asset moves.
fn cluster_variance(covariance: DMatrixView<'_, f64>, assets: &[usize]) -> f64 {
    let inverse: Vec<f64> = assets.iter().map(|&a| 1.0 / covariance[(a, a)]).collect();
    let total = sum(&inverse);
    let mut variance = 0.0;
    for (&i, wi) in assets.iter().zip(&inverse) {
        for (&j, wj) in assets.iter().zip(&inverse) {
            variance += wi * wj * covariance[(i, j)];
        }
    }
    // Perfect hedges cancel to nothing; the smallest number keeps the split defined.
    (variance / (total * total)).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asset_takes_all() {
        let one = DMatrix::from_element(1, 1, 0.04);
        let got = hrp(one.as_view(), ClusterDistance::default(), Linkage::default()).unwrap();
        assert_eq!(got.weights, [1.0]);
    }

    #[test]
    fn leaves_keep_relatives_together() {
        let correlation = DMatrix::from_row_slice(
            4,
            4,
            &[1.0, 0.1, 0.9, 0.0, 0.1, 1.0, 0.2, 0.8, 0.9, 0.2, 1.0, 0.1, 0.0, 0.8, 0.1, 1.0],
        );
        for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
            let order = leaf_order(&correlation, ClusterDistance::Correlation, linkage);
            assert_eq!(order, [0, 2, 1, 3], "{linkage:?}");
        }
    }
}
