//! Results: in item order, the same for every worker count and chunking.

use std::time::Duration;

use proptest::prelude::*;
use tangency_pool::{Chunking, ErrorKind, Outcome, item_seed};

use crate::pool;

#[test]
fn results_come_in_item_order() {
    let items: Vec<u64> = (0..10_000).collect();
    let results = pool(3).batch().map(&items, |n| n * n).into_results().unwrap();
    assert_eq!(results, items.iter().map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn closures_borrow_from_the_stack() {
    let prices = [vec![1.0, 2.0, 4.0], vec![8.0, 4.0]];
    let names = vec![("A".to_owned(), 0), ("B".to_owned(), 1), ("A".to_owned(), 0)];
    let report = pool(2).batch().map(&names, |(name, column)| (name, prices[*column].last()));
    let a = "A".to_owned();
    // Results may borrow too, here from the items and from what the closure captured.
    assert_eq!(report.outcomes[2], Outcome::Done((&a, Some(&4.0))));
    assert!(std::ptr::eq(report.outcomes[0].as_done().unwrap().0, &names[0].0));
}

#[test]
fn no_items_are_a_batch_too() {
    let pool = pool(2);
    let report = pool.batch().map(&[] as &[u32], |_| 1);
    assert!(report.outcomes.is_empty());
    assert!(report.is_complete());
    assert!(report.stats.workers.is_empty());
    assert_eq!(report.into_results().unwrap(), Vec::<i32>::new());

    let state = pool.worker_state(|_| Err::<u8, _>("not needed for nothing"));
    let report = pool.batch().with(&state).map_indices(0, |_, i| i);
    assert!(report.is_complete());
}

#[test]
fn fewer_items_than_workers_engage_no_more_workers() {
    let pool = pool(5);
    for items in 1..5 {
        let report = pool.batch().map_indices(items, |i| i);
        assert!(report.stats.workers.len() <= items, "{:?}", report.stats);
    }
    // Nor do fewer chunks than workers.
    let report = pool.batch().chunking(Chunking::Fixed(50)).map_indices(100, |i| i);
    assert!(report.stats.workers.len() <= 2, "{:?}", report.stats);
    assert_eq!(report.stats.chunks, 2);
}

#[test]
fn a_chunk_of_nothing_is_an_error() {
    let report = pool(2).batch().chunking(Chunking::Fixed(0)).map_indices(3, |i| i);
    assert_eq!(report.error().unwrap().kind(), &ErrorKind::EmptyChunks);
    assert!(report.outcomes.iter().all(Outcome::is_cancelled));
    assert_eq!(
        report.into_results().unwrap_err().to_string(),
        "a chunk needs at least 1 item, got 0"
    );
}

#[test]
fn a_chunk_beyond_the_items_is_one_chunk() {
    let report = pool(3).batch().chunking(Chunking::Fixed(usize::MAX)).map_indices(10, |i| i);
    assert_eq!((report.stats.chunks, report.stats.workers.len()), (1, 1));
    assert_eq!(report.into_results().unwrap(), (0..10).collect::<Vec<_>>());
}

#[test]
fn errors_of_items_stay_with_their_items() {
    let items = ["1", "x", "3", "y"];
    let report = pool(2).batch().try_map(&items, |text| text.parse::<i32>());
    assert_eq!(report.outcomes[0], Outcome::Done(1));
    assert_eq!(report.outcomes[2], Outcome::Done(3));
    assert!(report.outcomes[1].as_failed().is_some());
    assert_eq!(report.done().collect::<Vec<_>>(), [(0, &1), (2, &3)]);
    assert_eq!(report.not_done().map(|(index, _)| index).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((report.stats.items.done, report.stats.items.failed), (2, 2));
    assert!(!report.is_complete());
    let error = report.into_results().unwrap_err();
    assert_eq!(error.item(), Some(1));
    assert_eq!(error.to_string(), "item 1 failed: invalid digit found in string");
}

#[test]
fn seeds_belong_to_items() {
    let draw = |workers, chunking| {
        let report = pool(workers)
            .batch()
            .chunking(chunking)
            .map_indices(1000, |index| item_seed(item_seed(7, index), 3));
        report.into_results().unwrap()
    };
    let expected: Vec<u64> = (0..1000).map(|i| item_seed(item_seed(7, i), 3)).collect();
    for workers in [1, 2, 5] {
        for chunking in [
            Chunking::Auto,
            Chunking::Static,
            Chunking::Fixed(1),
            Chunking::Fixed(7),
            Chunking::adaptive(),
            Chunking::Banded,
        ] {
            assert_eq!(draw(workers, chunking), expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every item is run exactly once and lands in its place, whatever the shape of the batch.
    #[test]
    fn every_item_once_in_its_place(
        items in 0_usize..300,
        workers in 1_usize..6,
        chunking in prop_oneof![
            Just(Chunking::Auto),
            Just(Chunking::Static),
            (1_usize..400).prop_map(Chunking::Fixed),
            (0_u64..50_000).prop_map(|ns| Chunking::Adaptive { target: Duration::from_nanos(ns) }),
            Just(Chunking::Banded),
        ],
        wrong in 1_usize..20,
    ) {
        let runs: Vec<_> = (0..items).map(|_| std::sync::atomic::AtomicU32::new(0)).collect();
        let report = pool(workers).batch().chunking(chunking).try_map_indices(items, |index| {
            runs[index].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if index % wrong == 1 { Err(index) } else { Ok(index) }
        });
        for (index, outcome) in report.outcomes.iter().enumerate() {
            let expected = if index % wrong == 1 { Outcome::Failed(index) } else { Outcome::Done(index) };
            prop_assert_eq!(outcome, &expected);
        }
        prop_assert!(runs.iter().all(|n| n.load(std::sync::atomic::Ordering::Relaxed) == 1));
        let shares: u64 = report.stats.workers.iter().map(|share| share.items).sum();
        prop_assert_eq!(shares, items as u64);
        prop_assert!(report.stats.chunks >= items.div_ceil(report.stats.chunk_size) as u64);
        if let Chunking::Auto | Chunking::Static | Chunking::Fixed(_) = chunking {
            let even = items.div_ceil(report.stats.chunk_size) as u64;
            prop_assert_eq!(report.stats.chunks, even);
        }
    }
}
