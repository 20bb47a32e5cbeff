//! What a job opens once in each worker, before its first item.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The most descriptors that one set can hold.
#[cfg(unix)]
pub(super) const MOST_DESCRIPTORS: usize = 64;

/// Named bytes and open files that go along with a batch of jobs, to be opened by the job's own code.
///
/// Bytes are for settings, descriptors for what should not be copied: a shared frame's memory, a file
/// that is mapped. A worker process receives a descriptor of its own for the same open file. Clones
/// share everything; a job opened with one is not opened again for a clone.
///
/// ```
/// use tangency_pool::process::Resources;
///
/// let resources = Resources::new().with_bytes("window", 20_u32.to_le_bytes());
/// assert_eq!(resources.bytes("window"), Some(&[20, 0, 0, 0][..]));
/// assert_eq!(resources.bytes("frame"), None);
/// ```
#[derive(Clone)]
pub struct Resources {
    /// Differs from set to set, and lives as long as one of them.
    identity: Arc<u64>,
    items: Vec<(String, Item)>,
}

#[derive(Clone)]
pub(super) enum Item {
    Bytes(Arc<[u8]>),
    #[cfg(unix)]
    Descriptor(Arc<OwnedFd>, u64),
}

impl Resources {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { identity: Self::next(), items: Vec::new() }
    }

    fn next() -> Arc<u64> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Arc::new(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// With these bytes under that name, instead of what was there.
    #[must_use]
    pub fn with_bytes(self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(name, Item::Bytes(bytes.into().into()))
    }

    /// With this open file under that name, and a length that the job knows how to read: usually the
    /// bytes of it that count. At most 64 descriptors fit in a set.
    #[cfg(unix)]
    #[must_use]
    pub fn with_descriptor(self, name: &str, file: impl Into<OwnedFd>, length: u64) -> Self {
        self.with(name, Item::Descriptor(Arc::new(file.into()), length))
    }

    pub(super) fn with(mut self, name: &str, item: Item) -> Self {
        self.items.retain(|(known, _)| known != name);
        self.items.push((name.to_owned(), item));
        Self { identity: Self::next(), items: self.items }
    }

    /// The bytes under that name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.items.iter().find(|(known, _)| known == name).and_then(|(_, item)| match item {
            Item::Bytes(bytes) => Some(&**bytes),
            #[cfg(unix)]
            Item::Descriptor(..) => None,
        })
    }

    /// The open file under that name, with its length.
    #[cfg(unix)]
    #[must_use]
    pub fn descriptor(&self, name: &str) -> Option<(BorrowedFd<'_>, u64)> {
        self.items.iter().find(|(known, _)| known == name).and_then(|(_, item)| match item {
            Item::Descriptor(file, length) => Some((file.as_fd(), *length)),
            Item::Bytes(_) => None,
        })
    }

    pub(super) fn identity(&self) -> &Arc<u64> {
        &self.identity
    }

    pub(super) fn watch(&self) -> Weak<u64> {
        Arc::downgrade(&self.identity)
    }

    #[cfg(unix)]
    pub(super) fn items(&self) -> &[(String, Item)] {
        &self.items
    }
}

impl Default for Resources {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.items.iter().map(|(name, item)| match item {
            Item::Bytes(bytes) => format!("{name}: {} bytes", bytes.len()),
            #[cfg(unix)]
            Item::Descriptor(_, length) => format!("{name}: descriptor of {length}"),
        });
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_set_is_another_set() {
        let one = Resources::new().with_bytes("a", [1]);
        let same = one.clone();
        assert_eq!(one.identity(), same.identity());
        let other = one.clone().with_bytes("a", [2]);
        assert_ne!(one.identity(), other.identity());
        assert_eq!((one.bytes("a"), other.bytes("a")), (Some(&[1][..]), Some(&[2][..])));
        assert_eq!(format!("{other:?}"), "[\"a: 1 bytes\"]");
        let watched = one.watch();
        drop(one);
        assert!(watched.upgrade().is_some());
        drop(same);
        assert!(watched.upgrade().is_none());
    }
}
