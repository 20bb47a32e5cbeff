//! `tangency grid`: backtest parameter sets, list the best.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Serialize, Serializer};
use serde_json::{Number, Value};
use tangency::optimize::backtest::{BacktestConfig, Costs};
use tangency::optimize::metrics::Metrics;
use tangency::optimize::search::{
    BacktestObjective, Both, Grid, JournalMode, Method, RemoteBacktest, Sample, Space,
    StrategyKind, Study, StudyTrial,
};
use tangency::optimize::{Error, ErrorKind};
use tangency::pipeline::{RuleStudy, WalkForwardSection};
use tangency::pool::{Executor, Outcome as ItemOutcome};

use super::luck::{self, Verdict};
use super::trials::{self, Best, LISTED};
use super::walk_forward;
use crate::args::{ExecutorArg, Global, GridArgs};
use crate::exit::{DONE, Failure, Outcome, SOME_FAILED};
use crate::progress::Meter;
use crate::rule::Rule;
use crate::{asset, interrupt, output};

/// Trials that the pictures of a report are drawn from.
const SAMPLED: usize = 20_000;
/// What a method that chooses may spend unless told otherwise.
const TRIALS: u64 = 100;
/// Figures without decimals.
const COUNTS: [&str; 3] = ["trades", "closed_trades", "bars_in_market"];
/// A thousand million backtests take a quarter of an hour at the least; more is a slip of the keyboard.
const MOST_COMBINATIONS: u64 = 1_000_000_000;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    strategy: String,
    method: String,
    execution: String,
    bars: usize,
    trials: u64,
    /// Combinations that make no sense for the strategy, such as fast above slow.
    rejected: u64,
    failed: u64,
    /// The first thousand of them.
    failures: Vec<FailedTrial>,
    /// Trials that the journal held.
    replayed: u64,
    journal: Option<PathBuf>,
    /// Bytes of the journal that could not be read; their trials were measured again.
    dropped_bytes: u64,
    metric: &'static str,
    best: Option<Entry>,
    top: Vec<Entry>,
    /// How likely the best is luck; null where none traded.
    luck: Option<Verdict>,
    walk_forward: Option<WalkForwardSection>,
    report: Option<PathBuf>,
    periods_per_year: f64,
    seconds: f64,
}

/// Names and values in the order of the search, as a JSON object.
#[derive(Serialize)]
struct Named(#[serde(serialize_with = "as_map")] Vec<(String, Value)>);

fn as_map<S: Serializer>(named: &[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(named.iter().map(|(name, value)| (name, value)))
}

#[derive(Serialize)]
struct Entry {
    trial: usize,
    params: Named,
    metrics: Named,
}

#[derive(Serialize)]
struct FailedTrial {
    trial: usize,
    params: Named,
    error: String,
}

pub(crate) fn run(global: &Global, args: &GridArgs) -> Outcome {
    let started = Instant::now();
    let cancel = interrupt::on_interrupt()?;
    let rule = Rule::new(&args.rule)?;
    let metric = BacktestObjective::metric(&args.metric).map_err(Failure::usage)?;
    let grid = grid(&rule, args)?;
    let method = match (args.method.as_str(), args.trials) {
        ("grid", None) => None,
        ("grid", Some(_)) => {
            return Err(Failure::usage(
                "--trials needs a --method that chooses; grid tries every combination",
            ));
        }
        (name, trials) => {
            Some(Method::named(name, trials.unwrap_or(TRIALS)).map_err(Failure::usage)?)
        }
    };
    let config = BacktestConfig::new(args.periods_per_year).with_costs(Costs::fee(args.fees));
    config.check().map_err(Failure::usage)?;
    let journal = journal(args)?;
    let plan = walk_forward::plan(args)?;
    check_outputs(args, journal.as_deref())?;

    let frame = asset::read(&args.input, args.column.as_deref())?;
    let bars = asset::bars(&frame, &args.input)?;
    let folds = plan.map(|plan| walk_forward::folds(&plan, bars.len())).transpose()?;
    let executor = args.executor.map(|executor| match executor {
        ExecutorArg::Threads => Executor::Threads,
        ExecutorArg::Processes => Executor::Processes,
    });
    let pool = super::executor_pool(global, executor)?;
    if args.trial_deadline.is_some() && pool.stats().executor.kind != Executor::Processes {
        return Err(Failure::usage(
            "--trial-deadline needs --executor processes: a thread cannot be ended from outside",
        ));
    }
    let objective = rule
        .objective(bars, config)
        .and_then(|objective| objective.with_averages(&grid, &pool))
        .map_err(Failure::usage)?;
    let meter = Meter::new(global.no_progress);
    let space = Space::of_grid(&grid);
    let (study, trials) = match method {
        None => (Study::grid(&grid, metric), grid.combinations()),
        Some(method) => (Study::search(&space, method, metric), method.trials()),
    };
    meter.start("backtests", trials as usize);
    let mut study = study
        .seed(global.seed)
        .objective(objective.name())
        .data(objective.fingerprint())
        .cancel(&cancel)
        .observer(&meter);
    if let Some(most) = args.in_flight {
        study = study.in_flight(most as usize);
    }
    if let Some(path) = &journal {
        let mode = if args.resume { JournalMode::Resume } else { JournalMode::Fresh };
        study = study.journal(path, mode);
    }
    let seen = Both(Best::new(metric, args.top.max(1)), luck::Trials::new(args.periods_per_year));
    // Nobody looks at the sample without a report.
    let sample = Sample::new(if args.report.is_some() { SAMPLED } else { 1 });
    let seen = Both(seen, sample);
    let mut sink = Both(seen, trials::file(args.out.as_deref()));
    let report = match pool.stats().executor.kind {
        Executor::Processes => {
            let resources = rule.resources(&bars, &config);
            study.run_jobs::<RemoteBacktest>(&pool, &resources, args.trial_deadline, &mut sink)
        }
        _ => study.run(&pool, &objective, &mut sink),
    };
    let report = report.map_err(failure)?;
    meter.finish();
    if report.cancelled {
        return Err(Failure::interrupted());
    }
    let Both(Both(Best { top, failures, .. }, seen), sample) = sink.0;
    let luck = report.best.as_ref().and_then(|best| seen.judge(best, &objective, &pool));
    let forward = match &folds {
        None => None,
        Some(folds) => {
            meter.start("walk-forward trials", report.trials as usize);
            Some(walk_forward::run(&grid, folds, metric, &objective, &pool, &meter, &cancel)?)
        }
    };
    drop(meter);
    let study = RuleStudy {
        source: asset::source(&args.input, args.column.as_deref()),
        rule: rule.name(),
        method: args.method.clone(),
        timestamps: frame.timestamps(),
        bars,
        execution: objective.backtest().config().execution,
        periods_per_year: args.periods_per_year,
        metric,
    };
    let forward = folds.as_deref().zip(forward.as_ref());
    let page = study
        .report(&report, sample.into_trials(), luck.as_ref().map(Verdict::section), forward)
        .map_err(Failure::work)?;
    if let Some(folder) = &args.report {
        page.write(folder, &cancel).map_err(Failure::of_report)?;
    }
    let document = Document {
        command: "grid",
        strategy: rule.name(),
        method: args.method.clone(),
        execution: objective.backtest().config().execution.to_string(),
        bars: bars.len(),
        trials: report.trials,
        rejected: report.rejected,
        failed: report.failed,
        failures: failures.iter().map(failed_trial).collect(),
        replayed: report.replayed,
        journal,
        dropped_bytes: report.dropped_bytes,
        metric: metric.name(),
        best: report.best.as_ref().map(entry),
        top: top.iter().take(args.top).map(entry).collect(),
        luck,
        walk_forward: page.walk_forward,
        report: args.report.clone(),
        periods_per_year: args.periods_per_year,
        seconds: started.elapsed().as_secs_f64(),
    };
    output::print(global.json, &document, |document| text(document, args.out.as_deref()))?;
    Ok(if document.failed == 0 { DONE } else { SOME_FAILED })
}

/// The grid of the options, without combinations that make no sense for the strategy.
fn grid(rule: &Rule, args: &GridArgs) -> Outcome<Grid> {
    let grid = Grid::parse(args.params.iter().map(String::as_str)).map_err(Failure::usage)?;
    if args.method == "grid" && grid.combinations() > MOST_COMBINATIONS {
        let (combinations, limit) = (grid.combinations().into(), MOST_COMBINATIONS);
        return Err(Failure::usage(Error::from(ErrorKind::TooManyTrials { combinations, limit })));
    }
    rule.check_names(grid.names())?;
    let grid = args.constraints.iter().try_fold(grid, |grid, text| grid.where_text(text));
    let sensible = grid.and_then(|grid| match rule {
        Rule::ReadyMade(StrategyKind::SmaCross) => {
            for name in ["fast", "slow"] {
                grid.check_counts(name)?;
            }
            grid.less_than("fast", "slow")
        }
        _ => Ok(grid),
    });
    sensible.map_err(Failure::usage)
}

/// Where trials are journalled: beside the output unless said otherwise.
fn journal(args: &GridArgs) -> Outcome<Option<PathBuf>> {
    let beside = args.out.as_ref().map(|out| {
        let mut name = out.as_os_str().to_owned();
        name.push(".journal");
        PathBuf::from(name)
    });
    let journal = args.journal.clone().or(beside);
    if args.resume && journal.is_none() {
        return Err(Failure::usage(
            "--resume needs --out or --journal: where would it go on from?",
        ));
    }
    Ok(journal)
}

/// Finds out before any work starts that files cannot be written.
fn check_outputs(args: &GridArgs, journal: Option<&Path>) -> Outcome<()> {
    if let Some(folder) = &args.report {
        output::check_folder(folder)?;
    }
    if journal.is_some() && journal == args.out.as_deref() {
        return Err(Failure::usage("--journal and --out are the same file"));
    }
    let input = std::fs::canonicalize(&args.input);
    for (path, option) in [(args.out.as_deref(), "--out"), (journal, "--journal")] {
        let Some(path) = path else { continue };
        output::check_file(path)?;
        if std::fs::canonicalize(path).is_ok_and(|path| input.as_ref().is_ok_and(|i| path == *i)) {
            return Err(Failure::usage(format!("{option} is the input file")));
        }
    }
    Ok(())
}

fn failure(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Cancelled { .. } => Failure::interrupted(),
        ErrorKind::AllTrialsFailed { .. } | ErrorKind::Pool { .. } => Failure::work(error),
        // What was measured by then is in the journal.
        ErrorKind::JournalWrite { .. } | ErrorKind::Sink { .. } => Failure::unwritten(error),
        ErrorKind::Journal { .. } => Failure::output(error),
        // The library has a sum over all of these, which nobody can read.
        ErrorKind::JournalOfAnother { path, what: "data set", .. } => Failure::usage(format!(
            "the journal {path} is of another data set: its prices, fees or periods per year are not these"
        )),
        _ => Failure::usage(error),
    }
}

fn entry(trial: &StudyTrial) -> Entry {
    Entry {
        trial: trial.index,
        params: params(trial),
        metrics: Named(trial.metrics().map(metrics).unwrap_or_default()),
    }
}

fn failed_trial(trial: &StudyTrial) -> FailedTrial {
    let error = match &trial.outcome {
        ItemOutcome::Failed(error) => error.clone(),
        ItemOutcome::Panicked(message) => format!("panicked: {message}"),
        ItemOutcome::Done(_) | ItemOutcome::Cancelled => String::new(),
    };
    FailedTrial { trial: trial.index, params: params(trial), error }
}

fn params(trial: &StudyTrial) -> Named {
    Named(trial.params.iter().map(|(name, value)| (name.to_owned(), number(value))).collect())
}

fn metrics(metrics: &Metrics) -> Vec<(String, Value)> {
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

fn text(document: &Document, out: Option<&Path>) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {} {} over {} bars, filled at the {}, {} left out, {} failed, {:.2} s\n",
        document.strategy,
        document.trials,
        if document.trials == 1 { "trial" } else { "trials" },
        document.bars,
        document.execution,
        document.rejected,
        document.failed,
        document.seconds
    );
    if document.dropped_bytes > 0 {
        let _ = writeln!(
            text,
            "{} bytes of the journal were torn or damaged; what they held was measured again\n",
            document.dropped_bytes
        );
    }
    let figure = |entry: &Entry, wanted: &str| {
        let known = entry.metrics.0.iter().find(|(name, _)| name == wanted);
        match known.and_then(|(_, value)| value.as_f64()) {
            None => "-".to_owned(),
            Some(count) if COUNTS.contains(&wanted) => format!("{count}"),
            Some(value) => format!("{value:.4}"),
        }
    };
    let mut shown = vec!["total_return", "sharpe", "max_drawdown", "trades", "win_rate"];
    if !shown.contains(&document.metric) {
        shown.insert(0, document.metric);
    }
    if document.best.is_none() {
        let _ = writeln!(text, "no trial has a {}: none made the trades it takes", document.metric);
    } else {
        let _ = write!(text, "{:<28}", format!("best by {}", document.metric));
        for name in &shown {
            let _ = write!(text, "  {name:>13}");
        }
        text.push('\n');
    }
    for entry in &document.top {
        let params: Vec<String> =
            entry.params.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = write!(text, "{:<28}", params.join(" "));
        for name in &shown {
            let _ = write!(text, "  {:>1$}", figure(entry, name), name.len().max(13));
        }
        text.push('\n');
    }
    if let Some(luck) = &document.luck {
        let _ = writeln!(text, "\n{}", luck.sentence);
    }
    if let Some(section) = &document.walk_forward {
        walk_forward::write(section, document.metric, &mut text);
    }
    for failure in document.failures.iter().take(5) {
        let _ = writeln!(text, "failed: trial {}: {}", failure.trial, failure.error);
    }
    if let Some(out) = out {
        let _ = writeln!(text, "\nall trials: {}", out.display());
    }
    if let Some(folder) = &document.report {
        let _ = writeln!(text, "\nreport: {}", folder.join("index.html").display());
    }
    text
}
