//! Series for tests: seeded noise, random walks, ARMA processes, real prices.

/// Independent standard normal numbers (Box-Muller over SplitMix64).
pub(crate) fn noise(seed: u64, rows: usize) -> Vec<f64> {
    let uniform = |index: usize| {
        let bits = tangency_pool::item_seed(seed, index) >> 11;
        (bits as f64 + 0.5) / (1_u64 << 53) as f64
    };
    (0..rows)
        .map(|row| {
            let radius = (-2.0 * uniform(2 * row).ln()).sqrt();
            radius * (std::f64::consts::TAU * uniform(2 * row + 1)).cos()
        })
        .collect()
}

/// A random walk with standard normal steps.
pub(crate) fn walk(seed: u64, rows: usize) -> Vec<f64> {
    let mut level = 0.0;
    noise(seed, rows)
        .into_iter()
        .map(|step| {
            level += step;
            level
        })
        .collect()
}

/// `x_t = phi x_(t-1) + e_t + theta e_(t-1)`, started 200 rows before.
pub(crate) fn arma(seed: u64, rows: usize, phi: f64, theta: f64) -> Vec<f64> {
    let noise = noise(seed, rows + 200);
    let mut value = 0.0;
    let mut series = Vec::with_capacity(rows);
    for row in 1..noise.len() {
        value = phi * value + noise[row] + theta * noise[row - 1];
        if row >= 200 {
            series.push(value);
        }
    }
    series
}

/// Natural logarithms of the last `rows` closes of one of the embedded stocks.
pub(crate) fn log_prices(name: &str, rows: usize) -> Vec<f64> {
    let prices = tangency_testkit::prices::sp500_20();
    let closes = prices.column(name);
    closes[closes.len() - rows..].iter().map(|close| close.ln()).collect()
}

/// One of the series recorded with the golden values.
pub(crate) fn recorded(name: &str) -> Vec<f64> {
    tangency_testkit::forecast::arima_series(name)
}

/// So many random cases, the same in every run: where a check depends on luck, once is enough to
/// see that it holds. `PROPTEST_RNG_SEED` draws others.
pub(crate) fn same_cases(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    let config = Config::with_cases(cases);
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        given => given,
    };
    Config { rng_seed, ..config }
}
