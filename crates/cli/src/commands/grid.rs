//! `tangency grid`: backtest every parameter set, list the best.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Number, Value};
use tangency::optimize::backtest::{BacktestConfig, Bars, Costs};
use tangency::optimize::metrics::{Metric, Metrics};
use tangency::optimize::search::{Grid, SearchReport, StrategyKind, Trial, strategy_grid};
use tangency::pool::Outcome as ItemOutcome;
use tangency::shared_data::Frame;

use crate::args::{Global, GridArgs};
use crate::exit::{DONE, Failure, Outcome, SOME_FAILED};
use crate::input::{self, Gaps};
use crate::progress::Meter;
use crate::{interrupt, output};

/// The metrics of each trial in documents and files, in this order.
const LISTED: [Metric; 12] = [
    Metric::TotalReturn,
    Metric::Sharpe,
    Metric::MaxDrawdown,
    Metric::Trades,
    Metric::WinRate,
    Metric::ClosedTrades,
    Metric::AnnualizedReturn,
    Metric::AnnualizedVolatility,
    Metric::Sortino,
    Metric::Calmar,
    Metric::Omega,
    Metric::ProfitFactor,
];

/// Every trial is kept; so many take some gigabytes.
const MOST_TRIALS: u64 = 10_000_000;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    strategy: &'static str,
    execution: String,
    bars: usize,
    trials: usize,
    /// Combinations that make no sense for the strategy, such as fast above slow.
    rejected: u64,
    failed: usize,
    failures: Vec<FailedTrial>,
    metric: &'static str,
    best: Option<Entry>,
    top: Vec<Entry>,
    periods_per_year: f64,
    seconds: f64,
}

#[derive(Serialize)]
struct Entry {
    trial: usize,
    params: Map<String, Value>,
    metrics: Map<String, Value>,
}

#[derive(Serialize)]
struct FailedTrial {
    trial: usize,
    params: Map<String, Value>,
    error: String,
}

pub(crate) fn run(global: &Global, args: &GridArgs) -> Outcome {
    let started = Instant::now();
    let cancel = interrupt::on_interrupt()?;
    let kind: StrategyKind = args.strategy.parse().map_err(Failure::usage)?;
    let metric: Metric = args.metric.parse().map_err(Failure::usage)?;
    let grid = Grid::parse(args.params.iter().map(String::as_str)).map_err(Failure::usage)?;
    let config = BacktestConfig::new(args.periods_per_year).with_costs(Costs::fee(args.fees));
    config.check().map_err(Failure::usage)?;
    let combinations = grid.count().map_err(Failure::usage)?.trials;
    if combinations > MOST_TRIALS {
        return Err(Failure::usage(format!(
            "the grid has {combinations} combinations, at most {MOST_TRIALS} fit into memory"
        )));
    }
    if let Some(out) = &args.out {
        output::check_file(out)?;
        if std::fs::canonicalize(out)
            .is_ok_and(|out| std::fs::canonicalize(&args.input).is_ok_and(|input| out == input))
        {
            return Err(Failure::usage("--out is the input file".to_owned()));
        }
    }

    // Gaps in columns that nobody trades are nobody's trouble.
    let frame = select(input::read(&args.input, Gaps::Missing)?, args)?;
    frame
        .validate_prices()
        .map_err(|error| Failure::input(format!("{}: {error}", args.input.display())))?;
    let bars = bars(&frame, args)?;
    let pool = super::pool(global)?;
    let meter = Meter::new(global.no_progress);
    meter.start("backtests", combinations as usize);
    let search = strategy_grid(kind, &bars, &grid, &config, &pool, Some(&meter), Some(&cancel))
        .map_err(Failure::usage)?;
    drop(meter);
    let report = &search.report;
    if report.is_cancelled() {
        return Err(Failure::interrupted());
    }

    let failures: Vec<FailedTrial> = report.failed().map(failed_trial).collect();
    if failures.len() == report.trials.len() {
        return Err(Failure::work(format!(
            "all {} trials failed, the first with: {}",
            failures.len(),
            failures[0].error
        )));
    }
    let ranked = |n| report.top(metric, n).map_err(Failure::usage);
    let document = Document {
        command: "grid",
        strategy: kind.name(),
        execution: search.execution.to_string(),
        bars: bars.len(),
        trials: report.trials.len(),
        rejected: report.rejected,
        failed: failures.len(),
        failures,
        metric: metric.name(),
        best: ranked(1)?.first().map(|trial| entry(trial)),
        top: ranked(args.top)?.into_iter().map(entry).collect(),
        periods_per_year: args.periods_per_year,
        seconds: started.elapsed().as_secs_f64(),
    };
    if let Some(out) = &args.out {
        output::write_file(out, &csv(report))?;
    }
    output::print(global.json, &document, |document| text(document, args.out.as_deref()))?;
    Ok(if document.failed == 0 { DONE } else { SOME_FAILED })
}

/// The columns that are traded: open, high, low and close where there are such, or closes of one asset.
fn select(frame: Frame, args: &GridArgs) -> Outcome<Frame> {
    let find = |wanted: &str| {
        frame.names().iter().find(|name| name.eq_ignore_ascii_case(wanted)).map(String::as_str)
    };
    let names = match (find("open"), find("high"), find("low"), find("close"), &args.column) {
        (.., Some(name)) => vec![name.as_str()],
        (Some(open), Some(high), Some(low), Some(close), None) => vec![open, high, low, close],
        (.., Some(close), None) => vec![close],
        _ if frame.n_columns() == 1 => return Ok(frame),
        _ => {
            return Err(Failure::usage(format!(
                "{} holds no Open, High, Low and Close columns but {} others; choose one with \
                 --column",
                args.input.display(),
                frame.n_columns()
            )));
        }
    };
    frame.select(&names).map_err(Failure::usage)
}

/// The selected columns as bars.
fn bars<'a>(frame: &'a Frame, args: &GridArgs) -> Outcome<Bars<'a>> {
    let column = |at| frame.column_at(at).map_err(Failure::input);
    let bars = if frame.n_columns() == 4 {
        Bars::new(column(0)?, column(1)?, column(2)?, column(3)?)
    } else {
        Bars::from_closes(column(0)?)
    };
    bars.map_err(|error| Failure::input(format!("{}: {error}", args.input.display())))
}

fn entry(trial: &Trial) -> Entry {
    Entry {
        trial: trial.index,
        params: params(trial),
        metrics: trial.metrics().map(metrics).unwrap_or_default(),
    }
}

fn failed_trial(trial: &Trial) -> FailedTrial {
    let error = match &trial.outcome {
        ItemOutcome::Failed(error) => error.to_string(),
        ItemOutcome::Panicked(message) => format!("panicked: {message}"),
        ItemOutcome::Done(_) | ItemOutcome::Cancelled => String::new(),
    };
    FailedTrial { trial: trial.index, params: params(trial), error }
}

fn params(trial: &Trial) -> Map<String, Value> {
    trial.params.iter().map(|(name, value)| (name.to_owned(), number(value))).collect()
}

fn metrics(metrics: &Metrics) -> Map<String, Value> {
    let listed = LISTED.iter().filter_map(|metric| Some((*metric, metrics.get(*metric)?)));
    listed.map(|(metric, value)| (metric.name().to_owned(), number(value))).collect()
}

/// Whole numbers without a decimal point; null for what is no number.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9.0e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Every trial in grid order; cells of failed trials and undefined metrics stay empty.
fn csv(report: &SearchReport) -> String {
    let mut text = String::new();
    let names: Vec<&str> = report
        .trials
        .first()
        .map(|trial| trial.params.iter().map(|(name, _)| name).collect())
        .unwrap_or_default();
    let metric_names = LISTED.iter().map(|metric| metric.name());
    let header: Vec<&str> = names.into_iter().chain(metric_names).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", header.join(","));
    for trial in &report.trials {
        let mut cells: Vec<String> =
            trial.params.iter().map(|(_, value)| value.to_string()).collect();
        cells.extend(LISTED.iter().map(|metric| match trial.metric(*metric) {
            Some(value) if !value.is_nan() => value.to_string(),
            _ => String::new(),
        }));
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

fn text(document: &Document, out: Option<&Path>) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {} trials over {} bars, filled at the {}, {} left out, {} failed, {:.2} s\n",
        document.strategy,
        document.trials,
        document.bars,
        document.execution,
        document.rejected,
        document.failed,
        document.seconds
    );
    let figure = |entry: &Entry, name: &str| match entry.metrics.get(name).and_then(Value::as_f64) {
        Some(value) => format!("{value:.4}"),
        None => "-".to_owned(),
    };
    let mut shown = vec!["total_return", "sharpe", "max_drawdown", "trades", "win_rate"];
    if !shown.contains(&document.metric) {
        shown.insert(0, document.metric);
    }
    if document.best.is_none() {
        let _ = writeln!(text, "no trial has a {}: none of them traded", document.metric);
        return text;
    }
    let _ = write!(text, "{:<28}", format!("best by {}", document.metric));
    for name in &shown {
        let _ = write!(text, "  {name:>13}");
    }
    text.push('\n');
    for entry in &document.top {
        let params: Vec<String> =
            entry.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = write!(text, "{:<28}", params.join(" "));
        for name in &shown {
            let _ = write!(text, "  {:>1$}", figure(entry, name), name.len().max(13));
        }
        text.push('\n');
    }
    for failure in document.failures.iter().take(5) {
        let _ = writeln!(text, "failed: trial {}: {}", failure.trial, failure.error);
    }
    if let Some(out) = out {
        let _ = writeln!(text, "\nall trials: {}", out.display());
    }
    text
}
