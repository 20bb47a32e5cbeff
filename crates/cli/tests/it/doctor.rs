//! `tangency doctor`.

use crate::command::{run, tangency};

#[test]
fn the_machine_is_described_and_the_sums_add_up() {
    let document = run("doctor --json").json();
    assert_eq!(document["command"], "doctor");
    assert!(document["cores"]["workers"].as_u64().unwrap() >= 1);
    assert!(document["cores"]["why"].as_str().unwrap().contains("worker"));
    for check in document["self_test"].as_array().unwrap() {
        assert_eq!(check["passed"], true, "{check}");
    }
    let text = run("doctor --workers 3");
    assert_eq!(text.code, 0);
    assert!(text.stdout.contains("3 workers: asked for by --workers"), "{}", text.stdout);
}

#[test]
fn thread_variables_are_warned_about() {
    let output =
        tangency().args(["doctor", "--json"]).env("OMP_NUM_THREADS", "8").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("OMP_NUM_THREADS=8"), "{text}");
    let output =
        tangency().args(["doctor", "--json"]).env("OMP_NUM_THREADS", "1").output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("OMP_NUM_THREADS"));
}
