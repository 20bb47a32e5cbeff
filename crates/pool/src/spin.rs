//! Looking again and again before going to sleep.

use std::hint::spin_loop;
use std::thread;

/// Turns of one pause each: some microseconds, as long as it takes to put a thread to sleep and wake it.
const PAUSES: u32 = 128;
/// Turns that let other threads have the processor, after those.
const YIELDS: u32 = 4;

/// How long to go on looking for what is about to come.
///
/// The pauses do not grow from turn to turn: a batch is handed over in about a microsecond, and with
/// pauses that double it would be seen up to half a microsecond after it has come. The line that is
/// looked at stays in the looker's cache until somebody writes to it, so looking often costs nobody.
pub(crate) struct Spin {
    turns: u32,
}

impl Spin {
    pub(crate) fn new() -> Self {
        Self { turns: 0 }
    }

    /// Waits for a moment; `false`, without waiting, when it has been long enough.
    pub(crate) fn turn(&mut self) -> bool {
        if self.turns < PAUSES {
            spin_loop();
        } else if self.turns < PAUSES + YIELDS {
            thread::yield_now();
        } else {
            return false;
        }
        self.turns += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end() {
        let mut spin = Spin::new();
        let turns = (0..1000).filter(|_| spin.turn()).count();
        assert_eq!(turns as u32, PAUSES + YIELDS);
        assert!(!spin.turn());
    }
}
