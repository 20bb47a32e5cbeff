//! `tangency forecast`: every series of a file, or one of them.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use serde::Serialize;
use tangency::forecast::arima::{Arima, FittedArima, Mean};
use tangency::forecast::auto::Candidate;
use tangency::forecast::transform::BoxCox;
use tangency::forecast::{
    self, AutoArima, DynFit, Fit, FitContext, FitStatus, Forecast, ForecastRequest, Model,
    ModelSpec, Predict, TrainingData,
};
use tangency::pool::Outcome as ItemOutcome;
use tangency::shared_data::{Frame, NanPolicy};

use crate::args::{ForecastArgs, Global, MeanArg, ValuesArg};
use crate::exit::{DONE, Failure, Outcome, SOME_FAILED};
use crate::input::{self, Gaps};
use crate::intervals::{Interval, Intervals};
use crate::progress::Meter;
use crate::regressors::Regressors;
use crate::rows::parse_rows;
use crate::transform::Back;
use crate::{interrupt, output};

/// More steps than anybody forecasts, fewer than fill the memory.
const MOST_STEPS: usize = 100_000;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    horizon: usize,
    /// The scale of `forecast` in each series: `none`, `log` or `box-cox`.
    transform: &'static str,
    series: Vec<Series>,
}

#[derive(Serialize, Default)]
struct Series {
    name: String,
    n: usize,
    model: String,
    /// The orders that an automatic model chose.
    chosen: Option<String>,
    status: &'static str,
    error: Option<String>,
    params: Option<BTreeMap<String, f64>>,
    log_likelihood: Option<f64>,
    aic: Option<f64>,
    aicc: Option<f64>,
    bic: Option<f64>,
    /// On the scale the model was fitted on.
    forecast: Option<Forecast>,
    /// With `--transform`: mean, median and interval on the scale of the input.
    original_scale: Option<Back>,
    last: Option<f64>,
    /// The interval of each level, on the scale of `forecast`, where several were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervals: Vec<Interval>,
    /// What an automatic model tried, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<Tried>>,
}

/// A model that was tried; one that is fitted again, from all starting values, appears twice.
#[derive(Serialize)]
struct Tried {
    model: String,
    mean: Mean,
    /// AICc; absent where there is none.
    aicc: Option<f64>,
    log_likelihood: Option<f64>,
    thorough: bool,
    error: Option<String>,
}

/// The model with everything the options say about it.
enum Chosen {
    Arima(Arima),
    /// Chooses its orders; what it chose is told as for an ARIMA model.
    Auto(AutoArima),
    Other(Box<dyn DynFit>),
}

pub(crate) fn run(global: &Global, args: &ForecastArgs) -> Outcome {
    if args.horizon > MOST_STEPS {
        return Err(Failure::usage(format!(
            "--horizon must be at most {MOST_STEPS}, got {}",
            args.horizon
        )));
    }
    let cancel = interrupt::on_interrupt()?;
    let spec: ModelSpec = args.model.parse().map_err(Failure::usage)?;
    let season = match &spec {
        ModelSpec::Arima(order) => order.season,
        ModelSpec::AutoArima(season) => *season,
        _ => 0,
    };
    let chosen = choose(spec, args)?;
    let intervals = Intervals::new(args, !matches!(chosen, Chosen::Other(_)))?;
    if args.trace && !matches!(chosen, Chosen::Auto(_)) {
        return Err(Failure::usage(format!("--trace needs auto-arima, got {}", args.model)));
    }
    let frame = read(args)?;
    let regressors = match &args.exog {
        None => None,
        Some(path) => Some(Regressors::read(path, frame.timestamps(), args.horizon)?),
    };
    let regressors = match &regressors {
        None => None,
        Some(regressors) => Some((regressors.known()?, regressors.future()?)),
    };
    let pool = super::pool(global)?;
    let meter = Meter::new(global.no_progress);
    let context = FitContext::new(global.seed).with_cancel(cancel.clone());

    let names = frame.names();
    let columns: Vec<&[f64]> = frame.columns().map(|(_, values)| values).collect();
    check_rows(&chosen, &frame, args)?;
    meter.start(&format!("forecasts, {}", args.model), columns.len());
    let report = pool.batch().progress(&meter).cancel(&cancel).try_map_indices(
        columns.len(),
        |at| -> forecast::Result<Series> {
            let name = |error: forecast::Error| error.at(&args.model, Some(&names[at]));
            let transform = args.transform.of(columns[at], season).map_err(name)?;
            let forward = |values: &[f64], transform: BoxCox| -> Vec<f64> {
                values.iter().map(|&value| transform.forward(value)).collect()
            };
            let transformed = transform.map(|transform| forward(columns[at], transform));
            let target = transformed.as_deref().unwrap_or(columns[at]);
            let mut data = TrainingData::new(target).named(&names[at]);
            let mut request =
                ForecastRequest::new(args.horizon).with_level(intervals.first_level());
            if let Some((known, future)) = &regressors {
                data = data.with_regressors(known.clone());
                request = request.with_regressors(future.clone());
            }
            let context = context.for_item(at);
            let series = forecast_one(&chosen, &data, &request, &intervals, &context)?;
            let back = |forecast| transform.map(|scale| args.transform.back(scale, forecast));
            Ok(Series {
                original_scale: series.forecast.as_ref().and_then(back),
                trace: series.trace.filter(|_| args.trace),
                ..series
            })
        },
    );
    drop(meter);
    if cancel.is_cancelled() {
        return Err(Failure::interrupted());
    }
    let series: Vec<Series> = report
        .outcomes
        .into_iter()
        .enumerate()
        .map(|(at, outcome)| {
            let series = match outcome {
                ItemOutcome::Done(series) => series,
                ItemOutcome::Failed(error) => failed(error.to_string()),
                ItemOutcome::Panicked(message) => failed(format!("panicked: {message}")),
                ItemOutcome::Cancelled => failed("not started".to_owned()),
            };
            let last = frame.column_at(at).ok().and_then(|values| values.last().copied());
            Series {
                name: names[at].clone(),
                n: frame.n_rows(),
                model: args.model.clone(),
                last,
                ..series
            }
        })
        .collect();
    let n_failed = series.iter().filter(|series| series.status == "failed").count();
    if n_failed == series.len() {
        // Nothing came out: the input or the model is to blame, not an unlucky series.
        let message = series.iter().find_map(|series| series.error.clone()).unwrap_or_default();
        return Err(Failure::input(message));
    }
    let transform = args.transform.name();
    let document = Document { command: "forecast", horizon: args.horizon, transform, series };
    output::print(global.json, &document, text)?;
    Ok(if n_failed == 0 { DONE } else { SOME_FAILED })
}

fn choose(spec: ModelSpec, args: &ForecastArgs) -> Outcome<Chosen> {
    let mean = match args.mean {
        MeanArg::None => Mean::None,
        MeanArg::Const => Mean::Const,
        MeanArg::Drift => Mean::Drift,
    };
    for (option, given) in
        [("--root-margin", args.root_margin.is_some()), ("--approximate", args.approximate)]
    {
        if given && !matches!(spec, ModelSpec::AutoArima(_)) {
            return Err(Failure::usage(format!("{option} needs auto-arima, got {spec}")));
        }
    }
    let ModelSpec::Arima(order) = spec else {
        if let ModelSpec::AutoArima(season) = spec
            && args.mean == MeanArg::None
            && args.fixed.is_none()
        {
            let margin = args.root_margin.unwrap_or(0.0);
            if !(0.0..=1.0).contains(&margin) {
                return Err(Failure::usage(format!(
                    "--root-margin must be between 0 and 1, got {margin}"
                )));
            }
            let auto = AutoArima::new().with_season(season).with_root_margin(margin);
            return Ok(Chosen::Auto(if args.approximate { auto.approximate() } else { auto }));
        }
        for (option, given) in [
            ("--mean", args.mean != MeanArg::None),
            ("--fixed", args.fixed.is_some()),
            ("--exog", args.exog.is_some()),
        ] {
            if given {
                return Err(Failure::usage(format!(
                    "{option} needs an ARIMA model of given orders, got {spec}"
                )));
            }
        }
        return Ok(Chosen::Other(spec.build()));
    };
    let mut arima = Arima::of_order(order).with_mean(mean);
    let mut fixed = HashSet::new();
    for entry in args.fixed.iter().flat_map(|fixed| fixed.split(',')) {
        let Some((name, value)) = entry.split_once('=') else {
            return Err(Failure::usage(format!("--fixed expects name=value, got {entry:?}")));
        };
        let value = value.trim().parse().map_err(|_| {
            Failure::usage(format!("--fixed {}: cannot read {value:?} as a number", name.trim()))
        })?;
        if !fixed.insert(name.trim()) {
            return Err(Failure::usage(format!("--fixed gives {} twice", name.trim())));
        }
        arima = arima.fix(name.trim(), value);
    }
    Ok(Chosen::Arima(arima))
}

/// The series that were asked for, over the rows that were asked for.
fn read(args: &ForecastArgs) -> Outcome<Frame> {
    let gaps = match args.values {
        ValuesArg::Price => Gaps::Missing,
        ValuesArg::Series => Gaps::MissingAndNan,
    };
    let mut frame = input::read(&args.input, gaps)?;
    if let Some(column) = &args.column {
        frame = frame.select(&[column.as_str()]).map_err(Failure::usage)?;
    }
    if let Some(rows) = &args.rows {
        frame = frame.slice(parse_rows(rows, frame.n_rows())?).map_err(Failure::usage)?;
    }
    if args.values == ValuesArg::Price {
        frame.validate_prices_with(NanPolicy::Keep).map_err(Failure::input)?;
    }
    for (name, values) in frame.columns() {
        args.transform.check(name, values)?;
    }
    Ok(frame)
}

/// Too few rows are told before any work starts, with the number that is needed.
fn check_rows(chosen: &Chosen, frame: &Frame, args: &ForecastArgs) -> Outcome<()> {
    let needed = match chosen {
        Chosen::Arima(arima) => arima.min_rows(),
        Chosen::Auto(auto) => auto.min_rows(),
        Chosen::Other(model) => model.min_rows(),
    };
    if frame.n_rows() < needed {
        return Err(Failure::input(format!(
            "{}: model {} needs at least {needed} rows, got {}",
            args.input.display(),
            args.model,
            frame.n_rows()
        )));
    }
    Ok(())
}

fn forecast_one(
    chosen: &Chosen,
    data: &TrainingData<'_>,
    request: &ForecastRequest<'_>,
    intervals: &Intervals<'_>,
    context: &FitContext,
) -> forecast::Result<Series> {
    match chosen {
        Chosen::Arima(arima) => {
            let fitted = arima.fit(data, context)?;
            let (forecast, intervals) = intervals.of_arima(&fitted, request, context)?;
            Ok(Series { forecast: Some(forecast), intervals, ..described(&fitted) })
        }
        Chosen::Auto(auto) => {
            let fitted = auto.fit(data, context)?;
            let (forecast, intervals) = intervals.of_arima(fitted.best(), request, context)?;
            Ok(Series {
                chosen: Some(fitted.best().model().name()),
                forecast: Some(forecast),
                intervals,
                trace: Some(fitted.trace().iter().map(tried).collect()),
                ..described(fitted.best())
            })
        }
        Chosen::Other(model) => {
            let fitted = model.fit_boxed(data, context)?;
            let forecast = fitted.predict(request)?;
            Ok(Series {
                status: status(fitted.status()),
                intervals: intervals.around(&forecast)?,
                forecast: Some(forecast),
                ..Series::default()
            })
        }
    }
}

fn tried(candidate: &Candidate) -> Tried {
    Tried {
        model: format!("arima:{}", candidate.order),
        mean: candidate.mean,
        aicc: Some(candidate.criterion).filter(|value| value.is_finite()),
        log_likelihood: candidate.log_likelihood,
        thorough: candidate.thorough,
        error: candidate.error.as_ref().map(ToString::to_string),
    }
}

/// What an ARIMA fit has to say beside its forecast.
fn described(fitted: &FittedArima) -> Series {
    let params = fitted.parameters().iter();
    Series {
        status: status(fitted.status()),
        params: Some(params.map(|param| (param.name.clone(), param.value)).collect()),
        log_likelihood: Some(fitted.log_likelihood()),
        aic: Some(fitted.aic()),
        aicc: Some(fitted.aicc()),
        bic: Some(fitted.bic()),
        ..Series::default()
    }
}

fn status(status: FitStatus) -> &'static str {
    match status {
        FitStatus::Converged => "ok",
        FitStatus::StoppedEarly => "stopped_early",
    }
}

fn failed(error: String) -> Series {
    Series { status: "failed", error: Some(error), ..Series::default() }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{:<12} {:>14} {:>14} {:>14} {:>14}  status",
        "series",
        "last",
        format!("in {} steps", document.horizon),
        "lower",
        "upper"
    );
    for series in &document.series {
        let end = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
        let ends = match (&series.original_scale, &series.forecast) {
            (Some(back), _) => Some((end(&back.median), end(&back.lower), end(&back.upper))),
            (None, Some(forecast)) => {
                Some((end(&forecast.mean), end(&forecast.lower), end(&forecast.upper)))
            }
            (None, None) => None,
        };
        let _ = write!(text, "{:<12} {:>14}", series.name, cell(series.last.unwrap_or(f64::NAN)));
        match ends {
            Some((mean, lower, upper)) => {
                let [mean, lower, upper] = [mean, lower, upper].map(cell);
                let _ = write!(text, " {mean:>14} {lower:>14} {upper:>14}  ");
            }
            None => {
                let _ = write!(text, " {:>14} {:>14} {:>14}  ", "-", "-", "-");
            }
        }
        let told = series.error.as_deref().or(series.chosen.as_deref()).unwrap_or(series.status);
        let _ = writeln!(text, "{told}");
    }
    text
}

/// Enough digits of any size, in a column's width.
fn cell(value: f64) -> String {
    let is_plain = value == 0.0 || (0.01..1e7).contains(&value.abs());
    if is_plain { format!("{value:.6}") } else { format!("{value:.6e}") }
}
