//! `tangency grid`.

use crate::command::{Workplace, run};

#[test]
fn the_document_has_what_scripts_rely_on() {
    let place = Workplace::new();
    let input = place.prices(2, 900);
    let out = place.text("trials.csv");
    let ended = run(&format!(
        "grid --json --input {input} --column AMD --strategy sma-cross --param fast=5:20:5 \
         --param slow=10,40,80 --metric sharpe --top 3 --out {out} --no-progress"
    ));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let document = ended.json();
    // 4 x 3 pairs; fast is not below slow for 10/10, 15/10 and 20/10.
    assert_eq!((&document["trials"], &document["rejected"]), (&9.into(), &3.into()));
    assert_eq!((&document["failed"], &document["metric"]), (&0.into(), &"sharpe".into()));
    assert_eq!(document["execution"], "next close");
    let top = document["top"].as_array().unwrap();
    assert_eq!(top.len(), 3);
    assert_eq!(document["best"], top[0]);
    let sharpe = |at: usize| top[at]["metrics"]["sharpe"].as_f64().unwrap();
    assert!(sharpe(0) >= sharpe(1) && sharpe(1) >= sharpe(2));
    for name in ["total_return", "sharpe", "max_drawdown", "trades", "win_rate", "closed_trades"] {
        assert!(top[0]["metrics"][name].is_number(), "{name}");
    }
    let trials = std::fs::read_to_string(place.path("trials.csv")).unwrap();
    assert_eq!(trials.lines().count(), 10);
    assert!(trials.starts_with("fast,slow,total_return,sharpe,max_drawdown,trades,"), "{trials}");
}

#[test]
fn bars_fill_at_the_next_open() {
    let place = Workplace::new();
    let mut text = "Date,Open,High,Low,Close,Volume\n".to_owned();
    for day in 0..400 {
        let close = 50.0 + 10.0 * (f64::from(day) / 17.0).sin();
        let open = close + 0.5;
        text += &format!(
            "{},{open},{},{},{close},1\n",
            1_500_000_000 + day * 86_400,
            open + 1.0,
            close - 1.0
        );
    }
    let input = place.write("bars.csv", &text);
    let line = |workers: u8| {
        format!(
            "grid --json --input {input} --strategy sma_cross --param fast=3 --param slow=15 \
             --metric total_return --workers {workers} --no-progress"
        )
    };
    let document = run(&line(1)).json();
    assert_eq!(document["execution"], "next open");
    assert_eq!(document["best"]["params"], serde_json::json!({ "fast": 3, "slow": 15 }));
    assert_eq!(document["best"], run(&line(3)).json()["best"]);
}
