//! Where the trials of a study go.

use std::io;

use super::params::Params;
use super::report::Trial;

/// A trial of a study: errors are kept as text, since a journal holds them.
pub type StudyTrial = Trial<String>;

/// Takes the trials of a study, in trial order, as soon as all before them have ended.
///
/// A resumed study starts its sink from the first trial again, so that what it writes is the same
/// as without the interruption. One that is stopped never calls [`finish`](Self::finish): a file
/// should appear there and not before.
pub trait TrialSink {
    /// Is told the parameters before the first trial.
    ///
    /// # Errors
    ///
    /// What keeps it from taking trials; the study ends with it before any work starts.
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        let _ = parameters;
        Ok(())
    }

    /// Takes the next trials. How they are grouped depends on timing.
    ///
    /// # Errors
    ///
    /// What keeps it from taking them; the study stops and can be resumed.
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()>;

    /// Is told that every trial has been received.
    ///
    /// # Errors
    ///
    /// What keeps it from finishing.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps every trial in memory: for studies of some thousand.
#[derive(Debug, Default)]
pub struct Collect {
    trials: Vec<StudyTrial>,
}

impl Collect {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The trials in order.
    #[must_use]
    pub fn trials(&self) -> &[StudyTrial] {
        &self.trials
    }

    /// The trials in order.
    #[must_use]
    pub fn into_trials(self) -> Vec<StudyTrial> {
        self.trials
    }

    /// The parameters of each trial.
    pub fn params(&self) -> impl Iterator<Item = &Params> {
        self.trials.iter().map(|trial| &trial.params)
    }
}

impl TrialSink for Collect {
    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        self.trials.extend_from_slice(trials);
        Ok(())
    }
}

/// Keeps nothing: the report of the study is all that is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl TrialSink for Discard {
    fn receive(&mut self, _: &[StudyTrial]) -> io::Result<()> {
        Ok(())
    }
}

/// Hands every trial to two sinks, the first one first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Both<A, B>(
    /// The first.
    pub A,
    /// The second.
    pub B,
);

impl<A: TrialSink, B: TrialSink> TrialSink for Both<A, B> {
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        self.0.begin(parameters)?;
        self.1.begin(parameters)
    }

    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        self.0.receive(trials)?;
        self.1.receive(trials)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.finish()?;
        self.1.finish()
    }
}

impl<S: TrialSink + ?Sized> TrialSink for Box<S> {
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        (**self).begin(parameters)
    }

    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        (**self).receive(trials)
    }

    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
}

impl<S: TrialSink + ?Sized> TrialSink for &mut S {
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        (**self).begin(parameters)
    }

    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        (**self).receive(trials)
    }

    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
}
