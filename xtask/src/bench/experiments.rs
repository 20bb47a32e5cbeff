//! `cargo xtask bench experiments`: what the project was founded on, each as an A/B in one run.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Result;
use crate::process::{capture, workspace_root};
use crate::usage::{Options, UsageError};

use super::machine::{Machine, load_average};
use super::page::Page;
use super::programs::{self, Kind};
use super::scalability::Curve;
use super::statistics::{Design, least, mean, mean_interval, median, welch};
use super::table::{Table, bytes, digits, p_value, time};
use super::verdict::{Comparison, Pair, Rule, compare};

/// Runs of each variant of a quick look; a verdict of faster or slower may well need more.
const QUICK_RUNS: &str = "4";

/// The experiment whose means are told as well, with Welch's test: the form of the report that it repeats.
const MEANS: &str = "persistent against recreated pool";

/// Widths that few have at hand, for the fitted curve.
const BEYOND: [usize; 3] = [16, 64, 1000];

/// What an experiment prints, one a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Variants { experiment: String, case: String, variants: Vec<Variant> },
    Scaling { scaling: String, case: String, points: Vec<Point> },
    Note { experiment: String, note: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Variant {
    pub(super) name: String,
    /// One figure a run; the variants ran in turns.
    pub(super) seconds: Vec<f64>,
    pub(super) bytes: Option<u64>,
    pub(super) switches: Option<u64>,
}

/// Seconds with so many workers; zero stands for a plain loop.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Point {
    pub(super) workers: usize,
    pub(super) seconds: Vec<f64>,
}

pub(super) fn execute(arguments: &[String]) -> Result {
    let flags = ["--quick", "--json", "--write-docs"];
    let options = Options::read_with_words(arguments, &flags, &["--runs"])?;
    let filter = match options.words()[..] {
        [] => "",
        [filter] => filter,
        _ => return Err(UsageError::new("expected at most one FILTER").into()),
    };
    if options.has("--write-docs") && !filter.is_empty() {
        let message = "`--write-docs` shows all experiments: leave the filter out";
        return Err(UsageError::new(message).into());
    }
    let runs = match options.value("--runs") {
        Some(runs) => super::parse_runs(runs)?.to_string(),
        None if options.has("--quick") => QUICK_RUNS.to_owned(),
        None => Rule::ACCEPTANCE.runs.to_string(),
    };
    // Before our own build makes it larger.
    let load = load_average();
    let programs = programs::build(&workspace_root(), None, None)?;
    if let Some(note) = super::machine::busy_note(load) {
        eprintln!("{note}");
    }
    let chosen = programs.iter().filter(|it| it.kind == Kind::Experiment);
    let mut lines = Vec::new();
    for program in chosen.filter(|program| program.name.contains(filter)) {
        eprintln!("experiment {}", program.name);
        let mut command = Command::new(&program.executable);
        command.args(["--bench", "--runs", &runs]).stdin(Stdio::null());
        command.current_dir(program.root.join("benches"));
        let printed = capture(&mut command)
            .map_err(|error| format!("the experiment `{}` failed: {error}", program.name))?;
        lines.extend(read(&program.name, &printed)?);
    }
    if lines.is_empty() {
        return Err(format!("no experiment's name holds `{filter}`").into());
    }
    let machine = Machine::detect()?;
    let results = Results::new(&lines);
    if options.has("--json") {
        println!("{}", json!({ "machine": machine, "load": load, "lines": lines }));
    } else {
        for (title, table, notes) in results.tables() {
            println!("{title}\n\n{}", table.text());
            for note in notes {
                println!("{note}\n");
            }
        }
    }
    if options.has("--write-docs") {
        let load = load.map_or(String::new(), |load| format!(", load {load} at the start"));
        let setting = format!("--runs {runs}`, in turns{load}; {}", machine.line());
        Page::load()?.write_experiments(&results, &setting)?;
    }
    Ok(())
}

fn read(program: &str, printed: &str) -> Result<Vec<Line>> {
    let read = |line: &str| {
        serde_json::from_str(line)
            .map_err(|error| format!("the experiment `{program}`: {error}: {line}").into())
    };
    printed.lines().map(read).collect()
}

/// An experiment's table and what is to be said below it.
pub(super) type Section = (String, Table, Vec<String>);

/// Everything that was measured, by experiment.
#[derive(Debug)]
pub(super) struct Results<'a> {
    lines: &'a [Line],
}

impl<'a> Results<'a> {
    pub(super) fn new(lines: &'a [Line]) -> Self {
        Self { lines }
    }

    /// In alphabetical order of the experiments, scaling last.
    pub(super) fn tables(&self) -> Vec<Section> {
        let mut experiments: BTreeMap<&str, Vec<(&str, &[Variant])>> = BTreeMap::new();
        for line in self.lines {
            if let Line::Variants { experiment, case, variants } = line {
                experiments.entry(experiment).or_default().push((case, variants));
            }
        }
        let mut sections: Vec<Section> = experiments
            .iter()
            .map(|(name, cases)| {
                let notes = if *name == MEANS { means(cases) } else { Vec::new() };
                let notes = [notes, self.notes(name)].concat();
                ((*name).to_owned(), variants_table(cases), notes)
            })
            .collect();
        let scaling = self.scaling();
        if !scaling.is_empty() {
            let (table, mut notes) = scaling_table(&scaling);
            notes.extend(self.notes("scaling"));
            sections.push(("scaling".to_owned(), table, notes));
        }
        sections
    }

    /// Job, implementation and points of every curve.
    pub(super) fn scaling(&self) -> Vec<(&'a str, &'a str, &'a [Point])> {
        let scaling = self.lines.iter().filter_map(|line| match line {
            Line::Scaling { scaling, case, points } => {
                Some((scaling.as_str(), case.as_str(), points.as_slice()))
            }
            _ => None,
        });
        scaling.collect()
    }

    /// For each case of an experiment that counted bytes: its name, and name and bytes of variants.
    pub(super) fn memory(&self) -> Vec<(&'a str, Vec<(&'a str, u64)>)> {
        let cases = self.lines.iter().filter_map(|line| match line {
            Line::Variants { case, variants, .. } => {
                let counted = variants.iter().filter_map(|it| Some((it.name.as_str(), it.bytes?)));
                Some((case.as_str(), counted.collect::<Vec<_>>()))
            }
            _ => None,
        });
        cases.filter(|(_, counted)| !counted.is_empty()).collect()
    }

    fn notes(&self, of: &str) -> Vec<String> {
        let notes = self.lines.iter().filter_map(|line| match line {
            Line::Note { experiment, note } if experiment == of => Some(note.clone()),
            _ => None,
        });
        notes.collect()
    }
}

/// One row a variant; all but the first of a case are compared with the first.
fn variants_table(cases: &[(&str, &[Variant])]) -> Table {
    let pairs: Vec<Pair<'_>> = cases
        .iter()
        .filter_map(|(case, variants)| Some((case, variants.split_first()?)))
        .flat_map(|(case, (first, others))| {
            others.iter().map(move |other| Pair {
                case,
                before: &first.seconds,
                after: &other.seconds,
            })
        })
        .collect();
    let mut comparisons = compare(Design::Paired, &pairs, Rule::ACCEPTANCE).into_iter();
    let all = || cases.iter().flat_map(|(_, variants)| *variants);
    let with_bytes = all().any(|variant| variant.bytes.is_some());
    let with_switches = all().any(|variant| variant.switches.is_some());
    let mut head = vec!["case", "variant", "time"];
    head.extend(with_bytes.then_some("memory"));
    head.extend(with_switches.then_some("context switches"));
    head.extend(["speed-up", "95 %", "p", "verdict"]);
    let mut table = Table::new(&head);
    for (case, variants) in cases {
        for (at, variant) in variants.iter().enumerate() {
            let case = if at == 0 { (*case).to_owned() } else { String::new() };
            let mut row = vec![case, variant.name.clone(), time(1e9 * median(&variant.seconds))];
            if with_bytes {
                row.push(variant.bytes.map_or(String::new(), |count| bytes(count as f64)));
            }
            if with_switches {
                row.push(variant.switches.map_or(String::new(), |count| count.to_string()));
            }
            // The iterator has one comparison for each variant but the first.
            let comparison = if at == 0 { None } else { comparisons.next() };
            row.extend(comparison.map_or_else(Default::default, |it| judged(&it)));
            table.row(row);
        }
    }
    table
}

fn judged(it: &Comparison) -> [String; 4] {
    let (low, high) = (1.0 / (1.0 + it.high), 1.0 / (1.0 + it.low));
    [
        digits(it.speed_up()),
        format!("{} to {}", digits(low), digits(high)),
        p_value(it.p_adjusted),
        it.verdict.to_string(),
    ]
}

/// Workers and speed-up against one worker, by the least time of each width: what the cores give when
/// nobody else is on them.
pub(super) fn speed_ups(points: &[Point]) -> Vec<(f64, f64)> {
    let one = points.iter().find(|point| point.workers == 1).map(|point| least(&point.seconds));
    let wide = points.iter().filter(|point| point.workers > 0);
    wide.filter_map(|point| Some((point.workers as f64, one? / least(&point.seconds)))).collect()
}

/// The widths of interest that lie beyond what was measured.
pub(super) fn beyond(points: &[Point]) -> Vec<usize> {
    let widest = points.iter().map(|point| point.workers).max().unwrap_or(0);
    BEYOND.into_iter().filter(|&workers| workers > widest).collect()
}

fn scaling_table(scaling: &[(&str, &str, &[Point])]) -> (Table, Vec<String>) {
    let mut table =
        Table::new(&["job", "implementation", "workers", "time", "speed-up", "efficiency"]);
    let mut notes = Vec::new();
    for (job, implementation, points) in scaling {
        let alone = points.iter().find(|point| point.workers == 0);
        let alone = alone.map(|point| least(&point.seconds));
        for point in points.iter().filter(|point| point.workers > 0) {
            let seconds = least(&point.seconds);
            // Against a plain loop, which no pool made slower.
            let speed_up = alone.map(|alone| alone / seconds);
            let efficiency = speed_up.map(|speed_up| speed_up / point.workers as f64);
            table.row(vec![
                (*job).to_owned(),
                (*implementation).to_owned(),
                point.workers.to_string(),
                time(1e9 * seconds),
                speed_up.map_or(String::new(), digits),
                efficiency.map_or(String::new(), digits),
            ]);
        }
        if let Some(curve) = Curve::fit(&speed_ups(points)) {
            let told: Vec<String> = beyond(points)
                .iter()
                .map(|&n| format!("{} with {n}", digits(curve.speed_up(n as f64))))
                .collect();
            notes.push(format!(
                "{job}, {implementation}: {}. Extrapolated, not measured: a speed-up against one \
                 worker of {}.",
                curve.describe(),
                told.join(", "),
            ));
        }
    }
    (table, notes)
}

/// A sentence for each variant but the first: means with their intervals, and Welch's test against the first.
fn means(cases: &[(&str, &[Variant])]) -> Vec<String> {
    let told = |variant: &Variant| {
        let (low, high) = mean_interval(&variant.seconds);
        let [mean, low, high] = [mean(&variant.seconds), low, high].map(|it| time(1e9 * it));
        format!("{}, mean {mean} (95 %: {low} to {high})", variant.name)
    };
    let mut sentences = Vec::new();
    for (case, variants) in cases {
        let Some((first, others)) = variants.split_first() else { continue };
        for other in others {
            let test = welch(&first.seconds, &other.seconds);
            let p = p_value(test.p);
            sentences.push(format!(
                "{case}, {} runs: {}; {}; Welch's t = {}, p = {p}.",
                other.seconds.len(),
                told(first),
                told(other),
                digits(test.t),
            ));
        }
    }
    sentences
}

/// The memory of both, in words: a percentage of next to nothing says nothing.
pub(super) fn sizes(copied: (&str, u64), shared: (&str, u64)) -> String {
    let told = |(name, count): (&str, u64)| format!("{} {name}", bytes(count as f64));
    format!("{}, {}", told(copied), told(shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"{"experiment":"frames","case":"2 readers","variants":[{"name":"copied","seconds":[2.0,2.1,1.9,2.0,2.05,1.95,2.0,2.1,1.9,2.0],"bytes":4096},{"name":"shared","seconds":[1.0,1.05,0.95,1.0,1.02,0.98,1.0,1.05,0.95,1.0],"bytes":64}]}
{"scaling":"10 items","case":"tangency","points":[{"workers":0,"seconds":[1.0,1.0]},{"workers":1,"seconds":[1.0,1.0]},{"workers":2,"seconds":[0.5,0.5]}]}
{"experiment":"scaling","note":"near"}
"#;

    #[test]
    fn variants_are_held_against_the_first() {
        let lines = read("frames", PRINTED).unwrap();
        let results = Results::new(&lines);
        let sections = results.tables();
        assert_eq!(sections.len(), 2);
        let text = sections[0].1.text();
        let shared = text.lines().last().unwrap();
        for part in ["shared", "64 B", "2.00", "faster"] {
            assert!(shared.contains(part), "{text}");
        }
        assert_eq!(results.memory(), [("2 readers", vec![("copied", 4096), ("shared", 64)])]);
    }

    #[test]
    fn means_are_told_of_the_pool_alone() {
        let lines =
            read("frames", &PRINTED.replace("\"frames\"", "\"persistent against recreated pool\""))
                .unwrap();
        let notes = &Results::new(&lines).tables()[0].2;
        assert_eq!(notes.len(), 1);
        for part in ["10 runs", "mean 2.00 s (95 %: ", "mean 1.00 s", "Welch's t = 4", "p = "] {
            assert!(notes[0].contains(part), "{notes:?}");
        }
        let lines = read("frames", PRINTED).unwrap();
        assert!(Results::new(&lines).tables()[0].2.is_empty());
        assert_eq!(sizes(("copied", 4096), ("shared", 64)), "4.00 KiB copied, 64 B shared");
    }

    #[test]
    fn a_part_of_the_experiments_does_not_replace_the_page() {
        let arguments = ["scaling", "--write-docs"].map(str::to_owned);
        assert!(execute(&arguments).unwrap_err().is::<UsageError>());
        assert!(super::super::peers::execute(&arguments).unwrap_err().is::<UsageError>());
    }

    #[test]
    fn scaling_is_extrapolated_and_says_so() {
        let lines = read("scaling", PRINTED).unwrap();
        let (_, table, notes) = Results::new(&lines).tables().pop().unwrap();
        assert!(table.text().contains("2.00"));
        assert!(
            notes[0].contains("Extrapolated, not measured") && notes[0].contains("1000 with 1000"),
            "{notes:?}"
        );
        assert_eq!(notes[1], "near");
    }

    #[test]
    fn a_line_that_is_no_measurement_is_an_error() {
        let error = read("frames", "hello\n").unwrap_err().to_string();
        assert!(error.contains("`frames`") && error.contains("hello"));
    }
}
