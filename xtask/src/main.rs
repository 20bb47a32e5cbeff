//! Automation of the workspace: `cargo xtask help` lists the commands.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command: what it prints is what it is for"
)]

mod bench;
mod build_time;
mod ci;
mod docs;
mod metadata;
mod process;
mod readme;
mod tidy;
mod usage;

use std::env;
use std::process::ExitCode;

use usage::{Command, UsageError};

/// What every command gives back: nothing, or the sentence that says what went wrong.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const COMMANDS: &[Command] =
    &[ci::COMMAND, tidy::COMMAND, docs::COMMAND, bench::COMMAND, build_time::COMMAND];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: &[String]) -> Result {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            print!("{}", usage::overview(COMMANDS));
            Ok(())
        }
        ["help", name] | [name, "--help" | "-h"] => {
            print!("{}", find(name)?.help);
            Ok(())
        }
        [name, ..] => (find(name)?.run)(&arguments[1..]),
    }
}

fn find(name: &str) -> std::result::Result<&'static Command, UsageError> {
    COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| {
        UsageError::new(format!("no command `{name}`: `cargo xtask help` lists them"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_a_usage_error() {
        let error = dispatch(&["tidi".to_owned()]).expect_err("there is no such command");
        assert!(error.is::<UsageError>());
        assert!(error.to_string().contains("`tidi`"));
    }

    #[test]
    fn every_command_has_a_help_text_that_opens_with_its_usage() {
        for command in COMMANDS {
            let opening = format!("cargo xtask {}", command.name);
            assert!(command.help.starts_with(&opening), "{}", command.name);
        }
    }
}
