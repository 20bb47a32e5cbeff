//! Covariances, posteriors and grids of backtests.

use nalgebra::{DMatrix, DVector};
use rust_portfolio_opt::black_litterman::BlackLittermanModel;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::arrays::ArrayView2;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::telling::{columns, tell};

pub fn covariance() {
    let returns = columns("returns");
    let rows: Vec<Vec<f64>> = (0..returns[0].len())
        .map(|row| returns.iter().map(|column| column[row]).collect())
        .collect();
    let n = returns.len();
    let matrix = DenseMatrix::from_2d_vec(&rows).expect("rows of one length");
    let call = || {
        let mut covariance = DenseMatrix::from_2d_vec(&vec![vec![0.0; n]; n]).expect("a square");
        matrix.cov(&mut covariance);
        covariance
    };
    let answer = |it: DenseMatrix<f64>| {
        let sum = (0..n).flat_map(|row| (0..n).map(move |column| (row, column)));
        vec![*it.get((0, 0)), *it.get((3, 7)), sum.map(|at| *it.get(at)).sum()]
    };
    tell("optimize/sample-covariance-1249x20/smartcore", "0.7.0", 1e-6, call, answer);
}

pub fn black_litterman() {
    let sigma = columns("black-litterman-sigma");
    let n = sigma.len();
    let sigma =
        DMatrix::from_columns(&sigma.into_iter().map(DVector::from_vec).collect::<Vec<_>>());
    let views = columns("black-litterman-picking");
    let picking = DMatrix::from_fn(views.len(), n, |view, asset| views[view][asset]);
    let prior = DVector::from_vec(columns("black-litterman-prior").remove(0));
    let returns = DVector::from_vec(columns("black-litterman-views").remove(0));
    let tau = columns("black-litterman-tau")[0][0];
    let call = || {
        let model = BlackLittermanModel::new(
            sigma.clone(),
            prior.clone(),
            picking.clone(),
            returns.clone(),
            None,
            tau,
        )
        .expect("shapes fit");
        (model.bl_returns().expect("a posterior"), model.bl_cov().expect("a posterior"))
    };
    let case = "optimize/black-litterman-mean-covariance-n100/rust-portfolio-opt";
    tell(case, "0.2.0", 1e-6, call, |(mean, _)| mean.iter().copied().collect());
}

#[cfg(not(feature = "finance-query"))]
pub fn grid() {
    let case = "optimize/sma-grid-1000-of-2148/finance-query";
    crate::telling::missing(case, "built without TANGENCY_PEERS_FEATURES=finance-query");
}

/// Its Sharpe ratio and its fills are defined in another way, which the answer shows.
#[cfg(feature = "finance-query")]
pub fn grid() {
    use finance_query::Candle;
    use finance_query::backtesting::optimizer::{GridSearch, OptimizeMetric, ParamRange};
    use finance_query::backtesting::{BacktestConfig, SmaCrossover};

    let bars = columns("bars");
    let candle = |row: usize| -> Candle {
        let json = serde_json::json!({
            "timestamp": 1_092_873_600_i64 + 86_400 * row as i64,
            "open": bars[0][row], "high": bars[1][row], "low": bars[2][row],
            "close": bars[3][row], "volume": 1_000_000, "adjClose": null,
        });
        serde_json::from_value(json).expect("a candle")
    };
    let candles: Vec<Candle> = (0..bars[0].len()).map(candle).collect();
    let config = BacktestConfig::builder().commission_pct(0.001).build().expect("a setting");
    let call = || {
        let search = GridSearch::new()
            .param("fast", ParamRange::int_range(2, 40, 2))
            .param("slow", ParamRange::int_range(44, 240, 4))
            .optimize_for(OptimizeMetric::SharpeRatio);
        let windows = |of: &dyn Fn(&str) -> usize| SmaCrossover::new(of("fast"), of("slow"));
        let report = search
            .run("WALK", &candles, &config, |of| windows(&|name| of[name].as_int() as usize))
            .expect("a grid");
        assert_eq!(report.total_combinations, 1000);
        report.best.result.metrics.sharpe_ratio
    };
    tell("optimize/sma-grid-1000-of-2148/finance-query", "3.3.0", 1e-6, call, |it| vec![it]);
}
