//! Indicators of some bars, computed once for every rule that reads them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tangency_preprocess::indicators::{Macd, PrefixSums, atr_into, ema_into, macd_into, rsi_into};

use super::bars::Bars;
use super::fast::{SimdWidth, Task, run};

/// Columns computed from bars, kept under a name that holds their parameters.
///
/// Shared by the parameter sets of a grid: the second rule that asks for `sma(20)` gets the first
/// one's. Can be read from several threads; two that ask for the same column at the same time
/// may both compute it, to the same bits. Grows with every distinct column, one double a bar.
#[derive(Debug)]
pub struct Indicators<'a> {
    bars: Bars<'a>,
    columns: Mutex<Columns>,
    /// For averages of any window.
    close_sums: OnceLock<PrefixSums>,
    range_sums: OnceLock<PrefixSums>,
}

#[derive(Debug, Default)]
struct Columns {
    named: BTreeMap<String, Arc<[f64]>>,
    /// Those of the ready-made rules, under keys that are quicker to make and to find than names.
    own: BTreeMap<Key, Arc<[f64]>>,
}

/// An indicator with its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Sma(usize),
    Ema(usize),
    Rsi(usize),
    Atr(usize),
    MacdLine(usize, usize),
    Deviation(usize),
    HighestBefore(usize),
    LowestBefore(usize),
    CloseBefore,
    BarRange,
    MeanRange(usize),
}

impl<'a> Indicators<'a> {
    /// Nothing computed yet.
    #[must_use]
    pub fn new(bars: Bars<'a>) -> Self {
        let (close_sums, range_sums) = (OnceLock::new(), OnceLock::new());
        Self { bars, columns: Mutex::default(), close_sums, range_sums }
    }

    /// The bars.
    #[must_use]
    pub fn bars(&self) -> &Bars<'a> {
        &self.bars
    }

    /// The column of that name, computed into a buffer of NaN, one element a bar, unless it is there.
    ///
    /// The name must tell all parameters; a column of the caller's own is best prefixed.
    pub fn column(&self, name: &str, compute: impl FnOnce(&mut [f64])) -> Arc<[f64]> {
        if let Some(column) = self.lock().named.get(name) {
            return Arc::clone(column);
        }
        // Computed without the lock, so that other threads go on.
        let values = self.once(compute);
        Arc::clone(self.lock().named.entry(name.to_owned()).or_insert(values))
    }

    fn own(&self, key: Key, compute: impl FnOnce(&mut [f64])) -> Arc<[f64]> {
        if let Some(column) = self.lock().own.get(&key) {
            return Arc::clone(column);
        }
        let values = self.once(compute);
        Arc::clone(self.lock().own.entry(key).or_insert(values))
    }

    /// A column that is not kept.
    pub(super) fn once(&self, compute: impl FnOnce(&mut [f64])) -> Arc<[f64]> {
        let mut values: Arc<[f64]> = std::iter::repeat_n(f64::NAN, self.bars.len()).collect();
        compute(Arc::get_mut(&mut values).expect("nobody else has it yet"));
        values
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Columns> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Simple moving average of the closes; the caller has checked the window, here and below.
    pub(super) fn sma(&self, window: usize) -> Arc<[f64]> {
        self.own(Key::Sma(window), |out| {
            let sums = self.close_sums.get_or_init(|| PrefixSums::new(self.bars.close()));
            run(SimdWidth::detect(), Average { sums, window, out });
        })
    }

    pub(super) fn ema(&self, window: usize) -> Arc<[f64]> {
        self.own(Key::Ema(window), |out| {
            ema_into(self.bars.close(), window, out).expect(CHECKED);
        })
    }

    pub(super) fn rsi(&self, window: usize) -> Arc<[f64]> {
        self.own(Key::Rsi(window), |out| {
            rsi_into(self.bars.close(), window, out).expect(CHECKED);
        })
    }

    pub(super) fn atr(&self, window: usize) -> Arc<[f64]> {
        let (high, low) = (self.bars.high_or_close(), self.bars.low_or_close());
        self.own(Key::Atr(window), |out| {
            atr_into(high, low, self.bars.close(), window, out).expect(CHECKED);
        })
    }

    /// Line, signal and histogram, all from the bar on which the signal exists.
    pub(super) fn macd(&self, windows: Macd) -> [Arc<[f64]>; 3] {
        let Macd { fast, slow, signal } = windows;
        let line = self.macd_line(fast, slow);
        let average = self.column(&format!("macd_signal({fast}, {slow}, {signal})"), |out| {
            ema_into(&line, signal, out).expect(CHECKED);
        });
        let line = self.column(&format!("macd({fast}, {slow}, {signal})"), |out| {
            for ((out, line), average) in out.iter_mut().zip(&*line).zip(&*average) {
                *out = if average.is_nan() { f64::NAN } else { *line };
            }
        });
        let histogram = self.column(&format!("macd_histogram({fast}, {slow}, {signal})"), |out| {
            for ((out, line), average) in out.iter_mut().zip(&*line).zip(&*average) {
                *out = line - average;
            }
        });
        [line, average, histogram]
    }

    /// The difference of the two averages, from the bar on which it exists.
    pub(super) fn macd_line(&self, fast: usize, slow: usize) -> Arc<[f64]> {
        self.own(Key::MacdLine(fast, slow), |out| {
            // With a signal of one bar nothing of the line is left out.
            let windows = Macd { fast, slow, signal: 1 };
            let mut rest = [vec![0.0; out.len()], vec![0.0; out.len()]];
            let [average, histogram] = &mut rest;
            macd_into(self.bars.close(), windows, out, average, histogram).expect(CHECKED);
        })
    }

    /// Population standard deviation of the closes, around their average.
    pub(super) fn deviation(&self, window: usize) -> Arc<[f64]> {
        let middle = self.sma(window);
        let close = self.bars.close();
        self.own(Key::Deviation(window), |out| {
            let (middle, out) = (&middle[window - 1..], &mut out[window - 1..]);
            run(SimdWidth::detect(), Deviation { close, middle, window, out });
        })
    }

    /// Upper, middle and lower band.
    pub(super) fn bollinger(&self, window: usize, deviations: f64) -> [Arc<[f64]>; 3] {
        let (middle, deviation) = (self.sma(window), self.deviation(window));
        let band = |name: &str, sign: f64| {
            self.column(&format!("{name}({window}, {deviations})"), |out| {
                for ((out, mean), deviation) in out.iter_mut().zip(&*middle).zip(&*deviation) {
                    *out = mean + sign * (deviations * deviation);
                }
            })
        };
        let (upper, lower) = (band("upper_band", 1.0), band("lower_band", -1.0));
        [upper, middle, lower]
    }

    /// The highest high of the `window` bars before each.
    pub(super) fn highest_before(&self, window: usize) -> Arc<[f64]> {
        self.own(Key::HighestBefore(window), |out| {
            extremes_before(
                self.bars.high_or_close(),
                window,
                out,
                |a, b| if b > a { b } else { a },
            );
        })
    }

    /// The lowest low of the `window` bars before each.
    pub(super) fn lowest_before(&self, window: usize) -> Arc<[f64]> {
        self.own(Key::LowestBefore(window), |out| {
            extremes_before(
                self.bars.low_or_close(),
                window,
                out,
                |a, b| if b < a { b } else { a },
            );
        })
    }

    /// The close of the bar before.
    pub(super) fn close_before(&self) -> Arc<[f64]> {
        self.own(Key::CloseBefore, |out| {
            out[1..].copy_from_slice(&self.bars.close()[..self.bars.len() - 1]);
        })
    }

    /// High less low; where there are only closes the size of the move from the close before.
    pub(super) fn bar_range(&self) -> Arc<[f64]> {
        self.own(Key::BarRange, |out| {
            let close = self.bars.close();
            if self.bars.open().is_some() {
                let ends = self.bars.high_or_close().iter().zip(self.bars.low_or_close());
                out.iter_mut().zip(ends).for_each(|(out, (high, low))| *out = high - low);
            } else {
                let moves = close[1..].iter().zip(close);
                out[1..].iter_mut().zip(moves).for_each(|(out, (b, a))| *out = (b - a).abs());
            }
        })
    }

    /// The mean of so many ranges.
    pub(super) fn mean_range(&self, window: usize) -> Arc<[f64]> {
        let range = self.bar_range();
        self.own(Key::MeanRange(window), |out| {
            let sums = self.range_sums.get_or_init(|| PrefixSums::new(&range));
            run(SimdWidth::detect(), Average { sums, window, out });
        })
    }
}

/// Moving average over one window.
struct Average<'t> {
    sums: &'t PrefixSums,
    window: usize,
    out: &'t mut [f64],
}

impl Task for Average<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.sums.sma_rows_into(self.window, 0..self.out.len(), self.out).expect(CHECKED);
    }
}

/// Deviation of the closes of each window from its average.
struct Deviation<'t> {
    close: &'t [f64],
    middle: &'t [f64],
    window: usize,
    out: &'t mut [f64],
}

impl Task for Deviation<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const LANES: usize = 8;
        let Self { close, middle, window, out } = self;
        let n = window as f64;
        let (outs, rest) = out.as_chunks_mut::<LANES>();
        let (means, rest_of_middle) = middle.as_chunks::<LANES>();
        // Eight windows at once, each in the order of its closes.
        for (at, (out, means)) in outs.iter_mut().zip(means).enumerate() {
            let mut squares = [0.0; LANES];
            for closes in close[at * LANES..].windows(LANES).take(window) {
                for ((sum, close), mean) in squares.iter_mut().zip(closes).zip(means) {
                    *sum += (close - mean) * (close - mean);
                }
            }
            *out = squares.map(|sum| (sum / n).sqrt());
        }
        let from = outs.len() * LANES;
        for (at, (out, mean)) in rest.iter_mut().zip(rest_of_middle).enumerate() {
            let closes = &close[from + at..][..window];
            *out = (closes.iter().fold(0.0, |sum, v| sum + (v - mean) * (v - mean)) / n).sqrt();
        }
    }
}

/// The extreme of the `window` values before each that has so many, two comparisons a value whatever the
/// window: values in blocks of `window`, and the extreme of one that begins within a block is that of the
/// rest of the block and that of the beginning of the next (van Herk, 1992, "A fast algorithm for local
/// minimum and maximum filters on rectangular and octagonal kernels").
fn extremes_before(
    values: &[f64],
    window: usize,
    out: &mut [f64],
    outer: impl Fn(f64, f64) -> f64,
) {
    let mut rest = vec![0.0; window.min(values.len())];
    let mut outs = out.chunks_mut(window).skip(1);
    let mut blocks = values.chunks(window).peekable();
    while let (Some(block), Some(out)) = (blocks.next(), outs.next()) {
        let mut extreme = block[block.len() - 1];
        for (rest, value) in rest.iter_mut().zip(block).rev() {
            extreme = outer(extreme, *value);
            *rest = extreme;
        }
        let Some(next) = blocks.peek() else { return };
        out[0] = rest[0];
        let mut extreme = next[0];
        for ((out, rest), value) in out[1..].iter_mut().zip(&rest[1..]).zip(*next) {
            extreme = outer(extreme, *value);
            *out = outer(*rest, extreme);
        }
    }
}

/// Calls `visit(bar, extreme)` with the extreme of the `window` values before each bar that has so
/// many, in linear time: a queue keeps only values that no later one outdoes.
pub(super) fn for_each_extreme_before(
    values: &[f64],
    window: usize,
    outdoes: impl Fn(f64, f64) -> bool,
    mut visit: impl FnMut(usize, f64),
) {
    let mut queue: VecDeque<usize> = VecDeque::new();
    for bar in 0..values.len() {
        if bar >= window {
            while queue.front().is_some_and(|oldest| *oldest + window < bar) {
                queue.pop_front();
            }
            if let Some(best) = queue.front() {
                visit(bar, values[*best]);
            }
        }
        while queue.back().is_some_and(|last| outdoes(values[bar], values[*last])) {
            queue.pop_back();
        }
        queue.push_back(bar);
    }
}

const CHECKED: &str = "windows and lengths were checked";

#[cfg(test)]
mod tests {
    use tangency_preprocess::indicators::bollinger_into;

    use super::*;

    #[test]
    fn extremes_of_every_window() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i * 37 % 101)).collect();
        for n in 0..values.len() {
            for window in 1..=n + 2 {
                let mut got = [vec![f64::NAN; n], vec![f64::NAN; n]];
                let [high, low] = &mut got;
                extremes_before(&values[..n], window, high, f64::max);
                extremes_before(&values[..n], window, low, f64::min);
                for bar in 0..n {
                    if bar < window {
                        assert!(high[bar].is_nan() && low[bar].is_nan());
                        continue;
                    }
                    let before = &values[bar - window..bar];
                    assert_eq!(high[bar], before.iter().copied().fold(0.0, f64::max));
                    assert_eq!(low[bar], before.iter().copied().fold(f64::INFINITY, f64::min));
                }
            }
        }
    }

    /// Columns made of shared parts have the bits of those made at once.
    #[test]
    fn shared_parts_change_no_bit() {
        let close: Vec<f64> = (0..90).map(|i| 100.0 + f64::from(i * i * 37 % 101) / 7.0).collect();
        let indicators = Indicators::new(Bars::from_closes(&close).expect("above zero"));
        let bits = |column: &[f64]| -> Vec<u64> { column.iter().map(|v| v.to_bits()).collect() };
        for (fast, slow, signal) in [(5, 12, 4), (12, 5, 9), (1, 30, 1), (12, 26, 80)] {
            let windows = Macd { fast, slow, signal };
            let mut want = [vec![0.0; 90], vec![0.0; 90], vec![0.0; 90]];
            let [line, average, histogram] = &mut want;
            macd_into(&close, windows, line, average, histogram).expect("windows fit");
            for (got, want) in indicators.macd(windows).iter().zip(&want) {
                assert_eq!(bits(got), bits(want), "{windows:?}");
            }
        }
        for window in [1, 2, 50, 90] {
            let want = tangency_preprocess::indicators::sma(&close, window).unwrap();
            assert_eq!(bits(&indicators.sma(window)), bits(&want), "{window}");
            let want = tangency_preprocess::indicators::sma(&indicators.bar_range(), window);
            assert_eq!(bits(&indicators.mean_range(window)), bits(&want.unwrap()), "{window}");
        }
        for (window, deviations) in [(1, 2.0), (20, 1.5), (83, 2.0), (90, 0.1)] {
            let mut want = [vec![0.0; 90], vec![0.0; 90], vec![0.0; 90]];
            let [upper, middle, lower] = &mut want;
            bollinger_into(&close, window, deviations, upper, middle, lower).expect("it fits");
            for (got, want) in indicators.bollinger(window, deviations).iter().zip(&want) {
                assert_eq!(bits(got), bits(want), "{window} {deviations}");
            }
        }
    }
}
