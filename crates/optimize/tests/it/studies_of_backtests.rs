//! Backtests as objectives: the same figures as the engine's own, on any slice of rows.

use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Bars, Costs, Detail, ExpressionStrategy, Signals,
};
use tangency_optimize::metrics::{Metric, total_return};
use tangency_optimize::search::{
    BacktestObjective, Collect, Grid, Objective, Request, StrategyKind, Study, strategy_grid,
};
use tangency_pool::Pool;

fn closes() -> Vec<f64> {
    (0..700).map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i * 7 % 11)).collect()
}

fn config() -> BacktestConfig {
    BacktestConfig::new(252.0).with_costs(Costs::fee(0.001))
}

#[test]
fn a_study_has_the_trials_of_a_grid_search() {
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let pool = Pool::new(2).unwrap();
    let cases: [(StrategyKind, &[&str]); 3] = [
        (StrategyKind::SmaCross, &["fast=2:40:1", "slow=5:60:5"]),
        // Windows too long for the data fail, those beside them do not.
        (StrategyKind::SmaCross, &["fast=100:900:50", "slow=300:1000:100"]),
        (StrategyKind::RsiReversion, &["window=5:20:5", "low=20,30", "high=60,70"]),
    ];
    for (kind, texts) in cases {
        let grid = Grid::parse(texts.iter().copied()).unwrap();
        let search = strategy_grid(kind, &bars, &grid, &config(), &pool, None, None).unwrap();
        let grid = match kind {
            StrategyKind::SmaCross => grid.less_than("fast", "slow").unwrap(),
            _ => grid,
        };
        let objective = BacktestObjective::strategy(kind, bars, config()).unwrap();
        for objective in [
            objective,
            BacktestObjective::strategy(kind, bars, config())
                .unwrap()
                .with_averages(&grid, &pool)
                .unwrap(),
        ] {
            let mut trials = Collect::new();
            let study = Study::grid(&grid, Metric::Sharpe);
            let report = study.run(&pool, &objective, &mut trials).unwrap();
            assert_eq!(report.rejected, search.report.rejected);
            assert_eq!(trials.trials().len(), search.report.trials.len());
            for (mine, theirs) in trials.trials().iter().zip(&search.report.trials) {
                assert_eq!(mine.params, theirs.params);
                assert_eq!(mine.metrics(), theirs.metrics(), "{kind} {}", mine.params);
            }
        }
    }
}

#[test]
fn a_slice_restarts_the_money_and_keeps_the_indicators() {
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let (kind, grid) = (StrategyKind::SmaCross, Grid::parse(["fast=5", "slow=20"]).unwrap());
    let params = grid.trials().next().unwrap().unwrap();
    let objective = BacktestObjective::strategy(kind, bars, config()).unwrap();
    let mut scratch = Signals::default();
    let request = Request::new(&params).with_rows(200..500);
    let metrics = objective.evaluate(&mut scratch, &request).unwrap();
    let mut signals = Signals::default();
    kind.build(&params).unwrap().signals_into(&bars, &mut signals).unwrap();
    let slice = Backtest::new(bars.slice(200..500).unwrap(), config()).unwrap();
    let result = slice.run_signals(&signals.slice(200..500).unwrap(), Detail::ALL).unwrap();
    assert_eq!(metrics, result.statistics.metrics());
    // The budget is a share of the slice's first rows.
    let half = objective.evaluate(&mut scratch, &request.clone().with_budget(0.5)).unwrap();
    let first = Request::new(&params).with_rows(200..350);
    assert_eq!(half, objective.evaluate(&mut scratch, &first).unwrap());
    assert_ne!(half, metrics);
    for request in [request, Request::new(&params)] {
        let mut returns = Vec::new();
        objective.period_returns(&mut scratch, &request, &mut returns).unwrap();
        let metrics = objective.evaluate(&mut scratch, &request).unwrap();
        assert_eq!(returns.len(), request.window(bars.len()).len());
        // A product of 700 factors against a quotient: an ulp each.
        let direct = metrics.get(Metric::TotalReturn).unwrap();
        assert!((total_return(&returns) - direct).abs() < 1e-12 * direct.abs().max(1.0));
    }
    let beyond = Request::new(&params).with_rows(600..900);
    let error = objective.evaluate(&mut scratch, &beyond).unwrap_err();
    assert!(error.to_string().contains("600..900"), "{error}");
}

#[test]
fn what_matters_is_in_the_fingerprint() {
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let mark = |closes: &[f64], config| {
        let bars = Bars::from_closes(closes).unwrap();
        let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, config).unwrap();
        objective.fingerprint().to_string()
    };
    let mut changed = closes.clone();
    changed[350] = changed[350].next_up();
    let base = mark(&closes, config());
    assert_eq!(base, mark(&closes, config()));
    assert_ne!(base, mark(&changed, config()));
    assert_ne!(base, mark(&closes[1..], config()));
    assert_ne!(base, mark(&closes, config().with_costs(Costs::fee(0.002))));
    let rule = ExpressionStrategy::new("rsi(window) < 30", "rsi(window) > ceiling").unwrap();
    let open = BacktestObjective::expression(rule.clone(), bars, config()).unwrap();
    let fixed = rule.with_parameter("ceiling", 60.0);
    let fixed = BacktestObjective::expression(fixed, bars, config()).unwrap();
    assert_ne!(open.name(), fixed.name());
    assert!(open.check_parameters(["window", "ceiling"].into_iter()).is_ok());
    let error = fixed.check_parameters(["window", "ceiling"].into_iter()).unwrap_err();
    assert!(error.to_string().contains("\"ceiling\""), "{error}");
}
