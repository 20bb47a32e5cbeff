//! Entry and exit signals, one of each a bar.

use std::ops::Range;

use crate::error::{ErrorKind, Result};

/// What a strategy wants at the close of each bar.
///
/// Two columns of flags, so that rules can be written as whole-column expressions. A buffer is
/// reused from run to run: [`reset`](Self::reset) clears it without giving its memory back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    entries: Vec<bool>,
    exits: Vec<bool>,
}

impl Signals {
    /// No signals on any of `n_bars` bars.
    #[must_use]
    pub fn new(n_bars: usize) -> Self {
        Self { entries: vec![false; n_bars], exits: vec![false; n_bars] }
    }

    /// From flags computed elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongLength`] when there is not one exit flag an entry flag.
    pub fn from_flags(entries: Vec<bool>, exits: Vec<bool>) -> Result<Self> {
        let (expected, got) = (entries.len(), exits.len());
        if expected != got {
            return Err(ErrorKind::WrongLength { what: "exits", expected, got }.into());
        }
        Ok(Self { entries, exits })
    }

    /// Clears all signals and makes room for `n_bars` bars.
    pub fn reset(&mut self, n_bars: usize) {
        for flags in [&mut self.entries, &mut self.exits] {
            flags.clear();
            flags.resize(n_bars, false);
        }
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no bars.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where to enter.
    #[must_use]
    pub fn entries(&self) -> &[bool] {
        &self.entries
    }

    /// Where to leave.
    #[must_use]
    pub fn exits(&self) -> &[bool] {
        &self.exits
    }

    /// Both columns, for writing.
    pub fn columns_mut(&mut self) -> (&mut [bool], &mut [bool]) {
        (&mut self.entries, &mut self.exits)
    }

    /// The signals of some of the bars, as for a fold: computed on the whole series, so without a
    /// warm-up of their own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RangeOutOfBounds`].
    pub fn slice(&self, range: Range<usize>) -> Result<Self> {
        let (start, end, n_rows) = (range.start, range.end, self.len());
        match (self.entries.get(range.clone()), self.exits.get(range)) {
            (Some(entries), Some(exits)) => {
                Ok(Self { entries: entries.to_vec(), exits: exits.to_vec() })
            }
            _ => Err(ErrorKind::RangeOutOfBounds { what: "signals", start, end, n_rows }.into()),
        }
    }

    /// What to do on the bar after `bar`; both signals at once do nothing.
    #[inline]
    pub(super) fn order(&self, bar: usize) -> Order {
        Order::from_flags(self.entries[bar], self.exits[bar])
    }
}

/// What is to be done on the next bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Nothing,
    Enter,
    Leave,
}

impl Order {
    #[inline]
    pub(super) fn from_flags(enter: bool, leave: bool) -> Self {
        match (enter, leave) {
            (true, false) => Self::Enter,
            (false, true) => Self::Leave,
            _ => Self::Nothing,
        }
    }
}
