//! Frames side by side.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use tangency_shared_data::align::{AsOf, Direction, Join, join};
use tangency_shared_data::{ErrorKind, Frame, Gaps, TextColumn, time};
use tangency_testkit::{prices, shared_data};

fn frame(name: &str, rows: &BTreeMap<i64, f64>) -> Frame {
    let times: Vec<i64> = rows.keys().copied().collect();
    let values: Vec<f64> = rows.values().copied().collect();
    Frame::builder(times).column(name, values).build().unwrap()
}

/// A table looked up row by row.
fn naive(frames: &[BTreeMap<i64, f64>], times: impl IntoIterator<Item = i64>) -> Frame {
    let times: Vec<i64> = times.into_iter().collect();
    let mut builder = Frame::builder(times.clone());
    for (at, rows) in frames.iter().enumerate() {
        let column = times.iter().map(|time| rows.get(time).copied().unwrap_or(f64::NAN));
        builder = builder.column(format!("c{at}"), Vec::from_iter(column));
    }
    builder.build().unwrap()
}

fn rows() -> impl Strategy<Value = BTreeMap<i64, f64>> {
    btree_map(-30..30_i64, -1e3..1e3, 1..25)
}

proptest! {
    #[test]
    fn joins(tables in proptest::collection::vec(rows(), 1..4)) {
        let frames: Vec<Frame> =
            tables.iter().enumerate().map(|(at, rows)| frame(&format!("c{at}"), rows)).collect();
        let borrowed: Vec<&Frame> = frames.iter().collect();
        let any: BTreeSet<i64> = tables.iter().flat_map(|rows| rows.keys().copied()).collect();
        let all = any.iter().copied().filter(|t| tables.iter().all(|rows| rows.contains_key(t)));
        let inner = join(&borrowed, Join::Inner).unwrap();
        prop_assert!(inner.same_bits(&naive(&tables, all)));
        let outer = join(&borrowed, Join::Outer).unwrap();
        prop_assert!(outer.same_bits(&naive(&tables, any)));
        let left = join(&borrowed, Join::Left).unwrap();
        prop_assert!(left.same_bits(&naive(&tables, tables[0].keys().copied())));
        // Dropping incomplete rows of the outer join leaves the inner one.
        prop_assert!(outer.with_gaps(Gaps::Drop).unwrap().same_bits(&inner));
    }

    #[test]
    fn as_of_joins(
        left in rows(),
        right in rows(),
        tolerance in proptest::option::of(0..20_i64),
        exact in any::<bool>(),
    ) {
        for direction in [Direction::Backward, Direction::Forward, Direction::Nearest] {
            let mut as_of = AsOf::new().direction(direction).exact_matches(exact);
            if let Some(tolerance) = tolerance {
                as_of = as_of.tolerance(tolerance);
            }
            let joined = as_of.join(&frame("l", &left), &frame("r", &right)).unwrap();
            prop_assert_eq!(joined.n_rows(), left.len());
            for (&time, found) in left.keys().zip(joined.column("r").unwrap()) {
                // Every row of the right table, the best of those that are allowed.
                let best = right
                    .iter()
                    .filter(|&(&t, _)| match direction {
                        Direction::Backward => t <= time,
                        Direction::Forward => t >= time,
                        _ => true,
                    })
                    .filter(|&(&t, _)| exact || t != time)
                    .filter(|&(&t, _)| tolerance.is_none_or(|limit| (t - time).abs() <= limit))
                    .min_by_key(|&(&t, _)| ((t - time).abs(), t));
                let expected = best.map_or(f64::NAN, |(_, &value)| value);
                prop_assert_eq!(found.to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn incomplete_rows(values in btree_set(any::<[bool; 3]>(), 1..8), n in 1usize..20) {
        let columns: Vec<Vec<f64>> = (0..3)
            .map(|c| {
                let pattern = values.iter().map(|row| if row[c] { f64::NAN } else { 1.0 });
                pattern.cycle().take(n).collect()
            })
            .collect();
        let times: Vec<i64> = (0..n as i64).collect();
        let frame = Frame::builder(&times)
            .column("a", &columns[0]).column("b", &columns[1]).column("c", &columns[2])
            .build().unwrap();
        let missing = |row: usize| columns.iter().filter(|c| c[row].is_nan()).count();
        let incomplete: Vec<usize> = (0..n).filter(|&row| missing(row) > 0).collect();
        prop_assert_eq!(frame.incomplete_rows(), incomplete.clone());
        let complete = frame.with_gaps(Gaps::Drop).unwrap();
        prop_assert_eq!(complete.n_rows(), n - incomplete.len());
        prop_assert!(complete.validate_complete().is_ok());
        prop_assert_eq!(frame.with_gaps(Gaps::Reject).is_err(), !incomplete.is_empty());
        prop_assert!(frame.with_gaps(Gaps::Keep).unwrap().same_bits(&frame));
        let some = (0..n).filter(|&row| missing(row) < 3).count();
        prop_assert_eq!(frame.drop_empty_rows().unwrap().n_rows(), some);
    }
}

#[test]
fn as_of_as_pandas_has_it() {
    let closes = prices::sp500_20();
    let dates: Vec<i64> = closes.dates.iter().map(|date| time::parse(date).unwrap()).collect();
    let left = Frame::builder(&dates).column("left", closes.column("AAPL")).build().unwrap();
    let chosen: Vec<usize> = (0..dates.len()).filter(|i| [0, 3, 4].contains(&(i % 17))).collect();
    let hours = |i: usize| (i as i64 % 5 - 2) * 5 * 3_600_000_000_000;
    let times: Vec<i64> = chosen.iter().map(|&i| dates[i] + hours(i)).collect();
    let values: Vec<f64> = chosen.iter().map(|&i| closes.column("MSFT")[i]).collect();
    let right = Frame::builder(times).column("right", values).build().unwrap();
    let cases = shared_data::as_of();
    assert!(cases.len() > 20);
    for case in cases {
        let context = format!("{case:?}");
        let direction = match case.direction.as_str() {
            "backward" => Direction::Backward,
            "forward" => Direction::Forward,
            _ => Direction::Nearest,
        };
        let mut as_of = AsOf::new().direction(direction).exact_matches(case.exact);
        if let Some(tolerance) = case.tolerance {
            as_of = as_of.tolerance(tolerance);
        }
        let joined = as_of.join(&left, &right).unwrap();
        let found = joined.column("right").unwrap();
        assert_eq!(found.iter().filter(|v| v.is_nan()).count(), case.n_missing, "{context}");
        for (row, expected) in case.rows {
            let expected = expected.unwrap_or(f64::NAN);
            assert_eq!(found[row].to_bits(), expected.to_bits(), "{context}, row {row}");
        }
        let sum: f64 = found.iter().filter(|v| !v.is_nan()).sum();
        // Both are sums of 8,000 positive numbers, in whatever order.
        assert!((sum - case.sum).abs() <= 1e-12 * case.sum, "{context}");
    }
}

#[test]
fn text_and_names() {
    let text = |texts: &[&str]| TextColumn::new(texts).unwrap();
    let a =
        Frame::builder(&[1, 2]).column("x", &[1.0, 2.0]).text_column("venue", text(&["N", "Q"]));
    let b = Frame::builder(&[2, 3])
        .column("y", &[5.0, 6.0])
        .text_column("state", text(&["up", "down"]));
    let (a, b) = (a.build().unwrap(), b.build().unwrap());
    let both = join(&[&a, &b], Join::Outer).unwrap();
    assert_eq!(both.text("venue").unwrap().iter().collect::<Vec<_>>(), ["N", "Q", ""]);
    assert_eq!(both.text("state").unwrap().iter().collect::<Vec<_>>(), ["", "up", "down"]);
    let twice = join(&[&a, &a], Join::Inner).unwrap_err();
    assert!(matches!(twice.kind(), ErrorKind::DuplicateColumn { .. }), "{twice}");
    let other = a.renamed(|name| format!("other {name}")).unwrap();
    assert_eq!(other.column("other x").unwrap().as_ptr(), a.column("x").unwrap().as_ptr());
    let both = join(&[&a, &other], Join::Inner).unwrap();
    assert_eq!(both.names(), ["x", "other x"]);
    assert_eq!(both.text_names(), ["venue", "other venue"]);
    assert!(a.renamed(|_| "same".to_owned()).is_err());
    assert_eq!(*join(&[], Join::Inner).unwrap_err().kind(), ErrorKind::NoFrames);
    let error = AsOf::new().tolerance(-1).join(&a, &b).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::BadSpan { nanos: -1 });
}

#[test]
fn frames_without_rows() {
    let empty = Frame::builder(&[]).column("e", &[]).build().unwrap();
    let full = Frame::builder(&[1, 2]).column("f", &[1.0, 2.0]).build().unwrap();
    assert_eq!(join(&[&full, &empty], Join::Inner).unwrap().n_rows(), 0);
    assert_eq!(join(&[&full, &empty], Join::Outer).unwrap().incomplete_rows(), [0, 1]);
    assert_eq!(AsOf::new().join(&full, &empty).unwrap().incomplete_rows(), [0, 1]);
    assert_eq!(AsOf::new().join(&empty, &full).unwrap().n_rows(), 0);
    // The whole span of time there is.
    let ends = Frame::builder(&[i64::MIN, i64::MAX]).column("x", &[1.0, 2.0]).build().unwrap();
    let far =
        AsOf::new().tolerance(i64::MAX).direction(Direction::Nearest).join(&ends, &full).unwrap();
    assert_eq!(far.incomplete_rows(), [0]);
}
