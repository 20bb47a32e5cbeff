//! How busy the machine is, and how much of that is this process with its worker processes.

use std::time::Instant;

/// Jiffies a second in `/proc`, the same on every Linux that runs Rust's standard library.
const JIFFIES: f64 = 100.0;

/// Cores in use over some interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// Cores that nobody used.
    pub(crate) idle: f64,
    /// Cores that this process and its worker processes used.
    pub(crate) own: f64,
}

/// Counters at one moment; two of them make a [`Load`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    at: Instant,
    /// Seconds of all cores together.
    idle: f64,
    own: f64,
    /// The worker processes.
    pids: Vec<u32>,
}

impl Reading {
    /// Reads `/proc`; `None` where it does not tell, also of one of the worker processes with these numbers.
    pub(crate) fn take(pids: Vec<u32>) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let idle = idle_jiffies(&std::fs::read_to_string("/proc/stat").ok()?)?;
        let mut own = own_jiffies(&std::fs::read_to_string("/proc/self/stat").ok()?)?;
        for pid in &pids {
            // What a process used that still runs is not in the time of its parent.
            own += own_jiffies(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        }
        let [idle, own] = [idle, own].map(|jiffies| jiffies as f64 / JIFFIES);
        Some(Self { at: Instant::now(), idle, own, pids })
    }

    /// What was going on between then and now; `None` where processes have come or gone meanwhile, since what
    /// those used is not known.
    pub(crate) fn since(&self, before: &Self) -> Option<Load> {
        if self.pids != before.pids {
            return None;
        }
        let seconds = self.at.saturating_duration_since(before.at).as_secs_f64();
        (seconds > 0.0).then(|| Load {
            idle: ((self.idle - before.idle) / seconds).max(0.0),
            own: ((self.own - before.own) / seconds).max(0.0),
        })
    }
}

/// Idle time of the machine, time spent waiting for disks included.
fn idle_jiffies(stat: &str) -> Option<u64> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().skip(3);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Time of this process, in its own code and in the system.
fn own_jiffies(stat: &str) -> Option<u64> {
    // The name stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let stat = "cpu  10 20 30 400 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(idle_jiffies(stat), Some(405));
        assert_eq!(idle_jiffies("intr 1 2 3\n"), None);
        let own = "7 (a (b) c) S 1 7 7 0 -1 4194304 90 0 0 0 12 30 0 0 20 0 1 0 100 200 50";
        assert_eq!(own_jiffies(own), Some(42));
        assert_eq!(own_jiffies("7 (x) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_busy_thread_shows() {
        let before = Reading::take(Vec::new()).unwrap();
        // Other work on the machine may take this thread's core for a while.
        let until = Instant::now() + std::time::Duration::from_secs(60);
        let mut now = before.clone();
        while now.own < before.own + 0.05 && Instant::now() < until {
            now = Reading::take(Vec::new()).unwrap();
        }
        let load = now.since(&before).unwrap();
        assert!(load.own > 0.0, "{load:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_busy_child_shows() {
        let mut child =
            std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let pids = vec![child.id()];
        let time = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
            own_jiffies(&stat).unwrap() as f64 / JIFFIES
        };
        let before = Reading::take(pids.clone()).unwrap();
        let (begun, until) = (time(), Instant::now() + std::time::Duration::from_secs(60));
        while time() < begun + 0.05 && Instant::now() < until {
            std::thread::yield_now();
        }
        let now = Reading::take(pids).unwrap();
        let without = Reading::take(Vec::new()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(now.own >= before.own + 0.04, "{now:?} after {before:?}");
        assert!(now.since(&before).is_some());
        assert_eq!(without.since(&before), None, "other processes");
    }
}
