//! What all indicators have in common, and how one is found by its name.

use std::fmt;

use super::columns::Columns;
use super::{atr, bollinger, ema, macd, rsi, sma};
use crate::error::{Error, ErrorKind, Result};

/// An indicator with its parameters set: price columns in, one or more lines out, each as long as
/// the columns.
///
/// Every line starts with NaN until enough rows are known, and row `t` depends on rows up to and
/// including `t` only.
///
/// A new indicator is one file: its function with an `_into` form, a parameter struct implementing
/// this trait, and an entry in the list below.
pub trait Indicator: fmt::Debug + Send + Sync {
    /// The name it is found by, such as `sma`.
    fn name(&self) -> &'static str;

    /// A column name that tells parameter sets apart, such as `sma_20`.
    fn label(&self) -> String;

    /// Names of the lines; one unnamed line unless overridden.
    fn lines(&self) -> &'static [&'static str] {
        &[""]
    }

    /// Rows before the first value on columns without gaps.
    fn warm_up(&self) -> usize;

    /// Computes every line into a buffer as long as the columns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingColumn`], [`ErrorKind::ZeroSize`], [`ErrorKind::OutputLength`] or
    /// [`ErrorKind::OutputCount`].
    fn compute_into(&self, columns: &Columns<'_>, lines: &mut [&mut [f64]]) -> Result<()>;

    /// Computes every line into vectors of its own.
    ///
    /// # Errors
    ///
    /// As [`compute_into`](Self::compute_into).
    fn compute(&self, columns: &Columns<'_>) -> Result<Vec<Vec<f64>>> {
        let mut lines = vec![vec![f64::NAN; columns.n_rows()]; self.lines().len()];
        let mut views: Vec<&mut [f64]> = lines.iter_mut().map(Vec::as_mut_slice).collect();
        self.compute_into(columns, &mut views)?;
        Ok(lines)
    }
}

/// One known indicator: how it is called and built.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) usage: &'static str,
    pub(super) build: fn(&[&str]) -> Result<Box<dyn Indicator>>,
}

impl Entry {
    pub(super) fn bad_parameters(&self, got: &[&str]) -> Error {
        ErrorKind::BadParameters {
            indicator: self.name,
            expected: self.usage,
            got: std::iter::once(self.name)
                .chain(got.iter().copied())
                .collect::<Vec<_>>()
                .join(":"),
        }
        .into()
    }
}

/// Every indicator, by name.
const ENTRIES: [&Entry; 6] =
    [&atr::ENTRY, &bollinger::ENTRY, &ema::ENTRY, &macd::ENTRY, &rsi::ENTRY, &sma::ENTRY];

/// How each known indicator is written for [`parse`], such as `sma:WINDOW`.
pub fn known() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.usage)
}

/// The indicator described by `NAME:PARAMETER:..`, such as `sma:20`.
///
/// # Errors
///
/// [`ErrorKind::UnknownIndicator`], [`ErrorKind::BadParameters`], or [`ErrorKind::ZeroSize`] for a
/// window of 0.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::indicators::{Columns, parse};
///
/// let indicator = parse("sma:2")?;
/// assert_eq!((indicator.label().as_str(), indicator.warm_up()), ("sma_2", 1));
/// let lines = indicator.compute(&Columns::from_closes(&[1.0, 3.0, 4.0]))?;
/// assert_eq!(lines[0][1..], [2.0, 3.5]);
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Box<dyn Indicator>> {
    let mut parts = text.split(':');
    let name = parts.next().unwrap_or_default().trim();
    let parameters: Vec<&str> = parts.collect();
    let Some(entry) = ENTRIES.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)) else {
        return Err(ErrorKind::UnknownIndicator {
            name: name.to_owned(),
            known: known().collect::<Vec<_>>().join(", "),
        }
        .into());
    };
    (entry.build)(&parameters)
}

/// The buffer of an indicator that has one line.
pub(super) fn only_line<'b>(
    indicator: &'static str,
    lines: &'b mut [&mut [f64]],
) -> Result<&'b mut [f64]> {
    match lines {
        [line] => Ok(line),
        _ => Err(ErrorKind::OutputCount { indicator, expected: 1, got: lines.len() }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_text_is_explained() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            message("smaa:3"),
            "no indicator is called \"smaa\"; known are atr:WINDOW, bbands:WINDOW:DEVIATIONS, \
             ema:WINDOW, macd:FAST:SLOW:SIGNAL, rsi:WINDOW, sma:WINDOW"
        );
        assert_eq!(message("rsi"), "rsi takes rsi:WINDOW, got \"rsi\"");
        assert_eq!(message("ema:1:2"), "ema takes ema:WINDOW, got \"ema:1:2\"");
        assert_eq!(message("sma:0"), "window is 0, expected at least 1");
    }

    #[test]
    fn every_entry_builds_itself_and_warms_up_as_it_says() {
        let closes: Vec<f64> = (0..30).map(|i| 10.0 + f64::from(i * i % 7)).collect();
        for entry in ENTRIES {
            let values = [
                ("WINDOW", "4"),
                ("DEVIATIONS", "2"),
                ("FAST", "3"),
                ("SLOW", "6"),
                ("SIGNAL", "5"),
            ];
            let text = values.iter().fold(entry.usage.to_owned(), |t, (a, b)| t.replace(a, b));
            let indicator = parse(&text).unwrap();
            assert_eq!(indicator.name(), entry.name);
            let columns = Columns::from_closes(&closes).with_high(&closes).unwrap();
            let lines = indicator.compute(&columns.with_low(&closes).unwrap()).unwrap();
            assert_eq!(lines.len(), indicator.lines().len());
            for line in lines {
                let first = line.iter().position(|value| !value.is_nan());
                assert_eq!(first, Some(indicator.warm_up()), "{}", entry.name);
            }
        }
    }

    #[test]
    fn one_line_takes_one_buffer() {
        let columns = Columns::from_closes(&[1.0]);
        let error = sma::Sma { window: 1 }.compute_into(&columns, &mut []).unwrap_err();
        assert_eq!(error.to_string(), "sma writes 1 lines, got 0 buffers");
    }
}
