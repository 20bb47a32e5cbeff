//! Metrics against empyrical and quantstats, against plain definitions, and where they do not exist.

use proptest::prelude::*;
use tangency_optimize::metrics::*;
use tangency_testkit::backtest::{metrics_cases, turnover_case};

/// Double arithmetic over at most 1,260 returns; quantiles and powers in the same formulas.
const RELATIVE: f64 = 1e-9;
const YEAR: f64 = 252.0;

#[track_caller]
fn check(got: f64, want: Option<f64>, what: &str) {
    match want {
        Some(want) => {
            let scale = want.abs().max(1e-12);
            assert!((got - want).abs() <= RELATIVE * scale, "{what}: {got} is not {want}");
        }
        // The peers give NaN, infinity or an exception; ours is NaN throughout.
        None => assert!(got.is_nan(), "{what}: {got} should not exist"),
    }
}

#[test]
fn the_values_of_empyrical() {
    let cases = metrics_cases();
    assert_eq!(cases.len(), 7);
    for case in &cases {
        let r = &case.returns;
        for (key, want) in &case.empyrical {
            let got = match key.as_str() {
                "sharpe" => sharpe_ratio(r, 0.0, YEAR),
                "sharpe_rf_1bp_daily" => sharpe_ratio(r, 0.0001, YEAR),
                "sortino" => sortino_ratio(r, YEAR),
                "calmar" => calmar_ratio(r, YEAR),
                "max_drawdown" => max_drawdown(r),
                "var95" => value_at_risk(r, 0.05),
                "var99" => value_at_risk(r, 0.01),
                "cvar95" => conditional_value_at_risk(r, 0.05),
                "omega" => omega_ratio(r, 0.0),
                "tail_ratio" => tail_ratio(r),
                "annual_return" => annualized_return(r, YEAR),
                "annual_volatility" => annualized_volatility(r, YEAR),
                "downside_risk" => downside_deviation(r, YEAR),
                "cum_return" => total_return(r),
                other => panic!("no metric {other}"),
            };
            check(got, *want, &format!("{} {key}", case.name));
        }
    }
}

#[test]
fn the_values_of_quantstats() {
    for case in &metrics_cases() {
        let r = &case.returns;
        for (key, want) in &case.quantstats {
            let got = match key.as_str() {
                "sharpe" => sharpe_ratio(r, 0.0, YEAR),
                "sortino" => sortino_ratio(r, YEAR),
                "calmar" => calmar_ratio(r, YEAR),
                "max_drawdown" => max_drawdown(r),
                "omega" => omega_ratio(r, 0.0),
                "tail_ratio" => tail_ratio(r),
                "volatility" => annualized_volatility(r, YEAR),
                "cagr" => annualized_return(r, YEAR),
                "ulcer_index" => ulcer_index(r),
                "skew" => skewness(r),
                "kurtosis" => kurtosis(r),
                "win_rate" => win_rate(r),
                "profit_factor" => profit_factor(r),
                "gain_to_pain" => gain_to_pain(r),
                "kelly" => kelly_fraction(r),
                other => panic!("no metric {other}"),
            };
            check(got, *want, &format!("{} {key}", case.name));
        }
    }
}

#[test]
fn turnover_of_sixty_rebalancings() {
    let case = turnover_case();
    let mut sum = 0.0;
    for (t, want) in case.two_way.iter().enumerate() {
        let drifted = drifted_weights(&case.weights[t], &case.returns[t]).unwrap();
        let got = two_way_turnover(&drifted, &case.weights[t + 1]).unwrap();
        check(got, Some(*want), &format!("period {t}"));
        sum += got;
    }
    assert_eq!(case.two_way.len(), 59);
    check(sum / 59.0 / 2.0, Some(case.mean_one_way), "mean");
    assert_eq!(
        drifted_weights(&[1.0], &[0.1, 0.2]).unwrap_err().to_string(),
        "asset returns has length 2, expected 1"
    );
    assert!(two_way_turnover(&[1.0], &[]).is_err());
}

#[test]
fn an_empty_series_has_no_figures() {
    let metrics = Metrics::of_returns(&[], YEAR);
    assert_eq!(metrics.iter().count(), 18);
    for (metric, value) in metrics.iter() {
        assert!(value.is_nan(), "{metric} of nothing is {value}");
    }
    assert!(drawdowns(&[]).is_empty());
}

#[test]
fn a_missing_return_spoils_every_figure() {
    let metrics = Metrics::of_returns(&[0.01, -0.02, f64::NAN, 0.03, -0.01, 0.02], YEAR);
    for (metric, value) in metrics.iter() {
        assert!(value.is_nan(), "{metric} passes over a NaN: {value}");
    }
}

/// A deviation of 1e-19 from rounding would be a Sharpe ratio of 1e16.
#[test]
fn constant_returns_have_no_deviation() {
    for rate in [0.001, 0.1, 1.0 / 3.0, -0.007] {
        for n in [2, 3, 10, 1000] {
            let returns = vec![rate; n];
            assert_eq!(annualized_volatility(&returns, YEAR), 0.0);
            assert!(sharpe_ratio(&returns, 0.0, YEAR).is_nan());
            assert!(sharpe_ratio(&returns, 0.0001, YEAR).is_nan());
            assert!(skewness(&returns).is_nan() && kurtosis(&returns).is_nan());
        }
    }
}

#[test]
fn one_call_equals_the_functions() {
    let returns: Vec<f64> = (0..50).map(|i| (f64::from(i) * 1.7).sin() / 50.0).collect();
    let metrics = Metrics::of_returns(&returns, 52.0);
    let get = |metric| metrics.get(metric).unwrap();
    assert_eq!(get(Metric::Sharpe), sharpe_ratio(&returns, 0.0, 52.0));
    assert_eq!(get(Metric::Calmar), calmar_ratio(&returns, 52.0));
    assert_eq!(get(Metric::UlcerIndex), ulcer_index(&returns));
    assert_eq!(get(Metric::Kelly), kelly_fraction(&returns));
    assert_eq!(get(Metric::ValueAtRisk), value_at_risk(&returns, 0.05));
    assert_eq!(metrics.get(Metric::Trades), None);
}

fn plain_mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn plain_std(values: &[f64]) -> f64 {
    let mean = plain_mean(values);
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

proptest! {
    #[test]
    fn definitions_written_out(r in prop::collection::vec(-0.2..0.2_f64, 4..80), year in 1.0..400.0) {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b.abs().max(1e-6);
        let n = r.len() as f64;
        let mean = plain_mean(&r);
        let wealth: Vec<f64> = r
            .iter()
            .scan(1.0, |v, r| {
                *v *= 1.0 + r;
                Some(*v)
            })
            .collect();
        let end = wealth[wealth.len() - 1];
        prop_assert!(near(total_return(&r), end - 1.0));
        prop_assert!(near(annualized_return(&r, year), end.powf(year / n) - 1.0));
        prop_assert!(near(annualized_volatility(&r, year), plain_std(&r) * year.sqrt()));
        prop_assert!(near(sharpe_ratio(&r, 0.0, year), mean / plain_std(&r) * year.sqrt()));
        let deepest = (0..r.len())
            .map(|t| {
                let high = wealth[..=t].iter().copied().fold(1.0, f64::max);
                wealth[t] / high - 1.0
            })
            .fold(0.0, f64::min);
        prop_assert!(near(max_drawdown(&r), deepest));
        let squares: f64 = drawdowns(&r).iter().map(|d| d * d).sum();
        prop_assert!(near(ulcer_index(&r), (squares / (n - 1.0)).sqrt()));
        // Central moments with divisor n, corrected as Joanes and Gill (1998) have it.
        let moment = |k: i32| plain_mean(&r.iter().map(|v| (v - mean).powi(k)).collect::<Vec<_>>());
        let skew = moment(3) / moment(2).powf(1.5);
        prop_assert!(near(skewness(&r), skew * (n * (n - 1.0)).sqrt() / (n - 2.0)));
        let excess = moment(4) / moment(2).powi(2) - 3.0;
        let corrected = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0);
        prop_assert!(near(kurtosis(&r), corrected), "{} {}", kurtosis(&r), corrected);
        // Gains and losses partition the sum of returns.
        let losses: f64 = r.iter().filter(|v| **v < 0.0).map(|v| -v).sum();
        if losses > 0.0 {
            let gains: f64 = r.iter().filter(|v| **v > 0.0).sum();
            prop_assert!(near(omega_ratio(&r, 0.0), gains / losses));
            prop_assert!((gain_to_pain(&r) - (omega_ratio(&r, 0.0) - 1.0)).abs() < 1e-9);
        }
    }

    /// The quantile function at k / (n - 1) is the k-th order statistic.
    #[test]
    fn quantiles_meet_the_order_statistics(
        mut r in prop::collection::vec(-0.2..0.2_f64, 2..40),
        pick in 0_usize..40,
    ) {
        let k = pick % r.len();
        let got = value_at_risk(&r, k as f64 / (r.len() - 1) as f64);
        r.sort_by(f64::total_cmp);
        prop_assert!((got - r[k]).abs() < 1e-15);
        prop_assert!(conditional_value_at_risk(&r, 0.3) <= value_at_risk(&r, 0.3) + 1e-15);
        prop_assert!((conditional_value_at_risk(&r, 1.0) - plain_mean(&r)).abs() < 1e-15);
        prop_assert!(value_at_risk(&r, 1.5).is_nan() && conditional_value_at_risk(&r, -0.1).is_nan());
    }
}
