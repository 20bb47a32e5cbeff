//! Whether a winner stands on a plateau.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{Direction, Metric};
use crate::resampling::Distribution;
use crate::search::{Grid, Params};

/// A figure at every combination of a grid, ready to be looked at around a point.
///
/// Neighbours of a combination differ from it by at most one step in every parameter: 8 in the middle
/// of a grid of two parameters, `3^d - 1` of `d`. Combinations without a figure (left out by a
/// constraint, failed, not a number) are no neighbours. One double a combination.
///
/// A winner whose neighbours are nearly as good is a property of the market as far as this sample
/// shows; one that towers over its neighbours is an accident of it. A plateau can be luck too.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::overfitting::StabilityMap;
///
/// // Three by four parameters: a plateau on the left, a lonely peak on the right.
/// let sharpe = [
///     0.9, 0.9, 0.1, 0.0, //
///     0.9, 1.0, 0.1, 1.2, //
///     0.8, 0.9, 0.1, 0.0,
/// ];
/// let map = StabilityMap::new(vec![3, 4], sharpe.to_vec(), Metric::Sharpe)?;
/// let peak = map.around(map.best().expect("there are figures"));
/// assert_eq!((peak.value, peak.median), (1.2, 0.1));
/// let robust = map.most_robust().expect("there are figures");
/// assert_eq!((robust, map.value(robust)), (5, 1.0));
/// assert_eq!(map.around(5).plateau_share(0.15), 0.5);
/// assert_eq!(peak.plateau_share(0.15), 0.0);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StabilityMap {
    steps: Vec<usize>,
    values: Vec<f64>,
    metric: Metric,
}

/// A combination and its neighbours.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Neighbourhood {
    /// The figure at the combination itself; NaN where there is none.
    pub value: f64,
    /// Mean over the neighbours; NaN without any.
    pub mean: f64,
    /// Median over the neighbours.
    pub median: f64,
    /// The worst of them.
    pub worst: f64,
    /// Every neighbour's figure, ascending.
    pub neighbours: Distribution,
    metric: Metric,
}

impl Neighbourhood {
    /// The share of neighbours at most `loss` (in units of the figure) worse than the combination;
    /// NaN without neighbours.
    #[must_use]
    pub fn plateau_share(&self, loss: f64) -> f64 {
        let values = self.neighbours.values();
        let close = values.iter().filter(|value| match self.metric.direction() {
            Direction::Higher => **value >= self.value - loss,
            Direction::Lower => **value <= self.value + loss,
        });
        close.count() as f64 / values.len() as f64
    }
}

impl StabilityMap {
    /// Figures of all combinations, the last parameter changing fastest, NaN where there is none.
    /// `steps` is the number of values of each parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] without parameters, [`ErrorKind::WrongLength`] unless there is a figure for
    /// each combination.
    pub fn new(steps: Vec<usize>, values: Vec<f64>, metric: Metric) -> Result<Self> {
        if steps.is_empty() {
            return Err(ErrorKind::Empty { what: "stability map" }.into());
        }
        let combinations = steps.iter().try_fold(1_usize, |product, n| product.checked_mul(*n));
        let (what, got) = ("stability map", values.len());
        match combinations {
            Some(expected) if expected == got => Ok(Self { steps, values, metric }),
            expected => {
                let expected = expected.unwrap_or(usize::MAX);
                Err(ErrorKind::WrongLength { what, expected, got }.into())
            }
        }
    }

    /// From the trials of a grid with their figures, in any order; combinations without a trial have
    /// none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadTrialParameter`] for a value that the grid does not have,
    /// [`ErrorKind::UnknownName`] for a parameter that a trial does not have.
    pub fn of_trials<'p>(
        grid: &Grid,
        trials: impl IntoIterator<Item = (&'p Params, f64)>,
        metric: Metric,
    ) -> Result<Self> {
        let values = |name| Ok::<Vec<f64>, Error>(grid.values(name)?.iter().collect());
        let axes: Vec<(&str, Vec<f64>)> =
            grid.names().map(|name| Ok((name, values(name)?))).collect::<Result<_>>()?;
        let steps: Vec<usize> = axes.iter().map(|(_, values)| values.len()).collect();
        let mut map = vec![f64::NAN; steps.iter().product()];
        for (params, figure) in trials {
            let mut at = 0;
            for (name, values) in &axes {
                let value = params.get(name)?;
                let Some(place) = values.iter().position(|known| *known == value) else {
                    let (name, expected) = ((*name).to_owned(), "a value of the grid");
                    return Err(ErrorKind::BadTrialParameter { name, value, expected }.into());
                };
                at = at * values.len() + place;
            }
            map[at] = figure;
        }
        Self::new(steps, map, metric)
    }

    /// Number of combinations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The figure of a combination.
    ///
    /// # Panics
    ///
    /// When there is no such combination.
    #[must_use]
    pub fn value(&self, combination: usize) -> f64 {
        self.values[combination]
    }

    /// The combination with the best figure, the earliest in a tie; `None` without figures.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        best_of(&self.values, self.metric)
    }

    /// The combination whose neighbourhood, itself included, has the best median; in a tie the one that
    /// is better itself, then the earlier. Of the combinations with a figure only.
    #[must_use]
    pub fn most_robust(&self) -> Option<usize> {
        let median = |combination: usize| {
            if self.values[combination].is_nan() {
                return f64::NAN;
            }
            let own = std::iter::once(self.values[combination]);
            own.chain(self.neighbour_values(combination)).collect::<Distribution>().median()
        };
        let medians: Vec<f64> = (0..self.values.len()).map(median).collect();
        let best = medians[best_of(&medians, self.metric)?];
        // Of those that share the best median, NaN standing for all others.
        let tied: Vec<f64> = medians
            .iter()
            .zip(&self.values)
            .map(|(median, value)| if *median == best { *value } else { f64::NAN })
            .collect();
        best_of(&tied, self.metric)
    }

    /// A combination among its neighbours.
    ///
    /// # Panics
    ///
    /// When there is no such combination.
    #[must_use]
    pub fn around(&self, combination: usize) -> Neighbourhood {
        let value = self.values[combination];
        let neighbours: Distribution = self.neighbour_values(combination).into_iter().collect();
        let worst = match self.metric.direction() {
            Direction::Higher => neighbours.quantile(0.0),
            Direction::Lower => neighbours.quantile(1.0),
        };
        let (mean, median) = (neighbours.mean(), neighbours.median());
        Neighbourhood { value, mean, median, worst, neighbours, metric: self.metric }
    }

    fn neighbour_values(&self, combination: usize) -> Vec<f64> {
        // Every way to go one step down, none or one up in each parameter, the last fastest.
        let mut places = vec![0];
        let mut stride = self.values.len();
        for n in &self.steps {
            stride /= n;
            let here = combination / stride % n;
            let (lowest, highest) = (here.saturating_sub(1), (here + 1).min(n - 1));
            places = places
                .into_iter()
                .flat_map(|place| (lowest..=highest).map(move |step| place + step * stride))
                .collect();
        }
        let known = |place: &usize| *place != combination && !self.values[*place].is_nan();
        places.into_iter().filter(known).map(|place| self.values[place]).collect()
    }
}

/// The place of the best value, the earliest in a tie; NaN never wins.
fn best_of(values: &[f64], metric: Metric) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (place, value) in values.iter().enumerate() {
        if metric.is_better(*value, best.map_or(f64::NAN, |best| values[best])) {
            best = Some(place);
        }
    }
    best
}
