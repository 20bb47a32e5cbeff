//! The file that remembers: one JSON record a line, only ever appended to.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::Result;
use crate::process::{capture, git};

use super::effort::Method;
use super::machine::Machine;
use super::record::{Record, Run};

/// Where the history lies unless `--history` says otherwise.
const VARIABLE: &str = "TANGENCY_BENCH_HISTORY";

pub(super) struct History {
    path: PathBuf,
}

/// The records of a file, and how many of its lines were none.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) records: Vec<Record>,
    /// Torn by a run that was killed while it wrote.
    pub(super) torn: usize,
    /// Whole, and written by another version of this command.
    pub(super) foreign: usize,
}

impl Contents {
    /// What was passed over, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let told = [(self.torn, "torn"), (self.foreign, "of another version of this command")];
        let told = told.into_iter().filter(|(lines, _)| *lines > 0);
        told.map(|(lines, what)| format!("lines of the history that are {what}, skipped: {lines}"))
            .collect()
    }
}

impl History {
    /// The file `given`, else the one that the environment names, else one in the target folder.
    pub(super) fn locate(given: Option<&str>, target: &Path) -> Self {
        let path = given.map(PathBuf::from).or_else(|| std::env::var_os(VARIABLE).map(Into::into));
        Self { path: path.unwrap_or_else(|| target.join("tangency-bench/history.jsonl")) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds whole lines with one write, and waits until they are on the disk.
    ///
    /// A line that an earlier run left torn is ended first, so that it spoils no other.
    pub(super) fn append(&self, records: &[Record]) -> Result {
        let mut lines = String::new();
        for record in records {
            lines += &serde_json::to_string(record)?;
            lines.push('\n');
        }
        let told = |error: std::io::Error| format!("{}: {error}", self.path.display());
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(told)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&self.path)
            .map_err(told)?;
        if !ends_with_newline(&mut file).map_err(told)? {
            lines.insert(0, '\n');
        }
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()).map_err(told)?;
        Ok(())
    }

    /// All records in the order in which they were written; none where there is no file.
    pub(super) fn read(&self) -> Result<Contents> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{}: {error}", self.path.display()).into()),
        };
        let mut contents = Contents::default();
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(record) => contents.records.push(record),
                Err(_) if serde_json::from_slice::<IgnoredAny>(line).is_ok() => {
                    contents.foreign += 1
                }
                Err(_) => contents.torn += 1,
            }
        }
        Ok(contents)
    }
}

/// Whether the next line may begin right away.
fn ends_with_newline(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

/// Which earlier records a run is held against.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Baseline {
    /// The last run of each case, whatever its commit.
    Last,
    /// Runs saved under a name.
    Named(String),
    /// Runs of a commit, by its whole hash.
    Commit(String),
}

impl Baseline {
    /// What `--baseline` says: a saved name first, else anything that git resolves to a commit.
    pub(super) fn resolve(given: Option<&str>, contents: &Contents) -> Result<Self> {
        let Some(given) = given else { return Ok(Self::Last) };
        if contents.records.iter().any(|record| record.of.name.as_deref() == Some(given)) {
            return Ok(Self::Named(given.to_owned()));
        }
        let commit = format!("{given}^{{commit}}");
        match capture(&mut git(&["rev-parse", "--verify", "--quiet", &commit])) {
            Ok(hash) => Ok(Self::Commit(hash.trim().to_owned())),
            Err(_) => {
                Err(format!("no run was saved as `{given}`, and git knows no commit of that name")
                    .into())
            }
        }
    }

    fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Last => true,
            Self::Named(name) => record.of.name.as_deref() == Some(name.as_str()),
            Self::Commit(hash) => record.of.commit == *hash && !record.of.dirty,
        }
    }

    /// The cases that a run must have to be held against the whole of this; of runs without a name the last
    /// one's.
    pub(super) fn cases<'a>(
        &self,
        records: &'a [Record],
        machine: &Machine,
        method: Method,
    ) -> Vec<&'a str> {
        let fits = |of: &Run| of.machine == *machine && of.method == method;
        let held = || records.iter().filter(|it| self.holds(it) && fits(&it.of));
        let last = held().next_back().map(|record| record.of.run.as_str());
        let is_meant = |it: &&Record| *self != Self::Last || Some(it.of.run.as_str()) == last;
        let mut cases: Vec<&str> = held().filter(is_meant).map(|it| it.case.as_str()).collect();
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Last => "the last run of each case".to_owned(),
            Self::Named(name) => format!("the run saved as `{name}`"),
            Self::Commit(hash) => format!("commit {}", hash.get(..9).unwrap_or(hash)),
        }
    }
}

/// What a baseline offers for one case.
#[derive(Debug, PartialEq)]
pub(super) enum Earlier<'a> {
    Comparable(&'a Record),
    /// There are records, and why the latest of them must not be compared.
    Incomparable(String),
    Nothing,
}

/// The latest record of `case` in the baseline, refused where it was measured elsewhere or otherwise.
pub(super) fn find<'a>(
    records: &'a [Record],
    baseline: &Baseline,
    case: &str,
    machine: &Machine,
    method: Method,
) -> Earlier<'a> {
    let candidates =
        || records.iter().rev().filter(|record| record.case == case && baseline.holds(record));
    let fits = |record: &&Record| record.of.machine == *machine && record.of.method == method;
    if let Some(record) = candidates().find(fits) {
        return Earlier::Comparable(record);
    }
    match candidates().next() {
        None => Earlier::Nothing,
        Some(record) => Earlier::Incomparable(match machine.difference(&record.of.machine) {
            Some(difference) => format!("measured elsewhere: {difference}"),
            None => format!("measured with {} there, {method} here", record.of.method),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::record::example;

    const CASE: &str = "pool/dispatch/auto";

    fn history(folder: &tempfile::TempDir) -> History {
        History { path: folder.path().join("deep/history.jsonl") }
    }

    #[test]
    fn what_is_appended_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        assert!(history.read().unwrap().records.is_empty());
        let records = [example(CASE, "a", &[1.0]), example(CASE, "b", &[2.0])];
        history.append(&records[..1]).unwrap();
        history.append(&records[1..]).unwrap();
        let contents = history.read().unwrap();
        assert_eq!(contents.records, records);
        assert_eq!(contents.torn, 0);
    }

    #[test]
    fn a_line_torn_anywhere_costs_no_other_line() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let records = [example(CASE, "a", &[1.0]), example(CASE, "b", &[2.0])];
        history.append(&records).unwrap();
        let whole = fs::read(&history.path).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for length in first..whole.len() {
            fs::write(&history.path, &whole[..length]).unwrap();
            history.append(&records[1..]).unwrap();
            let contents = history.read().unwrap();
            // Cut right before its end of line, the second record is still whole.
            let survivors = if length == whole.len() - 1 { 3 } else { 2 };
            assert_eq!(contents.records.len(), survivors, "cut at {length}");
            assert_eq!(contents.records[0], records[0]);
            assert_eq!(contents.records.last(), Some(&records[1]));
            assert_eq!(contents.torn, usize::from(survivors == 2 && length > first));
        }
    }

    #[test]
    fn a_line_of_another_version_is_not_called_torn() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        history.append(&[example(CASE, "a", &[1.0])]).unwrap();
        let mut text = fs::read_to_string(&history.path).unwrap();
        text += "{\"case\":\"pool/a/b\",\"seconds\":1}\n{\"case\":\"po\n";
        fs::write(&history.path, text).unwrap();
        let contents = history.read().unwrap();
        assert_eq!((contents.records.len(), contents.foreign, contents.torn), (1, 1, 1));
        assert_eq!(contents.notes().len(), 2);
    }

    #[test]
    fn what_the_baseline_had_and_the_run_has_not_is_found() {
        let here = crate::bench::machine::example();
        let mut older = example("pool/old/ours", "a", &[1.0]);
        older.of.run = "older".to_owned();
        let records = [older, example(CASE, "b", &[1.0]), example("pool/gone/ours", "b", &[1.0])];
        let expected = |baseline: Baseline| baseline.cases(&records, &here, Method::Full).join(" ");
        // Of the last run alone: what was given up long ago is not asked for.
        assert_eq!(expected(Baseline::Last), "pool/dispatch/auto pool/gone/ours");
        assert_eq!(expected(Baseline::Commit("a".to_owned())), "pool/old/ours");
    }

    #[test]
    fn another_machine_or_method_is_refused_in_words() {
        let here = crate::bench::machine::example();
        let mut elsewhere = example(CASE, "a", &[1.0]);
        elsewhere.of.machine.cores = 64;
        let records = [elsewhere];
        let found = find(&records, &Baseline::Last, CASE, &here, Method::Full);
        let Earlier::Incomparable(why) = found else { panic!("{found:?}") };
        assert!(why.contains("cores `64` there, `2` here"), "{why}");
        let records = [example(CASE, "a", &[1.0])];
        let found = find(&records, &Baseline::Last, CASE, &here, Method::Quick);
        assert!(matches!(&found, Earlier::Incomparable(why) if why.contains("quick")), "{found:?}");
        assert_eq!(find(&records, &Baseline::Last, "other", &here, Method::Full), Earlier::Nothing);
    }

    #[test]
    fn the_latest_comparable_record_wins() {
        let here = crate::bench::machine::example();
        let mut saved = example(CASE, "b", &[2.0]);
        saved.of.name = Some("before".to_owned());
        let mut dirty = example(CASE, "c", &[4.0]);
        dirty.of.dirty = true;
        let records = [example(CASE, "a", &[1.0]), saved, example(CASE, "c", &[3.0]), dirty];
        let least = |baseline: Baseline| match find(&records, &baseline, CASE, &here, Method::Full)
        {
            Earlier::Comparable(record) => record.min,
            other => panic!("{other:?}"),
        };
        assert_eq!(least(Baseline::Last), 4.0);
        assert_eq!(least(Baseline::Named("before".to_owned())), 2.0);
        assert_eq!(least(Baseline::Commit("c".to_owned())), 3.0);
    }

    #[test]
    fn a_baseline_is_a_saved_name_or_a_commit() {
        let mut saved = example(CASE, "b", &[2.0]);
        saved.of.name = Some("before".to_owned());
        let contents = Contents { records: vec![saved], ..Contents::default() };
        assert_eq!(Baseline::resolve(None, &contents).unwrap(), Baseline::Last);
        let named = Baseline::resolve(Some("before"), &contents).unwrap();
        assert_eq!(named, Baseline::Named("before".to_owned()));
        let unknown = Baseline::resolve(Some("no-such-thing"), &contents).unwrap_err();
        assert!(unknown.to_string().contains("`no-such-thing`"));
    }
}
