//! All combinations of some parameters.

use std::fmt;
use std::sync::Arc;

use super::params::{Params, Schema, count};
use super::values::{Parameter, Values};
use crate::error::{ErrorKind, Result};

pub(super) type Constraint = dyn Fn(&Params) -> Result<bool> + Send + Sync;

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
    schema: Arc<Schema>,
    values: Vec<Values>,
    combinations: u64,
    conditions: Vec<Option<Condition>>,
    /// In words, and as code.
    constraints: Vec<(String, Arc<Constraint>)>,
}

/// What switches a parameter on: the place of its parent, and the values of that one.
pub(super) type Condition = (usize, Vec<f64>);

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
        let mut combinations = 1_u128;
        for parameter in parameters {
            if names.contains(&parameter.name) {
                return Err(ErrorKind::DuplicateParameter { name: parameter.name }.into());
            }
            combinations = combinations.saturating_mul(parameter.values.len().into());
            names.push(parameter.name);
            values.push(parameter.values);
        }
        if names.is_empty() {
            return Err(ErrorKind::EmptyGrid { rejected: 0 }.into());
        }
        let limit = Values::LIMIT;
        let combinations = u64::try_from(combinations)
            .ok()
            .filter(|combinations| *combinations <= limit)
            .ok_or(ErrorKind::TooManyTrials { combinations, limit })?;
        let conditions = vec![None; names.len()];
        let schema = Schema::numeric(names);
        Ok(Self { schema, values, combinations, conditions, constraints: Vec::new() })
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
        self,
        keep: impl Fn(&Params) -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        self.keep_where("a constraint given as code".to_owned(), keep)
    }

    fn keep_where(
        mut self,
        words: String,
        keep: impl Fn(&Params) -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        self.constraints.push((words, Arc::new(keep)));
        self
    }

    /// Switches a parameter off unless `parent`, named before it, has one of these values. Where it is
    /// off it has no value, and its values make no combinations: those are left out and counted.
    ///
    /// ```
    /// # use tangency_optimize::search::Grid;
    /// let grid = Grid::parse(["trailing=0,1", "distance=0.01,0.02,0.05"])?
    ///     .only_if("distance", "trailing", &[1.0])?;
    /// let trials: Vec<String> = grid.trials().map(|p| p.map(|p| p.to_string())).collect::<Result<_, _>>()?;
    /// assert_eq!(trials[..2], ["trailing=0", "trailing=1, distance=0.01"]);
    /// assert_eq!(grid.count()?.trials, 4);
    /// # Ok::<(), tangency_optimize::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name, [`ErrorKind::BadTrialParameter`] for a parent
    /// that does not come before it.
    pub fn only_if(mut self, name: &str, parent: &str, values: &[f64]) -> Result<Self> {
        let (at, parent_at) = (self.position(name)?, self.position(parent)?);
        if parent_at >= at {
            let (name, value) = (parent.to_owned(), parent_at as f64);
            let expected = "a place before that of what it switches on";
            return Err(ErrorKind::BadTrialParameter { name, value, expected }.into());
        }
        self.conditions[at] = Some((parent_at, values.to_vec()));
        Ok(self)
    }

    /// Keeps combinations in which one parameter is below another, or one of them is switched off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn less_than(self, smaller: &str, larger: &str) -> Result<Self> {
        let (low, high) = (self.position(smaller)?, self.position(larger)?);
        let keep = move |params: &Params| {
            let (low, high) = (params.values()[low], params.values()[high]);
            Ok(low < high || low.is_nan() || high.is_nan())
        };
        Ok(self.keep_where(format!("{smaller} < {larger}"), keep))
    }

    /// Keeps combinations for which a text such as `fast<slow` or `high > low` holds: two parameters
    /// and which of them is smaller.
    ///
    /// ```
    /// # use tangency_optimize::search::Grid;
    /// let grid = Grid::parse(["low=10:40:10", "high=10:40:10"])?.where_text("high > low")?;
    /// assert_eq!(grid.count()?.trials, 6);
    /// # Ok::<(), tangency_optimize::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadParameterText`], or [`ErrorKind::UnknownName`] with the nearest name.
    pub fn where_text(self, text: &str) -> Result<Self> {
        let (smaller, larger) = match (text.split_once('<'), text.split_once('>')) {
            (Some((smaller, larger)), None) => (smaller.trim(), larger.trim()),
            (None, Some((larger, smaller))) => (smaller.trim(), larger.trim()),
            _ => {
                let (text, reason) = (text.to_owned(), "it compares no two parameters".to_owned());
                let expected = "name<name or name>name";
                return Err(ErrorKind::BadParameterText { text, reason, expected }.into());
            }
        };
        self.less_than(smaller, larger)
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.schema.position(name)
    }
    /// The parameters' names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.schema.names().iter().map(String::as_str)
    }

    /// The values of a parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn values(&self, name: &str) -> Result<&Values> {
        Ok(&self.values[self.position(name)?])
    }

    /// Checks that every value of a parameter is a count, such as a window.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadTrialParameter`], or [`ErrorKind::UnknownName`].
    pub fn check_counts(&self, name: &str) -> Result<()> {
        self.values(name)?.iter().try_for_each(|value| count(name, value).map(drop))
    }

    /// Counts combinations, by asking the constraints for each where there are any.
    ///
    /// # Errors
    ///
    /// Those of the constraints.
    pub fn count(&self) -> Result<GridCount> {
        let combinations = self.combinations;
        let trials = if !self.is_constrained() {
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
    pub(super) fn admit(&self, index: u64) -> Result<Option<Params>> {
        let params = self.combination(index);
        if self.repeats(index, &params) {
            return Ok(None);
        }
        for (_, keep) in &self.constraints {
            if !keep(&params)? {
                return Ok(None);
            }
        }
        Ok(Some(params))
    }

    /// Whether a switched-off parameter is at another than its first value: the combination is there
    /// already.
    fn repeats(&self, index: u64, params: &Params) -> bool {
        if self.conditions.iter().all(Option::is_none) {
            return false;
        }
        let mut rest = index;
        let mut places = params.values().iter().zip(&self.values).rev();
        places.any(|(value, choices)| {
            let place = rest % choices.len();
            rest /= choices.len();
            place > 0 && value.is_nan()
        })
    }

    /// Combination number `index`, constraints aside; `index` counts in mixed radix.
    pub(super) fn combination(&self, index: u64) -> Params {
        let mut rest = index;
        let mut values = vec![0.0; self.values.len()].into_boxed_slice();
        for (slot, choices) in values.iter_mut().zip(&self.values).rev() {
            *slot = choices.at(rest % choices.len());
            rest /= choices.len();
        }
        // Parents come first, so that a switched-off parent switches off in turn.
        for (at, condition) in self.conditions.iter().enumerate() {
            if let Some((parent, on)) = condition
                && !on.contains(&values[*parent])
            {
                values[at] = f64::NAN;
            }
        }
        Params::new(Arc::clone(&self.schema), values)
    }

    /// Which combinations are tried: `None` for all.
    pub(super) fn admitted(&self) -> Result<Option<Vec<u64>>> {
        if !self.is_constrained() {
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

    /// All combinations, those that constraints leave out included.
    #[must_use]
    pub fn combinations(&self) -> u64 {
        self.combinations
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, &Values)> {
        self.names().zip(&self.values)
    }

    pub(super) fn conditions(&self) -> &[Option<Condition>] {
        &self.conditions
    }

    pub(super) fn constraints(&self) -> &[(String, Arc<Constraint>)] {
        &self.constraints
    }

    pub(super) fn is_constrained(&self) -> bool {
        !self.constraints.is_empty() || self.conditions.iter().any(Option::is_some)
    }

    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
}

impl fmt::Display for Grid {
    /// `fast=5:20:5 slow=10,40`; constraints do not show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, values)) in self.names().zip(&self.values).enumerate() {
            write!(f, "{}{name}={values}", if at == 0 { "" } else { " " })?;
            if let Some((parent, on)) = &self.conditions[at] {
                write!(f, " (if {} in {on:?})", self.schema.names()[*parent])?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grid")
            .field("names", &self.schema.names())
            .field("values", &self.values)
            .field("constraints", &self.constraints.len())
            .finish_non_exhaustive()
    }
}
