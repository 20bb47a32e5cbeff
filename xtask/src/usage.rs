//! What a command is, how its arguments are read, and how a wrong one is told.

use std::fmt;

use crate::Result;

/// One entry of `cargo xtask help`.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// One line, for the overview.
    pub(crate) summary: &'static str,
    /// The whole page, for `help NAME`; it opens with the usage line.
    pub(crate) help: &'static str,
    pub(crate) run: fn(&[String]) -> Result,
}

/// A mistake of the caller: told with exit code 2, where a failed check exits with 1.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

pub(crate) fn overview(commands: &[Command]) -> String {
    let mut text = String::from("cargo xtask COMMAND [ARGUMENTS]\n\n");
    for command in commands {
        text += &format!("  {:<12} {}\n", command.name, command.summary);
    }
    text += "  help [NAME]  this list, or the page of one command\n";
    text
}

/// The flags and `--name value` options of one call.
#[derive(Debug, Default)]
pub(crate) struct Options {
    words: Vec<String>,
    flags: Vec<String>,
    values: Vec<(String, String)>,
}

impl Options {
    /// Reads `arguments`, which may hold nothing but the given flags and options.
    pub(crate) fn read(
        arguments: &[String],
        flags: &[&str],
        options: &[&str],
    ) -> std::result::Result<Self, UsageError> {
        let read = Self::read_with_words(arguments, flags, options)?;
        match read.words.first() {
            None => Ok(read),
            Some(word) => Err(unexpected(word, flags, options)),
        }
    }

    /// The same, with words beside them that begin with no dash.
    pub(crate) fn read_with_words(
        arguments: &[String],
        flags: &[&str],
        options: &[&str],
    ) -> std::result::Result<Self, UsageError> {
        let mut read = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if flags.contains(&argument.as_str()) {
                read.flags.push(argument.clone());
            } else if options.contains(&argument.as_str()) {
                let value = rest
                    .next()
                    .ok_or_else(|| UsageError::new(format!("`{argument}` needs a value")))?;
                read.values.push((argument.clone(), value.clone()));
            } else if argument.starts_with('-') {
                return Err(unexpected(argument, flags, options));
            } else {
                read.words.push(argument.clone());
            }
        }
        Ok(read)
    }

    pub(crate) fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// The last value given for `option`.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        self.values.iter().rev().find(|(name, _)| name == option).map(|(_, value)| value.as_str())
    }
}

fn unexpected(argument: &str, flags: &[&str], options: &[&str]) -> UsageError {
    let known = [flags, options].concat().join(", ");
    UsageError::new(format!("unexpected argument `{argument}`: expected one of {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> std::result::Result<Options, UsageError> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        Options::read(&arguments, &["--list"], &["--only"])
    }

    #[test]
    fn flags_and_values_are_told_apart() {
        let options = read(&["--only", "fmt", "--list"]).unwrap();
        assert!(options.has("--list"));
        assert_eq!(options.value("--only"), Some("fmt"));
        assert_eq!(options.value("--from"), None);
    }

    #[test]
    fn words_are_taken_where_they_are_asked_for() {
        let arguments = ["ab", "--list", "pool/"].map(str::to_owned);
        let options = Options::read_with_words(&arguments, &["--list"], &[]).unwrap();
        assert_eq!(options.words(), ["ab", "pool/"]);
        assert!(Options::read(&arguments, &["--list"], &[]).is_err());
        assert!(Options::read_with_words(&["--lsit".to_owned()], &["--list"], &[]).is_err());
    }

    #[test]
    fn an_unknown_word_and_a_missing_value_are_refused() {
        assert!(read(&["--onyl", "fmt"]).unwrap_err().to_string().contains("`--onyl`"));
        assert!(read(&["--only"]).unwrap_err().to_string().contains("needs a value"));
    }
}
