//! Whole grids of crossovers against vectorbt: every row, the ranking, a walk-forward run.

use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Costs, Detail, Signals, SmaCross, Statistics, Strategy,
};
use tangency_optimize::metrics::Metric;
use tangency_optimize::search::{Grid, Parameter, Values, sma_cross_grid};
use tangency_pool::Pool;
use tangency_preprocess::folds::WalkForward;
use tangency_testkit::backtest::{GridCase, bars, grid_cases, reference_grid_cases};

use crate::backtest_vectorbt::borrow;

/// As for single backtests.
const RELATIVE: f64 = 1e-9;

#[track_caller]
fn assert_same(got: f64, want: Option<f64>, what: &str) {
    match want {
        Some(want) => {
            assert!((got - want).abs() <= RELATIVE * want.abs().max(1e-9), "{what}: {got} {want}");
        }
        None => assert!(got.is_nan(), "{what}: {got} should not exist"),
    }
}

fn config(case: &GridCase) -> BacktestConfig {
    BacktestConfig::new(case.ann_factor).with_cash(case.cash).with_costs(Costs::fee(case.fee))
}

fn values(windows: &[usize]) -> Values {
    Values::list(windows.iter().map(|w| *w as f64).collect::<Vec<_>>()).unwrap()
}

fn check_rows(case: &GridCase) {
    let owned = bars(&case.data);
    let grid = Grid::new([
        Parameter::new("fast", values(&case.fast)),
        Parameter::new("slow", values(&case.slow)),
    ])
    .unwrap();
    let [report, other] = [1, 3].map(|workers| {
        let pool = Pool::new(workers).unwrap();
        sma_cross_grid(&borrow(&owned), &grid, &config(case), &pool, None, None).unwrap().report
    });
    assert_eq!(report.trials, other.trials, "workers must not matter");

    assert_eq!(report.trials.len(), case.rows.len());
    assert_eq!(
        report.rejected as usize + report.trials.len(),
        case.fast.len() * case.slow.len(),
        "what is not tried is counted"
    );
    for (trial, row) in report.trials.iter().zip(&case.rows) {
        let what = format!("{} {}", case.data, trial.params);
        assert_eq!(trial.params.values(), [row[0].unwrap(), row[1].unwrap()], "grid order");
        let got = |metric| trial.metric(metric).unwrap();
        assert_same(got(Metric::TotalReturn), row[2], &what);
        assert_same(got(Metric::Sharpe), row[3], &what);
        assert_same(got(Metric::MaxDrawdown), row[4], &what);
        assert_eq!(got(Metric::Trades), row[5].unwrap(), "{what}");
        assert_eq!(got(Metric::ClosedTrades), row[6].unwrap(), "{what}");
        assert_same(got(Metric::WinRate), row[7], &what);
    }
    assert_eq!(case.top5.len(), 3);
    for (metric, want) in &case.top5 {
        let top = report.top(metric.parse().unwrap(), 5).unwrap();
        let got: Vec<[usize; 2]> = top
            .iter()
            .map(|t| ["fast", "slow"].map(|name| t.params.count(name).unwrap()))
            .collect();
        assert_eq!(&got, want, "{} by {metric}", case.data);
        let best = report.best(metric.parse().unwrap()).unwrap().unwrap();
        assert_eq!(best.index, top[0].index);
    }
}

/// Signals of the whole series, simulated anew in each window, as the README of the golden says.
fn check_walk_forward(case: &GridCase) {
    let (plan, want) =
        (case.walk_forward.as_ref().unwrap(), case.walk_forward_result.as_ref().unwrap());
    let owned = bars(&case.data);
    let bars = borrow(&owned);
    let mut crosses = Vec::new();
    for fast in &case.fast {
        for slow in case.slow.iter().filter(|slow| fast < slow) {
            let cross = SmaCross { fast: *fast, slow: *slow };
            let mut signals = Signals::default();
            cross.signals_into(&bars, &mut signals).unwrap();
            crosses.push((cross, signals));
        }
    }
    let run = |signals: &Signals, range: std::ops::Range<usize>| -> Statistics {
        let backtest = Backtest::new(bars.slice(range.clone()).unwrap(), config(case)).unwrap();
        backtest.run_signals(&signals.slice(range).unwrap(), Detail::NONE).unwrap().statistics
    };
    let folds = WalkForward::new(plan.train, plan.test).step(plan.step).folds(bars.len()).unwrap();
    assert_eq!(folds.len(), want.folds.len());
    let mut growth = 1.0;
    for (fold, want) in folds.zip(&want.folds) {
        let what = format!("{} from {}", case.data, fold.train.start);
        assert_eq!([fold.train.start, fold.train.end], want.train);
        assert_eq!([fold.test.start, fold.test.end], want.test);
        let mut best: Option<(usize, Statistics)> = None;
        for (at, (_, signals)) in crosses.iter().enumerate() {
            let statistics = run(signals, fold.train.clone());
            let so_far = best.as_ref().map_or(f64::NAN, |(_, best)| best.sharpe);
            if Metric::Sharpe.is_better(statistics.sharpe, so_far) {
                best = Some((at, statistics));
            }
        }
        let (at, train) = best.unwrap();
        assert_eq!([crosses[at].0.fast, crosses[at].0.slow], want.best, "{what}");
        assert_same(train.sharpe, want.train_sharpe, &what);
        assert_same(train.total_return, Some(want.train_return), &what);
        let test = run(&crosses[at].1, fold.test);
        assert_same(test.sharpe, want.test_sharpe, &what);
        assert_same(test.total_return, Some(want.test_return), &what);
        assert_same(test.max_drawdown, Some(want.test_max_drawdown), &what);
        assert_eq!(test.trades, want.test_trades, "{what}");
        growth *= 1.0 + test.total_return;
    }
    assert_same(growth - 1.0, Some(want.compounded_test_return), &case.data);
}

#[test]
fn every_row_and_the_ranking() {
    let cases = grid_cases();
    assert_eq!(cases.len(), 2);
    cases.iter().for_each(check_rows);
}

#[test]
fn walk_forward_runs() {
    grid_cases().iter().for_each(check_walk_forward);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_grids() {
    let cases = reference_grid_cases();
    assert_eq!(cases.iter().map(|case| case.rows.len()).collect::<Vec<_>>(), [54, 16]);
    cases.iter().for_each(check_rows);
    check_walk_forward(&cases[0]);
}
