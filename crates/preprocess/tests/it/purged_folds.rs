//! Purged folds against skfolio and against their definition.

use std::ops::Range;

use proptest::prelude::*;
use tangency_preprocess::ErrorKind;
use tangency_preprocess::folds::{CombinatorialPurged, LabelSpans, PurgedFold, PurgedKFold};
use tangency_testkit::preprocess::combinatorial_purged_cases;

fn pairs(ranges: &[Range<usize>]) -> Vec<[usize; 2]> {
    ranges.iter().map(|range| [range.start, range.end]).collect()
}

#[test]
fn the_splits_and_paths_of_skfolio() {
    let cases = combinatorial_purged_cases();
    assert_eq!(cases.len(), 5);
    for case in &cases {
        let args = case.args;
        let folds = CombinatorialPurged::new(args.n_folds, args.n_test_folds)
            .purge(args.purged_size)
            .embargo(args.embargo_size)
            .folds(case.n)
            .unwrap();
        assert_eq!((folds.len(), folds.n_paths()), (case.n_splits, case.n_test_paths));
        assert_eq!(case.folds.len(), case.n_splits);
        for (split, (fold, want)) in folds.clone().zip(&case.folds).enumerate() {
            let fold = fold.unwrap();
            assert_eq!(pairs(&fold.train), want.train, "split {split} of {args:?}");
            assert_eq!(pairs(&fold.test), want.test, "split {split} of {args:?}");
        }
        for path in 0..folds.n_paths() {
            for (stretch, (split, position)) in folds.path(path).into_iter().enumerate() {
                assert_eq!(case.path_ids[split][position], path);
                let test = folds.clone().nth(split).unwrap().unwrap().test;
                assert_eq!(test[position], folds.stretch(stretch));
            }
        }
    }
}

/// Training rows from the words of the definition, row by row.
fn by_definition(
    test: &[Range<usize>],
    n_rows: usize,
    last: &dyn Fn(usize) -> usize,
    embargo: usize,
) -> Vec<usize> {
    let keeps = |row: usize| {
        test.iter().all(|stretch| {
            let labels_end = stretch.clone().map(last).max().unwrap();
            if row < stretch.start {
                last(row) < stretch.start
            } else {
                row >= stretch.end && row > labels_end + embargo
            }
        })
    };
    (0..n_rows).filter(|row| keeps(*row)).collect()
}

fn check(
    fold: Result<PurgedFold, tangency_preprocess::Error>,
    test: &[Range<usize>],
    n_rows: usize,
    last: &dyn Fn(usize) -> usize,
    embargo: usize,
) -> Result<(), TestCaseError> {
    let want = by_definition(test, n_rows, last, embargo);
    match fold {
        Ok(fold) => {
            prop_assert_eq!(fold.train_rows().collect::<Vec<_>>(), want);
            prop_assert_eq!(&fold.test, test);
            let maximal = fold.train.windows(2).all(|pair| pair[0].end < pair[1].start);
            prop_assert!(maximal && fold.train.iter().all(|range| !range.is_empty()));
        }
        Err(error) => {
            prop_assert!(want.is_empty(), "{}", error);
            let named = matches!(error.kind(), ErrorKind::NoTrainingRows { .. });
            prop_assert!(named);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn k_folds_are_what_they_say(
        n_rows in 2_usize..90,
        n_folds in 2_usize..9,
        purge in 0_usize..6,
        embargo in 0_usize..6,
    ) {
        prop_assume!(n_folds <= n_rows);
        let plan = PurgedKFold::new(n_folds).purge(purge).embargo(embargo);
        let Ok(folds) = plan.folds(n_rows) else {
            // Some fold has no training rows: that is so by the definition too.
            let length = n_rows.div_ceil(n_folds);
            prop_assert!(n_rows - length <= 2 * purge + embargo);
            return Ok(());
        };
        prop_assert_eq!(folds.len(), n_folds);
        let tested: Vec<usize> = folds.iter().flat_map(PurgedFold::test_rows).collect();
        prop_assert_eq!(tested, (0..n_rows).collect::<Vec<_>>(), "every row is tested once");
        let lengths: Vec<usize> = folds.iter().map(|fold| fold.test[0].len()).collect();
        prop_assert!(lengths[0] - lengths[n_folds - 1] <= 1 && lengths.is_sorted_by(|a, b| a >= b));
        for fold in folds {
            let test = fold.test.clone();
            check(Ok(fold), &test, n_rows, &|row| row + purge, embargo)?;
        }
    }

    #[test]
    fn combinations_are_what_they_say(
        n_folds in 2_usize..7,
        per_fold in 1_usize..8,
        extra in 0_usize..5,
        n_test in 1_usize..6,
        purge in 0_usize..5,
        embargo in 0_usize..5,
    ) {
        prop_assume!(n_test < n_folds);
        let n_rows = n_folds * per_fold + extra.min(n_folds - 1);
        let plan = CombinatorialPurged::new(n_folds, n_test).purge(purge).embargo(embargo);
        let folds = plan.folds(n_rows).unwrap();
        let mut tests_of = vec![0; n_folds];
        for chosen in (0_u32..1 << n_folds).filter(|set| set.count_ones() as usize == n_test) {
            (0..n_folds).filter(|f| chosen >> f & 1 == 1).for_each(|f| tests_of[f] += 1);
        }
        prop_assert!(tests_of.iter().all(|count| *count == folds.n_paths()));
        let mut before: Option<Vec<usize>> = None;
        let mut count = 0;
        for fold in folds.clone() {
            let Ok(fold) = fold else { count += 1; continue };
            let starts: Vec<usize> = fold.test.iter().map(|test| test.start).collect();
            prop_assert!(before.as_ref().is_none_or(|before| before < &starts), "in order");
            before = Some(starts);
            let test = fold.test.clone();
            check(Ok(fold), &test, n_rows, &|row| row + purge, embargo)?;
            count += 1;
        }
        prop_assert_eq!(count, folds.len());
        for path in 0..folds.n_paths() {
            let sources = folds.path(path);
            prop_assert_eq!(sources.len(), n_folds);
        }
    }

    #[test]
    fn labels_of_any_length_are_purged(
        reach in prop::collection::vec(0_usize..12, 6..60),
        n_folds in 2_usize..6,
        embargo in 0_usize..4,
    ) {
        let n_rows = reach.len();
        let last: Vec<usize> = reach.iter().enumerate().map(|(row, rows)| row + rows).collect();
        let labels = LabelSpans::until(last.clone()).unwrap();
        let plan = CombinatorialPurged::new(n_folds, 1).embargo(embargo);
        let folds = plan.folds_for_labels(n_rows, &labels).unwrap();
        for (stretch, fold) in folds.clone().enumerate() {
            let test = [folds.stretch(stretch)];
            check(fold, &test, n_rows, &|row| last[row], embargo)?;
        }
    }
}

#[test]
fn labels_of_one_length_are_the_purge() {
    let plan = CombinatorialPurged::new(5, 2).embargo(1);
    let fixed: Vec<_> = plan.clone().purge(3).folds(64).unwrap().collect();
    let labels = LabelSpans::until((3..67).collect()).unwrap();
    let spans: Vec<_> = plan.folds_for_labels(64, &labels).unwrap().collect();
    assert_eq!(fixed, spans);
    let k_folds = PurgedKFold::new(4).embargo(1).folds_for_labels(64, &labels).unwrap();
    assert_eq!(k_folds, PurgedKFold::new(4).purge(3).embargo(1).folds(64).unwrap());
}

#[test]
fn bad_plans_are_named() {
    let k_fold = |n, rows| PurgedKFold::new(n).folds(rows).unwrap_err().kind().clone();
    let count = |parameter, at_least, at_most, got| ErrorKind::FoldCount {
        parameter,
        at_least,
        at_most,
        got,
    };
    assert_eq!(k_fold(1, 10), count("number of folds", 2, 10, 1));
    assert_eq!(k_fold(11, 10), count("number of folds", 2, 10, 11));
    let choose =
        |n, k, rows| CombinatorialPurged::new(n, k).folds(rows).unwrap_err().kind().clone();
    assert_eq!(choose(11, 2, 10), count("number of folds", 2, 10, 11));
    assert_eq!(choose(5, 0, 10), count("number of test folds", 1, 4, 0));
    assert_eq!(choose(5, 5, 10), count("number of test folds", 1, 4, 5));
    assert_eq!(choose(60, 30, 100), ErrorKind::TooLarge { parameter: "number of splits" });

    let error = PurgedKFold::new(2).embargo(20).folds(30).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NoTrainingRows { fold: 0, n_rows: 30 });
    assert_eq!(
        error.to_string(),
        "fold 0 has no training rows left of 30: purge and embargo take them all"
    );
    let huge = PurgedKFold::new(2).purge(usize::MAX).embargo(usize::MAX).folds(30).unwrap_err();
    assert_eq!(huge.kind(), &ErrorKind::NoTrainingRows { fold: 0, n_rows: 30 });

    let error = LabelSpans::until(vec![0, 3, 1]).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::LabelEndsEarly { row: 2, end: 1 });
    let labels = LabelSpans::until(vec![0, 1, 2]).unwrap();
    let error = PurgedKFold::new(2).folds_for_labels(4, &labels).unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::ColumnLength { column: "label spans", expected: 4, got: 3 }
    );
}
