//! `cargo xtask bench trial`: whether the judge sees what was planted.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use serde::Serialize;

use crate::Result;
use crate::process::workspace_root;
use crate::usage::Options;

use super::ab::comparisons;
use super::effort::Effort;
use super::machine::{Machine, load_average};
use super::page::Page;
use super::programs;
use super::statistics::{least, median};
use super::table::{Table, percent};
use super::turns::{Selection, Side, take_turns};
use super::verdict::Verdict;

/// Percent of additional work, and what the judge must never, or always, say of it.
const PLANTED: [(u32, Demand); 4] = [
    (0, Demand::NeverSlower),
    (3, Demand::None),
    (10, Demand::AlwaysSlower),
    (30, Demand::AlwaysSlower),
];

const TRIES: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Demand {
    NeverSlower,
    AlwaysSlower,
    None,
}

/// The word of our own executable that keeps a core busy.
pub(super) const BUSY: &str = "busy";

pub(super) fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--quiet", "--write-docs"], &["--tries", "--runs"])?;
    let tries = options.value("--tries").map(super::parse_runs).transpose()?.unwrap_or(TRIES);
    let mut effort = Effort::full();
    if let Some(runs) = options.value("--runs") {
        effort.runs = super::parse_runs(runs)?;
    }
    let programs = programs::build(&workspace_root(), None, Some("judge"))?;
    let load = if options.has("--quiet") { None } else { Some(Busy::start()?) };
    let mut tallies = Vec::new();
    for (percent, demand) in PLANTED {
        let plain = Side::new("plain", programs.clone());
        let environment = vec![("TANGENCY_PLANTED_SLOWDOWN", percent.to_string())];
        let planted = Side { environment, ..Side::new("planted", programs.clone()) };
        let sides = [plain, planted];
        let mut of_case: BTreeMap<String, Tally> = BTreeMap::new();
        for at in 1..=tries {
            eprintln!("{percent} % planted, try {at} of {tries}");
            let measured = take_turns(&sides, Selection::default(), &effort)?;
            if let Some(failure) = measured.failures.first() {
                return Err(failure.clone().into());
            }
            for it in comparisons(&measured) {
                let tally = of_case.entry(it.case).or_insert_with(|| Tally::new(percent, demand));
                tally.verdicts.push(it.verdict);
                tally.changes.push(it.change);
            }
        }
        tallies.extend(of_case);
    }
    drop(load);
    let table = table(&tallies);
    let machine = Machine::detect()?;
    let with = if options.has("--quiet") {
        "no other process started"
    } else {
        "one busy process beside it"
    };
    let load = load_average().map_or(String::new(), |load| format!(", load {load} at the end"));
    let setting = format!("{} pairs of runs each, {with}{load}; {}", effort.runs, machine.line());
    println!("{}\n{setting}", table.text());
    if options.has("--write-docs") {
        Page::load()?.write_trial(&table, &setting)?;
    }
    let missed: Vec<String> = tallies
        .iter()
        .filter(|(_, tally)| !tally.is_met())
        .map(|(case, tally)| format!("{case} at {} %", tally.percent))
        .collect();
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!("the judge erred: {}", missed.join(", ")).into())
    }
}

#[derive(Debug, Serialize)]
struct Tally {
    percent: u32,
    #[serde(skip)]
    demand: Demand,
    verdicts: Vec<Verdict>,
    changes: Vec<f64>,
}

impl Tally {
    fn new(percent: u32, demand: Demand) -> Self {
        Self { percent, demand, verdicts: Vec::new(), changes: Vec::new() }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.iter().filter(|&&said| said == verdict).count()
    }

    fn is_met(&self) -> bool {
        match self.demand {
            Demand::NeverSlower => self.count(Verdict::Slower) == 0,
            Demand::AlwaysSlower => self.count(Verdict::Slower) == self.verdicts.len(),
            Demand::None => true,
        }
    }
}

fn table(tallies: &[(String, Tally)]) -> Table {
    let mut table = Table::new(&[
        "case",
        "planted",
        "tries",
        "slower",
        "same",
        "noisy",
        "faster",
        "change seen",
        "least",
        "most",
        "as required",
    ]);
    for (case, tally) in tallies {
        let most = tally.changes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut row = vec![case.clone(), format!("{} %", tally.percent)];
        row.push(tally.verdicts.len().to_string());
        let verdicts = [Verdict::Slower, Verdict::Same, Verdict::Noisy, Verdict::Faster];
        row.extend(verdicts.map(|verdict| tally.count(verdict).to_string()));
        row.extend([median(&tally.changes), least(&tally.changes), most].map(percent));
        row.push(match (tally.demand, tally.is_met()) {
            (Demand::None, _) => "-".to_owned(),
            (_, true) => "yes".to_owned(),
            (_, false) => "no".to_owned(),
        });
        table.row(row);
    }
    table
}

/// A process that keeps one core busy for as long as this value lives.
struct Busy(Child);

impl Busy {
    fn start() -> Result<Self> {
        // It ends when its standard input does, and so with us, however we end.
        let mut command = Command::new(std::env::current_exe()?);
        Ok(Self(command.args(["bench", BUSY]).stdin(Stdio::piped()).spawn()?))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Keeps a core busy until standard input ends.
pub(super) fn stay_busy() -> Result {
    std::thread::spawn(|| {
        let mut turn = 0_u64;
        loop {
            turn = std::hint::black_box(turn.wrapping_mul(31).wrapping_add(1));
        }
    });
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_holds_the_judge_to_what_was_planted() {
        let tally = |percent, demand, verdicts: &[Verdict]| {
            let verdicts = verdicts.to_vec();
            let changes = vec![0.1; verdicts.len()];
            Tally { verdicts, changes, ..Tally::new(percent, demand) }
        };
        use Verdict::{Noisy, Same, Slower};
        assert!(tally(10, Demand::AlwaysSlower, &[Slower, Slower]).is_met());
        assert!(!tally(10, Demand::AlwaysSlower, &[Slower, Noisy]).is_met());
        assert!(tally(0, Demand::NeverSlower, &[Same, Noisy]).is_met());
        assert!(!tally(0, Demand::NeverSlower, &[Same, Slower]).is_met());
        assert!(tally(3, Demand::None, &[Same, Slower]).is_met());
        let text = table(&[("a".to_owned(), tally(3, Demand::None, &[Same, Slower]))]).text();
        assert!(text.contains("+10.0 %"), "{text}");
    }
}
