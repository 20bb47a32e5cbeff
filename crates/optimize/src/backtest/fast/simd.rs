//! Comparing two columns into bit masks, 64 bars a word, in the widest registers there are.
//!
//! With the registers module the only files of this crate with `unsafe` code: the processor's features
//! are asked for at run time, and the variants for them are called only where they exist. Comparisons have no rounding,
//! and a [`Task`] is one sequence of operations on eight virtual lanes, so every width gives the same
//! bits.

#![allow(unsafe_code, reason = "vector loads, and calls into code for features found at run time")]

use std::fmt;

/// Bars in one word of a mask.
pub(super) const WORD: usize = 64;

/// The vector registers that comparisons use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SimdWidth {
    /// Whatever the compiler makes of plain loops; on every processor.
    Portable,
    /// 256 bits, four doubles (x86-64 with AVX2).
    Avx2,
    /// 512 bits, eight doubles (x86-64 with AVX-512F).
    Avx512,
}

impl SimdWidth {
    /// The widest that this processor has.
    #[must_use]
    pub fn detect() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }

    /// Those that this processor has, the widest last.
    #[must_use]
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = std::arch::is_x86_feature_detected!("avx2");
            if avx2 && std::arch::is_x86_feature_detected!("avx512f") {
                return &[Self::Portable, Self::Avx2, Self::Avx512];
            }
            if avx2 {
                return &[Self::Portable, Self::Avx2];
            }
        }
        &[Self::Portable]
    }
}

impl fmt::Display for SimdWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        })
    }
}

/// A mask of 64 bars, the first bar in the lowest bit of the first byte.
pub(super) type Mask = [u8; WORD / 8];

/// Sets bit `i % 64` of mask `i / 64` where `a[i] > b[i]`, clears it elsewhere; true where some
/// `a[i] == b[i]`. Comparisons with NaN are false. The columns have the same length, there is a mask
/// for each 64 bars or part of them.
pub(super) fn compare(width: SimdWidth, a: &[f64], b: &[f64], above: &mut [Mask]) -> bool {
    match width {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX-512F.
        SimdWidth::Avx512 if SimdWidth::available().contains(&width) => unsafe {
            x86::compare_512(a, b, above)
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX2.
        SimdWidth::Avx2 if SimdWidth::available().contains(&width) => unsafe {
            x86::compare_256(a, b, above)
        },
        _ => compare_bytes(a, b, above, compare_eight),
    }
}

/// Sets compared together against one column.
pub(super) const GROUP: usize = 4;

/// As [`compare`], of several columns against the same one, which is loaded once for all.
pub(super) fn compare_group(
    width: SimdWidth,
    a: [&[f64]; GROUP],
    b: &[f64],
    above: &mut [Vec<Mask>; GROUP],
) -> [bool; GROUP] {
    match width {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX-512F.
        SimdWidth::Avx512 if SimdWidth::available().contains(&width) => unsafe {
            x86::compare_group_512(a, b, above)
        },
        _ => std::array::from_fn(|k| compare(width, a[k], b, &mut above[k])),
    }
}

/// Work on plain arrays of eight that the compiler turns into vectors as wide as it may.
///
/// `run` and what it calls in its loops have to be `#[inline(always)]`, so that they are compiled for
/// the width of the caller. The operations are the same in each, without fused multiplication, and so
/// are the bits.
pub(in crate::backtest) trait Task {
    /// What comes of it.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Runs a task in registers of this width.
#[inline]
pub(in crate::backtest) fn run<T: Task>(width: SimdWidth, task: T) -> T::Output {
    match width {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX-512F.
        SimdWidth::Avx512 if SimdWidth::available().contains(&width) => unsafe {
            x86::run_512(task)
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX2.
        SimdWidth::Avx2 if SimdWidth::available().contains(&width) => unsafe { x86::run_256(task) },
        _ => task.run(),
    }
}

/// Eight bars at a time by `eight`, which gives what is above and whether anything is equal; what
/// is left at the end, below eight, bar by bar.
#[inline(always)]
fn compare_bytes(
    a: &[f64],
    b: &[f64],
    above: &mut [Mask],
    eight: impl Fn(&[f64; 8], &[f64; 8]) -> (u8, u8),
) -> bool {
    assert_eq!(a.len(), b.len(), "columns of the same bars");
    let above = &mut above[..a.len().div_ceil(WORD)].as_flattened_mut();
    let (a_eights, a_rest) = a.as_chunks::<8>();
    let (b_eights, b_rest) = b.as_chunks::<8>();
    let mut equal = 0;
    for ((a, b), above) in a_eights.iter().zip(b_eights).zip(above.iter_mut()) {
        let (more, same) = eight(a, b);
        *above = more;
        equal |= same;
    }
    equal |= compare_rest(a_rest, b_rest, &mut above[a_eights.len()..]);
    equal != 0
}

/// The last bars, fewer than eight, into the first byte, and zeros into the others; not 0 where
/// something is equal.
#[inline]
fn compare_rest(a: &[f64], b: &[f64], above: &mut [u8]) -> u8 {
    let Some((byte, rest)) = above.split_first_mut() else { return 0 };
    rest.fill(0);
    *byte = 0;
    let mut equal = 0;
    for (bit, (a, b)) in a.iter().zip(b).enumerate() {
        *byte |= u8::from(a > b) << bit;
        equal |= u8::from(a == b);
    }
    equal
}

#[inline(always)]
fn compare_eight(a: &[f64; 8], b: &[f64; 8]) -> (u8, u8) {
    let more: [u8; 8] = std::array::from_fn(|k| u8::from(a[k] > b[k]));
    let same = (0..8).fold(0, |same, k| same | u8::from(a[k] == b[k]));
    // One flag a byte of a word, gathered by a product: byte k ends up as bit k of the highest byte.
    ((u64::from_le_bytes(more).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8, same)
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{GROUP, Mask, Task, WORD, compare_bytes};
    use std::arch::x86_64::{
        _CMP_EQ_OQ, _CMP_GT_OQ, _mm256_cmp_pd, _mm256_loadu_pd, _mm256_movemask_pd, _mm256_or_pd,
        _mm512_cmp_pd_mask, _mm512_loadu_pd,
    };

    #[target_feature(enable = "avx512f")]
    pub(super) fn compare_512(a: &[f64], b: &[f64], above: &mut [Mask]) -> bool {
        compare_bytes(a, b, above, |a, b| {
            // SAFETY: both arrays hold the eight doubles that are loaded.
            let (a, b) = unsafe { (_mm512_loadu_pd(a.as_ptr()), _mm512_loadu_pd(b.as_ptr())) };
            (_mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b), _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(a, b))
        })
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn compare_256(a: &[f64], b: &[f64], above: &mut [Mask]) -> bool {
        compare_bytes(a, b, above, |a, b| {
            // SAFETY: both arrays hold the eight doubles that are loaded, four at a time.
            let (a, b, a_4, b_4) = unsafe {
                let (a, b) = (a.as_ptr(), b.as_ptr());
                let load = |from| _mm256_loadu_pd(from);
                (load(a), load(b), load(a.add(4)), load(b.add(4)))
            };
            let more = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a, b))
                | _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a_4, b_4)) << 4;
            let (same, same_4) =
                (_mm256_cmp_pd::<_CMP_EQ_OQ>(a, b), _mm256_cmp_pd::<_CMP_EQ_OQ>(a_4, b_4));
            (more as u8, _mm256_movemask_pd(_mm256_or_pd(same, same_4)) as u8)
        })
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn compare_group_512(
        a: [&[f64]; GROUP],
        b: &[f64],
        above: &mut [Vec<Mask>; GROUP],
    ) -> [bool; GROUP] {
        let (words, rest) = b.as_chunks::<WORD>();
        let columns = a.map(|a| &a.as_chunks::<WORD>().0[..words.len()]);
        let [above_0, above_1, above_2, above_3] = above;
        let mut masks = [above_0, above_1, above_2, above_3].map(|above| &mut above[..]);
        let mut equal = [0; GROUP];
        for (word, b) in words.iter().enumerate() {
            let mut more = [Mask::default(); GROUP];
            for (eight, b) in b.as_chunks::<8>().0.iter().enumerate() {
                // SAFETY: the array holds the eight doubles that are loaded.
                let b = unsafe { _mm512_loadu_pd(b.as_ptr()) };
                for k in 0..GROUP {
                    let a = &columns[k][word].as_chunks::<8>().0[eight];
                    // SAFETY: the array holds the eight doubles that are loaded.
                    let a = unsafe { _mm512_loadu_pd(a.as_ptr()) };
                    more[k][eight] = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b);
                    equal[k] |= _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(a, b);
                }
            }
            for k in 0..GROUP {
                masks[k][word] = more[k];
            }
        }
        let from = words.len();
        std::array::from_fn(|k| {
            let tied = compare_512(&a[k][from * WORD..], rest, &mut masks[k][from..]);
            tied || equal[k] != 0
        })
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn run_512<T: Task>(task: T) -> T::Output {
        task.run()
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn run_256<T: Task>(task: T) -> T::Output {
        task.run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length around a word, ties and NaN among the values: all widths alike, and as defined.
    #[test]
    fn every_width_gives_the_same_bits() {
        let value = |i: usize, step: usize| match i * step % 11 {
            0 => f64::NAN,
            k => k as f64,
        };
        for n in (0..200).chain([1000]) {
            let a: Vec<f64> = (0..n).map(|i| value(i, 7)).collect();
            let b: Vec<f64> = (0..n).map(|i| value(i, 3)).collect();
            let words = n.div_ceil(WORD);
            let equal = a.iter().zip(&b).any(|(a, b)| a == b);
            for width in SimdWidth::available() {
                let mut above = vec![[255; 8]; words];
                assert_eq!(compare(*width, &a, &b, &mut above), equal, "{width} of {n}");
                for i in 0..words * WORD {
                    let bit = u64::from_le_bytes(above[i / WORD]) >> (i % WORD) & 1 == 1;
                    assert_eq!(bit, i < n && a[i] > b[i], "{width} at {i} of {n}");
                }
            }
        }
    }
}
