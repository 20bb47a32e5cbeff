//! The future changes nothing that was decided before it.

use tangency_pool::Pool;
use tangency_testkit::random_walks::Panel;

use crate::panels::{frame, run, settings};

/// Prices after a row become noise. Every decision at or before that row, and every value of the
/// out-of-sample record up to it, keeps its bits.
#[test]
fn noise_after_a_row_changes_no_decision_up_to_it() {
    let config = settings();
    let pool = Pool::new(2).unwrap();
    let n_rows = 60 + 5 * 70;
    let columns = Panel { n_assets: 4, n_rows, ..Panel::default() }.simulate(21);
    let before = run(&frame(&columns), &config, &pool);

    for kept in [250, 300, 355] {
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
        // A decision made on the last kept row is that of a run which ends there.
        let ended: Vec<Vec<f64>> = columns.iter().map(|column| column[..kept].to_vec()).collect();
        let today = run(&frame(&ended), &config, &pool);
        let also: Vec<Vec<f64>> = shuffled.iter().map(|column| column[..kept].to_vec()).collect();
        let again = run(&frame(&also), &config, &pool);
        assert_eq!(
            serde_json::to_string(&today).unwrap(),
            serde_json::to_string(&again).unwrap(),
            "decided on row {kept}"
        );
    }
}
