//! A panic takes nobody else down.

use tangency_pool::{Chunking, ErrorKind, Outcome};

use crate::{LONG, pool, within};

#[test]
fn of_999_items_249_panic_and_nobody_is_lost() {
    within(LONG, || {
        for chunking in [Chunking::Auto, Chunking::Static, Chunking::Fixed(1), Chunking::Fixed(64)]
        {
            let pool = pool(3);
            let items: Vec<usize> = (1..=999).collect();
            let report = pool.batch().chunking(chunking).map(&items, |&n| {
                assert!(n % 4 != 0, "item number {n} is a multiple of four");
                n * 2
            });
            assert_eq!(report.outcomes.len(), 999);
            for (&n, outcome) in items.iter().zip(&report.outcomes) {
                match outcome {
                    Outcome::Panicked(message) => {
                        assert_eq!(n % 4, 0);
                        assert_eq!(message, &format!("item number {n} is a multiple of four"));
                    }
                    done => assert_eq!(done, &Outcome::Done(n * 2)),
                }
            }
            assert_eq!((report.stats.items.done, report.stats.items.panicked), (750, 249));
            let error = report.into_results().unwrap_err();
            assert_eq!(
                error.kind(),
                &ErrorKind::ItemPanicked {
                    index: 3,
                    message: "item number 4 is a multiple of four".to_owned()
                }
            );
            // The workers are all still there.
            let again = pool.batch().map_indices(100, |i| i);
            assert!(again.is_complete());
        }
    });
}

#[test]
fn panics_and_errors_are_told_apart() {
    let report = pool(2).batch().try_map_indices(4, |i| match i {
        0 => Ok(i),
        1 => Err("no data".to_owned()),
        2 => panic!("bug"),
        _ => std::panic::panic_any(42),
    });
    assert_eq!(
        report.outcomes,
        [
            Outcome::Done(0),
            Outcome::Failed("no data".to_owned()),
            Outcome::Panicked("bug".to_owned()),
            Outcome::Panicked("a panic without a text message".to_owned()),
        ]
    );
}

#[test]
fn state_outlives_a_panic_on_it() {
    let pool = pool(1);
    let count = pool.worker_state(|_| Ok::<_, String>(0));
    let report = pool.batch().with(&count).map_indices(5, |count, i| {
        *count += 1;
        if i == 2 {
            panic!("at {count}");
        }
        *count
    });
    assert_eq!(report.outcomes[2], Outcome::Panicked("at 3".to_owned()));
    assert_eq!(report.outcomes[4], Outcome::Done(5));
    assert_eq!(pool.stats().workers[0].states_built, 1);
}
