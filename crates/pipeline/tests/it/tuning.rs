//! The search knows no forecasts, and tunes them all the same.

use tangency_forecast::evaluation::{Accuracy, walk_forward};
use tangency_forecast::{Arima, FitContext};
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{Collect, Failure, Grid, Method, Request, Space, Study};
use tangency_pool::Pool;
use tangency_preprocess::folds::WalkForward;

/// An autoregression of order two with coefficients 1.2 and -0.6: strongly cyclical.
fn series(n: usize) -> Vec<f64> {
    let mut state = 42_u64;
    let mut noise = || {
        // Sums of twelve uniform numbers are as good as normal here.
        let mut sum = -6.0;
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            sum += (state >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum
    };
    let mut y = vec![0.0, 0.0];
    for t in 2..n + 50 {
        y.push(1.2 * y[t - 1] - 0.6 * y[t - 2] + noise());
    }
    y.split_off(50)
}

/// The error of an ARIMA model one step ahead, over the rows and with the budget of the request.
fn error_of(series: &[f64], request: &Request<'_>) -> Result<Metrics, Failure> {
    let order = |name| request.params.get(name).map(|value| value as usize);
    let model = Arima::new(order("p")?, 0, order("q")?);
    let rows = &series[request.window(series.len())];
    let folds: Vec<_> = WalkForward::new(rows.len() / 2, 10).folds(rows.len())?.collect();
    let record = walk_forward(&model, rows, &folds, 1, &FitContext::new(request.seed))?;
    let accuracy = Accuracy::of(&record)?;
    Ok(Metrics::new().with(Metric::Rmse, accuracy.rmse).with(Metric::Mae, accuracy.mae))
}

#[test]
fn the_order_of_an_arima_model_is_found() {
    let series = series(400);
    let objective = |request: &Request<'_>| error_of(&series, request);
    let pool = Pool::new(2).unwrap();
    let grid = Grid::parse(["p=0:3:1", "q=0:2:1"]).unwrap();
    let mut trials = Collect::new();
    let whole = Study::grid(&grid, Metric::Rmse).run(&pool, &objective, &mut trials).unwrap();
    let best = whole.best.unwrap();
    assert!(best.params.get("p").unwrap() >= 2.0, "{}", best.params);
    // White noise of unit variance is what nobody can forecast; the first order leaves 1.25 times
    // that, the mean 1.9 times.
    let of = |p: f64, q: f64| {
        let found = trials.trials().iter().find(|trial| trial.params.values() == [p, q]);
        found.unwrap().metric(Metric::Rmse).unwrap()
    };
    assert!(best.metric(Metric::Rmse).unwrap() < 1.15 && of(0.0, 0.0) > 1.4);

    // Halving spends a few rows on most orders and finds one as good.
    let space = Space::of_grid(&grid);
    let method = Method::successive_halving(40).min_budget(0.25);
    let study = Study::search(&space, method, Metric::Rmse).seed(1);
    let report = study.run(&pool, &objective, &mut Collect::new()).unwrap();
    let found = report.best.unwrap();
    let excess = found.metric(Metric::Rmse).unwrap() / best.metric(Metric::Rmse).unwrap();
    assert!(excess < 1.05, "{}: {excess}", found.params);
}
