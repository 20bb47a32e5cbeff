//! The future changes nothing that was decided before it.

use tangency_pool::Pool;
use tangency_testkit::random_walks::Panel;

use crate::panels::{frame, one_predictable_asset, run, settings};

/// Prices after a row become noise. The out-of-sample record up to it keeps its bits, on a panel on
/// which views are earned and weights move at almost every decision.
#[test]
fn noise_after_a_row_changes_no_decision_up_to_it() {
    let config = settings();
    let pool = Pool::new(2).unwrap();
    let columns = one_predictable_asset();
    let n_rows = columns[0].len();
    let before = run(&frame(&columns), &config, &pool);
    assert!(before.out_of_sample.share_with_views > 0.3);

    for kept in [400, 475, 550] {
        let mut shuffled = columns.clone();
        let noise = Panel { n_assets: 4, n_rows, volatility: 0.2, ..Panel::default() }.simulate(99);
        for (column, noise) in shuffled.iter_mut().zip(&noise) {
            column[kept..].copy_from_slice(&noise[kept..]);
        }
        let after = run(&frame(&shuffled), &config, &pool);
        // The record's first trade is on row 60 + 24 * 5, one value a period of five rows. The
        // trade of the last kept decision happens on the first row of noise.
        let periods = (kept - (60 + 24 * 5) - 1) / 5;
        for (old, new) in before.out_of_sample.tracks.iter().zip(&after.out_of_sample.tracks) {
            let bits = |values: &[f64]| -> Vec<u64> {
                values[..=periods].iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(&old.equity), bits(&new.equity), "{} up to {kept}", old.name);
            assert_eq!(bits(&old.drawdown), bits(&new.drawdown), "{} up to {kept}", old.name);
            assert_ne!(old.equity.last(), new.equity.last());
        }
        // The record has more to it than the prior's: the rules do differ up to there.
        let tracks = &before.out_of_sample.tracks;
        assert_ne!(tracks[0].equity[..=periods], tracks[1].equity[..=periods]);
    }
}
