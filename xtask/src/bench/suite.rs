//! `cargo xtask bench [FILTER]`: measure, remember, and compare with what was before.

use std::collections::BTreeMap;

use serde_json::json;

use crate::Result;
use crate::metadata::Metadata;
use crate::process::workspace_root;
use crate::usage::{Options, UsageError};

use super::effort::Effort;
use super::history::{Baseline, Earlier, History, find};
use super::machine::{Machine, busy_note};
use super::memory;
use super::page::Page;
use super::programs;
use super::record::{Record, Run, is_path};
use super::statistics::{Design, median};
use super::table::{Table, bytes, p_value, percent, time};
use super::turns::{Side, take_turns};
use super::verdict::{Comparison, Pair, Rule, compare};

/// The kernel that never changes: what moves it moved the machine.
const YARDSTICK: &str = "judge/yardstick/compute";

/// A change of the yardstick beyond which the machine itself is not what it was.
const YARDSTICK_MOVES: f64 = 0.03;

const FLAGS: &[&str] = &["--quick", "--json", "--write-docs"];
const OPTIONS: &[&str] = &["--baseline", "--save", "--gate", "--history", "--runs"];

pub(super) fn execute(arguments: &[String]) -> Result {
    let options = Options::read_with_words(arguments, FLAGS, OPTIONS)?;
    let filter = match options.words()[..] {
        [] => None,
        [filter] => Some(filter),
        [_, unexpected, ..] => {
            let message = format!("unexpected argument `{unexpected}` after the filter");
            return Err(UsageError::new(message).into());
        }
    };
    if options.has("--write-docs") && filter.is_some() {
        let message = "`--write-docs` shows the whole suite: leave the filter out";
        return Err(UsageError::new(message).into());
    }
    let gate = options.value("--gate").map(percentage).transpose()?;
    let mut effort = if options.has("--quick") { Effort::quick() } else { Effort::full() };
    if let Some(runs) = options.value("--runs") {
        effort.runs = super::parse_runs(runs)?;
    }

    let target = Metadata::load()?.target_directory;
    let history = History::locate(options.value("--history"), &target);
    // Before anything is measured: a mistyped baseline should not cost the time of a run.
    let before = history.read()?;
    let baseline = Baseline::resolve(options.value("--baseline"), &before)?;
    let built = programs::build(&workspace_root(), None, None)?;
    let run = Run::begin(Machine::detect()?, effort.method, options.value("--save"))?;
    if let Some(note) = busy_note(run.load) {
        eprintln!("{note}");
    }
    let counted = memory::measure(&built)?;
    let mut measured = take_turns(&[Side::new("here", built)], filter, &effort)?;

    let records: Vec<Record> = std::mem::take(&mut measured.sides[0])
        .into_iter()
        .map(|(case, processes)| {
            let memory = counted.get(&case).copied();
            Record { memory, ..Record::new(run.clone(), case, &processes) }
        })
        .collect();
    history.append(&records)?;

    let against = Against::new(&records, &before.records, &baseline);
    if options.has("--json") {
        let document = json!({
            "run": run, "records": records, "baseline": baseline.describe(),
            "comparisons": against.comparisons, "not_compared": against.refused,
            "failures": measured.failures,
        });
        println!("{document}");
    } else {
        println!("{}", against.table(&records).text());
        for line in against.notes(&run, &records, &baseline) {
            println!("{line}");
        }
        if before.unreadable > 0 {
            println!("lines of the history that are torn and were skipped: {}", before.unreadable);
        }
        println!("{} records added to {}", records.len(), history.path().display());
    }
    if options.has("--write-docs") {
        let all = history.read()?.records;
        Page::load()?.write_cases(&run, &records, &all)?;
    }
    conclude(&measured.failures, &records, &against, gate)
}

fn percentage(text: &str) -> std::result::Result<f64, UsageError> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if percent >= 0.0 && percent.is_finite() => Ok(percent / 100.0),
        _ => Err(UsageError::new(format!("`--gate {text}`: expected a percentage, such as 5"))),
    }
}

/// What makes the command fail, after everything has been measured and written.
fn conclude(
    failures: &[String],
    records: &[Record],
    against: &Against,
    gate: Option<f64>,
) -> Result {
    if !failures.is_empty() {
        return Err(format!("{} failed:\n  {}", failures.len(), failures.join("\n  ")).into());
    }
    let misnamed: Vec<&str> =
        records.iter().map(|r| r.case.as_str()).filter(|case| !is_path(case)).collect();
    if !misnamed.is_empty() {
        let names = misnamed.join(", ");
        return Err(format!("not named crate/case/implementation: {names}").into());
    }
    let Some(gate) = gate else { return Ok(()) };
    let level = Rule::ACCEPTANCE.level;
    let slower = against.comparisons.iter().filter(|it| it.is_slower_by(gate, level));
    let slower: Vec<String> =
        slower.map(|it| format!("{} by {}", it.case, percent(it.change))).collect();
    if slower.is_empty() {
        return Ok(());
    }
    Err(format!("slower by {} or more: {}", percent(gate), slower.join(", ")).into())
}

/// The run beside its baseline.
#[derive(Debug, Default)]
struct Against {
    comparisons: Vec<Comparison>,
    /// Cases that the baseline has, and why they were not compared.
    refused: BTreeMap<String, String>,
    /// The commits that the comparisons are with.
    commits: Vec<String>,
}

impl Against {
    fn new(records: &[Record], before: &[Record], baseline: &Baseline) -> Self {
        let mut against = Self::default();
        let mut pairs = Vec::new();
        for record in records {
            let of = &record.of;
            match find(before, baseline, &record.case, &of.machine, of.method) {
                Earlier::Comparable(earlier) => {
                    against.commits.push(earlier.of.commit_mark());
                    let (before, after) = (earlier.times.as_slice(), record.times.as_slice());
                    pairs.push(Pair { case: &record.case, before, after });
                }
                Earlier::Incomparable(why) => {
                    against.refused.insert(record.case.clone(), why);
                }
                Earlier::Nothing => {}
            }
        }
        against.commits.sort_unstable();
        against.commits.dedup();
        against.comparisons = compare(Design::Apart, &pairs, Rule::ACCEPTANCE);
        against
    }

    fn of(&self, case: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| comparison.case == case)
    }

    fn table(&self, records: &[Record]) -> Table {
        let with_memory = records.iter().any(|record| record.memory.is_some());
        let mut head = vec!["case", "least", "median", "before", "change", "95 %", "p", "verdict"];
        if with_memory {
            head.extend(["allocations", "peak"]);
        }
        let mut table = Table::new(&head);
        for record in records {
            let mut row = vec![record.case.clone(), time(record.min), time(record.median)];
            row.extend(match self.of(&record.case) {
                Some(it) => [
                    time(it.before),
                    percent(it.change),
                    format!("{} to {}", percent(it.low), percent(it.high)),
                    p_value(it.p_adjusted),
                    it.verdict.to_string(),
                ],
                None => ["-", "", "", "", "new"].map(str::to_owned),
            });
            if with_memory {
                row.extend(match record.memory {
                    Some(it) => [it.allocations.to_string(), bytes(it.peak_bytes as f64)],
                    None => [String::new(), String::new()],
                });
            }
            table.row(row);
        }
        table
    }

    fn notes(&self, run: &Run, records: &[Record], baseline: &Baseline) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.comparisons.is_empty() {
            notes.push(format!(
                "compared: least time of each process, {} against {} ({}); `before` and `change` \
                 are medians over processes",
                run.commit_mark(),
                baseline.describe(),
                self.commits.join(", "),
            ));
        } else if self.refused.is_empty() {
            notes.push(format!("the history has nothing of {} yet", baseline.describe()));
        }
        let reasons: std::collections::BTreeSet<&String> = self.refused.values().collect();
        for why in reasons {
            let cases = self.refused.values().filter(|told| *told == why).count();
            notes.push(format!("{cases} cases not compared, {why}"));
        }
        let yardstick = records.iter().find(|record| record.case == YARDSTICK);
        if let (Some(now), Some(it)) = (yardstick, self.of(YARDSTICK))
            && it.change.abs() > YARDSTICK_MOVES
        {
            notes.push(format!(
                "the machine itself moved: a kernel that never changes took {} against {} then; \
                 `cargo xtask bench ab` is not misled by that",
                time(median(&now.times)),
                time(it.before),
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::example;

    const CASE: &str = "pool/dispatch/auto";
    const BEFORE: [f64; 10] = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 101.2, 98.8, 100.0];

    fn against(after: Record) -> (Vec<Record>, Against) {
        let records = vec![after];
        let against = Against::new(&records, &[example(CASE, "a", &BEFORE)], &Baseline::Last);
        (records, against)
    }

    fn slower() -> Record {
        example(CASE, "b", &BEFORE.map(|time| 1.2 * time + 0.01))
    }

    #[test]
    fn a_slowdown_passes_the_gate_only_where_it_is_small_enough() {
        let (records, against) = against(slower());
        assert!(conclude(&[], &records, &against, None).is_ok());
        assert!(conclude(&[], &records, &against, Some(0.5)).is_ok());
        let error = conclude(&[], &records, &against, Some(0.1)).unwrap_err().to_string();
        assert!(error.contains(CASE) && error.contains("+20."), "{error}");
    }

    #[test]
    fn failures_and_wrong_names_fail_the_run() {
        let (records, of) = against(slower());
        let failures = ["the bench `pool` failed in `pool/a/b`".to_owned()];
        let error = conclude(&failures, &records, &of, None).unwrap_err().to_string();
        assert!(error.contains("pool/a/b"));
        let (records, of) = against(example("panel/arima", "b", &BEFORE));
        let error = conclude(&[], &records, &of, None).unwrap_err().to_string();
        assert!(error.contains("panel/arima"));
    }

    #[test]
    fn the_table_shows_the_change_and_says_what_is_new() {
        let (records, of) = against(slower());
        let text = of.table(&records).text();
        assert!(text.contains("slower") && text.contains("+20."), "{text}");
        let (records, of) = against(example("pool/other/ours", "b", &BEFORE));
        assert!(of.table(&records).text().contains("new"));
    }

    #[test]
    fn a_record_of_another_machine_is_named_and_not_compared() {
        let mut elsewhere = slower();
        elsewhere.of.machine.cores = 64;
        let (records, of) = against(elsewhere);
        assert!(of.comparisons.is_empty());
        let notes = of.notes(&records[0].of, &records, &Baseline::Last).join("\n");
        assert!(notes.contains("1 cases not compared") && notes.contains("cores"), "{notes}");
    }

    #[test]
    fn a_gate_is_a_percentage() {
        assert_eq!(percentage("5").unwrap(), 0.05);
        assert_eq!(percentage("2.5%").unwrap(), 0.025);
        for text in ["-1", "five", "inf"] {
            assert!(percentage(text).is_err(), "{text}");
        }
    }
}
