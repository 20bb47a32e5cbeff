//! What the pool tells `tracing`.
//!
//! A binary with this one test: whether a place in the code is listened to is settled by the thread that
//! comes there first, for all of them, and that thread must be the one that listens.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::{Arc, Mutex};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

struct Listener(Arc<Mutex<Vec<(Level, String)>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tangency_pool")
    }

    fn event(&self, event: &Event<'_>) {
        let fields: Vec<_> = event.fields().map(|field| field.name()).collect();
        let told = (*event.metadata().level(), fields.join(" "));
        self.0.lock().expect("nobody panics").push(told);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn an_event_for_each_batch() {
    let told = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::with_default(Listener(Arc::clone(&told)), || {
        let pool = tangency_pool::Pool::new(1).unwrap();
        assert!(pool.batch().map_indices(3, |i| i).is_complete());
        let state = pool.worker_state(|_| Err::<(), _>("none"));
        assert!(pool.batch().with(&state).map_indices(3, |(), i| i).error().is_some());
    });
    let told = told.lock().unwrap();
    let levels: Vec<_> = told.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::DEBUG, Level::DEBUG, Level::WARN]);
    assert!(told[0].1.contains("done") && told[0].1.contains("cancelled"), "{told:?}");
    assert!(told[2].1.contains("error"), "{told:?}");
}
