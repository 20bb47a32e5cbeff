//! What every single-window indicator checks first.

use super::indicator::Entry;
use crate::error::{ErrorKind, Result};

/// Checks the window and the buffer; gives the first row that holds a number.
pub(super) fn first_number(values: &[f64], window: usize, out: &[f64]) -> Result<usize> {
    if window == 0 {
        return Err(ErrorKind::ZeroSize { parameter: "window" }.into());
    }
    if out.len() != values.len() {
        return Err(ErrorKind::OutputLength { expected: values.len(), got: out.len() }.into());
    }
    Ok(values.iter().position(|value| !value.is_nan()).unwrap_or(values.len()))
}

/// The one parameter of a single-window indicator from its text.
pub(super) fn parse_window(entry: &Entry, parameters: &[&str]) -> Result<usize> {
    match parameters {
        [window] => match window.trim().parse() {
            Ok(0) => Err(ErrorKind::ZeroSize { parameter: "window" }.into()),
            Ok(window) => Ok(window),
            Err(_) => Err(entry.bad_parameters(parameters)),
        },
        _ => Err(entry.bad_parameters(parameters)),
    }
}
