//! From the sampled trials of a study to what its pictures show.

use tangency_optimize::metrics::Direction;
use tangency_optimize::search::{Params, StudyTrial};

use super::charts::{self, Axis, Cells, Mark};
use crate::study::RuleStudyReport;

/// Most rows and columns of the heat map.
const MOST_CELLS: usize = 20;
/// Lines of the parallel coordinates, and the share of trials that count as good.
const LINES: usize = 400;
const GOOD: f64 = 0.05;
/// Axes that fit side by side.
const AXES: usize = 9;

/// Trials with a finite figure, and the figure.
fn measured(report: &RuleStudyReport) -> Vec<(&StudyTrial, f64)> {
    let figure = |trial: &StudyTrial| trial.metric(report.metric).filter(|value| value.is_finite());
    report.sample.iter().filter_map(|trial| Some((trial, figure(trial)?))).collect()
}

/// Parameters that vary, the most important first: their names and places.
fn varying(report: &RuleStudyReport) -> Vec<(String, usize)> {
    let Some(first) = report.sample.first() else { return Vec::new() };
    let names: Vec<&str> = first.params.names().collect();
    let varies = |at: usize| {
        let bits = |trial: &StudyTrial| trial.params.values()[at].to_bits();
        report.sample.iter().any(|trial| bits(trial) != bits(&report.sample[0]))
    };
    let place = |name: &str| names.iter().position(|known| *known == name);
    report
        .importance
        .iter()
        .filter_map(|parameter| Some((parameter.name.clone(), place(&parameter.name)?)))
        .filter(|(_, at)| varies(*at))
        .collect()
}

/// How the figures lie, with the best trial's and, for Sharpe ratios, the best that luck is expected to
/// show.
pub(super) fn distribution(report: &RuleStudyReport) -> Option<String> {
    let figures: Vec<f64> = measured(report).into_iter().map(|(_, figure)| figure).collect();
    let mut marks: Vec<Mark<'_>> = Vec::new();
    let is_sharpe = report.metric == tangency_optimize::metrics::Metric::Sharpe;
    if let Some(luck) = report.luck.as_ref().filter(|_| is_sharpe) {
        let expected = luck.expected_maximum_sharpe;
        marks.push((expected, charts::ERROR_VARIANCE, "best of luck, expected"));
    }
    if let Some(best) = report.best_metrics.as_ref().and_then(|m| m.get(report.metric)) {
        marks.push((best, charts::EARNED, "best trial"));
    }
    charts::trials(&figures, &marks)
}

/// The shares of the parameters, and what is left for parameters together and for chance.
pub(super) fn importance(report: &RuleStudyReport) -> Option<String> {
    if report.importance.is_empty() {
        return None;
    }
    let own = |parameter: &tangency_optimize::search::ParameterImportance| {
        (parameter.name.clone(), parameter.share)
    };
    let mut shares: Vec<(String, f64)> = report.importance.iter().map(own).collect();
    let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
    shares.push(("together, or chance".to_owned(), rest.clamp(0.0, 1.0)));
    charts::importance(&shares)
}

/// Median figure of the two most important parameters, their names, and whether a cell has several trials.
pub(super) fn heat_map(report: &RuleStudyReport) -> Option<(String, [String; 2], bool)> {
    let mut chosen = varying(report);
    chosen.truncate(2);
    // In the order of the study: fast before slow.
    chosen.sort_by_key(|(_, at)| *at);
    let [(down, row_at), (across, column_at)] = <[_; 2]>::try_from(chosen).ok()?;
    let measured = measured(report);
    let axis = |at: usize| Steps::of(measured.iter().map(|(trial, _)| trial.params.values()[at]));
    let (rows, columns) = (axis(row_at)?, axis(column_at)?);
    let cell = |params: &Params| {
        Some((rows.place(params.values()[row_at])?, columns.place(params.values()[column_at])?))
    };
    let mut gathered = vec![vec![Vec::new(); columns.lowest.len()]; rows.lowest.len()];
    for (trial, figure) in &measured {
        if let Some((row, column)) = cell(&trial.params) {
            gathered[row][column].push(*figure);
        }
    }
    let several = gathered.iter().flatten().any(|figures| figures.len() > 1);
    let figures = gathered.into_iter().map(|row| row.into_iter().map(median).collect()).collect();
    let picture = charts::heat_map(&Cells {
        row_title: &down,
        column_title: &across,
        rows: rows.labels(),
        columns: columns.labels(),
        figures,
        framed: report.best.as_ref().and_then(cell),
        lower_is_better: report.metric.direction() == Direction::Lower,
    })?;
    Some((picture, [down, across], several))
}

/// A line a trial through its parameters and its figure.
pub(super) fn parallel(report: &RuleStudyReport) -> Option<String> {
    let mut parameters = varying(report);
    parameters.truncate(AXES - 1);
    parameters.sort_by_key(|(_, at)| *at);
    let mut ranked = measured(report);
    if parameters.is_empty() || ranked.len() < 2 {
        return None;
    }
    // The best last, on top of the others.
    ranked.sort_by(|(_, a), (_, b)| match report.metric.direction() {
        Direction::Higher => a.total_cmp(b),
        Direction::Lower => b.total_cmp(a),
    });
    let good = ranked.len() - ((ranked.len() as f64 * GOOD).ceil() as usize).max(1);
    let (others, best) = ranked.split_at(good);
    let mut lines = thinned(others, LINES * 3 / 4);
    let from = lines.len();
    lines.extend(thinned(best, LINES / 4));
    let axis = |name: &str, values: Vec<f64>| {
        let (low, high) = charts::finite_extremes(&values)?;
        let extent = if high > low { high - low } else { 1.0 };
        let places = values.iter().map(|value| (value - low) / extent).collect();
        Some(Axis { name: name.to_owned(), ends: (number(low), number(high)), places })
    };
    let mut axes: Vec<Axis> = parameters
        .iter()
        .map(|(name, at)| axis(name, lines.iter().map(|(t, _)| t.params.values()[*at]).collect()))
        .collect::<Option<_>>()?;
    axes.push(axis(report.metric.name(), lines.iter().map(|(_, figure)| *figure).collect())?);
    charts::parallel(&axes, from)
}

/// At most so many of them, evenly spread, the last one always.
fn thinned<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let n = all.len();
    if n <= most {
        return all.to_vec();
    }
    (1..=most).map(|at| all[at * n / most - 1]).collect()
}

/// The values of a parameter, put together to at most [`MOST_CELLS`] neighbouring ones.
struct Steps {
    /// The lowest value of each step.
    lowest: Vec<f64>,
    /// Whether a step is more than one value.
    together: bool,
}

impl Steps {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let each = values.len().div_ceil(MOST_CELLS).max(1);
        let lowest: Vec<f64> = values.iter().copied().step_by(each).collect();
        (!lowest.is_empty()).then_some(Self { lowest, together: each > 1 })
    }

    fn place(&self, value: f64) -> Option<usize> {
        self.lowest.partition_point(|lowest| *lowest <= value).checked_sub(1)
    }

    fn labels(&self) -> Vec<String> {
        let more = if self.together { "+" } else { "" };
        self.lowest.iter().map(|value| format!("{}{more}", number(*value))).collect()
    }
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let n = figures.len();
    (n > 0).then(|| 0.5 * (figures[(n - 1) / 2] + figures[n / 2]))
}

/// With three digits that tell, and no more than it has.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return format!("{value}");
    }
    let size = value.abs();
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - size.log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_every_value_in_order() {
        let steps = Steps::of((0..100).map(f64::from).chain([f64::NAN])).unwrap();
        assert_eq!((steps.lowest.len(), steps.together), (20, true));
        assert_eq!(
            (steps.place(0.0), steps.place(4.0), steps.place(5.0)),
            (Some(0), Some(0), Some(1))
        );
        assert_eq!((steps.place(99.0), steps.place(-1.0)), (Some(19), None));
        assert_eq!(steps.labels()[1], "5+");
        assert!(Steps::of(std::iter::once(f64::NAN)).is_none());
    }

    #[test]
    fn the_thinned_end_with_the_last() {
        assert_eq!(thinned(&[1, 2, 3], 5), [1, 2, 3]);
        let all: Vec<usize> = (0..1000).collect();
        let few = thinned(&all, 7);
        assert_eq!((few.len(), few[6]), (7, 999));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [12.0, 0.25, 1.23456, 1e9, 1.0 / 3.0].map(number),
            ["12", "0.250", "1.23", "1.00e9", "0.333"]
        );
    }
}
