//! How long and how often a case is measured.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a figure came about; figures of different methods are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Method {
    /// Criterion's samples after a warm-up.
    Full,
    /// Criterion's quick mode: twice the iterations until two figures agree.
    Quick,
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "full",
            Self::Quick => "quick",
        })
    }
}

/// The number of processes for each case, and what each is told to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effort {
    pub(super) method: Method,
    pub(super) runs: usize,
}

impl Effort {
    /// As many runs as an accepted optimisation needs.
    pub(super) const fn full() -> Self {
        Self { method: Method::Full, runs: 10 }
    }

    /// For a look at everything within minutes: as many runs, for that is what a test among so many cases
    /// needs, each as short as can be.
    pub(super) const fn quick() -> Self {
        Self { method: Method::Quick, runs: 10 }
    }

    /// Criterion's arguments. Full samples are short and many: the least of them is what a core gives
    /// when nobody else is on it, even where another process takes its share of the time. A quick process
    /// takes two samples, the last some 15 ms or one call, and leaves bad moments to the number of runs.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["--bench", "--noplot", "--nresamples", "1000"];
        arguments.extend_from_slice(match self.method {
            Method::Full => {
                &["--warm-up-time", "0.05", "--measurement-time", "0.25", "--sample-size", "40"]
            }
            Method::Quick => &["--quick", "--measurement-time", "0.025"],
        });
        arguments
    }
}
