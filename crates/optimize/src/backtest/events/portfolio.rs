//! Many assets that share their cash.

use std::fmt;

use serde::Serialize;

use super::actions::{CorporateAction, check_actions};
use super::config::EventConfig;
use super::order::{Order, Request};
use super::run::{Moment, Run};
use crate::backtest::bars::Bars;
use crate::backtest::config::Execution;
use crate::backtest::result::Detail;
use crate::backtest::statistics::Statistics;
use crate::backtest::target_weights::Decision;
use crate::backtest::trade::Trade;
use crate::error::{ErrorKind, Result};

/// Bars of many assets with one setting and one account, ready for strategies.
///
/// Bar `i` of each asset is the same moment. The order of events within a bar is that of the
/// [module](super); within a step, assets come in their order, orders in the order placed. Lots are
/// valued at the last price of their asset: the open, the price of its latest fill within the bar, the
/// close.
///
/// # Examples
///
/// Half in each of two assets, rebalanced every twenty bars:
///
/// ```
/// use tangency_optimize::backtest::events::{
///     EventConfig, PortfolioBacktest, PortfolioOrders, PortfolioStrategy, PortfolioView,
/// };
/// use tangency_optimize::backtest::{Bars, Detail};
///
/// #[derive(Debug)]
/// struct Halves;
///
/// impl PortfolioStrategy for Halves {
///     fn name(&self) -> &'static str {
///         "halves"
///     }
///
///     fn on_bar(
///         &mut self,
///         view: &PortfolioView<'_>,
///         orders: &mut PortfolioOrders,
///     ) -> tangency_optimize::Result<()> {
///         if view.bar() % 20 == 0 {
///             orders.target_weights(&[0.5, 0.5]);
///         }
///         Ok(())
///     }
/// }
///
/// let up: Vec<f64> = (0..100).map(|i| 50.0 + f64::from(i)).collect();
/// let down: Vec<f64> = up.iter().rev().copied().collect();
/// let assets = [Bars::from_closes(&up)?, Bars::from_closes(&down)?];
/// let backtest = PortfolioBacktest::new(&assets, EventConfig::vectorbt(252.0))?;
/// let result = backtest.run(&mut Halves, Detail::ALL)?;
/// let trades = result.trades.expect("asked for");
/// // What rose is sold and what fell is bought.
/// assert_eq!((trades[0].asset, trades[0].trade.exit_bar), (0, 21));
/// # Ok::<(), tangency_optimize::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PortfolioBacktest<'a> {
    bars: Vec<Bars<'a>>,
    config: EventConfig,
    actions: Vec<&'a [CorporateAction]>,
}

/// A trade of one asset of a portfolio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AssetTrade {
    /// The asset, by its place among the bars.
    pub asset: usize,
    /// The trade.
    pub trade: Trade,
}

/// The outcome of a portfolio backtest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PortfolioResult {
    /// The price at which market orders were filled; next close where some asset has only closes.
    pub execution: Execution,
    /// The figures of the account; a bar is in the market where anything is held.
    pub statistics: Statistics,
    /// Value traded over the mean equity, both sides counted.
    pub turnover: f64,
    /// Mean over the bars of gross value over equity at the close.
    pub mean_exposure: f64,
    /// Orders that found too little money, or no room for another lot.
    pub rejected: usize,
    /// Interest and borrowing costs, dividends not counted: negative when paid.
    pub financing: f64,
    /// Every trade in order of its exit, open ones last, if asked for.
    pub trades: Option<Vec<AssetTrade>>,
    /// Equity at each close, in money, if asked for.
    pub equity: Option<Vec<f64>>,
    /// Net value of all positions over the equity at each close, if asked for.
    pub exposure: Option<Vec<f64>>,
}

/// What a strategy sees at a close: nothing after it.
#[derive(Clone, Copy)]
pub struct PortfolioView<'v> {
    bars: &'v [Bars<'v>],
    moment: &'v Moment<'v>,
}

/// What is placed at a close; market orders fill on the next bar.
#[derive(Debug)]
pub struct PortfolioOrders {
    requests: Vec<(usize, Request)>,
    n_assets: usize,
}

/// A strategy over many assets that is asked after every bar.
pub trait PortfolioStrategy: fmt::Debug {
    /// Its name in results, in snake case.
    fn name(&self) -> &'static str;

    /// Looks at the bars so far and places orders, which can fill from the next bar on.
    ///
    /// # Errors
    ///
    /// Whatever keeps the strategy from going on.
    fn on_bar(&mut self, view: &PortfolioView<'_>, orders: &mut PortfolioOrders) -> Result<()>;
}

impl<'a> PortfolioBacktest<'a> {
    /// Checks setting and lengths; where some asset has only closes, market orders fill at the next
    /// close.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Empty`] without assets, [`ErrorKind::WrongLength`] when they differ in their number
    /// of bars, [`ErrorKind::InvalidParameter`] naming the field of the setting.
    pub fn new(bars: &[Bars<'a>], mut config: EventConfig) -> Result<Self> {
        config.check()?;
        let Some(first) = bars.first() else {
            return Err(ErrorKind::Empty { what: "bars of the assets" }.into());
        };
        let expected = first.len();
        if let Some(other) = bars.iter().find(|other| other.len() != expected) {
            let (what, got) = ("bars of every asset", other.len());
            return Err(ErrorKind::WrongLength { what, expected, got }.into());
        }
        if bars.iter().any(|bars| bars.open().is_none()) {
            config.execution = Execution::NextClose;
        }
        Ok(Self { bars: bars.to_vec(), config, actions: vec![&[]; bars.len()] })
    }

    /// With splits and dividends of one asset, in order of their bars; for prices that are not adjusted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] for an asset that there is not, a bar out of order or beyond the
    /// data, a dividend below 0, or a ratio that is not above 0.
    pub fn with_actions(mut self, asset: usize, actions: &'a [CorporateAction]) -> Result<Self> {
        check_actions(actions, self.bars[0].len())?;
        match self.actions.get_mut(asset) {
            Some(slot) => *slot = actions,
            None => return Err(no_asset(asset)),
        }
        Ok(self)
    }

    /// The setting, with the execution that is used.
    #[must_use]
    pub fn config(&self) -> &EventConfig {
        &self.config
    }

    /// Runs a strategy and keeps what `detail` asks for.
    ///
    /// # Errors
    ///
    /// Those of the strategy, and [`ErrorKind::InvalidParameter`] or [`ErrorKind::WrongLength`] for an
    /// order that makes no sense.
    pub fn run(
        &self,
        strategy: &mut dyn PortfolioStrategy,
        detail: Detail,
    ) -> Result<PortfolioResult> {
        let n_assets = self.bars.len();
        let mut orders = PortfolioOrders { requests: Vec::new(), n_assets };
        let run = Run::new(&self.bars, &self.config, &self.actions, detail);
        let outcome = run.all(|moment, requests| {
            strategy.on_bar(&PortfolioView { bars: &self.bars, moment }, &mut orders)?;
            for (asset, request) in orders.requests.drain(..) {
                if asset >= n_assets {
                    return Err(no_asset(asset));
                }
                if let Request::Targets(weights) = &request
                    && weights.len() != n_assets
                {
                    let (what, got) = ("target weights", weights.len());
                    let expected = n_assets;
                    return Err(ErrorKind::WrongLength { what, expected, got }.into());
                }
                requests.push((asset, request));
            }
            Ok(())
        })?;
        Ok(PortfolioResult {
            execution: self.config.execution,
            statistics: outcome.statistics,
            turnover: outcome.turnover,
            mean_exposure: outcome.mean_exposure,
            rejected: outcome.rejected,
            financing: outcome.financing,
            trades: outcome.trades,
            equity: outcome.equity,
            exposure: outcome.exposure,
        })
    }

    /// Follows target weights decided beforehand, one weight an asset, ascending by bar; between
    /// decisions the units stay as they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongLength`] for another number of weights than assets,
    /// [`ErrorKind::InvalidParameter`] for a weight that is not finite or bars out of order.
    pub fn run_weights(
        &self,
        decisions: &[Decision<'_>],
        detail: Detail,
    ) -> Result<PortfolioResult> {
        if let Some(pair) = decisions.windows(2).find(|pair| pair[1].bar <= pair[0].bar) {
            let (name, value) = ("bar of a decision", pair[1].bar as f64);
            let expected = "a bar after that of the decision before";
            return Err(ErrorKind::InvalidParameter { name, value, expected }.into());
        }
        self.run(&mut Decided { left: decisions }, detail)
    }
}

fn no_asset(asset: usize) -> crate::error::Error {
    let (name, value) = ("asset", asset as f64);
    ErrorKind::InvalidParameter { name, value, expected: "the place of one of the assets" }.into()
}

#[derive(Debug)]
struct Decided<'d> {
    left: &'d [Decision<'d>],
}

impl PortfolioStrategy for Decided<'_> {
    fn name(&self) -> &'static str {
        "target_weights"
    }

    fn on_bar(&mut self, view: &PortfolioView<'_>, orders: &mut PortfolioOrders) -> Result<()> {
        while let Some((decision, rest)) = self.left.split_first()
            && decision.bar <= view.bar()
        {
            if decision.bar == view.bar() {
                orders.target_weights(decision.weights);
            }
            self.left = rest;
        }
        Ok(())
    }
}

impl PortfolioView<'_> {
    /// The number of this bar, from 0.
    #[must_use]
    pub fn bar(&self) -> usize {
        self.moment.bar
    }

    /// Number of assets.
    #[must_use]
    pub fn n_assets(&self) -> usize {
        self.bars.len()
    }

    /// Every bar of an asset up to and including this one; `None` where there is no such asset.
    #[must_use]
    pub fn bars(&self, asset: usize) -> Option<Bars<'_>> {
        self.bars.get(asset).map(|bars| bars.up_to(self.moment.bar))
    }

    /// Equity at this close, in money.
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.moment.equity
    }

    /// Cash at this close, negative when borrowed.
    #[must_use]
    pub fn cash(&self) -> f64 {
        self.moment.account.cash
    }

    /// Units held of an asset, negative when short.
    #[must_use]
    pub fn position(&self, asset: usize) -> f64 {
        self.moment.account.position(asset)
    }

    /// Net value of an asset's position over the equity at this close.
    #[must_use]
    pub fn weight(&self, asset: usize) -> f64 {
        let mark = self.moment.account.marks.get(asset).copied().unwrap_or(0.0);
        self.position(asset) * mark / self.moment.equity
    }

    /// Lots held of an asset.
    #[must_use]
    pub fn lots(&self, asset: usize) -> usize {
        self.moment.account.lots_of(asset).count()
    }
}

impl fmt::Debug for PortfolioView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortfolioView")
            .field("bar", &self.bar())
            .field("equity", &self.equity())
            .field("cash", &self.cash())
            .finish_non_exhaustive()
    }
}

impl PortfolioOrders {
    /// Number of assets.
    #[must_use]
    pub fn n_assets(&self) -> usize {
        self.n_assets
    }

    /// Opens a lot of an asset.
    pub fn place(&mut self, asset: usize, order: Order) {
        self.requests.push((asset, Request::Open(order)));
    }

    /// Closes every lot of an asset with a market order; does nothing when there are none.
    pub fn close(&mut self, asset: usize) {
        self.requests.push((asset, Request::Close));
    }

    /// Trades an asset to a position worth this share of the equity at the fill, negative for short.
    /// Lots are reduced in the order in which they were opened; there is always room for one more.
    pub fn target_weight(&mut self, asset: usize, weight: f64) {
        self.requests.push((asset, Request::Target(weight)));
    }

    /// Trades every asset to its weight, of the equity before the first of these trades: from the
    /// largest sale to the largest purchase, each as far as the funds go.
    pub fn target_weights(&mut self, weights: &[f64]) {
        self.requests.push((0, Request::Targets(weights.to_vec())));
    }

    /// Withdraws limit and stop orders of an asset that still wait.
    pub fn cancel_waiting(&mut self, asset: usize) {
        self.requests.push((asset, Request::CancelWaiting));
    }
}
