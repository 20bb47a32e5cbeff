//! The report of a search.

use tangency_optimize::backtest::{BacktestConfig, Bars, Costs};
use tangency_optimize::metrics::Metric;
use tangency_optimize::search::{
    BacktestObjective, Grid, Objective, Request, Sample, StrategyKind, Study,
};
use tangency_optimize::validation::{WalkForwardReport, walk_forward};
use tangency_pipeline::{RuleStudy, RuleStudyReport, StudyLuck};
use tangency_pool::{CancelToken, Pool};
use tangency_preprocess::folds::{Fold, WalkForward};
use tangency_shared_data::time;

const ROWS: usize = 1500;

/// Closes of one stock and their dates.
fn stock() -> (Vec<i64>, Vec<f64>) {
    let prices = tangency_testkit::prices::sp500_20();
    let dates = prices.dates[..ROWS].iter().map(|date| time::parse(date).unwrap()).collect();
    (dates, prices.columns[0][..ROWS].to_vec())
}

fn study<'a>(timestamps: &'a [i64], close: &'a [f64]) -> RuleStudy<'a> {
    RuleStudy {
        source: "AAPL".to_owned(),
        rule: "sma-cross".to_owned(),
        method: "grid".to_owned(),
        timestamps,
        bars: Bars::from_closes(close).unwrap(),
        execution: objective(close).backtest().config().execution,
        periods_per_year: 252.0,
        metric: Metric::Sharpe,
    }
}

fn objective(close: &[f64]) -> BacktestObjective<'_> {
    let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
    let bars = Bars::from_closes(close).unwrap();
    BacktestObjective::strategy(StrategyKind::SmaCross, bars, config).unwrap()
}

fn grid() -> Grid {
    Grid::parse(["fast=5:20:5", "slow=10:90:10"]).unwrap().less_than("fast", "slow").unwrap()
}

fn folds() -> Vec<Fold> {
    WalkForward::new(500, 250).folds(ROWS).unwrap().collect()
}

fn report(workers: usize, luck: Option<StudyLuck>) -> (RuleStudyReport, WalkForwardReport) {
    let (timestamps, close) = stock();
    let (objective, pool, grid) = (objective(&close), Pool::new(workers).unwrap(), grid());
    let mut sample = Sample::new(1000);
    let ran = Study::grid(&grid, Metric::Sharpe).run(&pool, &objective, &mut sample).unwrap();
    let folds = folds();
    let forward =
        walk_forward(&grid, folds.clone(), Metric::Sharpe, &objective, &pool, None, None).unwrap();
    let study = study(&timestamps, &close);
    let report = study.report(&ran, sample.into_trials(), luck, Some((&folds, &forward))).unwrap();
    (report, forward)
}

#[test]
fn folds_are_dated_and_their_figures_are_those_of_their_rows() {
    let (report, forward) = report(2, None);
    let section = report.walk_forward.unwrap();
    let (timestamps, close) = stock();
    let date = |row: usize| time::format_date(timestamps[row]);
    assert_eq!(section.folds.len(), 4);
    for (row, fold) in section.folds.iter().zip(folds()) {
        assert_eq!(row.train, (date(fold.train.start), date(fold.train.end - 1)));
        assert_eq!(row.test, (date(fold.test.start), date(fold.test.end - 1)));
        // Measured once more, on its own.
        let params = row.params.as_ref().unwrap();
        let sharpe = |rows: &std::ops::Range<usize>| {
            let request = Request::new(params).with_rows(rows.clone());
            objective(&close)
                .evaluate(&mut Default::default(), &request)
                .unwrap()
                .get(Metric::Sharpe)
        };
        assert_eq!((row.in_sample, row.out_of_sample), (sharpe(&fold.train), sharpe(&fold.test)));
    }
    assert_eq!((section.first_date, section.last_date), (date(500), date(1499)));
    let grown: f64 = forward.returns.iter().map(|r| r.ln_1p()).sum();
    // Rounding of a thousand products.
    assert!((section.equity.last().unwrap() / grown.exp() - 1.0).abs() < 1e-11);
    // Held from the close before the first row that was traded.
    let held = close[1499] / close[499];
    assert!((section.buy_and_hold_equity.last().unwrap() / held - 1.0).abs() < 1e-11);
    let total = section.buy_and_hold.get(Metric::TotalReturn).unwrap();
    assert!((total - (held - 1.0)).abs() < 1e-11 * held);
}

#[test]
fn the_same_bytes_whatever_the_workers() {
    let folder = tempfile::tempdir().unwrap();
    let mut pages = Vec::new();
    for workers in [1, 3] {
        let place = folder.path().join(workers.to_string());
        report(workers, None).0.write(&place, &CancelToken::new()).unwrap();
        let read = |name| std::fs::read_to_string(place.join(name)).unwrap();
        pages.push((read("study.json"), read("index.html")));
    }
    assert_eq!(pages[0], pages[1]);
    let (json, page) = &pages[0];
    let document: serde_json::Value = serde_json::from_str(json).unwrap();
    assert!(document.get("sample").is_none() && document["walk_forward"].get("equity").is_none());
    assert_eq!((&document["trials"], &document["sampled"]), (&32.into(), &32.into()));
    for part in
        ["How much of it is luck", "Walk-forward", "What it depends on", "together, or chance"]
    {
        assert!(page.contains(part), "{part}");
    }
    // Distribution, walk-forward, importance, heat map, parallel coordinates; no script, no request.
    assert_eq!(page.matches("<svg").count(), 5);
    assert!(!page.contains("<script") && !page.contains("href="));
}

#[test]
fn the_verdict_is_a_sentence_and_a_certainty_reads_like_one() {
    let luck = StudyLuck {
        sentence: "luck alone would do as well in more than 99 % of such searches".to_owned(),
        expected_maximum_sharpe: 0.9,
        probability_of_overfitting: Some(0.5),
        superior_predictive_ability: Some(1.0),
    };
    let folder = tempfile::tempdir().unwrap();
    report(1, Some(luck)).0.write(folder.path(), &CancelToken::new()).unwrap();
    let page = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(page.contains("Luck alone would do as well in more than 99 % of such searches."));
    assert!(page.contains("the best would still look as good in 100.0 % of samples"));
}

#[test]
fn a_search_that_found_nothing_has_a_page_too() {
    let (timestamps, close) = stock();
    let config = BacktestConfig::new(252.0);
    let bars = Bars::from_closes(&close).unwrap();
    // Oversold at 0 never comes.
    let objective = BacktestObjective::strategy(StrategyKind::RsiReversion, bars, config).unwrap();
    let grid = Grid::parse(["window=14", "low=0", "high=90,100"]).unwrap();
    let mut sample = Sample::new(10);
    let ran = Study::grid(&grid, Metric::WinRate)
        .run(&Pool::new(1).unwrap(), &objective, &mut sample)
        .unwrap();
    let study = RuleStudy { metric: Metric::WinRate, ..study(&timestamps, &close) };
    let report = study.report(&ran, sample.into_trials(), None, None).unwrap();
    assert_eq!(report.headline(), "None of 2 trials has a win_rate.");
    assert!(report.importance.is_empty());
    let folder = tempfile::tempdir().unwrap();
    report.write(folder.path(), &CancelToken::new()).unwrap();
    let page = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(page.contains("nothing to judge by") && !page.contains("NaN"), "{page}");
    // No heading without anything below it.
    assert!(!page.contains("What it depends on"), "{page}");
}

#[test]
fn lengths_that_do_not_fit_are_named() {
    let (timestamps, close) = stock();
    let (objective, grid) = (objective(&close), grid());
    let pool = Pool::new(1).unwrap();
    let mut sample = Sample::new(1000);
    let ran = Study::grid(&grid, Metric::Sharpe).run(&pool, &objective, &mut sample).unwrap();
    let trials = sample.into_trials();
    let short = study(&timestamps[1..], &close).report(&ran, trials.clone(), None, None);
    let message = short.unwrap_err().to_string();
    assert!(message.contains("timestamps") && message.contains("1500"), "{message}");
    let folds = folds();
    let forward =
        walk_forward(&grid, folds.clone(), Metric::Sharpe, &objective, &pool, None, None).unwrap();
    let fewer =
        study(&timestamps, &close).report(&ran, trials, None, Some((&folds[1..], &forward)));
    assert!(fewer.unwrap_err().to_string().contains("folds"));
}
