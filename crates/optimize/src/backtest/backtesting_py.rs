//! The figures that backtesting.py reports, by its definitions.

use serde::Serialize;

use super::trade::{Trade, TradeStatus};
use crate::error::{ErrorKind, Result};

/// The figures of backtesting.py 0.6, by its definitions; they differ from those of
/// [`Statistics`](super::Statistics), which are vectorbt's. Fractions where it prints percentages.
///
/// It knows closed trades only: an open one is in the equity, but not in counts, fees or exposure. A
/// figure that does not exist is NaN. Day returns are `E[d] / E[d-1] - 1` of the equity at the end of
/// each day; `g` is their geometric mean, `N` the number of days a year. Checked against that program
/// to 1e-9 relative.
///
/// # Examples
///
/// ```
/// use tangency_optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
/// use tangency_optimize::backtest::{
///     BacktestingPyInputs, BacktestingPyStatistics, Bars, Detail, SmaCross,
/// };
///
/// let close: Vec<f64> =
///     (0..300).map(|i| 100.0 + 20.0 * (f64::from(i) / 15.0).sin() + f64::from(i % 7)).collect();
/// let backtest =
///     EventBacktest::new(Bars::from_closes(&close)?, EventConfig::backtesting_py(252.0))?;
/// let cross = SmaCross { fast: 5, slow: 20 };
/// let result = backtest.run_strategy(&cross, &TradePlan::all_in(), Detail::ALL)?;
/// let (equity, trades) = (result.equity.expect("asked for"), result.trades.expect("asked for"));
/// let figures = BacktestingPyStatistics::new(&BacktestingPyInputs {
///     equity: &equity,
///     close: &close,
///     trades: &trades,
///     day_ends: None,
///     days_per_year: 252.0,
///     years: 299.0 / 252.0,
///     first_bar: 19,
/// })?;
/// assert!((figures.total_return - (equity[299] / equity[0] - 1.0)).abs() < 1e-15);
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BacktestingPyStatistics {
    /// "Exposure Time": share of the bars from the entry to the exit of a trade, both included.
    pub exposure_time: f64,
    /// "Equity Final", in money.
    pub final_equity: f64,
    /// "Equity Peak", in money.
    pub peak_equity: f64,
    /// "Commissions" of closed trades, in money.
    pub commissions: f64,
    /// "Return": last equity over the first, less 1.
    pub total_return: f64,
    /// "Buy & Hold Return" of the closes from `first_bar` on.
    pub buy_and_hold_return: f64,
    /// "Return (Ann.)": `(1 + g)^N - 1`.
    pub annualized_return: f64,
    /// "Volatility (Ann.)": `sqrt((var + (1 + g)^2)^N - (1 + g)^(2N))`, `var` with divisor `n - 1`.
    pub annualized_volatility: f64,
    /// "CAGR": growth to the power of one over the years gone by, less 1.
    pub cagr: f64,
    /// "Sharpe Ratio": annualized return over annualized volatility.
    pub sharpe: f64,
    /// "Sortino Ratio": annualized return over `sqrt(mean(min(r, 0)^2)) * sqrt(N)`.
    pub sortino: f64,
    /// "Calmar Ratio": annualized return over the size of the largest drawdown.
    pub calmar: f64,
    /// "Alpha": total return less beta times that of buying and holding.
    pub alpha: f64,
    /// "Beta" of the log returns of the equity to those of the closes.
    pub beta: f64,
    /// "Max. Drawdown", 0 or negative.
    pub max_drawdown: f64,
    /// "Avg. Drawdown": mean of the deepest points between two highs, 0 or negative.
    pub mean_drawdown: f64,
    /// "Max. Drawdown Duration", in bars from high to high.
    pub max_drawdown_bars: f64,
    /// "Avg. Drawdown Duration", in bars.
    pub mean_drawdown_bars: f64,
    /// "# Trades", closed ones.
    pub trades: usize,
    /// "Win Rate": share with a profit above 0.
    pub win_rate: f64,
    /// "Best Trade": largest return on entry, costs deducted, as below.
    pub best_trade: f64,
    /// "Worst Trade".
    pub worst_trade: f64,
    /// "Avg. Trade": geometric mean of the returns.
    pub mean_trade: f64,
    /// "Max. Trade Duration", in bars.
    pub max_trade_bars: f64,
    /// "Avg. Trade Duration", in bars.
    pub mean_trade_bars: f64,
    /// "Profit Factor": sum of the positive returns over the size of that of the negative ones.
    pub profit_factor: f64,
    /// "Expectancy": arithmetic mean of the returns.
    pub expectancy: f64,
    /// "SQN", the system quality number: `sqrt(trades) * mean(profit) / std(profit, divisor n - 1)`.
    pub sqn: f64,
    /// "Kelly Criterion": win rate less the loss rate over the mean win in terms of the mean loss.
    pub kelly: f64,
}

/// What [`BacktestingPyStatistics`] are computed from.
#[derive(Debug, Clone, Copy)]
pub struct BacktestingPyInputs<'a> {
    /// Equity at each close, at least one, above 0.
    pub equity: &'a [f64],
    /// The closes, as many.
    pub close: &'a [f64],
    /// The trades, as [`EventResult`](super::events::EventResult) lists them.
    pub trades: &'a [Trade],
    /// The last bar of each day, ascending; none where each bar is a day. For weekly or monthly bars a
    /// day is a bar too.
    pub day_ends: Option<&'a [usize]>,
    /// Days a year: 252, 365 where the market is open on weekends, 52 or 12 for weeks or months.
    pub days_per_year: f64,
    /// Years of 365.25 days from the first bar to the last.
    pub years: f64,
    /// The first bar on which the strategy could act: the longest warm-up of its indicators.
    pub first_bar: usize,
}

impl BacktestingPyStatistics {
    /// Computes every figure; risk-free rate 0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`], [`ErrorKind::WrongLength`] unless there are as many closes as equities,
    /// [`ErrorKind::InvalidParameter`] for days, years or bars out of range, [`ErrorKind::BadPrice`]
    /// for an equity or a close that is not above 0.
    pub fn new(inputs: &BacktestingPyInputs<'_>) -> Result<Self> {
        check(inputs)?;
        let BacktestingPyInputs { equity, close, days_per_year, .. } = *inputs;
        let n = equity.len();
        let closed: Vec<&Trade> =
            inputs.trades.iter().filter(|trade| trade.status == TradeStatus::Closed).collect();
        let profits: Vec<f64> = closed.iter().map(|trade| trade.profit()).collect();
        let returns: Vec<f64> = closed.iter().map(|trade| trade.return_on_entry()).collect();
        let bars: Vec<f64> =
            closed.iter().map(|trade| (trade.exit_bar - trade.entry_bar) as f64).collect();

        let at_days: Vec<f64> = match inputs.day_ends {
            Some(ends) => ends.iter().map(|bar| equity[*bar]).collect(),
            None => equity.to_vec(),
        };
        let days: Vec<f64> = at_days.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
        let growth = 1.0 + geometric_mean(&days);
        let annualized_return = growth.powf(days_per_year) - 1.0;
        let spread = (variance(&days) + growth * growth).powf(days_per_year)
            - growth.powf(2.0 * days_per_year);
        let annualized_volatility = spread.sqrt();
        let downside = mean(days.iter().map(|r| r.min(0.0).powi(2))).sqrt();

        let total_return = equity[n - 1] / equity[0] - 1.0;
        let buy_and_hold_return = close[n - 1] / close[inputs.first_bar] - 1.0;
        let beta = beta(equity, close);
        let drawdowns = Drawdowns::of(equity);
        let win_rate = share(&profits, |profit| profit > 0.0);
        let mean_win = mean(profits.iter().copied().filter(|profit| *profit > 0.0));
        let mean_loss = mean(profits.iter().copied().filter(|profit| *profit < 0.0));
        let sum = |keep: fn(&f64) -> bool| returns.iter().copied().filter(keep).sum::<f64>();
        Ok(Self {
            exposure_time: exposure_time(&closed, n),
            final_equity: equity[n - 1],
            peak_equity: largest(equity),
            commissions: closed.iter().map(|trade| trade.entry_fee + trade.exit_fee).sum(),
            total_return,
            buy_and_hold_return,
            annualized_return,
            annualized_volatility,
            cagr: (1.0 + total_return).powf(1.0 / inputs.years) - 1.0,
            sharpe: ratio(annualized_return, annualized_volatility),
            sortino: ratio(annualized_return, downside * days_per_year.sqrt()),
            calmar: ratio(annualized_return, drawdowns.deepest),
            alpha: total_return - beta * buy_and_hold_return,
            beta,
            max_drawdown: -drawdowns.deepest,
            mean_drawdown: -mean(drawdowns.depths.iter().copied()),
            max_drawdown_bars: largest(&drawdowns.bars),
            mean_drawdown_bars: mean(drawdowns.bars.iter().copied()),
            trades: closed.len(),
            win_rate,
            best_trade: largest(&returns),
            worst_trade: returns.iter().copied().reduce(f64::min).unwrap_or(f64::NAN),
            mean_trade: geometric_mean(&returns),
            max_trade_bars: largest(&bars),
            mean_trade_bars: mean(bars.iter().copied()),
            profit_factor: ratio(sum(|r| *r > 0.0), sum(|r| *r < 0.0).abs()),
            expectancy: mean(returns.iter().copied()),
            sqn: (closed.len() as f64).sqrt()
                * ratio(mean(profits.iter().copied()), variance(&profits).sqrt()),
            kelly: win_rate - (1.0 - win_rate) / ratio(mean_win, -mean_loss),
        })
    }
}

fn check(inputs: &BacktestingPyInputs<'_>) -> Result<()> {
    let BacktestingPyInputs { equity, close, day_ends, .. } = *inputs;
    let n = equity.len();
    if n == 0 {
        return Err(ErrorKind::Empty { what: "equity" }.into());
    }
    if close.len() != n {
        let (what, got) = ("closes", close.len());
        return Err(ErrorKind::WrongLength { what, expected: n, got }.into());
    }
    for (column, values) in [("equity", equity), ("close", close)] {
        if let Some(bar) = values.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
            return Err(ErrorKind::BadPrice { bar, column, value: values[bar] }.into());
        }
    }
    let invalid = |name, value: f64, expected| {
        Err(ErrorKind::InvalidParameter { name, value, expected }.into())
    };
    for (name, value) in [("days_per_year", inputs.days_per_year), ("years", inputs.years)] {
        // No time goes by in one bar.
        if !(value.is_finite() && (value > 0.0 || name == "years" && n == 1)) {
            return invalid(name, value, "a finite number above 0");
        }
    }
    if inputs.first_bar >= n {
        return invalid("first_bar", inputs.first_bar as f64, "a bar within the data");
    }
    if let Some(bar) = day_ends.unwrap_or(&[]).iter().find(|bar| **bar >= n) {
        return invalid("day_ends", *bar as f64, "bars within the data");
    }
    if let Some(trade) =
        inputs.trades.iter().find(|trade| trade.exit_bar >= n || trade.entry_bar > trade.exit_bar)
    {
        return invalid("bar of a trade", trade.exit_bar as f64, "bars within the data, in order");
    }
    Ok(())
}

/// Stretches below a high.
struct Drawdowns {
    deepest: f64,
    /// Deepest point and bars of each stretch, from high to high or to the end.
    depths: Vec<f64>,
    bars: Vec<f64>,
}

impl Drawdowns {
    fn of(equity: &[f64]) -> Self {
        let mut found = Self { deepest: 0.0, depths: Vec::new(), bars: Vec::new() };
        let (mut high, mut from, mut depth) = (equity[0], 0, 0.0_f64);
        for (bar, value) in equity.iter().enumerate() {
            high = high.max(*value);
            let below = 1.0 - value / high;
            depth = depth.max(below);
            if below == 0.0 || bar + 1 == equity.len() {
                if bar > from + 1 {
                    found.depths.push(depth);
                    found.bars.push((bar - from) as f64);
                }
                found.deepest = found.deepest.max(depth);
                (from, depth) = (bar, 0.0);
            }
        }
        found
    }
}

fn exposure_time(closed: &[&Trade], n_bars: usize) -> f64 {
    let mut held = vec![false; n_bars];
    closed.iter().for_each(|trade| held[trade.entry_bar..=trade.exit_bar].fill(true));
    held.iter().filter(|held| **held).count() as f64 / n_bars as f64
}

fn beta(equity: &[f64], close: &[f64]) -> f64 {
    let logs = |values: &[f64]| -> Vec<f64> {
        values.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
    };
    let (ours, market) = (logs(equity), logs(close));
    if ours.len() < 2 {
        return f64::NAN;
    }
    let (our_mean, market_mean) = (mean(ours.iter().copied()), mean(market.iter().copied()));
    let pairs = ours.iter().zip(&market);
    let covariance = mean(pairs.map(|(a, b)| (a - our_mean) * (b - market_mean)));
    ratio(covariance, mean(market.iter().map(|b| (b - market_mean).powi(2))))
}

/// Mean growth less 1; 0 where something was lost altogether.
fn geometric_mean(returns: &[f64]) -> f64 {
    if returns.iter().any(|r| *r <= -1.0) {
        return 0.0;
    }
    mean(returns.iter().map(|r| r.ln_1p())).exp_m1()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}

/// With divisor `n - 1`; NaN of fewer than two.
fn variance(values: &[f64]) -> f64 {
    let centre = mean(values.iter().copied());
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    mean(values.iter().map(|value| f64::from(u8::from(holds(*value)))))
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::max).unwrap_or(f64::NAN)
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}
