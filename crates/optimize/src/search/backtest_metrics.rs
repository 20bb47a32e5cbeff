//! The metrics that backtests measure.

use super::backtest_objective::BacktestObjective;
use crate::error::{ErrorKind, Result};
use crate::metrics::Metric;
use crate::nearest_name::nearest_name;

/// Those of [`Statistics::metrics`](crate::backtest::Statistics::metrics).
const MEASURED: [Metric; 16] = [
    Metric::TotalReturn,
    Metric::AnnualizedReturn,
    Metric::AnnualizedVolatility,
    Metric::Sharpe,
    Metric::Sortino,
    Metric::Calmar,
    Metric::MaxDrawdown,
    Metric::Omega,
    Metric::WinRate,
    Metric::ProfitFactor,
    Metric::Expectancy,
    Metric::Trades,
    Metric::ClosedTrades,
    Metric::FinalEquity,
    Metric::TotalFees,
    Metric::BarsInMarket,
];

impl BacktestObjective<'_> {
    /// The metric of this name, if backtests measure it: to find out before a search that they do not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest one that they do.
    pub fn metric(name: &str) -> Result<Metric> {
        let known = name.parse().ok().filter(|metric| MEASURED.contains(metric));
        known.ok_or_else(|| {
            let wanted = name.trim().to_ascii_lowercase().replace('-', "_");
            let nearest = nearest_name(&wanted, MEASURED.iter().map(|metric| metric.name()));
            let (what, name) = ("metric of a backtest", name.to_owned());
            ErrorKind::UnknownName { what, name, nearest }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::{BacktestConfig, Bars};
    use crate::search::{Objective, Params, Request, StrategyKind};

    #[test]
    fn what_has_a_name_is_measured() {
        let closes = [10.0, 11.0, 12.0];
        let bars = Bars::from_closes(&closes).unwrap();
        let kind = StrategyKind::BuyAndHold;
        let objective =
            BacktestObjective::strategy(kind, bars, BacktestConfig::new(252.0)).unwrap();
        let params = Params::default();
        let request = Request::new(&params);
        let measured = objective.evaluate(&mut Default::default(), &request).unwrap();
        for metric in Metric::ALL {
            let named = BacktestObjective::metric(metric.name());
            assert_eq!(named.is_ok(), measured.get(*metric).is_some(), "{metric}");
        }
        assert_eq!(BacktestObjective::metric("Max-Drawdown").unwrap(), Metric::MaxDrawdown);
        let error = BacktestObjective::metric("ulcer_index").unwrap_err().to_string();
        assert!(
            error.starts_with("no metric of a backtest is called \"ulcer_index\"; "),
            "{error}"
        );
    }
}
