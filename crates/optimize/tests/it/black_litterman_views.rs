//! Views: what they mean, how they may go wrong, and their own algebra.

use nalgebra::{DMatrix, DMatrixView};
use proptest::prelude::*;
use tangency_optimize::black_litterman::{Prior, View, Views};
use tangency_optimize::risk::check_covariance;
use tangency_optimize::{Error, ErrorKind};
use tangency_testkit::optimize::Lcg;

use crate::black_litterman::assert_close;

fn example() -> DMatrix<f64> {
    DMatrix::from_row_slice(3, 3, &[0.04, 0.01, 0.0, 0.01, 0.09, 0.02, 0.0, 0.02, 0.16])
}

fn example_prior() -> Prior {
    Prior::from_weights(example().as_view(), &[0.5, 0.3, 0.2], 2.5)
        .unwrap()
        .with_asset_names(["AAPL", "JPM", "XOM"])
        .unwrap()
}

#[test]
fn without_views_the_prior_comes_back_bit_for_bit() {
    let prior = example_prior();
    let doubtful =
        [0.0, 1e-320].map(|c| Views::new().with(View::absolute("JPM", 9.0).with_confidence(c)));
    for views in [Views::new()].into_iter().chain(doubtful) {
        let posterior = prior.posterior(&views).unwrap();
        assert_eq!(posterior.mean(), prior.mean());
        assert_eq!(posterior.weights().unwrap(), prior.weights().unwrap());
        assert_eq!(posterior.mean_uncertainty(), &(example() * 0.05));
        assert_close(posterior.covariance().iter(), (example() * 1.05).iter(), "covariance");
        assert_eq!(posterior.omega().len(), 0);
    }
}

#[test]
fn ways_to_say_the_same_view_agree() {
    let prior = example_prior();
    let mean = |view: View| prior.posterior(&Views::from_iter([view])).unwrap().mean().to_vec();
    let by_name = mean(View::relative(["AAPL", "JPM"], ["XOM"], 0.02));
    assert_eq!(by_name, mean(View::relative([0, 1], [2], 0.02)));
    let positions = [("XOM", -1.0), ("AAPL", 0.25), ("JPM", 0.5), ("AAPL", 0.25)];
    assert_eq!(by_name, mean(View::portfolio(positions, 0.02)));
    let picking = DMatrix::from_row_slice(1, 3, &[0.5, 0.5, -1.0]);
    let views = Views::from_matrices(picking.as_view(), &[0.02]).unwrap();
    assert_eq!(by_name, prior.posterior(&views).unwrap().mean());
    // Confidence one half is He and Litterman's omega, and so is that variance set by hand.
    assert_eq!(by_name, mean(View::relative([0, 1], [2], 0.02).with_confidence(0.5)));
    let omega = prior.posterior(&views).unwrap().omega()[(0, 0)];
    assert_eq!(by_name, mean(View::relative([0, 1], [2], 0.02).with_variance(omega)));
}

#[test]
fn a_certain_view_holds_exactly() {
    let posterior = example_prior()
        .posterior(&Views::new().with(View::absolute("JPM", 0.2).with_confidence(1.0)))
        .unwrap();
    assert!((posterior.mean()[1] - 0.2).abs() < 1e-16);
    assert!(posterior.mean_uncertainty().column(1).amax() < 1e-17);
}

#[test]
fn certain_views_said_twice_count_once() {
    let prior = example_prior();
    let once = [
        View::relative(["AAPL"], ["JPM"], 0.01).with_confidence(1.0),
        View::relative(["JPM"], ["XOM"], 0.02).with_confidence(1.0),
    ];
    // The third follows from the first two, the fourth is the first upside down.
    let implied = View::relative(["AAPL"], ["XOM"], 0.03).with_confidence(1.0);
    let mirrored = View::relative(["JPM"], ["AAPL"], -0.01).with_confidence(1.0);
    let uncertain = View::absolute("XOM", 0.15);
    let twice = once.clone().into_iter().chain([implied, mirrored, uncertain.clone()]);
    let expected = prior.posterior(&once.into_iter().chain([uncertain]).collect()).unwrap();
    let got = prior.posterior(&twice.collect()).unwrap();
    assert_close(got.mean(), expected.mean(), "mean");
    assert_close(&got.weights().unwrap(), &expected.weights().unwrap(), "weights");
    assert_close(got.covariance().iter(), expected.covariance().iter(), "covariance");
}

#[test]
fn duplicate_uncertain_views_pull_together() {
    let prior = example_prior();
    let views = [0.1, 0.2].map(|q| View::absolute("AAPL", q));
    let mean = prior.posterior(&views.into_iter().collect()).unwrap().mean()[0];
    // Two opinions as uncertain as the prior: the mean of all three.
    assert!((mean - (prior.mean()[0] + 0.3) / 3.0).abs() < 1e-15, "{mean}");
}

#[test]
fn contradictions_are_named() {
    let views = [0.1, 0.2].map(|q| View::absolute("AAPL", q).with_confidence(1.0));
    let views =
        Views::new().with(View::absolute("XOM", 0.1)).with(views[0].clone()).with(views[1].clone());
    let error = example_prior().posterior(&views).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::ContradictoryViews { view: 2, implied, stated }
            if (implied - 0.1).abs() < 1e-15 && *stated == 0.2),
        "{error}"
    );
}

#[test]
fn a_singular_covariance_is_no_obstacle() {
    // Twin assets, and a third that hedges nothing.
    let covariance =
        DMatrix::from_row_slice(3, 3, &[0.04, 0.04, 0.0, 0.04, 0.04, 0.0, 0.0, 0.0, 0.09]);
    let prior = Prior::from_weights(covariance.as_view(), &[0.4, 0.2, 0.4], 2.0).unwrap();
    let posterior = prior.posterior(&Views::new().with(View::absolute(0, 0.1))).unwrap();
    assert!((posterior.mean()[0] - posterior.mean()[1]).abs() < 1e-17, "twins share their mean");
    let weights = posterior.weights().unwrap();
    assert_eq!(weights[1..], [0.2, 0.4], "no view on them");
    // Twins differ by nothing: a view that they do is on a portfolio without risk.
    let error = prior.posterior(&Views::new().with(View::relative([0], [1], 0.01))).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::RisklessView { view: 0 });
    let blind = Prior::from_mean(covariance.as_view(), prior.mean(), 2.0).unwrap();
    let error = blind.posterior(&Views::new()).unwrap().weights().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Singular { what: "covariance", row: 1 }), "{error}");
}

#[test]
fn bad_views_are_named() {
    let prior = example_prior();
    let check = |view: View, expected: &str| {
        let views = Views::new().with(View::absolute(0, 0.1)).with(view);
        assert_eq!(prior.posterior(&views).unwrap_err().to_string(), expected);
    };
    let absolute = |q| View::absolute("AAPL", q);
    check(View::portfolio([(0, 0.0)], 0.1), "view 1 picks no asset");
    check(View::relative::<usize, usize>([], [], 0.1), "view 1 picks no asset");
    check(View::relative([0], [0], 0.1), "view 1 picks no asset");
    check(
        View::absolute("GOOG", 0.1),
        "view 1 names asset \"GOOG\", which is not among the assets of the prior",
    );
    check(
        View::absolute(3, 0.1),
        "view 1 names asset \"3\", which is not among the assets of the prior",
    );
    check(absolute(0.1).with_confidence(1.5), "confidence of view 1 is 1.5, expected 0 to 1");
    check(absolute(0.1).with_confidence(f64::NAN), "confidence of view 1 is NaN, expected 0 to 1");
    check(
        absolute(0.1).with_variance(-0.1),
        "omega of view 1 is -0.1, expected a variance that is not negative",
    );
    check(absolute(f64::NAN), "view return[1] is NaN, expected a finite number");
    check(
        View::portfolio([(2, f64::NAN)], 0.1),
        "picking_matrix[1, 2] is NaN, expected a finite number",
    );
}

#[test]
fn bad_matrices_and_parameters_are_named() {
    let covariance = example();
    let view = covariance.as_view();
    let message = |result: Result<Prior, Error>| result.unwrap_err().to_string();
    assert_eq!(
        message(Prior::from_market_caps(view, &[0.0; 3], 2.5)),
        "market capitalisations sum to 0, expected non-negative values with a positive sum"
    );
    assert!(Prior::from_market_caps(view, &[3.0, -1.0, 1.0], 2.5).is_err());
    assert_eq!(
        message(Prior::from_weights(view, &[1.0, 0.0], 2.5)),
        "weights has length 2, expected 3"
    );
    assert_eq!(
        message(Prior::from_mean(view, &[0.1, f64::NAN, 0.1], 2.5)),
        "mean[1] is NaN, expected a finite number"
    );
    assert_eq!(
        message(Prior::from_weights(view, &[0.3; 3], 0.0)),
        "risk_aversion is 0, expected above 0 and finite"
    );
    assert_eq!(message(example_prior().with_tau(-1.0)), "tau is -1, expected above 0 and finite");
    assert_eq!(
        message(example_prior().with_asset_names(["A", "B", "A"])),
        "asset name \"A\" occurs twice"
    );

    let picking = DMatrix::from_row_slice(1, 2, &[1.0, 0.0]);
    let views = Views::from_matrices(picking.as_view(), &[0.1]).unwrap();
    let error = example_prior().posterior(&views).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WrongLength { expected: 3, got: 2, .. }), "{error}");
    assert!(Views::from_matrices(picking.as_view(), &[0.1, 0.2]).is_err());

    let two = Views::from_iter([View::absolute(0, 0.1), View::absolute(1, 0.1)]);
    assert!(two.clone().with_confidences(&[0.5]).is_err());
    let omega = |values: &[f64]| {
        let omega = DMatrix::from_row_slice(2, 2, values);
        let views = two.clone().with_omega(omega.as_view()).unwrap();
        example_prior().posterior(&views).unwrap_err().kind().clone()
    };
    let negative = omega(&[0.1, 0.0, 0.0, -0.1]);
    assert_eq!(negative, ErrorKind::NegativeOmega { view: 1, value: -0.1 });
    let indefinite = omega(&[0.1, 0.2, 0.2, 0.1]);
    assert!(matches!(indefinite, ErrorKind::NotPositiveSemidefinite { what: "omega", .. }));
    assert!(matches!(omega(&[0.1, 0.05, 0.0, 0.1]), ErrorKind::NotSymmetric { what: "omega", .. }));
    let nan = omega(&[0.1, 0.0, 0.0, f64::NAN]);
    assert!(matches!(nan, ErrorKind::NonFiniteElement { what: "omega", row: 1, column: 1, .. }));
}

/// `Sigma` with a factor structure, of any size.
fn random_covariance(lcg: &mut Lcg, n: usize) -> DMatrix<f64> {
    let factor = DMatrix::from_fn(n, n + 2, |_, _| 0.1 * lcg.normal());
    let covariance = &factor * factor.transpose();
    // Products of blocks may round differently on the two sides of the diagonal.
    (&covariance + covariance.transpose()) * 0.5
}

/// The textbook form: precisions add up.
fn by_precision(
    covariance: &DMatrix<f64>,
    prior: &Prior,
    picking: DMatrixView<'_, f64>,
    returns: &[f64],
    omega: &DMatrix<f64>,
) -> (Vec<f64>, DMatrix<f64>) {
    let precision = (covariance * prior.tau()).try_inverse().unwrap();
    let certainty = omega.clone().try_inverse().unwrap();
    let weighted = picking.transpose() * &certainty;
    let uncertainty = (&precision + &weighted * picking).try_inverse().unwrap();
    let mean = nalgebra::DVector::from_column_slice(prior.mean());
    let returns = nalgebra::DVector::from_column_slice(returns);
    let mean = &uncertainty * (precision * mean + weighted * returns);
    (mean.as_slice().to_vec(), uncertainty)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_update_is_the_sum_of_precisions(
        n in 2_usize..9,
        k in 1_usize..6,
        seed in any::<u64>(),
        confidence in 0.05..0.95_f64,
    ) {
        let mut lcg = Lcg::new(seed);
        let covariance = random_covariance(&mut lcg, n);
        let weights: Vec<f64> = (0..n).map(|_| lcg.uniform()).collect();
        let prior = Prior::from_weights(covariance.as_view(), &weights, 2.5).unwrap();
        let picking = DMatrix::from_fn(k, n, |_, _| lcg.normal());
        let returns: Vec<f64> = (0..k).map(|_| 0.1 * lcg.normal()).collect();
        let views = Views::from_matrices(picking.as_view(), &returns)
            .unwrap()
            .with_confidences(&vec![confidence; k])
            .unwrap();
        let posterior = prior.posterior(&views).unwrap();
        let (mean, uncertainty) =
            by_precision(&covariance, &prior, picking.as_view(), &returns, posterior.omega());
        // The inverses of the textbook form lose digits with the condition of Sigma.
        let scale = mean.iter().fold(0.0_f64, |most, m| most.max(m.abs()));
        for (got, expected) in posterior.mean().iter().zip(&mean) {
            prop_assert!((got - expected).abs() < 1e-7 * scale, "{} {}", got, expected);
        }
        let gap = (posterior.mean_uncertainty() - &uncertainty).amax();
        prop_assert!(gap < 1e-7 * uncertainty.amax(), "{}", gap);
        prop_assert!(check_covariance(posterior.mean_uncertainty().as_view()).is_ok());
    }

    /// More confidence never moves a lone view's portfolio further from the view.
    #[test]
    fn confidence_is_the_share_of_the_way(c in 0.0..=1.0_f64, q in -0.5..0.5_f64) {
        let prior = example_prior();
        let views = Views::new().with(View::absolute("XOM", q).with_confidence(c));
        let mean = prior.posterior(&views).unwrap().mean()[2];
        let expected = prior.mean()[2] + c * (q - prior.mean()[2]);
        prop_assert!((mean - expected).abs() < 1e-14, "{} {}", mean, expected);
    }
}
