//! Which of several trials are better, for one metric and for many.

use std::cmp::Ordering;

use super::super::pareto::dominates;
use super::sampled::Observation;

/// Places of the observations from best to worst. For one metric by cost; for several by the front
/// they lie on, and within a front the least crowded first, as in NSGA-II. Failures come last; ties
/// go to the earlier one.
pub(super) fn order(observations: &[&Observation]) -> Vec<usize> {
    let (mut measured, failed): (Vec<usize>, Vec<usize>) =
        (0..observations.len()).partition(|at| observations[*at].costs.is_some());
    let costs = |at: usize| observations[at].costs.as_deref().unwrap_or_default();
    if measured.first().is_some_and(|at| costs(*at).len() > 1) {
        let places: Vec<&[f64]> = measured.iter().map(|at| costs(*at)).collect();
        let ranks = fronts_and_crowding(&places);
        let mut by_rank: Vec<usize> = (0..measured.len()).collect();
        by_rank.sort_by(|a, b| compare(ranks[*a], ranks[*b]));
        measured = by_rank.into_iter().map(|place| measured[place]).collect();
    } else {
        measured.sort_by(|a, b| costs(*a)[0].total_cmp(&costs(*b)[0]));
    }
    measured.extend(failed);
    measured
}

/// Front first, then the larger crowding distance.
pub(super) fn compare(a: (usize, f64), b: (usize, f64)) -> Ordering {
    a.0.cmp(&b.0).then(b.1.total_cmp(&a.1))
}

/// For each point the number of its front, from 0, and its crowding distance there.
pub(super) fn fronts_and_crowding(costs: &[&[f64]]) -> Vec<(usize, f64)> {
    let n = costs.len();
    let mut ranks = vec![(usize::MAX, 0.0); n];
    let mut left: Vec<usize> = (0..n).collect();
    let mut front = 0;
    while !left.is_empty() {
        let beaten = |at: &usize| left.iter().any(|other| dominates(costs[*other], costs[*at]));
        let (rest, members): (Vec<usize>, Vec<usize>) = left.iter().partition(|at| beaten(at));
        for (at, distance) in members.iter().zip(crowding(costs, &members)) {
            ranks[*at] = (front, distance);
        }
        front += 1;
        left = rest;
    }
    ranks
}

/// For each member of a front, how far its neighbours are from each other in every cost, as shares of
/// the front's extent; infinite at the ends.
fn crowding(costs: &[&[f64]], members: &[usize]) -> Vec<f64> {
    let mut distances = vec![0.0; members.len()];
    let metrics = members.first().map_or(0, |at| costs[*at].len());
    (0..metrics).for_each(|metric| {
        let cost = |place: usize| costs[members[place]][metric];
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by(|a, b| cost(*a).total_cmp(&cost(*b)));
        let (Some(&low), Some(&high)) = (order.first(), order.last()) else { return };
        let extent = cost(high) - cost(low);
        distances[low] = f64::INFINITY;
        distances[high] = f64::INFINITY;
        if extent > 0.0 {
            for around in order.windows(3) {
                distances[around[1]] += (cost(around[2]) - cost(around[0])) / extent;
            }
        }
    });
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(costs: &[Option<Vec<f64>>]) -> Vec<Observation> {
        let observation = |costs: &Option<Vec<f64>>| Observation {
            point: vec![],
            budget: 1.0,
            costs: costs.clone(),
        };
        costs.iter().map(observation).collect()
    }

    #[test]
    fn one_cost_is_sorted_and_failures_come_last() {
        let all = observed(&[Some(vec![2.0]), None, Some(vec![1.0]), Some(vec![2.0])]);
        assert_eq!(order(&all.iter().collect::<Vec<_>>()), [2, 0, 3, 1]);
    }

    #[test]
    fn several_costs_are_peeled_front_by_front() {
        let costs: Vec<Vec<f64>> =
            vec![vec![1.0, 5.0], vec![2.0, 3.0], vec![2.5, 2.9], vec![4.0, 1.0], vec![3.0, 4.0]];
        let slices: Vec<&[f64]> = costs.iter().map(Vec::as_slice).collect();
        let ranks = fronts_and_crowding(&slices);
        assert_eq!(ranks.iter().map(|rank| rank.0).collect::<Vec<_>>(), [0, 0, 0, 0, 1]);
        // By hand: (2.5 - 1) / 3 + (5 - 2.9) / 4 and (4 - 2) / 3 + (3 - 1) / 4.
        assert!((ranks[1].1 - (0.5 + 0.525)).abs() < 1e-12);
        assert!((ranks[2].1 - (2.0 / 3.0 + 0.5)).abs() < 1e-12);
        let all = observed(&costs.iter().cloned().map(Some).collect::<Vec<_>>());
        assert_eq!(order(&all.iter().collect::<Vec<_>>()), [0, 3, 2, 1, 4]);
    }
}
