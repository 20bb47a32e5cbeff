//! `cargo xtask bench counts`: instructions, which do not move with the machine's load.

mod callgrind;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::process::workspace_root;
use crate::usage::Options;

use super::machine::toolchain;
use super::page::Page;
use super::programs;
use super::settings;
use super::table::{Table, percent};

const PROGRAM: &str = "kernels";
const TABLE: &str = "benches/counts.toml";

/// A kernel may grow by that much before it fails.
const GROWTH: f64 = 0.03;

/// How often a kernel is counted before it is said to have grown.
const TRIES: usize = 3;

/// Growth that never fails: a kernel of a few dozen instructions moves by 3 % with one of them.
const ALLOWANCE: u64 = 64;

const HEAD: &str = "\
# Instructions of one call, under callgrind. Held against by `cargo xtask bench counts`, which fails
# where a kernel takes 3 % and 64 instructions more, and written by `cargo xtask bench counts --write`.
# Counts of another compiler, target, C library, valgrind, processor or build are not compared.
";

/// What counts depend on, and the counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Counts {
    #[serde(flatten)]
    of: Environment,
    /// The vector extensions that kernels found under callgrind.
    features: String,
    instructions: BTreeMap<String, u64>,
}

/// What is known about counts before anything is built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Environment {
    rustc: String,
    target: String,
    /// Kernels call its `memcpy`, `malloc`, `ln` and `exp`.
    libc: String,
    valgrind: String,
    /// What environment and configuration change about the build.
    settings: String,
}

impl Environment {
    /// `valgrind` is what it calls itself.
    fn detect(valgrind: String) -> Result<Self> {
        let (rustc, target) = toolchain()?;
        Ok(Self { rustc, target, libc: callgrind::libc(), valgrind, settings: settings::detect() })
    }

    /// What the table was counted with, where it is not this, in words.
    fn difference(&self, table: &Self) -> Option<String> {
        let fields = [
            ("compiler", &self.rustc, &table.rustc),
            ("target", &self.target, &table.target),
            ("C library", &self.libc, &table.libc),
            ("valgrind", &self.valgrind, &table.valgrind),
            ("build settings", &self.settings, &table.settings),
        ];
        let (name, here, there) = fields.into_iter().find(|(_, here, there)| here != there)?;
        Some(format!("{TABLE} is of {name} `{there}`, this is `{here}`"))
    }
}

/// What came of holding the kernels against the table.
#[derive(Debug, PartialEq)]
pub(crate) enum Checked {
    Passed,
    /// With the reason.
    NotComparable(String),
}

/// What came of counting.
enum Counted {
    Counts(Counts),
    /// With the reason.
    NotHere(String),
}

pub(super) fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--write", "--write-docs"], &[])?;
    let table = read_table()?;
    let counted = match callgrind::version() {
        Ok(version) => count(Environment::detect(version)?, table.as_ref())?,
        Err(reason) => Counted::NotHere(reason),
    };
    let counts = match counted {
        Counted::Counts(counts) => counts,
        Counted::NotHere(reason) => {
            println!("not counted: {reason}");
            return Ok(());
        }
    };
    let report = compare(table.as_ref(), &counts);
    println!("{}", report.table.text());
    if options.has("--write") {
        fs::write(path(), format!("{HEAD}{}", toml::to_string(&counts)?))?;
        println!("wrote {TABLE}");
    }
    if options.has("--write-docs") {
        let Environment { rustc, target, libc, valgrind, .. } = &counts.of;
        let body = format!(
            "`{}cargo xtask bench counts --write-docs`: instructions of one call under callgrind, \
             {rustc},\n{target}, {libc}, {valgrind}, processor features under callgrind: {}.\n\
             `cargo xtask ci` fails where one grows by more than 3 % and {ALLOWANCE} instructions over\n\
             `benches/counts.toml`.\n\n{}",
            settings::prefix(&[]),
            counts.features,
            own_table(&counts).markdown()
        );
        Page::load()?.write_counts(body)?;
    }
    if options.has("--write") { Ok(()) } else { conclude(&report).map(drop) }
}

/// The step of `cargo xtask ci`: no build where nothing could be compared.
pub(crate) fn check() -> Result<Checked> {
    let Some(table) = read_table()? else {
        return Ok(Checked::NotComparable(format!("there is no {TABLE}")));
    };
    let here = match callgrind::version() {
        Ok(version) => Environment::detect(version)?,
        Err(reason) => return Ok(Checked::NotComparable(reason)),
    };
    if let Some(reason) = here.difference(&table.of) {
        return Ok(Checked::NotComparable(reason));
    }
    let counts = match count(here, Some(&table))? {
        Counted::Counts(counts) => counts,
        Counted::NotHere(reason) => return Ok(Checked::NotComparable(reason)),
    };
    let report = compare(Some(&table), &counts);
    println!("{}", report.table.text());
    conclude(&report)
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

/// Builds the kernels and counts each; once more where a table is given and its count is exceeded.
///
/// Hash tables are seeded, and memory lies elsewhere, in every process: what was due to that is gone the next
/// time, and what the code does is there again.
fn count(of: Environment, table: Option<&Counts>) -> Result<Counted> {
    let programs = programs::build(&workspace_root(), None, Some(PROGRAM))?;
    let program = &programs[0];
    let described = match callgrind::describe(program) {
        Ok(described) => serde_json::from_str::<Described>(&described)?,
        Err(reason) => return Ok(Counted::NotHere(reason)),
    };
    let mut instructions = BTreeMap::new();
    for kernel in described.kernels {
        eprintln!("counting {kernel}");
        let row = table.and_then(|table| table.instructions.get(&kernel));
        let mut least = u64::MAX;
        for _ in 0..TRIES {
            match callgrind::of_one_call(program, &kernel)? {
                Ok(count) => least = least.min(count),
                Err(reason) => return Ok(Counted::NotHere(reason)),
            }
            if row.is_none_or(|&row| !has_grown(row, least)) {
                break;
            }
        }
        instructions.insert(kernel, least);
    }
    Ok(Counted::Counts(Counts { of, features: described.features.join(","), instructions }))
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
    report.not_comparable = match table {
        None => Some(format!("there is no {TABLE}")),
        Some(table) => now.of.difference(&table.of).or_else(|| {
            let (here, there) = (&now.features, &table.features);
            let told = || format!("{TABLE} is of processor features `{there}`, this is `{here}`");
            (here != there).then(told)
        }),
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
        match before.zip(change) {
            Some((before, change)) if has_grown(before, count) => {
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

fn has_grown(before: u64, now: u64) -> bool {
    now > before + ALLOWANCE.max((GROWTH * before as f64) as u64)
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
            of: Environment {
                rustc: "rustc 1.95.0".to_owned(),
                target: "x86_64-unknown-linux-gnu".to_owned(),
                libc: "ldd (Debian GLIBC 2.36) 2.36".to_owned(),
                valgrind: "valgrind-3.19.0".to_owned(),
                settings: String::new(),
            },
            features: "avx2".to_owned(),
            instructions: of.iter().map(|&(name, count)| (name.to_owned(), count)).collect(),
        }
    }

    fn concluded(table: &Counts, now: &Counts) -> std::result::Result<Checked, String> {
        conclude(&compare(Some(table), now)).map_err(|error| error.to_string())
    }

    #[test]
    fn growth_beyond_three_percent_fails_by_name() {
        let table = counts(&[("a", 10_000), ("b", 10_000)]);
        let near = counts(&[("a", 10_300), ("b", 10)]);
        assert_eq!(concluded(&table, &near), Ok(Checked::Passed));
        let error = concluded(&table, &counts(&[("a", 10_310), ("b", 10_000)])).unwrap_err();
        assert!(error.contains("a by +3.1 %"), "{error}");
    }

    #[test]
    fn a_few_instructions_more_pass_where_they_are_many_percent() {
        let table = counts(&[("shared-data/clone/8313x20/frame", 32)]);
        let now = |count| counts(&[("shared-data/clone/8313x20/frame", count)]);
        assert_eq!(concluded(&table, &now(33)), Ok(Checked::Passed));
        assert_eq!(concluded(&table, &now(96)), Ok(Checked::Passed));
        assert!(concluded(&table, &now(97)).is_err());
    }

    #[test]
    fn another_compiler_library_or_processor_is_not_compared() {
        let table = counts(&[("a", 1000)]);
        let twice = counts(&[("a", 2000)]);
        let of = |change: &dyn Fn(&mut Environment)| {
            let mut other = twice.clone();
            change(&mut other.of);
            other
        };
        for other in [
            of(&|of| of.rustc = "rustc 1.96.0".to_owned()),
            of(&|of| of.target = "aarch64-apple-darwin".to_owned()),
            of(&|of| of.libc = "ldd (Ubuntu GLIBC 2.39) 2.39".to_owned()),
            of(&|of| of.valgrind = "valgrind-3.24.0".to_owned()),
            of(&|of| of.settings = "RUSTFLAGS=-g".to_owned()),
            Counts { features: String::new(), ..twice.clone() },
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
    }
}
