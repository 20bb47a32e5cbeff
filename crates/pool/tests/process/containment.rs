//! What kills a worker process costs its item, and nobody else.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tangency_pool::process::JobFailure;
use tangency_pool::{CancelToken, Chunking, Outcome, Pool, StopReason};

use crate::chaos::{Chaos, Deed, Spot, await_file, opening};
use crate::lifetime::is_there;
use crate::{Test, processes};

pub(crate) const TESTS: &[Test] = &[
    ("containment::abort", || dies_of(Deed::Abort, "signal 6 (SIGABRT)")),
    ("containment::stack_overflow", || dies_of(Deed::Overflow, "signal 6 (SIGABRT)")),
    ("containment::allocation_failure", || dies_of(Deed::Allocate, "signal 6 (SIGABRT)")),
    ("containment::exit", || dies_of(Deed::Exit(3), "exit code 3")),
    ("containment::an_endless_loop_meets_its_deadline", || dies_of(Deed::Loop, "deadline of 2s")),
    ("containment::one_retry_is_enough", one_retry_is_enough),
    ("containment::retries_are_configurable", retries_are_configurable),
    ("containment::killed_from_outside_at_an_item", killed_from_outside_at_an_item),
    ("containment::killed_from_outside_between_items", killed_between_items),
    ("containment::quarantine", quarantine),
    ("containment::cancelling_kills", cancelling_kills),
    ("containment::the_deadline_of_the_batch_kills", batch_deadline_kills),
    ("containment::a_running_item_may_end", a_running_item_may_end),
    ("containment::failing_fast_kills", failing_fast_kills),
    ("containment::failing_fast_kills_what_opens", failing_fast_kills_what_opens),
    ("containment::an_observer_that_panics_kills", an_observer_that_panics_kills),
    ("containment::quarantine_can_be_left_alone", quarantine_can_be_left_alone),
];

/// Among items that are fine, three that kill their worker every time.
#[track_caller]
fn dies_of(deed: Deed, cause: &str) {
    let pool = processes(2);
    let inputs: Vec<Deed> = (0..30)
        .map(|n| if n % 10 == 7 { deed.clone() } else { Deed::Square(f64::from(n)) })
        .collect();
    let batch = pool.batch().chunking(Chunking::Fixed(1)).jobs::<Chaos>();
    // Even dying takes a while on a busy machine, and the items that are fine must not meet it.
    let deadline = Duration::from_secs(if deed == Deed::Loop { 2 } else { 60 });
    let report = batch.item_deadline(deadline).run(&inputs);
    for (n, outcome) in report.outcomes.iter().enumerate() {
        match outcome {
            Outcome::Done(square) => assert_eq!(*square, format!("{:?}", (n * n) as f64)),
            Outcome::Failed(JobFailure::WorkerLost { attempts, cause: told }) if n % 10 == 7 => {
                assert_eq!(*attempts, 2);
                assert!(told.contains(cause), "{told}");
            }
            // The same input again, and by then it was known.
            Outcome::Failed(JobFailure::Quarantined) if n % 10 == 7 => {}
            other => panic!("item {n}: {other:?}"),
        }
    }
    assert_eq!(report.stats.items.failed, 3);
    assert!(pool.stats().restarts >= 1);
    // The workers are as good as new.
    let after = pool.batch().jobs::<Chaos>().run(&vec![Deed::Pid; 10]);
    assert!(after.is_complete());
}

fn one_retry_is_enough() {
    let pool = processes(1);
    assert!(pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).is_complete());
    let spot = Spot::new("once");
    let deed = Deed::Once(spot.path(), Deed::Abort.into());
    let report = pool.batch().jobs::<Chaos>().run(&[deed]);
    assert_eq!(report.into_results().unwrap(), ["done"]);
    assert_eq!((pool.stats().restarts, pool.quarantined()), (1, 0));
}

fn retries_are_configurable() {
    let pool = processes(1);
    for retries in [0, 3] {
        pool.clear_quarantine();
        let report = pool.batch().jobs::<Chaos>().retries(retries).run(&[Deed::Abort]);
        let Outcome::Failed(JobFailure::WorkerLost { attempts, .. }) = &report.outcomes[0] else {
            panic!("{:?}", report.outcomes);
        };
        assert_eq!(*attempts, retries + 1);
    }
}

pub(crate) fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

pub(crate) fn pid(pool: &Pool) -> Option<u32> {
    pool.stats().workers.iter().find_map(|worker| worker.pid)
}

fn killed_from_outside_at_an_item() {
    let pool = processes(1);
    let spot = Spot::new("at-an-item");
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&spot.0);
            kill(pid(&pool).unwrap());
        });
        let endless = Deed::Once(spot.path(), Deed::Loop.into());
        pool.batch().jobs::<Chaos>().run(&[endless, Deed::Square(3.0)])
    });
    assert_eq!(report.into_results().unwrap(), ["done", "9.0"]);
    assert_eq!(pool.stats().restarts, 1);
}

fn killed_between_items() {
    let pool = processes(1);
    let first = pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).into_results().unwrap();
    let pid = first[0].parse().unwrap();
    kill(pid);
    while is_there(pid) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // Nothing is charged to the item: it would have no retry to spend.
    let again = pool.batch().jobs::<Chaos>().retries(0).run(&[Deed::Pid]).into_results().unwrap();
    assert_ne!(first, again);
}

fn quarantine() {
    let pool = processes(1);
    let run = |deed: Deed| pool.batch().jobs::<Chaos>().run(&[deed]).outcomes.remove(0);
    assert!(matches!(run(Deed::Abort), Outcome::Failed(JobFailure::WorkerLost { .. })));
    assert_eq!(pool.quarantined(), 1);
    assert!(run(Deed::Pid).is_done());
    let restarts = pool.stats().restarts;
    assert_eq!(run(Deed::Abort), Outcome::Failed(JobFailure::Quarantined));
    assert_eq!(pool.stats().restarts, restarts, "it was not tried");
    assert!(run(Deed::Pid).is_done());
    pool.clear_quarantine();
    assert!(matches!(run(Deed::Abort), Outcome::Failed(JobFailure::WorkerLost { .. })));
}

fn cancelling_kills() {
    let pool = processes(2);
    let token = CancelToken::new();
    let spot = Spot::new("cancelling");
    let mut inputs = vec![Deed::Loop; 5];
    inputs[0] = Deed::Once(spot.path(), Deed::Loop.into());
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&spot.0);
            token.cancel();
        });
        pool.batch().cancel(&token).jobs::<Chaos>().run(&inputs)
    });
    assert!(report.outcomes.iter().all(Outcome::is_cancelled), "{:?}", report.outcomes);
    assert_eq!(report.stats.items.cancelled, 5);
    assert_eq!(report.stats.stopped, Some(StopReason::Cancelled));
    assert_eq!(pool.quarantined(), 0, "the item is not to blame");
    assert!(pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).is_complete());
}

fn batch_deadline_kills() {
    let pool = processes(1);
    let mut deadline = Duration::from_secs(1);
    let report = loop {
        let batch = pool.batch().deadline(deadline);
        let report = batch.jobs::<Chaos>().run(&[Deed::Square(1.0), Deed::Loop, Deed::Square(2.0)]);
        // Long enough for the first item.
        if !report.outcomes[0].is_cancelled() {
            break report;
        }
        deadline *= 2;
    };
    assert_eq!(report.outcomes[0], Outcome::Done("1.0".to_owned()));
    assert_eq!(report.stats.items.cancelled, 2);
    assert_eq!(report.stats.stopped, Some(StopReason::Deadline));
}

fn a_running_item_may_end() {
    let pool = processes(1);
    let (begun, go) = (Spot::new("begun"), Spot::new("go"));
    let token = CancelToken::new();
    let inputs =
        [Deed::Once(begun.path(), Deed::After(go.path(), Deed::Fail.into()).into()), Deed::Pid];
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun.0);
            token.cancel();
            // Many times as long as it takes to see the token.
            std::thread::sleep(Duration::from_millis(200));
            std::fs::write(&go.0, "").unwrap();
        });
        pool.batch().cancel(&token).jobs::<Chaos>().finish_running(true).run(&inputs)
    });
    assert_eq!(report.outcomes[0], Outcome::Failed(JobFailure::Failed("told to".to_owned())));
    assert!(report.outcomes[1].is_cancelled());
    assert_eq!(pool.stats().restarts, 0);
    // Its own deadline holds all the same, and it is not tried again.
    let (begun, token) = (Spot::new("begun-again"), CancelToken::new());
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            await_file(&begun.0);
            token.cancel();
        });
        let batch = pool.batch().cancel(&token).jobs::<Chaos>().finish_running(true);
        let deadline = Duration::from_millis(300);
        batch
            .item_deadline(deadline)
            .open_deadline(Duration::from_secs(60))
            .retries(1000)
            .run(&[Deed::Once(begun.path(), Deed::Loop.into())])
    });
    assert!(report.outcomes[0].is_cancelled(), "{:?}", report.outcomes);
}

fn failing_fast_kills() {
    let pool = processes(2);
    let begun = Spot::new("failing-fast");
    let inputs =
        [Deed::After(begun.path(), Deed::Fail.into()), Deed::Once(begun.path(), Deed::Loop.into())];
    let report = pool.batch().fail_fast(true).jobs::<Chaos>().run(&inputs);
    assert!(report.outcomes[0].is_failed() && report.outcomes[1].is_cancelled());
    assert_eq!(report.stats.stopped, Some(StopReason::FailFast));
    assert_eq!(pool.quarantined(), 0);
}

fn failing_fast_kills_what_opens() {
    let pool = processes(2);
    let (first, second) = (Spot::new("opens-first"), Spot::new("opens-second"));
    let hangs = Deed::Once(second.path(), Deed::Loop.into());
    let resources = opening(&Deed::Again(first.path(), hangs.into()));
    let inputs = vec![Deed::After(second.path(), Deed::Fail.into()); 2];
    let batch = pool.batch().fail_fast(true).jobs::<Chaos>().resources(&resources);
    let report = batch.run(&inputs);
    assert_eq!((report.stats.items.failed, report.stats.items.cancelled), (1, 1));
    assert_eq!(report.stats.stopped, Some(StopReason::FailFast));
    assert_eq!(report.error(), None);
}

fn an_observer_that_panics_kills() {
    let pool = processes(2);
    let begun = Spot::new("observer");
    let inputs =
        [Deed::After(begun.path(), Deed::Pid.into()), Deed::Once(begun.path(), Deed::Loop.into())];
    let observer = |_, _: &Outcome<String, JobFailure>| panic!("the observer");
    let batch = std::panic::AssertUnwindSafe(pool.batch().on_result(observer));
    let caught = std::panic::catch_unwind(|| {
        let std::panic::AssertUnwindSafe(batch) = { batch };
        batch.jobs::<Chaos>().run(&inputs).is_complete()
    });
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"the observer"));
    assert!(pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).is_complete());
}

fn quarantine_can_be_left_alone() {
    let pool = processes(1);
    for _ in 0..2 {
        let batch = pool.batch().jobs::<Chaos>().quarantine(false).retries(0);
        let report = batch.run(&[Deed::Abort]);
        assert!(
            matches!(report.outcomes[0], Outcome::Failed(JobFailure::WorkerLost { .. })),
            "{:?}",
            report.outcomes
        );
        assert_eq!(pool.quarantined(), 0);
    }
}
