//! Golden values of the forecasting models; origin and licences: `golden/forecast/ORIGIN.md`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One ARIMA model of one series with its recorded values.
#[derive(Debug, Clone, Deserialize)]
pub struct ArimaCase {
    /// Name of the case.
    pub name: String,
    series: String,
    slice: Option<[usize; 2]>,
    transform: String,
    /// (p, d, q).
    pub order: [usize; 3],
    /// (P, D, Q, s).
    pub seasonal: [usize; 4],
    /// `none`, `const` or `drift`.
    pub mean: String,
    regressors: Vec<RegressorSource>,
    future_regressors: Option<Vec<Vec<f64>>>,
    /// Names of the parameters, in the order of every parameter vector here.
    pub parameter_names: Vec<String>,
    /// Values at rounded parameters: no optimiser involved.
    pub fixed: FixedValues,
    /// The maximum of the likelihood.
    pub maximum: Maximum,
    /// Largest modulus of an inverse root at the maximum.
    pub max_root_modulus: f64,
}

#[derive(Debug, Clone, Deserialize)]
struct RegressorSource {
    series: String,
    transform: Option<String>,
}

/// Values at rounded parameters.
#[derive(Debug, Clone, Deserialize)]
pub struct FixedValues {
    /// The parameters.
    pub parameters: Vec<f64>,
    /// Exact diffuse log-likelihood plus (d + D s)/2 ln(2 pi).
    pub diffuse_log_likelihood: f64,
    /// Absent with missing values and differencing.
    pub exact: Option<ExactValues>,
}

/// Exact finite-sample values of the differenced series.
#[derive(Debug, Clone, Deserialize)]
pub struct ExactValues {
    /// Log-likelihood at the stated sigma2.
    pub loglik: f64,
    /// Log-likelihood with sigma2 profiled out.
    pub loglik_concentrated: f64,
    /// The profiled sigma2.
    pub sigma2_concentrated: f64,
    /// Rows after differencing, without missing ones.
    pub n_used: usize,
    /// Twelve steps ahead.
    pub forecast: ForecastValues,
    /// One-step innovations.
    pub innovations: InnovationValues,
}

/// Forecasts on the scale of the series.
#[derive(Debug, Clone, Deserialize)]
pub struct ForecastValues {
    /// Conditional means.
    pub mean: Vec<f64>,
    /// Standard errors.
    pub se: Vec<f64>,
    /// Lower ends of the 95 % intervals.
    pub lo95: Vec<f64>,
    /// Upper ends.
    pub hi95: Vec<f64>,
}

/// A summary of the innovations.
#[derive(Debug, Clone, Deserialize)]
pub struct InnovationValues {
    /// How many there are, without missing rows.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sum of squares.
    pub ss: f64,
    /// The first five.
    pub first5: Vec<Option<f64>>,
    /// The last five.
    pub last5: Vec<Option<f64>>,
}

/// The maximum of the likelihood; only parameters and log-likelihood with missing values and
/// differencing, the rest 0.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Maximum {
    /// The parameters.
    pub params: Vec<f64>,
    /// The log-likelihood.
    pub loglik: f64,
    /// Rows after differencing, without missing ones.
    pub n_used: usize,
    /// Number of parameters, sigma2 included.
    pub k: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// Its small-sample form.
    pub aicc: f64,
    /// Schwarz's criterion.
    pub bic: f64,
}

#[derive(Debug, Deserialize)]
struct ArimaFile {
    cases: Vec<ArimaCase>,
    series: BTreeMap<String, Vec<Option<f64>>>,
}

/// A case with its data: target, regressors and future regressors, transformed and cut.
#[derive(Debug, Clone)]
pub struct ArimaProblem {
    /// The case.
    pub case: ArimaCase,
    /// The series to model; NaN is missing.
    pub target: Vec<f64>,
    /// Regressor columns, each as long as the target.
    pub regressors: Vec<(String, Vec<f64>)>,
    /// The same columns for the twelve steps after the target.
    pub future_regressors: Vec<Vec<f64>>,
}

/// All recorded ARIMA cases.
///
/// # Panics
///
/// When the golden file or the embedded prices are missing or damaged.
#[must_use]
pub fn arima_problems() -> Vec<ArimaProblem> {
    let file: ArimaFile = serde_json::from_value(crate::golden("forecast/arima.json"))
        .unwrap_or_else(|error| panic!("forecast/arima.json has another form: {error}"));
    let prices = crate::prices::sp500_20();
    let load = |name: &str, transform: &str, slice| load(&file, &prices, name, transform, slice);
    let problem = |case: &ArimaCase| {
        let regressors: Vec<(String, Vec<f64>)> = case
            .regressors
            .iter()
            .map(|source| {
                let transform = source.transform.as_deref().unwrap_or("none");
                (source.series.clone(), load(&source.series, transform, case.slice))
            })
            .collect();
        let future = case.future_regressors.clone().unwrap_or_default();
        ArimaProblem {
            target: load(&case.series, &case.transform, case.slice),
            future_regressors: (0..regressors.len())
                .map(|column| future.iter().map(|row| row[column]).collect())
                .collect(),
            regressors,
            case: case.clone(),
        }
    };
    file.cases.iter().map(problem).collect()
}

/// A recorded series or an embedded price column, cut and transformed.
fn load(
    file: &ArimaFile,
    prices: &crate::prices::Prices,
    name: &str,
    transform: &str,
    slice: Option<[usize; 2]>,
) -> Vec<f64> {
    let raw: Vec<f64> = match file.series.get(name) {
        Some(values) => values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        None => prices.column(name).to_vec(),
    };
    let [from, to] = slice.unwrap_or([0, raw.len()]);
    let function: fn(f64) -> f64 = match transform {
        "log" => f64::ln,
        "log10" => f64::log10,
        _ => std::convert::identity,
    };
    raw[from..to].iter().copied().map(function).collect()
}

/// A series and the orders that other software chose for it.
#[derive(Debug, Clone, Deserialize)]
pub struct AutoCase {
    /// Name of the series.
    pub series: String,
    slice: Option<[usize; 2]>,
    transform: String,
    /// Rows per season; 1 for none.
    pub m: usize,
    /// What was chosen, by whom.
    pub choices: Vec<AutoChoice>,
    /// The series, cut and transformed.
    #[serde(skip)]
    pub target: Vec<f64>,
}

/// The orders that one program chose.
#[derive(Debug, Clone, Deserialize)]
pub struct AutoChoice {
    /// The program and its mode.
    pub who: String,
    /// (p, d, q).
    pub order: [usize; 3],
    /// (P, D, Q, s).
    pub seasonal: [usize; 4],
    /// Its criterion.
    pub aicc: f64,
}

/// All recorded automatic choices.
///
/// # Panics
///
/// When a golden file or the embedded prices are missing or damaged.
#[must_use]
pub fn auto_cases() -> Vec<AutoCase> {
    #[derive(Deserialize)]
    struct AutoFile {
        cases: Vec<AutoCase>,
    }
    let series: ArimaFile = serde_json::from_value(crate::golden("forecast/arima.json"))
        .unwrap_or_else(|error| panic!("forecast/arima.json has another form: {error}"));
    let file: AutoFile = serde_json::from_value(crate::golden("forecast/auto_arima.json"))
        .unwrap_or_else(|error| panic!("forecast/auto_arima.json has another form: {error}"));
    let prices = crate::prices::sp500_20();
    let mut cases = file.cases;
    for case in &mut cases {
        case.target = load(&series, &prices, &case.series, &case.transform, case.slice);
    }
    cases
}

/// One of the recorded series as it stands in the file; NaN is missing.
///
/// # Panics
///
/// When there is no series of that name.
#[must_use]
pub fn arima_series(name: &str) -> Vec<f64> {
    let golden = crate::golden("forecast/arima.json");
    let values = golden["series"][name].as_array();
    let values = values.unwrap_or_else(|| panic!("no series named {name}"));
    values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

/// A simulated series with a model at given parameters, and what that model says of it.
#[derive(Debug, Clone, Deserialize)]
pub struct SimulatedCase {
    /// What is special about it.
    pub name: String,
    /// (p, d, q).
    pub order: [usize; 3],
    /// (P, D, Q, s); zeros without a season.
    pub seasonal: [usize; 4],
    /// `none`, `const` or `drift`.
    pub mean: String,
    /// Constant or drift, regressors, ar, ma, sar, sma, sigma2.
    pub parameters: Vec<f64>,
    /// The series; `None` is missing.
    pub target: Vec<Option<f64>>,
    /// Regressor columns, with the rows of the forecasts.
    pub regressors: Vec<Vec<f64>>,
    /// Exact, diffuse where rows of a differenced series are missing.
    pub log_likelihood: f64,
    /// Conditional means of the next rows.
    pub forecast_mean: Vec<f64>,
    /// Their standard errors.
    pub forecast_se: Vec<f64>,
    /// Tests of the series itself, where nothing is missing.
    pub tests: Option<SimulatedTests>,
}

/// Statistics of a series.
#[derive(Debug, Clone, Deserialize)]
pub struct SimulatedTests {
    /// KPSS around a level, 5 lags.
    pub kpss_level: f64,
    /// KPSS around a line, 5 lags.
    pub kpss_line: f64,
    /// Augmented Dickey-Fuller with a constant, 4 lags.
    pub adf: f64,
    /// Its p-value.
    pub adf_p: f64,
    /// Ljung-Box of 6 lags.
    pub ljung_box: f64,
    /// Its p-value.
    pub ljung_box_p: f64,
}

/// All simulated cases.
///
/// # Panics
///
/// When the golden file is missing or damaged.
#[must_use]
pub fn simulated_cases() -> Vec<SimulatedCase> {
    serde_json::from_value(crate::golden("forecast/simulated.json"))
        .unwrap_or_else(|error| panic!("forecast/simulated.json has another form: {error}"))
}
