//! A list of places that grows without moving any of them.

use std::sync::OnceLock;

/// Part `k` holds `2^k` places, so this many parts hold 65,535.
const PARTS: usize = 16;

/// The first parts lie in the list itself: a pool of three workers or fewer allocates nothing.
const AT_HAND: usize = 2;

/// The greatest number of places.
pub(crate) const MOST: usize = (1 << PARTS) - 1;

/// Places numbered from 0, made when they are first asked for.
///
/// A reference to a place lives as long as the list is borrowed, however much the list grows
/// meanwhile: that is what a worker that joins late needs, and a plain vector cannot give.
pub(crate) struct Segments<T> {
    first: [T; (1 << AT_HAND) - 1],
    parts: [OnceLock<Box<[T]>>; PARTS - AT_HAND],
}

impl<T: Default> Segments<T> {
    pub(crate) fn new() -> Self {
        Self { first: Default::default(), parts: [const { OnceLock::new() }; PARTS - AT_HAND] }
    }

    /// The place of that number, made now if need be; `None` from [`MOST`] on.
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        if let Some(place) = self.first.get(index) {
            return Some(place);
        }
        let place = index.checked_add(1)?;
        let part = place.ilog2() as usize;
        let size = 1_usize << part;
        let part = self.parts.get(part - AT_HAND)?;
        let made = part.get_or_init(|| (0..size).map(|_| T::default()).collect());
        made.get(place - size)
    }

    /// All places made so far, by their number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let parts = self.parts.iter().filter_map(OnceLock::get);
        self.first.iter().chain(parts.flat_map(|part| part.iter()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn places_are_distinct_and_stay() {
        let list: Segments<AtomicUsize> = Segments::new();
        let first = list.get(0).unwrap();
        for index in 0..1000 {
            list.get(index).unwrap().store(index + 1, Ordering::Relaxed);
        }
        assert_eq!(first.load(Ordering::Relaxed), 1);
        for index in 0..1000 {
            assert_eq!(list.get(index).unwrap().load(Ordering::Relaxed), index + 1);
        }
        // Parts are whole: 1 + 2 + 4 and so on.
        assert_eq!(list.iter().count(), 1023);
    }

    #[test]
    fn there_is_an_end() {
        let list: Segments<u8> = Segments::new();
        assert!(list.get(MOST).is_none());
        assert!(list.get(usize::MAX).is_none());
        assert_eq!(list.iter().count(), 3);
        assert!(list.get(MOST - 1).is_some());
    }
}
