//! Everything at once, for a while, and then nothing must be left.
//!
//! Runs in a process of its own, since it counts what the process has. The short one is an ordinary
//! test. `soak_one_minute` and `soak_ten_minutes` are ignored ones:
//!
//! ```text
//! cargo test -p tangency-pool --all-features --test process -- --ignored soak_one_minute
//! ```

use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tangency_pool::process::JobFailure;
use tangency_pool::{CancelToken, Chunking, Outcome, Pool, item_seed};

use crate::chaos::{Chaos, Deed};
use crate::lifetime::{PATIENCE, children, count};
use crate::roles::command;
use crate::{Test, processes};

pub(crate) const TESTS: &[Test] = &[
    ("soak::soak_five_seconds", || run(5)),
    ("soak::soak_one_minute", || run(60)),
    ("soak::soak_ten_minutes", || run(600)),
];

pub(crate) const IGNORED: &[&str] = &["soak::soak_one_minute", "soak::soak_ten_minutes"];

fn run(seconds: u64) {
    let mut program = command(&format!("soak {seconds} 1"));
    // Thousands of panics and aborts are to be expected, and each has something to say.
    let output = program.env("RUST_BACKTRACE", "0").stderr(Stdio::piped()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let own = told.split("SOAK: ").skip(1).map(|text| text.lines().take(3).collect::<String>());
    assert!(output.status.success(), "{:#?}", own.collect::<Vec<_>>());
}

/// What a process has that it could leak.
#[derive(Debug, PartialEq)]
struct Holdings {
    threads: usize,
    descriptors: usize,
    children: Vec<u32>,
    shared_mappings: usize,
}

impl Holdings {
    fn count() -> Self {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        Self {
            threads: count("/proc/self/task"),
            descriptors: count("/proc/self/fd"),
            children: children(),
            // Private ones come and go with the allocator's arenas and cached stacks.
            shared_mappings: maps
                .lines()
                .filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.ends_with('s')))
                .count(),
        }
    }
}

/// What there is once it is as it should be, or at the end of all patience.
fn settled(is_right: impl Fn(&Holdings) -> bool) -> Holdings {
    let until = Instant::now() + PATIENCE;
    loop {
        let now = Holdings::count();
        if is_right(&now) || Instant::now() >= until {
            return now;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[expect(clippy::print_stdout, reason = "for whoever runs it by hand")]
pub(crate) fn soak(time: Duration, seed: u64) {
    // Items panic by the thousand; what goes wrong outside of them is to be heard.
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        if !thread.name().is_some_and(|name| name.starts_with("tangency-")) {
            let _ = writeln!(std::io::stderr(), "SOAK: {panic}");
        }
    }));
    // Once through, so that whatever is made once is made.
    storm(Duration::from_millis(500), seed);
    // A thread that has been joined may take the kernel a moment to clear away.
    let before = settled(|now| now.threads == 1 && now.children.is_empty());
    assert_eq!((before.threads, before.children.len()), (1, 0), "after a storm");
    let told = storm(time, seed + 1);
    assert_eq!(before, settled(|now| *now == before));
    println!("{told}");
}

/// Two pools, each with a thread that submits, and one thread that resizes and kills.
fn storm(time: Duration, seed: u64) -> String {
    let (threads, jobs) = (Pool::new(3).unwrap(), processes(2));
    let over = AtomicBool::new(false);
    let [closures, inputs, resizes, kills] = [const { AtomicU64::new(0) }; 4];
    std::thread::scope(|scope| {
        let mut submitters = vec![scope.spawn(|| {
            for round in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                closures
                    .fetch_add(closure_batch(&threads, item_seed(seed, round)), Ordering::Relaxed);
            }
        })];
        submitters.push(scope.spawn(|| {
            for round in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                inputs
                    .fetch_add(job_batch(&jobs, item_seed(seed + 1000, round)), Ordering::Relaxed);
            }
        }));
        let until = Instant::now() + time;
        for round in 0.. {
            if Instant::now() >= until || submitters.iter().any(|thread| thread.is_finished()) {
                break;
            }
            let dice = item_seed(seed + 2000, round);
            std::thread::sleep(Duration::from_millis(1 + dice % 20));
            threads.resize(1 + (dice >> 8) as usize % 5).unwrap();
            resizes.fetch_add(1, Ordering::Relaxed);
            if dice.is_multiple_of(7) {
                jobs.resize(1 + (dice >> 16) as usize % 3).unwrap();
            }
            if dice.is_multiple_of(5) {
                let pids: Vec<_> = jobs.stats().workers.iter().filter_map(|w| w.pid).collect();
                // A child of ours: while it is not reaped, its id is nobody else's.
                for pid in pids.iter().filter(|pid| children().contains(pid)).take(1) {
                    // It may be gone by now.
                    let killed = Pid::from_raw(*pid as i32)
                        .is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok());
                    kills.fetch_add(u64::from(killed), Ordering::Relaxed);
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let stats = jobs.shutdown();
    format!(
        "{closures:?} closures, {inputs:?} job inputs, {resizes:?} resizes, {kills:?} kills, {} \
         processes replaced",
        stats.restarts
    )
}

/// Panics, errors, cancellations; every item is accounted for exactly once.
fn closure_batch(pool: &Pool, seed: u64) -> u64 {
    let items = (seed % 3000) as usize;
    let runs: Vec<AtomicU32> = (0..items).map(|_| AtomicU32::new(0)).collect();
    let token = CancelToken::new();
    let stop_at = (seed.is_multiple_of(4)).then_some(items / 2);
    let task = |index: usize| {
        runs[index].fetch_add(1, Ordering::Relaxed);
        if Some(index) == stop_at {
            token.cancel();
        }
        match item_seed(seed, index) % 50 {
            0 => panic!("{index}"),
            1 => return Err(index),
            2 => std::thread::sleep(Duration::from_micros(200)),
            _ => {}
        }
        Ok(index)
    };
    let chunking = [Chunking::adaptive(), Chunking::Fixed(1), Chunking::Static, Chunking::Banded];
    let batch = pool.batch().cancel(&token).chunking(chunking[(seed >> 8) as usize % 4]);
    let report = match seed % 3 {
        0 => batch.look_ahead(64).try_map_iter(0..items, task),
        _ => batch.try_map_indices(items, task),
    };
    assert_eq!(report.error(), None);
    let mut cancelled = 0;
    for (index, outcome) in report.outcomes.iter().enumerate() {
        let ran = runs[index].load(Ordering::Relaxed);
        let dice = item_seed(seed, index) % 50;
        match outcome {
            Outcome::Done(value) => assert_eq!((ran, *value), (1, index)),
            Outcome::Failed(value) => assert_eq!((ran, *value, dice), (1, index, 1)),
            Outcome::Panicked(text) => assert_eq!((ran, text, dice), (1, &index.to_string(), 0)),
            Outcome::Cancelled => {
                assert_eq!(ran, 0);
                cancelled += 1;
            }
        }
    }
    // What an iterator still had is in no outcome, and has not run either.
    assert!(runs[report.outcomes.len()..].iter().all(|n| n.load(Ordering::Relaxed) == 0));
    assert_eq!(report.stats.items.cancelled, cancelled);
    assert_eq!(report.stats.items.total(), report.outcomes.len() as u64);
    assert!(cancelled == 0 || token.is_cancelled());
    items as u64
}

/// Aborts, exits, panics and kills from outside; every input has the outcome that is its own.
fn job_batch(pool: &Pool, seed: u64) -> u64 {
    let items = (seed % 60) as usize;
    let inputs: Vec<Deed> = (0..items)
        .map(|index| match item_seed(seed, index) % 40 {
            0 => Deed::Abort,
            1 => Deed::Panic,
            2 => Deed::Fail,
            3 => Deed::Exit(1),
            4 => Deed::Sleep(Duration::from_millis(3)),
            _ => Deed::Square(index as f64),
        })
        .collect();
    let report = pool.batch().jobs::<Chaos>().retries(3).run(&inputs);
    assert_eq!(report.error(), None);
    for (input, outcome) in inputs.iter().zip(&report.outcomes) {
        match (input, outcome) {
            (Deed::Square(x), Outcome::Done(text)) => assert_eq!(*text, format!("{:?}", x * x)),
            (Deed::Sleep(_), Outcome::Done(_))
            | (Deed::Panic, Outcome::Panicked(_))
            | (Deed::Fail, Outcome::Failed(JobFailure::Failed(_)))
            | (Deed::Abort | Deed::Exit(_), Outcome::Failed(_)) => {}
            // Killed from outside four times in a row: rare, and told as what it is.
            (_, Outcome::Failed(JobFailure::WorkerLost { cause, .. }))
                if cause.contains("SIGKILL") => {}
            (_, Outcome::Failed(JobFailure::Quarantined)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(report.stats.items.total(), items as u64);
    if seed.is_multiple_of(8) {
        pool.clear_quarantine();
    }
    items as u64
}
