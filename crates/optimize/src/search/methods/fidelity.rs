//! What trials on a part of the budget tell about the whole.

use std::collections::HashMap;

use super::ranking::order;
use super::sampled::Observation;

/// Points that were measured on two neighbouring budgets before these are compared.
const PAIRS: usize = 4;
/// Rank correlation between neighbouring budgets below which the smaller one is not believed.
const BELIEVED: f64 = 0.3;

/// Points from best to worst over all budgets that can be believed: each point once, as the place in the
/// history of its observation on the largest budget. `None` where there are fewer than `least`.
///
/// A model of the largest budget alone has a handful of points in each round of brackets, too few to learn
/// from. So points on smaller budgets count too, as in optuna's TPE below a Hyperband pruner, in one order:
/// by the share of points that are expected to be better. On its largest budget a point is among those that
/// got there, of which each rung takes the best `1/eta`; its place among them, times the ratio of the budget
/// it began with to that one, is its share. Where a small budget misleads, points that climbed show it: the
/// budgets below one that the next smaller does not agree with are left out, as far as enough points remain.
/// A point that failed on its largest budget stands behind all that were measured, however far it climbed.
pub(super) fn ranked(history: &[Observation], least: usize) -> Option<Vec<usize>> {
    let believed = believed(history, least);
    let mut standings: HashMap<Vec<u64>, Standing> = HashMap::new();
    for budget in &believed {
        let on: Vec<usize> =
            (0..history.len()).filter(|at| history[*at].budget == *budget).collect();
        let observations: Vec<&Observation> = on.iter().map(|at| &history[*at]).collect();
        for (place, which) in order(&observations).into_iter().enumerate() {
            let at = on[which];
            let share = (place as f64 + 0.5) / on.len() as f64;
            // From the largest budget to the smallest: the first entry of a point stays, and its last
            // visit says where it began.
            let standing = Standing { at, share, budget: *budget, begun: *budget };
            standings.entry(key(&history[at])).or_insert(standing).begun = *budget;
        }
    }
    if standings.len() < least {
        return None;
    }
    let mut all: Vec<Standing> = standings.into_values().collect();
    let failed = |standing: &Standing| history[standing.at].costs.is_none();
    let better = |standing: &Standing| standing.share * standing.begun / standing.budget;
    // Ties go to the earlier one, so that the order of a hash map does not show.
    all.sort_by(|a, b| {
        let by_share = better(a).total_cmp(&better(b));
        failed(a).cmp(&failed(b)).then(by_share).then(a.at.cmp(&b.at))
    });
    Some(all.into_iter().map(|standing| standing.at).collect())
}

/// Where a point stands among those on its largest budget.
struct Standing {
    /// Place in the history.
    at: usize,
    share: f64,
    budget: f64,
    /// The smallest budget that it was measured on.
    begun: f64,
}

/// The budgets to learn from, the largest first.
fn believed(history: &[Observation], least: usize) -> Vec<f64> {
    let mut budgets: Vec<f64> = history.iter().map(|observation| observation.budget).collect();
    budgets.sort_by(|a, b| b.total_cmp(a));
    budgets.dedup();
    let points = |budget: f64| -> HashMap<Vec<u64>, &Observation> {
        let on = history.iter().filter(|observation| observation.budget == budget);
        on.map(|observation| (key(observation), observation)).collect()
    };
    let mut taken: Vec<f64> = Vec::new();
    let mut known: HashMap<Vec<u64>, &Observation> = HashMap::new();
    for budget in budgets {
        let here = points(budget);
        if let Some(above) = taken.last()
            && known.len() >= least
        {
            let above = points(*above);
            let mut pairs: Vec<(&Observation, &Observation)> = here
                .iter()
                .filter_map(|(point, lower)| Some((*lower, *above.get(point)?)))
                .collect();
            // Any fixed order will do; that of a hash map is none.
            pairs.sort_by_key(|pair| key(pair.0));
            if pairs.len() >= PAIRS && rank_correlation(&pairs) < BELIEVED {
                break;
            }
        }
        known.extend(here);
        taken.push(budget);
    }
    taken
}

/// What tells one point from another.
fn key(observation: &Observation) -> Vec<u64> {
    observation.point.iter().map(|u| u.to_bits()).collect()
}

/// Spearman's rank correlation between the two sides.
fn rank_correlation(pairs: &[(&Observation, &Observation)]) -> f64 {
    let ranks = |side: Vec<&Observation>| {
        let mut ranks = vec![0.0; side.len()];
        order(&side).into_iter().enumerate().for_each(|(rank, at)| ranks[at] = rank as f64);
        ranks
    };
    let lower = ranks(pairs.iter().map(|pair| pair.0).collect());
    let upper = ranks(pairs.iter().map(|pair| pair.1).collect());
    let n = pairs.len() as f64;
    let squares: f64 = lower.iter().zip(&upper).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(point: f64, budget: f64, cost: f64) -> Observation {
        Observation { point: vec![point], budget, costs: Some(vec![cost]) }
    }

    fn points(history: &[Observation], least: usize) -> Vec<(f64, f64)> {
        let places = ranked(history, least).unwrap();
        places.into_iter().map(|at| (history[at].point[0], history[at].budget)).collect()
    }

    #[test]
    fn who_climbed_stands_before_who_stayed_below() {
        // Nine on a ninth, the best three on a third, the best of these on the whole; and one that
        // began on the whole and is worse there.
        let mut history: Vec<Observation> =
            (0..9).map(|i| observed(f64::from(i), 1.0 / 9.0, f64::from(i))).collect();
        history.extend([2.0, 1.0, 0.0].map(|i| observed(i, 1.0 / 3.0, 10.0 - i)));
        history.push(observed(2.0, 1.0, 1.0));
        history.push(observed(20.0, 1.0, 5.0));
        let ranked = points(&history, 4);
        // 2: (0.5 / 2) / 9. 1: (1.5 / 3) / 3. 0: (2.5 / 3) / 3. Then those that stayed, and 20 with
        // 1.5 / 2 between them.
        assert_eq!(ranked[..3], [(2.0, 1.0), (1.0, 1.0 / 3.0), (0.0, 1.0 / 3.0)]);
        assert_eq!(ranked.len(), 10);
        let place = ranked.iter().position(|(point, _)| *point == 20.0).unwrap();
        assert_eq!((ranked[place - 1].0, ranked[place + 1].0), (6.0, 7.0));
    }

    #[test]
    fn who_climbed_and_failed_stands_behind_who_stayed_below() {
        let mut history: Vec<Observation> =
            (0..9).map(|i| observed(f64::from(i), 1.0 / 9.0, f64::from(i))).collect();
        history.extend([0.0, 1.0, 2.0].map(|i| observed(i, 1.0 / 3.0, i)));
        history.push(Observation { costs: None, ..observed(0.0, 1.0, 0.0) });
        let ranked = points(&history, 4);
        assert_eq!(ranked[0], (1.0, 1.0 / 3.0));
        assert_eq!(ranked[8], (0.0, 1.0));
    }

    #[test]
    fn a_budget_that_misleads_is_left_out_once_there_are_enough() {
        let mut history: Vec<Observation> =
            (0..12).map(|i| observed(f64::from(i), 0.5, f64::from(i))).collect();
        history.extend((0..6).map(|i| observed(f64::from(i), 1.0, -f64::from(i))));
        let all = points(&history, 4);
        assert_eq!(all.iter().map(|p| p.0).collect::<Vec<_>>(), [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
        // Too few without it.
        assert_eq!(points(&history, 8).len(), 12);
        assert!(ranked(&history, 13).is_none());
        // With a budget that agrees all count.
        history.iter_mut().skip(12).for_each(|o| o.costs = Some(vec![o.point[0]]));
        assert_eq!(points(&history, 4).len(), 12);
    }
}
