//! `docs/benchmarks.md`: every section is written by a command that stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::process::{capture, git, workspace_root};

use super::chart::{self, Axis, Scale, Series, Style};
use super::experiments::{self, Results};
use super::record::{Record, Run};
use super::scalability::Curve;
use super::settings;
use super::statistics::median;
use super::table::{Table, bytes, time};

const PAGE: &str = "docs/benchmarks.md";
/// Beside the page.
const PICTURES: &str = "docs/benchmarks";

/// Names and commands of the sections, in the order of the page.
const SECTIONS: &[(&str, &str)] = &[
    ("Cases", "cargo xtask bench --write-docs"),
    ("Experiments", "cargo xtask bench experiments --write-docs"),
    ("Peers", "cargo xtask bench peers --write-docs"),
    ("Instruction counts", "cargo xtask bench counts --write-docs"),
    ("The judge on trial", "cargo xtask bench trial --write-docs"),
];

const OPENING: &str = include_str!("page.md");

/// Cases whose history is drawn: one for each crate that has any.
const DRAWN: [&str; 6] = [
    "judge/yardstick/compute",
    "pool/dispatch/auto/1-workers",
    "forecast/arima-111-n1000/fit",
    "optimize/sma-cross-2148/prepared",
    "optimize/black-litterman-n100/posterior",
    "preprocess/sma-2148/alone",
];

/// The page as it is, section by section.
#[derive(Debug)]
pub(super) struct Page {
    root: PathBuf,
    sections: BTreeMap<String, String>,
}

impl Page {
    pub(super) fn load() -> Result<Self> {
        Self::load_from(&workspace_root())
    }

    fn load_from(root: &Path) -> Result<Self> {
        let text = match fs::read_to_string(root.join(PAGE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("{PAGE}: {error}").into()),
        };
        Ok(Self { root: root.to_path_buf(), sections: sections(&text) })
    }

    /// Replaces one section and writes the page whole.
    fn write(mut self, name: &str, body: String) -> Result {
        self.sections.insert(name.to_owned(), body);
        fs::create_dir_all(self.root.join("docs"))?;
        fs::write(self.root.join(PAGE), render(&self.sections))?;
        eprintln!("wrote `{name}` of {PAGE}");
        Ok(())
    }

    fn picture(&self, name: &str, svg: &str) -> Result {
        let folder = self.root.join(PICTURES);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{name}.svg")), svg)?;
        Ok(())
    }

    pub(super) fn write_cases(
        self,
        run: &Run,
        records: &[Record],
        all: &[Record],
        failures: &[String],
    ) -> Result {
        let mut table = Table::new(&["case", "least", "median", "mean", "sd", "samples"]);
        let mut memory = Table::new(&["case", "allocations", "allocated", "at once", "peak RSS"]);
        for record in records {
            let figures = [record.min, record.median, record.mean, record.sd].map(time);
            let mut row = vec![record.case.clone()];
            row.extend(figures);
            row.push(record.n.to_string());
            table.row(row);
            if let Some(it) = record.memory {
                memory.row(vec![
                    record.case.clone(),
                    it.allocations.to_string(),
                    bytes(it.allocated_bytes as f64),
                    bytes(it.peak_bytes as f64),
                    it.peak_rss_bytes.map_or("-".to_owned(), |count| bytes(count as f64)),
                ]);
            }
        }
        let flag = if run.method == super::effort::Method::Quick { " --quick" } else { "" };
        let processes = records.first().map_or(0, |record| record.times.len());
        let load = run.load.map_or(String::new(), |load| format!(", load {load} at the start"));
        let mut body = format!(
            "`{}cargo xtask bench{flag} --write-docs` at {} with {}, {processes} processes for each \
             case{load}.\nMachine: {}.\n\n{}",
            settings::prefix(&[]),
            run.commit_mark(),
            run.toolchain,
            run.machine.line(),
            table.markdown(),
        );
        body += &failed(failures);
        if !memory.is_empty() {
            body += &format!(
                "\nAllocations of one call, and the peak resident size of a process that does \
                 nothing else\n(`cargo bench -p tangency-benches --bench memory`):\n\n{}",
                memory.markdown()
            );
        }
        if let Some(svg) = history_chart(run, all, is_known) {
            self.picture("history", &svg)?;
            body += "\nThe history of a few cases on this machine, oldest commit first, each against \
                     its first\nmedian (`cargo xtask bench --write-docs` at each commit):\n\n\
                     ![Time of some cases over commits](benchmarks/history.svg)\n";
        }
        self.write("Cases", body)
    }

    pub(super) fn write_experiments(self, results: &Results<'_>, setting: &str) -> Result {
        let prefix = settings::prefix(&[]);
        let mut body = format!("`{prefix}cargo xtask bench experiments --write-docs {setting}.\n");
        let memory = results.memory();
        let scaling = results.scaling();
        for (title, table, notes) in results.tables() {
            body += &format!("\n### {}\n\n{}", capitalised(&title), table.markdown());
            for note in &notes {
                body += &format!("\n{note}\n");
            }
            if title == "scaling" {
                self.picture("scaling", &scaling_chart(&scaling))?;
                body += "\n![Speed-up over workers](benchmarks/scaling.svg)\n";
            }
            if title.contains("frames") && !memory.is_empty() {
                self.picture("memory", &memory_chart(&memory))?;
                body += "\n![Memory of shared and copied frames](benchmarks/memory.svg)\n";
                if let Some((case, counted)) = memory.last()
                    && let [copied, .., shared] = counted[..]
                {
                    body +=
                        &format!("\nMemory with {case}: {}.\n", experiments::sizes(copied, shared));
                }
            }
        }
        self.write("Experiments", body)
    }

    pub(super) fn write_peers(self, body: String) -> Result {
        self.write("Peers", body)
    }

    pub(super) fn write_counts(self, body: String) -> Result {
        self.write("Instruction counts", body)
    }

    pub(super) fn write_trial(self, table: &Table, setting: &str) -> Result {
        let body = format!(
            "`{}cargo xtask bench trial --write-docs`, {setting}.\n\nThe judge must call 10 and 30 % \
             slower and 0 % not slower in every try; 3 % is below what it is\nasked to see.\n\n{}",
            settings::prefix(&[]),
            table.markdown()
        );
        self.write("The judge on trial", body)
    }
}

/// What lies between `<!-- begin NAME -->` and `<!-- end NAME -->`.
fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::new();
    for (name, _) in SECTIONS {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let body = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
        if let Some((body, _)) = body {
            sections.insert((*name).to_owned(), body.trim().to_owned() + "\n");
        }
    }
    sections
}

fn render(sections: &BTreeMap<String, String>) -> String {
    let mut text = OPENING.to_owned();
    for (name, command) in SECTIONS {
        let body = match sections.get(*name) {
            Some(body) => body.trim().to_owned(),
            None => format!("Not measured yet: `{command}`."),
        };
        text += &format!("\n## {name}\n\n<!-- begin {name} -->\n{body}\n<!-- end {name} -->\n");
    }
    text
}

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What has no rows because it failed, a line each.
pub(super) fn failed(failures: &[String]) -> String {
    let first = |failure: &String| failure.lines().next().unwrap_or_default().to_owned();
    failures.iter().map(|failure| format!("\nFailed: {}.\n", first(failure))).collect()
}

/// Whether git has the commit: one that was rewritten since can be looked up by nobody.
fn is_known(commit: &str) -> bool {
    capture(&mut git(&["cat-file", "-e", &format!("{commit}^{{commit}}")])).is_ok()
}

/// The last median of each commit that is known, on this machine and with this method; none before two
/// commits.
fn history_chart(run: &Run, all: &[Record], is_known: fn(&str) -> bool) -> Option<String> {
    let fits = |it: &&Record| it.of.machine == run.machine && it.of.method == run.method;
    let commits: BTreeSet<&str> = all.iter().filter(fits).map(|it| it.of.commit.as_str()).collect();
    let known: BTreeSet<&str> = commits.into_iter().filter(|commit| is_known(commit)).collect();
    let ours = || all.iter().filter(fits).filter(|it| known.contains(it.of.commit.as_str()));
    let mut commits: Vec<String> = Vec::new();
    for record in ours().filter(|record| DRAWN.contains(&record.case.as_str())) {
        let mark = record.of.commit_mark();
        if !commits.contains(&mark) {
            commits.push(mark);
        }
    }
    if commits.len() < 2 {
        return None;
    }
    let mut series = Vec::new();
    for case in DRAWN {
        let at = |mark: &String| {
            let mut of_commit = ours().filter(|it| it.case == case && it.of.commit_mark() == *mark);
            of_commit.next_back().map(|record| median(&record.times))
        };
        let times: Vec<(usize, f64)> =
            commits.iter().enumerate().filter_map(|(x, mark)| Some((x, at(mark)?))).collect();
        let Some(&(_, first)) = times.first() else { continue };
        series.push(Series {
            name: case.rsplit_once('/').map_or(case, |(group, _)| group).to_owned(),
            points: times.iter().map(|&(x, time)| (x as f64, time / first)).collect(),
            style: Style::Marked,
        });
    }
    let x = Axis { names: commits, ..Axis::new("commit", Scale::Linear) };
    let y = Axis::new("time against the first", Scale::Linear);
    Some(chart::lines("Time over commits", &x, &y, &series))
}

/// Measured speed-ups of the pool, and the fitted curves, dashed beyond the widest measurement.
fn scaling_chart(scaling: &[(&str, &str, &[experiments::Point])]) -> String {
    let mut series = Vec::new();
    for (job, _, points) in scaling.iter().filter(|(_, case, _)| *case == "tangency") {
        let measured = experiments::speed_ups(points);
        let Some(curve) = Curve::fit(&measured) else { continue };
        let widest = measured.iter().map(|point| point.0).fold(1.0, f64::max);
        let Some(last) = experiments::beyond(points).pop().map(|last| last as f64) else {
            continue;
        };
        let along = |from: f64, to: f64| -> Vec<(f64, f64)> {
            let at = |step: u32| from * (to / from).powf(f64::from(step) / 40.0);
            (0..=40).map(at).map(|n| (n, curve.speed_up(n))).collect()
        };
        let name = (*job).to_owned();
        series.push(Series { name, points: measured, style: Style::Marked });
        series.push(Series {
            name: String::new(),
            points: along(widest, last),
            style: Style::Dashed,
        });
    }
    let (x, y) =
        (Axis::new("workers", Scale::Logarithmic), Axis::new("speed-up", Scale::Logarithmic));
    chart::lines("Speed-up of the pool: measured, and extrapolated (dashed)", &x, &y, &series)
}

fn memory_chart(memory: &[(&str, Vec<(&str, u64)>)]) -> String {
    let names: Vec<&str> =
        memory.first().map_or(Vec::new(), |(_, counted)| counted.iter().map(|it| it.0).collect());
    let mebibytes = |count: u64| count as f64 / f64::from(1 << 20);
    let groups: Vec<(String, Vec<f64>)> = memory
        .iter()
        .map(|(case, counted)| {
            // "8 readers, 100000 rows" is too long below a group.
            let short = case.replace(" readers, ", " x ").replace("000 rows", "k");
            (short, counted.iter().map(|&(_, count)| mebibytes(count)).collect())
        })
        .collect();
    chart::bars("Memory on top of the frame (readers x rows)", "MiB", &names, &groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::example;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page::load_from(folder.path()).unwrap();
        page.write("Peers", "| theirs |\n".to_owned()).unwrap();
        let page = Page::load_from(folder.path()).unwrap();
        page.write("Cases", "| ours |\n".to_owned()).unwrap();
        let first = fs::read_to_string(folder.path().join(PAGE)).unwrap();
        assert!(first.contains("| theirs |") && first.contains("| ours |"));
        assert!(first.contains("Not measured yet: `cargo xtask bench counts --write-docs`"));
        let page = Page::load_from(folder.path()).unwrap();
        page.write("Cases", "| newer |\n".to_owned()).unwrap();
        let text = fs::read_to_string(folder.path().join(PAGE)).unwrap();
        assert_eq!(text, first.replace("| ours |", "| newer |"));
    }

    #[test]
    fn what_failed_is_listed_where_its_rows_would_be() {
        let failures = ["pool: no thread\n  and a trace".to_owned(), "search: no".to_owned()];
        assert_eq!(failed(&failures), "\nFailed: pool: no thread.\n\nFailed: search: no.\n");
        assert_eq!(failed(&[]), "");
    }

    #[test]
    fn a_history_is_drawn_from_two_commits_on_and_of_this_machine_alone() {
        let case = DRAWN[0];
        let now = example(case, "b", &[2.0, 2.1]);
        let chart = |records: &[Record]| history_chart(&now.of, records, |commit| commit != "lost");
        assert_eq!(chart(std::slice::from_ref(&now)), None);
        let mut elsewhere = example(case, "a", &[1.0]);
        elsewhere.of.machine.cores = 64;
        assert_eq!(chart(&[elsewhere, now.clone()]), None);
        // Of a commit that git no longer has.
        assert_eq!(chart(&[example(case, "lost", &[1.0]), now.clone()]), None);
        let svg = chart(&[example(case, "a", &[1.0]), now.clone()]).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        // Sources unpacked from an archive know no commit at all.
        let has_commits = capture(&mut git(&["rev-parse", "--verify", "HEAD"])).is_ok();
        assert_eq!(is_known("HEAD"), has_commits);
        assert!(!is_known("0123456789012345678901234567890123456789"));
    }
}
