//! Batches of which every item has to end well.

use std::convert::Infallible;

use tangency_pool::{BatchReport, Outcome};

use crate::error::{Error, ErrorKind, Result};

/// The values of all items in order, or the error of the first that has none.
pub(crate) fn all_done<R, E: IntoError>(report: BatchReport<R, E>) -> Result<Vec<R>> {
    if let Some(error) = report.error() {
        return Err(ErrorKind::Pool { message: error.to_string() }.into());
    }
    let value = |outcome| match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Failed(error) => Err(E::into_error(error)),
        Outcome::Panicked(message) => {
            Err(ErrorKind::Pool { message: format!("panicked: {message}") }.into())
        }
        Outcome::Cancelled => Err(ErrorKind::Pool { message: "cancelled".to_owned() }.into()),
    };
    report.outcomes.into_iter().map(value).collect()
}

/// What an item may fail with.
pub(crate) trait IntoError {
    fn into_error(self) -> Error;
}

impl IntoError for Error {
    fn into_error(self) -> Error {
        self
    }
}

impl IntoError for Infallible {
    fn into_error(self) -> Error {
        match self {}
    }
}
