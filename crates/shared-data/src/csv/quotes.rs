//! Quotes that are what they should be.
//!
//! `csv-core` gives every text a meaning: a quote that is never closed takes in all that follows it, and
//! what follows a closing quote is joined to the cell. In a table of prices either is damage.

use memchr::{memchr, memchr2};

use crate::error::{ErrorKind, Result, excerpt};

/// Checks a record as it stands in the text: each cell that begins with a quote has another one at its end,
/// and nothing but white space after that. A quote inside of a cell that does not begin with one is a
/// character like others.
pub(super) fn check(record: &[u8], delimiter: u8) -> Result<()> {
    if memchr(b'"', record).is_none() {
        return Ok(());
    }
    let mut at = 0;
    for position in 1.. {
        let is_quoted = record.get(at) == Some(&b'"');
        if is_quoted {
            at = closing_quote(record, at + 1).ok_or(ErrorKind::UnclosedQuote { position })? + 1;
            let is_white = |c: &&u8| matches!(c, b' ' | b'\t') && **c != delimiter;
            at += record[at..].iter().take_while(is_white).count();
        } else {
            let end = |c: &u8| *c == delimiter || matches!(c, b'\r' | b'\n');
            at += record[at..].iter().position(end).unwrap_or(record.len() - at);
        }
        match record.get(at) {
            Some(c) if *c == delimiter => at += 1,
            None | Some(b'\r' | b'\n') => break,
            Some(_) => {
                let rest = &record[at..];
                let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                let text = excerpt(&String::from_utf8_lossy(&rest[..end]));
                return Err(ErrorKind::TextAfterQuote { position, text }.into());
            }
        }
    }
    Ok(())
}

/// The next quote at or after a place that stands alone: two of them are one in the cell.
fn closing_quote(record: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b'"', &record[at..])?;
        if record.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fine(record: &str) {
        assert_eq!(check(record.as_bytes(), b','), Ok(()), "{record:?}");
    }

    #[track_caller]
    fn unclosed(record: &str, position: usize) {
        let expected = ErrorKind::UnclosedQuote { position };
        assert_eq!(check(record.as_bytes(), b','), Err(expected.into()), "{record:?}");
    }

    #[track_caller]
    fn goes_on(record: &str, position: usize, text: &str) {
        let expected = ErrorKind::TextAfterQuote { position, text: text.to_owned() };
        assert_eq!(check(record.as_bytes(), b','), Err(expected.into()), "{record:?}");
    }

    #[test]
    fn whole_cells() {
        for record in ["", "a,b", "\"\"", "\"a\",\"b\"\r\n", "\"a,\"\"b\"\"\nc\",d\n", "\"\"\"\""] {
            fine(record);
        }
        // White space after the quote is outside of the cell, a quote within plain text is text.
        for record in ["\"a\" \t,b", "a,\"b\" \n", "5\" pipe,b", "a, \"b\"", "a\"\"", ",,\"c\","] {
            fine(record);
        }
    }

    #[test]
    fn damaged_cells() {
        for (record, position) in
            [("\"", 1), ("a,\"b\nc,d\n", 2), ("a,\"b\"\"\n", 2), ("\"a\",b,\"\"\"", 3)]
        {
            unclosed(record, position);
        }
        goes_on("a,\"1.5\"7\n", 2, "7");
        goes_on("\"a\" b,c\n", 1, "b,c");
        goes_on("\"a\" \"b\"", 1, "\"b\"");
        goes_on("a,\"b\nc\"d,e\n", 2, "d,e");
    }

    #[test]
    fn a_delimiter_that_is_white_space_ends_the_cell() {
        assert_eq!(check(b"\"a\" \"b c\" 1\n", b' '), Ok(()));
        assert_eq!(check(b"\"a\"\t\"b\" \t1\n", b'\t'), Ok(()));
    }
}
