//! Smallest and largest close, and deepest fall, of any run of bars.

use std::ops::Range;

/// Bars in a block.
const BLOCK: usize = 16;

/// Closes with a table of their blocks: bounds in constant time, exact values from at most two
/// partial blocks.
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
    #[inline]
    fn of_blocks(&self, first: usize, last: usize) -> (f64, f64) {
        let level = (last - first + 1).ilog2() as usize;
        let row = &self.levels[level * self.n_blocks..][..self.n_blocks];
        join(row[first], row[last + 1 - (1 << level)])
    }

    /// Bounds: no close of the range is below the first or above the second.
    #[inline]
    pub(super) fn bounds(&self, bars: Range<usize>) -> (f64, f64) {
        self.of_blocks(bars.start / BLOCK, (bars.end - 1) / BLOCK)
    }

    /// Smallest and largest close of the range, which is not empty.
    #[inline]
    pub(super) fn exact(&self, bars: Range<usize>) -> (f64, f64) {
        let (first, last) = (bars.start.div_ceil(BLOCK), bars.end / BLOCK);
        if first >= last {
            return scan(&self.close[bars]);
        }
        let head = scan(&self.close[bars.start..first * BLOCK]);
        let tail = scan(&self.close[last * BLOCK..bars.end]);
        join(join(head, self.of_blocks(first, last - 1)), tail)
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

#[inline]
fn lesser(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

#[inline]
fn greater(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

#[inline]
fn join(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (lesser(a.0, b.0), greater(a.1, b.1))
}

/// Smallest and largest value, in eight lanes, so that the loop has no chain through every value.
#[inline]
fn scan(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let (whole, rest) = values.as_chunks::<8>();
    for lanes in whole {
        for lane in 0..8 {
            low[lane] = lesser(low[lane], lanes[lane]);
            high[lane] = greater(high[lane], lanes[lane]);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        low[lane] = lesser(low[lane], *value);
        high[lane] = greater(high[lane], *value);
    }
    (0..8).fold((f64::INFINITY, f64::NEG_INFINITY), |all, lane| join(all, (low[lane], high[lane])))
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
                assert_eq!(table.exact(range.clone()), (low, high));
                let (below, above) = table.bounds(range.clone());
                assert!(below <= low && above >= high);
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
