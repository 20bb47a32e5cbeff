//! Lag polynomials: multiplying out the seasonal part, and the differences.

use super::lanes::Lanes;
use super::order::Order;
use super::parameters::Block;

/// The ARMA polynomials of `L` parameter vectors after multiplying out.
///
/// `(1 - ar[0] B - ar[1] B^2 - ..) w = (1 + ma[0] B + ..) e`.
#[derive(Debug, Clone)]
pub(super) struct Polynomials<const L: usize> {
    pub(super) ar: Vec<Lanes<L>>,
    pub(super) ma: Vec<Lanes<L>>,
}

impl<const L: usize> Polynomials<L> {
    /// `coefficients`: the blocks ar, ma, sar, sma one after the other, all lanes.
    pub(super) fn new(order: &Order, coefficients: &[Lanes<L>]) -> Self {
        let [ar, ma, seasonal_ar, seasonal_ma] = blocks(order, coefficients);
        Self {
            ar: multiply(ar, seasonal_ar, order.season, -1.0),
            ma: multiply(ma, seasonal_ma, order.season, 1.0),
        }
    }

    /// `max(p, q)` of the multiplied-out polynomials.
    pub(super) fn reach(&self) -> usize {
        self.ar.len().max(self.ma.len())
    }

    /// Taking `self` as derivatives with respect to the polynomials: those with respect to the
    /// coefficients.
    pub(super) fn pull_back(&self, order: &Order, coefficients: &[Lanes<L>]) -> Vec<Lanes<L>> {
        let [ar, ma, seasonal_ar, seasonal_ma] = blocks(order, coefficients);
        let (plain_ar, outer_ar) = pull_back(ar, seasonal_ar, order.season, -1.0, &self.ar);
        let (plain_ma, outer_ma) = pull_back(ma, seasonal_ma, order.season, 1.0, &self.ma);
        [plain_ar, plain_ma, outer_ar, outer_ma].concat()
    }
}

/// The blocks ar, ma, sar, sma of a vector.
fn blocks<'a, const L: usize>(order: &Order, coefficients: &'a [Lanes<L>]) -> [&'a [Lanes<L>]; 4] {
    let mut blocks = [&coefficients[..0]; 4];
    let mut start = 0;
    for (slot, block) in blocks.iter_mut().zip(Block::ALL) {
        let end = start + block.len(order);
        *slot = &coefficients[start..end];
        start = end;
    }
    blocks
}

/// Derivatives with respect to the plain and the seasonal factor of a product.
fn pull_back<const L: usize>(
    plain: &[Lanes<L>],
    seasonal: &[Lanes<L>],
    season: usize,
    sign: f64,
    slopes: &[Lanes<L>],
) -> (Vec<Lanes<L>>, Vec<Lanes<L>>) {
    let mut inner: Vec<Lanes<L>> = slopes[..plain.len()].to_vec();
    let mut outer = Vec::with_capacity(seasonal.len());
    for (k, factor) in seasonal.iter().enumerate() {
        let shift = (k + 1) * season;
        let mut total = slopes[shift - 1];
        for (j, other) in plain.iter().enumerate() {
            let slope = slopes[shift + j];
            for lane in 0..L {
                inner[j][lane] += sign * factor[lane] * slope[lane];
                total[lane] += sign * other[lane] * slope[lane];
            }
        }
        outer.push(total);
    }
    (inner, outer)
}

/// The lags (from 1) that the polynomials of an order have after multiplying out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lags {
    pub(super) ar: Vec<usize>,
    pub(super) ma: Vec<usize>,
}

impl Lags {
    pub(super) fn of(order: &Order) -> Self {
        let lags = |plain: usize, seasonal: usize| -> Vec<usize> {
            let shifts = (0..=seasonal).map(|k| k * order.season);
            let mut lags: Vec<usize> =
                shifts.flat_map(|shift| (0..=plain).map(move |lag| shift + lag)).collect();
            lags.sort_unstable();
            lags.dedup();
            lags.retain(|&lag| lag > 0);
            lags
        };
        Self { ar: lags(order.p, order.seasonal_p), ma: lags(order.q, order.seasonal_q) }
    }

    /// The number of lags of the autoregression if they are 1, 2, .. without a gap.
    pub(super) fn dense_ar(&self) -> Option<usize> {
        dense(&self.ar)
    }

    /// The same for the moving average.
    pub(super) fn dense_ma(&self) -> Option<usize> {
        dense(&self.ma)
    }
}

fn dense(lags: &[usize]) -> Option<usize> {
    (lags.last().copied().unwrap_or(0) == lags.len()).then_some(lags.len())
}

/// `(1 + sign plain(B)) (1 + sign seasonal(B^season))`, less the leading one, times `sign`.
fn multiply<const L: usize>(
    plain: &[Lanes<L>],
    seasonal: &[Lanes<L>],
    season: usize,
    sign: f64,
) -> Vec<Lanes<L>> {
    let mut product = vec![[0.0; L]; plain.len() + seasonal.len() * season];
    product[..plain.len()].copy_from_slice(plain);
    for (k, outer) in seasonal.iter().enumerate() {
        let shift = (k + 1) * season;
        for lane in 0..L {
            product[shift - 1][lane] += outer[lane];
            for (j, inner) in plain.iter().enumerate() {
                product[shift + j][lane] += sign * outer[lane] * inner[lane];
            }
        }
    }
    product
}

/// The lags (from 1) at which any lane differs from zero.
pub(super) fn occupied_lags<const L: usize>(polynomial: &[Lanes<L>]) -> Vec<usize> {
    let occupied = |at: &usize| polynomial[at - 1].iter().any(|&value| value != 0.0);
    (1..=polynomial.len()).filter(occupied).collect()
}

/// `(1 - B)^d (1 - B^s)^D`, leading one included: `d + D s + 1` numbers.
pub(super) fn difference_polynomial(order: &Order) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    let lags =
        std::iter::repeat_n(1, order.d).chain(std::iter::repeat_n(order.season, order.seasonal_d));
    for lag in lags {
        polynomial.resize(polynomial.len() + lag, 0.0);
        for at in (lag..polynomial.len()).rev() {
            polynomial[at] -= polynomial[at - lag];
        }
    }
    polynomial
}

/// The autoregression with the differences multiplied in: `phi(B) delta(B)` less its leading one,
/// negated, so that `y_t = sum of result_j y_(t-j) + ..`.
pub(super) fn integrated_autoregression(ar: &[f64], differences: &[f64]) -> Vec<f64> {
    let mut full = vec![0.0; ar.len() + differences.len() - 1];
    for (i, delta) in differences.iter().enumerate() {
        if i > 0 {
            full[i - 1] -= delta;
        }
        for (j, phi) in ar.iter().enumerate() {
            full[i + j] += phi * delta;
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasonal_parts_multiply_out() {
        let order: Order = "1,0,1x1,0,1,4".parse().unwrap();
        let polynomials = Polynomials::new(&order, &[[0.5], [0.3], [0.2], [-0.4]]);
        // (1 - 0.5 B)(1 - 0.2 B^4) and (1 + 0.3 B)(1 - 0.4 B^4).
        assert_eq!(polynomials.ar, [[0.5], [0.0], [0.0], [0.2], [-0.1]]);
        assert_eq!(polynomials.ma, [[0.3], [0.0], [0.0], [-0.4], [-0.12]]);
        assert_eq!(occupied_lags(&polynomials.ar), [1, 4, 5]);
    }

    #[test]
    fn differences_multiply_out() {
        let order: Order = "0,2,0x0,1,0,4".parse().unwrap();
        // (1 - 2 B + B^2)(1 - B^4)
        assert_eq!(difference_polynomial(&order), [1.0, -2.0, 1.0, 0.0, -1.0, 2.0, -1.0]);
    }
}
