//! Ours and theirs in one program of ours: the bench says which cases it has checked to answer the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::Result;

use super::super::effort::Effort;
use super::super::measure::measure;
use super::super::programs::Program;
use super::super::statistics::least;
use super::{Row, criterion};

/// Programs of this name hold ours and theirs side by side.
const SIDE_BY_SIDE: &str = "_peers";

/// What a bench tells of a case once it has asserted its answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Checked {
    case: String,
    threads: u32,
    /// The case that it is held against, always the same one.
    ours: String,
    our_threads: u32,
}

/// What the benches told into the folder of the run.
pub(super) fn read(folder: &Path) -> Result<Vec<Checked>> {
    let text = std::fs::read_to_string(folder.join("beside.jsonl")).unwrap_or_default();
    let read = |line: &str| {
        let told = |error| format!("a case beside ours cannot be read ({error}): {line}");
        serde_json::from_str(line).map_err(|error: serde_json::Error| told(error).into())
    };
    text.lines().map(read).collect()
}

/// The least time of each case of the programs side by side.
pub(super) fn time(
    programs: &[Program],
    filter: &str,
    effort: &Effort,
) -> Result<BTreeMap<String, f64>> {
    let mut times = BTreeMap::new();
    for program in criterion(programs).filter(|program| program.name.ends_with(SIDE_BY_SIDE)) {
        for round in 1..=effort.runs {
            eprintln!("side by side, round {round} of {}: {}", effort.runs, program.name);
            let filter = (!filter.is_empty()).then_some(filter);
            for (case, samples) in measure(program, filter, effort, &[])? {
                let best = times.entry(case).or_insert(f64::INFINITY);
                *best = best.min(least(&samples));
            }
        }
    }
    Ok(times)
}

/// Crate and case of `crate/case/implementation`, and the implementation.
fn parts(case: &str) -> (&str, &str) {
    case.rsplit_once('/').unwrap_or(("", case))
}

/// Implementations that begin with `tangency` are ours. Theirs get a ratio where the bench has checked them.
pub(super) fn rows(times: &BTreeMap<String, f64>, checked: &[Checked]) -> Vec<Row> {
    let is_ours = |case: &str| parts(case).1.starts_with("tangency");
    let with_ours: BTreeSet<&str> =
        times.keys().filter(|case| is_ours(case)).map(|case| parts(case).0).collect();
    let theirs = times.iter().filter(|(case, _)| !is_ours(case));
    let theirs = theirs.filter(|(case, _)| with_ours.contains(parts(case).0));
    theirs.map(|(case, &ns)| row(case, ns, times, checked)).collect()
}

fn row(case: &str, ns: f64, times: &BTreeMap<String, f64>, checked: &[Checked]) -> Row {
    let mut row = Row {
        peer: case.to_owned(),
        version: None,
        ours: None,
        ours_ns: None,
        theirs_ns: Some(ns),
        ratio: None,
        apart: None,
        remark: "not compared: the bench checks no answer".to_owned(),
    };
    let Some(it) = checked.iter().find(|it| it.case == case) else { return row };
    let Some(&ours) = times.get(&it.ours) else {
        row.remark = format!("not compared: `{}` was not timed", it.ours);
        return row;
    };
    row.ours = Some(it.ours.clone());
    row.ours_ns = Some(ours);
    row.ratio = Some(ns / ours);
    row.apart = Some(0.0);
    let threads =
        |count: u32| if count == 1 { "1 thread".to_owned() } else { format!("{count} threads") };
    let theirs = if it.threads == it.our_threads {
        String::new()
    } else {
        format!(", theirs on {}", threads(it.threads))
    };
    row.remark = format!("beside `{}` on {}{theirs}", parts(&it.ours).1, threads(it.our_threads));
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> BTreeMap<String, f64> {
        let times = [
            ("pool/call/rayon", 4.0),
            ("pool/call/sequential", 8.0),
            ("pool/call/threadpool", 9.0),
            ("pool/call/tangency-slow", 3.0),
            ("pool/call/tangency-batch", 2.0),
            ("pool/chunking/static", 2.0),
        ];
        times.map(|(case, time)| (case.to_owned(), time)).into()
    }

    fn checked(case: &str, threads: u32) -> Checked {
        Checked {
            case: case.to_owned(),
            threads,
            ours: "pool/call/tangency-slow".to_owned(),
            our_threads: 2,
        }
    }

    #[test]
    fn a_ratio_is_against_the_one_variant_that_the_bench_names() {
        let told = [checked("pool/call/rayon", 2), checked("pool/call/sequential", 1)];
        let rows = rows(&times(), &told);
        let of = |name: &str| rows.iter().find(|row| row.peer.ends_with(name)).unwrap();
        // Not against the fastest of ours.
        assert_eq!(of("rayon").ratio, Some(4.0 / 3.0));
        assert_eq!(of("rayon").remark, "beside `tangency-slow` on 2 threads");
        let remark = &of("sequential").remark;
        assert_eq!(remark, "beside `tangency-slow` on 2 threads, theirs on 1 thread");
    }

    #[test]
    fn what_the_bench_has_not_checked_is_listed_and_not_compared() {
        let rows = rows(&times(), &[]);
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.ratio.is_none() && row.remark.contains("no answer")));
    }

    #[test]
    fn what_benches_tell_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        let line = r#"{"case":"pool/a/b","threads":1,"ours":"pool/a/tangency","our_threads":2}"#;
        std::fs::write(folder.path().join("beside.jsonl"), line).unwrap();
        assert_eq!(read(folder.path()).unwrap()[0].our_threads, 2);
        std::fs::write(folder.path().join("beside.jsonl"), "torn").unwrap();
        assert!(read(folder.path()).is_err());
    }
}
