//! What the pool's own synchronisation is made of, named in one place.
//!
//! `tests/model` compiles `erased.rs`, `queue.rs` and `backlog.rs` a second time against a module of
//! this name that holds the model checker's types, so that what is checked is what runs.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) use crate::spin::Spin;
pub(crate) use crossbeam_utils::sync::{Parker, Unparker};
