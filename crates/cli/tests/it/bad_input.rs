//! Bad input: exit code 2, one line that names the trouble, and nothing written.

use crate::command::{Workplace, run, run_with};

/// Runs a command line in which `@NAME` is a file of the workplace, expects a refusal, and returns
/// its message.
fn refused(place: &Workplace, arguments: &str) -> String {
    let before = place.entries();
    let words: Vec<String> = arguments
        .split(' ')
        .map(|word| word.strip_prefix('@').map_or(word.to_owned(), |name| place.text(name)))
        .collect();
    let line = words.join(" ");
    let plain = run(&line);
    assert_eq!(plain.code, 2, "{line}: {} {}", plain.stdout, plain.stderr);
    assert_eq!(plain.stdout, "", "{line}");
    let json = run(&format!("{line} --json"));
    assert_eq!(json.code, 2, "{line}");
    let document = json.json();
    assert!(document["error"]["kind"].is_string(), "{document}");
    let message = document["error"]["message"].as_str().unwrap().to_owned();
    assert!(!message.contains('\n'), "{message}");
    assert!(plain.stderr.ends_with(&format!("tangency: {message}\n")), "{}", plain.stderr);
    assert_eq!(place.entries(), before, "{line} left something behind");
    message
}

fn check(place: &Workplace, arguments: &str, parts: &[&str]) {
    let message = refused(place, arguments);
    for part in parts {
        assert!(message.contains(part), "{arguments}: {message:?} lacks {part:?}");
    }
}

const RUN: &str = "--train 30 --horizon 1 --no-progress --out @out";

#[test]
fn files_that_hold_no_prices() {
    let place = Workplace::new();
    place.write("empty.csv", "");
    place.write("header.csv", "Date,A,B\n");
    place.write("ragged.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,1\n");
    place.write("text.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,1,n/v\n");
    place.write("nan.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,NaN,2\n");
    place.write("gap.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,,2\n");
    place.write("zero.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,1,0\n");
    place.write("negative.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,-1,2\n");
    place.write("unordered.csv", "Date,A,B\n2020-01-02,1,2\n2020-01-01,1,2\n");
    place.write("twice.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-01,1,2\n");
    place.write("one.csv", "Date,A\n2020-01-01,1\n2020-01-02,1\n");
    place.write("notes.txt", "Date,A,B\n");
    place.write("semicolons.csv", "Date;A;B\n2020-01-01;1;2\n2020-01-02;1;2\n");
    place.write("unpacked.csv.gz", "Date,A,B\n2020-01-01,1,2\n2020-01-02,1,2\n");
    let cases: [(&str, &[&str]); 15] = [
        ("absent.csv", &["absent.csv"]),
        ("empty.csv", &["empty.csv", "empty"]),
        ("header.csv", &["header.csv", "no rows"]),
        ("ragged.csv", &["ragged.csv", "line 3", "expected 3 cells", "found 2"]),
        ("text.csv", &["text.csv", "line 3", "\"B\"", "n/v"]),
        ("nan.csv", &["nan.csv", "line 3", "\"A\"", "2020-01-02", "NaN"]),
        ("gap.csv", &["gap.csv", "line 3", "\"A\"", "2020-01-02", "missing"]),
        ("zero.csv", &["B", "2020-01-02", "zero"]),
        ("negative.csv", &["A", "2020-01-02", "-1"]),
        ("unordered.csv", &["unordered.csv", "line 3", "2020-01-01", "2020-01-02"]),
        ("twice.csv", &["twice.csv", "line 3", "2020-01-01"]),
        ("one.csv", &["2 assets", "got 1"]),
        ("notes.txt", &["notes.txt", "\"txt\"", ".csv.gz, "]),
        ("semicolons.csv", &["semicolons.csv", "';'", "write the file anew"]),
        ("unpacked.csv.gz", &["unpacked.csv.gz", "gzip"]),
    ];
    for (file, parts) in cases {
        check(&place, &format!("run --input @{file} {RUN}"), parts);
        check(&place, &format!("weights --method min-volatility --input @{file}"), parts);
    }
    check(&place, &format!("run --input @. {RUN}"), &["is a folder, expected a file"]);
}

#[test]
fn bars_are_no_panel_of_assets() {
    let place = Workplace::new();
    place.write("bars.csv", "Date,Open,High,Low,Close\n2020-01-01,1,2,1,2\n2020-01-02,1,2,1,2\n");
    check(&place, &format!("run --input @bars.csv {RUN}"), &["bars.csv", "bars of one asset"]);
    check(&place, "weights --method hrp --input @bars.csv", &["bars of one asset"]);
}

#[test]
fn the_grid_names_asset_and_date_and_passes_over_what_it_does_not_trade() {
    let place = Workplace::new();
    place.write("zero.csv", "Date,A,B\n2020-01-01,1,2\n2020-01-02,0,2\n2020-01-03,1,\n");
    let grid = "grid --strategy sma-cross --metric sharpe --param fast=1 --param slow=2";
    check(&place, &format!("{grid} --input @zero.csv --column A"), &["A", "2020-01-02", "zero"]);
    check(&place, &format!("{grid} --input @zero.csv --column B"), &["B", "2020-01-03", "missing"]);
}

#[test]
fn too_few_rows_name_how_many_are_needed() {
    let place = Workplace::new();
    place.prices(3, 20);
    check(&place, &format!("run --input @prices.csv {RUN}"), &["at least 55 rows", "got 20"]);
    check(
        &place,
        "forecast --input @prices.csv --model arima:5,1,5x1,1,1,12 --horizon 3",
        &["arima:5,1,5x1,1,1,12", "needs at least", "got 20"],
    );
}

#[test]
fn requests_that_make_no_sense() {
    let place = Workplace::new();
    place.prices(3, 60);
    let forecast = "forecast --input @prices.csv";
    check(
        &place,
        &format!("{forecast} --model prophet --horizon 3"),
        &["prophet", "naive", "arima"],
    );
    check(&place, &format!("{forecast} --model naive --horizon 0"), &["horizon"]);
    check(&place, &format!("{forecast} --model naive --horizon 3 --level 1.5"), &["1.5"]);
    check(
        &place,
        &format!("{forecast} --model naive --horizon 3 --column AAPLE"),
        &["AAPLE", "AAPL"],
    );
    check(&place, &format!("{forecast} --model naive --horizon 3 --rows 9:4"), &["9:4"]);
    check(&place, &format!("{forecast} --model naive --horizon 3 --mean drift"), &["--mean"]);
    check(&place, &format!("{forecast} --model arima:1,1,1 --horizon 3 --fixed ar7=1"), &["ar7"]);
    check(
        &place,
        &format!("{forecast} --model arima:1,1,1 --horizon 3 --fixed ar1=0.5,ar1=0.6"),
        &["--fixed gives ar1 twice"],
    );
    check(&place, "run --cost -1 --out @out", &["cost", "got -1"]);
    check(&place, "run --horizon 0 --out @out", &["horizon", "at least 1", "got 0"]);
    check(&place, "run --max-weight 0.01 --out @out --no-progress", &["cannot sum to 1", "0.2"]);
    check(&place, &format!("{forecast} --model naive --horizon 99999999999"), &["at most 100000"]);
    check(&place, "run --input @prices.csv --horizon 9000000000000000000 --out @out", &["got 60"]);
    check(&place, "run --min-weight=-1 --out @out", &["min_weight", "at least 0"]);
    check(&place, "run --models naive+prophet --out @out", &["prophet"]);
    check(&place, "run --workers 0", &["0"]);
    check(&place, "fly", &["fly"]);
    let grid = "grid --input @prices.csv --column AAPL --strategy sma-cross --metric sharpe";
    check(&place, &format!("{grid} --param fast=5 --param slow=10 --param width=3"), &["width"]);
    check(&place, &format!("{grid} --param fast=5"), &["slow"]);
    check(&place, &format!("{grid} --param fast=50 --param slow=10"), &[]);
    check(&place, &format!("{grid} --param fast=a:b:c --param slow=10"), &["a"]);
    check(&place, &format!("{grid} --param fast=5 --param slow=10 --fees 2"), &["fee", "2"]);
    check(&place, &format!("{grid} --param fast=5 --param slow=10 --fees -1"), &["fee", "-1"]);
    check(&place, &format!("{grid} --param fast=5 --param slow=10 --trials 3"), &["--method"]);
    check(&place, &format!("{grid} --param fast=5 --param slow=10 --out @no/where.csv"), &["no"]);
    let grid = "grid --input @prices.csv --column AAPL --param fast=5 --param slow=10";
    check(
        &place,
        &format!("{grid} --strategy sma-cros --metric sharpe"),
        &["sma-cros", "sma_cross"],
    );
    check(&place, &format!("{grid} --strategy sma-cross --metric sharp"), &["sharp", "sharpe"]);
    let huge = "grid --input @prices.csv --column AAPL --strategy sma-cross --metric sharpe";
    check(
        &place,
        &format!("{huge} --param fast=1:60000:1 --param slow=1:60000:1"),
        &["3600000000"],
    );
    check(&place, &format!("{huge} --param fast=5 --param slow=10 --out @prices.csv"), &["input"]);
    let several = "grid --input @prices.csv --strategy sma-cross --metric sharpe";
    check(&place, &format!("{several} --param fast=5 --param slow=10"), &["--column"]);
}

#[test]
fn without_a_subcommand_one_line_lists_them() {
    let ended = run_with(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.starts_with("tangency: expected a subcommand: run, "), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn a_report_that_has_no_place_is_refused_before_the_work() {
    let place = Workplace::new();
    place.write("taken", "");
    check(&place, "run --out @taken/report --no-progress", &["taken", "not a folder"]);
}

#[test]
fn configurations_that_make_no_sense() {
    let place = Workplace::new();
    place.prices(3, 60);
    let cases: [(&str, &str, &[&str]); 7] = [
        ("typo.toml", "risk_aversoin = 2\n", &["line 1", "risk_aversoin"]),
        ("sum.toml", "[bounds]\nupper = 0.2\n", &["cannot sum to 1", "0.6"]),
        ("cross.toml", "[bounds.assets]\nAMD = [0.5, 0.4]\n", &["asset AMD", "0.5", "0.4"]),
        ("asset.toml", "[bounds.assets]\nIBM = [0.1, 0.4]\n", &["IBM"]),
        ("view.toml", "[[views]]\nreturn = 0.1\n", &["asset", "long"]),
        (
            "confident.json",
            r#"{"views":[{"asset":"AMD","return":0.1,"confidence":1.5}]}"#,
            &["1.5"],
        ),
        ("broken.json", "{", &["broken.json"]),
    ];
    for (name, text, parts) in cases {
        place.write(name, text);
        let line = format!("weights --input @prices.csv --method black-litterman --config @{name}");
        check(&place, &line, parts);
    }
    place.write("views.toml", "[[views]]\nasset = \"AMD\"\nreturn = 0.1\n");
    let line = "weights --input @prices.csv --method min-volatility --config @views.toml";
    check(&place, line, &["views", "only black-litterman"]);
    place.write("level.toml", "cvar_level = 1.5\n");
    let line = "weights --input @prices.csv --method cvar --config @level.toml";
    check(&place, line, &["cvar_level", "1.5"]);
    place.write("bounds.toml", "[bounds]\nupper = 0.5\n");
    let line = "weights --input @prices.csv --method hrp --config @bounds.toml";
    check(&place, line, &["hrp", "no bounds"]);
}

#[test]
fn outputs_that_would_take_something_away_are_refused() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let line = format!(
        "grid --input {input} --strategy sma-cross --param fast=5 --param slow=30 --metric sharpe"
    );
    let message = |rest: &str| {
        let ended = run(&format!("{line} {rest}"));
        assert_eq!(ended.code, 2, "{rest}: {}", ended.stdout);
        ended.stderr
    };
    assert!(message("--out /dev/null").contains("/dev/null is no regular file"));
    let same = place.text("trials.csv");
    assert!(message(&format!("--out {same} --journal {same}")).contains("the same file"));
    assert!(
        message(&format!("--out {}/x.csv --journal {input}", place.path("").display()))
            .contains("--journal is the input file")
    );
}

#[test]
fn a_window_longer_than_the_series_says_so() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let ended = run(&format!(
        "grid --input {input} --strategy sma-cross --param fast=400 --param slow=500 --metric sharpe \
         --no-progress"
    ));
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert!(ended.stderr.contains("400") && ended.stderr.contains("300"), "{}", ended.stderr);
}
