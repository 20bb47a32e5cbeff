//! How many cores this process really has.

#[cfg(any(target_os = "linux", test))]
mod affinity;
#[cfg(any(target_os = "linux", test))]
mod cgroup;

use std::fmt;

/// The environment variable that sets the number of workers.
const VARIABLE: &str = "TANGENCY_WORKERS";

/// How many workers this process should run, and why.
///
/// On Linux the cores are the smaller of the affinity mask (`/proc/self/status`) and the processor
/// quota of the process's control groups, version 1 or 2, its ancestors' included, rounded down to
/// whole cores but at least 1; elsewhere they are what the standard library calls the available
/// parallelism. One core is left to the rest of the program when there are more than two. There is
/// no cap unless [`with_cap`](Self::with_cap) sets one.
///
/// `TANGENCY_WORKERS=n` replaces detection and reserve; a cap still holds. A value that is no whole
/// number of at least 1 changes nothing, and [`explain`](Self::explain) says so.
///
/// ```
/// use tangency_pool::CpuBudget;
///
/// let budget = CpuBudget::detect().with_cap(1);
/// assert_eq!(budget.workers(), 1);
/// assert!(budget.explain().starts_with("1 worker: "));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CpuBudget {
    affinity: Option<usize>,
    quota: Option<Quota>,
    parallelism: usize,
    variable: Option<String>,
    cap: Option<usize>,
}

/// A limit of processor time, in cores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quota {
    pub(crate) cores: f64,
    /// The version of the control group, 1 or 2.
    pub(crate) version: u8,
}

impl CpuBudget {
    /// Looks at the machine and the environment.
    #[must_use]
    pub fn detect() -> Self {
        let (affinity, quota) = machine();
        Self {
            affinity,
            quota,
            parallelism: std::thread::available_parallelism().map_or(1, usize::from),
            variable: std::env::var(VARIABLE).ok(),
            cap: None,
        }
    }

    /// At most this many workers, at least 1.
    #[must_use]
    pub fn with_cap(mut self, workers: usize) -> Self {
        self.cap = Some(workers.max(1));
        self
    }

    /// The cap, if one is set.
    #[must_use]
    pub fn cap(&self) -> Option<usize> {
        self.cap
    }

    /// Cores that the affinity mask allows; `None` where that is not known.
    #[must_use]
    pub fn affinity(&self) -> Option<usize> {
        self.affinity
    }

    /// Cores' worth of time that the control groups allow, such as 1.5; `None` without a limit.
    #[must_use]
    pub fn quota(&self) -> Option<f64> {
        self.quota.map(|quota| quota.cores)
    }

    /// Whole cores that this process has.
    #[must_use]
    pub fn cores(&self) -> usize {
        let allowed = self.affinity.unwrap_or(self.parallelism).max(1);
        self.quota.map_or(allowed, |quota| allowed.min(quota.whole_cores()))
    }

    /// Cores' worth of time that this process may use, such as 1.5.
    pub(crate) fn allowed(&self) -> f64 {
        let cores = self.affinity.unwrap_or(self.parallelism).max(1) as f64;
        self.quota.map_or(cores, |quota| cores.min(quota.cores))
    }

    /// Cores left to the rest of the program: 1 of more than two, none when the environment sets the
    /// number of workers.
    #[must_use]
    pub fn reserved(&self) -> usize {
        usize::from(self.variable_value().is_none() && self.cores() > 2)
    }

    /// How many workers to run. At least 1.
    #[must_use]
    pub fn workers(&self) -> usize {
        let wanted = self.variable_value().unwrap_or_else(|| self.cores() - self.reserved());
        self.cap.map_or(wanted, |cap| wanted.min(cap))
    }

    /// The number and its reasons, such as `15 workers: 16 cores by affinity, 1 reserved`.
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }

    /// What the environment asks for, if it makes sense.
    fn variable_value(&self) -> Option<usize> {
        self.variable.as_ref()?.trim().parse().ok().filter(|&workers| workers > 0)
    }

    fn fmt_cores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = Counted(self.cores(), "core");
        let (allowed, by) = match self.affinity {
            Some(affinity) => (affinity.max(1), "affinity"),
            None => (self.parallelism.max(1), "available parallelism"),
        };
        match self.quota {
            Some(Quota { cores: quota, version }) if quota < allowed as f64 => {
                write!(f, "{cores} by cgroup v{version} quota of {quota} ({allowed} by {by})")
            }
            _ => write!(f, "{cores} by {by}"),
        }
    }
}

impl fmt::Display for CpuBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Counted(self.workers(), "worker"))?;
        if let Some(workers) = self.variable_value() {
            write!(f, "{VARIABLE}={workers} (")?;
            self.fmt_cores(f)?;
            f.write_str(")")?;
        } else {
            self.fmt_cores(f)?;
        }
        if self.reserved() > 0 {
            write!(f, ", {} reserved", self.reserved())?;
        }
        if let Some(cap) = self.cap {
            write!(f, ", cap {cap}")?;
        }
        if let (Some(text), None) = (&self.variable, self.variable_value()) {
            write!(f, "; {VARIABLE}={text:?} ignored: not a whole number of at least 1")?;
        }
        Ok(())
    }
}

impl Quota {
    fn whole_cores(self) -> usize {
        // Rounded down: a worker more than the quota pays for is throttled along with the others.
        (self.cores.floor() as usize).max(1)
    }
}

/// "1 core", "2 cores".
struct Counted(usize, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = *self;
        write!(f, "{count} {what}{}", if count == 1 { "" } else { "s" })
    }
}

/// Affinity and quota of this process.
#[cfg(target_os = "linux")]
fn machine() -> (Option<usize>, Option<Quota>) {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).ok();
    let status = read(std::path::Path::new("/proc/self/status"));
    (status.as_deref().and_then(affinity::allowed_cores), cgroup::quota(&read))
}

/// Affinity and quota of this process: not known here.
#[cfg(not(target_os = "linux"))]
fn machine() -> (Option<usize>, Option<Quota>) {
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(affinity: usize) -> CpuBudget {
        let affinity = Some(affinity);
        CpuBudget { affinity, quota: None, parallelism: 64, variable: None, cap: None }
    }

    fn quota(cores: f64) -> Option<Quota> {
        Some(Quota { cores, version: 2 })
    }

    #[track_caller]
    fn check(budget: &CpuBudget, workers: usize, explained: &str) {
        assert_eq!(budget.workers(), workers);
        assert_eq!(budget.explain(), explained);
    }

    #[test]
    fn one_core_of_more_than_two_is_reserved() {
        check(&budget(16), 15, "15 workers: 16 cores by affinity, 1 reserved");
        check(&budget(3), 2, "2 workers: 3 cores by affinity, 1 reserved");
        check(&budget(2), 2, "2 workers: 2 cores by affinity");
        check(&budget(1), 1, "1 worker: 1 core by affinity");
    }

    #[test]
    fn a_quota_below_the_affinity_counts() {
        let limited = |cores| CpuBudget { quota: quota(cores), ..budget(16) };
        check(
            &limited(4.0),
            3,
            "3 workers: 4 cores by cgroup v2 quota of 4 (16 by affinity), 1 reserved",
        );
        check(&limited(1.5), 1, "1 worker: 1 core by cgroup v2 quota of 1.5 (16 by affinity)");
        check(&limited(0.25), 1, "1 worker: 1 core by cgroup v2 quota of 0.25 (16 by affinity)");
        check(&limited(32.0), 15, "15 workers: 16 cores by affinity, 1 reserved");
    }

    #[test]
    fn a_cap_holds_and_is_at_least_one() {
        check(&budget(16).with_cap(8), 8, "8 workers: 16 cores by affinity, 1 reserved, cap 8");
        assert_eq!(budget(16).with_cap(100).workers(), 15);
        assert_eq!(budget(16).with_cap(0).workers(), 1);
        assert_eq!(budget(16).cap(), None);
    }

    #[test]
    fn the_environment_replaces_detection() {
        let set = |text: &str| CpuBudget { variable: Some(text.to_owned()), ..budget(16) };
        check(&set("24"), 24, "24 workers: TANGENCY_WORKERS=24 (16 cores by affinity)");
        check(&set(" 2 "), 2, "2 workers: TANGENCY_WORKERS=2 (16 cores by affinity)");
        check(
            &set("24").with_cap(4),
            4,
            "4 workers: TANGENCY_WORKERS=24 (16 cores by affinity), cap 4",
        );
        for wrong in ["0", "", "many", "-1", "2.5"] {
            check(
                &set(wrong),
                15,
                &format!(
                    "15 workers: 16 cores by affinity, 1 reserved; TANGENCY_WORKERS={wrong:?} \
                     ignored: not a whole number of at least 1"
                ),
            );
        }
    }

    #[test]
    fn elsewhere_the_standard_library_decides() {
        let budget = CpuBudget { affinity: None, parallelism: 8, ..budget(0) };
        check(&budget, 7, "7 workers: 8 cores by available parallelism, 1 reserved");
    }

    #[test]
    fn this_machine_has_cores() {
        let budget = CpuBudget::detect();
        assert!(budget.cores() >= 1);
        assert!(budget.workers() >= 1);
        #[cfg(target_os = "linux")]
        assert!(budget.affinity().is_some(), "{budget:?}");
    }
}
