//! What a value cell holds.

/// A value cell, classified but not judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// A finite number, the nearest `f64` to what is written.
    Number(f64),
    /// Written as infinity.
    Infinity(f64),
    /// Written as NaN.
    Nan,
    /// Empty, or one of the words for a missing value.
    Missing,
    /// Anything else, and numbers that overflow.
    Bad,
}

/// The words that stand for a missing value, in any case, beside the empty cell.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    missing: Vec<String>,
    /// Those of them that could be read as numbers.
    numbers: Vec<f64>,
}

impl Default for Words {
    fn default() -> Self {
        Self::new(["na", "n/a", "#n/a", "null", "none"])
    }
}

impl Words {
    pub(crate) fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        let missing: Vec<String> =
            words.into_iter().map(|word| word.as_ref().trim().to_ascii_lowercase()).collect();
        let numbers = missing.iter().filter_map(|word| word.parse().ok()).collect();
        Self { missing, numbers }
    }

    /// The missing words that look like numbers, such as `-999`.
    pub(crate) fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// Classifies a cell.
    pub(crate) fn classify(&self, text: &str) -> Cell {
        let text = text.trim();
        if text.is_empty() || self.missing.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Cell::Missing;
        }
        // Rust's parser rounds to the nearest f64 for every input.
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Cell::Number(value),
            Ok(value) if value.is_nan() => Cell::Nan,
            Ok(value) if text.bytes().any(|c| matches!(c, b'i' | b'I')) => Cell::Infinity(value),
            Ok(_) | Err(_) => Cell::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Cell) {
        assert_eq!(Words::default().classify(text), expected, "{text:?}");
    }

    #[test]
    fn numbers() {
        check("1", Cell::Number(1.0));
        check(" -1.5e3\t", Cell::Number(-1500.0));
        check("+.5", Cell::Number(0.5));
        check("0.1", Cell::Number(0.1));
        // Halfway between two neighbours, then just above: rounds to even, then up.
        check("9007199254740993", Cell::Number(9007199254740992.0));
        check("9007199254740993.00000000000000000001", Cell::Number(9007199254740994.0));
        check("5e-324", Cell::Number(5e-324));
        check("1e-400", Cell::Number(0.0));
    }

    #[test]
    fn everything_else() {
        for text in ["", "  ", "NA", "n/a", "#N/A", "null", "None"] {
            check(text, Cell::Missing);
        }
        for text in ["NaN", "nan", "-nan"] {
            check(text, Cell::Nan);
        }
        check("inf", Cell::Infinity(f64::INFINITY));
        check("-Infinity", Cell::Infinity(f64::NEG_INFINITY));
        for text in ["1,234.5", "1_000", "0x10", "12 5", "$3", "1e999", "-", "abc", "1.2.3", "５"]
        {
            check(text, Cell::Bad);
        }
    }
    #[test]
    fn other_words() {
        let words = Words::new(["-", "N.A.", "-999"]);
        for text in ["-", "n.a.", " -999 ", ""] {
            assert_eq!(words.classify(text), Cell::Missing, "{text:?}");
        }
        assert_eq!(words.classify("NA"), Cell::Bad);
        assert_eq!(words.classify("-999.0"), Cell::Number(-999.0));
        assert_eq!(words.numbers(), [-999.0]);
    }
}
