//! Mean, deviation and shape of a sample.

/// Mean; NaN for an empty sample.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Deviation with divisor `n - 1`; NaN below two values, exactly 0 for equal ones.
///
/// Works on differences to the first value: the mean of equal numbers rounds, and a deviation of
/// 1e-19 in place of 0 would make a Sharpe ratio of 1e16 out of a savings account.
pub(super) fn standard_deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let mut rest = values.clone();
    let Some(first) = rest.next() else { return f64::NAN };
    let (mut n, mut sum) = (0.0, 0.0);
    for value in values.clone() {
        n += 1.0;
        sum += value - first;
    }
    if n < 2.0 {
        return f64::NAN;
    }
    let mean = sum / n;
    let squares: f64 = values.map(|value| ((value - first) - mean).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

/// Sums of the second, third and fourth powers of the differences to the mean.
fn central_sums(values: &[f64]) -> (f64, f64, f64) {
    let mean = mean(values);
    values.iter().fold((0.0, 0.0, 0.0), |(second, third, fourth), value| {
        let d = value - mean;
        (second + d * d, third + d * d * d, fourth + d * d * d * d)
    })
}

/// Sample skewness, corrected for bias (the adjusted Fisher-Pearson coefficient).
///
/// NaN below three returns or where all are equal.
#[must_use]
pub fn skewness(returns: &[f64]) -> f64 {
    let n = returns.len() as f64;
    if n < 3.0 || standard_deviation(returns.iter().copied()) == 0.0 {
        return f64::NAN;
    }
    let (second, third, _) = central_sums(returns);
    n * (n - 1.0).sqrt() / (n - 2.0) * third / second.powf(1.5)
}

/// Sample excess kurtosis, corrected for bias: 0 for a normal distribution.
///
/// NaN below four returns or where all are equal.
#[must_use]
pub fn kurtosis(returns: &[f64]) -> f64 {
    let n = returns.len() as f64;
    if n < 4.0 || standard_deviation(returns.iter().copied()) == 0.0 {
        return f64::NAN;
    }
    let (second, _, fourth) = central_sums(returns);
    let numerator = n * (n + 1.0) * (n - 1.0) * fourth;
    let denominator = (n - 2.0) * (n - 3.0) * second * second;
    numerator / denominator - 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0))
}
