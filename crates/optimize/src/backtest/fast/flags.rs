//! Relations between two columns as flags, one a bar, without a branch.

use super::simd::Task;

/// Sets the flag of every bar where a relation holds.
pub(in crate::backtest) struct Each<'t, H> {
    pub(in crate::backtest) a: &'t [f64],
    pub(in crate::backtest) b: &'t [f64],
    pub(in crate::backtest) flags: &'t mut [bool],
    pub(in crate::backtest) holds: H,
}

impl<H: Fn(f64, f64) -> bool> Task for Each<'_, H> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((flag, a), b) in self.flags.iter_mut().zip(self.a).zip(self.b) {
            *flag = (self.holds)(*a, *b);
        }
    }
}

/// Sets the flag of every bar but the first where one relation held on the bar before and the other
/// holds on it.
pub(in crate::backtest) struct Crossings<'t, F, T> {
    pub(in crate::backtest) a: &'t [f64],
    pub(in crate::backtest) b: &'t [f64],
    pub(in crate::backtest) flags: &'t mut [bool],
    pub(in crate::backtest) from_to: (F, T),
}

impl<F: Fn(f64, f64) -> bool, T: Fn(f64, f64) -> bool> Task for Crossings<'_, F, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { a, b, flags, from_to: (from, to) } = self;
        if flags.is_empty() {
            return;
        }
        let before = a.iter().zip(b);
        let now = a[1..].iter().zip(&b[1..]);
        // No branch, so that the loop becomes vectors.
        for ((flag, before), now) in flags[1..].iter_mut().zip(before).zip(now) {
            *flag = from(*before.0, *before.1) & to(*now.0, *now.1);
        }
    }
}
