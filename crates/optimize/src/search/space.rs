//! Parameters of several kinds, conditions and constraints.

use std::fmt;
use std::sync::Arc;

use super::domain::Domain;
use super::grid::{Condition, Constraint, Grid};
use super::params::{Params, Schema};
use super::values::Values;
use crate::error::{ErrorKind, Result};

/// The parameters that a [`Method`](super::Method) chooses from: whole numbers, reals, reals on a
/// logarithmic scale, lists and words; some of them only where another one has a certain value;
/// less what constraints leave out.
///
/// Methods work on the unit cube, one side a parameter: `u` in `[0, 1)` is the value at that share
/// of its range, the logarithm's where it is on such a scale; a list is cut into pieces of one
/// length.
///
/// # Examples
///
/// ```
/// use tangency_optimize::search::Space;
///
/// let space = Space::new()
///     .words("kind", ["ema", "breakout"])?
///     .integer("fast", 2, 50)?
///     .integer("slow", 10, 200)?
///     .logarithmic("stop", 1e-3, 1e-1)?
///     .only_if("fast", "kind", "ema")?
///     .only_if("slow", "kind", "ema")?
///     .less_than("fast", "slow")?;
/// assert_eq!(space.names().count(), 4);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Space {
    names: Vec<String>,
    domains: Vec<Domain>,
    conditions: Vec<Option<Condition>>,
    constraints: Vec<Arc<Constraint>>,
    constraint_names: Vec<String>,
}

impl Space {
    /// No parameters yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The parameters of a grid with its constraints; ranges are taken as ordered lists. A journal tells
    /// comparisons of parameters from each other, but not constraints that are given as code.
    #[must_use]
    pub fn of_grid(grid: &Grid) -> Self {
        let mut space = Self::new();
        for (name, values) in grid.parameters() {
            space.names.push(name.to_owned());
            space.domains.push(Domain::Listed(values.clone()));
        }
        space.conditions.extend(grid.conditions().iter().cloned());
        for (words, keep) in grid.constraints() {
            space.constraint_names.push(words.clone());
            space.constraints.push(Arc::clone(keep));
        }
        space
    }

    /// With whole numbers from `low` to `high`, both included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadParameterRange`], [`ErrorKind::DuplicateParameter`].
    pub fn integer(self, name: &str, low: i64, high: i64) -> Result<Self> {
        let values = Values::range(low as f64, high as f64, 1.0)?;
        self.with(name, Domain::Listed(values))
    }

    /// With real numbers from `low` to below `high`.
    ///
    /// # Errors
    ///
    /// As [`integer`](Self::integer).
    pub fn real(self, name: &str, low: f64, high: f64) -> Result<Self> {
        self.with(name, Domain::real(low, high)?)
    }

    /// With positive real numbers whose logarithm is spread evenly.
    ///
    /// # Errors
    ///
    /// As [`integer`](Self::integer).
    pub fn logarithmic(self, name: &str, low: f64, high: f64) -> Result<Self> {
        self.with(name, Domain::logarithmic(low, high)?)
    }

    /// With these numbers, whose order means something.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DuplicateParameter`].
    pub fn values(self, name: &str, values: Values) -> Result<Self> {
        self.with(name, Domain::Listed(values))
    }

    /// With these words, whose order means nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`], [`ErrorKind::DuplicateParameter`].
    pub fn words<W: Into<String>>(
        self,
        name: &str,
        words: impl IntoIterator<Item = W>,
    ) -> Result<Self> {
        let words: Box<[String]> = words.into_iter().map(Into::into).collect();
        if words.is_empty() {
            return Err(ErrorKind::Empty { what: "list of words" }.into());
        }
        self.with(name, Domain::Words(words))
    }

    fn with(mut self, name: &str, domain: Domain) -> Result<Self> {
        if self.names.iter().any(|known| known == name) {
            return Err(ErrorKind::DuplicateParameter { name: name.to_owned() }.into());
        }
        self.names.push(name.to_owned());
        self.domains.push(domain);
        self.conditions.push(None);
        Ok(self)
    }

    /// Switches a parameter off unless `parent`, named before it, has this word.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] for a parameter or a word that is not there,
    /// [`ErrorKind::BadTrialParameter`] for a parent that does not come before it.
    pub fn only_if(mut self, name: &str, parent: &str, word: &str) -> Result<Self> {
        let schema = self.schema();
        let (at, parent_at) = (schema.position(name)?, schema.position(parent)?);
        if parent_at >= at {
            let (name, value) = (parent.to_owned(), parent_at as f64);
            let expected = "a place before that of what it switches on";
            return Err(ErrorKind::BadTrialParameter { name, value, expected }.into());
        }
        let value = self.domains[parent_at].value_of(word).ok_or_else(|| {
            let nearest = self.domains[parent_at].nearest_word(word);
            ErrorKind::UnknownName {
                what: "value of the parameter",
                name: word.to_owned(),
                nearest,
            }
        })?;
        let condition = self.conditions[at].get_or_insert_with(|| (parent_at, Vec::new()));
        condition.1.push(value);
        condition.0 = parent_at;
        Ok(self)
    }

    /// Leaves out points for which `keep` returns false. The name is for the journal: a journal of
    /// other constraints is refused.
    #[must_use]
    pub fn constraint(
        mut self,
        name: &str,
        keep: impl Fn(&Params) -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        self.constraints.push(Arc::new(keep));
        self.constraint_names.push(name.to_owned());
        self
    }

    /// Keeps points in which one parameter is below another, or one of them is switched off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn less_than(self, smaller: &str, larger: &str) -> Result<Self> {
        let schema = self.schema();
        let (low, high) = (schema.position(smaller)?, schema.position(larger)?);
        let keep = move |params: &Params| {
            let (low, high) = (params.values()[low], params.values()[high]);
            Ok(low < high || low.is_nan() || high.is_nan())
        };
        Ok(self.constraint(&format!("{smaller} < {larger}"), keep))
    }

    /// The parameters' names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn schema(&self) -> Arc<Schema> {
        let labels = self.domains.iter().map(Domain::labels).collect();
        Schema::new(self.names.clone(), labels)
    }

    pub(super) fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The point of the unit cube as parameters; those that are switched off are NaN.
    pub(super) fn params(&self, schema: &Arc<Schema>, point: &[f64]) -> Params {
        let mut values: Box<[f64]> =
            self.domains.iter().zip(point).map(|(domain, u)| domain.at(*u)).collect();
        for (at, condition) in self.conditions.iter().enumerate() {
            // Parents come first, so that a switched-off parent switches off in turn.
            if let Some((parent, on)) = condition
                && !on.contains(&values[*parent])
            {
                values[at] = f64::NAN;
            }
        }
        Params::new(Arc::clone(schema), values)
    }

    /// Whether the constraints let it through.
    pub(super) fn admits(&self, params: &Params) -> Result<bool> {
        for keep in &self.constraints {
            if !keep(params)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Display for Space {
    /// Everything that is known of it, for a journal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, domain)) in self.names.iter().zip(&self.domains).enumerate() {
            write!(f, "{}{name}={domain}", if at == 0 { "" } else { " " })?;
            if let Some((parent, on)) = &self.conditions[at] {
                write!(f, " (if {} in {on:?})", self.names[*parent])?;
            }
        }
        for name in &self.constraint_names {
            write!(f, "; {name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Space({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_switches_off_in_turn() {
        let space = Space::new()
            .words("a", ["x", "y"])
            .and_then(|s| s.words("b", ["p", "q"]))
            .and_then(|s| s.integer("c", 1, 10))
            .and_then(|s| s.only_if("b", "a", "y"))
            .and_then(|s| s.only_if("c", "b", "q"))
            .unwrap();
        let schema = space.schema();
        let text = |point: [f64; 3]| space.params(&schema, &point).to_string();
        assert_eq!(text([0.0, 0.9, 0.35]), "a=x");
        assert_eq!(text([0.9, 0.1, 0.35]), "a=y, b=p");
        assert_eq!(text([0.9, 0.9, 0.35]), "a=y, b=q, c=4");
        let params = space.params(&schema, &[0.9, 0.9, 0.35]);
        assert_eq!(params.choice("b").unwrap(), "q");
        assert_eq!(params.count("c").unwrap(), 4);
        let off = space.params(&schema, &[0.0, 0.9, 0.35]);
        assert_eq!(off.get("c").unwrap_err().to_string(), "parameter c is missing");
    }

    #[test]
    fn constraints_of_a_grid_show() {
        let grid = Grid::parse(["a=1:9:1", "b=1:9:1"]).unwrap();
        let shown =
            |text: &str| Space::of_grid(&grid.clone().where_text(text).unwrap()).to_string();
        assert_eq!(shown("a<b"), "a=1:9:1 b=1:9:1; a < b");
        assert_eq!(shown("a > b"), "a=1:9:1 b=1:9:1; b < a");
    }

    #[test]
    fn mistakes_are_named() {
        let space = Space::new().words("kind", ["ema", "sma"]).unwrap().integer("n", 1, 5).unwrap();
        let text = |result: Result<Space>| result.unwrap_err().to_string();
        assert_eq!(
            text(space.clone().only_if("n", "kind", "emu")),
            "no value of the parameter is called \"emu\"; the nearest is \"ema\""
        );
        assert_eq!(
            text(space.clone().only_if("m", "kind", "ema")),
            "no parameter is called \"m\"; the nearest is \"n\""
        );
        assert!(text(space.clone().only_if("kind", "n", "1")).contains("place before"));
        assert_eq!(text(space.clone().integer("n", 1, 2)), "parameter n is given twice");
        assert!(text(space.clone().real("x", 2.0, 1.0)).starts_with("range from 2 to 1"));
        assert!(text(space.clone().logarithmic("x", 0.0, 1.0)).starts_with("range from 0 to 1"));
        assert_eq!(text(space.words("w", Vec::<String>::new())), "list of words is empty");
    }
}
