//! Turning a caught panic into its message.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The payload of an item that was stopped from outside: no panic, and no outcome.
#[cfg(feature = "process")]
pub(crate) struct Interrupted;

/// Whether an item unwound because it was stopped from outside.
pub(crate) fn is_interruption(payload: &(dyn Any + Send)) -> bool {
    #[cfg(feature = "process")]
    let interrupted = payload.is::<Interrupted>();
    #[cfg(not(feature = "process"))]
    let interrupted = {
        let _ = payload;
        false
    };
    interrupted
}

/// The message of a panic, and the end of its payload.
pub(crate) fn message(payload: Box<dyn Any + Send>) -> String {
    let text = match payload.downcast_ref::<&'static str>() {
        Some(text) => (*text).to_owned(),
        None => match payload.downcast_ref::<String>() {
            Some(text) => text.clone(),
            None => "a panic without a text message".to_owned(),
        },
    };
    // A payload made by `panic_any` may panic when dropped. What comes of that is leaked: dropping
    // it could panic again, and nobody asked for it.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    fn caught(f: impl FnOnce()) -> String {
        message(catch_unwind(AssertUnwindSafe(f)).unwrap_err())
    }

    #[test]
    fn messages_of_all_sorts_of_panics() {
        assert_eq!(caught(|| panic!("plain")), "plain");
        assert_eq!(caught(|| panic!("item {}", 7)), "item 7");
        assert_eq!(caught(|| panic_any(7_u8)), "a panic without a text message");
    }

    #[test]
    fn a_payload_that_panics_on_drop_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("bomb");
            }
        }
        assert_eq!(caught(|| panic_any(Bomb)), "a panic without a text message");
    }
}
