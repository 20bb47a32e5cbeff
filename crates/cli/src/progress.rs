//! Progress on standard error: a bar on a terminal, a line a stage elsewhere, nothing when told so.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tangency::optimize::search::{StudyObserver, StudySnapshot};
use tangency::pipeline::{Observer, Stage};
use tangency::pool::{Progress, ProgressSnapshot};

/// How much the command says while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Bar,
    Lines,
    Silent,
}

/// Shows the progress of stages and batches.
#[derive(Debug)]
pub(crate) struct Meter {
    voice: Voice,
    bar: Mutex<Option<ProgressBar>>,
    /// When the next line is due where there is no bar.
    line_due: Mutex<Instant>,
}

/// Time between two lines of a long stage.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

impl Meter {
    /// A bar where standard error is a terminal, one line a stage where it is not, silence if
    /// `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let voice = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Voice::Silent,
            (false, true) => Voice::Bar,
            (false, false) => Voice::Lines,
        };
        let line_due = Mutex::new(Instant::now() + LINE_INTERVAL);
        Self { voice, bar: Mutex::new(None), line_due }
    }

    /// Begins a stage of `items` parts.
    pub(crate) fn start(&self, label: &str, items: usize) {
        match self.voice {
            Voice::Silent => {}
            Voice::Lines => {
                let _ = writeln!(std::io::stderr(), "{label}: {items}");
            }
            Voice::Bar => {
                let bar = ProgressBar::new(items as u64);
                // The template is a constant; a typing error in it shows in the first run.
                if let Ok(style) =
                    ProgressStyle::with_template("{msg:<36} {bar:32} {pos}/{len}  {prefix}")
                {
                    bar.set_style(style);
                }
                bar.set_message(label.to_owned());
                bar.enable_steady_tick(Duration::from_millis(100));
                *self.bar() = Some(bar);
            }
        }
    }

    /// Moves the bar.
    pub(crate) fn show(&self, snapshot: &ProgressSnapshot) {
        if let Some(bar) = self.bar().as_ref() {
            bar.set_position(snapshot.done as u64);
            bar.set_prefix(match snapshot.eta {
                Some(eta) => format!("{:.0}/s, {:.0} s left", snapshot.rate, eta.as_secs_f64()),
                None => String::new(),
            });
        }
    }

    /// Ends the stage and takes its bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Progress for Meter {
    fn update(&self, snapshot: &ProgressSnapshot) {
        self.show(snapshot);
    }
}

impl StudyObserver for Meter {
    fn update(&self, now: &StudySnapshot<'_>) {
        let mut state = format!("{:.1} %  {:.0}/s", now.percent(), now.rate);
        if let Some(eta) = now.eta.filter(|_| !now.last) {
            state += &format!("  {} left", duration(eta));
        }
        if let Some((params, value)) = now.best {
            state += &format!("  best {value:.4} ({params})");
        }
        match self.voice {
            Voice::Silent => {}
            Voice::Bar => {
                if let Some(bar) = self.bar().as_ref() {
                    bar.set_length(now.total);
                    bar.set_position(now.done);
                    bar.set_prefix(state);
                }
            }
            Voice::Lines => {
                let mut due =
                    self.line_due.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if now.last || Instant::now() >= *due {
                    *due = Instant::now() + LINE_INTERVAL;
                    let _ = writeln!(std::io::stderr(), "{}/{}  {state}", now.done, now.total);
                }
            }
        }
    }
}

/// Seconds, minutes or hours, whichever is readable.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..100 => format!("{:.0} s", time.as_secs_f64()),
        100..6000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

impl Observer for Meter {
    fn begin(&self, stage: Stage, detail: &str, items: usize) {
        let label = match detail {
            "" => stage.label().to_owned(),
            detail => format!("{}, {detail}", stage.label()),
        };
        self.start(&label, items);
    }

    fn progress(&self, _: Stage, snapshot: &ProgressSnapshot) {
        self.show(snapshot);
    }

    fn end(&self, _: Stage) {
        self.finish();
    }
}

impl Drop for Meter {
    /// A command that ends early leaves no bar behind.
    fn drop(&mut self) {
        self.finish();
    }
}
