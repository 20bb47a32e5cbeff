//! Risk estimators against scikit-learn, PyPortfolioOpt and the definitions.

use nalgebra::{DMatrix, DMatrixView};
use proptest::prelude::*;
use serde_json::Value;
use tangency_optimize::ErrorKind;
use tangency_optimize::risk::{
    Averaging, EwmaForm, Shrunk, capm_mean, check_covariance, clip_spectrum, correlation,
    ewma_covariance, exponential_mean, factor_covariance, historical_mean, ledoit_wolf,
    ledoit_wolf_constant_correlation, ledoit_wolf_single_factor, oas, risk_contributions,
    sample_covariance, semicovariance, shrink_to_identity,
};
use tangency_testkit::optimize::{golden, matrix, numbers, simple_returns, stock_returns};

/// The published tolerance is 1e-9; sums in another order differ by far less.
const RELATIVE: f64 = 1e-12;

fn returns() -> DMatrix<f64> {
    let (rows, columns, values) = stock_returns(7557..8313, 8);
    DMatrix::from_vec(rows, columns, values)
}

fn index_returns() -> Vec<f64> {
    let market = golden("market.json");
    // The file starts at row 7063; the estimators use the rows from 7557.
    simple_returns(&numbers(&market["index_close"])[7557 - 7063..])
}

fn assert_matrix(got: &DMatrix<f64>, expected: &Value, factor: f64, what: &str) {
    let (rows, columns, values) = matrix(expected);
    assert_eq!(got.shape(), (rows, columns), "{what}");
    let expected = DMatrix::from_row_slice(rows, columns, &values);
    let scale = expected.amax();
    for i in 0..rows {
        for j in 0..columns {
            let (g, e) = (got[(i, j)] * factor, expected[(i, j)]);
            let off = (g - e).abs() / e.abs().max(1e-3 * scale);
            assert!(off < RELATIVE, "{what}[{i}, {j}]: {g} instead of {e}, relative {off:e}");
        }
    }
    assert_eq!(got, &got.transpose(), "{what} is exactly symmetric");
}

fn assert_vector(got: &[f64], expected: &Value, what: &str) {
    let expected = numbers(expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
        // Growth rates near zero are differences of numbers near one.
        let off = (g - e).abs() / e.abs().max(1e-2);
        assert!(off < RELATIVE, "{what}[{i}]: {g} instead of {e}, relative {off:e}");
    }
}

#[test]
fn covariances_match_the_reference() {
    let golden = golden("estimators.json");
    let expected = &golden["covariance"];
    let returns = returns();
    let view = returns.as_view();
    let check = |name: &str, got: DMatrix<f64>, factor: f64| {
        assert_matrix(&got, &expected[name], factor, name);
    };
    check("sample_ddof1", sample_covariance(view, 1).unwrap(), 1.0);
    check("sample_ddof0", sample_covariance(view, 0).unwrap(), 1.0);
    let ewma = |form| ewma_covariance(view, 0.94, form).unwrap();
    check("ewma_zero_mean_normalised", ewma(EwmaForm::ZeroMean), 1.0);
    check("ewma_recursive_seed_first_outer", ewma(EwmaForm::Recursive), 1.0);
    check("ewma_demeaned_bias_corrected", ewma(EwmaForm::Unbiased), 1.0);
    let span = ewma_covariance(view, 179.0 / 181.0, EwmaForm::PlainMean).unwrap();
    check("pypfopt_exp_cov_span180_annual", span, 252.0);
    check("pypfopt_semicov_annual", semicovariance(view, 0.000079).unwrap(), 252.0);
    check("shrunk_identity_0.1", shrink_to_identity(view, 0.1).unwrap().covariance, 1.0);
}

#[test]
fn shrinkage_matches_the_reference() {
    let golden = golden("estimators.json");
    let returns = returns();
    let check = |name: &str, matrix: &str, got: Shrunk, factor: f64| {
        let expected = golden["shrinkage"][name].as_f64().unwrap();
        let off = (got.intensity / expected - 1.0).abs();
        // The intensity divides small differences of fourth moments.
        assert!(off < 1e-11, "{name}: intensity {} off by {off:e}", got.intensity);
        assert_matrix(&got.covariance, &golden["covariance"][matrix], factor, name);
    };
    let view = returns.as_view();
    check("ledoit_wolf_identity", "ledoit_wolf_identity", ledoit_wolf(view).unwrap(), 1.0);
    check("oas", "oas", oas(view).unwrap(), 1.0);
    let name = "ledoit_wolf_constant_correlation";
    check(name, name, ledoit_wolf_constant_correlation(view).unwrap(), 1.0);
    let name = "pypfopt_lw_single_factor";
    let got = ledoit_wolf_single_factor(view).unwrap();
    check(name, "pypfopt_lw_single_factor_annual", got, 252.0);
}

#[test]
fn expected_returns_match_the_reference() {
    let golden = golden("estimators.json");
    let expected = &golden["expected_returns"];
    let returns = returns();
    let view = returns.as_view();
    let check = |name: &str, got: Vec<f64>| assert_vector(&got, &expected[name], name);
    let mean = |averaging| historical_mean(view, 252.0, averaging).unwrap();
    check("mean_historical_arithmetic", mean(Averaging::Arithmetic));
    check("mean_historical_compounding", mean(Averaging::Compounding));
    check("mean_historical_log_arithmetic", mean(Averaging::Logarithmic));
    let ema = |span, averaging| exponential_mean(view, span, 252.0, averaging).unwrap();
    check("ema_span500_compounding", ema(500.0, Averaging::Compounding));
    check("ema_span180_arithmetic", ema(180.0, Averaging::Arithmetic));
    let market = index_returns();
    let capm = |averaging| capm_mean(view, &market, 0.02, 252.0, averaging).unwrap();
    check("capm_sp500_rf2pct", capm(Averaging::Compounding));
    check("capm_sp500_rf2pct_arithmetic", capm(Averaging::Arithmetic));
}

#[test]
fn a_factor_model_matches_the_reference() {
    let expected = &golden("estimators.json")["factor_model"];
    let market = golden("market.json");
    let factors: Vec<f64> = market["factor_close"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|close| simple_returns(&numbers(close)))
        .collect();
    let factors = DMatrix::from_vec(755, 5, factors);
    let model = factor_covariance(returns().as_view(), factors.as_view()).unwrap();
    assert_matrix(&model.covariance, &expected["cov"], 1.0, "cov");
    assert_matrix(&model.factor_covariance, &expected["factor_cov"], 1.0, "factor_cov");
    assert_vector(&model.residual_variances, &expected["idio_var"], "idio_var");
    let (_, _, loadings) = matrix(&expected["loadings_5xn"]);
    for (got, expected) in model.loadings.transpose().iter().zip(&loadings) {
        assert!((got - expected).abs() < 1e-11, "{got} {expected}");
    }
}

#[test]
fn factors_that_explain_each_other_are_named() {
    let mut lcg = tangency_testkit::optimize::Lcg::new(3);
    let returns = DMatrix::from_fn(40, 2, |_, _| lcg.normal());
    let mut factors = DMatrix::from_fn(40, 3, |_, _| lcg.normal());
    let sum = factors.column(0) + factors.column(1) * 0.5;
    factors.set_column(2, &sum);
    let error = factor_covariance(returns.as_view(), factors.as_view()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "factor covariance is singular: row 2 follows from the rows before it"
    );
    let short = factor_covariance(returns.view((0, 0), (4, 2)), factors.view((0, 0), (4, 3)));
    assert!(matches!(short.unwrap_err().kind(), ErrorKind::TooFewRows { needed: 5, got: 4, .. }));
}

#[test]
fn clipping_the_spectrum_matches_the_reference() {
    let golden = golden("estimators.json");
    let (n, _, values) = matrix(&golden["psd_repair"]["input"]);
    let input = DMatrix::from_row_slice(n, n, &values);
    let eigenvalues = numbers(&golden["psd_repair"]["eigenvalues"]);
    let error = check_covariance(input.as_view()).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::NotPositiveSemidefinite { what: "covariance", smallest_eigenvalue }
                if (smallest_eigenvalue - eigenvalues[0]).abs() < 1e-14
        ),
        "{error}"
    );
    let clipped = clip_spectrum(input.as_view()).unwrap();
    assert_matrix(&clipped, &golden["psd_repair"]["spectral_clip"], 1.0, "clip");
    check_covariance(clipped.as_view()).unwrap();
    let sound = DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]);
    assert_eq!(clip_spectrum(sound.as_view()).unwrap(), sound);
}

/// One estimator with everything but its returns given.
type Estimator = fn(DMatrixView<'_, f64>) -> tangency_optimize::Result<DMatrix<f64>>;

const ESTIMATORS: [(&str, Estimator); 8] = [
    ("sample", |r| sample_covariance(r, 1)),
    ("ledoit-wolf", |r| Ok(ledoit_wolf(r)?.covariance)),
    ("constant correlation", |r| Ok(ledoit_wolf_constant_correlation(r)?.covariance)),
    ("single factor", |r| Ok(ledoit_wolf_single_factor(r)?.covariance)),
    ("oas", |r| Ok(oas(r)?.covariance)),
    ("identity", |r| Ok(shrink_to_identity(r, 0.5)?.covariance)),
    ("ewma", |r| ewma_covariance(r, 0.94, EwmaForm::Unbiased)),
    ("semi", |r| semicovariance(r, 0.0)),
];

#[test]
fn every_estimator_refuses_what_it_cannot_use() {
    let one_row = DMatrix::from_row_slice(1, 2, &[0.01, 0.02]);
    let mut gap = DMatrix::from_fn(5, 3, |t, i| ((t * 3 + i) % 7) as f64 * 0.01);
    gap[(3, 1)] = f64::NAN;
    for (name, estimate) in ESTIMATORS {
        let error = estimate(one_row.as_view()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::TooFewRows { needed: 2, got: 1, .. }),
            "{name}: {error}"
        );
        let error = estimate(gap.as_view()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "return in row 3 of asset 1 is NaN, expected a finite number",
            "{name}"
        );
        assert_eq!(error.asset(), Some(1), "{name}");
        let error = estimate(DMatrix::zeros(5, 0).as_view()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Empty { what: "returns" }, "{name}");
    }
}

#[test]
fn an_asset_that_never_moves_is_named_where_its_risk_divides() {
    let returns =
        DMatrix::from_fn(6, 3, |t, i| if i == 2 { 0.0 } else { (t * (i + 2) % 5) as f64 });
    let zero = ErrorKind::ZeroVariance { asset: 2 };
    let view = returns.as_view();
    assert_eq!(ledoit_wolf_constant_correlation(view).unwrap_err().kind(), &zero);
    let covariance = sample_covariance(view, 1).unwrap();
    assert_eq!(covariance.column(2).amax(), 0.0);
    assert_eq!(correlation(covariance.as_view()).unwrap_err().kind(), &zero);
}

#[test]
fn parameters_out_of_range_are_named() {
    let returns = returns();
    let view = returns.as_view();
    let messages = [
        ewma_covariance(view, 1.0, EwmaForm::ZeroMean).unwrap_err().to_string(),
        shrink_to_identity(view, 1.5).unwrap_err().to_string(),
        historical_mean(view, 0.0, Averaging::Arithmetic).unwrap_err().to_string(),
        exponential_mean(view, 0.5, 252.0, Averaging::Arithmetic).unwrap_err().to_string(),
        semicovariance(view, f64::NAN).unwrap_err().to_string(),
        capm_mean(view, &[0.01], 0.0, 252.0, Averaging::Arithmetic).unwrap_err().to_string(),
    ];
    assert_eq!(
        messages,
        [
            "lambda is 1, expected above 0 and below 1",
            "intensity is 1.5, expected 0 to 1",
            "periods_per_year is 0, expected above 0 and finite",
            "span is 0.5, expected at least 1 and finite",
            "benchmark is NaN, expected a finite return per period",
            "market has length 1, expected 755",
        ]
    );
}

#[test]
fn a_total_loss_has_no_growth_rate() {
    let returns = DMatrix::from_column_slice(3, 1, &[0.1, -1.0, 0.2]);
    let view = returns.as_view();
    assert!(historical_mean(view, 252.0, Averaging::Arithmetic).is_ok());
    for averaging in [Averaging::Compounding, Averaging::Logarithmic] {
        let error = historical_mean(view, 252.0, averaging).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TotalLoss { row: 1, asset: 0, .. }));
        assert!(exponential_mean(view, 10.0, 252.0, averaging).is_err());
    }
}

#[test]
fn broken_matrices_are_refused() {
    let check = |n: usize, values: &[f64]| {
        check_covariance(DMatrix::from_row_slice(n, values.len() / n, values).as_view())
    };
    let asymmetric = check(3, &[0.04, 0.02, 0.0, 0.01, 0.09, 0.02, 0.0, 0.02, 0.16]).unwrap_err();
    assert_eq!(
        asymmetric.to_string(),
        "covariance is not symmetric: element [0, 1] is 0.02, its mirror image 0.01"
    );
    let nan = check(2, &[f64::NAN, 0.01, 0.01, 0.09]).unwrap_err();
    assert!(matches!(nan.kind(), ErrorKind::NonFiniteElement { row: 0, column: 0, .. }));
    let wide = check(1, &[1.0, 2.0]).unwrap_err();
    assert!(matches!(wide.kind(), ErrorKind::WrongLength { .. }));
}

#[test]
fn a_strided_view_is_the_same_as_a_copy() {
    let returns = returns();
    let window = returns.view((100, 2), (300, 4));
    let copy = window.into_owned();
    for (name, estimate) in ESTIMATORS {
        let strided = estimate(window.as_view()).unwrap();
        assert_eq!(strided, estimate(copy.as_view()).unwrap(), "{name}");
    }
}

#[test]
fn shares_of_risk_sum_to_one() {
    let covariance = sample_covariance(returns().as_view(), 1).unwrap();
    let weights = [0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    let shares = risk_contributions(&weights, covariance.as_view()).unwrap();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    assert!(risk_contributions(&weights[1..], covariance.as_view()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// More assets than rows, or fewer: estimates are positive semidefinite, intensities are shares,
    /// and shrunk estimates are regular.
    #[test]
    fn estimates_are_covariances(
        rows in 2_usize..30,
        assets in 1_usize..12,
        seed in any::<u64>(),
    ) {
        let mut lcg = tangency_testkit::optimize::Lcg::new(seed);
        let returns = DMatrix::from_fn(rows, assets, |_, _| 0.02 * lcg.normal());
        for (name, estimate) in ESTIMATORS {
            let covariance = estimate(returns.as_view()).unwrap();
            prop_assert!(check_covariance(covariance.as_view()).is_ok(), "{}", name);
        }
        let shrunk = ledoit_wolf(returns.as_view()).unwrap();
        prop_assert!((0.0..=1.0).contains(&shrunk.intensity));
        let shrunk = oas(returns.as_view()).unwrap();
        prop_assert!(shrunk.intensity > 0.0 && shrunk.intensity <= 1.0);
    }
}
