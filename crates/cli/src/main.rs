//! The `tangency` command: from prices to portfolio weights.

mod args;
mod asset;
mod commands;
mod exit;
mod input;
mod interrupt;
mod intervals;
mod output;
mod portfolio_config;
mod progress;
mod regressors;
mod rows;
mod rule;
mod transform;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use tangency::optimize::search::{RemoteBacktest, TileJob};
use tangency::pool::process::{Registry, worker_entry};

use crate::args::{Cli, Command};
use crate::exit::{BAD_INPUT, Failure};

fn main() -> ExitCode {
    // A worker process is this program once more; it never gets past this call.
    worker_entry(Registry::new().with::<TileJob<RemoteBacktest>>());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let global = &cli.global;
    let result = match cli.command {
        Command::Run(args) => commands::run::run(global, &args),
        Command::Forecast(args) => commands::forecast::run(global, &args),
        Command::Weights(args) => commands::weights::run(global, &args),
        Command::Backtest(args) => commands::backtest::run(global, &args),
        Command::Grid(args) => commands::grid::run(global, &args),
        Command::Studies(args) => commands::studies::run(global, &args),
        Command::Doctor => commands::doctor::run(global),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::print_failure(global.json, &failure);
            ExitCode::from(failure.code)
        }
    }
}

/// Help and version go to standard output with code 0; everything else is bad usage.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let json = std::env::args_os().any(|argument| argument == "--json");
    output::print_failure(json, &Failure::usage(format!("{} (see --help)", mistake(error))));
    ExitCode::from(BAD_INPUT)
}

/// What is wrong, on one line for people and scripts alike.
fn mistake(error: &clap::Error) -> String {
    // Where there is no subcommand the parser has the whole help for a message.
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let command = Cli::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        return format!("expected a subcommand: {}", names.join(", "));
    }
    let rendered = error.to_string();
    // The first paragraph names the mistake.
    let message = rendered.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = message.trim_start_matches("error: ").split_whitespace().collect();
    words.join(" ")
}
