//! `cargo xtask bench counts`: instructions, which do not move with the machine's load.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::process::{capture, workspace_root};
use crate::usage::Options;

use super::machine::toolchain;
use super::page::Page;
use super::programs::{self, Program};
use super::table::{Table, percent};

const PROGRAM: &str = "kernels";
const TABLE: &str = "benches/counts.toml";

/// A kernel may grow by that much before it fails.
const GROWTH: f64 = 0.03;

/// Calls of the shorter and of the longer run; their difference holds nothing but calls.
const CALLS: [u64; 2] = [1, 3];

const HEAD: &str = "\
# Instructions of one call, under callgrind. Held against by `cargo xtask bench counts`, which fails
# where a kernel takes 3 % more, and written by `cargo xtask bench counts --write`. Counts of another
# compiler, target or processor are not compared.
";

/// What counts depend on, and the counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Counts {
    rustc: String,
    target: String,
    /// The vector extensions that kernels found under callgrind.
    features: String,
    /// What the environment changes about the build.
    settings: String,
    instructions: BTreeMap<String, u64>,
}

/// What came of holding the kernels against the table.
#[derive(Debug, PartialEq)]
pub(crate) enum Checked {
    Passed,
    /// With the reason.
    NotComparable(String),
}

pub(super) fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--write", "--write-docs"], &[])?;
    if let Some(reason) = missing() {
        println!("not counted: {reason}");
        return Ok(());
    }
    let table = read_table()?;
    let counts = count()?;
    let report = compare(table.as_ref(), &counts);
    println!("{}", report.table.text());
    if options.has("--write") {
        fs::write(path(), format!("{HEAD}{}", toml::to_string(&counts)?))?;
        println!("wrote {TABLE}");
    }
    if options.has("--write-docs") {
        let body = format!(
            "`cargo xtask bench counts --write-docs`: instructions of one call under callgrind, {}, \
             {}, processor\nfeatures under callgrind: {}. `cargo xtask ci` fails where one grows by \
             more than 3 % over\n`benches/counts.toml`.\n\n{}",
            counts.rustc,
            counts.target,
            counts.features,
            own_table(&counts).markdown()
        );
        Page::load()?.write_counts(body)?;
    }
    if options.has("--write") { Ok(()) } else { conclude(&report).map(drop) }
}

/// The step of `cargo xtask ci`: no build where nothing could be compared.
pub(crate) fn check() -> Result<Checked> {
    if let Some(reason) = missing() {
        return Ok(Checked::NotComparable(reason));
    }
    let Some(table) = read_table()? else {
        return Ok(Checked::NotComparable(format!("there is no {TABLE}")));
    };
    let (rustc, target) = toolchain()?;
    for (what, here, there) in
        [("compiler", &rustc, &table.rustc), ("target", &target, &table.target)]
    {
        if here != there {
            let reason = format!("{TABLE} is of {what} `{there}`, this is `{here}`");
            return Ok(Checked::NotComparable(reason));
        }
    }
    let report = compare(Some(&table), &count()?);
    println!("{}", report.table.text());
    conclude(&report)
}

/// Why nothing can be counted here.
fn missing() -> Option<String> {
    let found = Command::new("valgrind").arg("--version").stdin(Stdio::null()).output();
    match found {
        Ok(output) if output.status.success() => None,
        _ => Some("valgrind is not installed".to_owned()),
    }
}

fn path() -> PathBuf {
    workspace_root().join(TABLE)
}

fn read_table() -> Result<Option<Counts>> {
    match fs::read_to_string(path()) {
        Ok(text) => {
            let counts = toml::from_str(&text).map_err(|error| format!("{TABLE}: {error}"))?;
            Ok(Some(counts))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{TABLE}: {error}").into()),
    }
}

/// What the program says about itself.
#[derive(Debug, Deserialize)]
struct Described {
    kernels: Vec<String>,
    features: Vec<String>,
}

fn count() -> Result<Counts> {
    let programs = programs::build(&workspace_root(), None, Some(PROGRAM))?;
    let program = &programs[0];
    // Asked under valgrind, whose processor may lack what this one has.
    let mut describe = valgrind("none", program);
    let described: Described = serde_json::from_str(&capture(&mut describe)?)?;
    let mut instructions = BTreeMap::new();
    for kernel in described.kernels {
        eprintln!("counting {kernel}");
        let [few, many] = CALLS;
        let one = collect(program, &kernel, few)?;
        let other = collect(program, &kernel, many)?;
        let difference = other.checked_sub(one).ok_or("more calls took fewer instructions")?;
        instructions.insert(kernel, difference / (many - few));
    }
    let (rustc, target) = toolchain()?;
    let settings = super::machine::Machine::detect()?.settings;
    Ok(Counts { rustc, target, features: described.features.join(","), settings, instructions })
}

fn valgrind(tool: &str, program: &Program) -> Command {
    let mut command = Command::new("valgrind");
    command.arg(format!("--tool={tool}")).stdin(Stdio::null());
    command.current_dir(program.root.join("benches"));
    if tool == "callgrind" {
        command.arg("--callgrind-out-file=/dev/null");
    }
    command.arg(&program.executable);
    command
}

/// Instructions of the whole program with so many calls.
fn collect(program: &Program, kernel: &str, calls: u64) -> Result<u64> {
    let mut command = valgrind("callgrind", program);
    let output = command.args([kernel, &calls.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("`{kernel}` failed under callgrind:\n{}", said.trim_end()).into());
    }
    collected(&said).ok_or_else(|| format!("callgrind told no count:\n{said}").into())
}

/// The figure behind `Collected :` in what callgrind says at the end.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
    line.trim().parse().ok()
}

#[derive(Debug)]
struct Report {
    table: Table,
    /// Kernels that grew too much.
    grown: Vec<String>,
    /// Kernels without a row, rows without a kernel.
    unmatched: Vec<String>,
    not_comparable: Option<String>,
}

fn compare(table: Option<&Counts>, now: &Counts) -> Report {
    let mut report = Report {
        table: Table::new(&["kernel", "instructions", "in the table", "change"]),
        grown: Vec::new(),
        unmatched: Vec::new(),
        not_comparable: None,
    };
    let of = |counts: &Counts| {
        [&counts.rustc, &counts.target, &counts.features, &counts.settings].map(Clone::clone)
    };
    report.not_comparable = match table {
        None => Some(format!("there is no {TABLE}")),
        Some(table) => {
            let names = ["compiler", "target", "processor features", "build settings"];
            let pairs = of(table).into_iter().zip(of(now));
            let different = names.iter().zip(pairs).find(|(_, (there, here))| there != here);
            different.map(|(name, (there, here))| {
                format!("{TABLE} is of {name} `{there}`, this is `{here}`")
            })
        }
    };
    let rows = table.filter(|_| report.not_comparable.is_none()).map(|table| &table.instructions);
    for (kernel, &count) in &now.instructions {
        let before = rows.and_then(|rows| rows.get(kernel)).copied();
        let change = before.map(|before| count as f64 / before as f64 - 1.0);
        report.table.row(vec![
            kernel.clone(),
            count.to_string(),
            before.map_or("-".to_owned(), |before| before.to_string()),
            change.map_or("-".to_owned(), percent),
        ]);
        match change {
            Some(change) if change > GROWTH => {
                report.grown.push(format!("{kernel} by {}", percent(change)));
            }
            None if rows.is_some() => report.unmatched.push(kernel.clone()),
            _ => {}
        }
    }
    for kernel in rows.into_iter().flat_map(BTreeMap::keys) {
        if !now.instructions.contains_key(kernel) {
            report.unmatched.push(kernel.clone());
        }
    }
    report
}

fn conclude(report: &Report) -> Result<Checked> {
    if let Some(reason) = &report.not_comparable {
        println!("not compared: {reason}");
        return Ok(Checked::NotComparable(reason.clone()));
    }
    if !report.unmatched.is_empty() {
        let names = report.unmatched.join(", ");
        return Err(format!("{TABLE} and the kernels differ: {names}; run with `--write`").into());
    }
    if !report.grown.is_empty() {
        let names = report.grown.join(", ");
        return Err(format!(
            "more instructions than in {TABLE}: {names}; mend it, or accept it with `cargo xtask \
             bench counts --write` in the same commit"
        )
        .into());
    }
    Ok(Checked::Passed)
}

fn own_table(counts: &Counts) -> Table {
    let mut table = Table::new(&["kernel", "instructions"]);
    for (kernel, count) in &counts.instructions {
        table.row(vec![kernel.clone(), count.to_string()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, u64)]) -> Counts {
        Counts {
            rustc: "rustc 1.95.0".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            features: "avx2".to_owned(),
            settings: String::new(),
            instructions: of.iter().map(|&(name, count)| (name.to_owned(), count)).collect(),
        }
    }

    fn concluded(table: &Counts, now: &Counts) -> std::result::Result<Checked, String> {
        conclude(&compare(Some(table), now)).map_err(|error| error.to_string())
    }

    #[test]
    fn growth_beyond_three_percent_fails_by_name() {
        let table = counts(&[("a", 1000), ("b", 1000)]);
        assert_eq!(concluded(&table, &counts(&[("a", 1029), ("b", 10)])), Ok(Checked::Passed));
        let error = concluded(&table, &counts(&[("a", 1031), ("b", 1000)])).unwrap_err();
        assert!(error.contains("a by +3.1 %"), "{error}");
    }

    #[test]
    fn another_compiler_target_or_processor_is_not_compared() {
        let table = counts(&[("a", 1000)]);
        let twice = counts(&[("a", 2000)]);
        for other in [
            Counts { rustc: "rustc 1.96.0".to_owned(), ..twice.clone() },
            Counts { target: "aarch64-apple-darwin".to_owned(), ..twice.clone() },
            Counts { features: String::new(), ..twice.clone() },
            Counts { settings: "RUSTFLAGS=-g".to_owned(), ..twice.clone() },
        ] {
            let checked = concluded(&table, &other);
            assert!(matches!(checked, Ok(Checked::NotComparable(_))), "{checked:?}");
        }
        assert!(concluded(&table, &twice).is_err());
    }

    #[test]
    fn table_and_kernels_name_the_same() {
        let one = counts(&[("a", 1)]);
        let two = counts(&[("a", 1), ("b", 1)]);
        assert!(concluded(&one, &two).unwrap_err().contains("differ: b"));
        assert!(concluded(&two, &one).unwrap_err().contains("differ: b"));
    }

    #[test]
    fn what_is_written_is_read() {
        let counts = counts(&[("forecast/arima-111-n1000/fit", 12_345)]);
        let text = format!("{HEAD}{}", toml::to_string(&counts).unwrap());
        assert_eq!(toml::from_str::<Counts>(&text).unwrap(), counts);
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 4711\n"), Some(4711));
        assert_eq!(collected("nothing"), None);
    }
}
