//! The loan and the slots on threads of the system; `tests/model` tries every interleaving.
//!
//! Apart from `erased.rs`, which the model checker compiles with types of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::erased::{Slots, lend};
use crate::sync::Parker;

#[test]
fn a_loan_refuses_once_called_back() {
    let parker = Parker::new();
    let calls = AtomicUsize::new(0);
    let body = |by: &usize| {
        calls.fetch_add(*by, Ordering::Relaxed);
    };
    let kept = lend(&body, &parker, |loan| {
        assert!(loan.call(&2));
        assert!(loan.call(&3));
        Arc::clone(loan)
    });
    assert!(!kept.call(&100));
    assert_eq!(calls.into_inner(), 5);
}

#[test]
fn lend_waits_for_the_call_under_way_even_when_it_unwinds() {
    let parker = Parker::new();
    let finished = AtomicUsize::new(0);
    let (entered, has_entered) = mpsc::channel();
    let body = |_: &()| {
        entered.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        finished.store(1, Ordering::Relaxed);
    };
    // The receiver is used by the lending side only.
    let has_entered = &has_entered;
    let mut helper = None;
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        lend(&body, &parker, |loan| {
            let loan = Arc::clone(loan);
            helper = Some(thread::spawn(move || loan.call(&())));
            has_entered.recv().unwrap();
            panic!("the observer fell over");
        })
    }));
    assert!(unwound.is_err());
    // Read before joining the helper: lend itself must have waited.
    assert_eq!(finished.load(Ordering::Relaxed), 1);
    assert!(helper.unwrap().join().unwrap());
}

#[test]
fn a_call_that_unwinds_still_leaves() {
    let parker = Parker::new();
    let body = |_: &()| panic!("inside");
    lend(&body, &parker, |loan| {
        let loan = Arc::clone(loan);
        let caller = thread::spawn(move || {
            let _ = catch_unwind(AssertUnwindSafe(|| loan.call(&())));
        });
        caller.join().unwrap();
    });
}

#[test]
fn slots_are_handed_out_once_each() {
    let mut values = vec![0_u32; 1000];
    let slots = Slots::new(&mut values);
    thread::scope(|scope| {
        for want in [1, 7, 64] {
            let slots = &slots;
            scope.spawn(move || {
                while let Some((start, part)) = slots.claim(want) {
                    for (offset, value) in part.iter_mut().enumerate() {
                        *value += (start + offset) as u32 + 1;
                    }
                }
            });
        }
    });
    assert!(slots.is_exhausted());
    assert!(slots.claim(1).is_none());
    assert!(values.iter().enumerate().all(|(i, &v)| v == i as u32 + 1));
}

#[test]
fn slots_of_nothing_are_exhausted() {
    let mut values: Vec<String> = Vec::new();
    let slots = Slots::new(&mut values);
    assert!(slots.is_exhausted());
    assert!(slots.claim(usize::MAX).is_none());
}

#[test]
fn a_claim_of_too_much_gets_what_is_left() {
    let mut values = vec![0; 5];
    let slots = Slots::new(&mut values);
    assert_eq!(slots.claim(3).unwrap().1.len(), 3);
    let (start, rest) = slots.claim(usize::MAX).unwrap();
    assert_eq!((start, rest.len()), (3, 2));
}
