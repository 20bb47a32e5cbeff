//! Searches on worker processes: trials that abort or never end cost themselves and nothing else.
//!
//! The binary has a `main` of its own, since a worker process is the same program once more.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Grid, JournalMode, Objective, RemoteObjective, Request, Study,
    StudyTrial, TileJob,
};
use tangency_pool::process::{Registry, Resources, worker_entry};
use tangency_pool::{CancelToken, Executor, Outcome, Pool};

/// Arithmetic in which some trials do what trials should not.
struct Traps {
    scale: f64,
    /// For what happens once.
    folder: PathBuf,
}

impl Objective for Traps {
    type Scratch = ();

    fn evaluate(&self, (): &mut (), request: &Request<'_>) -> Result<Metrics, Failure> {
        let (a, b) = (request.params.get("a")?, request.params.get("b")?);
        match (a as u64, b as u64) {
            (3, 4) => panic!("three and four"),
            (4, _) => return Err(format!("four and {b}").into()),
            (5, 1) if request.budget > 0.0 => std::process::abort(),
            (6, 1) => loop {
                std::hint::spin_loop();
            },
            // Aborts the first time.
            (8, 1) if File::create_new(self.folder.join("aborted")).is_ok() => {
                std::process::abort()
            }
            // Says that it has begun, and waits.
            (9, 1) => {
                let _ = File::create_new(self.folder.join("begun"));
                await_file(&self.folder.join("go"));
            }
            _ => {}
        }
        let seed = (request.seed >> 40) as f64 * 1e-9;
        Ok(Metrics::new().with(Metric::Sharpe, self.scale * (a * b).sin() + seed))
    }
}

impl RemoteObjective for Traps {
    const NAME: &'static str = "traps";
    const TILE: usize = 4;

    fn open(resources: &Resources) -> Result<Self, String> {
        let bytes = resources.bytes("scale").ok_or("the resource `scale` is missing")?;
        let bytes = bytes.try_into().map_err(|_| "`scale` is no number")?;
        let folder = resources.bytes("folder").unwrap_or_default();
        let folder = String::from_utf8_lossy(folder).into_owned().into();
        Ok(Self { scale: f64::from_le_bytes(bytes), folder })
    }
}

fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn resources() -> Resources {
    Resources::new().with_bytes("scale", 2.0_f64.to_le_bytes())
}

fn resources_in(folder: &Path) -> Resources {
    resources().with_bytes("folder", folder.to_str().unwrap())
}

fn processes(workers: usize) -> Pool {
    let pool = Pool::builder().workers(workers).executor(Executor::Processes).build().unwrap();
    assert_eq!(pool.stats().executor.reason, None, "this binary calls worker_entry");
    pool
}

fn on_processes(grid: &Grid, workers: usize, deadline: Option<Duration>) -> Vec<StudyTrial> {
    let mut trials = Collect::new();
    let study = Study::grid(grid, Metric::Sharpe).seed(3);
    let pool = processes(workers);
    let _ = study.run_jobs::<Traps>(&pool, &resources(), deadline, &mut trials).unwrap();
    trials.into_trials()
}

fn threads_and_processes_agree() {
    // Panics and errors, nothing that would end a thread's process.
    let grid = Grid::parse(["a=1:4:1", "b=1:60:1"]).unwrap();
    let mut trials = Collect::new();
    let study = Study::grid(&grid, Metric::Sharpe).seed(3);
    let _ = study
        .run(&Pool::new(2).unwrap(), &Traps { scale: 2.0, folder: PathBuf::new() }, &mut trials)
        .unwrap();
    let threads = trials.into_trials();
    let panicked: Vec<&Outcome<_, _>> =
        threads.iter().map(|trial| &trial.outcome).filter(|o| o.is_panicked()).collect();
    assert_eq!(panicked, [&Outcome::Panicked("three and four".to_owned())]);
    for workers in [1, 2, 5] {
        assert_eq!(on_processes(&grid, workers, None), threads, "{workers} processes");
    }
}

fn an_abort_and_an_endless_loop_cost_a_trial_each() {
    // No panic among them: one that writes its backtrace may take long on a machine under load. The
    // others take microseconds, and seconds are left to them.
    let grid = Grid::parse(["a=4:8:1", "b=1:12:1"]).unwrap();
    let run = |in_flight: Option<usize>| {
        let folder = tempfile::tempdir().unwrap();
        let mut study = Study::grid(&grid, Metric::Sharpe).seed(3);
        if let Some(most) = in_flight {
            study = study.in_flight(most);
        }
        let (pool, mut trials) = (processes(2), Collect::new());
        let (resources, deadline) = (resources_in(folder.path()), Some(Duration::from_secs(3)));
        let _ = study.run_jobs::<Traps>(&pool, &resources, deadline, &mut trials).unwrap();
        assert!(folder.path().join("aborted").exists());
        assert_eq!(pool.quarantined(), 0);
        trials.into_trials()
    };
    let trials = run(None);
    assert_eq!(trials.len(), 60);
    for trial in &trials {
        let (a, b) = (trial.params.values()[0] as u64, trial.params.values()[1] as u64);
        let lost =
            |cause| format!("the item lost its worker process 2 times, at last because {cause}");
        match (&trial.outcome, a, b) {
            (Outcome::Failed(reason), 4, _) => assert_eq!(*reason, format!("four and {b}")),
            (Outcome::Failed(reason), 5, 1) => {
                assert_eq!(*reason, lost("signal 6 (SIGABRT) ended it"));
            }
            (Outcome::Failed(reason), 6, 1) => {
                assert_eq!(*reason, lost("it was killed at the deadline of 3s"));
            }
            // Among them the one that lost its process once.
            (Outcome::Done(_), ..) => assert!(![(5, 1), (6, 1)].contains(&(a, b)) && a != 4),
            (outcome, ..) => panic!("{}: {outcome:?}", trial.params),
        }
    }
    assert_eq!(run(Some(1)), trials, "each trial a tile of its own");
}

fn a_cancelled_study_lets_what_has_started_end() {
    let grid = Grid::parse(["a=9", "b=1:8:1"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cancelled.journal");
    let token = CancelToken::new();
    let study = Study::grid(&grid, Metric::Sharpe)
        .in_flight(1)
        .journal(&path, JournalMode::Resume)
        .cancel(&token);
    let resources = resources_in(folder.path());
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&folder.path().join("begun"));
            token.cancel();
            // The study looks at its token every tenth of a second.
            std::thread::sleep(Duration::from_millis(500));
            std::fs::write(folder.path().join("go"), "").unwrap();
        });
        study.run_jobs::<Traps>(&processes(1), &resources, None, &mut Discard).unwrap()
    });
    assert!(report.cancelled);
    assert_eq!(report.evaluated, 1);
    let study = Study::grid(&grid, Metric::Sharpe).journal(&path, JournalMode::Resume);
    let report = study.run_jobs::<Traps>(&processes(1), &resources, None, &mut Discard).unwrap();
    assert_eq!((report.replayed, report.evaluated), (1, 7));
}

fn a_study_changes_its_executor_between_runs() {
    let grid = Grid::parse(["a=1:4:1", "b=1:30:1"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traps.journal");
    let study = Study::grid(&grid, Metric::Sharpe).seed(3).journal(&path, JournalMode::Resume);
    let _ = study.run_jobs::<Traps>(&processes(2), &resources(), None, &mut Discard).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let mut trials = Collect::new();
    let pool = Pool::new(2).unwrap();
    let report =
        study.run(&pool, &Traps { scale: 2.0, folder: PathBuf::new() }, &mut trials).unwrap();
    assert!(report.replayed > 0 && report.evaluated > 0);
    assert_eq!(trials.into_trials(), on_processes(&grid, 1, None));
}

fn resources_that_do_not_fit_are_named() {
    let grid = Grid::parse(["a=1", "b=1"]).unwrap();
    let study = Study::grid(&grid, Metric::Sharpe);
    let error =
        study.run_jobs::<Traps>(&processes(1), &Resources::new(), None, &mut Discard).unwrap_err();
    assert!(error.to_string().contains("the resource `scale` is missing"), "{error}");
}

const TESTS: [(&str, fn()); 5] = [
    ("threads_and_processes_agree", threads_and_processes_agree),
    (
        "an_abort_and_an_endless_loop_cost_a_trial_each",
        an_abort_and_an_endless_loop_cost_a_trial_each,
    ),
    ("a_cancelled_study_lets_what_has_started_end", a_cancelled_study_lets_what_has_started_end),
    ("a_study_changes_its_executor_between_runs", a_study_changes_its_executor_between_runs),
    ("resources_that_do_not_fit_are_named", resources_that_do_not_fit_are_named),
];

fn main() {
    worker_entry(Registry::new().with::<TileJob<Traps>>());
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = TESTS.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
