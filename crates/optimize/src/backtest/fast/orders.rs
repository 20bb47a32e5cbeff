//! Orders from bit masks, without a branch that depends on where they are.

use super::simd::WORD;

/// Fill bars of entries and exits in order. A buffer, reused from set to set.
///
/// Whether a word of 64 bars holds a signal is as good as random, and so is which kind comes next: a
/// branch on either is mispredicted half the time, at the price of a whole trade. So two positions are
/// always written and the ones that do not count are overwritten.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// Fill bar times two, plus one for an exit.
    events: Vec<u32>,
    len: usize,
}

impl Orders {
    /// Positions written without asking.
    const EAGER: usize = 2;

    /// Forgets all orders and makes room for those of `words` words.
    pub(super) fn reset(&mut self, words: usize) {
        let room = words * WORD + Self::EAGER;
        if self.events.len() < room {
            self.events.resize(room, 0);
        }
        self.len = 0;
    }

    /// Adds the orders at the set bits of `left`, of 64 bars from `base` on; those that are set in
    /// `exits` too are exits, the others entries.
    #[inline]
    pub(super) fn push(&mut self, base: usize, mut left: u64, exits: u64) {
        let count = left.count_ones() as usize;
        let Some(slots) = self.events.get_mut(self.len..) else { return };
        let base = base as u32;
        let event = |left: u64| {
            let bit = left.trailing_zeros();
            let is_exit = exits.wrapping_shr(bit) & 1;
            (base.wrapping_add(bit).wrapping_add(1) << 1) | is_exit as u32
        };
        if let Some(eager) = slots.first_chunk_mut::<{ Self::EAGER }>() {
            for slot in eager {
                *slot = event(left);
                left &= left.wrapping_sub(1);
            }
        }
        if count > Self::EAGER {
            for slot in &mut slots[Self::EAGER..count] {
                *slot = event(left);
                left &= left - 1;
            }
        }
        self.len += count;
    }

    /// The fill bars of those orders that change something, an exit first while in the market.
    #[inline]
    pub(super) fn alternating(&mut self, in_market: bool) -> &[u32] {
        let mut wanted = u32::from(in_market);
        let mut kept = 0;
        for at in 0..self.len {
            let event = self.events[at];
            self.events[kept] = event >> 1;
            let keep = u32::from(event & 1 == wanted);
            kept += keep as usize;
            wanted ^= keep;
        }
        &self.events[..kept]
    }
}

/// Fill bars of orders that alternate as they come: every change of a condition. A buffer, reused from
/// set to set.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Words that hold a change, and their first bars.
    words: Vec<(u64, u32)>,
    n_words: usize,
    bars: Vec<u32>,
}

impl Changes {
    /// Forgets all changes and makes room for those of `words` words.
    pub(super) fn reset(&mut self, words: usize) {
        if self.words.len() < words + 1 {
            self.words.resize(words + 1, (0, 0));
            self.bars.resize(words * WORD + Orders::EAGER, 0);
        }
        self.n_words = 0;
    }

    /// Adds the changes at the set bits of `changes`, of 64 bars from `base` on.
    #[inline(always)]
    pub(super) fn push(&mut self, base: usize, changes: u64) {
        // Most words hold none: written without asking, kept where they do.
        if let Some(slot) = self.words.get_mut(self.n_words) {
            *slot = (changes, base as u32);
        }
        self.n_words += usize::from(changes != 0);
    }

    /// The first bar with a change.
    #[inline]
    pub(super) fn first(&self) -> Option<usize> {
        let (changes, base) = self.words[..self.n_words].first()?;
        Some(*base as usize + changes.trailing_zeros() as usize)
    }

    /// The fill bars of all changes, from the second one on where the first is to be left out.
    #[inline]
    pub(super) fn fill_bars(&mut self, without_first: bool) -> &[u32] {
        let mut len = 0;
        for (changes, base) in &self.words[..self.n_words] {
            let mut left = *changes;
            let count = left.count_ones() as usize;
            let Some(slots) = self.bars.get_mut(len..) else { break };
            let mut next = || {
                let bar = base.wrapping_add(left.trailing_zeros()).wrapping_add(1);
                left &= left.wrapping_sub(1);
                bar
            };
            if let Some(eager) = slots.first_chunk_mut::<{ Orders::EAGER }>() {
                eager.iter_mut().for_each(|slot| *slot = next());
            }
            if count > Orders::EAGER {
                slots[Orders::EAGER..count].iter_mut().for_each(|slot| *slot = next());
            }
            len += count;
        }
        &self.bars[usize::from(without_first).min(len)..len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_keep_their_bars() {
        let (mut changes, mut state) = (Changes::default(), 5_u64);
        for round in 0..300 {
            let words: Vec<u64> = (0..round % 5 + 1)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    // From every bit set down to hardly any.
                    let spread = (state >> 13) & (state >> 29) & state.rotate_left(17);
                    [u64::MAX, state, spread, spread & spread << 7, 0][(state >> 60) as usize % 5]
                })
                .collect();
            changes.reset(words.len());
            let mut want: Vec<u32> = Vec::new();
            for (at, word) in words.iter().enumerate() {
                changes.push(64 * at, *word);
                want.extend(
                    (0..64).filter(|bit| word >> bit & 1 == 1).map(|bit| 64 * at as u32 + bit + 1),
                );
            }
            assert_eq!(changes.first(), want.first().map(|bar| *bar as usize - 1));
            assert_eq!(changes.fill_bars(false), want);
            assert_eq!(changes.fill_bars(true), &want[1.min(want.len())..]);
        }
    }

    #[test]
    fn orders_alternate_and_keep_their_bars() {
        let (mut orders, mut state) = (Orders::default(), 7_u64);
        for _ in 0..200 {
            let mut word = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 32) & (state >> 7) & (state >> 21)
            };
            let (entries, exits): (Vec<u64>, Vec<u64>) = (0..3).map(|_| (word(), word())).unzip();
            for in_market in [false, true] {
                orders.reset(3);
                let (mut want, mut holds) = (Vec::new(), in_market);
                for at in 0..3 {
                    let both = entries[at] & exits[at];
                    let (entries, exits) = (entries[at] & !both, exits[at] & !both);
                    orders.push(64 * at, entries | exits, exits);
                    for bit in 0..64 {
                        let wanted = if holds { exits } else { entries };
                        if wanted >> bit & 1 == 1 {
                            want.push((64 * at + bit + 1) as u32);
                            holds = !holds;
                        }
                    }
                }
                assert_eq!(orders.alternating(in_market), want);
            }
        }
    }
}
