//! Random walks cannot be forecast, and no view survives on them beyond the stated level.

use tangency_pipeline::Skill;
use tangency_pool::Pool;
use tangency_testkit::random_walks::{Panel, Shocks};

use crate::panels::{frame, run, settings};

/// 500 panels of four random walks, Gaussian and fat-tailed by turns: the share of panels with any
/// view left is a draw from a binomial whose mean must not exceed the level of 5 %. The rule is
/// conservative (a forecast without skill has a negative expected R2), so the count itself, 25 of
/// 500, serves as the bound. Panels without views give the prior's weights and means to the bit.
#[test]
fn random_walks_earn_no_views() {
    let config = settings();
    assert_eq!(config.skill_level, 0.05);
    let pool = Pool::new(2).unwrap();
    let seeds: Vec<u64> = (0..500).collect();
    let report = pool.batch().map(&seeds, |&seed| {
        let shocks = if seed % 2 == 0 { Shocks::Normal } else { Shocks::FatTailed };
        let panel = Panel { n_assets: 4, n_rows: 225, shocks, ..Panel::default() };
        // A pool of its own: the outer one's workers are busy with the panels.
        let own = Pool::new(1).unwrap();
        let report = run(&frame(&panel.simulate(seed)), &config, &own);
        let mut exact = true;
        for asset in &report.assets {
            let same_mean =
                asset.posterior_mean.earned.to_bits() == asset.posterior_mean.prior.to_bits();
            let same_weight = asset.weights.earned.to_bits() == 0.25_f64.to_bits();
            exact &= same_mean && same_weight;
        }
        (report.portfolio.views, exact)
    });
    let results = report.into_results().unwrap();
    let with_views = results.iter().filter(|(views, _)| *views > 0).count();
    assert!(with_views <= 25, "{with_views} of 500 panels kept a view");
    for (seed, (views, exact)) in results.iter().enumerate() {
        assert_eq!(*views == 0, *exact, "panel {seed}: {views} views");
    }
}

/// The corner where a bound is hardest pressed: fifty tickers share the level, two years of monthly
/// forecasts are all there is, and volatility comes in clusters. The forecast is half the drift of the
/// last 504 rows, as an ensemble of naive and drift would have it.
#[test]
fn many_tickers_and_a_short_record_earn_no_views() {
    let (train, horizon, n_assets) = (504, 21, 50);
    let panel = Panel {
        n_assets,
        n_rows: train + 25 * horizon,
        shocks: Shocks::Clustered,
        ..Panel::default()
    };
    let seeds: Vec<u64> = (0..300).collect();
    let report = Pool::new(2).unwrap().batch().map(&seeds, |&seed| {
        panel.simulate(seed).iter().any(|prices| {
            let log_return = |from: usize, to: usize| (prices[to] / prices[from]).ln();
            let (model, naive): (Vec<f64>, Vec<f64>) = (0..24)
                .map(|k| train + k * horizon)
                .map(|origin| {
                    let drift = log_return(origin - train, origin - 1) / (train - 1) as f64;
                    let actual = log_return(origin - 1, origin - 1 + horizon);
                    (actual - 0.5 * drift * horizon as f64, actual)
                })
                .unzip();
            Skill::measure(&model, &naive, n_assets, 0.05).confidence() > 0.0
        })
    });
    let kept = report.into_results().unwrap().iter().filter(|kept| **kept).count();
    assert!(kept <= 15, "{kept} of 300 panels kept a view");
}
