//! Panels of simulated prices in which nothing can be forecast.

use std::path::PathBuf;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StudentT};

/// How the daily log returns of a simulated panel are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shocks {
    /// Gaussian.
    Normal,
    /// Student's t with four degrees of freedom, scaled to unit variance: tails like those of stocks.
    FatTailed,
    /// Gaussian with a volatility of its own that comes in clusters: its logarithm is an AR(1) with
    /// coefficient 0.98 and shocks of 0.25; unit variance on average.
    Clustered,
}

/// What a panel looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    /// Number of assets.
    pub n_assets: usize,
    /// Number of rows.
    pub n_rows: usize,
    /// Volatility of a daily log return.
    pub volatility: f64,
    /// Mean of a daily log return.
    pub drift: f64,
    /// Share of the variance that all assets have in common, 0 to 1.
    pub common: f64,
    /// Distribution of the shocks.
    pub shocks: Shocks,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            n_assets: 4,
            n_rows: 320,
            volatility: 0.015,
            drift: 0.0,
            common: 0.3,
            shocks: Shocks::Normal,
        }
    }
}

impl Panel {
    /// Simulates the prices of every asset, all from 100 on; the same seed gives the same panel.
    #[must_use]
    pub fn simulate(&self, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut columns = vec![Vec::with_capacity(self.n_rows); self.n_assets];
        let mut log_prices = vec![100.0_f64.ln(); self.n_assets];
        // The last log variance is the market's.
        let mut log_variances = vec![0.0; self.n_assets + 1];
        for _ in 0..self.n_rows {
            let market = self.shock(&mut rng, &mut log_variances[self.n_assets]);
            for (asset, (column, log_price)) in columns.iter_mut().zip(&mut log_prices).enumerate()
            {
                column.push(log_price.exp());
                let own = self.shock(&mut rng, &mut log_variances[asset]);
                let shock = self.common.sqrt() * market + (1.0 - self.common).sqrt() * own;
                *log_price += self.drift + self.volatility * shock;
            }
        }
        columns
    }

    fn shock(&self, rng: &mut ChaCha8Rng, log_variance: &mut f64) -> f64 {
        match self.shocks {
            Shocks::Normal => StandardNormal.sample(rng),
            Shocks::Clustered => {
                let news: f64 = StandardNormal.sample(rng);
                *log_variance = 0.98 * *log_variance + 0.25 * news;
                // The mean of the variance is exp of half the variance of its logarithm.
                let mean = (0.5_f64 * 0.25 * 0.25 / (1.0 - 0.98 * 0.98)).exp();
                let shock: f64 = StandardNormal.sample(rng);
                (log_variance.exp() / mean).sqrt() * shock
            }
            // The variance of a t with four degrees of freedom is two.
            Shocks::FatTailed => {
                let student = StudentT::new(4.0).expect("four degrees of freedom are valid");
                student.sample(rng) / std::f64::consts::SQRT_2
            }
        }
    }
}

/// Consecutive calendar days from 2001-01-01 on, as Unix nanoseconds UTC.
#[must_use]
pub fn days(n_rows: usize) -> Vec<i64> {
    const DAY: i64 = 86_400_000_000_000;
    (0..n_rows as i64).map(|day| (11_323 + day) * DAY).collect()
}

/// Writes a panel as a CSV file into the system's temporary folder, for examples that read one.
///
/// # Panics
///
/// When the file cannot be written.
#[must_use]
pub fn write_random_walks(n_assets: usize, n_rows: usize) -> PathBuf {
    let columns = Panel { n_assets, n_rows, ..Panel::default() }.simulate(1);
    let mut text = "Date".to_owned();
    for asset in 0..n_assets {
        text += &format!(",ASSET{asset}");
    }
    for row in 0..n_rows {
        // Unix seconds: a date form that needs no calendar here.
        text += &format!("\n{}", days(n_rows)[row] / 1_000_000_000);
        for column in &columns {
            text += &format!(",{}", column[row]);
        }
    }
    let name = format!("tangency-random-walks-{n_assets}x{n_rows}-{}.csv", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text + "\n")
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shocks_have_unit_variance() {
        for shocks in [Shocks::Normal, Shocks::FatTailed] {
            let panel = Panel { n_assets: 1, n_rows: 20_000, shocks, ..Panel::default() };
            let prices = &panel.simulate(3)[0];
            let squares: f64 = prices.windows(2).map(|pair| (pair[1] / pair[0]).ln().powi(2)).sum();
            let volatility = (squares / 19_999.0).sqrt();
            assert!((volatility / 0.015 - 1.0).abs() < 0.05, "{shocks:?}: {volatility}");
        }
    }

    #[test]
    fn a_seed_is_a_panel() {
        let panel = Panel::default();
        assert_eq!(panel.simulate(7), panel.simulate(7));
        assert_ne!(panel.simulate(7), panel.simulate(8));
    }
}
