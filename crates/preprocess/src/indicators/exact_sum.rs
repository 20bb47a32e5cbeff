//! A running sum kept in two doubles, so that differences of sums lose nothing.

/// The unevaluated sum `high + low`, `|low|` at most half a unit in the last place of `high`: about
/// 106 bits.
///
/// Knuth's error-free addition; see Dekker (1971), "A floating-point technique for extending the
/// available precision", Numerische Mathematik 18.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ExactSum {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

impl ExactSum {
    /// Adds one number. NaN and infinities make every later value NaN.
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        let (sum, error) = two_sum(self.high, value);
        *self = Self::renormalised(sum, self.low + error);
    }

    /// `self - earlier`: the sum of what was added in between.
    #[inline(always)]
    pub(crate) fn since(self, earlier: Self) -> Self {
        let (sum, error) = two_sum(self.high, -earlier.high);
        Self::renormalised(sum, error + (self.low - earlier.low))
    }

    /// The quotient rounded once, for whole divisors.
    ///
    /// The rounded quotient of `high` is corrected by its exact remainder. The remainder is exact
    /// because the quotient is split into a part of 26 bits and one of 27, and a divisor below
    /// 2^26 times either fits a double; larger divisors are divided plainly.
    #[inline(always)]
    pub(crate) fn divided_by(self, divisor: f64) -> f64 {
        let quotient = self.high / divisor;
        if divisor >= 67_108_864.0 {
            return quotient;
        }
        let head = f64::from_bits(quotient.to_bits() & !0x07ff_ffff);
        let tail = quotient - head;
        let remainder = ((self.high - head * divisor) - tail * divisor) + self.low;
        quotient + remainder / divisor
    }

    #[inline(always)]
    fn renormalised(high: f64, low: f64) -> Self {
        let sum = high + low;
        Self { high: sum, low: low - (sum - high) }
    }
}

/// `a + b` as the rounded sum and what the rounding lost, exactly, whatever their order.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    let from_a = sum - from_b;
    (sum, (a - from_a) + (b - from_b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum_of(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    #[test]
    fn what_a_double_would_lose_is_kept() {
        let sum = sum_of(&[1e16, 1.0, 1e-8]);
        assert_eq!(sum.since(sum_of(&[1e16])).high, 1.0 + 1e-8);
    }

    #[test]
    fn thirds_of_tenths_round_once() {
        // 0.1 + 0.1 + 0.1 rounds up as a double, and a third of that is not 0.1 again.
        assert_ne!((0.1 + 0.1 + 0.1) / 3.0, 0.1);
        assert_eq!(sum_of(&[0.1; 3]).divided_by(3.0), 0.1);
        // 49 is the smallest whole number whose reciprocal does not come back by multiplication.
        assert_eq!(sum_of(&[1.0 / 49.0; 49]).divided_by(49.0), 1.0 / 49.0);
    }

    proptest! {
        /// Multiples of 1/64 below 2^40 add up exactly in i64, and the division of two whole
        /// numbers below 2^53 rounds once: equal bits are due, not closeness.
        #[test]
        fn means_are_the_nearest_double(
            ticks in prop::collection::vec(-(1_i64 << 40)..(1_i64 << 40), 1..200),
            from in 0_usize..199,
        ) {
            let from = from % ticks.len();
            let values: Vec<f64> = ticks.iter().map(|t| *t as f64 / 64.0).collect();
            let n = ticks.len() - from;
            let whole: i64 = ticks[from..].iter().sum();
            let mean = sum_of(&values).since(sum_of(&values[..from])).divided_by(n as f64);
            prop_assert_eq!(mean, whole as f64 / (64 * n) as f64);
        }
    }
}
