//! Processes end when they should: with the pool, with their worker, with the program.

use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use crate::chaos::{Chaos, Deed, Spot};
use crate::containment::kill;
use crate::roles::command;
use crate::{Test, processes};

pub(crate) const TESTS: &[Test] = &[
    ("lifetime::a_dropped_pool_leaves_nothing", a_dropped_pool_leaves_nothing),
    ("lifetime::a_worker_that_leaves_takes_its_process", a_leaving_worker_takes_its_process),
    ("lifetime::a_killed_program_takes_idle_workers", || killed_program("idle")),
    ("lifetime::a_killed_program_takes_busy_workers", || killed_program("busy")),
    ("lifetime::without_the_entry_building_is_an_error", without_the_entry),
    ("lifetime::the_environment_chooses", the_environment_chooses),
    #[cfg(feature = "rayon")]
    ("lifetime::rayon_in_items_starts_no_thread", rayon_in_items_starts_no_thread),
];

/// How long a busy machine may take over what an idle one does at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Children of this process, zombies included.
pub(crate) fn children() -> Vec<u32> {
    let own = std::process::id();
    let pids = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()?;
        (parent == own).then_some(pid)
    });
    pids.collect()
}

pub(crate) fn count(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

pub(crate) fn is_there(pid: u32) -> bool {
    // A zombie that init has not reaped yet is gone for us.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

fn a_dropped_pool_leaves_nothing() {
    let before = (children(), count("/proc/self/fd"), count("/proc/self/task"));
    for _ in 0..3 {
        let pool = processes(3);
        let inputs = vec![Deed::Sleep(Duration::from_millis(5)); 12];
        assert!(pool.batch().jobs::<Chaos>().run(&inputs).is_complete());
        assert!(!children().is_empty());
        assert!(pool.shutdown().workers.iter().all(|worker| worker.pid.is_none()));
    }
    let holdings = || (children(), count("/proc/self/fd"), count("/proc/self/task"));
    // A thread that has been joined may take the kernel a moment to clear away.
    let until = Instant::now() + PATIENCE;
    while holdings() != before && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(holdings(), before);
}

fn a_leaving_worker_takes_its_process() {
    let pool = processes(3);
    let spot = Spot::folder("leaving");
    let meeting = vec![Deed::Meet(spot.path(), 3); 3];
    assert!(pool.batch().jobs::<Chaos>().run(&meeting).is_complete());
    assert_eq!(children().len(), 3);
    pool.resize(1).unwrap();
    let until = Instant::now() + PATIENCE;
    while children().len() > 1 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(children().len(), 1);
    assert!(pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).is_complete());
}

fn killed_program(state: &str) {
    let mut program = command(&format!("parent {state}")).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let pids: Vec<u32> = line.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2, "{line:?}");
    assert!(pids.iter().all(|&pid| is_there(pid)));
    kill(program.id());
    program.wait().unwrap();
    let until = Instant::now() + PATIENCE;
    while pids.iter().any(|&pid| is_there(pid)) {
        assert!(Instant::now() < until, "{pids:?} outlived their program");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn without_the_entry() {
    let output = command("without-entry").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("worker processes need `process::worker_entry`"), "{told}");
}

fn the_environment_chooses() {
    // What a job prints goes to standard error: the program's own output stays as it is.
    let output = command("chosen").env("TANGENCY_EXECUTOR", "processes").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "processes\n");
    let output = command("chosen").env("TANGENCY_EXECUTOR", "threads").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "noisethreads\n");
}

#[cfg(feature = "rayon")]
fn rayon_in_items_starts_no_thread() {
    use rayon::prelude::*;

    let pool = tangency_pool::Pool::new(2).unwrap();
    assert!(pool.batch().map_indices(8, |i| i).is_complete());
    let before = count("/proc/self/task");
    let report = pool.batch().map_indices(40, |i| {
        let sum: usize = (0..1000_usize).into_par_iter().sum();
        (i + sum, count("/proc/self/task"))
    });
    for (_, threads) in report.into_results().unwrap() {
        assert_eq!(threads, before);
    }
}
