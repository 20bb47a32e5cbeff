//! An allocator that counts, for the programs that ask what a call allocates.
//!
//! Those are programs of their own: counting costs a little, and timings are taken without it.
#![allow(unsafe_code, reason = "an allocator that passes every call on to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// The system's allocator, counted. A program installs it with `#[global_allocator]`.
#[derive(Debug, Clone, Copy)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

fn count(bytes: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    ALLOCATED.fetch_add(bytes as u64, Relaxed);
    let live = LIVE.fetch_add(bytes as u64, Relaxed) + bytes as u64;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call goes to `System` with the arguments it came with, and what `System` returns
// is returned unchanged, so its guarantees are ours; counting touches atomics only and does not
// allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller upholds the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // In place or moved, the block is then as large as is asked for.
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        count(size);
        // SAFETY: the block came from `System`, since every block of ours does; the rest is the
        // caller's to uphold, as above.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// What was allocated during a call, by all threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Allocations {
    /// Calls of the allocator, those that make a block larger or smaller included.
    pub allocations: u64,
    /// The sizes asked for, added up.
    pub allocated_bytes: u64,
    /// The most that was allocated at once, on top of what was there before.
    pub peak_bytes: u64,
}

/// Runs `call` and says what it allocated; zeros in a program without [`Counting`].
pub fn during<R>(call: impl FnOnce() -> R) -> (R, Allocations) {
    let before = (ALLOCATIONS.load(Relaxed), ALLOCATED.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(before.2, Relaxed);
    let result = call();
    let counted = Allocations {
        allocations: ALLOCATIONS.load(Relaxed) - before.0,
        allocated_bytes: ALLOCATED.load(Relaxed) - before.1,
        peak_bytes: PEAK.load(Relaxed).saturating_sub(before.2),
    };
    (result, counted)
}

/// The most memory that was resident in this process at any time, in bytes; `None` where the system
/// does not tell.
#[must_use]
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(1024 * kilobytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn a_call_is_charged_for_what_it_allocates_and_not_for_what_was_there() {
        // Other tests of this binary may allocate at the same moment: hence bounds, and a block far
        // larger than anything they ask for.
        let held = vec![0_u8; 64 << 20];
        let (sum, counted) = during(|| {
            let mut block = vec![1_u8; 16 << 20];
            block.reserve_exact(32 << 20);
            drop(vec![2_u8; 16 << 20]);
            block.len()
        });
        assert_eq!(sum, 16 << 20);
        assert!(counted.allocations >= 3);
        let mebibytes = |bytes: u64| bytes >> 20;
        // 16, grown to 48, and another 16 beside it.
        assert!((80..96).contains(&mebibytes(counted.allocated_bytes)), "{counted:?}");
        assert!((64..80).contains(&mebibytes(counted.peak_bytes)), "{counted:?}");
        drop(held);
    }
}
