//! `tangency backtest`.

use crate::command::{Workplace, run, run_with};

#[test]
fn the_document_agrees_with_the_grid_of_one() {
    let place = Workplace::new();
    let input = place.prices(2, 900);
    let out = place.text("report");
    let ended = run(&format!(
        "backtest --json --input {input} --column AMD --strategy sma-cross --param fast=5 \
         --param slow=40 --out {out}"
    ));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let document = ended.json();
    let grid = run(&format!(
        "grid --json --input {input} --column AMD --strategy sma-cross --param fast=5 \
         --param slow=40 --metric sharpe --no-progress"
    ))
    .json();
    let (ours, theirs) = (&document["statistics"], &grid["best"]["metrics"]);
    assert_eq!(ours["trades"], theirs["trades"]);
    for name in ["total_return", "sharpe", "max_drawdown", "win_rate"] {
        let (ours, theirs) = (ours[name].as_f64().unwrap(), theirs[name].as_f64().unwrap());
        // The two engines add in another order.
        assert!((ours - theirs).abs() < 1e-10, "{name}: {ours} against {theirs}");
    }
    assert_eq!(document["params"], serde_json::json!({ "fast": 5.0, "slow": 40.0 }));
    assert_eq!(
        document["trades"].as_array().unwrap().len(),
        ours["trades"].as_u64().unwrap() as usize
    );
    for file in ["backtest.json", "trades.csv", "equity.csv", "index.html"] {
        assert!(place.path("report").join(file).is_file(), "{file}");
    }
}

#[test]
fn a_rule_as_text_is_the_ready_made_one() {
    let place = Workplace::new();
    let input = place.prices(1, 600);
    let with = |rule: &[&str]| {
        let mut arguments = vec!["backtest", "--json", "--input", &input];
        arguments.extend_from_slice(rule);
        run_with(&arguments).json()
    };
    let text = with(&[
        "--entry",
        "sma(fast) crosses_above sma(30)",
        "--exit",
        "sma(fast) crosses_below sma(30)",
        "--param",
        "fast=8",
    ]);
    let ready = with(&["--strategy", "sma-cross", "--param", "fast=8", "--param", "slow=30"]);
    assert_eq!(text["trades"], ready["trades"]);
    assert_eq!(text["statistics"], ready["statistics"]);
    assert!(ready["statistics"]["trades"].as_u64().unwrap() > 3);
}

#[test]
fn mistakes_are_named_and_nothing_is_written() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let out = place.text("report");
    let refused = |rule: &[&str], expected: &str| {
        let mut arguments = vec!["backtest", "--input", &input, "--out", &out];
        arguments.extend_from_slice(rule);
        let ended = run_with(&arguments);
        assert_eq!(ended.code, 2, "{rule:?}: {}", ended.stdout);
        assert!(ended.stderr.contains(expected), "{rule:?}: {}", ended.stderr);
        assert!(!place.path("report").exists());
    };
    refused(&["--strategy", "sma-crass"], "sma_cross");
    refused(&["--strategy", "sma-cross", "--param", "fast=5"], "slow");
    refused(&["--strategy", "sma-cross", "--param", "fats=5", "--param", "slow=9"], "fast");
    refused(&["--strategy", "sma-cross", "--param", "fast=5,6", "--param", "slow=9"], "2 values");
    refused(&["--entry", "close > sma(20"], "--exit");
    refused(&["--entry", "close > sma(20", "--exit", "close < 1"], "--entry");
    refused(&["--entry", "close > smaa(20)", "--exit", "close < 1"], "sma");
    refused(&["--entry", "close > sma(n)", "--exit", "close < 1"], "n");
    refused(&["--entry", "close > 2", "--exit", "close < 1", "--param", "k=1"], "k");
    refused(&["--strategy", "buy-and-hold", "--stop-loss", "0"], "stop_loss");
    refused(&["--strategy", "buy-and-hold", "--fees", "1.5"], "fee");
    refused(&["--strategy", "buy-and-hold", "--size", "-1"], "size");
}

#[test]
fn what_is_wrong_with_prices_is_told_by_date() {
    let place = Workplace::new();
    let input = place.text("bars.csv");
    let backtest = |rows: &str| {
        std::fs::write(&input, format!("Date,Open,High,Low,Close\n{rows}")).unwrap();
        run(&format!("backtest --input {input} --strategy buy-and-hold --fees 0"))
    };
    let crossed = backtest("2024-01-02,10,11,9,10\n2024-01-03,10,8,9,10\n");
    assert_eq!(crossed.code, 2);
    assert!(crossed.stderr.contains("the high of 2024-01-03 is 8, below its low 9"));
    let split = backtest("2024-01-02,10,11,9,10\n2024-01-03,10,11,9,10\n2024-01-04,5,6,4,5\n");
    assert_eq!(split.code, 0, "{}", split.stderr);
    assert!(split.stdout.contains("note: the close of 2024-01-04 is 0.50 times the one before"));
    assert!(split.stdout.contains("start with 10000; no costs"), "{}", split.stdout);
    let calm = backtest("2024-01-02,10,11,9,10\n2024-01-03,10,11,9,7\n");
    assert!(!calm.stdout.contains("note"), "{}", calm.stdout);
}
