//! From returns to weights: estimating, blending views, solving.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has to fail")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tangency::optimize::allocation::{
    ClusterDistance, Constraints, Group, Linkage, hrp, max_sharpe, max_utility, min_cvar,
    min_volatility, risk_parity,
};
use tangency::optimize::black_litterman::{Prior, Views};
use tangency::optimize::nalgebra::DMatrix;
use tangency::optimize::risk::{ledoit_wolf, sample_covariance};
use tangency_testkit::optimize::{SyntheticMarket, stock_returns};

/// A ten-factor market, its covariance as a matrix.
fn market(n: usize) -> (SyntheticMarket, DMatrix<f64>) {
    let market = SyntheticMarket::new(n);
    let covariance = DMatrix::from_row_slice(n, n, &market.covariance);
    (market, covariance)
}

/// Bounds of four times equal weight, and ten sectors of 2 to 25 %.
fn constraints(n: usize) -> Constraints {
    let start = Constraints::long_only().with_bounds(0.0, (4.0 / n as f64).max(0.02));
    (0..10).fold(start, |all, sector| {
        let assets = (0..n).filter(|i| i % 10 == sector);
        all.with_group(Group::new(format!("sector {sector}"), assets).at_least(0.02).at_most(0.25))
    })
}

fn estimate(c: &mut Criterion) {
    let (rows, columns, values) = stock_returns(7063..8313, 20);
    let stocks = DMatrix::from_vec(rows, columns, values);
    let wide = DMatrix::from_vec(1000, 500, SyntheticMarket::new(500).returns(1000));
    for (case, returns) in [("1249x20", stocks), ("1000x500", wide)] {
        let mut group = c.benchmark_group(format!("optimize/covariance-{case}"));
        group.sample_size(10);
        group.bench_function("sample", |b| {
            b.iter(|| sample_covariance(black_box(returns.as_view()), 1).unwrap());
        });
        group.bench_function("ledoit-wolf", |b| {
            b.iter(|| {
                let shrunk = ledoit_wolf(black_box(returns.as_view())).unwrap();
                assert!(shrunk.intensity > 0.0 && shrunk.intensity < 1.0);
                shrunk
            });
        });
        group.finish();
    }
}

fn black_litterman(c: &mut Criterion) {
    for n in [20, 100, 500] {
        let (market, covariance) = market(n);
        let (picking, returns) = market.views();
        let picking = DMatrix::from_row_slice(n / 10, n, &picking);
        let views = Views::from_matrices(picking.as_view(), &returns).unwrap();
        let prior =
            Prior::from_market_caps(covariance.as_view(), &market.market_caps, 2.5).unwrap();
        let mut group = c.benchmark_group(format!("optimize/black-litterman-n{n}"));
        group.sample_size(10);
        group.bench_function("prior", |b| {
            let caps = &market.market_caps;
            b.iter(|| Prior::from_market_caps(black_box(covariance.as_view()), caps, 2.5).unwrap());
        });
        group.bench_function("posterior", |b| {
            b.iter(|| {
                let posterior = black_box(&prior).posterior(&views).unwrap();
                assert_ne!(posterior.mean(), prior.mean());
                posterior
            });
        });
        group.finish();
    }
}

fn allocate(c: &mut Criterion) {
    for n in [20, 100] {
        let (market, covariance) = market(n);
        let view = covariance.as_view();
        let constraints = constraints(n);
        let check = |solution: &tangency::optimize::allocation::Solution| {
            assert!(solution.status.is_solved());
        };
        c.bench_function(&format!("optimize/max-utility-n{n}/sectors"), |b| {
            b.iter(|| max_utility(&market.mean, view, 5.0, &constraints).inspect(check).unwrap());
        });
        c.bench_function(&format!("optimize/min-volatility-n{n}/sectors"), |b| {
            b.iter(|| min_volatility(view, &constraints).inspect(check).unwrap());
        });
        c.bench_function(&format!("optimize/max-sharpe-n{n}/sectors"), |b| {
            b.iter(|| max_sharpe(&market.mean, view, 0.02, &constraints).inspect(check).unwrap());
        });
        c.bench_function(&format!("optimize/risk-parity-n{n}/equal"), |b| {
            b.iter(|| risk_parity(view).inspect(check).unwrap());
        });
        c.bench_function(&format!("optimize/hrp-n{n}/single"), |b| {
            b.iter(|| {
                let solution = hrp(view, ClusterDistance::default(), Linkage::Single);
                solution.inspect(check).unwrap()
            });
        });
        let scenarios = DMatrix::from_vec(500, n, market.returns(500));
        let mut group = c.benchmark_group(format!("optimize/min-cvar-500x{n}"));
        group.sample_size(10);
        group.bench_function("long-only", |b| {
            let long_only = Constraints::long_only();
            b.iter(|| {
                let solution = min_cvar(scenarios.as_view(), 0.95, None, &long_only);
                solution.inspect(check).unwrap()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, estimate, black_litterman, allocate);
criterion_main!(benches);
