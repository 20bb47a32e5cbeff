//! The one file with `unsafe`: what the workers may touch of the caller's stack, and for how long.
//!
//! Two things cross from a batch call to threads that outlive it. [`Loan`] is the closure: its
//! lifetime is erased, and [`lend`] does not come back, neither by returning nor by unwinding,
//! before every worker has let go of it. [`Slots`] is the buffer of results: one atomic cursor hands
//! out parts that never overlap.
//!
//! Both are sound on their own. Nothing outside this file can break them, whatever the queue, the
//! observers or the closures do.

#![allow(
    unsafe_code,
    reason = "borrowed closures on persistent threads need their lifetime erased; see each SAFETY note"
)]

use std::marker::PhantomData;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicUsize, Ordering, Parker, Unparker};

/// The top bit of [`Loan::state`]: nobody may enter any more.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// A borrowed closure that other threads may call until it is called back.
///
/// `state` counts the calls under way in its low bits and holds [`CLOSED`] in the top one. A call
/// enters by a compare-and-exchange that fails once the bit is set, so after the bit is set the
/// count can only fall. Leaving is a `Release` decrement, and the lender waits for zero with
/// `Acquire` loads: all that the calls wrote is visible to it afterwards, and none is still running.
pub(crate) struct Loan<A: 'static> {
    /// The caller's closure; really `dyn Fn(&A) + Sync + 'lender`.
    body: *const (dyn Fn(&A) + Sync + 'static),
    state: AtomicUsize,
    /// Wakes the lender when the last call under way ends.
    lender: Unparker,
}

// SAFETY: the raw pointer is the only field that is not `Send + Sync` by itself. It is dereferenced
// in `call` only, to a shared reference of a `Sync` closure, which any thread may hold.
unsafe impl<A: 'static> Send for Loan<A> {}
// SAFETY: as above; `call` takes `&self` and the count is atomic.
unsafe impl<A: 'static> Sync for Loan<A> {}

impl<A: 'static> Loan<A> {
    /// Runs the closure on this thread; `false`, and nothing run, when it has been called back.
    pub(crate) fn call(&self, argument: &A) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state & CLOSED != 0 {
                return false;
            }
            match self.state.compare_exchange_weak(
                state,
                state + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        let _leave = Leave(self);
        // SAFETY: the count was raised while the loan was open, and `_leave` lowers it only after
        // this call has returned or unwound. `lend` keeps the closure borrowed until the loan is
        // closed and the count is zero, so the pointee is alive and only shared meanwhile.
        let body = unsafe { &*self.body };
        body(argument);
        true
    }

    /// Whether no call is under way at this moment.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.load(Ordering::Acquire) & !CLOSED == 0
    }
}

/// Ends one call, also when it unwinds.
struct Leave<'a, A: 'static>(&'a Loan<A>);

impl<A: 'static> Drop for Leave<'_, A> {
    fn drop(&mut self) {
        // After this decrement the lender may be gone. The loan itself lives in an `Arc` that the
        // calling thread holds, and the unparker is part of it.
        let before = self.0.state.fetch_sub(1, Ordering::Release);
        if before & !CLOSED == 1 {
            self.0.lender.unpark();
        }
    }
}

/// Closes the loan and waits for the calls under way, on every way out of [`lend`].
struct CallBack<'a, A: 'static> {
    loan: &'a Loan<A>,
    parker: &'a Parker,
}

impl<A: 'static> Drop for CallBack<'_, A> {
    fn drop(&mut self) {
        self.loan.state.fetch_or(CLOSED, Ordering::AcqRel);
        // A token left over from before only makes one more turn of this loop. The last call to
        // leave unparks after its decrement, so a wait that begins too late finds the token.
        while !self.loan.is_idle() {
            self.parker.park();
        }
    }
}

/// Lends `body` to whichever threads get hold of the loan while `during` runs.
///
/// Comes back, by returning or by unwinding out of `during`, only when no thread is inside `body`
/// and none can enter it again.
pub(crate) fn lend<'body, A: 'static, T>(
    body: &'body (dyn Fn(&A) + Sync + 'body),
    parker: &Parker,
    during: impl FnOnce(&Arc<Loan<A>>) -> T,
) -> T {
    let body: *const (dyn Fn(&A) + Sync + 'body) = body;
    // SAFETY: source and target differ in the lifetime bound of the trait object alone, which has
    // no part in the layout. The promise that the longer bound seems to make is kept by `call_back`
    // below: it outlives `during`, cannot be leaked from here, and its drop waits until nobody uses
    // the pointer and nobody can begin to.
    let body: *const (dyn Fn(&A) + Sync + 'static) = unsafe { std::mem::transmute(body) };
    let loan =
        Arc::new(Loan { body, state: AtomicUsize::new(0), lender: parker.unparker().clone() });
    let _call_back = CallBack { loan: &loan, parker };
    during(&loan)
}

/// A mutable slice that hands out its parts, each of them once.
///
/// `next` is the first index not handed out yet; at `len` or above, nothing is left.
pub(crate) struct Slots<'a, T> {
    base: *mut T,
    len: usize,
    /// On a cache line of its own: it is what workers fight over, and what lies beside it is read
    /// for every item.
    next: CachePadded<AtomicUsize>,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: moving the slots moves the exclusive borrow of the slice, as moving `&mut [T]` would.
unsafe impl<T: Send> Send for Slots<'_, T> {}
// SAFETY: through a shared reference threads only get parts that do not overlap, as exclusive
// borrows; that amounts to sending each part to its thread, which `T: Send` allows.
unsafe impl<T: Send> Sync for Slots<'_, T> {}

impl<'a, T> Slots<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            base: slice.as_mut_ptr(),
            len: slice.len(),
            next: CachePadded::new(AtomicUsize::new(0)),
            slice: PhantomData,
        }
    }

    /// The next `want` places (fewer at the end) with the index of the first; `None` when all are
    /// handed out.
    pub(crate) fn claim(&self, want: usize) -> Option<(usize, &'a mut [T])> {
        let want = want.clamp(1, self.len.max(1));
        // One addition, no loop: under contention a compare-and-exchange that fails fetches the line
        // once more. The release half publishes that the claimer had entered the loan, to whoever reads
        // from `is_exhausted` that nothing is left.
        let start = self.next.fetch_add(want, Ordering::AcqRel);
        if start >= self.len {
            // Brought back, so that the cursor stays far from its end however often this is asked. It
            // stays at `len` or above whoever adds meanwhile. What the claimers before published was
            // acquired by the addition, and goes on with this store.
            self.next.store(self.len, Ordering::Release);
            return None;
        }
        let size = want.min(self.len - start);
        // SAFETY: `start < len` and `start + size <= len`, so the part lies within the slice that `new`
        // borrowed exclusively for 'a. The addition that gave `start` moved the cursor by `want >= size`
        // in one atomic step, and a store puts it at `len`, where nothing is handed out any more: no two
        // parts overlap. It cannot wrap: each of at most 65,535 workers adds at most `len` before it sees
        // that nothing is left and puts the cursor back, and no address space holds 2^47 results.
        let part = unsafe { std::slice::from_raw_parts_mut(self.base.add(start), size) };
        Some((start, part))
    }

    /// How many places have not been handed out, at most: some may be by now. A hint, hence relaxed.
    pub(crate) fn left(&self) -> usize {
        self.len.saturating_sub(self.next.load(Ordering::Relaxed))
    }

    /// Whether every place has been handed out.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.next.load(Ordering::Acquire) >= self.len
    }
}
