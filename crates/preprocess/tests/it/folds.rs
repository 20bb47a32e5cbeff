//! Walk-forward folds against skfolio and against their definition.

use proptest::prelude::*;
use tangency_preprocess::ErrorKind;
use tangency_preprocess::folds::{Fold, WalkForward};
use tangency_testkit::preprocess::walk_forward_cases;

#[test]
fn the_folds_of_skfolio() {
    let cases = walk_forward_cases();
    assert_eq!(cases.len(), 9);
    for case in &cases {
        let args = &case.args;
        // How the gap is shared between purge and embargo makes no difference.
        for embargo in 0..=args.purged_size {
            let folds: Vec<Fold> = WalkForward::new(args.train_size, args.test_size)
                .purge(args.purged_size - embargo)
                .embargo(embargo)
                .expanding(args.expand_train)
                .reduce_test(args.reduce_test)
                .folds(case.n)
                .unwrap()
                .collect();
            let ranges: Vec<_> = folds
                .iter()
                .map(|f| [[f.train.start, f.train.end], [f.test.start, f.test.end]])
                .collect();
            assert_eq!(ranges, case.folds, "{case:?}");
        }
    }
}

fn plan() -> impl Strategy<Value = (usize, usize, usize, bool, usize, usize, bool, usize)> {
    (
        1_usize..20,
        1_usize..10,
        1_usize..15,
        any::<bool>(),
        0_usize..5,
        0_usize..5,
        any::<bool>(),
        1_usize..120,
    )
}

proptest! {
    #[test]
    fn what_a_fold_is(
        (train, test, step, expanding, purge, embargo, reduce, n_rows) in plan()
    ) {
        let plan = WalkForward::new(train, test)
            .step(step)
            .expanding(expanding)
            .purge(purge)
            .embargo(embargo)
            .reduce_test(reduce);
        let gap = purge + embargo;
        let needed = train + gap + if reduce { 1 } else { test };
        let folds = match plan.folds(n_rows) {
            Ok(folds) => folds,
            Err(error) => {
                prop_assert!(n_rows < needed);
                prop_assert_eq!(error.kind(), &ErrorKind::TooFewRows { needed, got: n_rows });
                return Ok(());
            }
        };
        prop_assert!(n_rows >= needed);
        let length = folds.len();
        let all: Vec<Fold> = folds.clone().collect();
        prop_assert_eq!(all.len(), length);
        prop_assert!(length >= 1);
        for (k, fold) in all.iter().enumerate() {
            prop_assert_eq!(fold.train.start, if expanding { 0 } else { k * step });
            prop_assert_eq!(fold.train.end, k * step + train);
            prop_assert_eq!(fold.test.start, fold.train.end + gap);
            prop_assert!(fold.test.end <= n_rows && !fold.test.is_empty());
            if k + 1 < length {
                prop_assert_eq!(fold.test.len(), test, "only the last test may be cut");
            }
        }
        let last = &all[length - 1];
        if reduce {
            // As far as the step reaches, and never two tests that end at the last row.
            prop_assert!(last.test.end == n_rows || last.test.start + step >= n_rows);
        } else {
            prop_assert_eq!(last.test.len(), test);
            prop_assert!(last.test.end + step > n_rows, "another fold would have fitted");
        }
        let mut backwards: Vec<Fold> = folds.clone().rev().collect();
        backwards.reverse();
        prop_assert_eq!(&backwards, &all);
        prop_assert_eq!(folds.clone().nth(length / 2), all.get(length / 2).cloned());
        prop_assert_eq!(folds.clone().nth(length), None);
    }
}

#[test]
fn bad_sizes_are_named() {
    let kind = |plan: WalkForward| plan.folds(100).unwrap_err().kind().clone();
    assert_eq!(kind(WalkForward::new(0, 1)), ErrorKind::ZeroSize { parameter: "train" });
    assert_eq!(kind(WalkForward::new(1, 0)), ErrorKind::ZeroSize { parameter: "test" });
    assert_eq!(kind(WalkForward::new(1, 1).step(0)), ErrorKind::ZeroSize { parameter: "step" });
    assert_eq!(
        kind(WalkForward::new(90, 10).purge(1)),
        ErrorKind::TooFewRows { needed: 101, got: 100 }
    );
    let huge = usize::MAX;
    assert_eq!(
        kind(WalkForward::new(1, 1).purge(huge).embargo(1)),
        ErrorKind::TooLarge { parameter: "purge" }
    );
    assert_eq!(
        kind(WalkForward::new(huge, 1).purge(1)),
        ErrorKind::TooLarge { parameter: "train" }
    );
    assert_eq!(kind(WalkForward::new(1, huge)), ErrorKind::TooLarge { parameter: "test" });
    let fold = WalkForward::new(1, huge).reduce_test(true).folds(5).unwrap().next_back();
    assert_eq!(fold, Some(Fold { train: 0..1, test: 1..5 }));
}
