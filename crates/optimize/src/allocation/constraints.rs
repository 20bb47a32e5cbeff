//! What weights may be.

use super::program::Row;
use crate::risk::sum;
use crate::{ErrorKind, Result};

/// Rounding that sums of bounds are allowed before they count as contradictory.
const SLACK: f64 = 1e-12;

/// A weight this close to a bound is at it.
const AT_BOUND: f64 = 1e-14;

/// Bounds, budget and groups that weights must satisfy.
///
/// ```
/// use tangency_optimize::allocation::{Constraints, Group};
///
/// // Fully invested, no short sales, at most 40 % in one asset, 10 to 30 % in assets 0 and 2.
/// let constraints = Constraints::long_only()
///     .with_bounds(0.0, 0.4)
///     .with_group(Group::new("tech", [0, 2]).at_least(0.1).at_most(0.3));
/// # let _ = constraints;
/// ```
///
/// Nothing is checked before a method that knows the number of assets runs; then everything that
/// can be seen without solving is, and refused with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraints {
    lower: Bound,
    upper: Bound,
    budget: f64,
    groups: Vec<Group>,
    iteration_limit: u32,
}

/// One bound for all assets, or one each.
#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Common(f64),
    Each(Vec<f64>),
}

impl Bound {
    fn spread(&self, what: &'static str, n: usize) -> Result<Vec<f64>> {
        match self {
            Self::Common(value) => Ok(vec![*value; n]),
            Self::Each(values) => {
                crate::risk::check_length(what, n, values.len())?;
                Ok(values.clone())
            }
        }
    }
}

impl Default for Constraints {
    fn default() -> Self {
        Self::long_only()
    }
}

impl Constraints {
    /// Fully invested without short sales: `0 <= w <= 1`, sum 1.
    #[must_use]
    pub fn long_only() -> Self {
        Self {
            lower: Bound::Common(0.0),
            upper: Bound::Common(1.0),
            budget: 1.0,
            groups: Vec::new(),
            iteration_limit: 200,
        }
    }

    /// Fully invested and nothing else: any weight, sum 1.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::long_only().with_bounds(f64::NEG_INFINITY, f64::INFINITY)
    }

    /// Sets the same bounds for all assets; infinite ones are none.
    #[must_use]
    pub fn with_bounds(mut self, lower: f64, upper: f64) -> Self {
        self.lower = Bound::Common(lower);
        self.upper = Bound::Common(upper);
        self
    }

    /// Sets the bounds of each asset.
    #[must_use]
    pub fn with_asset_bounds(mut self, lower: &[f64], upper: &[f64]) -> Self {
        self.lower = Bound::Each(lower.to_vec());
        self.upper = Bound::Each(upper.to_vec());
        self
    }

    /// Sets what the weights sum to: 1 unless set, 0 for a market-neutral portfolio.
    #[must_use]
    pub fn with_budget(mut self, budget: f64) -> Self {
        self.budget = budget;
        self
    }

    /// Adds limits on the sum of a group of weights, such as a sector.
    #[must_use]
    pub fn with_group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Sets after how many iterations a solver stops early (200 unless set).
    #[must_use]
    pub fn with_iteration_limit(mut self, limit: u32) -> Self {
        self.iteration_limit = limit;
        self
    }

    /// The bounds, budget and groups for `n` assets, checked as far as can be seen without solving.
    pub(super) fn resolve(&self, n: usize) -> Result<Feasible> {
        let lower = self.lower.spread("lower bounds", n)?;
        let upper = self.upper.spread("upper bounds", n)?;
        let budget = self.budget;
        crate::risk::check_finite("budget", &[budget])?;
        for (asset, (&lower, &upper)) in lower.iter().zip(&upper).enumerate() {
            // False for a NaN too.
            let ordered = lower <= upper;
            if !ordered || lower == f64::INFINITY || upper == f64::NEG_INFINITY {
                return Err(ErrorKind::CrossedBounds { asset, lower, upper }.into());
            }
        }
        let (lower_sum, upper_sum) = (sum(&lower), sum(&upper));
        let slack = SLACK * (n as f64).max(1.0);
        if lower_sum > budget + slack || upper_sum < budget - slack {
            return Err(ErrorKind::UnreachableBudget { budget, lower_sum, upper_sum }.into());
        }
        let mut rows = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            rows.push(group.resolve(&lower, &upper)?);
        }
        let feasible = Feasible { lower, upper, budget, groups: rows };
        feasible.check_partition(&self.groups)?;
        Ok(feasible)
    }

    pub(super) fn iteration_limit(&self) -> u32 {
        self.iteration_limit
    }
}

/// A named group of assets whose weights, times their coefficients, have a minimum and a maximum.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    name: String,
    coefficients: Vec<(usize, f64)>,
    minimum: f64,
    maximum: f64,
}

impl Group {
    /// The sum of the weights of `assets` (positions from zero), without limits yet.
    #[must_use]
    pub fn new(name: impl Into<String>, assets: impl IntoIterator<Item = usize>) -> Self {
        Self::weighted(name, assets.into_iter().map(|asset| (asset, 1.0)))
    }

    /// Any linear exposure, such as a factor loading: `sum of coefficient * weight`.
    #[must_use]
    pub fn weighted(
        name: impl Into<String>,
        coefficients: impl IntoIterator<Item = (usize, f64)>,
    ) -> Self {
        Self {
            name: name.into(),
            coefficients: coefficients.into_iter().collect(),
            minimum: f64::NEG_INFINITY,
            maximum: f64::INFINITY,
        }
    }

    /// Sets the minimum.
    #[must_use]
    pub fn at_least(mut self, minimum: f64) -> Self {
        self.minimum = minimum;
        self
    }

    /// Sets the maximum.
    #[must_use]
    pub fn at_most(mut self, maximum: f64) -> Self {
        self.maximum = maximum;
        self
    }

    fn resolve(&self, lower: &[f64], upper: &[f64]) -> Result<Row> {
        let (minimum, maximum) = (self.minimum, self.maximum);
        let ordered = minimum <= maximum;
        if !ordered {
            let group = self.name.clone();
            return Err(ErrorKind::CrossedGroupLimits { group, minimum, maximum }.into());
        }
        let mut row = Row { coefficients: Vec::new(), lower: minimum, upper: maximum };
        let (mut lowest, mut highest) = (0.0, 0.0);
        for &(asset, coefficient) in &self.coefficients {
            if asset >= lower.len() || row.coefficients.iter().any(|(known, _)| *known == asset) {
                let group = self.name.clone();
                return Err(ErrorKind::InvalidGroupMember { group, asset, n: lower.len() }.into());
            }
            crate::risk::check_finite("group coefficient", &[coefficient])?;
            if coefficient == 0.0 {
                continue;
            }
            row.coefficients.push((asset, coefficient));
            let ends = [coefficient * lower[asset], coefficient * upper[asset]];
            lowest += ends[0].min(ends[1]);
            highest += ends[0].max(ends[1]);
        }
        let slack = SLACK * (1.0 + lower.len() as f64);
        if lowest > maximum + slack || highest < minimum - slack {
            let group = self.name.clone();
            let kind = ErrorKind::UnreachableGroup { group, minimum, maximum, lowest, highest };
            return Err(kind.into());
        }
        Ok(row)
    }
}

/// Checked constraints on a known number of assets.
#[derive(Debug, Clone)]
pub(super) struct Feasible {
    pub(super) lower: Vec<f64>,
    pub(super) upper: Vec<f64>,
    pub(super) budget: f64,
    pub(super) groups: Vec<Row>,
}

impl Feasible {
    /// Groups that share no asset cannot, with the bounds of the rest, miss the budget.
    fn check_partition(&self, groups: &[Group]) -> Result<()> {
        let mut taken = vec![false; self.lower.len()];
        let (mut lowest, mut highest) = (0.0, 0.0);
        for (row, group) in self.groups.iter().zip(groups) {
            let plain = row.coefficients.iter().all(|(_, c)| *c == 1.0);
            if !plain || row.coefficients.iter().any(|(asset, _)| taken[*asset]) {
                continue;
            }
            let sum_of = |bounds: &[f64]| -> f64 {
                group.coefficients.iter().map(|(asset, _)| bounds[*asset]).sum()
            };
            lowest += row.lower.max(sum_of(&self.lower));
            highest += row.upper.min(sum_of(&self.upper));
            for (asset, _) in &row.coefficients {
                taken[*asset] = true;
            }
        }
        for asset in (0..taken.len()).filter(|&asset| !taken[asset]) {
            lowest += self.lower[asset];
            highest += self.upper[asset];
        }
        let slack = SLACK * (1.0 + taken.len() as f64);
        if lowest > self.budget + slack || highest < self.budget - slack {
            let budget = self.budget;
            let kind =
                ErrorKind::UnreachableBudget { budget, lower_sum: lowest, upper_sum: highest };
            return Err(kind.into());
        }
        Ok(())
    }

    /// The number of assets.
    pub(super) fn n(&self) -> usize {
        self.lower.len()
    }

    /// The budget as a row over all assets.
    pub(super) fn budget_row(&self) -> Row {
        let coefficients = (0..self.n()).map(|asset| (asset, 1.0)).collect();
        Row { coefficients, lower: self.budget, upper: self.budget }
    }

    /// The largest violation of a bound, the budget or a group.
    pub(super) fn violation(&self, weights: &[f64]) -> f64 {
        let mut worst = (sum(weights) - self.budget).abs();
        for ((w, lower), upper) in weights.iter().zip(&self.lower).zip(&self.upper) {
            worst = worst.max(lower - w).max(w - upper);
        }
        for row in &self.groups {
            let value = row.value(weights);
            worst = worst.max(row.lower - value).max(value - row.upper);
        }
        worst
    }

    /// Puts weights on the bounds they crossed and gives what is missing from the budget to the
    /// assets with room, most of it to those with most.
    pub(super) fn settle(&self, weights: &mut [f64]) {
        for ((w, lower), upper) in weights.iter_mut().zip(&self.lower).zip(&self.upper) {
            *w = w.clamp(*lower, *upper);
            // What differs from a bound by rounding is meant to be at it.
            for bound in [*lower, *upper] {
                if (*w - bound).abs() <= AT_BOUND {
                    *w = bound;
                }
            }
        }
        // A few rounds, as what is added rounds; the last ones move single units in the last place.
        for _ in 0..8 {
            let missing = self.budget - sum(weights);
            if missing == 0.0 {
                return;
            }
            let room: Vec<f64> = (0..weights.len())
                .map(|i| {
                    let free = weights[i] > self.lower[i] && weights[i] < self.upper[i];
                    let room = if missing > 0.0 {
                        self.upper[i] - weights[i]
                    } else {
                        weights[i] - self.lower[i]
                    };
                    // Weights at a bound stay there unless the gap is more than rounding.
                    if free || missing.abs() > 1e-9 { room.min(1.0) } else { 0.0 }
                })
                .collect();
            let total = sum(&room);
            if total <= 0.0 {
                return;
            }
            for (i, w) in weights.iter_mut().enumerate() {
                *w = (*w + missing * room[i] / total).clamp(self.lower[i], self.upper[i]);
            }
        }
    }
}
