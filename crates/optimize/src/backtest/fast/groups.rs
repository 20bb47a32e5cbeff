//! Which crossovers are compared together.

use super::simd::GROUP;
use crate::backtest::strategies::SmaCross;
use crate::error::{ErrorKind, Result};

/// Sets that share their slow average, in the order in which they are compared: place and fast
/// average of each, the last one repeated where there are fewer.
pub(super) struct Group {
    pub(super) slow: usize,
    pub(super) sets: [(usize, usize); GROUP],
    pub(super) len: usize,
}

/// The sets, given as their averages, in groups next to each other that share averages: 16 fast ones
/// with every slow one.
pub(super) fn grouped(sets: &[(usize, usize)]) -> Vec<Group> {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    // What counts least first.
    order = sorted_by(&order, |at| sets[at].0);
    order = sorted_by(&order, |at| sets[at].1);
    order = sorted_by(&order, |at| sets[at].0 / 16);
    order
        .chunk_by(|a, b| (sets[*a].0 / 16, sets[*a].1) == (sets[*b].0 / 16, sets[*b].1))
        .flat_map(|same| same.chunks(GROUP))
        .map(|same| Group {
            slow: sets[same[0]].1,
            sets: std::array::from_fn(|k| {
                let at = same[k.min(same.len() - 1)];
                (at, sets[at].0)
            }),
            len: same.len(),
        })
        .collect()
}

/// Where the averages of each crossover are among the windows, which ascend.
pub(super) fn places(
    windows: &[usize],
    crosses: &[SmaCross],
    n_bars: usize,
) -> Result<Vec<(usize, usize)>> {
    // A table up to the number of bars; windows beyond, of which there is hardly one, are searched.
    let mut table = vec![None; n_bars + 1];
    for (at, window) in windows.iter().enumerate() {
        if let Some(place) = table.get_mut(*window) {
            *place = Some(at);
        }
    }
    let place = |window: usize| {
        let place = table.get(window).copied();
        let place = place.unwrap_or_else(|| windows.binary_search(&window).ok());
        place.ok_or(ErrorKind::UnpreparedWindow { window })
    };
    crosses.iter().map(|cross| Ok((place(cross.fast)?, place(cross.slow)?))).collect()
}

/// The same places by a small number that belongs to each; ties stay in their order.
fn sorted_by(places: &[usize], number: impl Fn(usize) -> usize) -> Vec<usize> {
    let numbers: Vec<usize> = places.iter().map(|at| number(*at)).collect();
    let largest = numbers.iter().copied().max().unwrap_or(0);
    // Where the next place with each number goes.
    let mut next = vec![0; largest + 2];
    numbers.iter().for_each(|number| next[number + 1] += 1);
    for number in 0..=largest {
        next[number + 1] += next[number];
    }
    let mut sorted = vec![0; places.len()];
    for (at, number) in places.iter().zip(&numbers) {
        sorted[next[*number]] = *at;
        next[*number] += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set once, with its own averages, next to those that share them.
    #[test]
    fn groups_hold_every_set_once() {
        let sets: Vec<(usize, usize)> =
            (0..500).map(|i| (i * 37 % 61, i * 53 % 23)).filter(|(f, s)| f != s).collect();
        let mut seen = vec![0; sets.len()];
        let mut before = (0, 0);
        for group in grouped(&sets) {
            assert!((1..=GROUP).contains(&group.len));
            for (at, fast) in &group.sets[..group.len] {
                seen[*at] += 1;
                assert_eq!(sets[*at], (*fast, group.slow));
            }
            let block = (group.sets[0].1 / 16, group.slow);
            assert!(before <= block, "{before:?} comes before {block:?}");
            before = block;
        }
        assert!(seen.iter().all(|times| *times == 1));
        assert!(grouped(&[]).is_empty());
    }

    #[test]
    fn windows_beyond_the_bars_are_found_and_others_named() {
        let cross = |fast, slow| SmaCross { fast, slow };
        let windows = [2, 5, 40];
        let found = places(&windows, &[cross(5, 40), cross(2, 2)], 10).unwrap();
        assert_eq!(found, [(1, 2), (0, 0)]);
        for missing in [3, 39, usize::MAX] {
            let error = places(&windows, &[cross(2, missing)], 10).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::UnpreparedWindow { window: missing });
        }
    }
}
