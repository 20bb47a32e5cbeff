//! The grid search of the report: a moving-average crossover over every asset.
//!
//! The grid is searched on the first part of the rows and judged on the rest: the report sets the
//! winner's figure beside what it came to afterwards.

use std::ops::Range;

use serde::Serialize;
use tangency_optimize::backtest::{
    Backtest, BacktestConfig, BacktestResult, Bars, BuyAndHold, Costs, Detail, Signals, SmaCross,
    Strategy,
};

use crate::config::{PipelineConfig, at_least, setting};
use crate::error::Result;
use crate::luck;
use crate::market::Market;
use crate::observer::Stage;
use crate::pipeline::Stages;
use crate::report::{GridPair, GridSection};

/// Which pairs of windows are tried, and on how much of the data.
#[derive(Debug, Clone, Serialize)]
pub struct GridConfig {
    /// Windows of the fast moving average, in rows.
    pub fast: Vec<usize>,
    /// Windows of the slow moving average, in rows.
    pub slow: Vec<usize>,
    /// Share of the rows the grid is searched on; the rest judges the winner.
    pub in_sample: f64,
}

impl Default for GridConfig {
    fn default() -> Self {
        Self {
            fast: (5..=60).step_by(5).collect(),
            slow: (20..=200).step_by(15).collect(),
            in_sample: 0.7,
        }
    }
}

impl GridConfig {
    /// Pairs with the fast window below the slow one, fast-major.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        let slower = |fast: usize| self.slow.iter().filter(move |slow| fast < **slow);
        self.fast.iter().flat_map(|fast| slower(*fast).map(|slow| (*fast, *slow))).collect()
    }

    pub(crate) fn validate(&self) -> Result<()> {
        at_least("number of grid pairs with fast below slow", self.pairs().len(), 1)?;
        for window in self.fast.iter().chain(&self.slow) {
            at_least("grid window", *window, 1)?;
        }
        if !(self.in_sample > 0.0 && self.in_sample < 1.0) {
            return Err(setting("in_sample", "above 0 and below 1", self.in_sample));
        }
        Ok(())
    }
}

/// Sharpe ratios of one strategy on one asset, before and after the split.
#[derive(Debug, Clone, Copy)]
struct Halves {
    in_sample: f64,
    out_of_sample: f64,
}

/// Searches the grid over all assets; one item a pair, and one for buying and holding.
pub(crate) fn search(
    market: &Market,
    config: &PipelineConfig,
    stages: &Stages<'_>,
) -> Result<GridSection> {
    let grid = &config.grid;
    let pairs = grid.pairs();
    let split = (market.n_rows() as f64 * grid.in_sample) as usize;
    let settings = BacktestConfig::new(config.periods_per_year).with_costs(Costs::fee(config.cost));
    let measured = stages.run(Stage::Grid, "", pairs.len() + 1, |item| {
        let mut together = vec![0.0; split];
        let halves = (0..market.n_assets())
            .map(|asset| {
                let closes = market.closes(asset);
                let (halves, returns) = match pairs.get(item) {
                    Some(&(fast, slow)) => {
                        crossover(closes, split, SmaCross { fast, slow }, settings)?
                    }
                    None => holding(closes, split, settings)?,
                };
                together.iter_mut().zip(returns).for_each(|(sum, earned)| *sum += earned);
                Ok(halves)
            })
            .collect::<Result<Vec<Halves>>>()?;
        // The same money in every asset, shared out anew each row.
        together.iter_mut().for_each(|sum| *sum /= market.n_assets() as f64);
        let medians = Halves {
            in_sample: median(halves.iter().map(|half| half.in_sample)),
            out_of_sample: median(halves.iter().map(|half| half.out_of_sample)),
        };
        Ok((medians, together))
    })?;
    let (medians, mut returns): (Vec<Halves>, Vec<Vec<f64>>) = measured.into_iter().unzip();
    let (holding, medians) =
        medians.split_last().map_or((None, &medians[..]), |(h, m)| (Some(h), m));
    let held = returns.pop().unwrap_or_default();

    // A pair that never traded has no figure; ties go to the earlier pair.
    let mut best = 0;
    for (pair_idx, median) in medians.iter().enumerate() {
        if median.in_sample > medians[best].in_sample || medians[best].in_sample.is_nan() {
            best = pair_idx;
        }
    }
    let winner = medians[best];
    let cell = |fast: &usize, slow: &usize| {
        let pair_idx = pairs.iter().position(|pair| *pair == (*fast, *slow))?;
        Some(medians[pair_idx].in_sample).filter(|median| median.is_finite())
    };
    Ok(GridSection {
        metric: "median Sharpe ratio".to_owned(),
        median: grid
            .fast
            .iter()
            .map(|fast| grid.slow.iter().map(|slow| cell(fast, slow)).collect())
            .collect(),
        fast: grid.fast.clone(),
        slow: grid.slow.clone(),
        backtests: 2 * market.n_assets() * (pairs.len() + 1),
        in_sample_until: market.date(split - 1),
        best: GridPair { fast: pairs[best].0, slow: pairs[best].1, median: winner.in_sample },
        best_out_of_sample: winner.out_of_sample,
        buy_and_hold_out_of_sample: holding.map_or(f64::NAN, |median| median.out_of_sample),
        best_rank_out_of_sample: rank_after(medians, winner),
        pairs: pairs.len(),
        luck: luck::judge(&returns, best, &held, config.periods_per_year, stages.pool()),
    })
}

/// Rank by the figure after the split, 1 being the best. Who has none is behind all who have one.
fn rank_after(medians: &[Halves], pair: Halves) -> usize {
    let mark = pair.out_of_sample;
    let is_ahead = |other: f64| if mark.is_nan() { !other.is_nan() } else { other > mark };
    1 + medians.iter().filter(|other| is_ahead(other.out_of_sample)).count()
}

/// A crossover on both sides of the split. Its signals come from the whole series, so that the moving
/// averages are warm at the split; each side starts in cash and sees no signal of the other.
fn crossover(
    closes: &[f64],
    split: usize,
    cross: SmaCross,
    settings: BacktestConfig,
) -> Result<(Halves, Vec<f64>)> {
    let mut signals = Signals::new(closes.len());
    // A window longer than the series has no average: the pair never trades, and has no figure.
    if cross.fast.max(cross.slow) <= closes.len() {
        cross.signals_into(&Bars::from_closes(closes)?, &mut signals)?;
    }
    halves(closes, split, settings, |side, rows| side.run_signals(&signals.slice(rows)?, EQUITY))
}

/// Buying on the first bar of each side, and holding.
fn holding(closes: &[f64], split: usize, settings: BacktestConfig) -> Result<(Halves, Vec<f64>)> {
    halves(closes, split, settings, |side, _| side.run_detailed(&BuyAndHold, EQUITY))
}

/// What is asked for besides the figures.
const EQUITY: Detail = Detail { equity: true, ..Detail::NONE };

/// Figures on both sides of the split, and the returns before it.
fn halves(
    closes: &[f64],
    split: usize,
    settings: BacktestConfig,
    run: impl Fn(&Backtest<'_>, Range<usize>) -> tangency_optimize::Result<BacktestResult>,
) -> Result<(Halves, Vec<f64>)> {
    let bars = Bars::from_closes(closes)?;
    let side = |rows: Range<usize>| -> Result<BacktestResult> {
        let side = Backtest::new(bars.slice(rows.clone())?, settings)?;
        Ok(run(&side, rows)?)
    };
    let (inside, outside) = (side(0..split)?, side(split..closes.len())?);
    let mut before = settings.cash;
    let earned = |equity: f64| {
        let earned = equity / before - 1.0;
        before = equity;
        earned
    };
    let returns = inside.equity.into_iter().flatten().map(earned).collect();
    let halves =
        Halves { in_sample: inside.statistics.sharpe, out_of_sample: outside.statistics.sharpe };
    Ok((halves, returns))
}

/// The median of the values that are numbers; NaN without any.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_fast_major_and_fast_is_below_slow() {
        let grid = GridConfig { fast: vec![5, 20], slow: vec![10, 20, 30], in_sample: 0.5 };
        assert_eq!(grid.pairs(), [(5, 10), (5, 20), (5, 30), (20, 30)]);
        let none = GridConfig { fast: vec![50], slow: vec![20], in_sample: 0.5 };
        assert!(none.validate().is_err());
    }

    #[test]
    fn the_median_passes_over_what_is_no_number() {
        assert_eq!(median([3.0, f64::NAN, 1.0].into_iter()), 2.0);
        assert_eq!(median([3.0, 5.0, 1.0].into_iter()), 3.0);
        assert!(median([f64::NAN].into_iter()).is_nan());
    }

    #[test]
    fn a_pair_without_a_figure_ranks_behind_those_with_one() {
        let pairs =
            [0.5, f64::NAN, 1.0, -2.0].map(|after| Halves { in_sample: 0.0, out_of_sample: after });
        assert_eq!(pairs.map(|pair| rank_after(&pairs, pair)), [2, 4, 1, 3]);
    }

    #[test]
    fn a_window_longer_than_the_series_has_no_figure() {
        let closes: Vec<f64> = (0..60).map(|row| 100.0 + (f64::from(row) / 3.0).sin()).collect();
        let settings = BacktestConfig::new(252.0);
        let figures = |slow| crossover(&closes, 40, SmaCross { fast: 3, slow }, settings).unwrap();
        assert!(figures(6).0.in_sample.is_finite());
        let (halves, returns) = figures(61);
        assert!(halves.in_sample.is_nan() && halves.out_of_sample.is_nan());
        assert_eq!(returns, [0.0; 40]);
    }

    #[test]
    fn the_halves_know_nothing_of_each_other() {
        let mut closes: Vec<f64> = (0..400)
            .map(|row| 100.0 + 20.0 * (row as f64 / 9.0).sin() + 0.05 * row as f64)
            .collect();
        let settings = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
        let cross = SmaCross { fast: 3, slow: 12 };
        let (before, returns) = crossover(&closes, 250, cross, settings).unwrap();
        assert_eq!(returns.len(), 250);
        assert!(before.in_sample.is_finite() && before.out_of_sample.is_finite());
        closes[250..]
            .iter_mut()
            .enumerate()
            .for_each(|(row, close)| *close *= 1.0 + (row % 3) as f64);
        let (after, same) = crossover(&closes, 250, cross, settings).unwrap();
        assert_eq!(returns, same);
        assert_eq!(before.in_sample.to_bits(), after.in_sample.to_bits());
        assert_ne!(before.out_of_sample.to_bits(), after.out_of_sample.to_bits());
    }
}
