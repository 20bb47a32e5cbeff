//! What this program does when a test starts it again.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tangency_pool::{Chunking, Pool};

use crate::chaos::{Chaos, Deed, Spot};
use crate::lifetime::PATIENCE;
use crate::{processes, soak};

const VARIABLE: &str = "MAIN_ROLE";

/// This program once more, in a role.
pub(crate) fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VARIABLE, role).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

pub(crate) fn is_without_entry() -> bool {
    std::env::var(VARIABLE).is_ok_and(|role| role.starts_with("without-entry"))
}

#[expect(clippy::print_stdout, reason = "the test reads it")]
pub(crate) fn build_without_entry() {
    if std::env::var(VARIABLE).is_ok_and(|role| role.ends_with("global")) {
        let executor = Pool::global().stats().executor;
        println!("{}: {}", executor.kind, executor.reason.unwrap_or_default());
        return;
    }
    let built = Pool::builder().workers(1).executor(tangency_pool::Executor::Processes).build();
    println!("{}", built.unwrap_err());
}

/// Plays the role, if there is one.
#[expect(clippy::print_stdout, reason = "the test reads it")]
pub(crate) fn play() -> bool {
    let Ok(role) = std::env::var(VARIABLE) else { return false };
    match role.split(' ').collect::<Vec<_>>()[..] {
        // Says which processes it has, and keeps them busy until it is killed.
        ["parent", deed] => {
            let pool = processes(2);
            let spot = Spot::folder("parent");
            let meeting = vec![Deed::Meet(spot.path(), 2); 2];
            assert!(pool.batch().jobs::<Chaos>().run(&meeting).is_complete());
            drop(spot);
            let pids: Vec<_> = pool.stats().workers.iter().filter_map(|w| w.pid).collect();
            println!("{}", pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
            match deed {
                "busy" => drop(pool.batch().jobs::<Chaos>().run(&vec![Deed::Loop; 2]).outcomes),
                _ => std::thread::sleep(Duration::from_secs(600)),
            }
        }
        // Leaves the choice of executor to the environment.
        ["chosen"] => {
            let pool = Pool::new(1).unwrap();
            let noise = Deed::Print("noise".to_owned());
            assert!(pool.batch().jobs::<Chaos>().run(&[noise]).is_complete());
            println!("{}", pool.stats().executor.kind);
        }
        // Grows until the system has no room for another thread, in the middle of a batch.
        #[cfg(target_os = "linux")]
        ["refused"] => {
            let pool = Pool::new(1).unwrap();
            let here = AtomicUsize::new(0);
            let batch = pool.batch().chunking(Chunking::Fixed(1));
            let report = batch.map_indices(2, |index| {
                let is_refused = index == 0 && {
                    let limit = getrlimit(Resource::As);
                    let status = std::fs::read_to_string("/proc/self/status").unwrap();
                    let (_, size) = status.split_once("VmSize:").unwrap();
                    let kib: u64 = size.split_whitespace().next().unwrap().parse().unwrap();
                    let room = (kib << 10) + (64 << 20);
                    setrlimit(Resource::As, Rlimit { current: Some(room), ..limit }).unwrap();
                    let resized = pool.resize(500);
                    setrlimit(Resource::As, limit).unwrap();
                    resized.is_err()
                };
                here.fetch_add(1, Ordering::SeqCst);
                let until = Instant::now() + PATIENCE;
                while here.load(Ordering::SeqCst) < 2 && Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(1));
                }
                is_refused
            });
            let joined = report.stats.workers.len() == 2;
            let is_refused = report.into_results().unwrap()[0] && pool.workers() > 1;
            println!(
                "{}, {} resize, {}",
                if is_refused { "refused" } else { "not refused" },
                pool.stats().resizes,
                if joined { "joined" } else { "alone" }
            );
        }
        ["soak", seconds, seed] => {
            soak::soak(Duration::from_secs(seconds.parse().unwrap()), seed.parse().unwrap());
        }
        _ => panic!("no role {role:?}"),
    }
    true
}
