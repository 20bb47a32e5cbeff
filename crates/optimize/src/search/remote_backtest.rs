//! Backtests that a worker process can open.

use serde::{Deserialize, Serialize};
use tangency_pool::process::Resources;

use super::backtest_objective::BacktestObjective;
use super::objective::{Failure, Objective, Request};
use super::remote::RemoteObjective;
use super::strategy_kind::StrategyKind;
use crate::backtest::{BacktestConfig, Bars, ExpressionStrategy, Signals};
use crate::error::Result;
use crate::metrics::Metrics;

/// A strategy, its setting and a copy of the bars, for worker processes.
///
/// Each process holds the bars once; the tables of a backtest are made again for every tile, which
/// takes as long as a few trials.
///
/// # Examples
///
/// ```no_run
/// use tangency_optimize::backtest::{BacktestConfig, Bars};
/// use tangency_optimize::metrics::Metric;
/// use tangency_optimize::search::{Discard, Grid, RemoteBacktest, StrategyKind, Study, TileJob};
/// use tangency_pool::process::{Registry, worker_entry};
/// use tangency_pool::{Executor, Pool};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     worker_entry(Registry::new().with::<TileJob<RemoteBacktest>>());
///     let closes: Vec<f64> = (0..500).map(|i| 100.0 + f64::from(i * 7 % 31)).collect();
///     let bars = Bars::from_closes(&closes)?;
///     let strategy = StrategyKind::EmaCross;
///     let resources = RemoteBacktest::resources(strategy, &bars, &BacktestConfig::new(252.0));
///     let grid = Grid::parse(["fast=5:20:5", "slow=30:60:10"])?;
///     let pool = Pool::builder().executor(Executor::Processes).build()?;
///     let study = Study::grid(&grid, Metric::Sharpe);
///     let report = study.run_jobs::<RemoteBacktest>(&pool, &resources, None, &mut Discard)?;
///     assert_eq!(report.failed, 0);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct RemoteBacktest {
    setup: Setup,
    open: Option<Vec<f64>>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Setup {
    rule: Rule,
    config: BacktestConfig,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Rule {
    Kind(String),
    Expression(Box<ExpressionStrategy>),
}

impl RemoteBacktest {
    /// What worker processes need for a ready-made strategy.
    #[must_use]
    pub fn resources(kind: StrategyKind, bars: &Bars<'_>, config: &BacktestConfig) -> Resources {
        resources(Rule::Kind(kind.name().to_owned()), bars, config)
    }

    /// What worker processes need for a rule written as text.
    #[must_use]
    pub fn expression_resources(
        rule: ExpressionStrategy,
        bars: &Bars<'_>,
        config: &BacktestConfig,
    ) -> Resources {
        resources(Rule::Expression(Box::new(rule)), bars, config)
    }

    fn objective(&self) -> Result<BacktestObjective<'_>> {
        let bars = match &self.open {
            Some(open) => Bars::new(open, &self.high, &self.low, &self.close)?,
            None => Bars::from_closes(&self.close)?,
        };
        match &self.setup.rule {
            Rule::Kind(kind) => BacktestObjective::strategy(kind.parse()?, bars, self.setup.config),
            Rule::Expression(rule) => {
                BacktestObjective::expression((**rule).clone(), bars, self.setup.config)
            }
        }
    }
}

fn resources(rule: Rule, bars: &Bars<'_>, config: &BacktestConfig) -> Resources {
    let setup = Setup { rule, config: *config };
    let setup = serde_json::to_vec(&setup).expect("names and finite numbers always serialise");
    let bytes = |values: &[f64]| -> Vec<u8> {
        values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect()
    };
    let mut resources = Resources::new().with_bytes("setup", setup);
    if let Some(open) = bars.open() {
        resources = resources
            .with_bytes("open", bytes(open))
            .with_bytes("high", bytes(bars.high_or_close()))
            .with_bytes("low", bytes(bars.low_or_close()));
    }
    resources.with_bytes("close", bytes(bars.close()))
}

impl RemoteObjective for RemoteBacktest {
    const NAME: &'static str = "tangency-backtest-tile";

    fn open(resources: &Resources) -> Result<Self, String> {
        let column = |name: &str| -> Option<Vec<f64>> {
            let (values, rest) = resources.bytes(name)?.as_chunks::<8>();
            let values = values.iter().map(|bytes| f64::from_bits(u64::from_le_bytes(*bytes)));
            rest.is_empty().then(|| values.collect())
        };
        let setup = resources.bytes("setup").ok_or("the resource `setup` is missing")?;
        let setup = serde_json::from_slice(setup).map_err(|error| error.to_string())?;
        let opened = Self {
            setup,
            open: column("open"),
            high: column("high").unwrap_or_default(),
            low: column("low").unwrap_or_default(),
            close: column("close").ok_or("the resource `close` is missing")?,
        };
        opened.objective().map_err(|error| error.to_string())?;
        Ok(opened)
    }
}

impl Objective for RemoteBacktest {
    type Scratch = Signals;

    fn evaluate(&self, signals: &mut Signals, request: &Request<'_>) -> Result<Metrics, Failure> {
        self.objective()?.evaluate(signals, request)
    }

    fn evaluate_tile(
        &self,
        signals: &mut Signals,
        requests: &[Request<'_>],
        results: &mut Vec<Result<Metrics, Failure>>,
    ) {
        match self.objective() {
            Ok(objective) => objective.evaluate_tile(signals, requests, results),
            Err(error) => {
                results.extend(requests.iter().map(|_| Err(Failure::from(error.clone()))));
            }
        }
    }

    fn period_returns(
        &self,
        signals: &mut Signals,
        request: &Request<'_>,
        returns: &mut Vec<f64>,
    ) -> Result<(), Failure> {
        self.objective()?.period_returns(signals, request, returns)
    }
}
