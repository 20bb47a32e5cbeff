//! Sums of products in one fixed order.

/// Accumulators of a sum: enough to keep vector units busy, on every width the same.
const LANES: usize = 8;

/// Adds the lanes in pairs, always the same pairs.
fn fold(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The sum of `values`.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    fold(lanes)
}

/// The scalar product of two slices of the same length.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    debug_assert_eq!(a.len(), b.len());
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for l in 0..LANES {
            lanes[l] += x[l] * y[l];
        }
    }
    for ((lane, x), y) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += x * y;
    }
    fold(lanes)
}

/// `y += factor * x`.
pub(crate) fn axpy(factor: f64, x: &[f64], y: &mut [f64]) {
    debug_assert_eq!(x.len(), y.len());
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// `left' right` for two column-major matrices of `rows` rows, written to `out[i, j]` column-major.
///
/// With `symmetric`, `left` and `right` are the same matrix: half is computed, the rest mirrored.
pub(crate) fn cross_products(
    left: &[f64],
    right: &[f64],
    rows: usize,
    symmetric: bool,
) -> Vec<f64> {
    let (n, m) = (left.len() / rows.max(1), right.len() / rows.max(1));
    let mut out = vec![0.0; n * m];
    // Column blocks of 32 stay in the first-level cache for a few thousand rows; the order inside
    // one element does not depend on the blocking.
    const BLOCK: usize = 32;
    for j_start in (0..m).step_by(BLOCK) {
        let j_end = (j_start + BLOCK).min(m);
        for i in 0..n {
            let x = &left[i * rows..(i + 1) * rows];
            let from = if symmetric { j_start.max(i) } else { j_start };
            for j in from..j_end {
                out[j * n + i] = dot(x, &right[j * rows..(j + 1) * rows]);
            }
        }
    }
    if symmetric {
        for j in 0..m {
            for i in j + 1..n {
                out[j * n + i] = out[i * n + j];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sums_are_exact() {
        let values: Vec<f64> = (1..=19).map(f64::from).collect();
        assert_eq!(sum(&values), 190.0);
        assert_eq!(dot(&values, &values), 2470.0);
        assert_eq!(sum(&[]), 0.0);
    }

    #[test]
    fn cross_products_match_the_definition() {
        // Columns (1, 2, 3), (4, 5, 6) against (1, 0, 1), (0, 1, 0), (2, 2, 2).
        let left = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let right = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 2.0, 2.0, 2.0];
        let got = cross_products(&left, &right, 3, false);
        assert_eq!(got, [4.0, 10.0, 2.0, 5.0, 12.0, 30.0]);
        let got = cross_products(&left, &left, 3, true);
        assert_eq!(got, [14.0, 32.0, 32.0, 77.0]);
    }
}
