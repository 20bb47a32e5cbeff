//! Ctrl-C: at once, code 130, nothing half-written.

use std::process::Stdio;

use crate::command::{Workplace, tangency};

/// Interrupts the command once `marker` has appeared on standard error. Its code.
///
/// No clock says what "at once" is: the work takes so long that a command which did not listen would end with
/// another code, if ever.
fn interrupted(arguments: &[&str], marker: &str) -> Option<i32> {
    use std::io::{BufRead, BufReader};
    let mut child =
        tangency().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = lines.any(|line| line.unwrap().contains(marker));
    assert!(seen, "the command ended before {marker:?}");
    // The shell's own kill: a program of that name is not on every machine.
    let kill = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn run_ends_at_once_and_writes_nothing() {
    let place = Workplace::new();
    let out = place.text("out");
    let models = "arima:1,1,1+arima:2,1,2";
    let line = ["run", "--out", &out, "--models", models, "--horizon", "1", "--workers", "1"];
    assert_eq!(interrupted(&line, "arima:1,1,1"), Some(130));
    assert!(place.entries().is_empty(), "{:?}", place.entries());
}

#[test]
fn grid_ends_at_once_and_keeps_its_journal() {
    let place = Workplace::new();
    let input = place.prices(1, 8000);
    let out = place.text("trials.csv");
    let mut line = vec!["grid", "--input", &input, "--strategy", "rsi-reversion", "--out", &out];
    line.extend(["--param", "window=2:400:1", "--param", "low=1:49:0.1"]);
    line.extend(["--param", "high=51:99:0.1", "--metric", "sharpe", "--workers", "1"]);
    assert_eq!(interrupted(&line, "backtests"), Some(130));
    assert_eq!(place.entries(), ["prices.csv", "trials.csv.journal"]);
}
