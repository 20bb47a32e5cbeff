//! Ctrl-C: at once, code 130, nothing half-written.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::command::{Workplace, tangency};

/// A second is what a user should wait; a machine ten times slower, and busy, takes longer.
const AT_ONCE: Duration = Duration::from_secs(15);

/// Interrupts the command once `marker` has appeared on standard error.
fn interrupted(arguments: &[&str], marker: &str) -> (i32, Duration) {
    use std::io::{BufRead, BufReader};
    let mut child =
        tangency().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = lines.any(|line| line.unwrap().contains(marker));
    assert!(seen, "the command ended before {marker:?}");
    let sent = Instant::now();
    // The shell's own kill: a program of that name is not on every machine.
    let kill = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let code = child.wait().unwrap().code().unwrap_or(-1);
    (code, sent.elapsed())
}

#[test]
fn run_ends_at_once_and_writes_nothing() {
    let place = Workplace::new();
    let out = place.text("out");
    let (code, took) = interrupted(&["run", "--out", &out, "--workers", "1"], "arima:1,1,1");
    assert_eq!(code, 130);
    assert!(took < AT_ONCE, "{took:?}");
    assert!(place.entries().is_empty(), "{:?}", place.entries());
}

#[test]
fn grid_ends_at_once_and_keeps_its_journal() {
    let place = Workplace::new();
    let input = place.prices(1, 8000);
    let out = place.text("trials.csv");
    let (code, took) = interrupted(
        &[
            "grid",
            "--input",
            &input,
            "--strategy",
            "sma-cross",
            "--param",
            "fast=2:400:1",
            "--param",
            "slow=100:1000:1",
            "--metric",
            "sharpe",
            "--out",
            &out,
            "--workers",
            "1",
        ],
        "backtests",
    );
    assert_eq!(code, 130);
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(place.entries(), ["prices.csv", "trials.csv.journal"]);
}
