//! The figures of a backtest, gathered bar by bar.

use serde::Serialize;

use super::config::BacktestConfig;
use crate::metrics::{Metric, Metrics, compound_annually};

/// The figures of one backtest.
///
/// Bar returns are `r[0] = E[0] / cash - 1`, `r[i] = E[i] / E[i-1] - 1` of the equity `E` at each
/// close; `n` bars. A figure that does not exist is NaN (see [`metrics`](crate::metrics)): ratios
/// over a zero deviation, a missing drawdown or a missing loss, trade figures without a closed trade.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Statistics {
    /// Number of bars, `n`.
    pub bars: usize,
    /// `E[n-1] / cash - 1`.
    pub total_return: f64,
    /// `(1 + total_return)^(periods_per_year / n) - 1`.
    pub annualized_return: f64,
    /// `std(r, divisor n - 1) * sqrt(periods_per_year)`.
    pub annualized_volatility: f64,
    /// `mean(r) / std(r, divisor n - 1) * sqrt(periods_per_year)`; the risk-free rate is 0.
    pub sharpe: f64,
    /// `mean(r) * periods_per_year / (sqrt(mean(min(r, 0)^2)) * sqrt(periods_per_year))`.
    pub sortino: f64,
    /// `min(E / running maximum of E - 1)`, 0 or negative. Nothing fills on the first bar, so
    /// the maximum starts at the cash.
    pub max_drawdown: f64,
    /// `annualized_return / |max_drawdown|`.
    pub calmar: f64,
    /// `sum(max(r, 0)) / sum(max(-r, 0))`.
    pub omega: f64,
    /// Trades, one that is open at the end included.
    pub trades: usize,
    /// Trades that were closed.
    pub closed_trades: usize,
    /// Share of closed trades with a profit above 0.
    pub win_rate: f64,
    /// Gains over the size of the losses of closed trades.
    pub profit_factor: f64,
    /// Mean profit of a closed trade, in money.
    pub expectancy: f64,
    /// `E[n-1]`, in money.
    pub final_equity: f64,
    /// Fees of all fills, in money.
    pub total_fees: f64,
    /// Bars with a position at the close.
    pub bars_in_market: usize,
}

impl Statistics {
    /// The same figures by name, as a search compares them.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        use Metric as M;
        Metrics::new()
            .with(M::TotalReturn, self.total_return)
            .with(M::AnnualizedReturn, self.annualized_return)
            .with(M::AnnualizedVolatility, self.annualized_volatility)
            .with(M::Sharpe, self.sharpe)
            .with(M::Sortino, self.sortino)
            .with(M::Calmar, self.calmar)
            .with(M::MaxDrawdown, self.max_drawdown)
            .with(M::Omega, self.omega)
            .with(M::WinRate, self.win_rate)
            .with(M::ProfitFactor, self.profit_factor)
            .with(M::Expectancy, self.expectancy)
            .with(M::Trades, self.trades as f64)
            .with(M::ClosedTrades, self.closed_trades as f64)
            .with(M::FinalEquity, self.final_equity)
            .with(M::TotalFees, self.total_fees)
            .with(M::BarsInMarket, self.bars_in_market as f64)
    }
}

impl PartialEq for Statistics {
    /// Same bits, so that two runs that both found NaN agree.
    fn eq(&self, other: &Self) -> bool {
        self.bars == other.bars && self.metrics() == other.metrics()
    }
}

/// Just above 1: a product that was rounded down by less than this does not hide a new low, so that the
/// least of several quotients is found in whichever order they come.
pub(super) const NEARLY: f64 = 1.0 + 4.0 * f64::EPSILON;

/// Running sums from which the figures follow. No allocation, one pass.
///
/// Sums of returns and of their squares, not Welford's recurrence: bar returns have a mean far below
/// their deviation, so nothing cancels, and there is no division in the loop.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) equity: f64,
    pub(super) high: f64,
    /// Lowest share of the high so far.
    pub(super) lowest: f64,
    pub(super) sum: f64,
    pub(super) sum_of_squares: f64,
    pub(super) gains: f64,
    pub(super) losses: f64,
    pub(super) sum_of_squared_losses: f64,
    pub(super) bars_in_market: usize,
    pub(super) entries: usize,
    pub(super) closed: usize,
    pub(super) winners: usize,
    pub(super) trade_gains: f64,
    pub(super) trade_losses: f64,
    pub(super) fees: f64,
}

impl Tally {
    pub(super) fn new(cash: f64) -> Self {
        Self {
            equity: cash,
            high: cash,
            lowest: 1.0,
            sum: 0.0,
            sum_of_squares: 0.0,
            gains: 0.0,
            losses: 0.0,
            sum_of_squared_losses: 0.0,
            bars_in_market: 0,
            entries: 0,
            closed: 0,
            winners: 0,
            trade_gains: 0.0,
            trade_losses: 0.0,
            fees: 0.0,
        }
    }

    pub(super) fn entered(&mut self, fee: f64) {
        self.entries += 1;
        self.fees += fee;
    }

    pub(super) fn closed(&mut self, fee: f64, profit: f64) {
        self.closed += 1;
        self.fees += fee;
        // No branch: which way a trade went cannot be predicted.
        let won = profit > 0.0;
        self.winners += usize::from(won);
        self.trade_gains += if won { profit } else { 0.0 };
        self.trade_losses -= if won { 0.0 } else { profit };
    }

    /// Takes the equity at a close. A bar that leaves it unchanged adds nothing to any sum and
    /// need not be shown.
    #[inline]
    pub(super) fn close(&mut self, equity: f64, in_market: bool) {
        let change = equity / self.equity - 1.0;
        self.equity = equity;
        self.high = self.high.max(equity);
        // Divides only where a new low is set, which is rare.
        if equity < self.lowest * self.high {
            self.lowest = equity / self.high;
        }
        self.sum += change;
        self.sum_of_squares += change * change;
        let loss = change.min(0.0);
        self.gains += change.max(0.0);
        self.losses -= loss;
        self.sum_of_squared_losses += loss * loss;
        self.bars_in_market += usize::from(in_market);
    }

    /// Takes an equity into the high and the drawdown alone.
    #[inline]
    pub(super) fn extend(&mut self, equity: f64) {
        self.high = self.high.max(equity);
        self.extend_down(equity);
    }

    /// Takes an equity that is no new high into the drawdown alone.
    #[inline]
    pub(super) fn extend_down(&mut self, equity: f64) {
        if equity < self.lowest * self.high * NEARLY {
            self.lowest = self.lowest.min(equity / self.high);
        }
    }

    /// Sets the sums over bar returns: of the returns, their squares, the losses and their squares.
    pub(super) fn set_sums(&mut self, sum: f64, squares: f64, losses: f64, squared_losses: f64) {
        self.sum = sum;
        self.sum_of_squares = squares;
        self.gains = sum + losses;
        self.losses = losses;
        self.sum_of_squared_losses = squared_losses;
    }

    #[inline]
    pub(super) fn statistics(&self, bars: usize, config: &BacktestConfig) -> Statistics {
        let n = bars as f64;
        let per_year = config.periods_per_year;
        let mean = self.sum / n;
        let variance = (self.sum_of_squares - self.sum * mean).max(0.0) / (n - 1.0);
        let deviation = if bars < 2 { f64::NAN } else { variance.sqrt() };
        let downside = (self.sum_of_squared_losses / n).sqrt();
        let total_return = self.equity / config.cash - 1.0;
        let annualized_return = compound_annually(1.0 + total_return, bars, per_year);
        let max_drawdown = self.lowest - 1.0;
        Statistics {
            bars,
            total_return,
            annualized_return,
            annualized_volatility: deviation * per_year.sqrt(),
            sharpe: ratio(mean, deviation) * per_year.sqrt(),
            sortino: ratio(mean * per_year, downside * per_year.sqrt()),
            max_drawdown,
            calmar: ratio(annualized_return, max_drawdown.abs()),
            omega: ratio(self.gains, self.losses),
            trades: self.entries,
            closed_trades: self.closed,
            win_rate: ratio(self.winners as f64, self.closed as f64),
            profit_factor: ratio(self.trade_gains, self.trade_losses),
            expectancy: ratio(self.trade_gains - self.trade_losses, self.closed as f64),
            final_equity: self.equity,
            total_fees: self.fees,
            bars_in_market: self.bars_in_market,
        }
    }
}

/// NaN in place of an infinite ratio: what has nothing to be divided by does not exist.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}
