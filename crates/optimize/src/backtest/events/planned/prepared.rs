//! An event backtest with its tables made.

use std::cmp::Ordering;

use super::books::Account;
use super::lots::Shape;
use super::ranges::Ranges;
use super::record::Details;
use super::walk::{Setting, SideBySide, follow};
use crate::backtest::config::{BacktestConfig, Execution};
use crate::backtest::events::engine::EventBacktest;
use crate::backtest::events::plan::TradePlan;
use crate::backtest::events::result::EventResult;
use crate::backtest::events::terms::Terms;
use crate::backtest::fast::{SignalMasks, SimdWidth, WIDEST, lanes_of, run_in_lanes};
use crate::backtest::result::Detail;
use crate::backtest::signals::Signals;
use crate::error::Result;

/// An [`EventBacktest`] with the tables that its parameter sets share, for many plans on the same bars.
///
/// Holds 16 bytes a bar. Results have the same bits as those of [`EventBacktest::run_signals`],
/// whatever the width, and whether plans run alone or together.
///
/// # Examples
///
/// Nine combinations of stop and target on one crossover:
///
/// ```
/// use tangency_optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
/// use tangency_optimize::backtest::{Bars, Signals, SmaCross, Strategy};
///
/// let close: Vec<f64> =
///     (0..300).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin() + f64::from(i % 7)).collect();
/// let bars = Bars::from_closes(&close)?;
/// let backtest = EventBacktest::new(bars, EventConfig::vectorbt(252.0))?;
/// let mut signals = Signals::default();
/// SmaCross { fast: 5, slow: 20 }.signals_into(&bars, &mut signals)?;
/// let plans: Vec<TradePlan> = [0.02, 0.05, 0.1]
///     .iter()
///     .flat_map(|stop| [0.1, 0.2, 0.3].map(|take| (*stop, take)))
///     .map(|(stop, take)| TradePlan {
///         stop_loss: Some(stop),
///         take_profit: Some(take),
///         ..TradePlan::all_in()
///     })
///     .collect();
/// let results = backtest.prepare().run_plans(&signals, &plans)?;
/// assert_eq!(results.len(), 9);
/// assert!(results.iter().all(|result| result.statistics.trades > 0));
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug)]
pub struct PreparedEvents<'a> {
    backtest: EventBacktest<'a>,
    ranges: Ranges<'a>,
    width: SimdWidth,
}

impl<'a> PreparedEvents<'a> {
    pub(in crate::backtest::events) fn new(backtest: EventBacktest<'a>) -> Self {
        Self { ranges: Ranges::new(backtest.bars()), backtest, width: SimdWidth::detect() }
    }

    /// With registers of this width instead of the widest; one that the processor does not have
    /// falls back to portable code. Results do not depend on it.
    #[must_use]
    pub fn with_width(mut self, width: SimdWidth) -> Self {
        self.width = width;
        self
    }

    /// The bars, the setting and the corporate actions.
    #[must_use]
    pub fn backtest(&self) -> &EventBacktest<'a> {
        &self.backtest
    }

    /// Runs signals under a plan.
    ///
    /// # Errors
    ///
    /// As [`EventBacktest::run_signals`].
    pub fn run_signals(
        &self,
        signals: &Signals,
        plan: &TradePlan,
        detail: Detail,
    ) -> Result<EventResult> {
        let masks = self.masks(signals)?;
        plan.check()?;
        if self.backtest.goes_from_event_to_event(plan) {
            let setting = self.setting(&masks);
            let mut details =
                Details::new(&self.ranges, setting.close, setting.config.cash, detail);
            let [account, ..] = follow::<f64, _>(setting, &[plan; WIDEST], &mut details);
            if let Some(mut result) = self.result(&account) {
                details.finish(&mut result);
                return Ok(result);
            }
        }
        self.backtest.run_bar_by_bar(signals, plan, detail)
    }

    /// Runs the same signals under many plans, each for its figures. Plans go side by side that have
    /// their direction, the kind of their size, and whether entries wait in common.
    ///
    /// # Errors
    ///
    /// As [`EventBacktest::run_signals`], for the first plan that makes no sense.
    pub fn run_plans(&self, signals: &Signals, plans: &[TradePlan]) -> Result<Vec<EventResult>> {
        let masks = self.masks(signals)?;
        plans.iter().try_for_each(TradePlan::check)?;
        let setting = self.setting(&masks);
        let mut results: Vec<Option<EventResult>> = plans.iter().map(|_| None).collect();
        for indices in self.side_by_side(plans) {
            for indices in indices.chunks(lanes_of(self.width)) {
                // The last plan in the lanes that are left over.
                let last = indices.len() - 1;
                let lanes = std::array::from_fn(|lane| &plans[indices[lane.min(last)]]);
                let accounts = run_in_lanes(self.width, SideBySide { setting, plans: lanes });
                for (account, index) in accounts.iter().zip(indices) {
                    results[*index] = self.result(account);
                }
            }
        }
        let outcomes = results.into_iter().zip(plans).map(|(result, plan)| match result {
            Some(result) => Ok(result),
            None => self.backtest.run_bar_by_bar(signals, plan, Detail::NONE),
        });
        outcomes.collect()
    }

    /// The plans of each shape that go this way at all.
    fn side_by_side(&self, plans: &[TradePlan]) -> Vec<Vec<usize>> {
        let mut groups: Vec<(Shape, Vec<usize>)> = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            if !self.backtest.goes_from_event_to_event(plan) {
                continue;
            }
            let shape = Shape::of(plan);
            match groups.iter_mut().find(|(of, _)| *of == shape) {
                Some((_, indices)) => indices.push(index),
                None => groups.push((shape, vec![index])),
            }
        }
        // Neighbours have events in common, which take their time only once.
        let by_levels = |a: &usize, b: &usize| levels(&plans[*a]).partial_cmp(&levels(&plans[*b]));
        let sorted = groups.into_iter().map(|(_, mut indices)| {
            indices.sort_by(|a, b| by_levels(a, b).unwrap_or(Ordering::Equal));
            indices
        });
        sorted.collect()
    }

    fn masks(&self, signals: &Signals) -> Result<SignalMasks> {
        let config = self.backtest.config();
        self.backtest.check_length(signals)?;
        let n_bars = self.backtest.bars().len();
        // Decided at a close, filled on the bar after it.
        Ok(SignalMasks::new(signals, config.first_decision, n_bars.saturating_sub(1)))
    }

    fn setting<'r>(&'r self, masks: &'r SignalMasks) -> Setting<'r, 'a> {
        let config = self.backtest.config();
        let close = self.backtest.bars().close();
        let fill = match config.execution {
            Execution::NextOpen => self.backtest.bars().open().unwrap_or(close),
            Execution::NextClose => close,
        };
        Setting { config, terms: Terms::new(config), masks, ranges: &self.ranges, fill, close }
    }

    /// The figures of an account; `None` where nothing was left of it on the way.
    fn result(&self, account: &Account) -> Option<EventResult> {
        if account.tally.lowest <= 0.0 {
            return None;
        }
        let config = self.backtest.config();
        let setting = BacktestConfig::new(config.periods_per_year).with_cash(config.cash);
        Some(EventResult {
            execution: config.execution,
            statistics: account.tally.statistics(self.backtest.bars().len(), &setting),
            turnover: account.turnover,
            mean_exposure: account.mean_exposure,
            rejected: account.rejected,
            financing: 0.0,
            trades: None,
            equity: None,
            exposure: None,
        })
    }
}

/// What lots end at, the likeliest first.
fn levels(plan: &TradePlan) -> [Option<f64>; 4] {
    let bars = plan.max_bars.map(|bars| bars as f64);
    [plan.trailing_stop, plan.stop_loss, bars, plan.take_profit]
}
