//! What this program does when a test starts it again.

use std::process::{Command, Stdio};
use std::time::Duration;

use tangency_pool::Pool;

use crate::chaos::{Chaos, Deed, Spot};
use crate::{processes, soak};

const VARIABLE: &str = "MAIN_ROLE";

/// This program once more, in a role.
pub(crate) fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VARIABLE, role).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

pub(crate) fn is_without_entry() -> bool {
    std::env::var(VARIABLE).is_ok_and(|role| role == "without-entry")
}

#[expect(clippy::print_stdout, reason = "the test reads it")]
pub(crate) fn build_without_entry() {
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
        ["soak", seconds, seed] => {
            soak::soak(Duration::from_secs(seconds.parse().unwrap()), seed.parse().unwrap());
        }
        _ => panic!("no role {role:?}"),
    }
    true
}
