//! A trading rule from the command line: a ready-made strategy or two expressions.

use tangency::optimize::backtest::{
    BacktestConfig, Bars, Expression, ExpressionStrategy, Strategy,
};
use tangency::optimize::search::{BacktestObjective, Grid, Params, RemoteBacktest, StrategyKind};
use tangency::pool::process::Resources;

use crate::args::RuleArgs;
use crate::exit::{Failure, Outcome};

/// What trades, its parameters still open.
#[derive(Debug)]
pub(crate) enum Rule {
    ReadyMade(StrategyKind),
    Text(ExpressionStrategy),
}

impl Rule {
    pub(crate) fn new(args: &RuleArgs) -> Outcome<Self> {
        match (&args.strategy, &args.entry, &args.exit) {
            (Some(name), ..) => name.parse().map(Self::ReadyMade).map_err(Failure::usage),
            (None, Some(entry), Some(exit)) => {
                // Each on its own, so that the message says which of the two it is about.
                for (option, text) in [("--entry", entry), ("--exit", exit)] {
                    text.parse::<Expression>()
                        .map_err(|error| Failure::usage(format!("{option}: {error}")))?;
                }
                ExpressionStrategy::new(entry, exit).map(Self::Text).map_err(Failure::usage)
            }
            _ => Err(Failure::usage("give --strategy, or --entry and --exit")),
        }
    }

    /// In documents and headings.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::ReadyMade(kind) => kind.name().to_owned(),
            Self::Text(rule) => format!("enter {}, leave {}", rule.entry, rule.exit),
        }
    }

    /// Checks that `names` are the rule's parameters, all of them and no others.
    pub(crate) fn check_names<'n>(&self, names: impl Iterator<Item = &'n str>) -> Outcome<()> {
        match self {
            Self::ReadyMade(kind) => kind.check_names(names),
            // Which values does not matter.
            Self::Text(rule) => {
                rule.clone().with_parameters(names.map(|name| (name, 1.0))).map(drop)
            }
        }
        .map_err(Failure::usage)
    }

    /// What a search measures.
    pub(crate) fn objective<'b>(
        &self,
        bars: Bars<'b>,
        config: BacktestConfig,
    ) -> tangency::optimize::Result<BacktestObjective<'b>> {
        match self {
            Self::ReadyMade(kind) => BacktestObjective::strategy(*kind, bars, config),
            Self::Text(rule) => BacktestObjective::expression(rule.clone(), bars, config),
        }
    }

    /// The same for worker processes.
    pub(crate) fn resources(&self, bars: &Bars<'_>, config: &BacktestConfig) -> Resources {
        match self {
            Self::ReadyMade(kind) => RemoteBacktest::resources(*kind, bars, config),
            Self::Text(rule) => RemoteBacktest::expression_resources(rule.clone(), bars, config),
        }
    }

    /// The strategy with one value a parameter.
    pub(crate) fn with(&self, params: &Params) -> Outcome<Box<dyn Strategy>> {
        match self {
            Self::ReadyMade(kind) => kind
                .check_names(params.iter().map(|(name, _)| name))
                .and_then(|()| kind.build(params)),
            Self::Text(rule) => rule
                .clone()
                .with_parameters(params.iter())
                .map(|bound| Box::new(bound) as Box<dyn Strategy>),
        }
        .map_err(Failure::usage)
    }
}

/// One value a parameter, from texts such as `fast=10`.
pub(crate) fn single_values(texts: &[String]) -> Outcome<Params> {
    if texts.is_empty() {
        return Ok(Params::default());
    }
    let grid = Grid::parse(texts.iter().map(String::as_str)).map_err(Failure::usage)?;
    for name in grid.names() {
        let n = grid.values(name).map_err(Failure::usage)?.len();
        if n != 1 {
            return Err(Failure::usage(format!(
                "parameter {name} has {n} values; a backtest takes one, `tangency grid` many"
            )));
        }
    }
    let first = grid.trials().next().transpose().map_err(Failure::usage)?;
    Ok(first.unwrap_or_default())
}
