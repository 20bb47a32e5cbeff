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

/// Words for a missing value, in any case.
const MISSING: [&str; 5] = ["na", "n/a", "#n/a", "null", "none"];

/// Classifies a cell.
pub(crate) fn classify(text: &str) -> Cell {
    let text = text.trim();
    // Rust's parser rounds to the nearest f64 for every input.
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Cell::Number(value),
        Ok(value) if value.is_nan() => Cell::Nan,
        Ok(value) if text.bytes().any(|c| matches!(c, b'i' | b'I')) => Cell::Infinity(value),
        Ok(_) => Cell::Bad,
        Err(_) if text.is_empty() || MISSING.iter().any(|m| text.eq_ignore_ascii_case(m)) => {
            Cell::Missing
        }
        Err(_) => Cell::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Cell) {
        assert_eq!(classify(text), expected, "{text:?}");
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
}
