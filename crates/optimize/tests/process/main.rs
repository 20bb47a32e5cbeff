//! Searches on worker processes: trials that abort or never end cost themselves and nothing else.
//!
//! The binary has a `main` of its own, since a worker process is the same program once more.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Grid, JournalMode, Objective, RemoteObjective, Request, Study,
    StudyTrial, TileJob,
};
use tangency_pool::process::{Registry, Resources, worker_entry};
use tangency_pool::{Executor, Outcome, Pool};

/// Arithmetic in which some trials do what trials should not.
struct Traps {
    scale: f64,
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
            _ => {}
        }
        let seed = (request.seed >> 40) as f64 * 1e-9;
        Ok(Metrics::new().with(Metric::Sharpe, self.scale * (a * b).sin() + seed))
    }
}

impl RemoteObjective for Traps {
    const NAME: &'static str = "traps";
    // A tile's deadline is that of its trials together: more of them make the loop's test last.
    const TILE: usize = 2;

    fn open(resources: &Resources) -> Result<Self, String> {
        let bytes = resources.bytes("scale").ok_or("the resource `scale` is missing")?;
        let bytes = bytes.try_into().map_err(|_| "`scale` is no number")?;
        Ok(Self { scale: f64::from_le_bytes(bytes) })
    }
}

fn resources() -> Resources {
    Resources::new().with_bytes("scale", 2.0_f64.to_le_bytes())
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
    let _ = study.run(&Pool::new(2).unwrap(), &Traps { scale: 2.0 }, &mut trials).unwrap();
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
    let grid = Grid::parse(["a=4:7:1", "b=1:12:1"]).unwrap();
    let trials = on_processes(&grid, 2, Some(Duration::from_secs(3)));
    assert_eq!(trials.len(), 48);
    for trial in &trials {
        let (a, b) = (trial.params.values()[0] as u64, trial.params.values()[1] as u64);
        match (&trial.outcome, a, b) {
            (Outcome::Failed(reason), 4, _) => assert_eq!(*reason, format!("four and {b}")),
            (Outcome::Failed(reason), 5 | 6, 1) => {
                // Both messages of the pool: an item that has cost several processes is not tried again.
                let lost = reason.starts_with("the item lost its worker process 2 times")
                    || reason
                        .starts_with("the item is in quarantine: it lost every worker process");
                assert!(lost, "{reason}");
            }
            (Outcome::Done(_), ..) => assert!(![(5, 1), (6, 1)].contains(&(a, b)) && a != 4),
            (outcome, ..) => panic!("{}: {outcome:?}", trial.params),
        }
    }
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
    let report = study.run(&pool, &Traps { scale: 2.0 }, &mut trials).unwrap();
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

const TESTS: [(&str, fn()); 4] = [
    ("threads_and_processes_agree", threads_and_processes_agree),
    (
        "an_abort_and_an_endless_loop_cost_a_trial_each",
        an_abort_and_an_endless_loop_cost_a_trial_each,
    ),
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
