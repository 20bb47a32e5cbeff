//! Lanes in the registers of processors that have them.
//!
//! In intrinsics: out of loops over arrays the compiler made the same vectors, or half of them in
//! single numbers, by what else stood in the function; plans took half as long again. The widths are
//! asked for at run time, and the types for them exist only in code that is called where they are.

#![allow(unsafe_code, reason = "vector instructions, in registers found at run time")]

use super::lanes::{LaneTask, WIDEST};
use super::simd::SimdWidth;

/// How many lanes a task has in registers of this width.
pub(in crate::backtest) fn lanes_of(width: SimdWidth) -> usize {
    if width == SimdWidth::Portable || !SimdWidth::available().contains(&width) {
        1
    } else {
        WIDEST
    }
}

/// Runs a task in registers of this width.
pub(in crate::backtest) fn run_in_lanes<T: LaneTask>(width: SimdWidth, task: T) -> T::Output {
    match width {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX-512F.
        SimdWidth::Avx512 if SimdWidth::available().contains(&width) => unsafe {
            x86::run_512(task)
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `available` lists this width only where the processor has AVX2.
        SimdWidth::Avx2 if SimdWidth::available().contains(&width) => unsafe { x86::run_256(task) },
        _ => task.run::<f64>(),
    }
}

/// Operators of a type, each by a function of two.
#[cfg(target_arch = "x86_64")]
macro_rules! operators {
    ($type:ty: $($operator:ident $function:ident $two:expr;)*) => {$(
        impl $operator for $type {
            type Output = Self;

            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                $two(self, other)
            }
        }
    )*};
}

/// Registers of the processors that have them.
///
/// The types of this module are made in [`run_512`] and [`run_256`] alone, which are called only where
/// the processor has their instructions.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256d, __m512d, __mmask8, _CMP_LE_OQ, _CMP_LT_OQ, _CMP_TRUE_UQ, _MM_FROUND_NO_EXC,
        _MM_FROUND_TO_NEG_INF, _mm256_add_pd, _mm256_and_pd, _mm256_andnot_pd, _mm256_blendv_pd,
        _mm256_cmp_pd, _mm256_div_pd, _mm256_floor_pd, _mm256_loadu_pd, _mm256_max_pd,
        _mm256_min_pd, _mm256_movemask_pd, _mm256_mul_pd, _mm256_or_pd, _mm256_set1_pd,
        _mm256_setzero_pd, _mm256_storeu_pd, _mm256_sub_pd, _mm256_xor_pd, _mm512_abs_pd,
        _mm512_add_pd, _mm512_cmp_pd_mask, _mm512_div_pd, _mm512_loadu_pd, _mm512_mask_blend_pd,
        _mm512_max_pd, _mm512_min_pd, _mm512_mul_pd, _mm512_roundscale_pd, _mm512_set1_pd,
        _mm512_storeu_pd, _mm512_sub_pd,
    };
    use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Sub};

    use super::{LaneTask, WIDEST};
    use crate::backtest::fast::lanes::{Flags, Lanes};

    #[target_feature(enable = "avx512f")]
    pub(super) fn run_512<T: LaneTask>(task: T) -> T::Output {
        task.run::<One512>()
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn run_256<T: LaneTask>(task: T) -> T::Output {
        task.run::<Two256>()
    }

    /// Eight numbers in one register.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct One512(__m512d);

    /// A bit a lane.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Bits(__mmask8);

    /// Eight numbers in two registers.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Two256([__m256d; 2]);

    /// All bits or none a lane.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct TwoFlags([__m256d; 2]);

    /// An expression of intrinsics.
    macro_rules! instructions {
        ($($code:tt)*) => {
            // SAFETY: a lane type of this module exists only within `run_512` or `run_256`, whose
            // callers have found the instructions; loads and stores are of arrays as long as that.
            unsafe { $($code)* }
        };
    }

    impl Lanes for One512 {
        type Flags = Bits;

        #[inline(always)]
        fn all(value: f64) -> Self {
            Self(instructions!(_mm512_set1_pd(value)))
        }

        #[inline(always)]
        fn of(values: &[f64; WIDEST]) -> Self {
            Self(instructions!(_mm512_loadu_pd(values.as_ptr())))
        }

        #[inline(always)]
        fn values(self) -> [f64; WIDEST] {
            let mut values = [0.0; WIDEST];
            instructions!(_mm512_storeu_pd(values.as_mut_ptr(), self.0));
            values
        }

        // Of two that are equal, or not numbers, these instructions give the second one.
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            Self(instructions!(_mm512_min_pd(other.0, self.0)))
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            Self(instructions!(_mm512_max_pd(other.0, self.0)))
        }

        #[inline(always)]
        fn abs(self) -> Self {
            Self(instructions!(_mm512_abs_pd(self.0)))
        }

        #[inline(always)]
        fn floor(self) -> Self {
            const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
            Self(instructions!(_mm512_roundscale_pd::<DOWN>(self.0)))
        }

        #[inline(always)]
        fn below(self, other: Self) -> Bits {
            Bits(instructions!(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0)))
        }

        #[inline(always)]
        fn up_to(self, other: Self) -> Bits {
            Bits(instructions!(_mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, other.0)))
        }

        #[inline(always)]
        fn or(self, others: Self, flags: Bits) -> Self {
            Self(instructions!(_mm512_mask_blend_pd(flags.0, others.0, self.0)))
        }
    }

    impl Flags for Bits {
        #[inline(always)]
        fn none() -> Self {
            Self(0)
        }

        #[inline(always)]
        fn any(self) -> bool {
            self.0 != 0
        }
    }

    operators! { One512:
        Add add |a: One512, b: One512| One512(instructions!(_mm512_add_pd(a.0, b.0)));
        Sub sub |a: One512, b: One512| One512(instructions!(_mm512_sub_pd(a.0, b.0)));
        Mul mul |a: One512, b: One512| One512(instructions!(_mm512_mul_pd(a.0, b.0)));
        Div div |a: One512, b: One512| One512(instructions!(_mm512_div_pd(a.0, b.0)));
    }

    operators! { Bits:
        BitAnd bitand |a: Bits, b: Bits| Bits(a.0 & b.0);
        BitOr bitor |a: Bits, b: Bits| Bits(a.0 | b.0);
    }

    impl Not for Bits {
        type Output = Self;

        #[inline(always)]
        fn not(self) -> Self {
            Self(!self.0)
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn all_bits() -> __m256d {
        _mm256_cmp_pd::<_CMP_TRUE_UQ>(_mm256_setzero_pd(), _mm256_setzero_pd())
    }

    impl Two256 {
        #[inline(always)]
        fn with(self, other: Self, two: impl Fn(__m256d, __m256d) -> __m256d) -> Self {
            Self([two(self.0[0], other.0[0]), two(self.0[1], other.0[1])])
        }
    }

    impl TwoFlags {
        #[inline(always)]
        fn with(self, other: Self, two: impl Fn(__m256d, __m256d) -> __m256d) -> Self {
            Self([two(self.0[0], other.0[0]), two(self.0[1], other.0[1])])
        }
    }

    impl Lanes for Two256 {
        type Flags = TwoFlags;

        #[inline(always)]
        fn all(value: f64) -> Self {
            Self([instructions!(_mm256_set1_pd(value)); 2])
        }

        #[inline(always)]
        fn of(values: &[f64; WIDEST]) -> Self {
            let halves = values.as_chunks::<4>().0;
            let [low, high] = [halves[0].as_ptr(), halves[1].as_ptr()];
            Self(instructions!([_mm256_loadu_pd(low), _mm256_loadu_pd(high)]))
        }

        #[inline(always)]
        fn values(self) -> [f64; WIDEST] {
            let mut values = [0.0; WIDEST];
            for (to, from) in values.as_chunks_mut::<4>().0.iter_mut().zip(self.0) {
                instructions!(_mm256_storeu_pd(to.as_mut_ptr(), from));
            }
            values
        }

        #[inline(always)]
        fn min(self, other: Self) -> Self {
            other.with(self, |a, b| instructions!(_mm256_min_pd(a, b)))
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            other.with(self, |a, b| instructions!(_mm256_max_pd(a, b)))
        }

        #[inline(always)]
        fn abs(self) -> Self {
            Self::all(-0.0).with(self, |sign, half| instructions!(_mm256_andnot_pd(sign, half)))
        }

        #[inline(always)]
        fn floor(self) -> Self {
            Self(instructions!([_mm256_floor_pd(self.0[0]), _mm256_floor_pd(self.0[1])]))
        }

        #[inline(always)]
        fn below(self, other: Self) -> TwoFlags {
            let bits = self.with(other, |a, b| instructions!(_mm256_cmp_pd::<_CMP_LT_OQ>(a, b)));
            TwoFlags(bits.0)
        }

        #[inline(always)]
        fn up_to(self, other: Self) -> TwoFlags {
            let bits = self.with(other, |a, b| instructions!(_mm256_cmp_pd::<_CMP_LE_OQ>(a, b)));
            TwoFlags(bits.0)
        }

        #[inline(always)]
        fn or(self, others: Self, flags: TwoFlags) -> Self {
            let half = |half: usize| {
                let (these, others) = (self.0[half], others.0[half]);
                instructions!(_mm256_blendv_pd(others, these, flags.0[half]))
            };
            Self([half(0), half(1)])
        }
    }

    impl Flags for TwoFlags {
        #[inline(always)]
        fn none() -> Self {
            Self([instructions!(_mm256_setzero_pd()); 2])
        }

        #[inline(always)]
        fn any(self) -> bool {
            instructions!(_mm256_movemask_pd(_mm256_or_pd(self.0[0], self.0[1]))) != 0
        }
    }

    operators! { Two256:
        Add add |a: Two256, b| a.with(b, |a, b| instructions!(_mm256_add_pd(a, b)));
        Sub sub |a: Two256, b| a.with(b, |a, b| instructions!(_mm256_sub_pd(a, b)));
        Mul mul |a: Two256, b| a.with(b, |a, b| instructions!(_mm256_mul_pd(a, b)));
        Div div |a: Two256, b| a.with(b, |a, b| instructions!(_mm256_div_pd(a, b)));
    }

    operators! { TwoFlags:
        BitAnd bitand |a: TwoFlags, b| a.with(b, |a, b| instructions!(_mm256_and_pd(a, b)));
        BitOr bitor |a: TwoFlags, b| a.with(b, |a, b| instructions!(_mm256_or_pd(a, b)));
    }

    impl Not for TwoFlags {
        type Output = Self;

        #[inline(always)]
        fn not(self) -> Self {
            self.with(self, |half, _| instructions!(_mm256_xor_pd(half, all_bits())))
        }
    }
}
