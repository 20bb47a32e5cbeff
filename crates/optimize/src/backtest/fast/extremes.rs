//! Smallest and largest close, and deepest fall, of any run of bars.

use std::ops::Range;

/// Bars in a block.
pub(super) const BLOCK: usize = 16;

/// Closes with a table of their blocks.
#[derive(Debug)]
pub(super) struct Extremes<'a> {
    close: &'a [f64],
    /// Element `k * n_blocks + b`: smallest and largest close of the blocks `b..b + 2^k`.
    levels: Vec<(f64, f64)>,
    n_blocks: usize,
    /// Of each block, the smallest `close / highest close before it in the block`.
    falls: Vec<f64>,
}

impl<'a> Extremes<'a> {
    pub(super) fn new(close: &'a [f64]) -> Self {
        let n_blocks = close.len().div_ceil(BLOCK);
        let falls = close.chunks(BLOCK).map(|block| fall(block, 0.0, 1.0).1).collect();
        let n_levels = n_blocks.ilog2() as usize + 1;
        let mut levels = Vec::with_capacity(n_levels * n_blocks);
        levels.extend(close.chunks(BLOCK).map(scan));
        for level in 1..n_levels {
            let (half, reach) = ((level - 1) * n_blocks, 1 << (level - 1));
            for block in 0..n_blocks {
                // Near the end a level repeats what there is; nobody asks for more.
                let other = (block + reach).min(n_blocks - 1);
                levels.push(join(levels[half + block], levels[half + other]));
            }
        }
        Self { close, levels, n_blocks, falls }
    }

    /// Smallest and largest close of the blocks `first..=last`, `first <= last`.
    #[inline(always)]
    fn of_blocks(&self, first: usize, last: usize) -> (f64, f64) {
        let level = (last - first + 1).ilog2() as usize;
        let row = &self.levels[level * self.n_blocks..][..self.n_blocks];
        join(row[first], row[last + 1 - (1 << level)])
    }

    /// Smallest and largest close of the range, which is not empty. `head` and `tail` are those of its
    /// bars in its first and its last block, where these differ.
    #[inline(always)]
    pub(super) fn of(&self, bars: Range<usize>, head: (f64, f64), tail: (f64, f64)) -> (f64, f64) {
        let (first, last) = (bars.start / BLOCK, (bars.end - 1) / BLOCK);
        if first == last {
            return scan(&self.close[bars]);
        }
        let ends = join(head, tail);
        if first + 1 == last { ends } else { join(ends, self.of_blocks(first + 1, last - 1)) }
    }

    /// The smallest `close[j] / close[k]`, `k <= j` in the range, or 1.
    pub(super) fn deepest_fall(&self, bars: Range<usize>) -> f64 {
        let (first, last) = (bars.start.div_ceil(BLOCK), bars.end / BLOCK);
        if first >= last {
            return fall(&self.close[bars], 0.0, 1.0).1;
        }
        let (mut high, mut deepest) = fall(&self.close[bars.start..first * BLOCK], 0.0, 1.0);
        for (block, (low, top)) in self.levels[first..last].iter().enumerate() {
            if *low < deepest * high {
                deepest = *low / high;
            }
            deepest = lesser(deepest, self.falls[first + block]);
            high = greater(high, *top);
        }
        fall(&self.close[last * BLOCK..bars.end], high, deepest).1
    }
}

#[inline(always)]
pub(super) fn lesser(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

#[inline(always)]
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

#[inline(always)]
pub(super) fn join(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (lesser(a.0, b.0), greater(a.1, b.1))
}

/// Smallest and largest value.
#[inline(always)]
fn scan(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |all, value| join(all, (*value, *value)))
}

/// Goes on from a high and a deepest share of a high.
fn fall(values: &[f64], mut high: f64, mut deepest: f64) -> (f64, f64) {
    for value in values {
        high = greater(high, *value);
        if *value < deepest * high {
            deepest = *value / high;
        }
    }
    (high, deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_two_hundred_bars() {
        let close: Vec<f64> = (0..200).map(|i| 100.0 + f64::from(i * i * 37 % 101)).collect();
        let table = Extremes::new(&close);
        for start in 0..200 {
            for end in start + 1..=200 {
                let range = start..end;
                let bars = &close[range.clone()];
                let low = bars.iter().copied().fold(f64::INFINITY, f64::min);
                let high = bars.iter().copied().fold(0.0, f64::max);
                let head = scan(&close[start..end.min((start / BLOCK + 1) * BLOCK)]);
                let tail = scan(&close[start.max((end - 1) / BLOCK * BLOCK)..end]);
                assert_eq!(table.of(range.clone(), head, tail), (low, high));
                let mut top: f64 = 0.0;
                let mut deepest: f64 = 1.0;
                for value in bars {
                    top = top.max(*value);
                    deepest = deepest.min(value / top);
                }
                assert!((table.deepest_fall(range) - deepest).abs() < 1e-15);
            }
        }
    }
}
