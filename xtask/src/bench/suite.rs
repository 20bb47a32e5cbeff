//! `cargo xtask bench [FILTER]`: measure, remember, and compare with what was before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::Result;
use crate::metadata::Metadata;
use crate::process::workspace_root;
use crate::usage::{Options, UsageError};

use super::effort::Effort;
use super::history::{Baseline, Contents, Earlier, History, find};
use super::machine::{Machine, busy_note, load_average};
use super::memory;
use super::page::Page;
use super::programs;
use super::record::{Record, Run, is_path};
use super::statistics::{Design, median};
use super::table::{Table, bytes, p_value, percent, time};
use super::turns::{Selection, Side, take_turns};
use super::verdict::{Comparison, Pair, Rule, compare};

/// The program of the kernels that never change, which runs whatever the filter.
const YARDSTICKS: &str = "judge";

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

    // Before our own build makes it larger.
    let load = load_average();
    if let Some(note) = busy_note(load) {
        eprintln!("{note}");
    }
    let target = Metadata::load()?.target_directory;
    let history = History::locate(options.value("--history"), &target);
    // Before anything is measured: a mistyped baseline should not cost the time of a run.
    let before = history.read()?;
    let baseline = Baseline::resolve(options.value("--baseline"), &before)?;
    let built = programs::build(&workspace_root(), None, None)?;
    let run = Run::begin(Machine::detect()?, effort.method, options.value("--save"), load)?;
    let mut counted = memory::measure(&built)?;
    let selection = Selection { filter, always: Some(YARDSTICKS) };
    let mut measured = take_turns(&[Side::new("here", built)], selection, &effort)?;

    let records: Vec<Record> = std::mem::take(&mut measured.sides[0])
        .into_iter()
        .map(|(case, processes)| {
            let memory = counted.remove(&case);
            Record { memory, ..Record::new(run.clone(), case, &processes) }
        })
        .collect();
    history.append(&records)?;

    let against = Against::new(&run, &records, &before, &baseline, filter);
    let mut notes = against.notes(&run, &records, &baseline, gate.is_some());
    notes.extend(before.notes());
    if filter.is_none() && !counted.is_empty() {
        let names: Vec<&str> = counted.keys().map(String::as_str).collect();
        notes
            .push(format!("allocations counted, but no bench has that name: {}", names.join(", ")));
    }
    if options.has("--json") {
        let document = json!({
            "run": run, "records": records, "baseline": baseline.describe(),
            "comparisons": against.comparisons, "not_compared": against.refused,
            "vanished": against.vanished, "failures": measured.failures, "notes": notes,
        });
        println!("{document}");
    } else {
        println!("{}", against.table(&records).text());
        for line in &notes {
            println!("{line}");
        }
        println!("{} records added to {}", records.len(), history.path().display());
    }
    if options.has("--write-docs") {
        let all = history.read()?.records;
        Page::load()?.write_cases(&run, &records, &all, &measured.failures)?;
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
    // A gate that compared nothing, or left something out, must not look like one that was passed.
    if !against.vanished.is_empty() {
        let names = against.vanished.join(", ");
        return Err(format!(
            "the gate cannot judge what the baseline has and this run has not: {names}"
        )
        .into());
    }
    if let Some((case, why)) = against.refused.first_key_value() {
        let (cases, of) = (against.refused.len(), records.len());
        return Err(format!(
            "the gate cannot judge {cases} of {of} cases, such as `{case}`: {why}"
        )
        .into());
    }
    if against.judged().next().is_none() {
        return Err("the gate had nothing to compare with".into());
    }
    let level = Rule::ACCEPTANCE.level;
    let slower = against.judged().filter(|it| it.is_slower_by(gate, level));
    let slower: Vec<String> =
        slower.map(|it| format!("{} by {}", it.case, percent(it.change))).collect();
    if slower.is_empty() {
        return Ok(());
    }
    let moved = if against.has_machine_moved() { " (the machine itself moved)" } else { "" };
    Err(format!("slower by {} or more{moved}: {}", percent(gate), slower.join(", ")).into())
}

/// Kernels that never change: theirs is the machine's change.
fn is_yardstick(case: &str) -> bool {
    case.split('/').next() == Some(YARDSTICKS)
}

/// Whether a filter takes a case, where one can tell without reading regular expressions.
fn takes(filter: &str, case: &str) -> Option<bool> {
    let is_plain = |text: &str| text.chars().all(|it| it.is_alphanumeric() || "/-_ ".contains(it));
    let inner = filter.strip_prefix('^').unwrap_or(filter);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    is_plain(inner).then(|| match (filter.starts_with('^'), filter.ends_with('$')) {
        (true, true) => case == inner,
        (true, false) => case.starts_with(inner),
        (false, true) => case.ends_with(inner),
        (false, false) => case.contains(inner),
    })
}

/// The run beside its baseline.
#[derive(Debug, Default)]
struct Against {
    comparisons: Vec<Comparison>,
    /// Cases that the baseline has, and why they were not compared.
    refused: BTreeMap<String, String>,
    /// Cases that the baseline has and the run should have.
    vanished: Vec<String>,
    /// The filter, where cases of the baseline could not be held against it.
    unread_filter: Option<String>,
    /// The commits and the compilers that the comparisons are with.
    commits: BTreeSet<String>,
    toolchains: BTreeSet<String>,
}

impl Against {
    fn new(
        run: &Run,
        records: &[Record],
        before: &Contents,
        baseline: &Baseline,
        filter: Option<&str>,
    ) -> Self {
        let mut against = Self::default();
        // The yardsticks are no part of the family that p-values are adjusted over.
        let (mut pairs, mut yardsticks) = (Vec::new(), Vec::new());
        for record in records {
            let of = &record.of;
            match find(&before.records, baseline, &record.case, &of.machine, of.method) {
                Earlier::Comparable(earlier) => {
                    against.commits.insert(earlier.of.commit_mark());
                    against.toolchains.insert(earlier.of.toolchain.clone());
                    let (before, after) = (earlier.times.as_slice(), record.times.as_slice());
                    let family =
                        if is_yardstick(&record.case) { &mut yardsticks } else { &mut pairs };
                    family.push(Pair { case: &record.case, before, after });
                }
                Earlier::Incomparable(why) => {
                    against.refused.insert(record.case.clone(), why);
                }
                Earlier::Nothing => {}
            }
        }
        for family in [&pairs, &yardsticks] {
            against.comparisons.extend(compare(Design::Apart, family, Rule::ACCEPTANCE));
        }
        let measured: BTreeSet<&str> = records.iter().map(|record| record.case.as_str()).collect();
        for case in baseline.cases(&before.records, &run.machine, run.method) {
            match filter.map_or(Some(true), |filter| takes(filter, case)) {
                Some(true) if !measured.contains(case) => against.vanished.push(case.to_owned()),
                None => against.unread_filter = filter.map(str::to_owned),
                _ => {}
            }
        }
        against
    }

    /// The comparisons that say something about the code.
    fn judged(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|it| !is_yardstick(&it.case))
    }

    fn has_machine_moved(&self) -> bool {
        self.of(YARDSTICK).is_some_and(|it| it.change.abs() > YARDSTICK_MOVES)
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
                None => {
                    let is_refused = self.refused.contains_key(&record.case);
                    let word = if is_refused { "not compared" } else { "new" };
                    ["-", "", "", "", word].map(str::to_owned)
                }
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

    fn notes(
        &self,
        run: &Run,
        records: &[Record],
        baseline: &Baseline,
        is_gate: bool,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.comparisons.is_empty() {
            let commits: Vec<&str> = self.commits.iter().map(String::as_str).collect();
            notes.push(format!(
                "compared: least time of each process, {} against {} ({}); `before` and `change` \
                 are medians over processes",
                run.commit_mark(),
                baseline.describe(),
                commits.join(", "),
            ));
        } else if self.refused.is_empty() {
            notes.push(format!("the history has nothing of {} yet", baseline.describe()));
        }
        let other = self.toolchains.iter().filter(|toolchain| **toolchain != run.toolchain);
        notes.extend(other.map(|toolchain| {
            format!(
                "another compiler: `{toolchain}` there, `{}` here; its doing is in the changes",
                run.toolchain
            )
        }));
        let reasons: BTreeSet<&String> = self.refused.values().collect();
        for why in reasons {
            let cases = self.refused.values().filter(|told| *told == why).count();
            notes.push(format!("{cases} cases not compared, {why}"));
        }
        if !self.vanished.is_empty() {
            let names = self.vanished.join(", ");
            notes.push(format!("in {}, but not in this run: {names}", baseline.describe()));
        }
        if let Some(filter) = &self.unread_filter {
            notes
                .push(format!("whether cases that `{filter}` takes have vanished was not checked"));
        }
        let runs = records.iter().map(|record| record.times.len()).min().unwrap_or(0);
        if is_gate && runs < Rule::ACCEPTANCE.runs {
            notes.push(format!(
                "warning: {runs} runs of each case, where the rule asks for {}: the gate sees large \
                 slowdowns only",
                Rule::ACCEPTANCE.runs
            ));
        }
        let yardstick = records.iter().find(|record| record.case == YARDSTICK);
        if let (Some(now), Some(it), true) =
            (yardstick, self.of(YARDSTICK), self.has_machine_moved())
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

    fn beside(records: Vec<Record>, before: Vec<Record>) -> (Vec<Record>, Against) {
        let before = Contents { records: before, ..Contents::default() };
        let run = records[0].of.clone();
        let against = Against::new(&run, &records, &before, &Baseline::Last, None);
        (records, against)
    }

    fn against(after: Record) -> (Vec<Record>, Against) {
        beside(vec![after], vec![example(CASE, "a", &BEFORE)])
    }

    fn gated(records: &[Record], against: &Against) -> std::result::Result<(), String> {
        conclude(&[], records, against, Some(0.1)).map_err(|error| error.to_string())
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
    fn a_gate_that_compared_nothing_is_not_passed() {
        let (records, of) = beside(vec![slower()], Vec::new());
        assert!(conclude(&[], &records, &of, None).is_ok());
        assert!(gated(&records, &of).unwrap_err().contains("nothing to compare"));
        let mut elsewhere = slower();
        elsewhere.of.machine.cores = 64;
        let (records, of) = against(elsewhere);
        assert!(gated(&records, &of).unwrap_err().contains("cores"));
        assert!(of.table(&records).text().contains("not compared"));
        // The yardstick alone says nothing about the code.
        let yardstick = || example(YARDSTICK, "a", &BEFORE);
        let (records, of) = beside(vec![yardstick(), slower()], vec![yardstick()]);
        assert!(gated(&records, &of).unwrap_err().contains("nothing to compare"));
    }

    #[test]
    fn a_gate_misses_a_case_that_is_gone() {
        let gone = || example("pool/gone/ours", "a", &BEFORE);
        let same = || example(CASE, "b", &BEFORE);
        let (records, of) = beside(vec![same()], vec![example(CASE, "a", &BEFORE), gone()]);
        assert!(gated(&records, &of).unwrap_err().contains("pool/gone/ours"));
        let notes = of.notes(&records[0].of, &records, &Baseline::Last, true).join("\n");
        assert!(notes.contains("pool/gone/ours"), "{notes}");
        // A filter that leaves it out asks for nothing.
        let before = Contents { records: vec![same(), gone()], ..Contents::default() };
        let run = &records[0].of;
        let of = |filter| Against::new(run, &records, &before, &Baseline::Last, Some(filter));
        assert!(of("dispatch").vanished.is_empty());
        assert_eq!(of("^pool/").vanished, ["pool/gone/ours"]);
        assert_eq!(of("gone|dispatch").unread_filter.as_deref(), Some("gone|dispatch"));
    }

    #[test]
    fn a_gate_on_few_runs_and_another_compiler_are_told() {
        let few = example(CASE, "b", &BEFORE[..3]);
        let (mut records, of) = against(few);
        records[0].of.toolchain = "rustc 1.96.0".to_owned();
        let notes = of.notes(&records[0].of, &records, &Baseline::Last, true).join("\n");
        assert!(notes.contains("warning: 3 runs") && notes.contains("another compiler"), "{notes}");
        let notes = of.notes(&records[0].of, &records, &Baseline::Last, false).join("\n");
        assert!(!notes.contains("warning"));
    }

    #[test]
    fn a_record_of_another_machine_is_named_and_not_compared() {
        let mut elsewhere = slower();
        elsewhere.of.machine.cores = 64;
        let (records, of) = against(elsewhere);
        assert!(of.comparisons.is_empty());
        let notes = of.notes(&records[0].of, &records, &Baseline::Last, false).join("\n");
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
