//! Black-Litterman against the reference and the papers.

use nalgebra::DMatrix;
use serde_json::Value;
use tangency_optimize::black_litterman::{
    Posterior, Prior, Views, implied_risk_aversion, normalised,
};
use tangency_optimize::risk::sample_covariance;
use tangency_optimize::{Error, ErrorKind};
use tangency_testkit::optimize::{
    SyntheticMarket, golden, matrix, numbers, simple_returns, stock_returns,
};

/// What the reference deserves: it solves the same small system in another order.
const RELATIVE: f64 = 1e-10;
/// Elements that cancel, such as the uncertainty along a certain view, next to the largest one.
const CANCELLED: f64 = 1e-14;

fn to_matrix(value: &Value) -> DMatrix<f64> {
    let (rows, columns, values) = matrix(value);
    DMatrix::from_row_slice(rows, columns, &values)
}

pub(crate) fn assert_close<'a>(
    got: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    what: &str,
) {
    let (got, expected): (Vec<_>, Vec<_>) =
        (got.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0_f64, |most, e| most.max(e.abs()));
    for (at, (g, e)) in got.iter().zip(&expected).enumerate() {
        let off = (*g - *e).abs();
        assert!(off <= RELATIVE * e.abs() + CANCELLED * scale, "{what}[{at}]: {g} instead of {e}");
    }
}

fn assert_posterior(posterior: &Posterior, expected: &Value, what: &str) {
    let vector = |name: &str, got: &[f64]| {
        assert_close(got, &numbers(&expected[name]), &format!("{what} {name}"));
    };
    let square = |name: &str, got: &DMatrix<f64>| {
        assert_close(got.iter(), to_matrix(&expected[name]).iter(), &format!("{what} {name}"));
        assert_eq!(got, &got.transpose(), "{what} {name}");
    };
    vector("posterior_mean", posterior.mean());
    square("posterior_cov", posterior.covariance());
    square("mean_uncertainty_M", posterior.mean_uncertainty());
    square("omega", posterior.omega());
    let raw = posterior.weights().unwrap();
    vector("weights_prior_cov_raw", &raw);
    vector("weights_prior_cov_normalised", &normalised(&raw).unwrap());
    vector("weights_posterior_cov_raw", &posterior.weights_posterior_covariance().unwrap());
}

fn views_of(case: &Value) -> Views {
    let views =
        Views::from_matrices(to_matrix(&case["P"]).as_view(), &numbers(&case["Q"])).unwrap();
    if case["confidences"].is_array() {
        views.with_confidences(&numbers(&case["confidences"])).unwrap()
    } else if case["omega_input"].is_array() {
        views.with_omega(to_matrix(&case["omega_input"]).as_view()).unwrap()
    } else {
        views
    }
}

#[test]
fn small_and_real_cases_match_the_reference() {
    let golden = golden("black_litterman.json");
    let mut checked = 0;
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let covariance = match (case["cov"].is_array(), case["data"]["rows"].is_array()) {
            (true, _) => to_matrix(&case["cov"]),
            (_, true) => {
                let (rows, columns, values) = stock_returns(7063..8313, 20);
                let returns = DMatrix::from_vec(rows, columns, values);
                sample_covariance(returns.as_view(), 1).unwrap() * 252.0
            }
            _ => continue,
        };
        let caps = numbers(&case["market_caps"]);
        let delta = case["risk_aversion"].as_f64().unwrap();
        let prior = Prior::from_market_caps(covariance.as_view(), &caps, delta)
            .unwrap()
            .with_tau(case["tau"].as_f64().unwrap())
            .unwrap();
        assert_close(prior.weights().unwrap(), &numbers(&case["market_weights"]), name);
        assert_close(prior.mean(), &numbers(&case["equilibrium_excess_returns"]), name);
        let posterior = prior.posterior(&views_of(case)).unwrap();
        assert_posterior(&posterior, &case["out"], name);

        // The same mean without knowing the weights: now Sigma has to be solved with.
        let blind = Prior::from_mean(covariance.as_view(), prior.mean(), delta).unwrap();
        let blind = blind.with_tau(prior.tau()).unwrap().posterior(&views_of(case)).unwrap();
        assert_eq!(blind.mean(), posterior.mean());
        assert_close(&blind.weights().unwrap(), &posterior.weights().unwrap(), name);
        checked += 1;
    }
    assert_eq!(checked, 23);
}

#[test]
fn large_synthetic_cases_match_the_reference() {
    let golden = golden("black_litterman.json");
    for n in [100, 500] {
        let name = format!("synthetic{n}");
        let cases = golden["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["name"] == name.as_str()).unwrap();
        let expected = &case["out"];
        let market = SyntheticMarket::new(n);
        let covariance = DMatrix::from_row_slice(n, n, &market.covariance);
        let (picking, returns) = market.views();
        let picking = DMatrix::from_row_slice(n / 10, n, &picking);
        let prior =
            Prior::from_market_caps(covariance.as_view(), &market.market_caps, 2.5).unwrap();
        let posterior =
            prior.posterior(&Views::from_matrices(picking.as_view(), &returns).unwrap()).unwrap();
        let first = |name: &str, got: &[f64]| {
            assert_close(&got[..5], &numbers(&expected[name]), name);
        };
        first("pi_first5", prior.mean());
        first("posterior_mean_first5", posterior.mean());
        let raw = posterior.weights().unwrap();
        first("weights_prior_cov_normalised_first5", &normalised(&raw).unwrap());
        // The same mean without knowing the weights: now Sigma has to be factored.
        let blind = Prior::from_mean(covariance.as_view(), prior.mean(), 2.5).unwrap();
        let blind =
            blind.posterior(&Views::from_matrices(picking.as_view(), &returns).unwrap()).unwrap();
        assert_close(&blind.weights().unwrap(), &raw, "weights from the mean alone");
        let single = |name: &str, got: f64| {
            assert_close([&got], [&expected[name].as_f64().unwrap()], name);
        };
        single("posterior_mean_sum", posterior.mean().iter().sum());
        single("posterior_cov_trace", posterior.covariance().trace());
        single("posterior_cov_frobenius", posterior.covariance().norm());
        single("posterior_cov_0_5", posterior.covariance()[(0, 5)]);
    }
}

#[test]
fn he_and_litterman_1999_comes_out() {
    let paper = &golden("papers.json")["he_litterman_1999"];
    let covariance = to_matrix(&paper["cov"]);
    let weights = numbers(&paper["market_weights"]);
    let prior = Prior::from_weights(
        covariance.as_view(),
        &weights,
        paper["risk_aversion"].as_f64().unwrap(),
    )
    .unwrap()
    .with_tau(paper["tau"].as_f64().unwrap())
    .unwrap();
    assert_close(prior.mean(), &numbers(&paper["equilibrium"]["recomputed"]), "equilibrium");
    for table in ["view1", "view12", "more_bullish", "redundant_view"] {
        let table = &paper[format!("table_{table}")];
        let posterior = prior.posterior(&views_of(table)).unwrap();
        assert_posterior(&posterior, &table["recomputed"], "he-litterman");
    }
    // Half as certain of the first view: its variance doubles.
    let table = &paper["table_less_certain"];
    let omega = to_matrix(&table["recomputed"]["omega"]);
    let views = views_of(table).with_omega(omega.as_view()).unwrap();
    assert_posterior(&prior.posterior(&views).unwrap(), &table["recomputed"], "less certain");
}

#[test]
fn idzorek_2005_comes_out() {
    let paper = &golden("papers.json")["idzorek_2005"];
    let covariance = to_matrix(&paper["cov"]);
    let recomputed = &paper["recomputed"];
    let prior = Prior::from_weights(
        covariance.as_view(),
        &numbers(&paper["market_weights"]),
        paper["risk_aversion"].as_f64().unwrap(),
    )
    .unwrap()
    .with_tau(paper["tau"].as_f64().unwrap())
    .unwrap();
    assert_close(prior.mean(), &numbers(&recomputed["implied_returns"]), "implied");
    let views =
        || Views::from_matrices(to_matrix(&paper["P"]).as_view(), &numbers(&paper["Q"])).unwrap();
    let check = |name: &str, views: Views| {
        assert_posterior(&prior.posterior(&views).unwrap(), &recomputed[name], name);
    };
    check("default_omega", views());
    check("full_confidence", views().with_confidences(&[1.0; 3]).unwrap());
    let confidences = numbers(&paper["confidences"]);
    check("idzorek_confidence_closed_form", views().with_confidences(&confidences).unwrap());
}

#[test]
fn the_market_implies_its_risk_aversion() {
    let expected = &golden("black_litterman.json")["implied_risk_aversion"];
    let closes = numbers(&golden("market.json")["index_close"]);
    let got = implied_risk_aversion(&simple_returns(&closes), 0.02, 252.0).unwrap();
    assert!((got / expected["value"].as_f64().unwrap() - 1.0).abs() < 1e-12, "{got}");
    let kind = |error: Error| error.kind().clone();
    let error = kind(implied_risk_aversion(&[0.01], 0.0, 252.0).unwrap_err());
    assert!(matches!(error, ErrorKind::TooFewRows { needed: 2, got: 1, .. }));
    let error = kind(implied_risk_aversion(&[0.01, 0.01], 0.0, 252.0).unwrap_err());
    assert!(matches!(error, ErrorKind::InvalidParameter { name: "market variance", .. }));
}
