//! Golden values of resampling and as-of joins; see `golden/shared-data/README.md`.

use serde::Deserialize;

/// A row of a resampled series: position, label in Unix nanoseconds, then first, max, min, last, sum,
/// mean and count; `None` for NaN.
pub type ResampledRow = (
    usize,
    i64,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
);

/// A resampled series.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResampleCase {
    /// `closes` or `ticks`.
    pub series: String,
    /// In the spelling of pandas.
    pub bucket: String,
    /// `left` or `right`; the default if there is none.
    pub closed: Option<String>,
    /// `left` or `right`; the default if there is none.
    pub label: Option<String>,
    /// Rows of the result, empty buckets included.
    pub n_rows: usize,
    /// Buckets without rows.
    pub n_empty: usize,
    /// Some of the rows.
    pub rows: Vec<ResampledRow>,
}

/// An as-of join.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOfCase {
    /// `backward`, `forward` or `nearest`.
    pub direction: String,
    /// In nanoseconds.
    pub tolerance: Option<i64>,
    /// Whether equal times match.
    pub exact: bool,
    /// Rows without a match.
    pub n_missing: usize,
    /// Sum of the matched values.
    pub sum: f64,
    /// Some of the rows: position and matched value.
    pub rows: Vec<(usize, Option<f64>)>,
}

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

fn load<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let value = crate::golden(&format!("shared-data/{file}"));
    let cases: Cases<T> =
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{file}: {error}"));
    cases.cases
}

/// What pandas makes of [`ticks`] and of the embedded closes.
///
/// # Panics
///
/// When the file is missing or damaged.
#[must_use]
pub fn resampled() -> Vec<ResampleCase> {
    load("resample.json")
}

/// What pandas' `merge_asof` makes of the embedded closes.
///
/// # Panics
///
/// When the file is missing or damaged.
#[must_use]
pub fn as_of() -> Vec<AsOfCase> {
    load("as_of.json")
}

/// Made-up trades over some days with gaps: times in Unix nanoseconds, prices and sizes, NaN here and
/// there.
#[must_use]
pub fn ticks() -> (Vec<i64>, Vec<f64>, Vec<f64>) {
    // 2020-01-01T09:30:00Z
    let mut time = 1_577_871_000_000_000_000;
    let (mut times, mut prices, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..400_i64 {
        time += (i * i * 7919 % 900 + 1) * 1_000_000_000;
        if i % 97 == 96 {
            time += 3 * 86_400_000_000_000 + 1;
        }
        times.push(time);
        prices.push(if i % 13 == 5 { f64::NAN } else { 50.0 + (i * 7919 % 1000) as f64 / 8.0 });
        sizes.push(if i % 29 == 7 { f64::NAN } else { (i * 31 % 500) as f64 });
    }
    (times, prices, sizes)
}
