//! Exit codes, and the one line that says why.

use std::fmt;

/// Everything was done.
pub(crate) const DONE: u8 = 0;
/// Bad usage or bad input; nothing was written.
pub(crate) const BAD_INPUT: u8 = 2;
/// Some items failed; the results of the others are written.
pub(crate) const SOME_FAILED: u8 = 3;
/// Interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// A command that ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The process's exit code.
    pub(crate) code: u8,
    /// A stable word for scripts.
    pub(crate) kind: &'static str,
    /// One line for people.
    pub(crate) message: String,
}

/// What commands return: the exit code, or why they ended early.
pub(crate) type Outcome<T = u8> = Result<T, Failure>;

impl Failure {
    /// Bad usage: an option's value makes no sense.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { code: BAD_INPUT, kind: "usage", message: message.to_string() }
    }

    /// Bad input: a file is missing or does not hold what it should.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self { code: BAD_INPUT, kind: "input", message: message.to_string() }
    }

    /// A result could not be written.
    pub(crate) fn output(message: impl fmt::Display) -> Self {
        Self { code: BAD_INPUT, kind: "output", message: message.to_string() }
    }

    /// The work itself failed.
    pub(crate) fn work(message: impl fmt::Display) -> Self {
        Self { code: SOME_FAILED, kind: "failed", message: message.to_string() }
    }

    /// A result could not be written after the work had begun; it can be resumed.
    pub(crate) fn unwritten(message: impl fmt::Display) -> Self {
        Self { code: SOME_FAILED, kind: "output", message: message.to_string() }
    }

    /// A report was not written.
    pub(crate) fn of_report(error: tangency::pipeline::Error) -> Self {
        if error.is_cancelled() { Self::interrupted() } else { Self::output(error) }
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self { code: INTERRUPTED, kind: "interrupted", message: "interrupted".to_owned() }
    }
}
