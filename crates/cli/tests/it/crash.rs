//! Searches that are killed, interrupted or run out of disk, and go on.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Ended, Workplace, run, run_with, tangency};

/// Closes that wander, as many as it takes for a backtest to last.
pub(crate) fn closes(rows: usize) -> String {
    let mut text = "Date,Close\n".to_owned();
    let (mut state, mut price) = (1_u64, 100.0_f64);
    for row in 0..rows as i64 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let step = (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
        price *= 1.0 + 0.02 * step;
        let _ = writeln!(text, "{},{price}", 1_000_000_000 + row * 3600);
    }
    text
}

/// The arguments of a search whose trades depend on the path: entries and exits by levels of an oscillator.
pub(crate) fn arguments(place: &Workplace, out: &str, params: &[&str]) -> Vec<String> {
    let fixed = ["grid", "--json", "--strategy", "rsi-reversion", "--metric", "sharpe"];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).to_vec();
    let values = [("--input", place.text("closes.csv")), ("--out", place.text(out))];
    for (option, value) in values {
        arguments.extend([option.to_owned(), value]);
    }
    for param in params {
        arguments.extend(["--param".to_owned(), (*param).to_owned()]);
    }
    arguments.push("--no-progress".to_owned());
    arguments
}

pub(crate) fn ended(arguments: &[String], more: &[&str]) -> Ended {
    let all: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    run_with(&all)
}

fn started(arguments: &[String], more: &[&str]) -> Child {
    let mut command = tangency();
    command.args(arguments).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What the journal of an output holds, as the listing says: trials over all records, finished or not.
fn journalled(place: &Workplace, name: &str) -> (u64, bool) {
    let folder = place.path("");
    let document = run_with(&["studies", "--json", folder.to_str().unwrap()]).json();
    let studies = document["studies"].as_array().unwrap();
    let of = |study: &&serde_json::Value| study["path"].as_str().unwrap().ends_with(name);
    let study = studies.iter().find(of).unwrap_or_else(|| panic!("{document}"));
    (study["journalled"].as_u64().unwrap(), study["finished"].as_bool().unwrap())
}

/// A search that is to be killed.
struct Victim<'v> {
    rows: usize,
    params: &'v [&'v str],
    /// Further options of a search so many times as long as a short one.
    more: &'v dyn Fn(f64) -> Vec<String>,
    /// How long it has to take when nobody kills it.
    least: Duration,
    /// Ending of the output.
    format: &'v str,
}

impl Victim<'_> {
    /// Runs it undisturbed, longer and longer until it lasts: its arguments, its document, its time.
    fn whole(&self, place: &Workplace, name: &str) -> (Vec<String>, Ended, Duration) {
        let mut times = 1.0;
        loop {
            let mut whole = arguments(place, name, self.params);
            whole.extend((self.more)(times));
            let began = Instant::now();
            let document = ended(&whole, &["--workers", "2"]);
            assert_eq!(document.code, 0, "{}", document.stdout);
            let took = began.elapsed();
            if took >= self.least {
                return (whole, document, took);
            }
            times *= 1.2 * self.least.as_secs_f64() / took.as_secs_f64();
        }
    }
}

/// Kills a search at random moments until it has been killed `kills` times, lets it end, and compares.
///
/// Most moments are drawn in what the journal has grown by since the start, so that they spread over the
/// work on a machine of any speed; one in four in time from the start, which hits the reading of the data,
/// the opening of the journal and its replay.
///
/// A trial that were measured again would be journalled again: the records would hold more trials
/// than the study has. Returns the figures in words.
fn kill_again_and_again(victim: &Victim<'_>, kills: usize) -> String {
    let place = Workplace::new();
    place.write("closes.csv", &closes(victim.rows));
    let whole_name = format!("whole.{}", victim.format);
    let (whole, document, took) = victim.whole(&place, &whole_name);
    let expected = std::fs::read(place.path(&whole_name)).unwrap();
    let trials = document.json()["trials"].as_u64().unwrap();
    let length = |name: &str| std::fs::metadata(place.path(name)).map_or(0, |file| file.len());
    let whole_length = length(&format!("{whole_name}.journal"));

    let out_name = format!("killed.{}", victim.format);
    let out: Vec<String> = whole.iter().map(|text| text.replace(&whole_name, &out_name)).collect();
    let journal = format!("{out_name}.journal");
    let mut random = 12_345_u64;
    let mut share = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        (random >> 33) as f64 / (1_u64 << 31) as f64
    };
    let (mut killed, mut known, mut hit_work, mut too_late) = (0, 0, 0, 0);
    while killed < kills {
        let before = length(&journal);
        // Some four fifths of the work lie before the last kill.
        let grown = (1.6 * share() * whole_length as f64 / kills as f64) as u64;
        let by_time = killed % 4 == 3;
        let mut child = started(&out, &["--resume", "--workers", "2"]);
        if by_time {
            std::thread::sleep(took.mul_f64(share() / kills as f64));
        } else {
            while length(&journal) < before + grown && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        if status.success() {
            // Too late: it came to its end while this process slept.
            if hit_work > 0 {
                known = journalled(&place, &journal).0;
                break;
            }
            too_late += 1;
            assert!(too_late < 50, "the study ends before it can be killed");
            std::fs::remove_file(place.path(&journal)).unwrap();
            std::fs::remove_file(place.path(&out_name)).unwrap();
            (killed, known) = (0, 0);
            continue;
        }
        assert_eq!(status.signal(), Some(9), "it ended by itself: {status}");
        killed += 1;
        if length(&journal) > 0 {
            let now = journalled(&place, &journal).0;
            assert!(now >= known, "a kill lost {} journalled trials", known - now);
            hit_work += usize::from(now > known);
            known = now;
        }
        // The output is renamed into place before the journal says that the study has ended.
        if let Ok(bytes) = std::fs::read(place.path(&out_name)) {
            assert!(known == trials && bytes == expected, "half a result");
        }
    }
    let last = ended(&out, &["--resume", "--workers", "1"]);
    assert_eq!(last.code, 0, "{}", last.stdout);
    let document = last.json();
    assert_eq!(document["replayed"].as_u64(), Some(known), "what was journalled is read back");
    assert_eq!(document["trials"].as_u64(), Some(trials));
    assert!(std::fs::read(place.path(&out_name)).unwrap() == expected, "the same bytes");
    assert_eq!(journalled(&place, &journal), (trials, true), "no trial was measured twice");
    let left = place.entries();
    assert!(left.iter().all(|name| !name.ends_with(".tmp")), "drafts of killed runs: {left:?}");
    assert!(hit_work > 0, "none of {killed} kills hit work");
    format!(
        "{trials} trials, {took:.1?} undisturbed; {killed} kills, {hit_work} of them within new work; \
         {known} trials read back by the last run; the same {} bytes\n",
        expected.len()
    )
}

#[test]
fn a_search_survives_kills() {
    let params = ["window=2:41:1", "low=20:39:1", "high=60:79:1"];
    let (rows, least, format) = (80_000, Duration::ZERO, "csv");
    let victim = Victim { rows, params: &params, more: &|_| vec![], least, format };
    let _ = kill_again_and_again(&victim, 6);
}

/// `cargo test --release -p tangency-cli --test it -- --ignored fifty_kills`
///
/// Two studies, each of a minute at least when nobody kills it: all combinations of a grid, and a method
/// that learns from the trials before.
#[test]
#[ignore = "takes some six minutes"]
fn fifty_kills() {
    let least = Duration::from_secs(60);
    let params = ["window=2:121:1", "low=10:49:1"];
    let more =
        |times: f64| vec!["--param".to_owned(), format!("high=51:90:{}", 39.0 / (1.0 + times))];
    let grid = Victim { rows: 120_000, params: &params, more: &more, least, format: "parquet" };
    let mut figures = kill_again_and_again(&grid, 25);
    let params = ["window=2:1000:1", "low=5:49:0.1", "high=51:95:0.1"];
    let more = |times: f64| {
        let trials = (1000.0 * times).ceil().to_string();
        ["--method", "genetic", "--trials", &trials].map(str::to_owned).to_vec()
    };
    let genetic = Victim { rows: 120_000, params: &params, more: &more, least, format: "csv" };
    figures += &kill_again_and_again(&genetic, 25);
    // For the record: nobody runs this without wanting to know.
    std::io::stderr().write_all(figures.as_bytes()).unwrap();
}

#[test]
fn ctrl_c_loses_nothing_and_resume_ends_it() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(20_000));
    let params = ["window=2:61:1", "low=20:39:1", "high=60,65,70,75"];
    let whole = arguments(&place, "whole.csv", &params);
    assert_eq!(ended(&whole, &[]).code, 0);
    let out = arguments(&place, "stopped.csv", &params);
    let journal = place.path("stopped.csv.journal");
    let interrupted = || {
        let mut child = started(&out, &["--workers", "1"]);
        loop {
            let has_ended = child.try_wait().unwrap().is_some();
            if std::fs::metadata(&journal).is_ok_and(|file| file.len() >= 20_000) {
                break;
            }
            assert!(!has_ended, "nothing was journalled");
            std::thread::sleep(Duration::from_millis(1));
        }
        let kill = format!("kill -INT {}", child.id());
        let _ = std::process::Command::new("sh").args(["-c", &kill]).status().unwrap();
        let code = child.wait().unwrap().code();
        if code == Some(0) {
            // This process slept while that one came to its end.
            std::fs::remove_file(place.path("stopped.csv")).unwrap();
            std::fs::remove_file(&journal).unwrap();
        }
        code
    };
    let code = (0..50).map(|_| interrupted()).find(|code| *code != Some(0));
    assert_eq!(code, Some(Some(130)), "None: the study ends before it can be interrupted");
    assert!(!place.path("stopped.csv").exists());
    let (known, finished) = journalled(&place, "stopped.csv.journal");
    assert!(known > 0 && !finished);
    let last = ended(&out, &["--resume"]);
    assert_eq!(last.code, 0);
    assert_eq!(last.json()["replayed"].as_u64(), Some(known));
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(bytes("stopped.csv"), bytes("whole.csv"));
}

#[test]
fn a_full_disk_stops_the_search_and_it_can_be_resumed() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(2_000));
    let params = ["window=2:41:1", "low=20:39:1", "high=60,70,80"];
    let whole = arguments(&place, "whole.csv", &params);
    assert_eq!(ended(&whole, &[]).code, 0);
    let out = arguments(&place, "full.csv", &params);
    // A limit on the size of files in place of a full disk: 64 blocks, and the signal ignored, so
    // that writing beyond fails as it does there.
    let quoted: Vec<String> = out.iter().map(|argument| format!("'{argument}'")).collect();
    let program = env!("CARGO_BIN_EXE_tangency");
    let script = format!("trap '' XFSZ; ulimit -f 64; exec '{program}' {}", quoted.join(" "));
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("cannot write to the journal "), "{message}");
    assert!(message.ends_with("the search can be resumed"), "{message}");
    assert!(!place.path("full.csv").exists());
    let (known, finished) = journalled(&place, "full.csv.journal");
    assert!(known > 0 && !finished);
    let last = ended(&out, &["--resume"]);
    assert_eq!((last.code, last.json()["replayed"].as_u64()), (0, Some(known)), "{}", last.stdout);
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(bytes("full.csv"), bytes("whole.csv"));
    assert!(place.entries().iter().all(|name| !name.ends_with(".tmp")), "{:?}", place.entries());
}

#[test]
fn executors_and_workers_do_not_show() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(3_000));
    let params = ["window=2:21:1", "low=20:29:1", "high=60,70,80"];
    let mut files = Vec::new();
    for (at, more) in [
        &["--executor", "threads", "--workers", "1"][..],
        &["--executor", "threads", "--workers", "5", "--in-flight", "37"],
        &["--executor", "processes", "--workers", "1"],
        // Of a quarter of an hour, no trial takes as much on any machine.
        &["--executor", "processes", "--workers", "2", "--trial-deadline", "900.5"],
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{at}.parquet");
        let ended = ended(&arguments(&place, &name, &params), more);
        assert_eq!(ended.code, 0, "{}", ended.stdout);
        assert_eq!(ended.json()["trials"].as_u64(), Some(600));
        files.push(std::fs::read(place.path(&name)).unwrap());
    }
    assert!(files.iter().all(|file| *file == files[0]));
    let refused = |more: &[&str]| {
        let ended = ended(&arguments(&place, "refused.csv", &params), more);
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        ended.stdout + &ended.stderr
    };
    let message = refused(&["--executor", "threads", "--trial-deadline", "1"]);
    assert!(message.contains("--trial-deadline needs --executor processes"), "{message}");
    for wrong in ["0", "-1", "soon", "inf"] {
        let message = refused(&["--executor", "processes", &format!("--trial-deadline={wrong}")]);
        assert!(message.contains("a number of seconds above 0"), "{wrong}: {message}");
    }
    assert!(place.entries().iter().all(|name| !name.starts_with("refused")), "work had begun");
}

#[test]
fn methods_spend_the_trials_they_are_given() {
    let place = Workplace::new();
    place.write("closes.csv", &closes(1_500));
    let params = ["window=2:40:1", "low=10:45:1", "high=55:90:1"];
    for method in ["random", "quasi-random", "tpe", "hyperband", "bohb", "cma-es", "genetic"] {
        let out = arguments(&place, &format!("{method}.csv"), &params);
        let ended = ended(&out, &["--method", method, "--trials", "60", "--seed", "3"]);
        assert_eq!(ended.code, 0, "{method}: {}", ended.stdout);
        let document = ended.json();
        assert_eq!((document["trials"].as_u64(), &document["method"]), (Some(60), &method.into()));
        let lines = std::fs::read_to_string(place.path(&format!("{method}.csv"))).unwrap();
        assert_eq!(lines.lines().count(), 61, "{method}");
    }
    let folder = place.path("");
    let listed = run_with(&["studies", folder.to_str().unwrap()]);
    assert_eq!(listed.code, 0);
    assert_eq!(listed.stdout.matches("finished").count(), 7, "{}", listed.stdout);
    assert_eq!(listed.stdout.matches("by sharpe").count(), 1, "one group: {}", listed.stdout);
    let wrong = ended(&arguments(&place, "x.csv", &params), &["--method", "tpee"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stdout.contains("no method is called"), "{}", wrong.stdout);
}

#[test]
fn what_cannot_be_written_is_found_before_the_work() {
    let place = Workplace::new();
    let input = place.write("closes.csv", &closes(300));
    let line = format!(
        "grid --input {input} --strategy sma-cross --param fast=2:9:1 --param slow=10:90:1 --metric \
         sharpe --out /proc/trials.csv"
    );
    let ended = run(&line);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("/proc/trials.csv"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("backtests"), "work had begun: {}", ended.stderr);
    let ended = run(&line.replace("--out /proc/trials.csv", "--resume"));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("--resume needs --out or --journal"), "{}", ended.stderr);
}
