//! Recursions backwards in time, `theta(F) lambda = x`, with the sums of products that a gradient
//! is made of.
//!
//! Two of them run in one loop: each waits for its own last step, so that the second is nearly free.

use super::lanes::{Lanes, minus_product, plus_product};
use super::polynomial::{Lags, Polynomials};

/// What goes in.
pub(super) struct Sweep<'a, const L: usize> {
    pub(super) polynomials: &'a Polynomials<L>,
    pub(super) lags: &'a Lags,
    /// The series, where sums with its first lags are wanted and the autoregression is short.
    pub(super) series: Option<&'a [f64]>,
    /// Innovations; replaced by their lambdas.
    pub(super) errors: &'a mut [Lanes<L>],
    /// Impulse responses.
    pub(super) responses: &'a [Lanes<L>],
    /// What the recursion of the responses is driven by; used up.
    pub(super) source: &'a mut [Lanes<L>],
}

/// Sums of products of values with the lambdas of later rows, one a lag.
#[derive(Debug, Default)]
pub(super) struct Sums<const L: usize> {
    /// Of the series; `None` where they were not computed.
    pub(super) series: Option<Vec<Lanes<L>>>,
    /// Of the innovations.
    pub(super) errors: Vec<Lanes<L>>,
    /// Of the responses.
    pub(super) responses: Vec<Lanes<L>>,
}

impl<const L: usize> Sweep<'_, L> {
    pub(super) fn run(self) -> Sums<L> {
        let p = self.lags.dense_ar().filter(|p| *p <= 3 && self.series.is_some());
        match (p, self.lags.dense_ma()) {
            (Some(1), Some(0)) => self.of_order::<1, 0>(),
            (Some(2), Some(0)) => self.of_order::<2, 0>(),
            (Some(3), Some(0)) => self.of_order::<3, 0>(),
            (Some(1), Some(1)) => self.of_order::<1, 1>(),
            (Some(2), Some(1)) => self.of_order::<2, 1>(),
            (Some(3), Some(1)) => self.of_order::<3, 1>(),
            (Some(1), Some(2)) => self.of_order::<1, 2>(),
            (Some(2), Some(2)) => self.of_order::<2, 2>(),
            (Some(3), Some(2)) => self.of_order::<3, 2>(),
            (Some(1), Some(3)) => self.of_order::<1, 3>(),
            (Some(2), Some(3)) => self.of_order::<2, 3>(),
            (Some(3), Some(3)) => self.of_order::<3, 3>(),
            (_, Some(1)) => self.of_order::<0, 1>(),
            (_, Some(2)) => self.of_order::<0, 2>(),
            (_, Some(3)) => self.of_order::<0, 3>(),
            (_, Some(4)) => self.of_order::<0, 4>(),
            (_, Some(5)) => self.of_order::<0, 5>(),
            _ => {
                let Self { polynomials, lags, errors, responses, source, .. } = self;
                Sums {
                    series: None,
                    errors: sparse(polynomials, lags, None, errors),
                    responses: sparse(polynomials, lags, Some(responses), source),
                }
            }
        }
    }

    /// Moving-average lags 1 to Q, and sums with the first P lags of the series.
    fn of_order<const P: usize, const Q: usize>(self) -> Sums<L> {
        let theta: [Lanes<L>; Q] = std::array::from_fn(|lag| self.polynomials.ma[lag]);
        let mut errors = Recursion::<L, Q>::new(theta);
        let mut responses = Recursion::<L, Q>::new(theta);
        let mut series = Products::<L, P>::new();
        let (early, late) = self.errors.split_at_mut(self.source.len().min(self.errors.len()));
        let rows = self.series.filter(|_| P > 0).unwrap_or_default();
        if P == 0 {
            late.iter_mut().rev().for_each(|slot| *slot = errors.step(slot, slot));
            let pairs = self.source.iter().zip(self.responses);
            for (slot, (source, response)) in early.iter_mut().zip(pairs).rev() {
                *slot = errors.step(slot, slot);
                responses.step(source, response);
            }
        } else {
            let (first, last) = rows.split_at(early.len());
            for (slot, row) in late.iter_mut().zip(last).rev() {
                let lambda = errors.step(slot, slot);
                series.step(*row, &lambda);
                *slot = lambda;
            }
            let pairs = self.source.iter().zip(self.responses);
            for ((slot, row), (source, response)) in early.iter_mut().zip(first).zip(pairs).rev() {
                let lambda = errors.step(slot, slot);
                series.step(*row, &lambda);
                *slot = lambda;
                responses.step(source, response);
            }
        }
        Sums {
            series: (P > 0).then(|| series.totals.to_vec()),
            errors: errors.totals.to_vec(),
            responses: responses.totals.to_vec(),
        }
    }
}

/// One recursion with the lambdas of the next rows in registers.
struct Recursion<const L: usize, const Q: usize> {
    theta: [Lanes<L>; Q],
    later: [Lanes<L>; Q],
    totals: [Lanes<L>; Q],
}

impl<const L: usize, const Q: usize> Recursion<L, Q> {
    fn new(theta: [Lanes<L>; Q]) -> Self {
        Self { theta, later: [[0.0; L]; Q], totals: [[0.0; L]; Q] }
    }

    /// The lambda of a row that is driven by `source`; `value` enters the sums.
    #[inline(always)]
    fn step(&mut self, source: &Lanes<L>, value: &Lanes<L>) -> Lanes<L> {
        let mut lambda = *source;
        // The furthest first: the nearest is the one that was just computed.
        for j in (0..Q).rev() {
            self.totals[j] = plus_product(self.totals[j], value, &self.later[j]);
            lambda = minus_product(lambda, &self.theta[j], &self.later[j]);
        }
        for j in (1..Q).rev() {
            self.later[j] = self.later[j - 1];
        }
        if Q > 0 {
            self.later[0] = lambda;
        }
        lambda
    }
}

/// Sums of products of a series with the lambdas of the next rows.
struct Products<const L: usize, const P: usize> {
    later: [Lanes<L>; P],
    totals: [Lanes<L>; P],
}

impl<const L: usize, const P: usize> Products<L, P> {
    fn new() -> Self {
        Self { later: [[0.0; L]; P], totals: [[0.0; L]; P] }
    }

    #[inline(always)]
    fn step(&mut self, row: f64, lambda: &Lanes<L>) {
        for j in (0..P).rev() {
            self.totals[j] = plus_product(self.totals[j], &[row; L], &self.later[j]);
        }
        for j in (1..P).rev() {
            self.later[j] = self.later[j - 1];
        }
        if P > 0 {
            self.later[0] = *lambda;
        }
    }
}

/// One recursion in place over the lags of any moving average, with the products of `others` (the
/// values themselves if there are none) and later lambdas.
fn sparse<const L: usize>(
    polynomials: &Polynomials<L>,
    lags: &Lags,
    others: Option<&[Lanes<L>]>,
    values: &mut [Lanes<L>],
) -> Vec<Lanes<L>> {
    let mut totals = vec![[0.0; L]; lags.ma.len()];
    for row in (0..values.len()).rev() {
        let mut value = values[row];
        let other = others.map_or(value, |others| others[row]);
        for (&lag, total) in lags.ma.iter().zip(&mut totals).rev() {
            if let Some(later) = values.get(row + lag) {
                *total = plus_product(*total, &other, later);
                value = minus_product(value, &polynomials.ma[lag - 1], later);
            }
        }
        values[row] = value;
    }
    let mut sums = vec![[0.0; L]; polynomials.ma.len()];
    for (&lag, total) in lags.ma.iter().zip(totals) {
        sums[lag - 1] = total;
    }
    sums
}
