//! Where the trials of a search go: files, and the best of them to the screen.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tangency::optimize::metrics::Metric;
use tangency::optimize::search::{StudyTrial, TrialSink};
use tangency::pipeline::ParquetTrials;
use tangency::pool::Outcome;
use tangency::shared_data::StagedFile;

/// The metrics of each trial in documents and files, in this order.
pub(crate) const LISTED: [Metric; 16] = [
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
    Metric::Expectancy,
    Metric::FinalEquity,
    Metric::TotalFees,
    Metric::BarsInMarket,
];

/// Failed trials that a document names.
const NAMED_FAILURES: usize = 1000;

/// The file that every trial goes to, by its ending; none without `--out`.
pub(crate) fn file(out: Option<&Path>) -> Box<dyn TrialSink> {
    match out {
        None => Box::new(tangency::optimize::search::Discard),
        Some(path) if path.extension().is_some_and(|ending| ending == "parquet") => {
            Box::new(ParquetTrials::new(path, &LISTED))
        }
        Some(path) => Box::new(CsvTrials { path: path.to_owned(), file: None }),
    }
}

/// What a line says of its trial behind parameters and metrics, as in Parquet.
const ABOUT: [&str; 4] = ["trial", "budget", "outcome", "error"];

/// One line a trial; cells of failed trials and of figures that do not exist stay empty. A parameter that is
/// called like another column is written as `param_` and its name.
struct CsvTrials {
    path: PathBuf,
    file: Option<StagedFile>,
}

impl TrialSink for CsvTrials {
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        let mut file = StagedFile::create(&self.path).map_err(io::Error::other)?;
        let others = || LISTED.iter().map(|metric| metric.name()).chain(ABOUT);
        let column = |name: &String| match others().any(|other| other == name) {
            true => format!("param_{name}"),
            false => name.clone(),
        };
        let mut header: Vec<String> = parameters.iter().map(column).collect();
        header.extend(others().map(str::to_owned));
        writeln!(file, "{}", header.join(","))?;
        self.file = Some(file);
        Ok(())
    }

    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = String::new();
        for trial in trials {
            use std::fmt::Write as _;
            line.clear();
            let metrics = LISTED.iter().map(|metric| trial.metric(*metric).unwrap_or(f64::NAN));
            // Writing to a string cannot fail.
            for value in trial.params.values().iter().copied().chain(metrics) {
                if !value.is_nan() {
                    let _ = write!(line, "{value}");
                }
                line.push(',');
            }
            let (outcome, error) = match &trial.outcome {
                Outcome::Done(_) => ("done", ""),
                Outcome::Failed(error) => ("failed", error.as_str()),
                Outcome::Panicked(message) => ("panicked", message.as_str()),
                Outcome::Cancelled => ("cancelled", ""),
            };
            let _ = write!(line, "{},{},{outcome},", trial.index, trial.budget);
            push_text(error, &mut line);
            line.push('\n');
            file.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), StagedFile::publish).map_err(io::Error::other)
    }
}

/// A cell of text, in quotes where it would not end where it does.
fn push_text(text: &str, line: &mut String) {
    if text.contains(['"', ',', '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// The best trials and the first that failed.
pub(crate) struct Best {
    metric: Metric,
    most: usize,
    pub(crate) top: Vec<StudyTrial>,
    pub(crate) failures: Vec<StudyTrial>,
}

impl Best {
    /// The best `most` by a metric.
    pub(crate) fn new(metric: Metric, most: usize) -> Self {
        Self { metric, most, top: Vec::new(), failures: Vec::new() }
    }
}

impl TrialSink for Best {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        for trial in trials {
            let Some(value) = trial.metric(self.metric) else {
                if self.failures.len() < NAMED_FAILURES && trial.metrics().is_none() {
                    self.failures.push(trial.clone());
                }
                continue;
            };
            if value.is_nan() || trial.budget < 1.0 {
                continue;
            }
            // Behind those that are as good: ties go to the earlier trial.
            let at = self.top.partition_point(|better| {
                !self.metric.is_better(value, better.metric(self.metric).unwrap_or(f64::NAN))
            });
            if at < self.most {
                self.top.insert(at, trial.clone());
                self.top.truncate(self.most);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_end_where_they_do() {
        let cell = |text| {
            let mut line = String::new();
            push_text(text, &mut line);
            line
        };
        assert_eq!(cell("too short"), "too short");
        assert_eq!(cell("a, \"b\"\n"), "\"a, \"\"b\"\"\n\"");
    }
}
