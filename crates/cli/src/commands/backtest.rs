//! `tangency backtest`: one rule, every trade, a report.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use tangency::optimize::backtest::Costs;
use tangency::optimize::backtest::events::{Direction, EventConfig, Sizing, TradePlan, Units};
use tangency::optimize::search::Params;
use tangency::pipeline::{BacktestReport, RuleBacktest};

use crate::args::{BacktestArgs, DirectionArg, Global};
use crate::exit::{DONE, Failure, Outcome};
use crate::rule::{Rule, single_values};
use crate::{asset, interrupt, output};

#[derive(Serialize)]
struct Document<'a> {
    command: &'static str,
    params: &'a Params,
    out: Option<String>,
    /// What looks wrong with the prices.
    note: Option<String>,
    #[serde(flatten)]
    report: &'a BacktestReport,
}

pub(crate) fn run(global: &Global, args: &BacktestArgs) -> Outcome {
    let cancel = interrupt::on_interrupt()?;
    let rule = Rule::new(&args.rule)?;
    let params = single_values(&args.params)?;
    let strategy = rule.with(&params)?;
    let config = config(args);
    config.check().map_err(Failure::usage)?;
    if let Some(out) = &args.out {
        output::check_folder(out)?;
    }

    let frame = asset::read(&args.input, args.column.as_deref())?;
    let backtest = RuleBacktest {
        source: asset::source(&args.input, args.column.as_deref()),
        timestamps: frame.timestamps(),
        bars: asset::bars(&frame, &args.input)?,
        config,
        plan: plan(args),
    };
    let report = backtest.run(&*strategy, &described(&rule, &params)).map_err(Failure::usage)?;
    if let Some(out) = &args.out {
        report.write(out, &cancel).map_err(Failure::of_report)?;
    }
    let document = Document {
        command: "backtest",
        params: &params,
        out: args.out.as_ref().map(|out| out.display().to_string()),
        note: leap(&report),
        report: &report,
    };
    output::print(global.json, &document, |document| {
        let note = document.note.as_ref().map_or(String::new(), |note| format!("\nnote: {note}\n"));
        text(document.report, args.out.as_deref()) + &note
    })?;
    Ok(DONE)
}

/// Prices that were not adjusted for a split make a loss, or a gain, that nobody had.
fn leap(report: &BacktestReport) -> Option<String> {
    let ratios = report.close.windows(2).map(|pair| pair[1] / pair[0]).enumerate();
    let (before, ratio) = ratios.max_by(|a, b| a.1.ln().abs().total_cmp(&b.1.ln().abs()))?;
    // A split of 2 for 1 on a good day is below that; one of 3 for 2 looks like any crash.
    (!(0.6..=1.0 / 0.6).contains(&ratio)).then(|| {
        format!(
            "the close of {} is {ratio:.2} times the one before; if that is a split, adjust the \
             prices for it first",
            report.dates[before + 1]
        )
    })
}

fn config(args: &BacktestArgs) -> EventConfig {
    EventConfig {
        units: if args.whole_units { Units::Whole } else { Units::Fractional },
        ..EventConfig::vectorbt(args.periods_per_year)
            .with_cash(args.cash)
            .with_costs(Costs { fee: args.fees, slippage: args.slippage })
    }
}

fn plan(args: &BacktestArgs) -> TradePlan {
    TradePlan {
        direction: match args.direction {
            DirectionArg::Long => Direction::LongOnly,
            DirectionArg::Short => Direction::ShortOnly,
            DirectionArg::Both => Direction::Both,
        },
        size: Sizing::Funds(args.size),
        stop_loss: args.stop_loss,
        take_profit: args.take_profit,
        trailing_stop: args.trailing_stop,
        max_bars: args.max_bars,
        ..TradePlan::all_in()
    }
}

/// The rule and its parameters in one line.
fn described(rule: &Rule, params: &Params) -> String {
    let mut text = rule.name();
    for (at, (name, value)) in params.iter().enumerate() {
        let _ = write!(text, "{}{name} = {value}", if at == 0 { ": " } else { ", " });
    }
    text
}

fn text(report: &BacktestReport, out: Option<&Path>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}\n{}, {} bars, {} to {}, filled at the {}\nstart with {}; {}\n\n{}\n",
        report.rule,
        report.source,
        report.bars,
        report.first_date,
        report.last_date,
        report.execution,
        report.settings.cash,
        report.costs_in_words(),
        report.headline()
    );
    let _ = writeln!(text, "{:<20}  {:>12}  {:>12}", "", "the rule", "buy and hold");
    let (ours, theirs) = (&report.statistics, &report.buy_and_hold);
    let _ = writeln!(
        text,
        "{:<20}  {:>12}  {:>12}",
        "trades closed", ours.closed_trades, theirs.closed_trades
    );
    let figures = [
        ("return a year, %", 100.0 * ours.annualized_return, 100.0 * theirs.annualized_return),
        ("volatility, %", 100.0 * ours.annualized_volatility, 100.0 * theirs.annualized_volatility),
        ("Sharpe ratio", ours.sharpe, theirs.sharpe),
        ("Sortino ratio", ours.sortino, theirs.sortino),
        ("deepest drawdown, %", 100.0 * ours.max_drawdown, 100.0 * theirs.max_drawdown),
        ("trades won, %", 100.0 * ours.win_rate, 100.0 * theirs.win_rate),
        ("profit factor", ours.profit_factor, theirs.profit_factor),
        ("fees", ours.total_fees, theirs.total_fees),
        ("final equity", ours.final_equity, theirs.final_equity),
    ];
    for (name, ours, theirs) in figures {
        let _ = writeln!(text, "{name:<20}  {:>12}  {:>12}", figure(ours), figure(theirs));
    }
    if report.rejected_orders > 0 {
        let _ = writeln!(text, "\norders that found too little money: {}", report.rejected_orders);
    }
    if let Some(out) = out {
        let _ = writeln!(text, "\nreport: {}", out.join("index.html").display());
    }
    text
}

/// Two decimals, or a dash where the figure does not exist.
fn figure(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { "-".to_owned() }
}
