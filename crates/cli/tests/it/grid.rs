//! `tangency grid`.

use crate::command::{Workplace, run, run_with};

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
    let luck = &document["luck"];
    for name in [
        "probability_of_luck",
        "deflated_sharpe",
        "probabilistic_sharpe",
        "probability_of_overfitting",
        "superior_predictive_ability",
    ] {
        let share = luck[name].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&share), "{name} {share}");
    }
    assert_eq!(luck["trials"], 9);
    let worth = luck["effective_trials"].as_f64().unwrap();
    assert!((1.0..=9.0).contains(&worth), "{worth}");
    assert!(luck["expected_maximum_sharpe"].as_f64().unwrap() >= 0.0);
    assert!(luck["sentence"].as_str().unwrap().starts_with("luck alone would do as well in "));
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

#[test]
fn the_verdict_is_one_line_and_does_not_depend_on_workers() {
    let place = Workplace::new();
    let input = place.prices(2, 900);
    let line = |rest: &str| {
        format!(
            "grid --input {input} --column AMD --strategy sma-cross --param fast=5:20:5 \
             --param slow=10,40,80 --metric sharpe --no-progress {rest}"
        )
    };
    let shown = run(line("").trim_end()).stdout;
    let verdicts =
        shown.lines().filter(|line| line.starts_with("luck alone would do as well in ")).count();
    assert_eq!(verdicts, 1, "{shown}");
    assert_eq!(
        run(&line("--json --workers 1")).json()["luck"],
        run(&line("--json --workers 3")).json()["luck"]
    );
    // A rule that never trades has no winner to judge.
    let idle = format!(
        "grid --json --input {input} --column AMD --strategy rsi-reversion --param window=14 \
         --param low=0 --param high=100 --metric sharpe --no-progress"
    );
    assert!(run(&idle).json()["luck"].is_null());
}

#[test]
fn a_grid_over_a_rule_as_text_is_that_over_the_ready_made_one() {
    let place = Workplace::new();
    let input = place.prices(1, 700);
    let with = |rule: &[&str]| {
        let mut arguments = vec!["grid", "--json", "--input", &input, "--metric", "sharpe"];
        arguments.extend_from_slice(&["--param", "fast=5:15:5", "--param", "slow=20:60:20"]);
        arguments.extend_from_slice(rule);
        run_with(&arguments).json()
    };
    let (entry, exit) = ("sma(fast) crosses_above sma(slow)", "sma(fast) crosses_below sma(slow)");
    let text = with(&["--entry", entry, "--exit", exit]);
    let ready = with(&["--strategy", "sma-cross"]);
    assert_eq!(text["trials"], 9);
    assert_eq!(text["top"], ready["top"]);
    let missing = ["grid", "--input", &input, "--metric", "sharpe", "--param", "fast=5"];
    let ended = run_with(&[&missing[..], &["--entry", entry, "--exit", exit]].concat());
    assert!(ended.code == 2 && ended.stderr.contains("slow"), "{}", ended.stderr);
}

#[test]
fn a_rule_as_text_is_journalled_in_its_own_words() {
    let place = Workplace::new();
    let (input, out) = (place.prices(1, 300), place.text("trials.csv"));
    let line = ["grid", "--input", &input, "--metric", "win_rate", "--no-progress", "--out", &out];
    let rule = ["--entry", "close > floor", "--exit", "close < 0", "--param", "floor=0,1e9"];
    // One buys and never sells, the other never trades: neither has a win rate.
    let ended = run_with(&[&line[..], &rule].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("no trial has a win_rate"), "{}", ended.stdout);
    assert!(ended.stdout.ends_with(&format!("all trials: {out}\n")), "{}", ended.stdout);
    let listed = run(&format!("studies {}", place.path("").display())).stdout;
    assert!(listed.contains("enter close > floor, leave close < 0 "), "{listed}");
    assert!(!listed.contains("Expression"), "{listed}");
}

#[test]
fn parameters_stand_in_the_order_in_which_they_were_given() {
    let place = Workplace::new();
    let input = place.prices(1, 400);
    let line = format!(
        "grid --input {input} --strategy sma-cross --param slow=30,40 --param fast=5 --metric sharpe \
         --no-progress --out {}",
        place.text("t.csv")
    );
    let text = run(&line).stdout;
    assert!(text.contains("slow=30 fast=5"), "{text}");
    // Trades are counted, the other figures measured.
    let best: Vec<&str> = text.lines().nth(3).unwrap().split_whitespace().collect();
    assert!(best[2].contains('.') && !best[5].contains('.'), "{text}");
    let document = run(&format!("{line} --json")).stdout;
    let (slow, fast) = (document.find("\"slow\"").unwrap(), document.find("\"fast\"").unwrap());
    assert!(slow < fast, "{document}");
    let listed = run(&format!("studies {}", place.path("").display())).stdout;
    assert!(listed.contains("slow=30 fast=5") || listed.contains("slow=40 fast=5"), "{listed}");
}

#[test]
fn winners_of_the_past_are_followed_and_shown() {
    let place = Workplace::new();
    let input = place.prices(1, 900);
    let (report, out) = (place.text("page"), place.text("t.csv"));
    let line = format!(
        "grid --input {input} --strategy sma-cross --param fast=5:20:5 --param slow=30:90:20 --metric sharpe \
         --walk-forward 400:100 --no-progress"
    );
    let ended = run(&format!("{line} --json --report {report} --out {out}"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let document = ended.json();
    let section = &document["walk_forward"];
    let folds = section["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 5);
    assert!(folds.iter().all(|fold| fold["params"]["fast"].is_number()));
    assert!(section["efficiency"].is_number() || section["efficiency"].is_null());
    assert!(section["metrics"]["sharpe"].is_number());
    assert!(section["buy_and_hold"]["total_return"].is_number());
    let page = std::fs::read_to_string(place.path("page/index.html")).unwrap();
    assert!(page.contains("Walk-forward") && page.contains("What it depends on"));
    let written = std::fs::read_to_string(place.path("page/study.json")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(&written["walk_forward"], section);
    let shown = run(&line).stdout;
    assert!(shown.contains("walk-forward, 5 choices on the past alone:"), "{shown}");
    assert_eq!(run(&format!("{line} --json --workers 3")).json()["walk_forward"], *section);
    // Windows that all begin at the first row choose on more.
    let expanding = run(&format!("{line} --json --expanding")).json();
    let begin = |document: &serde_json::Value, fold: usize| {
        document["walk_forward"]["folds"][fold]["train"][0].clone()
    };
    assert_eq!(begin(&expanding, 4), begin(&document, 0));
    assert_ne!(begin(&document, 4), begin(&document, 0));
}

#[test]
fn windows_that_make_no_sense_are_refused() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let message = |rest: &str| {
        let ended = run(&format!(
            "grid --input {input} --strategy sma-cross --param fast=5,6 --param slow=30 --metric sharpe \
             --no-progress {rest}"
        ));
        assert_eq!(ended.code, 2, "{rest}: {}", ended.stdout);
        ended.stderr
    };
    assert!(message("--walk-forward 100").contains("TRAIN:TEST"));
    assert!(message("--walk-forward 100:x").contains("TRAIN:TEST"));
    assert!(message("--walk-forward 100:50:0").contains("--walk-forward: "));
    let short = message("--walk-forward 280:50");
    assert!(short.contains("330") && short.contains("300"), "{short}");
    assert!(message("--walk-forward 100:50 --method tpe").contains("--method grid"));
    assert!(message("--expanding").contains("--walk-forward"));
    let taken = format!("--report {input}");
    assert!(message(&taken).contains("is not a folder"));
}

#[test]
fn every_line_says_what_became_of_its_trial() {
    let place = Workplace::new();
    let input = place.prices(1, 400);
    let lines = |rest: &str| -> Vec<Vec<String>> {
        let out = place.text("t.csv");
        let line = format!("grid --input {input} --metric sharpe --no-progress --out {out} {rest}");
        let ended = run(&line);
        assert!([0, 3].contains(&ended.code), "{}", ended.stderr);
        let text = std::fs::read_to_string(place.path("t.csv")).unwrap();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    // A window longer than the series fails.
    let trials = lines("--strategy sma-cross --param fast=5,10 --param slow=20,500");
    let column = |name: &str| trials[0].iter().position(|column| column == name).unwrap();
    assert_eq!(trials[0][trials[0].len() - 4..], ["trial", "budget", "outcome", "error"]);
    for (at, trial) in trials[1..].iter().enumerate() {
        assert_eq!(trial[column("trial")], at.to_string());
        assert_eq!(trial[column("budget")], "1");
        let failed = trial[column("slow")] == "500";
        assert_eq!(trial[column("outcome")], if failed { "failed" } else { "done" });
        assert_eq!(trial[column("sharpe")].is_empty(), failed);
        assert_eq!(trial[column("error")].is_empty(), !failed);
    }
    let budgets = lines(
        "--strategy sma-cross --param fast=5:15:1 --param slow=20:60:1 --method hyperband --trials 60",
    );
    assert!(budgets[1][column("budget")].starts_with("0.037"), "{:?}", budgets[1]);
    // A parameter that is called like another column.
    let named = ["--entry", "close > sma(trial)", "--exit", "close < sma(trial)"];
    let out = place.text("t.csv");
    let fixed = ["grid", "--input", &input, "--metric", "sharpe", "--param", "trial=5,9"];
    let ended = run_with(&[&fixed[..], &named, &["--out", &out]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = std::fs::read_to_string(place.path("t.csv")).unwrap();
    assert!(text.starts_with("param_trial,total_return,"), "{text}");
}

#[test]
fn a_metric_that_backtests_do_not_measure_is_refused_before_the_work() {
    let place = Workplace::new();
    let input = place.prices(1, 400);
    let line = format!(
        "grid --input {input} --strategy sma-cross --param fast=5 --param slow=20 --metric kelly --out {}",
        place.text("t.csv")
    );
    let ended = run(&line);
    assert_eq!(ended.code, 2);
    let message = "no metric of a backtest is called \"kelly\"; the nearest is ";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
    assert_eq!(place.entries(), ["prices.csv"], "work had begun");
}

#[test]
fn many_trials_are_judged_by_a_sample_of_them() {
    let place = Workplace::new();
    let input = place.prices(1, 500);
    let line = |workers: u8| {
        format!(
            "grid --json --input {input} --strategy sma-cross --param fast=2:40:1 --param slow=45:80:1 \
             --metric sharpe --no-progress --workers {workers}"
        )
    };
    let luck = &run(&line(1)).json()["luck"];
    assert_eq!((&luck["trials"], &luck["compared"]), (&1404.into(), &250.into()), "{luck}");
    let worth = luck["effective_trials"].as_f64().unwrap();
    assert!((1.0..100.0).contains(&worth), "near copies: {worth}");
    assert!(luck["probability_of_overfitting"].is_number());
    assert!(luck["superior_predictive_ability"].is_number());
    let sentence = luck["sentence"].as_str().unwrap();
    assert!(sentence.contains(" independent ones)"), "{sentence}");
    assert!(sentence.ends_with("; the returns of 250 of the trials were compared"), "{sentence}");
    assert_eq!(luck, &run(&line(3)).json()["luck"]);
}

#[test]
fn what_was_dropped_on_a_part_of_the_data_was_tried() {
    let place = Workplace::new();
    let input = place.prices(1, 900);
    let out = place.text("t.csv");
    let document = run(&format!(
        "grid --json --input {input} --strategy sma-cross --param fast=2:12:1 --param slow=14:60:1 \
         --metric sharpe --no-progress --method successive-halving --trials 40 --out {out}"
    ));
    let text = std::fs::read_to_string(place.path("t.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).unwrap();
    // Every pair that showed a Sharpe ratio on some budget, once.
    let tried: std::collections::HashSet<_> = rows[1..]
        .iter()
        .filter(|row| !row[column("sharpe")].is_empty())
        .map(|row| &row[..2])
        .collect();
    let whole = rows[1..].iter().filter(|row| row[column("budget")] == "1").count();
    assert!(whole < tried.len(), "{text}");
    assert_eq!(document.json()["luck"]["trials"], tried.len());
}
