//! One seed for each item.

/// The seed of item `index` in a run seeded with `seed`.
///
/// Each item draws from a generator of its own, so its numbers depend on the seed and its place and
/// never on the worker that ran it or on what ran before. The value is the output number `index`
/// (from 0) of the SplitMix64 generator that starts from `seed`: the state `seed + (index + 1) *
/// 0x9E3779B97F4A7C15` through its finalising mixer, a bijection, so two indices under one seed
/// never share a value. Levels compose: `item_seed(item_seed(seed, asset), fold)`.
///
/// Guy L. Steele, Doug Lea and Christine H. Flood (2014), "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA.
///
/// ```
/// assert_eq!(tangency_pool::item_seed(1234567, 0), 6457827717110365317);
/// ```
#[must_use]
pub const fn item_seed(seed: u64, index: usize) -> u64 {
    const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut z = seed.wrapping_add((index as u64).wrapping_add(1).wrapping_mul(GAMMA));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn published_values_of_splitmix64() {
        // Seed 1234567: the five values that the public test vectors of SplitMix64 list.
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for (index, value) in expected.into_iter().enumerate() {
            assert_eq!(item_seed(1_234_567, index), value);
        }
        // Seed 0 begins with the mixer of the golden gamma.
        assert_eq!(item_seed(0, 0), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn no_two_items_share_a_seed() {
        let seen: HashSet<u64> =
            (0..4).flat_map(|seed| (0..10_000).map(move |i| item_seed(seed, i))).collect();
        assert_eq!(seen.len(), 40_000);
        assert_ne!(item_seed(u64::MAX, usize::MAX), item_seed(u64::MAX, 0));
    }
}
