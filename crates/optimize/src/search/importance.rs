//! Which parameters a metric depends on.

use serde::Serialize;

use super::sink::StudyTrial;
use crate::metrics::Metric;

/// How much of the variance of a metric over the trials one parameter explains by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ParameterImportance {
    /// The parameter.
    pub name: String,
    /// Share of the variance, 0 to 1: its main effect.
    pub share: f64,
}

/// Parameters with more values than this are cut into as many classes of equally many trials.
const CLASSES: usize = 16;

/// The share of the variance of `metric` that each parameter explains by itself, the largest first.
///
/// The main effects of the functional analysis of variance: Hutter, Hoos and Leyton-Brown (2014), "An
/// efficient approach for assessing hyperparameter importance", with the trials themselves in place of a
/// forest grown on them. On a whole grid they are exact but for the correction; the rest up to 1 belongs
/// to parameters together, and where they were drawn at random to chance. What as many classes would
/// explain by chance is taken off: Kelley (1935), "An unbiased correlation ratio measure".
///
/// Trials on a part of the budget, and those whose metric is no finite number, are left out. A parameter
/// that is switched off in a trial is in a class of its own there. Methods that learn crowd their trials
/// where they are good: shares are then those among such trials.
///
/// Empty where fewer than two trials have a figure or all have the same.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Collect, Failure, Grid, Request, Study, parameter_importance};
/// use tangency_pool::Pool;
///
/// let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
///     let (x, y) = (request.params.get("x")?, request.params.get("y")?);
///     Ok(Metrics::new().with(Metric::Sharpe, x + 3.0 * y))
/// };
/// let grid = Grid::parse(["x=1:9:1", "y=1:9:1", "z=1:3:1"])?;
/// let mut trials = Collect::new();
/// let _ = Study::grid(&grid, Metric::Sharpe).run(&Pool::new(2)?, &objective, &mut trials)?;
/// let shares = parameter_importance(trials.trials(), Metric::Sharpe);
/// let of = |name| shares.iter().find(|p| p.name == name).expect("one each").share;
/// // Variances 1 : 9 : 0; of 243 trials, nine classes explain 3 % of the rest by chance.
/// assert!((of("y") - 0.9).abs() < 0.01 && (of("x") - 0.1).abs() < 0.04 && of("z") < 0.01);
/// assert_eq!(shares[0].name, "y");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn parameter_importance(trials: &[StudyTrial], metric: Metric) -> Vec<ParameterImportance> {
    let measured: Vec<(&StudyTrial, f64)> = trials
        .iter()
        .filter(|trial| trial.budget >= 1.0)
        .filter_map(|trial| Some((trial, trial.metric(metric).filter(|value| value.is_finite())?)))
        .collect();
    let Some((first, _)) = measured.first() else { return Vec::new() };
    let figures: Vec<f64> = measured.iter().map(|(_, value)| *value).collect();
    let mut shares: Vec<ParameterImportance> = Vec::new();
    for (at, name) in first.params.names().enumerate() {
        let values: Vec<f64> =
            measured.iter().map(|(trial, _)| trial.params.values()[at]).collect();
        let Some(share) = explained(&figures, &classes(&values)) else { return Vec::new() };
        shares.push(ParameterImportance { name: name.to_owned(), share });
    }
    // Stable: equal ones stay in the order of the parameters.
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}

/// For each trial the class of its value: one a value, or stretches of about as many trials each. Equal
/// values are never parted; NaN is the last class.
fn classes(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Positive NaN sorts last.
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let differ = |a: f64, b: f64| a != b && !(a.is_nan() && b.is_nan());
    let distinct = 1 + order.windows(2).filter(|w| differ(values[w[0]], values[w[1]])).count();
    let mut class_of = vec![0; values.len()];
    let (mut class, mut began) = (0, 0);
    for place in 1..order.len() {
        let (before, now) = (values[order[place - 1]], values[order[place]]);
        let full = distinct <= CLASSES || place - began >= values.len().div_ceil(CLASSES);
        if differ(before, now) && (full || now.is_nan()) {
            (class, began) = (class + 1, place);
        }
        class_of[order[place]] = class;
    }
    class_of
}

/// Share of the variance between classes, corrected for chance; `None` without variance.
fn explained(figures: &[f64], class_of: &[usize]) -> Option<f64> {
    let n = figures.len() as f64;
    let mean = figures.iter().sum::<f64>() / n;
    let total: f64 = figures.iter().map(|value| (value - mean).powi(2)).sum();
    // What rounding leaves of equal figures is no variance.
    if total <= n * (mean.abs() * f64::EPSILON).powi(2) {
        return None;
    }
    let count = class_of.iter().max().map_or(0, |last| last + 1);
    let mut sums = vec![(0.0, 0.0); count];
    for (value, class) in figures.iter().zip(class_of) {
        sums[*class].0 += value - mean;
        sums[*class].1 += 1.0;
    }
    let between: f64 = sums.iter().map(|(sum, members)| sum * sum / members).sum();
    let freedom = n - count as f64;
    if freedom <= 0.0 {
        // A class each: everything is explained, and nothing by more than chance.
        return Some(0.0);
    }
    let chance = (count as f64 - 1.0) * (total - between).max(0.0) / freedom;
    Some(((between - chance) / total).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_a_class_each_and_many_are_cut_evenly() {
        assert_eq!(classes(&[3.0, 1.0, 3.0, f64::NAN, 2.0]), [2, 0, 2, 3, 1]);
        let many: Vec<f64> = (0..1000).map(|i| f64::from(i * 7 % 1000)).collect();
        let class_of = classes(&many);
        let mut sizes = [0; CLASSES];
        class_of.iter().for_each(|class| sizes[*class] += 1);
        assert!(sizes.iter().all(|size| (55..=63).contains(size)), "{sizes:?}");
        assert!(class_of[0] == 0 && many[0] == 0.0);
        // Ties are not parted, however many.
        let tied: Vec<f64> = (0..100).map(|i| if i < 60 { 0.0 } else { f64::from(i) }).collect();
        assert!(classes(&tied)[..60].iter().all(|class| *class == 0));
    }

    #[test]
    fn shares_by_hand() {
        // Means 1 and 3 of two each, within them +-0.5: between 4, total 5, chance 0.5.
        let share = explained(&[0.5, 1.5, 2.5, 3.5], &[0, 0, 1, 1]).unwrap();
        assert!((share - 3.5 / 5.0).abs() < 1e-12, "{share}");
        assert_eq!(explained(&[2.0, 2.0, 2.0], &[0, 0, 1]), None);
        assert_eq!(explained(&[1.0, 2.0], &[0, 1]), Some(0.0));
    }

    #[test]
    fn what_does_not_matter_has_next_to_nothing() {
        let figures: Vec<f64> = (0..4000_u64).map(|i| (i * 7919 % 4001) as f64).collect();
        let other: Vec<f64> = (0..4000_u64).map(|i| (i * 104_729 % 3989) as f64).collect();
        let share = explained(&figures, &classes(&other)).unwrap();
        assert!(share < 0.01, "{share}");
    }
}
