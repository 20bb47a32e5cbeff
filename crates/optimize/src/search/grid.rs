//! All combinations of some parameters.

use std::fmt;
use std::sync::Arc;

use super::params::Params;
use super::values::{Parameter, Values};
use crate::error::{ErrorKind, Result};
use crate::nearest_name::nearest_name;

type Constraint = dyn Fn(&Params) -> Result<bool> + Send + Sync;

/// Every combination of named parameters, the last one changing fastest, less those that a
/// constraint leaves out.
///
/// Combinations are made when they are asked for; a grid holds its parameters only.
///
/// # Examples
///
/// ```
/// use tangency_optimize::search::Grid;
///
/// let grid = Grid::parse(["fast=5:15:5", "slow=10,20"])?.less_than("fast", "slow")?;
/// let count = grid.count()?;
/// assert_eq!((count.combinations, count.rejected, count.trials), (6, 2, 4));
/// let trials: Vec<String> = grid.trials().map(|p| p.map(|p| p.to_string())).collect::<Result<_, _>>()?;
/// assert_eq!(trials, ["fast=5, slow=10", "fast=5, slow=20", "fast=10, slow=20", "fast=15, slow=20"]);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Clone)]
pub struct Grid {
    names: Arc<[String]>,
    values: Vec<Values>,
    combinations: u64,
    constraints: Vec<Arc<Constraint>>,
}

/// How many combinations a grid has and how many are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridCount {
    /// All combinations.
    pub combinations: u64,
    /// Those that a constraint leaves out.
    pub rejected: u64,
    /// Those that are tried.
    pub trials: u64,
}

impl Grid {
    /// All combinations of these parameters.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::EmptyGrid`] without parameters, [`ErrorKind::DuplicateParameter`],
    /// [`ErrorKind::TooManyTrials`] beyond [`Values::LIMIT`] combinations.
    pub fn new(parameters: impl IntoIterator<Item = Parameter>) -> Result<Self> {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        let mut combinations = 1_u64;
        for parameter in parameters {
            if names.contains(&parameter.name) {
                return Err(ErrorKind::DuplicateParameter { name: parameter.name }.into());
            }
            combinations = combinations
                .checked_mul(parameter.values.len())
                .filter(|product| *product <= Values::LIMIT)
                .ok_or(ErrorKind::TooManyTrials { limit: Values::LIMIT })?;
            names.push(parameter.name);
            values.push(parameter.values);
        }
        if names.is_empty() {
            return Err(ErrorKind::EmptyGrid { rejected: 0 }.into());
        }
        Ok(Self { names: names.into(), values, combinations, constraints: Vec::new() })
    }

    /// From texts such as `fast=5:50:5`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and those of reading a [`Parameter`].
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self> {
        Self::new(texts.into_iter().map(str::parse).collect::<Result<Vec<Parameter>>>()?)
    }

    /// Leaves out combinations for which `keep` returns false. Several constraints all hold.
    ///
    /// ```
    /// # use tangency_optimize::search::Grid;
    /// let grid = Grid::parse(["low=10:40:10", "high=30:90:10"])?
    ///     .constraint(|p| Ok(p.get("high")? - p.get("low")? >= 30.0));
    /// assert_eq!(grid.count()?.rejected, 10);
    /// # Ok::<(), tangency_optimize::Error>(())
    /// ```
    #[must_use]
    pub fn constraint(
        mut self,
        keep: impl Fn(&Params) -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        self.constraints.push(Arc::new(keep));
        self
    }

    /// Keeps combinations in which one parameter is below another.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn less_than(self, smaller: &str, larger: &str) -> Result<Self> {
        let (smaller, larger) = (self.position(smaller)?, self.position(larger)?);
        Ok(self.constraint(move |params| Ok(params.values()[smaller] < params.values()[larger])))
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|known| known == name).ok_or_else(|| {
            ErrorKind::UnknownName {
                what: "parameter",
                name: name.to_owned(),
                nearest: nearest_name(name, self.names.iter().map(String::as_str)),
            }
            .into()
        })
    }

    /// The parameters' names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The values of a parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn values(&self, name: &str) -> Result<&Values> {
        Ok(&self.values[self.position(name)?])
    }

    /// Counts combinations, by asking the constraints for each where there are any.
    ///
    /// # Errors
    ///
    /// Those of the constraints.
    pub fn count(&self) -> Result<GridCount> {
        let combinations = self.combinations;
        let trials = if self.constraints.is_empty() {
            combinations
        } else {
            self.trials().try_fold(0, |count, params| params.map(|_| count + 1))?
        };
        Ok(GridCount { combinations, rejected: combinations - trials, trials })
    }

    /// The combinations that are tried, in order. A constraint that fails gives its error in that
    /// place.
    pub fn trials(&self) -> impl Iterator<Item = Result<Params>> + '_ {
        (0..self.combinations).filter_map(|index| self.admit(index).transpose())
    }

    /// Combination number `index`, unless a constraint leaves it out.
    fn admit(&self, index: u64) -> Result<Option<Params>> {
        let params = self.combination(index);
        for keep in &self.constraints {
            if !keep(&params)? {
                return Ok(None);
            }
        }
        Ok(Some(params))
    }

    /// Combination number `index`, constraints aside; `index` counts in mixed radix.
    pub(super) fn combination(&self, index: u64) -> Params {
        let mut rest = index;
        let mut values = vec![0.0; self.values.len()].into_boxed_slice();
        for (slot, choices) in values.iter_mut().zip(&self.values).rev() {
            *slot = choices.at(rest % choices.len());
            rest /= choices.len();
        }
        Params::new(Arc::clone(&self.names), values)
    }

    /// Which combinations are tried: `None` for all.
    pub(super) fn admitted(&self) -> Result<Option<Vec<u64>>> {
        if self.constraints.is_empty() {
            return Ok(None);
        }
        let mut admitted = Vec::new();
        for index in 0..self.combinations {
            if self.admit(index)?.is_some() {
                admitted.push(index);
            }
        }
        Ok(Some(admitted))
    }

    pub(super) fn combinations(&self) -> u64 {
        self.combinations
    }
}

impl fmt::Debug for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grid")
            .field("names", &self.names)
            .field("values", &self.values)
            .field("constraints", &self.constraints.len())
            .finish_non_exhaustive()
    }
}
