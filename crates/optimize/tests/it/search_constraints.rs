//! Spaces that leave little: few points, or constraints that refuse nearly all.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, Grid, Method, Params, Request, Space, Study,
};
use tangency_pool::{CancelToken, Pool};

use crate::search_methods::methods;

#[test]
fn a_small_space_is_not_searched_twice() {
    let grid = Grid::parse(["a=1:6:1", "b=1:6:1"]).unwrap().less_than("a", "b").unwrap();
    let space = Space::of_grid(&grid);
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        Ok(Metrics::new().with(Metric::Sharpe, request.params.get("a")? * request.params.get("b")?))
    };
    let failing = |request: &Request<'_>| -> Result<Metrics, Failure> {
        match request.index {
            // The last of all points: nothing is known before.
            14.. => objective(request),
            _ => Err("not yet".into()),
        }
    };
    for method in [Method::tpe(20), Method::univariate_tpe(20)] {
        for seed in 0..10 {
            let study = Study::search(&space, method, Metric::Sharpe).seed(seed);
            let distinct = |trials: &Collect| -> usize {
                let shown = trials.trials()[..15].iter().map(|trial| trial.params.to_string());
                shown.collect::<HashSet<String>>().len()
            };
            let (mut learned, mut blind) = (Collect::new(), Collect::new());
            let report = study.run(&Pool::new(2).unwrap(), &objective, &mut learned).unwrap();
            assert_eq!(report.best.unwrap().params.to_string(), "a=5, b=6");
            let _ = study.run(&Pool::new(2).unwrap(), &failing, &mut blind).unwrap();
            // All fifteen pairs, and then some of them again.
            assert_eq!((distinct(&learned), distinct(&blind)), (15, 15), "{method}, seed {seed}");
        }
    }
}

/// Seven numbers in rising order: one point in 5,040, less those with equal ones.
fn rising() -> Space {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let space = names.iter().try_fold(Space::new(), |space, name| space.integer(name, 1, 200));
    names.windows(2).fold(space.unwrap(), |space, pair| space.less_than(pair[0], pair[1]).unwrap())
}

fn spread(request: &Request<'_>) -> Result<Metrics, Failure> {
    let values = request.params.values();
    assert!(values.is_sorted_by(|a, b| a < b), "a point that the constraints refuse");
    Ok(Metrics::new().with(Metric::Sharpe, values[6] - values[0]))
}

#[test]
fn narrow_constraints_end_no_study() {
    let space = rising();
    for method in methods(60) {
        let study = Study::search(&space, method, Metric::Sharpe).seed(1);
        let mut trials = Collect::new();
        let _ = study.run(&Pool::new(2).unwrap(), &spread, &mut trials).unwrap();
        let all: HashSet<String> = trials.params().map(ToString::to_string).collect();
        assert!(all.len() > 15, "{method}: {}", all.len());
    }
}

#[test]
fn where_no_other_point_is_found_the_first_is_tried_again() {
    // A constraint that lets nothing but one point through, however many are drawn.
    let admitted = Arc::new(AtomicBool::new(false));
    let keep = {
        let admitted = Arc::clone(&admitted);
        move |_: &Params| Ok(!admitted.swap(true, Ordering::Relaxed))
    };
    let space = Space::new().real("x", 0.0, 1.0).unwrap().constraint("one point", keep);
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        Ok(Metrics::new().with(Metric::Sharpe, request.params.get("x")?))
    };
    let mut trials = Collect::new();
    let study = Study::search(&space, Method::random(3), Metric::Sharpe);
    let _ = study.run(&Pool::new(1).unwrap(), &objective, &mut trials).unwrap();
    let all: HashSet<String> = trials.params().map(ToString::to_string).collect();
    assert_eq!((trials.trials().len(), all.len()), (3, 1));
}

#[test]
fn a_search_for_an_admitted_point_can_be_cancelled() {
    let token = CancelToken::new();
    let asked = Arc::new(AtomicU64::new(0));
    let keep = {
        let (asked, token) = (Arc::clone(&asked), token.clone());
        move |_: &Params| {
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => return Ok(true),
                5000 => token.cancel(),
                _ => {}
            }
            Ok(false)
        }
    };
    let space = Space::new().real("x", 0.0, 1.0).unwrap().constraint("one point", keep);
    let study = Study::search(&space, Method::random(5), Metric::Sharpe).cancel(&token);
    let report = study.run(&Pool::new(1).unwrap(), &spread, &mut Discard).unwrap();
    assert!(report.cancelled && report.evaluated == 0);
    assert!(asked.load(Ordering::Relaxed) < 10_000);
}
