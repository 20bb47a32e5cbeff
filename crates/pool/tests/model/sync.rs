//! What `src/sync.rs` names, from the model checker.
//!
//! Condition variable and parker are made of the checker's lock and notification, by their contract:
//! a waiter that is told waits no longer, one that is not told waits for ever.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LockResult};

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Has no patience at all: a spin is a schedule that the checker tries anyway.
pub(crate) struct Spin;

impl Spin {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn turn(&mut self) -> bool {
        false
    }
}

/// The parker of `crossbeam-utils`: a token, and a wait for it that synchronises with whoever left it.
pub(crate) struct Parker {
    unparker: Unparker,
}

#[derive(Clone)]
pub(crate) struct Unparker {
    token: Arc<(AtomicBool, loom::sync::Notify)>,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Self {
            unparker: Unparker {
                token: Arc::new((AtomicBool::new(false), loom::sync::Notify::new())),
            },
        }
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        &self.unparker
    }

    pub(crate) fn park(&self) {
        let (token, arrived) = &*self.unparker.token;
        while !token.swap(false, Ordering::AcqRel) {
            arrived.wait();
        }
    }
}

impl Unparker {
    pub(crate) fn unpark(&self) {
        let (token, arrived) = &*self.token;
        token.swap(true, Ordering::AcqRel);
        arrived.notify();
    }
}

#[derive(Default)]
pub(crate) struct Mutex<T> {
    inner: loom::sync::Mutex<T>,
}

/// Knows its lock, so that it can be given up and taken again.
pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    inner: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { inner: loom::sync::Mutex::new(value) }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(MutexGuard { mutex: self, inner: Some(self.inner.lock().unwrap()) })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().unwrap()
    }
}

/// Each waiter has a parker of its own, and is listed before it unlocks.
#[derive(Default)]
pub(crate) struct Condvar {
    waiters: loom::sync::Mutex<VecDeque<Unparker>>,
}

impl Condvar {
    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (mutex, parker) = (guard.mutex, Parker::new());
        self.waiters.lock().unwrap().push_back(parker.unparker().clone());
        drop(guard);
        parker.park();
        mutex.lock()
    }

    pub(crate) fn notify_one(&self) {
        let waiter = self.waiters.lock().unwrap().pop_front();
        if let Some(waiter) = waiter {
            waiter.unpark();
        }
    }

    pub(crate) fn notify_all(&self) {
        let waiters = std::mem::take(&mut *self.waiters.lock().unwrap());
        for waiter in waiters {
            waiter.unpark();
        }
    }
}
