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

    /// As [`alternating`](Self::alternating), for orders that alternate as they come.
    #[inline]
    pub(super) fn alternating_by_themselves(&mut self, in_market: bool) -> &[u32] {
        let events = &mut self.events[..self.len];
        let skip = events.first().is_some_and(|first| first & 1 != u32::from(in_market));
        for event in events.iter_mut() {
            *event >>= 1;
        }
        &events[usize::from(skip)..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
