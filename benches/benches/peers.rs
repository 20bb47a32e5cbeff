//! The cases that other software answers too: see `benches/peers/README.md`.
//!
//! Each tells its input and its answer, and is timed as any other case.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::forecast::arima::Arima;
use tangency::forecast::{AutoArima, Fit, FitContext, ForecastRequest, Predict, TrainingData};
use tangency::optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
use tangency::optimize::backtest::{
    BacktestConfig, BacktestingPyInputs, BacktestingPyStatistics, Bars, Costs, Detail, SmaCross,
    TradeStatus,
};
use tangency::optimize::black_litterman::{Prior, Views};
use tangency::optimize::metrics::Metric;
use tangency::optimize::nalgebra::DMatrix;
use tangency::optimize::risk::sample_covariance;
use tangency::optimize::search::{Grid, sma_cross_grid};
use tangency::pool::Pool;
use tangency::preprocess::indicators::sma_into;
use tangency_benches::peers::{answer, input};
use tangency_testkit::forecast::arima_series;
use tangency_testkit::optimize::{SyntheticMarket, stock_returns};
use tangency_testkit::prices::sp500_20;
use tangency_testkit::random_walks::Panel;

/// The stocks whose likelihood has several optima, at the lower of which other software stops: their
/// answers cannot be ours, so times would not be of the same work.
const LOWER_OPTIMA: [&str; 5] = ["BBY", "GE", "KO", "PG", "RRC"];

/// ARIMA(1, 1, 1) by exact maximum likelihood, on the last 1,000 log prices of 15 stocks in turn.
fn arima(criterion: &mut Criterion) {
    let prices = sp500_20();
    let names = || prices.names.iter().map(String::as_str).filter(|it| !LOWER_OPTIMA.contains(it));
    let series: Vec<Vec<f64>> = names()
        .map(|name| prices.column(name))
        .map(|closes| closes[closes.len() - 1000..].iter().map(|close| close.ln()).collect())
        .collect();
    let columns: Vec<(&str, &[f64])> = names().zip(series.iter().map(Vec::as_slice)).collect();
    input("log-prices", &columns);
    let fit = || -> Vec<f64> {
        let likelihood = |series: &Vec<f64>| {
            let fitted =
                Arima::new(1, 1, 1).fit(&TrainingData::new(series), &FitContext::default());
            fitted.expect("log prices fit").log_likelihood()
        };
        series.iter().map(likelihood).collect()
    };
    let case = "forecast/arima-111-15-stocks/tangency";
    let likelihoods = fit();
    assert_eq!(likelihoods.len(), 15);
    // Of JPM, by other software.
    assert!(likelihoods.iter().any(|it| (it - 2_431.151_710_4).abs() < 1e-3));
    answer(case, &likelihoods);
    let mut group = criterion.benchmark_group("forecast/arima-111-15-stocks");
    group.sample_size(10);
    group.bench_function("tangency", |bencher| bencher.iter(fit));
    group.finish();
}

/// Fits of 20 stocks and of AirPassengers with 21 forecasts; the answer is the sum of the log-likelihoods,
/// of AICc where orders are chosen. Searches that stop lower have another answer, and are faster for it.
fn arima_table(criterion: &mut Criterion) {
    let prices = sp500_20();
    let log = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value.ln()).collect() };
    let stocks: Vec<Vec<f64>> =
        prices.columns.iter().map(|closes| log(&closes[closes.len() - 1000..])).collect();
    let names = prices.names.iter().map(String::as_str);
    input("log-prices-20", &names.zip(stocks.iter().map(Vec::as_slice)).collect::<Vec<_>>());
    let passengers = vec![log(&arima_series("airpassengers"))];
    input("log-air-passengers", &[("passengers", &passengers[0])]);

    let (request, context) = (ForecastRequest::new(21), FitContext::default());
    let fits = |model: &Arima, series: &[Vec<f64>]| -> f64 {
        let one = |series: &Vec<f64>| {
            let fitted = model.fit(&TrainingData::new(series), &context).expect("it fits");
            black_box(fitted.predict(&request).expect("it forecasts"));
            fitted.log_likelihood()
        };
        series.iter().map(one).sum()
    };
    let chosen = |model: &AutoArima, series: &[Vec<f64>]| -> f64 {
        let one = |series: &Vec<f64>| {
            let fitted = model.fit(&TrainingData::new(series), &context).expect("it fits");
            black_box(fitted.predict(&request).expect("it forecasts"));
            fitted.best().aicc()
        };
        series.iter().map(one).sum()
    };
    let airline = Arima::new(0, 1, 1).seasonal(0, 1, 1, 12);
    let (plain, yearly) = (AutoArima::new(), AutoArima::new().with_season(12));
    let cases: [(&str, &dyn Fn() -> f64); 5] = [
        ("arima-111-20-stocks", &|| fits(&Arima::new(1, 1, 1), &stocks)),
        ("arima-212-20-stocks", &|| fits(&Arima::new(2, 1, 2), &stocks)),
        ("airline-air-passengers", &|| fits(&airline, &passengers)),
        ("auto-arima-20-stocks", &|| chosen(&plain, &stocks)),
        ("auto-arima-air-passengers", &|| chosen(&yearly, &passengers)),
    ];
    for (name, call) in cases {
        answer(&format!("forecast/{name}/tangency"), &[call()]);
        let mut group = criterion.benchmark_group(format!("forecast/{name}"));
        group.sample_size(10);
        group.bench_function("tangency", |bencher| bencher.iter(call));
        group.finish();
    }
}

/// Posterior mean and covariance of 100 assets and 10 views, omega proportional to `P tau Sigma P'`.
fn black_litterman(criterion: &mut Criterion) {
    let n = 100;
    let market = SyntheticMarket::new(n);
    let covariance = DMatrix::from_row_slice(n, n, &market.covariance);
    let (rows, returns) = market.views();
    let picking = DMatrix::from_row_slice(n / 10, n, &rows);
    let prior = Prior::from_market_caps(covariance.as_view(), &market.market_caps, 2.5);
    let prior = prior.expect("a covariance matrix");
    let columns = |name: &str, matrix: &DMatrix<f64>| {
        let columns: Vec<Vec<f64>> =
            matrix.column_iter().map(|column| column.iter().copied().collect()).collect();
        let names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        let named: Vec<(&str, &[f64])> =
            names.iter().map(String::as_str).zip(columns.iter().map(Vec::as_slice)).collect();
        input(name, &named);
    };
    columns("black-litterman-sigma", &covariance);
    columns("black-litterman-picking", &picking.transpose());
    input("black-litterman-prior", &[("mean", prior.mean())]);
    input("black-litterman-views", &[("return", &returns)]);
    input("black-litterman-tau", &[("tau", &[prior.tau()])]);
    let case = "optimize/black-litterman-mean-covariance-n100/tangency";
    let posterior = || {
        let views = Views::from_matrices(picking.as_view(), &returns).expect("views fit");
        let posterior = black_box(&prior).posterior(&views).expect("views of this market");
        black_box(posterior.covariance());
        posterior
    };
    answer(case, posterior().mean());
    criterion.bench_function(case, |bencher| bencher.iter(posterior));
}

/// A moving average of 50 over 100,000 closes.
fn sma(criterion: &mut Criterion) {
    let close = Panel { n_assets: 1, n_rows: 100_000, ..Panel::default() }.simulate(5).remove(0);
    input("sma", &[("close", &close)]);
    let mut out = vec![0.0; close.len()];
    sma_into(&close, 50, &mut out).expect("as long as the closes");
    let case = "preprocess/sma-50-of-100000/tangency";
    assert!(out[..49].iter().all(|value| value.is_nan()));
    answer(case, &[out[49], out[50_000], out[99_999], out[49..].iter().sum()]);
    criterion.bench_function(case, |bencher| {
        bencher.iter(|| sma_into(black_box(&close), 50, &mut out).is_ok());
    });
}

/// The sample covariance of 1,249 daily returns of 20 stocks.
fn covariance(criterion: &mut Criterion) {
    let (rows, columns, values) = stock_returns(7063..8313, 20);
    let returns = DMatrix::from_vec(rows, columns, values);
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    let named: Vec<(&str, &[f64])> =
        names.iter().map(String::as_str).zip(returns.as_slice().chunks_exact(rows)).collect();
    input("returns", &named);
    let case = "optimize/sample-covariance-1249x20/tangency";
    let run = || sample_covariance(black_box(returns.as_view()), 1).expect("finite returns");
    let covariance = run();
    answer(case, &[covariance[(0, 0)], covariance[(3, 7)], covariance.sum()]);
    criterion.bench_function(case, |bencher| bencher.iter(run));
}

/// Open, high, low and close of 2,148 bars of a random walk, told as `bars`.
fn walk() -> [Vec<f64>; 4] {
    let panel = Panel { n_assets: 1, n_rows: 2 * 2148, ..Panel::default() };
    let walk = panel.simulate(11).remove(0);
    let (open, close): (Vec<f64>, Vec<f64>) =
        walk.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
    let pairs = || open.iter().zip(&close);
    let high: Vec<f64> = pairs().map(|(o, c)| o.max(*c)).collect();
    let low: Vec<f64> = pairs().map(|(o, c)| o.min(*c)).collect();
    input("bars", &[("open", &open), ("high", &high), ("low", &low), ("close", &close)]);
    [open, high, low, close]
}

/// One crossover in whole units with all its trades, equity and figures, from closes on.
fn whole_units(criterion: &mut Criterion) {
    let [open, high, low, close] = walk();
    let bars = Bars::new(&open, &high, &low, &close).expect("a walk stays above zero");
    let config = EventConfig::backtesting_py(252.0).with_costs(Costs::fee(0.001));
    let backtest = EventBacktest::new(bars, config).expect("a valid setting");
    let run = || {
        let cross = SmaCross { fast: 10, slow: 50 };
        let result = backtest.run_strategy(&cross, &TradePlan::all_in(), Detail::ALL);
        let result = result.expect("windows fit");
        let (equity, trades) =
            (result.equity.expect("asked for"), result.trades.expect("asked for"));
        let figures = BacktestingPyStatistics::new(&BacktestingPyInputs {
            equity: &equity,
            close: &close,
            trades: &trades,
            day_ends: None,
            days_per_year: 252.0,
            years: 2147.0 / 252.0,
            first_bar: 49,
        });
        black_box(figures.expect("an equity above zero"));
        (trades, equity)
    };
    let case = "optimize/sma-cross-2148-whole-units/tangency";
    let (trades, equity) = run();
    let closed = trades.iter().filter(|trade| trade.status == TradeStatus::Closed);
    let bars = closed.flat_map(|trade| [trade.entry_bar as f64, trade.exit_bar as f64]);
    answer(case, &bars.chain(equity.iter().copied().step_by(100)).collect::<Vec<_>>());
    criterion.bench_function(case, |bencher| bencher.iter(run));
}

/// The best Sharpe ratio of 1,000 crossovers of moving averages over 2,148 bars, on one thread.
fn grid(criterion: &mut Criterion) {
    let [open, high, low, close] = walk();
    let bars = Bars::new(&open, &high, &low, &close).expect("a walk stays above zero");
    let grid = Grid::parse(["fast=2:40:2", "slow=44:240:4"]).expect("well formed");
    let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
    let pool = Pool::new(1).expect("a thread");
    let run = || -> f64 {
        let search = sma_cross_grid(&bars, &grid, &config, &pool, None, None);
        let report = search.expect("a valid grid").report;
        assert_eq!(report.trials.len(), 1000);
        let best = report.best(Metric::Sharpe).expect("a metric of every trial");
        best.and_then(|trial| trial.metric(Metric::Sharpe)).expect("some trial trades")
    };
    let case = "optimize/sma-grid-1000-of-2148/tangency";
    answer(case, &[run()]);
    let mut group = criterion.benchmark_group("optimize/sma-grid-1000-of-2148");
    group.sample_size(20);
    group.bench_function("tangency", |bencher| bencher.iter(run));
    group.finish();
}

criterion_group!(peers, arima, arima_table, black_litterman, sma, covariance, whole_units, grid);
criterion_main!(peers);
