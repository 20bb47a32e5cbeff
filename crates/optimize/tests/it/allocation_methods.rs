//! Efficient risk, risk parity, hierarchical risk parity and CVaR against the reference.

use nalgebra::DMatrix;
use proptest::prelude::*;
use tangency_optimize::ErrorKind;
use tangency_optimize::allocation::{
    ClusterDistance, Constraints, Linkage, Status, efficient_risk, hrp, min_cvar, min_volatility,
    risk_budgeting, risk_parity, tail_risk,
};
use tangency_optimize::risk::{risk_contributions, volatility_of};
use tangency_testkit::optimize::{Lcg, golden, numbers, stock_returns};

use crate::allocation::Stocks;

fn example() -> DMatrix<f64> {
    DMatrix::from_row_slice(3, 3, &[0.04, 0.01, 0.0, 0.01, 0.09, 0.02, 0.0, 0.02, 0.16])
}

#[test]
fn efficient_risk_matches_the_reference() {
    let stocks = Stocks::new();
    for set in ["long_only", "box_sector"] {
        let name = format!("efficient_risk_{set}");
        let target = stocks.case(&name)["target_volatility"].as_f64().unwrap();
        let constraints = stocks.constraints(set);
        let got = efficient_risk(&stocks.mean, stocks.covariance.as_view(), target, &constraints)
            .unwrap();
        assert_eq!(got.status, Status::Solved, "{name}");
        assert!(got.residuals.feasibility < 1e-12, "{name}: {:?}", got.residuals);
        stocks.check(&name, &got);
        let volatility = volatility_of(&got.weights, stocks.covariance.as_view()).unwrap();
        assert!((volatility / target - 1.0).abs() < 1e-13);
    }
}

#[test]
fn every_target_between_the_ends_is_met() {
    let stocks = Stocks::new();
    let constraints = stocks.constraints("box_sector");
    let covariance = stocks.covariance.as_view();
    let smallest = min_volatility(covariance, &constraints).unwrap().objective.sqrt();
    let mut last = f64::NEG_INFINITY;
    for step in 0..=20 {
        let target = smallest + 0.005 * f64::from(step);
        let got = efficient_risk(&stocks.mean, covariance, target, &constraints).unwrap();
        assert_eq!(got.status, Status::Solved, "{target}");
        assert!(got.objective > last, "more risk earns more");
        last = got.objective;
    }
}

#[test]
fn volatility_targets_have_two_ends() {
    let (mean, covariance) = ([0.05, 0.08, 0.12], example());
    let long_only = Constraints::long_only();
    let error = efficient_risk(&mean, covariance.as_view(), 0.01, &long_only).unwrap_err();
    let smallest = min_volatility(covariance.as_view(), &long_only).unwrap().objective.sqrt();
    assert!(error.is_infeasible());
    assert!(
        matches!(error.kind(), ErrorKind::TargetVolatilityTooLow { target: 0.01, smallest: s }
            if (s / smallest - 1.0).abs() < 1e-12),
        "{error}"
    );
    // Room to spare: the asset with the largest mean alone.
    let got = efficient_risk(&mean, covariance.as_view(), 0.5, &long_only).unwrap();
    assert_eq!(got.weights, [0.0, 0.0, 1.0]);
    assert_eq!((got.objective, got.status), (0.12, Status::Solved));
    assert!(efficient_risk(&mean, covariance.as_view(), -0.2, &long_only).is_err());
    assert!(efficient_risk(&mean, covariance.as_view(), f64::NAN, &long_only).is_err());
}

#[test]
fn risk_parity_matches_the_reference() {
    let stocks = Stocks::new();
    let covariance = stocks.covariance.as_view();
    let equal = risk_parity(covariance).unwrap();
    let budgets = numbers(&stocks.case("risk_parity_budgeted")["budget"]);
    let budgeted = risk_budgeting(covariance, &budgets).unwrap();
    for (name, got) in [("risk_parity_equal", equal), ("risk_parity_budgeted", budgeted)] {
        assert_eq!(got.status, Status::Solved, "{name}");
        assert!(got.residuals.optimality < 1e-12, "{name}: {:?}", got.residuals);
        stocks.check(name, &got);
        let shares = risk_contributions(&got.weights, covariance).unwrap();
        for (share, budget) in shares.iter().zip(numbers(&stocks.case(name)["budget"])) {
            assert!((share / budget - 1.0).abs() < 1e-12, "{name}");
        }
    }
}

#[test]
fn risk_parity_refuses_what_has_no_shares() {
    let covariance = example();
    let sum = |budgets: &[f64]| {
        let error = risk_budgeting(covariance.as_view(), budgets).unwrap_err();
        match error.kind() {
            ErrorKind::InvalidRiskBudget { sum } => *sum,
            kind => panic!("{kind}"),
        }
    };
    assert!((sum(&[0.5, 0.5, 0.3]) - 1.3).abs() < 1e-15);
    assert_eq!(sum(&[0.5, 0.5, 0.0]), 1.0);
    assert!(sum(&[0.5, f64::NAN, 0.5]).is_nan());
    assert!(risk_budgeting(covariance.as_view(), &[0.5, 0.5]).is_err());

    let flat = DMatrix::from_row_slice(3, 3, &[0.04, 0.0, 0.01, 0.0, 0.0, 0.0, 0.01, 0.0, 0.09]);
    let zero = ErrorKind::ZeroVariance { asset: 1 };
    assert_eq!(risk_parity(flat.as_view()).unwrap_err().kind(), &zero);
    let clustered = hrp(flat.as_view(), ClusterDistance::default(), Linkage::default());
    assert_eq!(clustered.unwrap_err().kind(), &zero);
    assert!(risk_parity(DMatrix::zeros(0, 0).as_view()).is_err());
}

#[test]
fn perfect_hedges_have_no_risk_to_share() {
    // Held in equal parts the two cancel: there is no variance to split, and no end to the search.
    let hedge = DMatrix::from_row_slice(2, 2, &[0.04, -0.04, -0.04, 0.04]);
    let got = risk_parity(hedge.as_view()).unwrap();
    assert_eq!(got.status, Status::StoppedEarly);
    assert!((got.weights[0] - 0.5).abs() < 1e-2 && got.weights.iter().all(|w| w.is_finite()));
}

#[test]
fn hrp_matches_the_reference() {
    let stocks = Stocks::new();
    for (name, distance) in [
        ("hrp_single_pypfopt", ClusterDistance::Correlation),
        ("hrp_single_lopez_de_prado", ClusterDistance::EuclideanOfCorrelation),
    ] {
        let got = hrp(stocks.covariance.as_view(), distance, Linkage::Single).unwrap();
        stocks.check(name, &got);
        assert!(got.residuals.feasibility < 1e-14);
    }
}

#[test]
fn min_cvar_matches_the_reference() {
    let (rows, columns, values) = stock_returns(7812..8313, 8);
    let scenarios = DMatrix::from_vec(rows, columns, values);
    let golden = golden("tail_risk.json");
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let beta = case["beta"].as_f64().unwrap();
        let target = case["target_return_daily"].as_f64();
        let got = min_cvar(scenarios.as_view(), beta, target, &Constraints::long_only()).unwrap();
        assert_eq!(got.status, Status::Solved, "{name}");
        let expected = case["cvar_daily"].as_f64().unwrap();
        let off = (got.objective / expected - 1.0).abs();
        assert!(off < 1e-12, "{name}: {} instead of {expected}, relative {off:e}", got.objective);
        for (at, (w, e)) in got.weights.iter().zip(numbers(&case["weights"])).enumerate() {
            assert!((w - e).abs() < 1e-9, "{name} weight {at}: {w} instead of {e}");
        }
        assert!(got.residuals.feasibility < 1e-12, "{name}: {:?}", got.residuals);
        assert!((got.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{name}");
        let tail = tail_risk(scenarios.as_view(), &got.weights, beta).unwrap();
        assert_eq!(tail.conditional_value_at_risk, got.objective, "{name}");
        assert!(tail.value_at_risk < tail.conditional_value_at_risk, "{name}");
    }
}

#[test]
fn min_cvar_refuses_what_makes_no_sense() {
    let scenarios = DMatrix::from_fn(10, 2, |t, i| ((t * 3 + i * 7) % 10) as f64 / 100.0 - 0.04);
    let solve = |beta, target| {
        let got = min_cvar(scenarios.as_view(), beta, target, &Constraints::long_only());
        got.unwrap_err().to_string()
    };
    assert_eq!(solve(1.0, None), "beta is 1, expected above 0 and below 1");
    assert_eq!(solve(f64::NAN, None), "beta is NaN, expected above 0 and below 1");
    assert!(solve(0.9, Some(0.5)).starts_with("target return 0.5 is out of reach"));
    let mut gap = scenarios.clone();
    gap[(4, 1)] = f64::NAN;
    let error = min_cvar(gap.as_view(), 0.9, None, &Constraints::long_only()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NonFiniteReturn { row: 4, asset: 1, .. }));
    let error = tail_risk(scenarios.as_view(), &[1.0], 0.9).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WrongLength { expected: 2, got: 1, .. }));

    // Scenarios without any movement are a program all the same.
    let flat = DMatrix::zeros(10, 3);
    let got = min_cvar(flat.as_view(), 0.9, None, &Constraints::long_only()).unwrap();
    assert_eq!(got.objective, 0.0);
    assert!((got.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);

    let early = Constraints::long_only().with_iteration_limit(1);
    let got = min_cvar(scenarios.as_view(), 0.9, None, &early).unwrap();
    assert_eq!(got.status, Status::StoppedEarly);
    assert!((got.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the covariance: positive weights that sum to one, and shares that meet their budget.
    #[test]
    fn risk_is_shared_as_asked(n in 1_usize..20, seed in any::<u64>()) {
        let mut lcg = Lcg::new(seed);
        let factor = DMatrix::from_fn(n, n + 1, |_, _| 0.1 * lcg.normal());
        let covariance = DMatrix::from_fn(n, n, |i, j| {
            let (i, j) = (i.min(j), i.max(j));
            (0..=n).map(|f| factor[(i, f)] * factor[(j, f)]).sum()
        });
        let mut budgets: Vec<f64> = (0..n).map(|_| 0.05 + lcg.uniform()).collect();
        let total: f64 = budgets.iter().sum();
        budgets.iter_mut().for_each(|b| *b /= total);
        let got = risk_budgeting(covariance.as_view(), &budgets).unwrap();
        prop_assert_eq!(got.status, Status::Solved);
        prop_assert!(got.weights.iter().all(|w| *w > 0.0));
        prop_assert!(got.residuals.optimality < 1e-9, "{:?}", got.residuals);
        for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
            let got = hrp(covariance.as_view(), ClusterDistance::default(), linkage).unwrap();
            prop_assert!(got.weights.iter().all(|w| *w >= 0.0));
            prop_assert!(got.residuals.feasibility < 1e-13);
        }
    }

    /// No random weights have a smaller tail than the optimum.
    #[test]
    fn no_tail_is_thinner(
        rows in 5_usize..60,
        n in 1_usize..6,
        beta in 0.5..0.99_f64,
        seed in any::<u64>(),
    ) {
        let mut lcg = Lcg::new(seed);
        let scenarios = DMatrix::from_fn(rows, n, |_, _| 0.01 * lcg.normal());
        let got = min_cvar(scenarios.as_view(), beta, None, &Constraints::long_only()).unwrap();
        prop_assert_eq!(got.status, Status::Solved);
        prop_assert!(got.residuals.feasibility < 1e-12);
        for _ in 0..20 {
            let other: Vec<f64> = (0..n).map(|_| -lcg.uniform().ln()).collect();
            let total: f64 = other.iter().sum();
            let other: Vec<f64> = other.iter().map(|x| x / total).collect();
            let tail = tail_risk(scenarios.as_view(), &other, beta).unwrap();
            prop_assert!(tail.conditional_value_at_risk >= got.objective - 1e-12);
        }
    }
}
