//! As much of a worker as the queue looks at.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone)]
pub(crate) struct Worker {
    inner: Arc<(usize, AtomicBool)>,
}

impl Worker {
    pub(crate) fn new(index: usize) -> Self {
        Self { inner: Arc::new((index, AtomicBool::new(false))) }
    }

    pub(crate) fn index(&self) -> usize {
        self.inner.0
    }

    pub(crate) fn is_retiring(&self) -> bool {
        self.inner.1.load(Ordering::Relaxed)
    }

    pub(crate) fn set_retiring(&self) {
        self.inner.1.store(true, Ordering::Relaxed);
    }
}
