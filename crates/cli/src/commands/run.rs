//! `tangency run`: the whole way from prices to a report.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use tangency::forecast::ModelSpec;
use tangency::pipeline::{Pipeline, PipelineConfig, PriorWeights, Report, ViewRule};

use crate::args::{Global, RunArgs, ViewsArg};
use crate::exit::{DONE, Failure, Outcome, SOME_FAILED};
use crate::input::{self, Input};
use crate::progress::Meter;
use crate::{interrupt, output};

/// What `--json` prints: the report, and where its files are.
#[derive(Serialize)]
struct Document<'a> {
    command: &'static str,
    out: String,
    seconds: f64,
    report: &'a Report,
}

pub(crate) fn run(global: &Global, args: &RunArgs) -> Outcome {
    let started = Instant::now();
    let cancel = interrupt::on_interrupt()?;
    let config = config(global, args)?;
    config.validate().map_err(Failure::usage)?;
    output::check_folder(&args.out)?;
    let Input { frame, source, caveat } = match &args.input {
        None => input::embedded()?,
        Some(path) => input::closes(path)?,
    };
    let pool = super::pool(global)?;
    let meter = Meter::new(global.no_progress);

    let mut pipeline = Pipeline::new(config).described_as(source);
    if let Some(caveat) = caveat {
        pipeline = pipeline.with_caveat(caveat);
    }
    let report = pipeline.run(&frame, &pool, &meter, &cancel).map_err(failure)?;
    drop(meter);
    let seconds = started.elapsed().as_secs_f64();
    let timings = serde_json::json!({
        "command": "run",
        "version": report.version,
        "workers": pool.workers(),
        "seconds": seconds,
        "pool": pool.stats(),
    });
    report.write(&args.out, &timings, &cancel).map_err(failure)?;

    let document =
        Document { command: "run", out: args.out.display().to_string(), seconds, report: &report };
    output::print(global.json, &document, |document| text(document.report, &args.out, seconds))?;
    Ok(if report.failures.is_empty() { DONE } else { SOME_FAILED })
}

fn config(global: &Global, args: &RunArgs) -> Outcome<PipelineConfig> {
    let members = args
        .models
        .split('+')
        .map(|spec| spec.trim().parse::<ModelSpec>().map_err(Failure::usage))
        .collect::<Outcome<_>>()?;
    let prior = match &args.market_caps {
        None => PriorWeights::Equal,
        Some(path) => PriorWeights::MarketCaps(input::market_caps(path)?),
    };
    Ok(PipelineConfig {
        train: args.train,
        horizon: args.horizon,
        members,
        periods_per_year: args.periods_per_year,
        views: match args.views {
            ViewsArg::Earned => ViewRule::Earned,
            ViewsArg::ErrorVariance => ViewRule::ErrorVariance,
        },
        prior,
        risk_free_rate: args.risk_free_rate,
        min_weight: args.min_weight,
        max_weight: args.max_weight,
        cost: args.cost,
        seed: global.seed,
        ..PipelineConfig::default()
    })
}

fn failure(error: tangency::pipeline::Error) -> Failure {
    if error.is_cancelled() {
        Failure::interrupted()
    } else if error.is_write() {
        Failure::output(error)
    } else if error.is_bad_input() {
        Failure::input(error)
    } else {
        Failure::work(error)
    }
}

/// A short result for people.
fn text(report: &Report, out: &Path, seconds: f64) -> String {
    let mut text = String::new();
    // A dash for what does not exist: the volatility of one period, the figure of a pair that never traded.
    let number = |value: f64, decimals: usize| match value.is_finite() {
        true => format!("{value:.decimals$}"),
        false => "-".to_owned(),
    };
    let percent = |fraction: f64| match fraction.is_finite() {
        true => format!("{:.2} %", fraction * 100.0),
        false => "-".to_owned(),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}\n", report.headline);
    let _ = writeln!(
        text,
        "{:<8} {:>9} {:>9} {:>15} {:>12}",
        "asset", "prior", "earned", "error-variance", "confidence"
    );
    for asset in &report.assets {
        let confidence = if asset.confidence > 0.0 {
            format!("{:.3}", asset.confidence)
        } else {
            "no view".to_owned()
        };
        let _ = writeln!(
            text,
            "{:<8} {:>9} {:>9} {:>15} {:>12}",
            asset.name,
            percent(asset.weights.prior),
            percent(asset.weights.earned),
            percent(asset.weights.error_variance),
            confidence
        );
    }
    let section = &report.out_of_sample;
    let _ = writeln!(
        text,
        "\nout of sample since {}, {} decisions, after costs:",
        section.first_date, section.rebalancings
    );
    for track in &section.tracks {
        let _ = writeln!(
            text,
            "  {:<22} {:>8} a year, volatility {:>7}, Sharpe {}, worst drawdown {}",
            track.name,
            percent(track.annualized_return),
            percent(track.annualized_volatility),
            number(track.sharpe, 3),
            percent(track.max_drawdown)
        );
    }
    let grid = &report.grid;
    let _ = writeln!(
        text,
        "\ngrid: {} backtests; best crossover {}/{} had {} {} until {}, then {} (buy and hold {})",
        grid.backtests,
        grid.best.fast,
        grid.best.slow,
        grid.metric,
        number(grid.best.median, 2),
        grid.in_sample_until,
        number(grid.best_out_of_sample, 2),
        number(grid.buy_and_hold_out_of_sample, 2)
    );
    for failure in &report.failures {
        let _ = writeln!(
            text,
            "failed: {} on {} at {} dates from {}: {}",
            failure.model, failure.asset, failure.origins, failure.first_date, failure.message
        );
    }
    let _ = writeln!(text, "\n{:.1} s; report: {}", seconds, out.join("index.html").display());
    text
}
