//! `cargo xtask bench ab`: two commits measured in turns, and the rule applied.

use serde_json::json;

use crate::Result;
use crate::metadata::Metadata;
use crate::usage::{Options, UsageError};

use super::acceptance::Report;
use super::effort::Effort;
use super::machine::{Machine, load_average};
use super::statistics::{Design, least};
use super::turns::{Measured, Selection, Side, take_turns};
use super::verdict::{Comparison, Pair, Rule, compare};
use super::worktrees::Checkout;

const FLAGS: &[&str] = &["--quick", "--json"];
const OPTIONS: &[&str] = &["--runs"];

pub(super) fn execute(arguments: &[String]) -> Result {
    let options = Options::read_with_words(arguments, FLAGS, OPTIONS)?;
    let (references, filter) = match options.words()[..] {
        [one, other] => ([one, other], None),
        [one, other, filter] => ([one, other], Some(filter)),
        _ => {
            let message = "expected `cargo xtask bench ab REF_A REF_B [FILTER]`";
            return Err(UsageError::new(message).into());
        }
    };
    let mut effort = Effort::full();
    if options.has("--quick") {
        effort = Effort::quick();
    }
    if let Some(runs) = options.value("--runs") {
        effort.runs = super::parse_runs(runs)?;
    }
    // Before our own build makes it larger.
    let load = load_average();
    let checkouts = Checkout::pair(references, &Metadata::load()?.target_directory)?;
    let labels = checkouts.each_ref().map(Checkout::label);
    let sides = [
        Side::new(&labels[0], checkouts[0].build()?),
        Side::new(&labels[1], checkouts[1].build()?),
    ];
    let measured = take_turns(&sides, Selection { filter, always: None }, &effort)?;
    let comparisons = comparisons(&measured);
    let gone = alone(&measured, 0, 1).into_iter().map(str::to_owned).collect();
    let report = Report::new(comparisons, effort.runs, measured.failures.len(), gone);
    if options.has("--json") {
        println!(
            "{}",
            json!({
                "a": labels[0], "b": labels[1], "machine": Machine::detect()?,
                "load": load, "accepted": report.is_accepted(),
                "comparisons": report.comparisons, "failures": measured.failures,
                "notes": lonely(&measured),
            })
        );
    } else {
        println!("A: {}\nB: {}\n", labels[0], labels[1]);
        print!("{report}");
        for line in lonely(&measured) {
            println!("{line}");
        }
    }
    if measured.failures.is_empty() {
        return Ok(());
    }
    Err(format!("{} failed:\n  {}", measured.failures.len(), measured.failures.join("\n  ")).into())
}

/// The cases that both sides have, compared pair by pair.
pub(super) fn comparisons(measured: &Measured) -> Vec<Comparison> {
    let times = |side: usize, case: &str| -> Vec<f64> {
        measured.sides[side][case].iter().map(|samples| least(samples)).collect()
    };
    let both = measured.sides[0].keys().filter(|case| measured.sides[1].contains_key(*case));
    let times: Vec<_> = both.map(|case| (case, times(0, case), times(1, case))).collect();
    let pairs: Vec<_> =
        times.iter().map(|(case, before, after)| Pair { case, before, after }).collect();
    compare(Design::Paired, &pairs, Rule::ACCEPTANCE)
}

/// The cases that one side has and the other has not.
fn alone(measured: &Measured, side: usize, other: usize) -> Vec<&str> {
    let cases = measured.sides[side].keys().map(String::as_str);
    cases.filter(|case| !measured.sides[other].contains_key(*case)).collect()
}

/// What only one side has is named: a case that went missing is no improvement.
fn lonely(measured: &Measured) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, other, name) in [(0, 1, "A"), (1, 0, "B")] {
        let alone = alone(measured, side, other);
        if !alone.is_empty() {
            lines.push(format!("only in {name}, not compared: {}", alone.join(", ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_one_side_are_named_and_not_compared() {
        let side = |cases: &[&str]| {
            let runs = vec![vec![1.0, 2.0]; 10];
            cases.iter().map(|&case| (case.to_owned(), runs.clone())).collect()
        };
        let measured = Measured {
            sides: vec![side(&["pool/a/b", "pool/old/b"]), side(&["pool/a/b"])],
            failures: Vec::new(),
        };
        let compared = comparisons(&measured);
        assert_eq!(compared.len(), 1);
        assert_eq!((compared[0].before, compared[0].change), (1.0, 0.0));
        assert_eq!(lonely(&measured), ["only in A, not compared: pool/old/b"]);
    }
}
