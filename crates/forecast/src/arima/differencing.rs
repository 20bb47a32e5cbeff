//! Differencing, ordinary and seasonal.

use super::order::Order;

/// Applies `(1 - B)^d (1 - B^s)^D`, one difference after the other; `d + D s` rows are lost.
///
/// One after the other keeps cancellation small: a single pass with the multiplied-out polynomial
/// adds large numbers of both signs.
pub(super) fn difference(values: &[f64], order: &Order) -> Vec<f64> {
    let mut result = values.to_vec();
    for _ in 0..order.seasonal_d {
        difference_once(&mut result, order.season);
    }
    for _ in 0..order.d {
        difference_once(&mut result, 1);
    }
    result
}

fn difference_once(values: &mut Vec<f64>, lag: usize) {
    let kept = values.len().saturating_sub(lag);
    for row in 0..kept {
        values[row] = values[row + lag] - values[row];
    }
    values.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_costs_its_lag() {
        let squares: Vec<f64> = (0..10).map(|n| f64::from(n * n)).collect();
        assert_eq!(difference(&squares, &Order::new(0, 2, 0)), [2.0; 8]);
        let order: Order = "0,1,0x0,1,0,4".parse().unwrap();
        assert_eq!(difference(&squares, &order), [8.0; 5]);
        assert!(difference(&[1.0], &Order::new(0, 3, 0)).is_empty());
    }
}
