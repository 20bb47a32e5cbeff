//! How the values of a bucket become one.

/// How the values of a bucket become one. Missing values (NaN) are passed over; a bucket without any
/// value gives NaN, also as a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The first value.
    First,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// The last value.
    Last,
    /// The sum, compensated (Kahan 1965, "Further remarks on reducing truncation errors").
    Sum,
    /// The sum over the number of values.
    Mean,
    /// The number of values.
    Count,
}

impl Rule {
    /// The rule of a column of a bar, by its name in any case.
    pub(crate) fn of_bar(name: &str) -> Option<Self> {
        let named = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        match () {
            () if named("open") => Some(Self::First),
            () if named("high") => Some(Self::Max),
            () if named("low") => Some(Self::Min),
            () if named("close") => Some(Self::Last),
            () if named("volume") => Some(Self::Sum),
            () => None,
        }
    }

    pub(crate) fn apply(self, values: &[f64]) -> f64 {
        let mut present = values.iter().copied().filter(|value| !value.is_nan());
        let found = match self {
            Self::First => present.next(),
            Self::Last => present.next_back(),
            Self::Max => present.reduce(f64::max),
            Self::Min => present.reduce(f64::min),
            Self::Sum => sum(present).map(|(sum, _)| sum),
            Self::Mean => sum(present).map(|(sum, n)| sum / n as f64),
            Self::Count => Some(present.count() as f64),
        };
        found.unwrap_or(f64::NAN)
    }
}

/// The compensated sum and the number of values, `None` for none.
fn sum(values: impl Iterator<Item = f64>) -> Option<(f64, usize)> {
    let (mut sum, mut lost, mut n) = (0.0, 0.0, 0);
    for value in values {
        let corrected = value - lost;
        let next = sum + corrected;
        lost = (next - sum) - corrected;
        // After an infinite value there is nothing left to correct.
        if !lost.is_finite() {
            lost = 0.0;
        }
        sum = next;
        n += 1;
    }
    (n > 0).then_some((sum, n))
}
