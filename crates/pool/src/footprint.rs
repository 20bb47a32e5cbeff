//! What the process has cost the machine.

use serde::Serialize;

/// Memory and context switches of this process, as Linux counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ProcessStats {
    /// The most memory that was resident at any time, in bytes.
    pub peak_rss_bytes: u64,
    /// Switches because a thread waited, of all threads alive now.
    pub voluntary_switches: u64,
    /// Switches because a thread's time was up, of all threads alive now: many of them say that
    /// there are more busy threads than cores.
    pub involuntary_switches: u64,
    /// Threads alive now.
    pub threads: u64,
}

impl ProcessStats {
    /// Reads `/proc`; `None` where there is none, as on other systems than Linux.
    pub(crate) fn read() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let tasks = std::fs::read_dir("/proc/self/task").ok()?;
        // A thread may end between the listing and the reading.
        let of_tasks =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok());
        Self::from_texts(&status, of_tasks)
    }

    fn from_texts(status: &str, tasks: impl Iterator<Item = String>) -> Option<Self> {
        let mut stats = Self { peak_rss_bytes: field(status, "VmHWM")? * 1024, ..Self::default() };
        for task in tasks {
            stats.threads += 1;
            stats.voluntary_switches += field(&task, "voluntary_ctxt_switches").unwrap_or(0);
            stats.involuntary_switches += field(&task, "nonvoluntary_ctxt_switches").unwrap_or(0);
        }
        Some(stats)
    }
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_add_up_over_threads() {
        let status = "Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t   300 kB\n";
        let task = "voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t2\n";
        let stats =
            ProcessStats::from_texts(status, [task.to_owned(), task.to_owned()].into_iter());
        let expected = ProcessStats {
            peak_rss_bytes: 300 * 1024,
            voluntary_switches: 10,
            involuntary_switches: 4,
            threads: 2,
        };
        assert_eq!(stats, Some(expected));
        assert_eq!(ProcessStats::from_texts("Name: x\n", std::iter::empty()), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_a_footprint() {
        let before = ProcessStats::read().unwrap();
        assert!(before.threads >= 1 && before.peak_rss_bytes > 0);
        let block = vec![1_u8; 64 << 20];
        std::thread::sleep(std::time::Duration::from_millis(1));
        let after = ProcessStats::read().unwrap();
        assert!(block.iter().step_by(4096).all(|&byte| byte == 1));
        assert!(after.peak_rss_bytes >= 64 << 20, "{after:?}");
        assert!(after.voluntary_switches > 0, "{after:?}");
    }
}
