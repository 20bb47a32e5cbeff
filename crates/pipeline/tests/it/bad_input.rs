//! What is wrong with an input is said before any work starts.

use std::sync::Mutex;

use tangency_forecast::ModelSpec;
use tangency_pipeline::{
    Error, GridConfig, Observer, Pipeline, PipelineConfig, PriorWeights, Silent, Stage,
};
use tangency_pool::{CancelToken, Pool, ProgressSnapshot};
use tangency_shared_data::Frame;
use tangency_testkit::random_walks::Panel;

use crate::panels::{frame, random_walks, settings};

/// Fails the test if any stage after the check begins.
struct OnlyChecks;

impl Observer for OnlyChecks {
    fn begin(&self, stage: Stage, _: &str, _: usize) {
        assert_eq!(stage, Stage::Check);
    }
    fn progress(&self, _: Stage, _: &ProgressSnapshot) {}
    fn end(&self, _: Stage) {}
}

fn refused(closes: &Frame, config: PipelineConfig) -> Error {
    let pool = Pool::new(1).unwrap();
    let error =
        Pipeline::new(config).run(closes, &pool, &OnlyChecks, &CancelToken::new()).unwrap_err();
    assert!(error.is_bad_input(), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

#[test]
fn prices_are_named_by_asset_and_date() {
    for (value, flaw) in
        [(0.0, "zero"), (-3.0, "-3"), (f64::NAN, "missing"), (f64::INFINITY, "infinite")]
    {
        let mut columns = Panel { n_rows: 300, ..Panel::default() }.simulate(1);
        columns[2][40] = value;
        let error = refused(&frame(&columns), settings()).to_string();
        for part in ["ASSET2", "2001-02-10", flaw] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
}

#[test]
fn an_asset_that_never_moves_is_named() {
    let mut columns = Panel { n_rows: 300, ..Panel::default() }.simulate(1);
    columns[1].fill(7.0);
    let error = refused(&frame(&columns), settings()).to_string();
    assert_eq!(error, "the price of ASSET1 never changes");
}

#[test]
fn too_little_data_names_what_is_needed() {
    let error = refused(&random_walks(3, 184, 1), settings()).to_string();
    assert_eq!(
        error,
        "needs at least 185 rows (training window 60 + 25 forecasts of 5 rows), got 184"
    );
    let error = refused(&random_walks(1, 300, 1), settings()).to_string();
    assert_eq!(error, "a portfolio needs at least 2 assets, got 1");
    let long: ModelSpec = "arima:1,1,1x1,1,1,40".parse().unwrap();
    let error =
        refused(&random_walks(3, 300, 1), PipelineConfig { members: vec![long], ..settings() });
    assert!(error.to_string().contains("the training window has 60"), "{error}");
}

#[test]
fn settings_are_named() {
    let closes = random_walks(3, 300, 1);
    let cases: Vec<(&str, PipelineConfig)> = vec![
        ("horizon", PipelineConfig { horizon: 0, ..settings() }),
        ("train", PipelineConfig { train: 5, ..settings() }),
        ("warm_up", PipelineConfig { warm_up: 2, ..settings() }),
        ("models", PipelineConfig { members: vec![], ..settings() }),
        ("at least", PipelineConfig { horizon: usize::MAX, ..settings() }),
        ("min_weight", PipelineConfig { min_weight: -0.1, ..settings() }),
        ("tau", PipelineConfig { tau: 0.0, ..settings() }),
        ("risk_aversion", PipelineConfig { risk_aversion: f64::NAN, ..settings() }),
        ("risk_free_rate", PipelineConfig { risk_free_rate: f64::INFINITY, ..settings() }),
        ("skill_level", PipelineConfig { skill_level: 0.5, ..settings() }),
        ("interval_level", PipelineConfig { interval_level: 1.0, ..settings() }),
        ("periods_per_year", PipelineConfig { periods_per_year: 0.0, ..settings() }),
        ("cost", PipelineConfig { cost: 0.2, ..settings() }),
        (
            "in_sample",
            PipelineConfig {
                grid: GridConfig { in_sample: 1.0, ..GridConfig::default() },
                ..settings()
            },
        ),
    ];
    for (name, config) in cases {
        let error = refused(&closes, config).to_string();
        assert!(error.contains(name), "{error} lacks {name}");
    }
}

#[test]
fn impossible_weights_are_refused() {
    let closes = random_walks(3, 300, 1);
    let error = refused(&closes, PipelineConfig { max_weight: 0.2, ..settings() }).to_string();
    assert!(error.contains("cannot sum to 1") && error.contains("0.6"), "{error}");
    let error = refused(&closes, PipelineConfig { min_weight: 0.5, ..settings() }).to_string();
    assert!(error.contains("cannot sum to 1") && error.contains("1.5"), "{error}");
    let caps = |cap: f64| {
        let caps = vec![("ASSET0".to_owned(), cap), ("ASSET1".to_owned(), 1.0)];
        PipelineConfig { prior: PriorWeights::MarketCaps(caps), ..settings() }
    };
    assert!(refused(&closes, caps(1.0)).to_string().contains("given for ASSET2"));
    assert!(refused(&closes, caps(-1.0)).to_string().contains("ASSET0 must be positive"));
}

/// Cancelled while forecasts run: no report, and the error says so.
#[test]
fn a_cancelled_run_ends() {
    struct CancelAtForecasts(CancelToken, Mutex<Vec<Stage>>);
    impl Observer for CancelAtForecasts {
        fn begin(&self, stage: Stage, _: &str, _: usize) {
            self.1.lock().unwrap().push(stage);
            if stage == Stage::Forecast {
                self.0.cancel();
            }
        }
        fn progress(&self, _: Stage, _: &ProgressSnapshot) {}
        fn end(&self, _: Stage) {}
    }
    let cancel = CancelToken::new();
    let observer = CancelAtForecasts(cancel.clone(), Mutex::new(Vec::new()));
    let error = Pipeline::new(settings())
        .run(&random_walks(3, 300, 1), &Pool::new(2).unwrap(), &observer, &cancel)
        .unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(*observer.1.lock().unwrap(), [Stage::Check, Stage::Forecast]);
}

/// An asset that stands still for a whole window has no ARIMA fit there; the run goes on without it
/// and says so.
#[test]
fn a_model_that_fails_somewhere_is_listed() {
    let mut columns = Panel { n_rows: 400, n_assets: 3, ..Panel::default() }.simulate(3);
    let still = columns[1][200];
    columns[1][200..270].iter_mut().for_each(|price| *price = still);
    let pool = Pool::new(2).unwrap();
    let outcome =
        Pipeline::new(settings()).run(&frame(&columns), &pool, &Silent, &CancelToken::new());
    let report = outcome.unwrap();
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    let failure = &report.failures[0];
    assert_eq!((failure.asset.as_str(), failure.model.as_str()), ("ASSET1", "arima:1,1,1"));
    assert!(failure.origins >= 1 && failure.message.contains("constant"), "{failure:?}");
}
