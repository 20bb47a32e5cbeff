//! Half-open row ranges on the command line.

use std::ops::Range;

use crate::exit::{Failure, Outcome};

/// Reads `FROM:TO`; either end may be left out.
pub(crate) fn parse_rows(text: &str, n_rows: usize) -> Outcome<Range<usize>> {
    let wrong = || {
        Failure::usage(format!(
            "--rows expects FROM:TO with FROM below TO and TO at most {n_rows}, got {text:?}"
        ))
    };
    let (from, to) = text.split_once(':').ok_or_else(wrong)?;
    let end = |text: &str, default: usize| match text.trim() {
        "" => Ok(default),
        number => number.parse().map_err(|_| wrong()),
    };
    let (from, to) = (end(from, 0)?, end(to, n_rows)?);
    if from < to && to <= n_rows { Ok(from..to) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_half_open_and_within_the_rows() {
        assert_eq!(parse_rows("2:5", 9).unwrap(), 2..5);
        assert_eq!(parse_rows(":5", 9).unwrap(), 0..5);
        assert_eq!(parse_rows("2:", 9).unwrap(), 2..9);
        for text in ["5", "5:5", "5:2", "0:10", "a:b", "-1:3"] {
            assert!(parse_rows(text, 9).is_err(), "{text}");
        }
    }
}
