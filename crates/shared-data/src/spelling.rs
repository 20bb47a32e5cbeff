//! The nearest known name to one that is not known, for messages.

/// The candidate that differs least from `wanted`, when one is near enough to be a slip.
///
/// Upper and lower case count as equal; otherwise the distance is the number of inserted, deleted
/// and replaced characters (Levenshtein 1965, "Binary codes capable of correcting deletions,
/// insertions, and reversals"). A third of the name may differ, and at least one character.
pub(crate) fn nearest<'a>(wanted: &str, candidates: &'a [String]) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.trim().to_lowercase().chars().collect();
    // Longer names are no names a person mistyped, and the table below is quadratic.
    if wanted.is_empty() || wanted.len() > 64 {
        return None;
    }
    let limit = (wanted.len() / 3).max(1);
    candidates
        .iter()
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().take(128).collect();
            if letters.len().abs_diff(wanted.len()) > limit {
                return None;
            }
            let distance = distance(&wanted, &letters);
            (distance <= limit).then_some((distance, candidate.as_str()))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn check(wanted: &str, expected: Option<&str>) {
        let names = ["AAPL", "MSFT", "BRK-B", "Close"].map(str::to_owned);
        assert_eq!(nearest(wanted, &names), expected);
    }

    #[test]
    fn slips_are_recognised() {
        check("AAPL", Some("AAPL"));
        check("APPL", Some("AAPL"));
        check("BRK.B", Some("BRK-B"));
        check("close", Some("Close"));
        check(" Clse", Some("Close"));
    }

    #[test]
    fn other_names_are_not_guessed() {
        check("TSLA", None);
        check("", None);
        check(&"A".repeat(500), None);
    }
}
