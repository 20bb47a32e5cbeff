//! Golden values of indicators and folds; see `golden/preprocess/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A whole indicator output on a short series.
#[derive(Debug, Clone)]
pub struct EdgeCase {
    /// Name of the series, such as `leading_nan`.
    pub series: String,
    /// The input; NaN where it has none.
    pub input: Vec<f64>,
    /// TA-Lib's name: `SMA`, `EMA` or `RSI`.
    pub function: String,
    /// The window.
    pub window: usize,
    /// The output, as long as the input.
    pub output: Vec<f64>,
}

/// Samples of an indicator on a long series.
#[derive(Debug, Clone)]
pub struct SampledCase {
    /// The asset or data set.
    pub series: String,
    /// TA-Lib's name: `SMA`, `EMA` or `RSI`.
    pub function: String,
    /// The window.
    pub window: usize,
    /// The first row with a value.
    pub first_valid: usize,
    /// How many rows are NaN.
    pub nan_count: usize,
    /// Rows and their values.
    pub samples: Vec<(usize, f64)>,
}

/// Settings of a walk-forward plan, as skfolio names them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkForwardArgs {
    /// Training rows.
    pub train_size: usize,
    /// Test rows.
    pub test_size: usize,
    /// Rows left out between them.
    #[serde(default)]
    pub purged_size: usize,
    /// Whether training starts at row 0 always.
    #[serde(default)]
    pub expand_train: bool,
    /// Whether a last, shorter test is kept.
    #[serde(default)]
    pub reduce_test: bool,
}

/// A walk-forward plan and its folds.
#[derive(Debug, Clone, Deserialize)]
pub struct WalkForwardCase {
    /// Rows of the data.
    pub n: usize,
    /// The plan.
    pub args: WalkForwardArgs,
    /// Train and test, half-open.
    pub folds: Vec<[[usize; 2]; 2]>,
}

/// A plan of combinatorial purged splits and what it gives.
#[derive(Debug, Clone, Deserialize)]
pub struct CombinatorialPurgedCase {
    /// Rows of the data.
    pub n: usize,
    /// The plan.
    pub args: CombinatorialPurgedArgs,
    /// Number of splits.
    pub n_splits: usize,
    /// Number of whole paths.
    pub n_test_paths: usize,
    /// The splits in order.
    pub folds: Vec<CombinatorialPurgedFold>,
    /// For each split, the path that each of its tests belongs to.
    pub path_ids: Vec<Vec<usize>>,
}

/// Sizes of combinatorial purged splits.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct CombinatorialPurgedArgs {
    /// Stretches.
    pub n_folds: usize,
    /// Stretches tested at a time.
    pub n_test_folds: usize,
    /// Rows left out on either side of a test.
    pub purged_size: usize,
    /// Further rows left out after it.
    pub embargo_size: usize,
}

/// One split, half-open.
#[derive(Debug, Clone, Deserialize)]
pub struct CombinatorialPurgedFold {
    /// Training ranges.
    pub train: Vec<[usize; 2]>,
    /// Test ranges, one a stretch.
    pub test: Vec<[usize; 2]>,
}

/// Every case of combinatorial purged splits.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn combinatorial_purged_cases() -> Vec<CombinatorialPurgedCase> {
    let golden = crate::golden("preprocess/combinatorial_purged.json");
    serde_json::from_value(golden["cases"].clone())
        .unwrap_or_else(|error| panic!("combinatorial_purged.json: {error}"))
}

/// Every edge case.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn edge_cases() -> Vec<EdgeCase> {
    let golden = crate::golden("preprocess/indicators_edge.json");
    list(&golden["cases"])
        .iter()
        .map(|case| {
            let series = text(&case["series"]);
            EdgeCase {
                input: floats(&golden["series"][&series]),
                series,
                function: text(&case["fn"]),
                window: size(&case["window"]),
                output: floats(&case["value"]),
            }
        })
        .collect()
}

/// The cases on columns of the embedded data set.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn sampled_cases() -> Vec<SampledCase> {
    let golden = crate::golden("preprocess/indicators_sp20.json");
    list(&golden["cases"])
        .iter()
        .map(|case| sampled(text(&case["asset"]), text(&case["fn"]), size(&case["window"]), case))
        .collect()
}

/// The SMA, EMA and RSI cases of a reference file on a series that may not be copied here, with the
/// closes of that series: `goog` or `eurusd`.
///
/// # Panics
///
/// When the reference folder is missing or damaged: a reference test never passes without it.
#[must_use]
pub fn reference_cases(series: &str) -> (Vec<f64>, Vec<SampledCase>) {
    let golden =
        crate::backtest::reference_json(&format!("golden/backtest/indicators_{series}.json"));
    let cases = list(&golden["indicators"])
        .iter()
        .filter(|case| ["SMA", "EMA", "RSI"].contains(&text(&case["fn"]).as_str()))
        .map(|case| {
            let window = size(&case["params"]["timeperiod"]);
            sampled(series.to_owned(), text(&case["fn"]), window, &case["out"]["value"])
        })
        .collect();
    (crate::backtest::reference_bars(series).close, cases)
}

/// An indicator of several columns or lines on a short artificial series, in full.
#[derive(Debug, Clone)]
pub struct LinesCase {
    /// What the series is like: `flat`, `rising`, `hole_nan`, ..
    pub series: String,
    /// Highs, lows and closes.
    pub columns: [Vec<f64>; 3],
    /// TA-Lib's name: `ATR`, `MACD` or `BBANDS`.
    pub function: String,
    /// TA-Lib's parameters.
    pub params: BTreeMap<String, f64>,
    /// Rows and values of each line by TA-Lib's name; all rows, or samples.
    pub lines: BTreeMap<String, Vec<(usize, f64)>>,
}

/// Every edge case of ATR, MACD and BBANDS.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn edge_line_cases() -> Vec<LinesCase> {
    let golden = crate::golden("preprocess/indicators_edge_lines.json");
    list(&golden["cases"])
        .iter()
        .map(|case| {
            let series = text(&case["series"]);
            let close = floats(&golden["series"][&series]);
            let reach = if series == "flat" { 0.0 } else { 1.0 };
            let shifted = |by: f64| close.iter().map(|value| value + by).collect();
            LinesCase {
                columns: [shifted(reach), shifted(-reach), close.clone()],
                series,
                function: text(&case["fn"]),
                params: numbers(&case["params"]),
                lines: lines(&case["out"], |line| floats(line).into_iter().enumerate().collect()),
            }
        })
        .collect()
}

/// The ATR, MACD and BBANDS cases of a reference file on a series that may not be copied here:
/// `goog` or `eurusd`.
///
/// # Panics
///
/// When the reference folder is missing or damaged: a reference test never passes without it.
#[must_use]
pub fn reference_line_cases(series: &str) -> Vec<LinesCase> {
    let golden =
        crate::backtest::reference_json(&format!("golden/backtest/indicators_{series}.json"));
    let bars = crate::backtest::reference_bars(series);
    list(&golden["indicators"])
        .iter()
        .filter(|case| ["ATR", "MACD", "BBANDS"].contains(&text(&case["fn"]).as_str()))
        .map(|case| LinesCase {
            series: series.to_owned(),
            columns: [bars.high.clone(), bars.low.clone(), bars.close.clone()],
            function: text(&case["fn"]),
            params: numbers(&case["params"]),
            lines: lines(&case["out"], |line| {
                list(&line["idx"]).iter().map(size).zip(floats(&line["val"])).collect()
            }),
        })
        .collect()
}

fn numbers(value: &Value) -> BTreeMap<String, f64> {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("not numbers: {error}"))
}

fn lines(
    value: &Value,
    read: impl Fn(&Value) -> Vec<(usize, f64)>,
) -> BTreeMap<String, Vec<(usize, f64)>> {
    let object = value.as_object().unwrap_or_else(|| panic!("no lines: {value}"));
    object.iter().map(|(name, line)| (name.clone(), read(line))).collect()
}

/// Every walk-forward case.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn walk_forward_cases() -> Vec<WalkForwardCase> {
    let golden = crate::golden("preprocess/walk_forward.json");
    serde_json::from_value(golden["cases"].clone())
        .unwrap_or_else(|error| panic!("walk_forward.json: {error}"))
}

fn sampled(series: String, function: String, window: usize, case: &Value) -> SampledCase {
    let rows = list(&case["idx"]).iter().map(size);
    SampledCase {
        series,
        function,
        window,
        first_valid: size(&case["first_valid"]),
        nan_count: size(&case["nan_count"]),
        samples: rows.zip(floats(&case["val"])).collect(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("not a size: {value}")) as usize
}

fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}
