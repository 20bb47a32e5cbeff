//! `cargo xtask bench peers`: other software on the same input, in the same run, answers first.

mod beside;
mod lines;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Result;
use crate::metadata::Metadata;
use crate::process::workspace_root;
use crate::usage::{Options, UsageError};

use super::effort::Effort;
use super::machine::{Machine, load_average};
use super::measure::measure;
use super::page::{self, Page};
use super::programs::{self, Kind, Program};
use super::settings;
use super::statistics::least;
use super::table::{Table, digits, time};
use lines::{Agreement, Line};

/// Matches no case: the programs then only prepare, and tell input and answers.
const NOTHING: &str = "^$";

pub(super) fn execute(arguments: &[String]) -> Result {
    let flags = ["--quick", "--json", "--write-docs"];
    let options = Options::read_with_words(arguments, &flags, &[])?;
    let filter = match options.words()[..] {
        [] => "",
        [filter] => filter,
        _ => return Err(UsageError::new("expected at most one FILTER").into()),
    };
    if options.has("--write-docs") && !filter.is_empty() {
        let message = "`--write-docs` shows all peers: leave the filter out";
        return Err(UsageError::new(message).into());
    }
    // Few cases are timed: samples short enough to slip between other programs in any case.
    let effort = Effort { runs: if options.has("--quick") { 1 } else { 3 }, ..Effort::full() };
    let load = load_average();
    let target = Metadata::load()?.target_directory;
    let programs = programs::build(&workspace_root(), None, None)?;
    let folder = tempfile::tempdir()?;
    let (telling, answers) = tell(&programs, folder.path())?;
    let printed = tools::run_all(filter, folder.path(), &target)?;
    let wanted = matched(&printed.lines, &answers);
    let times = time_ours(&telling, &wanted, &effort)?;
    let mut rows: Vec<Row> = printed.lines.iter().map(|line| row(line, &answers, &times)).collect();
    let times = beside::time(&programs, filter, &effort)?;
    rows.extend(beside::rows(&times, &beside::read(folder.path())?));
    rows.sort_by(|one, other| one.peer.cmp(&other.peer));

    let machine = Machine::detect()?;
    if options.has("--json") {
        let document = json!({
            "machine": machine, "load": load, "rows": rows,
            "missing": printed.missing, "failures": printed.failures,
        });
        println!("{document}");
    } else {
        println!("{}", table(&rows).text());
        for (script, why) in &printed.missing {
            println!("missing: {script}: {why}");
        }
    }
    if options.has("--write-docs") {
        let load = load.map_or(String::new(), |load| format!(", load {load} at the start"));
        let prefix = settings::prefix(&[tools::FEATURES, tools::PYTHON]);
        let flag = if options.has("--quick") { " --quick" } else { "" };
        let mut body = format!(
            "`{prefix}cargo xtask bench peers{flag} --write-docs`, one thread unless stated{load}; {}.\nA ratio \
             above 1 says how many times as long the other takes for the same answer on the same \
             input;\n`apart` is the largest relative difference between the answers. What \
             differs, or is not there, is listed and not\ncompared.\n\n{}",
            machine.line(),
            table(&rows).markdown()
        );
        for (script, why) in &printed.missing {
            body += &format!("\nMissing: `{script}`: {why}.\n");
        }
        body += &page::failed(&printed.failures);
        Page::load()?.write_peers(body)?;
    }
    if printed.failures.is_empty() {
        return Ok(());
    }
    Err(format!("peers that failed:\n  {}", printed.failures.join("\n  ")).into())
}

fn criterion(programs: &[Program]) -> impl Iterator<Item = &Program> {
    programs.iter().filter(|program| program.kind == Kind::Criterion)
}

/// The answers by case.
type Answers = BTreeMap<String, Vec<f64>>;

/// Lets our benches write their input and answers; gives the programs that did, and the answers.
fn tell(programs: &[Program], folder: &Path) -> Result<(Vec<Program>, Answers)> {
    let told = [("TANGENCY_PEERS_FOLDER", folder.to_string_lossy().into_owned())];
    let path = folder.join("answers.jsonl");
    let length = || fs::metadata(&path).map_or(0, |file| file.len());
    let mut telling = Vec::new();
    for program in criterion(programs) {
        eprintln!("input and answers of {}", program.name);
        let before = length();
        measure(program, Some(NOTHING), &Effort::quick(), &told)?;
        if length() > before {
            telling.push(program.clone());
        }
    }
    #[derive(Deserialize)]
    struct Answer {
        case: String,
        answer: Vec<f64>,
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut answers = Answers::new();
    for line in text.lines() {
        let Answer { case, answer } = serde_json::from_str(line)
            .map_err(|error| format!("an answer of ours cannot be read ({error}): {line}"))?;
        answers.insert(case, answer);
    }
    Ok((telling, answers))
}

/// Our cases that some line can be compared with.
fn matched(lines: &[Line], answers: &Answers) -> BTreeSet<String> {
    let names = || answers.keys().map(String::as_str);
    lines.iter().filter_map(|line| line.ours(names())).map(str::to_owned).collect()
}

/// The least time of each wanted case over a few processes.
fn time_ours(
    programs: &[Program],
    wanted: &BTreeSet<String>,
    effort: &Effort,
) -> Result<BTreeMap<String, f64>> {
    let mut times = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(times);
    }
    let escaped: Vec<String> = wanted.iter().map(|case| case.replace('.', "\\.")).collect();
    let filter = format!("^({})$", escaped.join("|"));
    for round in 0..effort.runs {
        for program in programs {
            eprintln!("ours, round {} of {}: {}", round + 1, effort.runs, program.name);
            for (case, samples) in measure(program, Some(&filter), effort, &[])? {
                let best = times.entry(case).or_insert(f64::INFINITY);
                *best = best.min(least(&samples));
            }
        }
    }
    Ok(times)
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Row {
    peer: String,
    version: Option<String>,
    ours: Option<String>,
    ours_ns: Option<f64>,
    theirs_ns: Option<f64>,
    /// Theirs over ours, where the answers agree.
    ratio: Option<f64>,
    /// The largest relative difference between the answers.
    apart: Option<f64>,
    remark: String,
}

fn row(line: &Line, answers: &BTreeMap<String, Vec<f64>>, times: &BTreeMap<String, f64>) -> Row {
    let ours = line.ours(answers.keys().map(String::as_str));
    let ours_ns = ours.and_then(|ours| times.get(ours)).copied();
    let mut row = Row {
        peer: line.case.clone(),
        version: line.version.clone(),
        ours: ours.map(str::to_owned),
        ours_ns,
        theirs_ns: line.ns,
        ratio: None,
        apart: None,
        remark: String::new(),
    };
    if let Some(why) = &line.missing {
        row.remark = format!("missing: {why}");
        return row;
    }
    let answer = ours.and_then(|ours| answers.get(ours)).map(Vec::as_slice);
    let both = || {
        let one = |answer: &[f64]| (answer.len() == 1).then(|| answer[0]);
        let (ours, theirs) = (one(answer?)?, one(&line.numbers()?)?);
        Some(format!("{theirs:.2} against {ours:.2}"))
    };
    match line.agreement(answer) {
        Agreement::Same(apart) => {
            row.apart = Some(apart);
            row.ratio = line.ns.zip(ours_ns).map(|(theirs, ours)| theirs / ours);
            let threads = line.threads.filter(|&threads| threads != 1);
            let threads = threads.map(|threads| format!("{threads} threads"));
            let remarks: Vec<String> = threads.into_iter().chain(line.reason.clone()).collect();
            row.remark = remarks.join("; ");
        }
        Agreement::Surpassed(apart) => {
            row.apart = Some(apart);
            row.ratio = line.ns.zip(ours_ns).map(|(theirs, ours)| theirs / ours);
            let remarks = ["ours is the better end".to_owned()].into_iter().chain(both());
            row.remark = remarks.collect::<Vec<_>>().join(": ");
        }
        Agreement::Different(apart) => {
            row.apart = Some(apart);
            let remarks = ["not compared: another answer".to_owned()].into_iter().chain(both());
            row.remark = remarks.collect::<Vec<_>>().join(", ");
        }
        Agreement::Unknown(why) => row.remark = format!("not compared: no answer, {why}"),
    }
    row
}

fn table(rows: &[Row]) -> Table {
    let mut table =
        Table::new(&["peer", "version", "ours", "theirs", "theirs / ours", "apart", "remark"]);
    for row in rows {
        let times = [row.ours_ns, row.theirs_ns].map(|it| it.map_or("-".to_owned(), time));
        let [ours, theirs] = times;
        table.row(vec![
            row.peer.clone(),
            row.version.clone().unwrap_or_default(),
            ours,
            theirs,
            row.ratio.map_or("-".to_owned(), digits),
            row.apart.map_or("-".to_owned(), |apart| format!("{apart:.0e}")),
            row.remark.clone(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> Row {
        let line = lines::read("x.py", json).0.remove(0);
        let answers = [("forecast/a/tangency".to_owned(), vec![2.0])].into();
        let times = [("forecast/a/tangency".to_owned(), 10.0)].into();
        row(&line, &answers, &times)
    }

    #[test]
    fn times_are_compared_only_where_answers_agree() {
        let agrees = one(r#"{"case":"forecast/a/theirs","ns":50,"answer":2.0}"#);
        assert_eq!((agrees.ratio, agrees.apart), (Some(5.0), Some(0.0)));
        let near = r#"{"case":"forecast/a/theirs","ns":50,"answer":2.001,"tolerance":0.01,
            "reason":"a flat top","threads":2}"#;
        assert_eq!(one(&near.replace('\n', " ")).remark, "2 threads; a flat top");
        // What a search found counts where it is no better than ours.
        let found = |answer: f64, better: &str| {
            one(&format!(
                r#"{{"case":"forecast/a/theirs","ns":50,"answer":{answer},"better":"{better}"}}"#
            ))
        };
        assert_eq!(found(1.9, "higher").ratio, Some(5.0));
        assert_eq!(found(1.9, "higher").remark, "ours is the better end: 1.90 against 2.00");
        assert_eq!(found(2.1, "lower").ratio, Some(5.0));
        assert_eq!((found(2.1, "higher").ratio, found(1.9, "lower").ratio), (None, None));
        let differs = one(r#"{"case":"forecast/a/theirs","ns":50,"answer":2.1}"#);
        assert_eq!(differs.ratio, None);
        assert_eq!(differs.remark, "not compared: another answer, 2.10 against 2.00");
        let alone = one(r#"{"case":"forecast/b/theirs","ns":50,"answer":2.0}"#);
        assert_eq!(alone.ratio, None);
        assert!(alone.remark.contains("ours gives none"));
    }

    #[test]
    fn what_is_missing_is_listed() {
        let missing = one(r#"{"case":"forecast/a/theirs","missing":"No module named 'x'"}"#);
        let text = table(&[missing]).text();
        assert!(text.contains("missing: No module named 'x'"), "{text}");
    }
}
