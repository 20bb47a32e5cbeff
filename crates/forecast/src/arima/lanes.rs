//! Several parameter vectors side by side.
//!
//! A likelihood is one long chain of dependent steps, so that a core mostly waits; running `L`
//! parameter vectors through the same chain costs hardly more than one. Each lane does the same
//! operations in the same order as a run on its own.

/// One number for each of `L` parameter vectors.
pub(super) type Lanes<const L: usize> = [f64; L];

/// `total - a * b`, lane by lane.
#[inline(always)]
pub(super) fn minus_product<const L: usize>(
    mut total: Lanes<L>,
    a: &Lanes<L>,
    b: &Lanes<L>,
) -> Lanes<L> {
    for lane in 0..L {
        total[lane] -= a[lane] * b[lane];
    }
    total
}

/// `total + a * b`, lane by lane.
#[inline(always)]
pub(super) fn plus_product<const L: usize>(
    mut total: Lanes<L>,
    a: &Lanes<L>,
    b: &Lanes<L>,
) -> Lanes<L> {
    for lane in 0..L {
        total[lane] += a[lane] * b[lane];
    }
    total
}
