//! `tangency forecast`.

use crate::command::{Workplace, run};

/// Fixed parameters involve no optimiser: the command's numbers are those of the golden file, to its
/// own tolerances.
#[test]
fn fixed_parameters_give_the_exact_likelihood() {
    let place = Workplace::new();
    let problems = tangency_testkit::forecast::arima_problems();
    let problem = problems.iter().find(|problem| problem.case.name == "nile_111").unwrap();
    let (params, golden) =
        (&problem.case.fixed.parameters, problem.case.fixed.exact.as_ref().unwrap());
    let rows = problem.target.iter().enumerate();
    let text = rows.map(|(at, value)| format!("{},{value}\n", 1871 + at)).collect::<String>();
    let input = place.write("nile.csv", &("year,flow\n".to_owned() + &text));
    let fixed = format!("ar1={},ma1={},sigma2={}", params[0], params[1], params[2]);
    let ended = run(&format!(
        "forecast --json --input {input} --model arima:1,1,1 --fixed {fixed} --horizon 12 \
         --values series --no-progress"
    ));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let document = ended.json();
    let series = &document["series"][0];
    assert_eq!((&series["name"], &series["n"]), (&"flow".into(), &100.into()));
    assert_eq!(series["status"], "ok");
    let log_likelihood = series["log_likelihood"].as_f64().unwrap();
    assert!((log_likelihood / golden.loglik - 1.0).abs() < 1e-8, "{log_likelihood}");
    let sigma = params[2].sqrt();
    for (step, want) in golden.forecast.mean.iter().enumerate() {
        let got = series["forecast"]["mean"][step].as_f64().unwrap();
        assert!((got - want).abs() < 1e-7 * sigma, "step {step}: {got} {want}");
    }
}

#[test]
fn every_series_is_forecast_on_the_log_scale_and_back() {
    let place = Workplace::new();
    let input = place.prices(3, 300);
    let ended = run(&format!(
        "forecast --json --input {input} --model drift --horizon 4 --transform log --no-progress"
    ));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let document = ended.json();
    assert_eq!((&document["command"], &document["horizon"]), (&"forecast".into(), &4.into()));
    let series = document["series"].as_array().unwrap();
    assert_eq!(series.len(), 3);
    for one in series {
        let median = one["original_scale"]["median"][3].as_f64().unwrap();
        let mean = one["forecast"]["mean"][3].as_f64().unwrap();
        assert!((median / mean.exp() - 1.0).abs() < 1e-15);
        // The mean of a lognormal law.
        let error = one["forecast"]["std_error"][3].as_f64().unwrap();
        let adjusted = one["original_scale"]["mean"][3].as_f64().unwrap();
        assert!((adjusted / (mean + 0.5 * error * error).exp() - 1.0).abs() < 1e-14);
        assert_eq!(one["forecast"]["level"], 0.95);
    }
    let text = run(&format!("forecast --input {input} --model naive --horizon 4 --no-progress"));
    assert!(text.stdout.contains("AAPL") && text.stdout.contains("in 4 steps"), "{}", text.stdout);
}

#[test]
fn regressors_bring_their_future() {
    let place = Workplace::new();
    let rows = |from: usize, to: usize, value: fn(f64) -> f64| {
        (from..to).map(|t| format!("{},{}\n", 1900 + t, value(t as f64))).collect::<String>()
    };
    let wiggle = |t: f64| (t * 1.7).sin() + 0.3 * (t * 0.9).cos();
    // The target is twice the regressor, up to a small alternation.
    let target = "year,y\n".to_owned()
        + &rows(0, 60, |t| {
            2.0 * ((t * 1.7).sin() + 0.3 * (t * 0.9).cos()) + 0.01 * (t * 5.1).sin()
        });
    let exog =
        "year,drive\n".to_owned() + &rows(0, 70, |t| (t * 1.7).sin() + 0.3 * (t * 0.9).cos());
    let (input, exog) = (place.write("y.csv", &target), place.write("x.csv", &exog));
    let line = format!(
        "forecast --json --input {input} --model arima:1,0,0 --values series --exog {exog}"
    );
    let ended = run(&format!("{line} --horizon 10 --no-progress"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let series = &ended.json()["series"][0];
    assert!((series["params"]["x_drive"].as_f64().unwrap() - 2.0).abs() < 0.01, "{series}");
    for step in 0..10 {
        let mean = series["forecast"]["mean"][step].as_f64().unwrap();
        assert!((mean - 2.0 * wiggle(60.0 + step as f64)).abs() < 0.05, "{step}: {mean}");
    }
    let ended = run(&format!("{line} --horizon 11 --no-progress"));
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.contains("needs 11 rows after 1959"), "{}", ended.stdout);
    // A row that the input has not is named itself, not the one that should stand there.
    place.write(
        "y.csv",
        &target
            .lines()
            .filter(|line| !line.starts_with("1930,"))
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    );
    let ended = run(&format!("{line} --horizon 10 --no-progress"));
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.contains("1930-01-01 is no date of the input"), "{}", ended.stdout);
}

#[test]
fn one_bad_series_leaves_the_others() {
    let place = Workplace::new();
    let mut text = "Date,GOOD,STILL\n".to_owned();
    for day in 0..80 {
        text += &format!("{},{},5\n", 1900 + day, 10.0 + (f64::from(day) * 1.3).sin());
    }
    let input = place.write("mixed.csv", &text);
    let ended = run(&format!(
        "forecast --json --input {input} --model arima:1,1,0 --horizon 2 --no-progress"
    ));
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    let document = ended.json();
    assert_eq!(document["series"][0]["status"], "ok");
    assert_eq!(document["series"][1]["status"], "failed");
    assert!(document["series"][1]["error"].as_str().unwrap().contains("constant"));
}

#[test]
fn automatic_orders_say_what_they_chose() {
    let place = Workplace::new();
    let input = place.prices(2, 400);
    let line =
        format!("forecast --json --input {input} --model auto-arima --horizon 5 --transform log");
    let ended = run(&format!("{line} --no-progress"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    for series in ended.json()["series"].as_array().unwrap() {
        assert!(series["chosen"].as_str().unwrap().starts_with("arima:"), "{series}");
        assert!(series["aicc"].is_number() && series["params"]["sigma2"].is_number(), "{series}");
    }
}

#[test]
fn a_trace_and_several_levels_on_request() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let line = format!("forecast --json --input {input} --horizon 3 --transform log --no-progress");
    let ended = run(&format!("{line} --model auto-arima --trace --level 0.8,0.95"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let series = &ended.json()["series"][0];
    assert_eq!(series["forecast"]["level"], 0.8);
    let intervals = series["intervals"].as_array().unwrap();
    assert_eq!(intervals.len(), 2);
    assert_eq!(intervals[0]["lower"], series["forecast"]["lower"]);
    let end = |at: usize, side: &str| intervals[at][side][2].as_f64().unwrap();
    assert!(end(1, "lower") < end(0, "lower") && end(0, "upper") < end(1, "upper"));
    // The choice has the smallest criterion of all that was tried.
    let trace = series["trace"].as_array().unwrap();
    assert!(trace.len() >= 5 && trace.iter().any(|tried| tried["model"] == series["chosen"]));
    let least = trace.iter().filter_map(|tried| tried["aicc"].as_f64()).fold(f64::MAX, f64::min);
    assert!((least - series["aicc"].as_f64().unwrap()).abs() < 1e-9, "{least} {series}");
    // Neither appears unasked, and only an automatic model has a trace.
    let plain = run(&format!("{line} --model auto-arima")).json();
    assert!(plain["series"][0].get("trace").is_none(), "{plain}");
    assert!(plain["series"][0].get("intervals").is_none(), "{plain}");
    let refused = run(&format!("{line} --model arima:1,1,1 --trace"));
    assert_eq!(refused.code, 2, "{}", refused.stdout);
}

#[test]
fn intervals_without_a_normal_law() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let line = format!("forecast --json --input {input} --horizon 3 --transform log --no-progress");
    let series = |options: &str| run(&format!("{line} {options}")).json()["series"][0].clone();
    let normal = series("--model arima:1,1,1");
    for model in ["arima:1,1,1", "auto-arima"] {
        let bootstrap = |seed: u64| {
            series(&format!("--model {model} --interval bootstrap --paths 400 --seed {seed}"))
        };
        // The seed decides, and nothing else; mean and standard error stay those of the model.
        let once = bootstrap(7);
        assert_eq!(once, bootstrap(7));
        assert_ne!(once["forecast"]["lower"], bootstrap(8)["forecast"]["lower"]);
        let conformal = series(&format!("--model {model} --interval conformal --level 0.8,0.95"));
        assert_eq!(once["forecast"]["mean"], conformal["forecast"]["mean"]);
        assert_eq!(once["forecast"]["std_error"], conformal["forecast"]["std_error"]);
        let intervals = conformal["intervals"].as_array().unwrap();
        assert_eq!(intervals[0]["upper"], conformal["forecast"]["upper"]);
        let end = |at: usize| intervals[at]["upper"][2].as_f64().unwrap();
        assert!(end(0) < end(1));
    }
    let conformal = series("--model arima:1,1,1 --interval conformal --calibration 50");
    assert_ne!(conformal["forecast"]["upper"], normal["forecast"]["upper"]);
    for refused in [
        "--model naive --interval bootstrap",
        "--model arima:1,1,1 --paths 100",
        "--model arima:1,1,1 --interval bootstrap --paths 1",
        "--model arima:1,1,1 --interval bootstrap --paths 99999999999",
        "--model arima:1,1,1 --calibration 50",
        "--model arima:1,1,1 --interval conformal --calibration 10",
        "--model arima:1,1,1 --interval conformal --calibration 1000",
        "--model arima:1,1,1 --interval conformal --calibration 18446744073709551615",
        "--model arima:1,1,1 --interval tea-leaves",
    ] {
        let ended = run(&format!("{line} {refused}"));
        assert_eq!(ended.code, 2, "{refused}: {}", ended.stdout);
    }
}

#[test]
fn a_root_margin_turns_models_at_the_edge_down() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let line = format!("forecast --json --input {input} --horizon 3 --transform log --no-progress");
    let options = "--model auto-arima --trace";
    let free = run(&format!("{line} {options}")).json();
    // Every root lies inside twice the unit circle, but for models without any.
    let strict = run(&format!("{line} {options} --root-margin 1")).json();
    let turned_down = |document: &serde_json::Value| {
        let trace = document["series"][0]["trace"].as_array().unwrap();
        trace.iter().filter(|tried| tried["aicc"].is_null()).count()
    };
    assert!(turned_down(&strict) > turned_down(&free), "{strict}");
    let (least, most) = (&free["series"][0]["aicc"], &strict["series"][0]["aicc"]);
    assert!(least.as_f64().unwrap() <= most.as_f64().unwrap());
    for refused in ["--model auto-arima --root-margin -0.1", "--model naive --root-margin 0.01"] {
        let ended = run(&format!("{line} {refused}"));
        assert_eq!(ended.code, 2, "{refused}: {}", ended.stdout);
    }
}

#[test]
fn a_box_cox_power_is_given_or_chosen() {
    let place = Workplace::new();
    let input = place.prices(2, 300);
    let line =
        format!("forecast --json --input {input} --model arima:0,1,1 --horizon 3 --no-progress");
    let document = |transform: &str| run(&format!("{line} --transform {transform}")).json();
    let (chosen, given) = (document("box-cox"), document("box-cox:0.5"));
    assert_eq!(chosen["transform"], "box-cox");
    for at in 0..2 {
        let power = chosen["series"][at]["original_scale"]["lambda"].as_f64().unwrap();
        assert!((-1.0..=2.0).contains(&power), "{power}");
        let back = &given["series"][at]["original_scale"];
        assert_eq!(back["lambda"], 0.5);
        let value = given["series"][at]["forecast"]["mean"][2].as_f64().unwrap();
        let median = back["median"][2].as_f64().unwrap();
        assert!((median / (0.5 * value + 1.0).powi(2) - 1.0).abs() < 1e-12, "{median}");
        assert!(back["mean"][2].as_f64().unwrap() > median);
    }
    // No power changes nothing but a constant; the logarithm is that of `log`.
    let (log, zero) = (document("log"), document("box-cox:0"));
    assert_eq!(log["series"][0]["forecast"], zero["series"][0]["forecast"]);
    assert!(log["series"][0]["original_scale"].get("lambda").is_none());
    let refused = run(&format!("{line} --transform box-cox:much"));
    assert_eq!(refused.code, 2, "{}", refused.stdout);
}

#[test]
fn fixed_parameters_need_no_rows() {
    let place = Workplace::new();
    let rows = (0..12).map(|month| format!("{},{}\n", 1900 + month, month % 5)).collect::<String>();
    let input = place.write("short.csv", &("year,flow\n".to_owned() + &rows));
    let line = format!("forecast --json --input {input} --values series --horizon 2 --no-progress");
    let model = "--model arima:0,0,1x0,0,1,12 --fixed ma1=.3,sma1=.4";
    let ended = run(&format!("{line} {model},sigma2=1"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let ended = run(&format!("{line} {model}"));
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    assert!(ended.stdout.contains("needs at least 15 rows, got 12"), "{}", ended.stdout);
}

#[test]
fn an_approximate_choice_on_request() {
    let place = Workplace::new();
    let input = place.prices(1, 300);
    let line = format!("forecast --json --input {input} --horizon 3 --transform log --no-progress");
    let ended = run(&format!("{line} --model auto-arima --approximate --trace"));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let trace = ended.json()["series"][0]["trace"].clone();
    assert_ne!(
        trace,
        run(&format!("{line} --model auto-arima --trace")).json()["series"][0]["trace"]
    );
    let refused = run(&format!("{line} --model arima:1,1,1 --approximate"));
    assert_eq!(refused.code, 2, "{}", refused.stdout);
}

#[test]
fn figures_of_any_size_are_shown_with_their_digits() {
    let place = Workplace::new();
    let mut text = "Date,TINY,HUGE\n".to_owned();
    for day in 0..40 {
        let price = 10.0 + (f64::from(day) * 1.3).sin();
        text += &format!("{},{},{}\n", 1900 + day, price * 1e-6, price * 1e30);
    }
    let input = place.write("sizes.csv", &text);
    let ended = run(&format!("forecast --input {input} --model naive --horizon 1 --no-progress"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let last = 10.0 + (39.0_f64 * 1.3).sin();
    for (name, digits) in
        [("TINY", format!("{:.6e}", last * 1e-6)), ("HUGE", format!("{:.6e}", last * 1e30))]
    {
        let line = ended.stdout.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(digits.as_str()), "{line}");
    }
}
