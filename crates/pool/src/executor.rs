//! Where jobs run.

use std::fmt;

use serde::Serialize;

/// The environment variable that chooses the executor.
const VARIABLE: &str = "TANGENCY_EXECUTOR";

/// Where the registered jobs of a pool run. Closures always run on threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Executor {
    /// On the pool's own threads: panics are contained, aborts and endless loops are not.
    #[default]
    Threads,
    /// Each worker has a process of its own: aborts, stack overflows, kills and endless loops cost
    /// an item and no more. Needs the feature `process`, and Unix.
    Processes,
}

impl fmt::Display for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Threads => "threads",
            Self::Processes => "processes",
        })
    }
}

/// The executor of a pool, and what stood against another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct ExecutorStats {
    /// Where jobs run.
    pub kind: Executor,
    /// Why jobs run on threads although processes were asked for, or why the environment was not
    /// heeded.
    pub reason: Option<String>,
}

impl ExecutorStats {
    /// What was asked for: by the program, else by the environment, else threads.
    pub(crate) fn wanted(set: Option<Executor>) -> Self {
        match set {
            Some(kind) => Self { kind, reason: None },
            None => Self::from_variable(std::env::var(VARIABLE).ok().as_deref()),
        }
    }

    fn from_variable(text: Option<&str>) -> Self {
        let kind = match text.map(str::trim) {
            None | Some("" | "threads") => Executor::Threads,
            Some("processes") => Executor::Processes,
            Some(other) => {
                let reason = format!("{VARIABLE}={other:?} ignored: not `threads` or `processes`");
                return Self { kind: Executor::Threads, reason: Some(reason) };
            }
        };
        Self { kind, reason: None }
    }

    /// Threads after all.
    pub(crate) fn fallback(reason: impl Into<String>) -> Self {
        Self { kind: Executor::Threads, reason: Some(reason.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_asked_first() {
        for kind in [Executor::Threads, Executor::Processes] {
            assert_eq!(ExecutorStats::wanted(Some(kind)), ExecutorStats { kind, reason: None });
        }
    }

    #[test]
    fn the_environment_names_an_executor() {
        let kind = |text| ExecutorStats::from_variable(text).kind;
        assert_eq!(kind(None), Executor::Threads);
        assert_eq!(kind(Some("threads")), Executor::Threads);
        assert_eq!(kind(Some(" processes ")), Executor::Processes);
        let odd = ExecutorStats::from_variable(Some("cluster"));
        assert_eq!(odd.kind, Executor::Threads);
        assert_eq!(
            odd.reason.as_deref(),
            Some("TANGENCY_EXECUTOR=\"cluster\" ignored: not `threads` or `processes`")
        );
    }
}
