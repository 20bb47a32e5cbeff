//! Mean-variance allocation against exact reference solutions.

use nalgebra::DMatrix;
use serde_json::Value;
use tangency_optimize::allocation::{
    Constraints, Group, Solution, Status, efficient_return, feasible_prior, max_diversification,
    max_sharpe, max_utility, min_tracking_error, min_volatility,
};
use tangency_optimize::risk::{
    Averaging, historical_mean, mean_of, sample_covariance, variance_of,
};
use tangency_testkit::optimize::{golden, numbers, stock_returns};

/// The weights of a unique optimum; the reference is exact to about 1e-12.
const WEIGHTS: f64 = 1e-9;
/// The objective is flat at its optimum, so it is closer still.
const OBJECTIVE: f64 = 1e-11;

/// Annual mean and covariance of the twenty stocks, as the reference has them.
pub(crate) struct Stocks {
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: DMatrix<f64>,
    golden: Value,
}

impl Stocks {
    pub(crate) fn new() -> Self {
        let (rows, columns, values) = stock_returns(7313..8313, 20);
        let returns = DMatrix::from_vec(rows, columns, values);
        Self {
            mean: historical_mean(returns.as_view(), 252.0, Averaging::Arithmetic).unwrap(),
            covariance: sample_covariance(returns.as_view(), 1).unwrap() * 252.0,
            golden: golden("mean_variance.json"),
        }
    }

    pub(crate) fn case(&self, name: &str) -> &Value {
        let cases = self.golden["cases"].as_array().unwrap();
        cases.iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("no case {name}"))
    }

    /// The named sets of bounds that the cases use.
    pub(crate) fn constraints(&self, name: &str) -> Constraints {
        match name {
            "long_only" => Constraints::long_only(),
            "unconstrained" => Constraints::unbounded(),
            "box" => Constraints::long_only().with_bounds(0.02, 0.1),
            "box_sector" => {
                let sectors = self.golden["sectors"].as_array().unwrap();
                let group = |name: &str| {
                    let assets = (0..20).filter(|&i| sectors[i] == name);
                    Group::new(name, assets)
                };
                let limit = |side: &str, name: &str| self.golden[side][name].as_f64().unwrap();
                Constraints::long_only()
                    .with_bounds(0.0, 0.15)
                    .with_group(group("tech").at_least(limit("sector_min", "tech")))
                    .with_group(group("energy").at_least(limit("sector_min", "energy")))
                    .with_group(group("health").at_most(limit("sector_max", "health")))
                    .with_group(group("staple").at_most(limit("sector_max", "staple")))
            }
            _ => panic!("no constraints {name}"),
        }
    }

    pub(crate) fn check(&self, name: &str, got: &Solution) {
        let case = self.case(name);
        assert_weights(&got.weights, &numbers(&case["weights"]), name);
        let variance = variance_of(&got.weights, self.covariance.as_view()).unwrap();
        assert_relative(variance, case["variance"].as_f64().unwrap(), name);
        let mean = mean_of(&got.weights, &self.mean).unwrap();
        assert_relative(mean, case["expected_return"].as_f64().unwrap(), name);
    }
}

fn assert_weights(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (at, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() < WEIGHTS, "{what} weight {at}: {g} instead of {e}");
        // What the reference has at a bound of zero is exactly zero here.
        if e.abs() < 1e-13 {
            assert_eq!(*g, 0.0, "{what} weight {at}");
        }
    }
}

fn assert_relative(got: f64, expected: f64, what: &str) {
    let off = (got / expected - 1.0).abs();
    assert!(off < OBJECTIVE, "{what}: {got} instead of {expected}, relative {off:e}");
}

pub(crate) fn assert_solved(solution: &Solution, budget: f64, what: &str) {
    assert_eq!(solution.status, Status::Solved, "{what}");
    let sum: f64 = solution.weights.iter().sum();
    assert!((sum - budget).abs() < 1e-12, "{what}: weights sum to {sum}");
    assert!(solution.residuals.feasibility < 1e-12, "{what}: {:?}", solution.residuals);
    assert!(solution.residuals.optimality < 1e-9, "{what}: {:?}", solution.residuals);
}

#[test]
fn mean_variance_cases_match_the_reference() {
    let stocks = Stocks::new();
    let (mean, covariance) = (&stocks.mean, stocks.covariance.as_view());
    for set in ["long_only", "box", "box_sector", "unconstrained"] {
        let constraints = stocks.constraints(set);
        let name = format!("min_variance_{set}");
        let got = min_volatility(covariance, &constraints).unwrap();
        assert_solved(&got, 1.0, &name);
        stocks.check(&name, &got);
        assert_relative(got.objective, stocks.case(&name)["variance"].as_f64().unwrap(), &name);

        let name = format!("max_sharpe_{set}");
        let got = max_sharpe(mean, covariance, 0.02, &constraints).unwrap();
        assert_solved(&got, 1.0, &name);
        stocks.check(&name, &got);
        assert_relative(got.objective, stocks.case(&name)["sharpe"].as_f64().unwrap(), &name);
        if set == "unconstrained" {
            continue;
        }
        for delta in [1.0, 5.0] {
            let name = format!("max_utility_d{delta}_{set}");
            let got = max_utility(mean, covariance, delta, &constraints).unwrap();
            assert_solved(&got, 1.0, &name);
            stocks.check(&name, &got);
        }
        if set == "box" {
            continue;
        }
        let name = format!("efficient_return_{set}");
        let target = stocks.case(&name)["target_return"].as_f64().unwrap();
        let got = efficient_return(mean, covariance, target, &constraints).unwrap();
        assert_solved(&got, 1.0, &name);
        stocks.check(&name, &got);
    }
}

#[test]
fn frontiers_match_the_reference() {
    let stocks = Stocks::new();
    for set in ["long_only", "box_sector"] {
        let frontier = &stocks.golden["frontier"][set];
        let constraints = stocks.constraints(set);
        for point in frontier["points"].as_array().unwrap() {
            let target = point["target_return"].as_f64().unwrap();
            let what = format!("{set} frontier at {target}");
            let got =
                efficient_return(&stocks.mean, stocks.covariance.as_view(), target, &constraints)
                    .unwrap();
            assert_solved(&got, 1.0, &what);
            let off = (got.objective / point["variance"].as_f64().unwrap() - 1.0).abs();
            // At the ends the target was stored with sixteen digits and moves the variance by more
            // than the solver does.
            assert!(off < 1e-8, "{what}: relative {off:e}");
        }
    }
}

#[test]
fn relatives_of_mean_variance_match_the_reference() {
    let stocks = Stocks::new();
    let covariance = stocks.covariance.as_view();
    let neutral = Constraints::long_only().with_bounds(-0.2, 0.2).with_budget(0.0);
    let name = "market_neutral_utility";
    let got = max_utility(&stocks.mean, covariance, 5.0, &neutral).unwrap();
    assert_solved(&got, 0.0, name);
    stocks.check(name, &got);
    let name = "market_neutral_efficient_return";
    let got = efficient_return(&stocks.mean, covariance, 0.1, &neutral).unwrap();
    assert_solved(&got, 0.0, name);
    stocks.check(name, &got);

    // A ridge on the weights is a ridge on the covariance.
    for (name, ridge) in [("min_variance_l2_0.1", 0.1), ("min_variance_l2_1", 1.0)] {
        let ridged = &stocks.covariance + DMatrix::identity(20, 20) * ridge;
        let got = min_volatility(ridged.as_view(), &Constraints::long_only()).unwrap();
        assert_solved(&got, 1.0, name);
        stocks.check(name, &got);
    }

    let name = "min_tracking_error";
    let benchmark = numbers(&stocks.case(name)["benchmark"]);
    let capped = Constraints::long_only().with_bounds(0.0, 0.06);
    let got = min_tracking_error(&benchmark, covariance, &capped).unwrap();
    assert_solved(&got, 1.0, name);
    stocks.check(name, &got);
    // The benchmark breaks the cap, so this is the same problem.
    assert_eq!(feasible_prior(&benchmark, covariance, &capped).unwrap(), got);

    for set in ["long_only", "box"] {
        let name = format!("max_diversification_{set}");
        let got = max_diversification(covariance, &stocks.constraints(set)).unwrap();
        assert_solved(&got, 1.0, &name);
        stocks.check(&name, &got);
        let ratio = stocks.case(&name)["diversification_ratio"].as_f64().unwrap();
        assert_relative(got.objective, ratio, &name);
    }
}

#[test]
fn a_daily_covariance_gives_the_annual_weights() {
    let stocks = Stocks::new();
    let daily = &stocks.covariance / 252.0;
    let daily_mean: Vec<f64> = stocks.mean.iter().map(|m| m / 252.0).collect();
    let constraints = stocks.constraints("box_sector");
    stocks
        .check("min_variance_box_sector", &min_volatility(daily.as_view(), &constraints).unwrap());
    let got = max_utility(&daily_mean, daily.as_view(), 5.0, &constraints).unwrap();
    stocks.check("max_utility_d5_box_sector", &got);
    let got = max_sharpe(&daily_mean, daily.as_view(), 0.02 / 252.0, &constraints).unwrap();
    stocks.check("max_sharpe_box_sector", &got);
}

#[test]
fn a_feasible_prior_comes_back_bit_for_bit() {
    let stocks = Stocks::new();
    let mut prior = vec![0.05; 20];
    // Sums to one only up to rounding.
    prior[3] += 0.1 + 1e-16;
    prior[7] -= 0.05;
    prior[8] -= 0.05;
    let got =
        feasible_prior(&prior, stocks.covariance.as_view(), &Constraints::long_only()).unwrap();
    assert_eq!(got.weights, prior);
    assert_eq!((got.objective, got.iterations), (0.0, 0));
    // A hair over a bound is not on it.
    let tight = Constraints::long_only().with_bounds(0.0, 0.15);
    let got = feasible_prior(&prior, stocks.covariance.as_view(), &tight).unwrap();
    assert_eq!(got.weights[3], 0.15);
    assert_solved(&got, 1.0, "projected prior");
}
