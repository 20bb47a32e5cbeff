//! Where there is something to forecast, views survive and weights follow them.

use tangency_pipeline::{PipelineConfig, PriorWeights, ViewRule};
use tangency_pool::Pool;

use crate::panels::{frame, one_predictable_asset, random_walks, run, settings};

#[test]
fn a_real_signal_earns_a_view_and_moves_its_weight() {
    let columns = one_predictable_asset();
    let report = run(&frame(&columns), &settings(), &Pool::new(2).unwrap());
    let first = &report.assets[0];
    assert!(first.skill.r2 > 0.3, "{:?}", first.skill);
    assert!(first.confidence > 0.05 && first.confidence < 1.0, "{:?}", first.skill);
    assert_eq!(first.confidence, first.skill.lower_bound);
    assert!(report.portfolio.views >= 1);
    // The weight moves the way the view does.
    let surprise = first.forecast_return - first.prior_mean;
    let moved = first.weights.earned - first.weights.prior;
    assert!(surprise * moved > 0.0 && moved.abs() > 0.01, "{surprise} {moved}");
    let held: f64 = report.assets.iter().map(|asset| asset.weights.earned).sum();
    assert!((held - 1.0).abs() < 1e-12, "{held}");
    assert!(report.out_of_sample.share_with_views > 0.3);
    assert!(report.headline.contains("earned a view (ASSET0"), "{}", report.headline);
}

#[test]
fn error_variance_views_tilt_every_weight_a_little() {
    let closes = random_walks(5, 400, 5);
    let config = PipelineConfig { views: ViewRule::ErrorVariance, ..settings() };
    let report = run(&closes, &config, &Pool::new(2).unwrap());
    assert_eq!(report.portfolio.views, 5);
    for asset in &report.assets {
        let moved = (asset.weights.error_variance - asset.weights.prior).abs();
        assert!(moved > 0.0 && moved < 0.15, "{}: {moved}", asset.name);
    }
}

#[test]
fn market_capitalisations_make_the_prior() {
    let closes = random_walks(3, 300, 6);
    let caps = [("ASSET2", 1.0), ("ASSET0", 6.0), ("ASSET1", 3.0)];
    let caps = caps.map(|(name, cap)| (name.to_owned(), cap)).to_vec();
    let config = PipelineConfig { prior: PriorWeights::MarketCaps(caps), ..settings() };
    let report = run(&closes, &config, &Pool::new(2).unwrap());
    let prior: Vec<f64> = report.assets.iter().map(|asset| asset.weights.prior).collect();
    assert_eq!(prior, [0.6, 0.3, 0.1]);
    let names: Vec<&str> =
        report.out_of_sample.tracks.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["prior", "earned", "error-variance", "equal weight"]);
}

/// An upper bound below the prior's weight makes the nearest feasible weights the prior.
#[test]
fn bounds_hold_for_every_rule() {
    let closes = random_walks(3, 300, 6);
    let caps =
        vec![("ASSET0".to_owned(), 8.0), ("ASSET1".to_owned(), 1.0), ("ASSET2".to_owned(), 1.0)];
    let config = PipelineConfig {
        prior: PriorWeights::MarketCaps(caps),
        min_weight: 0.05,
        max_weight: 0.5,
        ..settings()
    };
    let report = run(&closes, &config, &Pool::new(2).unwrap());
    assert_eq!(report.assets[0].weights.prior, 0.5);
    for asset in &report.assets {
        for weight in [asset.weights.prior, asset.weights.earned, asset.weights.error_variance] {
            assert!((0.05..=0.5).contains(&weight), "{}: {weight}", asset.name);
        }
    }
}
