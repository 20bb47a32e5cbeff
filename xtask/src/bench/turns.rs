//! Programs measured in turns: every round starts each of them once more, A B A B.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;

use super::effort::Effort;
use super::measure::measure;
use super::programs::{Kind, Program};

/// What is measured beside the other sides: a commit, or a setting.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) label: String,
    pub(super) programs: Vec<Program>,
    pub(super) environment: Vec<(&'static str, String)>,
}

impl Side {
    pub(super) fn new(label: impl Into<String>, programs: Vec<Program>) -> Self {
        Self { label: label.into(), programs, environment: Vec::new() }
    }

    fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|program| program.name == name)
    }
}

/// Samples of one side: for each case one list for each process, in the order of the rounds.
pub(super) type Processes = BTreeMap<String, Vec<Vec<f64>>>;

#[derive(Debug, Default)]
pub(super) struct Measured {
    /// In the order of the sides.
    pub(super) sides: Vec<Processes>,
    /// Programs that failed, with what they said; their cases are not measured.
    pub(super) failures: Vec<String>,
}

/// Which cases are measured.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Selection<'a> {
    /// A regular expression, as criterion has it; without it all of them.
    pub(super) filter: Option<&'a str>,
    /// The program whose cases run in any case.
    pub(super) always: Option<&'a str>,
}

/// Measures the criterion programs of every side, the rounds outermost: runs of one case lie far
/// apart, so that a bad minute of the machine is one run of many cases and not all runs of one.
pub(super) fn take_turns(
    sides: &[Side],
    selection: Selection<'_>,
    effort: &Effort,
) -> Result<Measured> {
    let Selection { filter, always } = selection;
    let criterion = |program: &&Program| program.kind == Kind::Criterion;
    let programs = sides.iter().flat_map(|side| side.programs.iter().filter(criterion));
    let mut names: BTreeSet<String> = programs.map(|program| program.name.clone()).collect();
    let mut matched = 0;
    let mut measured =
        Measured { sides: vec![Processes::new(); sides.len()], failures: Vec::new() };
    for round in 1..=effort.runs {
        for name in names.clone() {
            let is_always = always == Some(name.as_str());
            let filter = filter.filter(|_| !is_always);
            eprintln!("round {round} of {}: {name}", effort.runs);
            let mut cases = 0;
            for (side, processes) in sides.iter().zip(&mut measured.sides) {
                let Some(program) = side.program(&name) else { continue };
                match measure(program, filter, effort, &side.environment) {
                    Ok(samples) => {
                        cases += samples.len();
                        for (case, samples) in samples {
                            processes.entry(case).or_default().push(samples);
                        }
                    }
                    Err(error) => {
                        let label = if sides.len() > 1 {
                            format!("{}: ", side.label)
                        } else {
                            String::new()
                        };
                        eprintln!("{label}{error}");
                        measured.failures.push(format!("{label}{error}"));
                        names.remove(&name);
                        break;
                    }
                }
            }
            matched += if is_always && selection.filter.is_some() { 0 } else { cases };
            // Nothing of this program matches the filter.
            if cases == 0 {
                names.remove(&name);
            }
        }
    }
    // A program that failed on the way leaves cases with too few runs.
    for processes in &mut measured.sides {
        processes.retain(|_, runs| runs.len() == effort.runs);
    }
    // Those that run in any case may be what was asked for.
    let is_asked_for =
        |filter: &str| measured.sides.iter().any(|it| it.keys().any(|case| case.contains(filter)));
    if measured.failures.is_empty() && matched == 0 && !filter.is_some_and(is_asked_for) {
        return Err(match filter {
            Some(filter) => format!("no bench matches `{filter}`").into(),
            None => "there is no criterion bench".into(),
        });
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::process::{capture, shell};

    /// Beside this program: where it was started, others can be, which a folder for temporary files may forbid.
    fn folder() -> tempfile::TempDir {
        let own = std::env::current_exe().unwrap();
        tempfile::tempdir_in(own.parent().unwrap()).unwrap()
    }

    /// A program that writes what criterion writes: one case whose time is `nanoseconds`.
    fn program(folder: &Path, name: &str, script: &str) -> Program {
        let path = folder.join(name);
        let text = format!(
            "#!/bin/sh\n{script}\nmkdir -p \"$CRITERION_HOME/c/new\"\ncd \"$CRITERION_HOME/c/new\"\n\
             echo '{{\"full_id\":\"pool/{name}/ours\"}}' > benchmark.json\n\
             echo '{{\"iters\":[1.0],\"times\":[7.0]}}' > sample.json\n"
        );
        // A shell writes it: were it open for writing here, a program that another thread starts at
        // that moment would hold it open too, and it could not be run.
        let file = path.display();
        let write = format!("cat > '{file}' <<'END'\n{text}END\nchmod 755 '{file}'");
        capture(&mut shell(&write)).unwrap();
        std::fs::create_dir_all(folder.join("benches")).unwrap();
        Program {
            name: name.to_owned(),
            kind: Kind::Criterion,
            executable: path,
            root: folder.to_path_buf(),
        }
    }

    #[test]
    fn each_round_adds_a_process_to_every_case() {
        let folder = folder();
        let programs = vec![program(folder.path(), "a", ""), program(folder.path(), "b", "")];
        let effort = Effort { runs: 4, ..Effort::quick() };
        let measured =
            take_turns(&[Side::new("here", programs)], Selection::default(), &effort).unwrap();
        assert_eq!(measured.sides[0].len(), 2);
        assert_eq!(measured.sides[0]["pool/b/ours"], vec![vec![7.0]; 4]);
    }

    #[test]
    fn a_program_that_fails_is_named_and_the_others_go_on() {
        let folder = folder();
        let broken = "echo 'Benchmarking pool/broken/ours' >&2; exit 101";
        let programs =
            vec![program(folder.path(), "broken", broken), program(folder.path(), "fine", "")];
        let effort = Effort { runs: 2, ..Effort::quick() };
        let measured =
            take_turns(&[Side::new("here", programs)], Selection::default(), &effort).unwrap();
        assert_eq!(measured.sides[0].keys().collect::<Vec<_>>(), ["pool/fine/ours"]);
        assert_eq!(measured.failures.len(), 1);
        assert!(measured.failures[0].contains("pool/broken/ours"), "{:?}", measured.failures);
    }

    #[test]
    fn a_filter_that_matches_nothing_is_an_error() {
        let folder = folder();
        let programs = vec![program(folder.path(), "a", "exit 0")];
        let effort = Effort { runs: 2, ..Effort::quick() };
        let side = Side::new("here", programs);
        let selection = Selection { filter: Some("nothing"), always: None };
        let error = take_turns(&[side], selection, &effort).unwrap_err();
        assert!(error.to_string().contains("`nothing`"));
    }

    #[test]
    fn the_yardstick_runs_whatever_the_filter_and_is_no_match_of_it() {
        let folder = folder();
        // One has a case that the filter `pool/a` matches, the other has none that any filter matches.
        let matched = "case \" $* \" in *\" pool/a \"*) ;; *) exit 0;; esac";
        let unmatched = "case \" $* \" in *\" pool/\"*) exit 0;; esac";
        let programs = || {
            vec![program(folder.path(), "a", matched), program(folder.path(), "judge", unmatched)]
        };
        let effort = Effort { runs: 2, ..Effort::quick() };
        let measured = |filter| {
            let selection = Selection { filter: Some(filter), always: Some("judge") };
            take_turns(&[Side::new("here", programs())], selection, &effort)
        };
        let cases = |filter| measured(filter).unwrap().sides[0].keys().cloned().collect::<Vec<_>>();
        assert_eq!(cases("pool/a"), ["pool/a/ours", "pool/judge/ours"]);
        assert!(measured("pool/b").is_err());
    }
}
