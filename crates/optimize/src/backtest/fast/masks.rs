//! Signals as bits.

use super::simd::WORD;
use crate::backtest::signals::Signals;

/// Which bars decide to enter and which to leave; bars with both signals, and those whose decision
/// does not count, have neither.
#[derive(Debug)]
pub(in crate::backtest) struct SignalMasks {
    pub(in crate::backtest) enter: Mask,
    pub(in crate::backtest) leave: Mask,
}

/// A bit a bar, 64 bars a word.
#[derive(Debug)]
pub(in crate::backtest) struct Mask(Vec<u64>);

impl SignalMasks {
    /// The signals of the bars `first..end`.
    pub(in crate::backtest) fn new(signals: &Signals, first: usize, end: usize) -> Self {
        let words = |flags: &[bool]| flags.chunks(WORD).map(pack).collect::<Vec<u64>>();
        let (mut enter, mut leave) = (words(signals.entries()), words(signals.exits()));
        for (word, (enter, leave)) in enter.iter_mut().zip(&mut leave).enumerate() {
            let base = word * WORD;
            let counts = below(end.saturating_sub(base)) & !below(first.saturating_sub(base));
            let both = *enter & *leave;
            *enter &= counts & !both;
            *leave &= counts & !both;
        }
        Self { enter: Mask(enter), leave: Mask(leave) }
    }
}

impl SignalMasks {
    /// The fill bars of those signals that change something: an entry first, then alternating.
    pub(super) fn orders(&self) -> Vec<u32> {
        let mut bars = Vec::new();
        let mut from = 0;
        while let Some(entry) = self.enter.next(from) {
            bars.push(entry as u32 + 1);
            let Some(exit) = self.leave.next(entry + 1) else { break };
            bars.push(exit as u32 + 1);
            from = exit + 1;
        }
        bars
    }
}

impl Mask {
    /// Whether a bar is set.
    #[inline(always)]
    pub(in crate::backtest) fn has(&self, bar: usize) -> bool {
        self.0.get(bar / WORD).is_some_and(|word| word >> (bar % WORD) & 1 == 1)
    }

    /// The first set bar at or after `from`.
    #[inline(always)]
    pub(in crate::backtest) fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / WORD;
        let mut left = self.0.get(word)? & (!0 << (from % WORD));
        while left == 0 {
            word += 1;
            left = *self.0.get(word)?;
        }
        Some(word * WORD + left.trailing_zeros() as usize)
    }
}

/// The lowest `bits` bits of a word.
fn below(bits: usize) -> u64 {
    if bits >= WORD { !0 } else { (1 << bits) - 1 }
}

/// Flags to bits, the first flag lowest.
#[inline]
fn pack(flags: &[bool]) -> u64 {
    let (whole, rest) = flags.as_chunks::<8>();
    let mut word = 0;
    for (byte, flags) in whole.iter().enumerate() {
        let spread = u64::from_le_bytes(flags.map(u8::from));
        // Byte k is 0 or 1; the product gathers them in its highest byte.
        word |= (spread.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * byte);
    }
    for (bit, flag) in rest.iter().enumerate() {
        word |= u64::from(*flag) << (8 * whole.len() + bit);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_packed_in_order() {
        for n in 0..=WORD {
            let flags: Vec<bool> = (0..n).map(|i| i * i % 3 == 1 || i % 7 == 0).collect();
            let want = flags.iter().enumerate().fold(0, |w, (i, f)| w | u64::from(*f) << i);
            assert_eq!(pack(&flags), want);
        }
    }

    /// Entries and exits one after the other, as a loop over the bars takes them.
    #[test]
    fn orders_alternate() {
        for step in 1..40_usize {
            let flag = |bar: usize, salt: usize| (bar * step + salt) % 17 < 4;
            let signals = Signals::from_flags(
                (0..300).map(|bar| flag(bar, 0)).collect(),
                (0..300).map(|bar| flag(bar * 3, 9)).collect(),
            )
            .unwrap();
            let (mut want, mut holds) = (Vec::new(), false);
            for bar in 0..299 {
                let (enter, leave) = (signals.entries()[bar], signals.exits()[bar]);
                if enter != leave && enter != holds {
                    want.push(bar as u32 + 1);
                    holds = !holds;
                }
            }
            assert_eq!(SignalMasks::new(&signals, 0, 299).orders(), want);
        }
    }

    #[test]
    fn the_next_signal_is_found_from_every_bar() {
        let enter: Vec<bool> = (0..200).map(|i| i % 67 == 3 || i > 190).collect();
        let leave: Vec<bool> = (0..200).map(|i| i % 67 == 3 && i > 100).collect();
        let signals = Signals::from_flags(enter.clone(), leave.clone()).unwrap();
        for (first, end) in [(0, 200), (4, 195), (65, 66), (130, 0)] {
            let masks = SignalMasks::new(&signals, first, end);
            for from in 0..=200 {
                let want = (from.max(first)..end).find(|bar| enter[*bar] && !leave[*bar]);
                assert_eq!(masks.enter.next(from), want, "{from} in {first}..{end}");
                assert_eq!(masks.leave.next(from), None);
            }
        }
    }
}
