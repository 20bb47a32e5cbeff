//! Golden portfolios, and a synthetic market of any size.

use std::ops::Range;

use serde_json::Value;

/// A golden file of the folder `optimize`.
///
/// # Panics
///
/// When the file is missing or is no JSON.
#[must_use]
pub fn golden(name: &str) -> Value {
    crate::golden(&format!("optimize/{name}"))
}

/// The numbers of a JSON list; `null` is NaN.
///
/// # Panics
///
/// When the value is no list.
#[must_use]
pub fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap_or_else(|| panic!("not a list: {value}"));
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// A JSON list of rows as `(rows, columns, values)`, row by row.
///
/// # Panics
///
/// When the value is no list of lists.
#[must_use]
pub fn matrix(value: &Value) -> (usize, usize, Vec<f64>) {
    let rows = value.as_array().unwrap_or_else(|| panic!("not a matrix: {value}"));
    let columns = rows.first().map_or(0, |row| numbers(row).len());
    (rows.len(), columns, rows.iter().flat_map(numbers).collect())
}

/// Simple returns of the first `n_assets` of the twenty stocks over `rows` of the price file, as
/// `(rows, columns, values)`, column by column. The first row of the window is lost.
///
/// # Panics
///
/// When the rows are out of range.
#[must_use]
pub fn stock_returns(rows: Range<usize>, n_assets: usize) -> (usize, usize, Vec<f64>) {
    let prices = crate::prices::sp500_20();
    let columns = &prices.columns[..n_assets];
    let values = columns.iter().flat_map(|column| simple_returns(&column[rows.clone()])).collect();
    (rows.len() - 1, n_assets, values)
}

/// `p_t / p_(t-1) - 1`.
#[must_use]
pub fn simple_returns(prices: &[f64]) -> Vec<f64> {
    prices.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
}

/// A 64-bit linear congruential generator with Knuth's multiplier: the same numbers in any language.
#[derive(Debug, Clone)]
pub struct Lcg(u64);

impl Lcg {
    /// Starts at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number strictly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// The next standard normal number, by Box and Muller's cosine half.
    pub fn normal(&mut self) -> f64 {
        let (u1, u2) = (self.uniform(), self.uniform());
        (-2.0 * u1.ln()).sqrt() * (std::f64::consts::TAU * u2).cos()
    }
}

/// A ten-factor market of `n` assets, annual, the same on every call.
#[derive(Debug, Clone)]
pub struct SyntheticMarket {
    /// Number of assets.
    pub n: usize,
    /// `n x n` covariance, row by row.
    pub covariance: Vec<f64>,
    /// Market capitalisations.
    pub market_caps: Vec<f64>,
    /// Equilibrium means at risk aversion 2.5.
    pub equilibrium: Vec<f64>,
    /// Equilibrium means plus an alpha of up to 3 % either way.
    pub mean: Vec<f64>,
    betas: Vec<[f64; 10]>,
    idiosyncratic: Vec<f64>,
}

/// Factor volatilities: one market, nine styles.
const FACTOR_VOLATILITY: [f64; 10] = [0.16, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];

impl SyntheticMarket {
    /// Draws the market.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let mut lcg = Lcg::new(1000 + n as u64);
        let (mut betas, mut idiosyncratic) = (Vec::new(), Vec::new());
        let (mut market_caps, mut alphas) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let mut beta = [0.0; 10];
            beta[0] = 0.7 + 0.6 * lcg.uniform();
            for b in &mut beta[1..] {
                *b = 0.8 * lcg.uniform() - 0.4;
            }
            betas.push(beta);
            idiosyncratic.push(0.10 + 0.30 * lcg.uniform());
            market_caps.push((4.0 * lcg.uniform()).exp());
            alphas.push(0.06 * lcg.uniform() - 0.03);
        }
        let mut covariance = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                let shared: f64 =
                    (0..10).map(|f| betas[i][f] * FACTOR_VOLATILITY[f].powi(2) * betas[j][f]).sum();
                let own = if i == j { idiosyncratic[i] * idiosyncratic[i] } else { 0.0 };
                covariance[i * n + j] = shared + own;
            }
        }
        let total: f64 = market_caps.iter().sum();
        let equilibrium: Vec<f64> = covariance
            .chunks(n)
            .map(|row| 2.5 * row.iter().zip(&market_caps).map(|(s, c)| s * c / total).sum::<f64>())
            .collect();
        let mean = equilibrium.iter().zip(&alphas).map(|(p, a)| p + a).collect();
        Self { n, covariance, market_caps, equilibrium, mean, betas, idiosyncratic }
    }

    /// `n / 10` views, absolute and relative by turns: the picking matrix row by row, and the returns.
    #[must_use]
    pub fn views(&self) -> (Vec<f64>, Vec<f64>) {
        let k = self.n / 10;
        let mut lcg = Lcg::new(2000 + self.n as u64);
        let (mut picking, mut returns) = (vec![0.0; k * self.n], Vec::new());
        for view in 0..k {
            let tilt = 0.04 * lcg.uniform() - 0.02;
            picking[view * self.n + 10 * view] = 1.0;
            if view % 2 == 0 {
                returns.push(self.equilibrium[10 * view] + tilt);
            } else {
                picking[view * self.n + 10 * view + 5] = -1.0;
                returns.push(tilt);
            }
        }
        (picking, returns)
    }

    /// `rows` days of returns, column by column.
    #[must_use]
    pub fn returns(&self, rows: usize) -> Vec<f64> {
        let mut lcg = Lcg::new(3000 + self.n as u64);
        let mut out = vec![0.0; rows * self.n];
        for t in 0..rows {
            let factors: [f64; 10] = std::array::from_fn(|_| lcg.normal());
            for i in 0..self.n {
                let shared: f64 = (0..10)
                    .map(|f| self.betas[i][f] * FACTOR_VOLATILITY[f] / 252_f64.sqrt() * factors[f])
                    .sum();
                let own = self.idiosyncratic[i] / 252_f64.sqrt() * lcg.normal();
                out[i * rows + t] = self.mean[i] / 252.0 + shared + own;
            }
        }
        out
    }
}
