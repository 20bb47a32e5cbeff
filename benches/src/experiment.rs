//! What an experiment is: variants of one job, run in turns, and a line that says how long each took.
//!
//! An experiment is a program in `benches/experiments`. It prints one JSON object a line, which
//! `cargo xtask bench experiments` reads, judges and makes tables of; statistics live there.
#![expect(clippy::print_stdout, reason = "what an experiment prints is what it is for")]

use std::time::Instant;

use serde::Serialize;

/// Runs of each variant, unless the program is told `--runs N`: what a verdict needs.
const RUNS: usize = 10;

/// How often each variant is to run: `--runs N`, and twice under `--test`, as criterion has it.
#[must_use]
pub fn runs() -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let given = arguments.iter().position(|argument| argument == "--runs");
    let given = given.and_then(|at| arguments.get(at + 1)).and_then(|runs| runs.parse().ok());
    let test = arguments.iter().any(|argument| argument == "--test");
    given.unwrap_or(if test { 2 } else { RUNS })
}

/// One way of doing the job.
pub struct Variant<'a> {
    name: String,
    run: Box<dyn FnMut() + 'a>,
    bytes: Option<u64>,
    switches: Option<u64>,
}

impl std::fmt::Debug for Variant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variant").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Variant<'a> {
    /// A variant whose `run` is what is timed; it checks its own answer.
    #[must_use]
    pub fn new(name: impl Into<String>, run: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), bytes: None, switches: None }
    }

    /// The most memory a run takes, counted apart from the timing.
    #[must_use]
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Context switches during a run, counted apart from the timing.
    #[must_use]
    pub fn with_switches(mut self, switches: u64) -> Self {
        self.switches = Some(switches);
        self
    }
}

#[derive(Serialize)]
struct Line<'a> {
    experiment: &'a str,
    case: &'a str,
    /// The first is what the others are compared with.
    variants: Vec<Timed<'a>>,
}

#[derive(Serialize)]
struct Timed<'a> {
    name: &'a str,
    seconds: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    switches: Option<u64>,
}

/// Runs every variant once for warmth and then in turns, A B A B, and prints their times.
pub fn compare(experiment: &str, case: &str, mut variants: Vec<Variant<'_>>) {
    for variant in &mut variants {
        (variant.run)();
    }
    let mut seconds = vec![Vec::new(); variants.len()];
    for _ in 0..runs() {
        for (variant, seconds) in variants.iter_mut().zip(&mut seconds) {
            seconds.push(time(&mut variant.run));
        }
    }
    let variants = variants.iter().zip(seconds).map(|(variant, seconds)| Timed {
        name: &variant.name,
        seconds,
        bytes: variant.bytes,
        switches: variant.switches,
    });
    print(&Line { experiment, case, variants: variants.collect() });
}

/// Seconds of one call.
pub fn time(run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

#[derive(Serialize)]
struct Scaling<'a> {
    scaling: &'a str,
    case: &'a str,
    points: Vec<Point>,
}

/// Seconds with so many workers, one figure a run.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// Zero stands for a plain loop without a pool.
    pub workers: usize,
    /// In the order of the runs.
    pub seconds: Vec<f64>,
}

/// Prints how the job called `scaling`, done by the implementation `case`, took with each width.
pub fn print_scaling(scaling: &str, case: &str, points: Vec<Point>) {
    print(&Scaling { scaling, case, points });
}

/// Prints a sentence that stands below the experiment's table.
pub fn note(experiment: &str, text: &str) {
    #[derive(Serialize)]
    struct Note<'a> {
        experiment: &'a str,
        note: &'a str,
    }
    print(&Note { experiment, note: text });
}

fn print(line: &impl Serialize) {
    println!("{}", serde_json::to_string(line).expect("numbers and names are JSON"));
}

/// 1, 2, 3, 4, then in steps of a third or so, and `most`.
#[must_use]
pub fn widths(most: usize) -> Vec<usize> {
    let mut widths = vec![1];
    while let Some(&last) = widths.last().filter(|&&last| last < most) {
        widths.push((last + (last / 3).max(1)).min(most));
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::widths;

    #[test]
    fn widths_grow_and_end_with_the_most() {
        assert_eq!(widths(1), [1]);
        assert_eq!(widths(2), [1, 2]);
        assert_eq!(widths(16), [1, 2, 3, 4, 5, 6, 8, 10, 13, 16]);
    }
}
