//! `tangency run`.

use crate::command::{Workplace, entries, run, run_with};

/// Settings that make a short file enough.
const SHORT: &str = "--train 120 --horizon 5 --no-progress";

#[test]
fn the_embedded_data_set_needs_no_path() {
    let place = Workplace::new();
    let ended = run(&format!("run --out {} --no-progress", place.text("out")));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    for part in ["AAPL", "XOM", "out of sample since", "index.html"] {
        assert!(ended.stdout.contains(part), "{} lacks {part}", ended.stdout);
    }
    let files = ["forecasts.csv", "index.html", "report.json", "run.json", "weights.csv"];
    assert_eq!(entries(&place.path("out")), files);
    let page = std::fs::read_to_string(place.path("out/index.html")).unwrap();
    assert!(page.matches("<svg").count() >= 10, "{}", page.matches("<svg").count());
    assert!(page.contains("Survivors only"));
    for request in ["<script", "<link", "@import", "url("] {
        assert!(!page.contains(request), "the page is not self-contained: {request}");
    }
}

#[test]
fn workers_change_no_byte_of_the_report() {
    let place = Workplace::new();
    let input = place.prices(5, 420);
    let report = |workers: &str| {
        let out = place.text(workers);
        let ended = run(&format!("run --input {input} --out {out} --workers {workers} {SHORT}"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let read = |name: &str| std::fs::read(place.path(workers).join(name)).unwrap();
        ["report.json", "index.html", "weights.csv", "forecasts.csv"].map(read)
    };
    let one = report("1");
    assert!(one == report("2"), "2 workers differ from 1");
    assert!(one == report("5"), "5 workers differ from 1");
}

#[test]
fn json_is_one_document_and_progress_stays_on_standard_error() {
    let place = Workplace::new();
    let input = place.prices(4, 420);
    let out = place.text("out");
    let ended = run_with(&[
        "run",
        "--json",
        "--input",
        &input,
        "--out",
        &out,
        "--train",
        "120",
        "--horizon",
        "5",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let document = ended.json();
    assert_eq!(document["command"], "run");
    assert_eq!(document["report"]["assets"].as_array().map(Vec::len), Some(4));
    assert!(ended.stderr.contains("walk-forward forecasts, arima:1,1,1"), "{}", ended.stderr);
    let weights: f64 = document["report"]["assets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asset| asset["weights"]["earned"].as_f64().unwrap())
        .sum();
    assert!((weights - 1.0).abs() < 1e-12);
}

#[test]
fn parquet_and_gzip_inputs_are_read() {
    let place = Workplace::new();
    let csv = place.prices(3, 420);
    let frame = tangency::shared_data::csv::read(&csv).unwrap();
    tangency::shared_data::write(&frame, place.path("prices.parquet")).unwrap();
    tangency::shared_data::write(&frame, place.path("prices.arrow")).unwrap();
    tangency::shared_data::write(&frame, place.path("prices.csv.gz")).unwrap();
    let mut reports = Vec::new();
    for name in ["prices.csv", "prices.parquet", "prices.arrow", "prices.csv.gz"] {
        let (input, out) = (place.text(name), place.text("out"));
        let ended = run(&format!("run --json --input {input} --out {out} {SHORT}"));
        assert_eq!(ended.code, 0, "{name}: {}", ended.stdout);
        let mut report = ended.json()["report"].clone();
        assert_eq!(report["data"]["source"], name);
        report["data"]["source"] = serde_json::Value::Null;
        reports.push(report);
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    assert_eq!(reports[0], reports[3]);
}

#[test]
fn few_rows_have_a_report_without_the_long_windows() {
    let place = Workplace::new();
    let (input, out) = (place.prices(2, 70), place.text("out"));
    let line =
        format!("run --json --input {input} --out {out} --train 30 --horizon 1 --no-progress");
    let ended = run(&line);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let grid = &ended.json()["report"]["grid"];
    // Fast windows of 5 rows beside slow ones of 20 and of 200.
    let cells = grid["median"][0].as_array().unwrap();
    assert!(cells[0].is_number() && cells.last().unwrap().is_null(), "{grid}");
    assert!(grid["best"]["slow"].as_u64().unwrap() < 70, "{grid}");
    // One decision has no volatility.
    let input = place.prices(2, 56);
    let ended =
        run(&format!("run --input {input} --out {out} --train 30 --horizon 1 --no-progress"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let page = std::fs::read_to_string(place.path("out/index.html")).unwrap();
    for text in [&ended.stdout, &page] {
        assert!(!text.contains("NaN"), "{text}");
    }
}

#[test]
fn views_and_prior_follow_the_options() {
    let place = Workplace::new();
    let input = place.prices(3, 420);
    let caps = place.write("caps.csv", "asset,market_cap\nBAC,1\nAAPL,7\nAMD,2\n");
    let out = place.text("out");
    let ended = run(&format!(
        "run --json --input {input} --out {out} --views error-variance --market-caps {caps} {SHORT}"
    ));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let report = &ended.json()["report"];
    assert_eq!(report["portfolio"]["views"], 3);
    assert_eq!(report["assets"][0]["weights"]["prior"], 0.7);
    assert_eq!(report["settings"]["views"], "error-variance");
}
