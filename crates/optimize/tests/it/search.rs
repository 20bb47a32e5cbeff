//! Grids, their enumeration, and what a search reports.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tangency_optimize::backtest::{BacktestConfig, Bars, Execution};
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Grid, Parameter, Params, Search, SearchReport, StrategyKind, Values, sma_cross_grid,
    strategy_grid,
};
use tangency_optimize::{Error, ErrorKind};
use tangency_pool::{CancelToken, Outcome, Pool, Progress, ProgressSnapshot};

fn values(text: &str) -> Vec<f64> {
    text.parse::<Values>().unwrap().iter().collect()
}

#[test]
fn ranges_reach_their_end_and_do_not_drift() {
    assert_eq!(values("5:20:5"), [5.0, 10.0, 15.0, 20.0]);
    assert_eq!(values("5:19:5"), [5.0, 10.0, 15.0]);
    assert_eq!(values("0.1:0.5:0.1"), [0.1, 0.2, 0.3, 0.4, 0.5]);
    assert_eq!(values("3:1:-1"), [3.0, 2.0, 1.0]);
    assert_eq!(values("-0.3:0.3:0.3"), [-0.3, 0.0, 0.3]);
    assert_eq!(values("7:7:1"), [7.0]);
    assert_eq!(values("1e-3:3e-3:1e-3"), [0.001, 0.002, 0.003]);
    assert_eq!(values(" 8, 3 ,5"), [8.0, 3.0, 5.0]);
    assert_eq!(values("4"), [4.0]);
    let thousandths = Values::range(0.0, 1.0, 0.001).unwrap();
    assert_eq!(thousandths.len(), 1001);
    for i in 0..=1000_u32 {
        let nearest: f64 = format!("{}.{:03}", i / 1000, i % 1000).parse().unwrap();
        assert_eq!(thousandths.get(u64::from(i)), Some(nearest));
    }
    assert_eq!(thousandths.get(1001), None);
    // Decimals too long for whole numbers fall back to doubles, end included.
    let third = Values::range(0.0, 1.0, 1.0 / 3.0).unwrap();
    assert_eq!(third.iter().collect::<Vec<_>>(), [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
}

#[test]
fn unreadable_parameters_are_explained() {
    let message = |text: &str| text.parse::<Parameter>().unwrap_err().to_string();
    let expected = "expected name=from:to:step or name=a,b,c";
    assert_eq!(message("fast"), format!("cannot read \"fast\": there is no `=`; {expected}"));
    assert_eq!(message("=1"), format!("cannot read \"=1\": the name is missing; {expected}"));
    assert_eq!(
        message("fast=1:2"),
        format!("cannot read \"fast=1:2\": a range has three parts; {expected}")
    );
    assert_eq!(
        message("fast=1,x"),
        format!("cannot read \"fast=1,x\": \"x\" is no finite number; {expected}")
    );
    assert!(message("fast=5,6,5.0").contains("5 is in the list twice"));
    assert!(message("fast=").contains("\"\" is no finite number"));
    assert!(message("fast=nan").contains("\"nan\" is no finite number"));
    assert_eq!(message("a=1:9:0"), "range from 1 to 9 by 0 holds no values or never ends");
    assert_eq!(message("a=1:9:-1"), "range from 1 to 9 by -1 holds no values or never ends");
    assert!(Values::range(f64::NAN, 1.0, 1.0).is_err());
    assert!(matches!(
        Values::range(0.0, 1e15, 1.0).unwrap_err().kind(),
        ErrorKind::TooManyTrials { .. }
    ));
    assert!(matches!(
        Values::range(0.0, 1.0, 1e-300).unwrap_err().kind(),
        ErrorKind::TooManyTrials { .. }
    ));
    assert!(Values::list([]).is_err() && Values::list([1.0, f64::INFINITY]).is_err());
}

#[test]
fn bad_grids_are_named() {
    let kind = |texts: &[&str]| Grid::parse(texts.iter().copied()).unwrap_err().kind().clone();
    assert_eq!(kind(&[]), ErrorKind::EmptyGrid { rejected: 0 });
    assert_eq!(kind(&["a=1", "a=2"]), ErrorKind::DuplicateParameter { name: "a".into() });
    assert_eq!(
        kind(&["a=1:100000:1", "b=1:100000:1"]),
        ErrorKind::TooManyTrials { combinations: 10_000_000_000, limit: Values::LIMIT }
    );
    let grid = Grid::parse(["fast=1", "slow=2"]).unwrap();
    assert_eq!(
        grid.clone().less_than("fats", "slow").unwrap_err().to_string(),
        "no parameter is called \"fats\"; the nearest is \"fast\""
    );
    assert!(grid.values("slo").is_err());
    let params = grid.trials().next().unwrap().unwrap();
    assert_eq!(
        params.get("slwo").unwrap_err().to_string(),
        "no parameter is called \"slwo\"; the nearest is \"slow\""
    );
    assert_eq!(grid.names().collect::<Vec<_>>(), ["fast", "slow"]);
}

#[test]
fn counts_are_whole_numbers() {
    let grid = Grid::parse(["n=2,2.5,0,-1,1e300"]).unwrap();
    let counts: Vec<_> = grid.trials().map(|p| p.unwrap().count("n").ok()).collect();
    assert_eq!(counts, [Some(2), None, None, None, None]);
    let error = grid.trials().nth(1).unwrap().unwrap().count("n").unwrap_err();
    assert_eq!(error.to_string(), "parameter n is 2.5, expected a whole number, at least 1");
}

proptest! {
    #[test]
    fn a_grid_is_nested_loops(a in 1_u64..6, b in 1_u64..6, c in 1_u64..6, limit in 0_u64..12) {
        let range = |n: u64| Values::range(0.0, (n - 1) as f64, 1.0).unwrap();
        let grid = Grid::new([
            Parameter::new("a", range(a)),
            Parameter::new("b", range(b)),
            Parameter::new("c", range(c)),
        ])
        .unwrap()
        .constraint(move |p| Ok(p.values().iter().sum::<f64>() < limit as f64));
        let mut want = Vec::new();
        for x in 0..a {
            for y in 0..b {
                for z in 0..c {
                    if x + y + z < limit {
                        want.push([x as f64, y as f64, z as f64]);
                    }
                }
            }
        }
        let got: Vec<Params> = grid.trials().map(|p| p.unwrap()).collect();
        prop_assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(&want) {
            prop_assert_eq!(got.values(), want);
        }
        let count = grid.count().unwrap();
        prop_assert_eq!(count.combinations, a * b * c);
        prop_assert_eq!((count.trials, count.trials + count.rejected), (want.len() as u64, a * b * c));
    }
}

/// Sharpe ratios from a list, one a trial; no pool effects.
fn report_of(sharpes: &[f64]) -> SearchReport {
    let sharpes = sharpes.to_vec();
    let grid = Grid::new([Parameter::new(
        "at",
        Values::range(0.0, (sharpes.len() - 1) as f64, 1.0).unwrap(),
    )])
    .unwrap();
    let objective =
        |p: &Params| Ok(Metrics::new().with(Metric::Sharpe, sharpes[p.get("at")? as usize]));
    Search::new(&grid).run(&Pool::new(2).unwrap(), objective, None, None).unwrap()
}

#[test]
fn ties_go_to_the_earlier_trial_and_nan_never_wins() {
    let report = report_of(&[f64::NAN, 1.0, 3.0, 3.0, f64::NAN, 2.0]);
    assert_eq!(report.best(Metric::Sharpe).unwrap().unwrap().index, 2);
    let top: Vec<usize> =
        report.top(Metric::Sharpe, 9).unwrap().iter().map(|trial| trial.index).collect();
    assert_eq!(top, [2, 3, 5, 1]);
    assert_eq!(report.top(Metric::Sharpe, 2).unwrap().len(), 2);
    assert!(report_of(&[f64::NAN; 3]).best(Metric::Sharpe).unwrap().is_none());
    assert_eq!(
        report.best(Metric::Sortino).unwrap_err().to_string(),
        "no trial measured the metric sortino"
    );
}

#[test]
fn lower_is_better_for_costs() {
    let grid = Grid::parse(["x=3,1,2,-1"]).unwrap();
    let objective =
        |p: &Params| Ok::<_, Error>(Metrics::new().with(Metric::TotalFees, p.get("x")?.abs()));
    let report = Search::new(&grid).run(&Pool::new(2).unwrap(), objective, None, None).unwrap();
    let order: Vec<usize> =
        report.top(Metric::TotalFees, 4).unwrap().iter().map(|trial| trial.index).collect();
    assert_eq!(order, [1, 3, 2, 0]);
}

#[test]
fn a_bad_trial_takes_no_other_down() {
    let grid = Grid::parse(["x=0:9:1"]).unwrap().constraint(|p| Ok(p.get("x")? != 5.0));
    let objective = |p: &Params| match p.get("x").unwrap() {
        3.0 => panic!("trial three"),
        4.0 => Err("no result at 4".to_owned()),
        x => Ok(Metrics::new().with(Metric::Sharpe, -x)),
    };
    let runs = [1, 3].map(|workers| {
        let pool = Pool::new(workers).unwrap();
        Search::new(&grid).run(&pool, objective, None, None).unwrap()
    });
    assert_eq!(runs[0].trials, runs[1].trials);
    let report = &runs[0];
    assert_eq!((report.trials.len(), report.rejected), (9, 1));
    assert_eq!(report.failed().map(|trial| trial.index).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(report.trials[3].outcome, Outcome::Panicked("trial three".into()));
    assert_eq!(report.trials[4].outcome, Outcome::Failed("no result at 4".into()));
    assert_eq!(report.trials[5].params.to_string(), "x=6", "the constraint left 5 out");
    assert_eq!(report.best(Metric::Sharpe).unwrap().unwrap().index, 0);
    assert!(!report.is_cancelled());
}

#[test]
fn progress_is_told_and_cancelling_stops() {
    let grid = Grid::parse(["x=1:200:1"]).unwrap();
    let pool = Pool::new(2).unwrap();
    let seen = AtomicUsize::new(0);
    let progress = |now: &ProgressSnapshot| {
        assert_eq!(now.total, 200);
        seen.store(now.done, Ordering::Relaxed);
    };
    let objective = |_: &Params| Ok::<_, Error>(Metrics::new().with(Metric::Sharpe, 1.0));
    let report = Search::new(&grid).run(&pool, objective, Some(&progress), None).unwrap();
    assert_eq!((seen.into_inner(), report.trials.len()), (200, 200));

    let cancel = CancelToken::new();
    let objective = |p: &Params| {
        if p.get("x")? >= 20.0 {
            cancel.cancel();
        }
        Ok::<_, Error>(Metrics::new().with(Metric::Sharpe, p.get("x")?))
    };
    let report = Search::new(&grid).run(&pool, objective, None, Some(&cancel)).unwrap();
    assert!(report.is_cancelled());
    assert_eq!(report.trials.len(), 200, "what was not tried is listed as such");
    assert!(report.best(Metric::Sharpe).unwrap().is_some());
    let before = CancelToken::new();
    before.cancel();
    let report = Search::new(&grid).run(&pool, objective, None, Some(&before)).unwrap();
    assert!(report.trials.iter().all(|trial| trial.outcome.is_cancelled()));
    assert!(report.best(Metric::Sharpe).unwrap().is_none(), "nothing ran, so nothing is missing");
}

#[test]
fn workers_lend_their_state() {
    let grid = Grid::parse(["x=1:50:1"]).unwrap();
    let pool = Pool::new(3).unwrap();
    let scratch = pool.worker_state(|_| Ok::<_, Error>(Vec::<f64>::new()));
    let objective = |scratch: &mut Vec<f64>, p: &Params| {
        scratch.clear();
        scratch.extend((0..p.count("x")?).map(|i| i as f64));
        Ok::<_, Error>(Metrics::new().with(Metric::Trades, scratch.iter().sum()))
    };
    let report = Search::new(&grid).run_with(&pool, &scratch, objective, None, None).unwrap();
    let best = report.best(Metric::Trades).unwrap().unwrap();
    assert_eq!((best.index, best.metric(Metric::Trades)), (49, Some(1225.0)));
}

#[test]
fn a_failing_constraint_stops_the_search() {
    let grid = Grid::parse(["x=1:5:1"]).unwrap().constraint(|p| Ok(p.get("y")? > 0.0));
    let objective = |_: &Params| Ok::<_, Error>(Metrics::new());
    let error = Search::new(&grid).run(&Pool::new(1).unwrap(), objective, None, None).unwrap_err();
    assert_eq!(error.to_string(), "no parameter is called \"y\"; the nearest is \"x\"");
    let grid = Grid::parse(["x=1:5:1"]).unwrap().constraint(|_| Ok(false));
    let error = Search::new(&grid).run(&Pool::new(1).unwrap(), objective, None, None).unwrap_err();
    assert_eq!(error.to_string(), "the grid has no trials; 5 combinations were rejected");
}

fn closes() -> Vec<f64> {
    (0..400)
        .map(|i| 60.0 + 15.0 * (f64::from(i) / 17.0).sin() + f64::from(i * 7 % 11) / 5.0)
        .collect()
}

#[test]
fn backtest_grids_check_their_parameters_first() {
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let config = BacktestConfig::new(252.0);
    let pool = Pool::new(2).unwrap();
    let message = |texts: &[&str]| {
        let grid = Grid::parse(texts.iter().copied()).unwrap();
        sma_cross_grid(&bars, &grid, &config, &pool, None, None).unwrap_err().to_string()
    };
    assert_eq!(message(&["fast=1:5:1"]), "parameter slow is missing");
    assert_eq!(
        message(&["fats=1:5:1", "slow=9"]),
        "no parameter of the strategy is called \"fats\"; the nearest is \"fast\""
    );
    assert_eq!(
        message(&["fast=1:2:0.5", "slow=9"]),
        "parameter fast is 1.5, expected a whole number, at least 1"
    );
    assert_eq!(
        message(&["fast=10,20", "slow=5"]),
        "the grid has no trials; 2 combinations were rejected"
    );
    let hold = strategy_grid(
        StrategyKind::BuyAndHold,
        &bars,
        &Grid::parse(["x=1"]).unwrap(),
        &config,
        &pool,
        None,
        None,
    );
    assert!(hold.is_err());
    assert_eq!(
        "sma-crss".parse::<StrategyKind>().unwrap_err().to_string(),
        "no strategy is called \"sma-crss\"; the nearest is \"sma_cross\""
    );
}

#[test]
fn every_strategy_has_its_grid() {
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let config = BacktestConfig::new(252.0);
    let pool = Pool::new(2).unwrap();
    for (kind, texts) in [
        (StrategyKind::SmaCross, &["fast=2:8:3", "slow=5:20:5"][..]),
        (StrategyKind::RsiReversion, &["window=3,7", "low=20:40:10", "high=60:80:10"]),
        (StrategyKind::Donchian, &["entry=5:20:5", "exit=3,6"]),
        (StrategyKind::EmaCross, &["fast=2:8:3", "slow=5:20:5"]),
        (StrategyKind::MacdCross, &["fast=3,5", "slow=8,12", "signal=3,5"]),
        (StrategyKind::BollingerReversion, &["window=5,10", "deviations=0.5,1,1.5"]),
        (StrategyKind::BigBar, &["window=3,10", "multiple=0.5,0.8"]),
    ] {
        assert_eq!(kind.name().parse::<StrategyKind>().unwrap(), kind);
        let grid = Grid::parse(texts.iter().copied()).unwrap();
        let search = strategy_grid(kind, &bars, &grid, &config, &pool, None, None).unwrap();
        assert_eq!(search.execution, Execution::NextClose);
        let best = search.report.best(Metric::TotalReturn).unwrap().unwrap();
        assert!(best.metric(Metric::Trades).unwrap() > 0.0, "{kind}");
        // Each trial is the backtest of the strategy it names.
        for trial in &search.report.trials {
            let strategy = kind.build(&trial.params).unwrap();
            assert_eq!(strategy.name(), kind.name());
            let backtest = tangency_optimize::backtest::Backtest::new(bars, config).unwrap();
            let alone = backtest.run(strategy.as_ref()).unwrap().statistics.metrics();
            assert_eq!(trial.metrics(), Some(&alone));
        }
    }
}

/// Crossovers run in chunks: one that does not fit the data fails alone, progress counts trials, and
/// what was not started is cancelled.
#[test]
fn crossovers_in_chunks_are_trials_all_the_same() {
    struct Last(std::sync::Mutex<Option<(usize, usize)>>);
    impl Progress for Last {
        fn update(&self, snapshot: &ProgressSnapshot) {
            *self.0.lock().unwrap() = Some((snapshot.done, snapshot.total));
        }
    }
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let config = BacktestConfig::new(252.0);
    let n = closes.len();
    let long = n + 1;
    let slow = (42..60).map(|w| w.to_string()).collect::<Vec<_>>().join(",");
    let grid = Grid::parse(["fast=2:41:1", format!("slow={slow},{long}").as_str()]).unwrap();
    let last = Last(std::sync::Mutex::new(None));
    let pool = Pool::new(2).unwrap();
    let search = sma_cross_grid(&bars, &grid, &config, &pool, Some(&last), None).unwrap();
    let trials = &search.report.trials;
    assert_eq!(trials.len(), 40 * 19);
    assert_eq!(*last.0.lock().unwrap(), Some((760, 760)));
    for (index, trial) in trials.iter().enumerate() {
        assert_eq!(trial.index, index);
        let too_long = trial.params.count("slow").unwrap() > n;
        assert_eq!(trial.outcome.is_failed(), too_long, "{}", trial.params);
    }
    let cancel = CancelToken::new();
    cancel.cancel();
    let search = sma_cross_grid(&bars, &grid, &config, &pool, None, Some(&cancel)).unwrap();
    assert!(search.report.is_cancelled());
    assert_eq!(search.report.trials.len(), 760);
}

#[test]
fn a_written_rule_has_its_grid() {
    use tangency_optimize::backtest::ExpressionStrategy;
    use tangency_optimize::search::expression_grid;
    let closes = closes();
    let bars = Bars::from_closes(&closes).unwrap();
    let config = BacktestConfig::new(252.0);
    let rule = ExpressionStrategy::new(
        "sma(fast) crosses_above sma(slow)",
        "sma(fast) crosses_below sma(slow)",
    )
    .unwrap();
    let texts = ["fast=2:8:3", "slow=9:20:5"];
    let grid = Grid::parse(texts).unwrap();
    let pool = Pool::new(2).unwrap();
    let written = expression_grid(&rule, &bars, &grid, &config, &pool, None, None).unwrap();
    let built_in = sma_cross_grid(&bars, &grid, &config, &pool, None, None).unwrap();
    assert_eq!(written.report.trials, built_in.report.trials);
    let message = |texts: &[&str]| {
        let grid = Grid::parse(texts.iter().copied()).unwrap();
        let grid = expression_grid(&rule, &bars, &grid, &config, &pool, None, None);
        grid.unwrap_err().to_string()
    };
    assert_eq!(message(&["fast=2"]), "parameter slow is missing");
    assert!(message(&["fats=2", "slow=9"]).ends_with("the nearest is \"fast\""));
}

#[test]
fn switched_off_parameters_make_no_combinations() {
    let grid = Grid::parse(["stop=0,1,2", "distance=1:4:1", "step=1:3:1", "window=5,6"])
        .and_then(|grid| grid.only_if("distance", "stop", &[1.0, 2.0]))
        .and_then(|grid| grid.only_if("step", "distance", &[4.0]))
        .unwrap();
    let trials: Vec<String> = grid.trials().map(|p| p.unwrap().to_string()).collect();
    // By hand: no stop, two windows; two stops with three distances without steps and one with three.
    assert_eq!(trials.len(), 2 + 2 * (3 * 2 + 3 * 2));
    assert_eq!(
        trials[..3],
        ["stop=0, window=5", "stop=0, window=6", "stop=1, distance=1, window=5"]
    );
    assert_eq!(trials[trials.len() - 1], "stop=2, distance=4, step=3, window=6");
    let mut distinct = trials.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), trials.len());
    let count = grid.count().unwrap();
    assert_eq!((count.combinations, count.rejected), (72, 72 - 26));
    let params = grid.trials().next().unwrap().unwrap();
    assert_eq!(params.get("step").unwrap_err().to_string(), "parameter step is missing");
    let error = grid.only_if("stop", "window", &[5.0]).unwrap_err();
    assert!(error.to_string().contains("place before"), "{error}");
}
