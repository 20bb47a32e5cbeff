//! Walk-forward and combinatorial searches: golden runs, look-ahead, failures.

use tangency_optimize::ErrorKind;
use tangency_optimize::backtest::{BacktestConfig, Bars, Costs};
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    BacktestObjective, Failure, Grid, Objective, Parameter, Request, StrategyKind, Values,
};
use tangency_optimize::validation::{combinatorial, walk_forward};
use tangency_pool::{CancelToken, Pool, item_seed};
use tangency_preprocess::folds::{CombinatorialPurged, Fold, WalkForward};
use tangency_testkit::backtest::{
    GridCase, OwnedBars, bars, grid_cases, reference_grid_cases, synthetic_bars,
};

use crate::backtest_vectorbt::borrow;

fn pool() -> Pool {
    Pool::new(2).unwrap()
}

fn crossovers(fast: &[usize], slow: &[usize]) -> Grid {
    let values = |windows: &[usize]| {
        Values::list(windows.iter().map(|w| *w as f64).collect::<Vec<_>>()).unwrap()
    };
    Grid::new([Parameter::new("fast", values(fast)), Parameter::new("slow", values(slow))])
        .unwrap()
        .less_than("fast", "slow")
        .unwrap()
}

#[track_caller]
fn assert_same(got: f64, want: Option<f64>, what: &str) {
    match want {
        Some(want) => {
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-9), "{what}: {got} {want}");
        }
        None => assert!(got.is_nan(), "{what}: {got} should not exist"),
    }
}

fn check(case: &GridCase) {
    let (plan, want) =
        (case.walk_forward.as_ref().unwrap(), case.walk_forward_result.as_ref().unwrap());
    let owned = bars(&case.data);
    let bars = borrow(&owned);
    let config =
        BacktestConfig::new(case.ann_factor).with_cash(case.cash).with_costs(Costs::fee(case.fee));
    let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, config).unwrap();
    let grid = crossovers(&case.fast, &case.slow);
    let folds = WalkForward::new(plan.train, plan.test).step(plan.step).folds(bars.len()).unwrap();
    let run = |workers| {
        let pool = Pool::new(workers).unwrap();
        walk_forward(&grid, folds.clone(), Metric::Sharpe, &objective, &pool, None, None).unwrap()
    };
    let report = run(1);
    assert_eq!(report, run(2));
    assert_eq!(report, run(5));
    assert_eq!(report.trials as usize, case.rows.len());
    assert_eq!((report.failed, report.folds.len()), (0, want.folds.len()));
    for (fold, want) in report.folds.iter().zip(&want.folds) {
        let fold = fold.as_ref().unwrap();
        let what = format!("{} from {}", case.data, fold.train.start);
        assert_eq!([fold.train.start, fold.train.end], want.train);
        assert_eq!([fold.test.start, fold.test.end], want.test);
        assert_eq!(fold.params.values(), want.best.map(|window| window as f64), "{what}");
        let of = |metrics: &Metrics, metric| metrics.get(metric).unwrap();
        assert_same(of(&fold.in_sample, Metric::Sharpe), want.train_sharpe, &what);
        assert_same(of(&fold.in_sample, Metric::TotalReturn), Some(want.train_return), &what);
        assert_same(of(&fold.out_of_sample, Metric::Sharpe), want.test_sharpe, &what);
        assert_same(of(&fold.out_of_sample, Metric::TotalReturn), Some(want.test_return), &what);
        let deepest = of(&fold.out_of_sample, Metric::MaxDrawdown);
        assert_same(deepest, Some(want.test_max_drawdown), &what);
        assert_eq!(of(&fold.out_of_sample, Metric::Trades) as usize, want.test_trades);
    }
    let total = report.metrics(case.ann_factor).get(Metric::TotalReturn).unwrap();
    assert_same(total, Some(want.compounded_test_return), &case.data);
    // Efficiency from the golden returns alone.
    let growth = |total: &dyn Fn(usize) -> f64, rows: usize| {
        (0..want.folds.len()).map(|k| (1.0 + total(k)).ln()).sum::<f64>() / rows as f64
    };
    let before = growth(&|k| want.folds[k].train_return, plan.train);
    let after = growth(&|k| want.folds[k].test_return, plan.test);
    assert_same(report.efficiency, Some(after / before), "efficiency");
}

#[test]
fn walk_forward_runs_of_vectorbt() {
    let cases = grid_cases();
    assert_eq!(cases.iter().filter(|case| case.walk_forward.is_some()).count(), 2);
    cases.iter().for_each(check);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_walk_forward_runs_of_vectorbt() {
    let cases = reference_grid_cases();
    let with: Vec<&GridCase> = cases.iter().filter(|case| case.walk_forward.is_some()).collect();
    assert_eq!(with.len(), 1);
    with.into_iter().for_each(check);
}

/// Other prices from a row on.
fn another_future(owned: &OwnedBars, from: usize) -> OwnedBars {
    let mut other = owned.clone();
    for row in from..other.close.len() {
        let factor = 0.7 + 0.6 * (item_seed(5, row) as f64 / 2_f64.powi(64));
        for column in [&mut other.open, &mut other.high, &mut other.low, &mut other.close] {
            column[row] *= factor;
        }
    }
    other
}

#[test]
fn the_future_changes_nothing_before_it() {
    let owned = synthetic_bars();
    let grid = crossovers(&[3, 5, 8, 12], &[10, 15, 25, 40]);
    let config = BacktestConfig::new(252.0);
    let folds = WalkForward::new(120, 40).purge(2).folds(owned.close.len()).unwrap();
    let run = |owned: &OwnedBars| {
        let objective =
            BacktestObjective::strategy(StrategyKind::SmaCross, borrow(owned), config).unwrap();
        walk_forward(&grid, folds.clone(), Metric::Sharpe, &objective, &pool(), None, None).unwrap()
    };
    let report = run(&owned);
    for (at, fold) in folds.clone().enumerate() {
        // The choice of a fold sees no row from its training's end on, its test no row after it.
        let after_training = run(&another_future(&owned, fold.train.end));
        let (before, after) =
            (report.folds[at].as_ref().unwrap(), after_training.folds[at].as_ref().unwrap());
        assert_eq!((before.trial, before.in_sample), (after.trial, after.in_sample));
        assert_ne!(report.returns, after_training.returns);
        let after_test = run(&another_future(&owned, fold.test.end));
        assert_eq!(report.folds[..=at], after_test.folds[..=at]);
        let tested = (at + 1) * 40;
        assert_eq!(report.returns[..tested], after_test.returns[..tested]);
    }
}

#[test]
fn combinatorial_winners_do_not_know_their_tests() {
    let owned = synthetic_bars();
    let n = owned.close.len();
    let grid = crossovers(&[3, 5, 8, 12], &[10, 15, 25, 40]);
    let config = BacktestConfig::new(252.0);
    // An embargo as long as the longest window: averages after a test still hold its closes.
    let plan = CombinatorialPurged::new(5, 2).purge(1).embargo(40);
    let run = |owned: &OwnedBars, workers| {
        let objective =
            BacktestObjective::strategy(StrategyKind::SmaCross, borrow(owned), config).unwrap();
        let pool = Pool::new(workers).unwrap();
        combinatorial(&grid, &plan, n, Metric::Sharpe, 252.0, &objective, &pool, None, None)
            .unwrap()
    };
    let report = run(&owned, 1);
    assert_eq!(report, run(&owned, 3));
    assert_eq!((report.winners.len(), report.paths.len()), (10, 4));
    for path in &report.paths {
        assert_eq!(path.returns.len(), n);
        let value = Metric::Sharpe.of_returns(&path.returns, 252.0).unwrap();
        assert_eq!(path.value.to_bits(), value.to_bits());
    }
    assert_eq!(report.distribution().len(), 4);
    let splits = plan.folds(n).unwrap();
    for (split, fold) in splits.clone().enumerate() {
        let fold = fold.unwrap();
        let mut other = owned.clone();
        for row in fold.test_rows() {
            let factor = 0.7 + 0.6 * (item_seed(9, row) as f64 / 2_f64.powi(64));
            for column in [&mut other.open, &mut other.high, &mut other.low, &mut other.close] {
                column[row] *= factor;
            }
        }
        assert_eq!(run(&other, 2).winners[split], report.winners[split], "split {split}");
    }
    // A path takes each stretch from a winner that was chosen without it.
    let (split, position) = splits.path(2)[3];
    let objective =
        BacktestObjective::strategy(StrategyKind::SmaCross, borrow(&owned), config).unwrap();
    let stretch = splits.stretch(3);
    assert_eq!(splits.clone().nth(split).unwrap().unwrap().test[position], stretch);
    let (winner, _) = report.winners[split].as_ref().unwrap();
    let mut alone = Vec::new();
    let request = Request::new(winner).with_rows(stretch.clone());
    objective.period_returns(&mut Default::default(), &request, &mut alone).unwrap();
    assert_eq!(report.paths[2].returns[stretch], alone);
}

/// Earns `x` in every row, and does what `x` says besides.
struct Odd;

impl Objective for Odd {
    type Scratch = ();

    fn evaluate(&self, (): &mut (), request: &Request<'_>) -> Result<Metrics, Failure> {
        let x = request.params.get("x")?;
        if (7.0..8.0).contains(&x) {
            return Err("seven is not liked".into());
        }
        assert!(x != 8.0, "eight is not liked either");
        let value = if x == 9.0 { f64::NAN } else { x.min(3.0) };
        Ok(Metrics::new().with(Metric::Sharpe, value))
    }

    fn period_returns(
        &self,
        (): &mut (),
        request: &Request<'_>,
        returns: &mut Vec<f64>,
    ) -> Result<(), Failure> {
        let x = request.params.get("x")?;
        if x == 2.0 {
            return Err("two does not tell".into());
        }
        let short = usize::from(x == 1.0);
        returns.resize(request.window(12).len() - short, 0.001 * x);
        Ok(())
    }
}

fn odd(values: &str) -> Result<tangency_optimize::validation::WalkForwardReport, String> {
    let grid = Grid::parse([format!("x={values}").as_str()]).unwrap();
    let folds = WalkForward::new(5, 3).step(2).folds(12).unwrap();
    walk_forward(&grid, folds, Metric::Sharpe, &Odd, &pool(), None, None)
        .map_err(|error| error.to_string())
}

#[test]
fn trials_that_fail_win_nowhere_and_ties_go_to_the_earlier() {
    let report = odd("9,5,4,7,8,3").unwrap();
    assert_eq!((report.trials, report.failed), (6, 2));
    // Five, four and three have the same figure: the first of them in the grid.
    let winner = report.folds[0].as_ref().unwrap();
    assert_eq!((winner.trial, winner.params.values()), (1, [5.0].as_slice()));
    // Tests of three rows every two: each row once.
    assert_eq!(report.folds.len(), 3);
    assert_eq!(report.rows, (5..12).collect::<Vec<_>>());
    assert_eq!(report.returns, [0.005; 7]);
    assert!((report.efficiency - 1.0).abs() < 1e-12);
    // Nothing to rank by: nothing is held.
    let idle = odd("9").unwrap();
    assert!(idle.folds.iter().all(Option::is_none));
    assert_eq!(idle.returns, [0.0; 7]);
    assert!(idle.efficiency.is_nan());
    // A winner that loses has no efficiency.
    assert!(odd("-2").unwrap().efficiency.is_nan());
}

#[test]
fn errors_say_what_was_wrong() {
    assert_eq!(
        odd("7,8,7.5").unwrap_err(),
        "all 3 trials failed, 2 of them with: seven is not liked"
    );
    assert_eq!(
        odd("2").unwrap_err(),
        "cannot follow the winner x=2 on rows 0..5: two does not tell"
    );
    assert_eq!(
        odd("1").unwrap_err(),
        "cannot follow the winner x=1 on rows 0..5: 4 returns for 5 rows"
    );
    let grid = Grid::parse(["x=3"]).unwrap();
    let run = |folds: Vec<Fold>, metric, cancel: Option<&CancelToken>| {
        walk_forward(&grid, folds, metric, &Odd, &pool(), None, cancel).unwrap_err()
    };
    assert_eq!(run(Vec::new(), Metric::Sharpe, None).to_string(), "list of folds is empty");
    let folds: Vec<Fold> = WalkForward::new(5, 3).folds(12).unwrap().collect();
    let error = run(folds.clone(), Metric::Calmar, None).to_string();
    assert!(error.ends_with("no trial measured the metric calmar"), "{error}");
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = run(folds.clone(), Metric::Sharpe, Some(&cancel));
    assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
    let none = Grid::parse(["x=3"]).unwrap().constraint(|_| Ok(false));
    let error =
        walk_forward(&none, folds.clone(), Metric::Sharpe, &Odd, &pool(), None, None).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::EmptyGrid { rejected: 1 });
    let broken = Grid::parse(["x=3"]).unwrap().constraint(|p| Ok(p.get("y")? > 0.0));
    let error =
        walk_forward(&broken, folds, Metric::Sharpe, &Odd, &pool(), None, None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownName { .. }), "{error}");

    let combine = |plan: CombinatorialPurged, metric| {
        combinatorial(&grid, &plan, 12, metric, 252.0, &Odd, &pool(), None, None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        combine(CombinatorialPurged::new(20, 2), Metric::Sharpe),
        "cannot lay the folds: number of folds is 20, expected 2 to 12"
    );
    assert_eq!(
        combine(CombinatorialPurged::new(2, 1).embargo(12), Metric::Sharpe),
        "cannot lay the folds: fold 0 has no training rows left of 12: purge and embargo take them all"
    );
    assert_eq!(
        combine(CombinatorialPurged::new(3, 1), Metric::Trades),
        "no trial measured the metric trades"
    );

    // Windows beyond the bars are the trial's error, and so everybody's.
    let closes: Vec<f64> = (1..20).map(f64::from).collect();
    let bars = Bars::from_closes(&closes).unwrap();
    let config = BacktestConfig::new(252.0);
    let objective = BacktestObjective::strategy(StrategyKind::SmaCross, bars, config).unwrap();
    let grid = crossovers(&[2], &[4]);
    let folds = WalkForward::new(15, 5).folds(40).unwrap();
    let error =
        walk_forward(&grid, folds, Metric::Sharpe, &objective, &pool(), None, None).unwrap_err();
    assert!(error.to_string().contains("bars 5..20 reaches beyond the 19 rows"), "{error}");
}
