//! Processes that cannot be started, or are lost before an item has reached them, are no item's fault.

use std::fs::File;
use std::time::Duration;

use tangency_pool::process::{JobFailure, Resources};
use tangency_pool::{ErrorKind, Executor, Outcome, Pool};

use crate::chaos::{Chaos, Deed, Spot, await_file, opening};
use crate::containment::{kill, pid};
use crate::roles::command;
use crate::{Test, processes};

pub(crate) const TESTS: &[Test] = &[
    ("starting::lost_once_while_opening", lost_once_while_opening),
    ("starting::lost_every_time_while_opening", lost_every_time_while_opening),
    ("starting::opening_without_end_meets_its_deadline", opening_without_end),
    ("starting::a_refused_start_costs_no_item_its_name", a_refused_start),
    ("starting::too_many_descriptors_are_named", too_many_descriptors),
    ("starting::a_panic_while_opening_is_the_states_failure", a_panic_while_opening),
    ("starting::opening_is_the_building_of_state", opening_is_the_building_of_state),
    ("starting::the_pool_of_the_process_needs_no_entry", the_pool_of_the_process_needs_no_entry),
    #[cfg(target_os = "linux")]
    ("starting::a_refused_thread_leaves_what_there_is", a_refused_thread_leaves_what_there_is),
];

fn lost_once_while_opening() {
    let pool = processes(1);
    let spot = Spot::new("open-once");
    let resources = opening(&Deed::Once(spot.path(), Deed::Abort.into()));
    // The item would have no retry to spend.
    let batch = pool.batch().jobs::<Chaos>().resources(&resources).retries(0);
    assert_eq!(batch.run(&[Deed::Square(3.0)]).into_results().unwrap(), ["9.0"]);
    assert_eq!((pool.stats().restarts, pool.quarantined()), (1, 0));
}

fn lost_every_time_while_opening() {
    let pool = processes(2);
    let resources = opening(&Deed::Abort);
    let report = pool.batch().jobs::<Chaos>().resources(&resources).run(&vec![Deed::Pid; 4]);
    let error = report.error().unwrap();
    assert!(matches!(error.kind(), ErrorKind::StateFailed { .. }), "{error}");
    assert!(error.to_string().contains("while it opened the job: signal 6 (SIGABRT)"), "{error}");
    assert_eq!(pool.quarantined(), 0);

    // Open at first, but not again after an item has cost the process.
    let spot = Spot::new("open-again");
    let resources = opening(&Deed::Again(spot.path(), Deed::Abort.into()));
    let pool = processes(1);
    let batch = pool.batch().jobs::<Chaos>().resources(&resources);
    let report = batch.run(&[Deed::Abort]);
    assert!(
        matches!(report.outcomes[0], Outcome::Failed(JobFailure::NotStarted { .. })),
        "{:?}",
        report.outcomes
    );
    assert_eq!(pool.quarantined(), 0, "it was tried once");
}

fn opening_without_end() {
    let pool = processes(1);
    let resources = opening(&Deed::Loop);
    let batch = pool.batch().jobs::<Chaos>().resources(&resources);
    let report = batch.item_deadline(Duration::from_millis(50)).run(&[Deed::Pid]);
    let error = report.error().unwrap().to_string();
    assert!(error.ends_with("it was killed at the deadline of 50ms"), "{error}");
}

fn a_refused_start() {
    let program = Spot::new("program");
    let link = || {
        std::os::unix::fs::symlink(std::env::current_exe().unwrap(), &program.0).unwrap();
    };
    link();
    let builder = Pool::builder().workers(1).executor(Executor::Processes);
    let pool = builder.worker_binary(program.path()).build().unwrap();
    let begun = Spot::new("refused");
    let inputs = [Deed::Once(begun.path(), Deed::Loop.into()), Deed::Square(2.0)];
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun.0);
            std::fs::remove_file(&program.0).unwrap();
            kill(pid(&pool).unwrap());
        });
        pool.batch().jobs::<Chaos>().run(&inputs)
    });
    for outcome in &report.outcomes {
        let Outcome::Failed(JobFailure::NotStarted { cause }) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(cause.contains("could not be started"), "{cause}");
    }
    assert_eq!(pool.quarantined(), 0);
    link();
    let report = pool.batch().jobs::<Chaos>().run(&inputs);
    assert_eq!(report.into_results().unwrap(), ["done", "4.0"]);
}

fn too_many_descriptors() {
    let pool = processes(1);
    let null = || File::open("/dev/null").unwrap();
    let with =
        |resources: Resources, n: usize| resources.with_descriptor(&format!("file {n}"), null(), 0);
    let resources = (0..65).fold(Resources::new(), with);
    let report = pool.batch().jobs::<Chaos>().resources(&resources).run(&[Deed::Pid]);
    let error = report.error().unwrap().to_string();
    assert!(error.ends_with("could not be built: 65 descriptors, at most 64 fit"), "{error}");
}

fn a_panic_while_opening() {
    let resources = opening(&Deed::Panic);
    for pool in [processes(1), Pool::new(1).unwrap()] {
        let report = pool.batch().jobs::<Chaos>().resources(&resources).run(&[Deed::Pid]);
        let error = report.error().unwrap();
        assert!(matches!(error.kind(), ErrorKind::StateFailed { .. }), "{error}");
        assert!(error.to_string().ends_with("panicked: told to panic"), "{error}");
    }
}

fn opening_is_the_building_of_state() {
    let nap = Duration::from_millis(30);
    let resources = opening(&Deed::Sleep(nap));
    for pool in [processes(1), Pool::new(1).unwrap()] {
        for _ in 0..2 {
            let batch = pool.batch().jobs::<Chaos>().resources(&resources);
            assert!(batch.run(&[Deed::Pid]).is_complete());
        }
        let worker = pool.stats().workers[0];
        assert!(worker.init >= nap, "{worker:?}");
        // Where the worker does its jobs, and the job.
        assert_eq!(worker.states_built, 2);
    }
}

fn the_pool_of_the_process_needs_no_entry() {
    let mut program = command("without-entry global");
    let output = program.env("TANGENCY_EXECUTOR", "processes").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("threads: worker processes need `process::worker_entry`"), "{told}");
}

#[cfg(target_os = "linux")]
fn a_refused_thread_leaves_what_there_is() {
    let output = command("refused").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "refused, 1 resize, joined\n");
}
