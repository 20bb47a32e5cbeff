//! The known name that a mistyped one most likely meant.

/// The closest of the known names by edit distance, the earlier one in a tie; empty where none is
/// known.
///
/// Levenshtein (1966), "Binary codes capable of correcting deletions, insertions, and reversals",
/// Soviet Physics Doklady 10.
pub(crate) fn nearest_name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known.min_by_key(|candidate| distance(name, candidate)).unwrap_or_default().to_owned()
}

/// The closest of the known names, if at most half of it is different: one that was likely meant.
pub(crate) fn likely_name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let closest = known.min_by_key(|candidate| distance(name, candidate))?;
    let longest = name.chars().count().max(closest.chars().count());
    (2 * distance(name, closest) <= longest).then_some(closest)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(nearest_name("fats", ["slow", "fast"].into_iter()), "fast");
        assert_eq!(nearest_name("x", std::iter::empty()), "");
        let likely = |name| likely_name(name, ["close", "open"].into_iter());
        assert_eq!((likely("clse"), likely("level")), (Some("close"), None));
        assert_eq!(likely_name("x", std::iter::empty()), None);
    }
}
