//! `tangency weights`.

use serde_json::Value;

use crate::command::{Workplace, run};

fn weights(document: &Value) -> Vec<f64> {
    let values = document["weights"].as_array().unwrap();
    values.iter().map(|weight| weight.as_f64().unwrap()).collect()
}

#[test]
fn every_method_gives_long_only_weights_that_sum_to_one() {
    let place = Workplace::new();
    let input = place.prices(6, 500);
    for method in ["black-litterman", "min-volatility", "max-sharpe", "risk-parity", "hrp", "cvar"]
    {
        let ended = run(&format!("weights --json --input {input} --method {method}"));
        assert_eq!(ended.code, 0, "{method}: {}", ended.stdout);
        let document = ended.json();
        assert_eq!(document["method"], method);
        let weights = weights(&document);
        assert_eq!(weights.len(), 6);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{method}: {weights:?}");
        assert!(weights.iter().all(|weight| *weight >= 0.0), "{method}: {weights:?}");
        assert!(document["volatility"].as_f64().unwrap() > 0.05);
        assert_eq!(document["posterior_mean"].is_array(), method == "black-litterman");
    }
}

/// Nothing is less volatile than the minimum, and nothing has a better ratio than the maximum.
#[test]
fn the_extremes_are_extreme() {
    let place = Workplace::new();
    let input = place.prices(6, 500);
    let figure = |method: &str, name: &str| {
        run(&format!("weights --json --input {input} --method {method}")).json()[name]
            .as_f64()
            .unwrap()
    };
    let least = figure("min-volatility", "volatility");
    let best = figure("max-sharpe", "sharpe");
    for method in ["risk-parity", "hrp", "cvar"] {
        assert!(figure(method, "volatility") >= least, "{method}");
        assert!(figure(method, "sharpe") <= best, "{method}");
    }
}

#[test]
fn views_bounds_and_sectors_come_from_the_configuration() {
    let place = Workplace::new();
    let input = place.prices(4, 500);
    let toml = "risk_aversion = 3.0\n[bounds]\nupper = 0.4\n[bounds.assets]\nAMD = [0.1, 0.2]\n\
        [[sectors]]\nname = \"tech\"\nassets = [\"AAPL\", \"AMD\"]\nmax = 0.35\n\
        [[views]]\nasset = \"BBY\"\nreturn = 0.4\nconfidence = 0.9\n\
        [[views]]\nlong = [\"AAPL\"]\nshort = [\"BAC\"]\nreturn = 0.02\n";
    let config = place.write("portfolio.toml", toml);
    let line = format!("weights --json --input {input} --method black-litterman --config {config}");
    let ended = run(&line);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let document = ended.json();
    let weights = weights(&document);
    assert!(weights[0] + weights[1] <= 0.35 + 1e-9, "{weights:?}");
    assert!((0.1..=0.2).contains(&weights[1]), "{weights:?}");
    // A confident view of 40 % drives the fourth asset to its bound.
    assert!((weights[3] - 0.4).abs() < 1e-9, "{weights:?}");

    let json = place.write("none.json", "{}");
    let plain =
        run(&format!("weights --json --input {input} --method black-litterman --config {json}"));
    assert_eq!(self::weights(&plain.json()), [0.25; 4]);
}
