//! How far the workers of a stream may run ahead of the caller that takes their results.
//!
//! A worker that finds no room leaves the batch instead of waiting in it, so that it can serve other
//! batches meanwhile, among them one that the caller starts while it looks at a result. The caller
//! calls workers back when it has made room.
//!
//! No call can be lost. A worker that finds no room says so (`is_starved`, an `AcqRel` swap) and
//! then wakes the caller; the caller, whenever it is woken, has made what room it can before it asks
//! (`AcqRel` swap). Either the question comes after the word, or the word comes after the question, and
//! so does the wake-up, upon which the caller asks again. Once it knows, it calls as many workers as there
//! is room for; if there is none, as soon as it has made some, of which it is told: the items in the way
//! are on workers, and each that ends wakes it. So a worker that came for nothing is not called for
//! nothing again.

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

pub(crate) struct Backlog {
    most: usize,
    /// Items that the caller is done with. Written by the caller alone: `Release`, so that a worker
    /// that sees the room (`Acquire`) is behind the delivery that made it.
    delivered: AtomicUsize,
    is_starved: AtomicBool,
}

impl Backlog {
    /// At most `most` items between the iterator and the caller, at least 1.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            delivered: AtomicUsize::new(0),
            is_starved: AtomicBool::new(false),
        }
    }

    /// How many items may be taken, if `taken` were so far. For 0 the worker is noted as starved, and
    /// is to wake the caller and leave.
    pub(crate) fn room(&self, taken: usize) -> usize {
        let room = self.left(taken);
        if room == 0 {
            self.is_starved.swap(true, Ordering::AcqRel);
        }
        room
    }

    /// How many items may be taken, if `taken` were so far.
    pub(crate) fn left(&self, taken: usize) -> usize {
        let under_way = taken.saturating_sub(self.delivered.load(Ordering::Acquire));
        self.most.saturating_sub(under_way)
    }

    /// The caller is done with `items` more.
    pub(crate) fn deliver(&self, items: usize) {
        // One writer: no need for an atomic addition.
        let delivered = self.delivered.load(Ordering::Relaxed) + items;
        self.delivered.store(delivered, Ordering::Release);
    }

    /// Whether workers have left for want of room since this was last asked.
    pub(crate) fn take_starved(&self) -> bool {
        self.is_starved.swap(false, Ordering::AcqRel)
    }
}
