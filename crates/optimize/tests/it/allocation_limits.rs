//! What cannot be solved, what is degenerate, and random problems.

use nalgebra::DMatrix;
use proptest::prelude::*;
use tangency_optimize::allocation::{
    Constraints, Group, Solution, Status, efficient_return, max_sharpe, max_utility, min_volatility,
};
use tangency_optimize::risk::{mean_of, sample_covariance, variance_of};
use tangency_optimize::{Error, ErrorKind};
use tangency_testkit::optimize::Lcg;

use crate::allocation::{Stocks, assert_solved};

fn example() -> DMatrix<f64> {
    DMatrix::from_row_slice(3, 3, &[0.04, 0.01, 0.0, 0.01, 0.09, 0.02, 0.0, 0.02, 0.16])
}

const EXAMPLE_MEAN: [f64; 3] = [0.05, 0.08, 0.12];

fn refused(constraints: &Constraints) -> Error {
    let error = min_volatility(example().as_view(), constraints).unwrap_err();
    assert!(error.is_infeasible(), "{error}");
    error
}

#[test]
fn constraints_that_cannot_hold_say_why() {
    let bounds = |lower, upper| Constraints::long_only().with_bounds(lower, upper);
    assert_eq!(
        refused(&bounds(0.0, 0.3)).kind(),
        &ErrorKind::UnreachableBudget { budget: 1.0, lower_sum: 0.0, upper_sum: 0.3 * 3.0 }
    );
    let error = refused(&bounds(0.4, 1.0));
    assert!(
        matches!(error.kind(), ErrorKind::UnreachableBudget { lower_sum, .. } if *lower_sum > 1.0)
    );
    let crossed = Constraints::long_only().with_asset_bounds(&[0.5, 0.0, 0.0], &[0.4, 1.0, 1.0]);
    let error = refused(&crossed);
    assert_eq!(error.to_string(), "bounds of asset 0 cross: lower 0.5, upper 0.4");
    assert_eq!(error.asset(), Some(0));
    assert!(matches!(refused(&bounds(f64::NAN, 1.0)).kind(), ErrorKind::CrossedBounds { .. }));

    let sectors = Constraints::long_only()
        .with_group(Group::new("first", [0, 1]).at_most(0.4))
        .with_group(Group::new("second", [2]).at_most(0.5));
    assert_eq!(
        refused(&sectors).to_string(),
        "weights cannot sum to 1: lower bounds sum to 0, upper bounds to 0.9"
    );
    let group = |group| refused(&Constraints::long_only().with_group(group)).to_string();
    assert_eq!(
        group(Group::new("tech", [0]).at_least(0.5).at_most(0.4)),
        "limits of group \"tech\" cross: minimum 0.5, maximum 0.4"
    );
    assert_eq!(
        group(Group::new("tech", [0, 2]).at_least(2.5)),
        "group \"tech\" cannot lie within 2.5 to inf: the bounds of its assets allow 0 to 2"
    );
}

#[test]
fn groups_that_contradict_each_other_say_by_how_much() {
    // Overlapping: the middle asset can serve only one of them.
    let constraints = Constraints::long_only()
        .with_group(Group::new("a", [0, 1]).at_most(0.3))
        .with_group(Group::new("b", [1, 2]).at_most(0.3));
    let error = refused(&constraints);
    // Asset 0 and asset 2 take 0.3 each, and 0.4 is missing; spread over three rows, each is missed
    // by 0.4 / 3.
    assert!(
        matches!(error.kind(), ErrorKind::Infeasible { violation } if (violation - 0.4 / 3.0).abs() < 1e-6),
        "{error}"
    );
}

#[test]
fn groups_need_real_members() {
    for group in [Group::new("tech", [3]), Group::new("tech", [0, 0])] {
        let constraints = Constraints::long_only().with_group(group.at_most(0.5));
        let error = min_volatility(example().as_view(), &constraints).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidGroupMember { n: 3, .. }), "{error}");
    }
}

#[test]
fn targets_out_of_reach_carry_the_reachable_one() {
    let covariance = example();
    let long_only = Constraints::long_only();
    let error = efficient_return(&EXAMPLE_MEAN, covariance.as_view(), 0.5, &long_only).unwrap_err();
    assert_eq!(
        error.to_string(),
        "target return 0.5 is out of reach: the largest attainable is 0.12"
    );
    // The end itself is one portfolio.
    let got = efficient_return(&EXAMPLE_MEAN, covariance.as_view(), 0.12, &long_only).unwrap();
    assert_eq!(got.weights, [0.0, 0.0, 1.0]);
    assert!(got.status.is_solved());
    // A target below what the safest portfolio earns does not bind.
    let got = efficient_return(&EXAMPLE_MEAN, covariance.as_view(), -1.0, &long_only).unwrap();
    let safest = min_volatility(covariance.as_view(), &long_only).unwrap();
    for (got, expected) in got.weights.iter().zip(&safest.weights) {
        assert!((got - expected).abs() < 1e-15);
    }
}

#[test]
fn nothing_beats_a_high_risk_free_rate() {
    let sharpe = |rate: f64, constraints: &Constraints| {
        max_sharpe(&EXAMPLE_MEAN, example().as_view(), rate, constraints)
    };
    let error = sharpe(0.3, &Constraints::long_only()).unwrap_err();
    assert!(error.is_infeasible());
    assert_eq!(
        error.to_string(),
        "no feasible portfolio beats the risk-free rate 0.3: the best mean is 0.12"
    );
    // One asset beats it, but too little of it may be held.
    let capped = Constraints::long_only().with_bounds(0.0, 0.5);
    let error = sharpe(0.11, &capped).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NoAssetAboveRiskFree { best_mean, .. }
        if (best_mean - 0.1).abs() < 1e-12),
        "{error}"
    );
    assert!(sharpe(0.11, &Constraints::long_only()).unwrap().status.is_solved());
}

#[test]
fn bad_inputs_are_named() {
    let covariance = example();
    let view = covariance.as_view();
    let long_only = Constraints::long_only();
    let message = |result: Result<Solution, Error>| result.unwrap_err().to_string();
    let nan = [0.05, f64::NAN, 0.1];
    assert_eq!(
        message(max_sharpe(&nan, view, 0.0, &long_only)),
        "mean[1] is NaN, expected a finite number"
    );
    assert_eq!(
        message(max_utility(&nan[..1], view, 1.0, &long_only)),
        "mean has length 1, expected 3"
    );
    assert_eq!(
        message(max_utility(&EXAMPLE_MEAN, view, 0.0, &long_only)),
        "risk_aversion is 0, expected above 0 and finite"
    );
    let short = Constraints::long_only().with_asset_bounds(&[0.0; 2], &[1.0; 2]);
    assert_eq!(message(min_volatility(view, &short)), "lower bounds has length 2, expected 3");
    let budget = Constraints::long_only().with_budget(f64::NAN);
    assert_eq!(
        message(min_volatility(view, &budget)),
        "budget[0] is NaN, expected a finite number"
    );
    let indefinite = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let error = min_volatility(indefinite.as_view(), &long_only).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotPositiveSemidefinite { smallest_eigenvalue, .. }
        if (smallest_eigenvalue + 1.0).abs() < 1e-12),
        "{error}"
    );
    assert_eq!(
        message(min_volatility(DMatrix::zeros(0, 0).as_view(), &long_only)),
        "covariance is empty"
    );
}

#[test]
fn twin_assets_are_solved() {
    let covariance =
        DMatrix::from_row_slice(3, 3, &[0.04, 0.04, 0.0, 0.04, 0.04, 0.0, 0.0, 0.0, 0.09]);
    let got = min_volatility(covariance.as_view(), &Constraints::long_only()).unwrap();
    assert_solved(&got, 1.0, "twins");
    assert!((got.objective / (0.04 * 0.09 / 0.13) - 1.0).abs() < 1e-14, "{}", got.objective);
    let got = max_sharpe(&[0.1, 0.1, 0.1], covariance.as_view(), 0.0, &Constraints::long_only());
    assert_solved(&got.unwrap(), 1.0, "twins");
}

#[test]
fn more_assets_than_observations_are_solved() {
    let mut lcg = Lcg::new(7);
    let returns = DMatrix::from_fn(20, 50, |_, _| 0.01 * lcg.normal());
    let covariance = sample_covariance(returns.as_view(), 1).unwrap();
    let got = min_volatility(covariance.as_view(), &Constraints::long_only()).unwrap();
    assert_eq!(got.status, Status::Solved);
    assert!(got.residuals.feasibility < 1e-12);
    // Fifty assets span twenty days, so long-only weights with next to no variance may exist; none
    // may be worse than equal weights.
    let equal = variance_of(&[0.02; 50], covariance.as_view()).unwrap();
    assert!(got.objective >= 0.0 && got.objective < equal, "{}", got.objective);
}

#[test]
fn riskless_arbitrage_without_bounds_is_unbounded() {
    let covariance = DMatrix::from_row_slice(2, 2, &[0.04, 0.04, 0.04, 0.04]);
    let got = max_utility(&[0.1, 0.2], covariance.as_view(), 1.0, &Constraints::unbounded());
    assert_eq!(got.unwrap_err().kind(), &ErrorKind::Unbounded);
    let got = max_utility(&[0.1, 0.2], covariance.as_view(), 1.0, &Constraints::long_only());
    assert_eq!(got.unwrap().weights, [0.0, 1.0]);
}

#[test]
fn corners_are_hit_exactly() {
    let view = example();
    let view = view.as_view();
    // One asset; fixed weights; a lower bound that uses the whole budget.
    let one = DMatrix::from_element(1, 1, 0.04);
    assert_eq!(min_volatility(one.as_view(), &Constraints::long_only()).unwrap().weights, [1.0]);
    let fixed = Constraints::long_only().with_asset_bounds(&[0.2, 0.3, 0.5], &[0.2, 0.3, 0.5]);
    assert_eq!(min_volatility(view, &fixed).unwrap().weights, [0.2, 0.3, 0.5]);
    assert_eq!(max_sharpe(&EXAMPLE_MEAN, view, 0.0, &fixed).unwrap().weights, [0.2, 0.3, 0.5]);
    let full = Constraints::long_only().with_bounds(0.25, 0.5);
    let got = max_utility(&EXAMPLE_MEAN, view, 1e-6, &full).unwrap();
    assert_eq!(got.weights, [0.25, 0.25, 0.5]);
    // Groups that tile the portfolio: their equations repeat the budget.
    let tiled = Constraints::long_only()
        .with_group(Group::new("a", [0, 1]).at_least(0.6).at_most(0.6))
        .with_group(Group::new("b", [2]).at_least(0.4).at_most(0.4));
    let got = min_volatility(view, &tiled).unwrap();
    assert_solved(&got, 1.0, "tiled");
    assert!((got.weights[2] - 0.4).abs() < 1e-15);
}

#[test]
fn an_early_stop_is_a_status_with_usable_weights() {
    let stocks = Stocks::new();
    let constraints = stocks.constraints("box_sector").with_iteration_limit(2);
    for got in [
        min_volatility(stocks.covariance.as_view(), &constraints).unwrap(),
        max_sharpe(&stocks.mean, stocks.covariance.as_view(), 0.02, &constraints).unwrap(),
    ] {
        assert_eq!(got.status, Status::StoppedEarly);
        assert_eq!(got.status.as_str(), "stopped_early");
        assert!((got.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(got.weights.iter().all(|w| (0.0..=0.15).contains(w)));
        assert!(got.objective.is_finite() && got.iterations <= 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No feasible weights do better than the optimum, whatever the problem.
    #[test]
    fn nothing_feasible_is_better(
        n in 2_usize..15,
        seed in any::<u64>(),
        delta in 0.1..50.0_f64,
        cap in 0.3..1.0_f64,
    ) {
        let mut lcg = Lcg::new(seed);
        // Fewer factors than assets now and then: singular covariances count too.
        let rank = 1 + (n + (lcg.uniform() * 4.0) as usize) / 2;
        let factor = DMatrix::from_fn(n, rank, |_, _| 0.2 * lcg.normal());
        let covariance = DMatrix::from_fn(n, n, |i, j| {
            let (i, j) = (i.min(j), i.max(j));
            (0..rank).map(|f| factor[(i, f)] * factor[(j, f)]).sum()
        });
        let mean: Vec<f64> = (0..n).map(|_| 0.05 + 0.1 * lcg.normal()).collect();
        let cap = cap.max(1.2 / n as f64);
        let constraints = Constraints::long_only()
            .with_bounds(0.0, cap)
            .with_group(Group::new("half", 0..n.div_ceil(2)).at_least(0.1).at_most(0.8));
        let got = max_utility(&mean, covariance.as_view(), delta, &constraints);
        let got = match got {
            Ok(got) => got,
            Err(error) => {
                // The two limits can exclude each other for small n.
                prop_assert!(error.is_infeasible(), "{}", error);
                return Ok(());
            }
        };
        prop_assert_eq!(got.status, Status::Solved);
        prop_assert!(got.residuals.feasibility < 1e-12, "{:?}", got.residuals);
        prop_assert!(got.weights.iter().all(|w| (0.0..=cap).contains(w)), "{:?}", got.weights);
        let utility = |w: &[f64]| {
            mean_of(w, &mean).unwrap()
                - 0.5 * delta * variance_of(w, covariance.as_view()).unwrap()
        };
        let best = utility(&got.weights);
        // Move towards random feasible points: along every such line utility must fall.
        for _ in 0..20 {
            let other: Vec<f64> = (0..n).map(|_| -lcg.uniform().ln()).collect();
            let total: f64 = other.iter().sum();
            let other: Vec<f64> = other.iter().map(|x| x / total).collect();
            let half: f64 = other[..n.div_ceil(2)].iter().sum();
            if other.iter().any(|w| *w > cap) || !(0.1..=0.8).contains(&half) {
                continue;
            }
            for step in [1.0, 0.1, 1e-3] {
                let moved: Vec<f64> =
                    got.weights.iter().zip(&other).map(|(w, o)| w + step * (o - w)).collect();
                prop_assert!(utility(&moved) <= best + 1e-13 * (1.0 + best.abs()));
            }
        }
    }
}
