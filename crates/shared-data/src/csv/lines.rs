//! Line numbers, found when a message needs one.

/// The line, from 1, of the record that begins at or after a byte offset.
///
/// The tokeniser's own count is that of the record's end of the line before, so line ends at the
/// offset are counted too. A line ends with `\n`, `\r\n` or `\r`.
pub(crate) fn line_of(data: &[u8], offset: usize) -> u64 {
    let mut end = offset.min(data.len());
    while matches!(data.get(end), Some(b'\r' | b'\n')) {
        end += 1;
    }
    1 + count(&data[..end])
}

/// The number of line ends.
pub(crate) fn count(data: &[u8]) -> u64 {
    let pairs = data.windows(2).filter(|pair| pair == b"\r\n").count();
    let single = data.iter().filter(|c| matches!(c, b'\r' | b'\n')).count();
    (single - pairs) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_counts_once() {
        for text in ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc"] {
            assert_eq!(count(text.as_bytes()), 2, "{text:?}");
        }
        assert_eq!(count(b"\n\n\r\n\r\r"), 5);
    }

    #[test]
    fn blank_lines_before_a_record_belong_to_no_record() {
        let text = b"a\n\n\nb\n";
        assert_eq!(line_of(text, 0), 1);
        for offset in 2..=4 {
            assert_eq!(line_of(text, offset), 4);
        }
        assert_eq!(line_of(b"a\r\nb", 2), 2);
    }
}
