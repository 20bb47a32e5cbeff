//! Putting what was written on the disk, without keeping anybody waiting.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two requests to the disk. With a disk that takes as long again, what a power cut
/// loses was written in the last 100 ms.
pub(crate) const SYNC_INTERVAL: Duration = Duration::from_millis(50);

/// A thread that syncs a file where something was written to it.
#[derive(Debug)]
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    dirty: bool,
    ended: bool,
    error: Option<io::Error>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Syncer {
    pub(super) fn start(file: File) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("tangency-journal".to_owned())
            .spawn(move || keep_synced(&file, &theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Something was written.
    ///
    /// # Errors
    ///
    /// What the disk said to the last request.
    pub(super) fn wrote(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        // The first write after a request starts the clock; the others find it running.
        if !std::mem::replace(&mut state.dirty, true) {
            self.shared.changed.notify_one();
        }
        Ok(())
    }
}

impl Drop for Syncer {
    /// What was written is on the disk after this, unless the disk refuses.
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, nobody here could do anything about it.
            let _ = thread.join();
        }
    }
}

fn keep_synced(file: &File, shared: &Shared) {
    let mut state = shared.lock();
    loop {
        while !state.dirty && !state.ended {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.ended {
            let waited = shared.changed.wait_timeout_while(state, SYNC_INTERVAL, |s| !s.ended);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let (dirty, ended) = (std::mem::take(&mut state.dirty), state.ended);
        if dirty {
            drop(state);
            let synced = file.sync_data();
            state = shared.lock();
            if let Err(error) = synced {
                state.error = Some(error);
            }
        }
        if ended && !state.dirty {
            return;
        }
    }
}
