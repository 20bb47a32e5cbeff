//! Numbers side by side, one parameter set a lane, in the widest registers there are.
//!
//! [`Lanes`] are one number (`f64` itself), or eight in one register of 512 bits or in two of 256. Every
//! operation is the same IEEE operation in each, without fused multiplication, and no lane is ever
//! mixed with another one: what a set comes to depends neither on the width nor on its company.

use std::fmt::Debug;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Not, Sub};

/// As many lanes as there are at most.
pub(in crate::backtest) const WIDEST: usize = 8;

/// A number a lane.
pub(in crate::backtest) trait Lanes:
    Copy + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Yes or no a lane.
    type Flags: Flags;

    /// The same number in every lane.
    fn all(value: f64) -> Self;

    /// The first numbers of an array.
    fn of(values: &[f64; WIDEST]) -> Self;

    /// Their lanes, in the first numbers of an array.
    fn values(self) -> [f64; WIDEST];

    /// The other one where it is less.
    fn min(self, other: Self) -> Self;

    /// The other one where it is more.
    fn max(self, other: Self) -> Self;

    fn abs(self) -> Self;

    fn floor(self) -> Self;

    fn below(self, other: Self) -> Self::Flags;

    fn up_to(self, other: Self) -> Self::Flags;

    /// These numbers where the flag is set, `others` elsewhere.
    fn or(self, others: Self, flags: Self::Flags) -> Self;

    /// The least of all lanes.
    #[inline(always)]
    fn least(self) -> f64 {
        let [a, b, c, d, e, f, g, h] = self.values();
        let lesser = |a: f64, b: f64| if b < a { b } else { a };
        lesser(lesser(lesser(a, e), lesser(c, g)), lesser(lesser(b, f), lesser(d, h)))
    }

    /// Sets the lanes whose flag is set.
    #[inline(always)]
    fn set(&mut self, flags: Self::Flags, to: Self) {
        *self = to.or(*self, flags);
    }

    /// Adds to the lanes whose flag is set.
    #[inline(always)]
    fn add_where(&mut self, flags: Self::Flags, more: Self) {
        self.set(flags, *self + more);
    }
}

/// Yes or no a lane.
pub(in crate::backtest) trait Flags:
    Copy + Debug + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self>
{
    fn none() -> Self;

    fn any(self) -> bool;
}

/// Work in lanes, the same for every kind of them.
///
/// `run` and what it calls in its loops have to be `#[inline(always)]`, so that they are compiled for
/// the width of the caller.
pub(in crate::backtest) trait LaneTask {
    /// What comes of it.
    type Output;
    /// Does the work.
    fn run<L: Lanes>(self) -> Self::Output;
}

impl Lanes for f64 {
    type Flags = bool;

    #[inline(always)]
    fn all(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn of(values: &[f64; WIDEST]) -> Self {
        values[0]
    }

    #[inline(always)]
    fn values(self) -> [f64; WIDEST] {
        [self; WIDEST]
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }

    #[inline(always)]
    fn floor(self) -> Self {
        f64::floor(self)
    }

    #[inline(always)]
    fn below(self, other: Self) -> bool {
        self < other
    }

    #[inline(always)]
    fn up_to(self, other: Self) -> bool {
        self <= other
    }

    #[inline(always)]
    fn or(self, others: Self, flags: bool) -> Self {
        if flags { self } else { others }
    }
}

impl Flags for bool {
    #[inline(always)]
    fn none() -> Self {
        false
    }

    #[inline(always)]
    fn any(self) -> bool {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::registers::{lanes_of, run_in_lanes};
    use super::super::simd::SimdWidth;
    use super::*;

    /// Numbers of every kind.
    const VALUES: [f64; 12] = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        2.5,
        1e300,
        -1e300,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        0.1,
    ];

    /// Every operation on eight pairs of numbers.
    struct Everything([f64; WIDEST], [f64; WIDEST]);

    impl LaneTask for Everything {
        type Output = Vec<[f64; WIDEST]>;

        #[inline(always)]
        fn run<L: Lanes>(self) -> Self::Output {
            let (a, b) = (L::of(&self.0), L::of(&self.1));
            let shown = |flags: L::Flags| L::all(1.0).or(L::all(0.0), flags);
            let (below, up_to) = (a.below(b), a.up_to(b));
            let (mut set, mut added) = (a, a);
            set.set(below, b);
            added.add_where(!below, b);
            let any = |flags: L::Flags| L::all(f64::from(u8::from(flags.any())));
            let all = [
                [a + b, a - b, a * b, a / b, a.min(b), a.max(b)],
                [a.abs(), a.floor(), shown(below), shown(up_to), a.or(b, below), set],
                [
                    added,
                    shown(!below & up_to),
                    shown(below | !up_to),
                    shown(L::Flags::none()),
                    a,
                    b,
                ],
                [any(below), any(up_to & below), any(!up_to), any(L::Flags::none()), a, b],
            ];
            let mut shown: Vec<_> = all.as_flattened().iter().map(|lanes| lanes.values()).collect();
            shown.push([L::of(&self.1).least(); WIDEST]);
            shown
        }
    }

    /// In every lane of every width what the number alone gives.
    #[test]
    fn every_width_gives_the_same_bits() {
        for shift in 0..VALUES.len() {
            for step in 0..VALUES.len() {
                let a = std::array::from_fn(|lane| VALUES[(lane + shift) % VALUES.len()]);
                let b = std::array::from_fn(|lane| VALUES[(lane + shift + step) % VALUES.len()]);
                for width in SimdWidth::available() {
                    let got = run_in_lanes(*width, Everything(a, b));
                    let lanes = lanes_of(*width);
                    assert!(lanes == 1 || lanes == WIDEST);
                    for lane in 0..lanes {
                        let alone = [[a[lane]; WIDEST], [b[lane]; WIDEST]];
                        let want = Everything(alone[0], alone[1]).run::<f64>();
                        // What looks at all lanes is not what one of them gives.
                        for operation in (0..18).chain([22, 23]) {
                            let (got, want) = (got[operation][lane], want[operation][0]);
                            let same =
                                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
                            let pair = (a[lane], b[lane]);
                            assert!(same, "{width}, {operation} of {pair:?}: {got} is not {want}");
                        }
                    }
                    let lanes = || (0..lanes).map(|lane| (a[lane], b[lane]));
                    let any = [
                        lanes().any(|(a, b)| a < b),
                        lanes().any(|(a, b)| a <= b && a < b),
                        lanes().any(|(a, b)| a > b || a.is_nan() || b.is_nan()),
                        false,
                    ];
                    for (operation, any) in (18..).zip(any) {
                        assert_eq!(
                            got[operation][0] != 0.0,
                            any,
                            "{width}, {operation} of {a:?}, {b:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_least_of_all_lanes() {
        for width in SimdWidth::available() {
            for first in 0..WIDEST {
                let values = std::array::from_fn(|lane| ((lane + first) % WIDEST) as f64 + 0.5);
                let got = run_in_lanes(*width, Everything([1.0; WIDEST], values));
                let want = if lanes_of(*width) == 1 { values[0] } else { 0.5 };
                assert_eq!(got.last(), Some(&[want; WIDEST]), "{width}");
            }
        }
    }
}
