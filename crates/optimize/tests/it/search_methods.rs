//! Methods that choose trials: same trials whatever the workers, and better ones than chance.

use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{
    Collect, Discard, Failure, JournalMode, Method, Request, Space, Study, StudyTrial,
};
use tangency_optimize::{Error, ErrorKind};
use tangency_pool::Pool;

/// Every method, with so many trials.
pub(crate) fn methods(trials: u64) -> Vec<Method> {
    let mut all: Vec<Method> =
        Method::names().map(|name| Method::named(name, trials).unwrap()).collect();
    all.push(Method::univariate_tpe(trials));
    all
}

/// All kinds of parameters, a condition and a constraint.
fn mixed() -> Space {
    Space::new()
        .words("kind", ["wave", "bowl", "flat"])
        .and_then(|s| s.integer("fast", 1, 30))
        .and_then(|s| s.integer("slow", 1, 60))
        .and_then(|s| s.real("x", -2.0, 2.0))
        .and_then(|s| s.logarithmic("rate", 1e-4, 1.0))
        .and_then(|s| s.only_if("rate", "kind", "bowl"))
        .and_then(|s| s.less_than("fast", "slow"))
        .unwrap()
}

fn score(request: &Request<'_>) -> Result<Metrics, Failure> {
    let params = request.params;
    let (fast, slow, x) = (params.get("fast")?, params.get("slow")?, params.get("x")?);
    assert!(fast < slow, "a point that the constraint refuses");
    if fast == 17.0 {
        return Err("seventeen".into());
    }
    let kind = match params.choice("kind")? {
        "wave" => x.sin(),
        "bowl" => 2.0 - x * x - (params.get("rate")?.ln() + 4.0).powi(2),
        _ => {
            assert!(params.get("rate").is_err(), "a rate that is switched off");
            0.0
        }
    };
    // On a small budget the figure is off by some noise.
    let noise = (request.seed >> 50) as f64 * 1e-5 * (1.0 - request.budget);
    let sharpe = kind - (fast - 8.0).abs() / 10.0 - (slow - 40.0).abs() / 40.0 + noise;
    Ok(Metrics::new().with(Metric::Sharpe, sharpe).with(Metric::MaxDrawdown, -slow))
}

fn run(space: &Space, method: Method, workers: usize, seed: u64) -> Vec<StudyTrial> {
    let mut trials = Collect::new();
    let study =
        Study::search(space, method, Metric::Sharpe).and_metric(Metric::MaxDrawdown).seed(seed);
    let report = study.run(&Pool::new(workers).unwrap(), &score, &mut trials).unwrap();
    assert_eq!(report.trials, method.trials());
    trials.into_trials()
}

#[test]
fn workers_do_not_show_and_seeds_do() {
    let space = mixed();
    for method in methods(90) {
        let one = run(&space, method, 1, 4);
        assert_eq!(one.len(), 90, "{method}");
        assert!(one.iter().enumerate().all(|(at, trial)| trial.index == at));
        for workers in [2, 5] {
            assert_eq!(run(&space, method, workers, 4), one, "{method} on {workers} workers");
        }
        assert_ne!(run(&space, method, 2, 5), one, "{method}");
    }
}

#[test]
fn a_method_is_resumed_to_the_same_trials() {
    let space = mixed();
    let folder = tempfile::tempdir().unwrap();
    for method in methods(80) {
        let whole = {
            let mut trials = Collect::new();
            let study = Study::search(&space, method, Metric::Sharpe).seed(9);
            let _ = study.run(&Pool::new(2).unwrap(), &score, &mut trials).unwrap();
            trials.into_trials()
        };
        let path = folder.path().join(format!("{method}.journal"));
        let study = Study::search(&space, method, Metric::Sharpe).seed(9);
        let fresh = study.clone().journal(&path, JournalMode::Fresh);
        let _ = fresh.run(&Pool::new(1).unwrap(), &score, &mut Discard).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let resumed = study.journal(&path, JournalMode::Resume);
        let mut trials = Collect::new();
        let report = resumed.run(&Pool::new(2).unwrap(), &score, &mut trials).unwrap();
        assert!(report.replayed > 0 && report.evaluated > 0, "{method}: {report:?}");
        assert_eq!(trials.trials(), whole, "{method}");
    }
}

#[test]
fn a_journal_of_another_method_or_constraint_is_refused() {
    let space = mixed();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("method.journal");
    let pool = Pool::new(1).unwrap();
    let attempt = |space: &Space, method| {
        let study = Study::search(space, method, Metric::Sharpe);
        study.journal(&path, JournalMode::Resume).run(&pool, &score, &mut Discard)
    };
    let _ = attempt(&space, Method::tpe(40)).unwrap();
    let refusal = |space: &Space, method| -> String {
        let error: Error = attempt(space, method).unwrap_err();
        error.to_string()
    };
    let text = refusal(&space, Method::tpe(50));
    assert!(text.ends_with("another method: tpe(trials=40), not tpe(trials=50)"), "{text}");
    let narrower = space.clone().constraint("slow below 50", |p| Ok(p.get("slow")? < 50.0));
    assert!(refusal(&narrower, Method::tpe(40)).contains("another space"));
}

/// Median over seeds of the best value of a function of four parameters, lower is better.
fn median_best(method: Method, function: fn(&[f64]) -> f64) -> f64 {
    let names = ["a", "b", "c", "d"];
    let space =
        names.iter().try_fold(Space::new(), |space, name| space.real(name, -5.0, 5.0)).unwrap();
    let objective = move |request: &Request<'_>| -> Result<Metrics, Failure> {
        Ok(Metrics::new().with(Metric::Sharpe, -function(request.params.values())))
    };
    let pool = Pool::new(1).unwrap();
    let mut best: Vec<f64> = (0..11)
        .map(|seed| {
            let study = Study::search(&space, method, Metric::Sharpe).seed(seed);
            let report = study.run(&pool, &objective, &mut Discard).unwrap();
            -report.best.unwrap().metric(Metric::Sharpe).unwrap()
        })
        .collect();
    best.sort_by(f64::total_cmp);
    best[5]
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|v| (v - 1.3).powi(2)).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum()
}

#[test]
fn methods_that_learn_beat_chance() {
    let random = median_best(Method::random(200), sphere);
    for (method, share) in [
        (Method::tpe(200), 0.2),
        (Method::univariate_tpe(200), 0.2),
        (Method::genetic(200), 0.6),
        (Method::cma_es(200), 0.02),
    ] {
        let best = median_best(method, sphere);
        assert!(best < share * random, "{method}: {best} against {random}");
    }
    // A narrow curved valley: only what learns the covariance follows it.
    let best = median_best(Method::cma_es(2000), rosenbrock);
    assert!(best < 1e-6, "{best}");
}

#[test]
fn halving_spends_little_on_the_bad() {
    let space = mixed();
    let trials = run(&space, Method::hyperband(200), 2, 1);
    let budgets: Vec<f64> = trials.iter().map(|trial| trial.budget).collect();
    assert_eq!(budgets[..27], [1.0 / 27.0; 27]);
    assert_eq!(budgets[27..36], [1.0 / 9.0; 9]);
    assert_eq!(budgets[39], 1.0);
    let whole = budgets.iter().filter(|budget| **budget == 1.0).count();
    assert!((10..100).contains(&whole), "{whole}");
    // Those that go on are the best of their rung: with the second metric a front, then its crowd.
    let mut single = Collect::new();
    let study = Study::search(&space, Method::successive_halving(40), Metric::Sharpe).seed(3);
    let report = study.run(&Pool::new(2).unwrap(), &score, &mut single).unwrap();
    let trials = single.into_trials();
    let value = |trial: &StudyTrial| trial.metric(Metric::Sharpe).unwrap_or(f64::NEG_INFINITY);
    let mut first: Vec<&StudyTrial> = trials[..27].iter().collect();
    first.sort_by(|a, b| value(b).total_cmp(&value(a)));
    for (kept, expected) in trials[27..36].iter().zip(first) {
        assert_eq!(kept.params, expected.params);
    }
    // The report is about trials on the whole budget alone.
    assert_eq!(report.best.unwrap().budget, 1.0);
}

/// Median over nine seeds of the best value on the whole budget, lower is better, of a bowl in five
/// dimensions whose bottom lies elsewhere on a part of the budget: at 1.3 less half of what is missing.
fn median_of_budgeted(method: Method) -> f64 {
    let real = |space: Space, at| space.real(&format!("x{at}"), -5.0, 5.0);
    let space = (0..5).try_fold(Space::new(), real).unwrap();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let bottom = 1.3 - 0.5 * (1.0 - request.budget);
        let squares = request.params.values().iter().map(|v| (v - bottom).powi(2));
        Ok(Metrics::new().with(Metric::Sharpe, -squares.sum::<f64>()))
    };
    let pool = Pool::new(2).unwrap();
    let best = |seed| {
        let study = Study::search(&space, method, Metric::Sharpe).seed(seed);
        let report = study.run(&pool, &objective, &mut Discard).unwrap();
        -report.best.unwrap().metric(Metric::Sharpe).unwrap()
    };
    let mut values: Vec<f64> = (0..9).map(best).collect();
    values.sort_by(f64::total_cmp);
    values[4]
}

/// The share of the trials from the thirty-first on that lie where something can be measured: a tenth of a
/// square, in a corner of it.
fn share_measured(method: Method) -> f64 {
    let space = Space::new().real("x", 0.0, 1.0).and_then(|s| s.real("y", 0.0, 1.0)).unwrap();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let (x, y) = (request.params.get("x")?, request.params.get("y")?);
        if x < 0.68 || y < 0.68 {
            return Err("nothing to be measured here".into());
        }
        Ok(Metrics::new().with(Metric::Sharpe, x + y))
    };
    let (mut measured, mut all) = (0, 0);
    for seed in 0..20 {
        let mut trials = Collect::new();
        let study = Study::search(&space, method, Metric::Sharpe).seed(seed);
        let _ = study.run(&Pool::new(1).unwrap(), &objective, &mut trials).unwrap();
        let later = &trials.trials()[30..];
        measured += later.iter().filter(|trial| trial.metrics().is_some()).count();
        all += later.len();
    }
    f64::from(measured as u32) / f64::from(all as u32)
}

#[test]
fn what_failed_is_never_good() {
    for method in [Method::tpe(60), Method::univariate_tpe(60), Method::bohb(200)] {
        let share = share_measured(method);
        assert!(share > 0.5, "{method}: {share}");
    }
}

#[test]
fn a_study_that_measures_nothing_at_first_goes_on_evenly() {
    // Nothing is known, so nothing can be said to be good: the trials are those of random points.
    let space = Space::new().real("x", 0.0, 1.0).unwrap();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        if request.index < 30 {
            return Err("too early".into());
        }
        Ok(Metrics::new().with(Metric::Sharpe, request.params.get("x")?))
    };
    let points = |method| {
        let mut trials = Collect::new();
        let study = Study::search(&space, method, Metric::Sharpe).seed(3);
        let _ = study.run(&Pool::new(1).unwrap(), &objective, &mut trials).unwrap();
        let first = &trials.trials()[..30];
        first.iter().map(|trial| trial.params.get("x").unwrap()).collect::<Vec<f64>>()
    };
    assert_eq!(points(Method::tpe(34)), points(Method::random(34)));
}

#[test]
fn bohb_learns_from_all_budgets() {
    // 264 trials cost 60 on the whole budget. A model of the largest budget alone came to 2.
    let bohb = median_of_budgeted(Method::bohb(264));
    assert!(bohb < 1.0, "{bohb}");
    let hyperband = median_of_budgeted(Method::hyperband(264));
    assert!(bohb < 0.4 * hyperband, "{bohb} against {hyperband}");
}

#[test]
fn quasi_random_points_cover_a_list_evenly() {
    let space = Space::new().integer("n", 1, 8).unwrap();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        Ok(Metrics::new().with(Metric::Sharpe, request.params.get("n")?))
    };
    let mut trials = Collect::new();
    let study = Study::search(&space, Method::quasi_random(64), Metric::Sharpe).seed(2);
    let _ = study.run(&Pool::new(2).unwrap(), &objective, &mut trials).unwrap();
    for n in 1..=8 {
        let hits = trials.params().filter(|p| p.get("n").unwrap() == f64::from(n)).count();
        assert_eq!(hits, 8, "{n}");
    }
}

#[test]
fn several_metrics_spread_along_their_front() {
    // Schaffer's first problem: x^2 against (x - 2)^2; the front is 0 to 2.
    let space = Space::new().real("x", -100.0, 100.0).unwrap();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let x = request.params.get("x")?;
        let metrics = Metrics::new().with(Metric::Sharpe, -x * x);
        Ok(metrics.with(Metric::Sortino, -(x - 2.0).powi(2)))
    };
    let study = Study::search(&space, Method::genetic(1500), Metric::Sharpe)
        .and_metric(Metric::Sortino)
        .seed(1);
    let report = study.run(&Pool::new(2).unwrap(), &objective, &mut Discard).unwrap();
    let mut on: Vec<f64> =
        report.pareto_front.iter().map(|trial| trial.params.get("x").unwrap()).collect();
    on.sort_by(f64::total_cmp);
    assert!(on.len() > 50 && on[0] > -0.05 && on[on.len() - 1] < 2.05, "{on:?}");
    let widest = on.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(widest < 0.25 && on[0] < 0.1 && on[on.len() - 1] > 1.9, "{on:?}");
}

#[test]
fn bad_settings_are_named() {
    let error = Method::named("tpee", 10).unwrap_err();
    assert_eq!(error.to_string(), "no method is called \"tpee\"; the nearest is \"tpe\"");
    let space = mixed();
    let pool = Pool::new(1).unwrap();
    let study = Study::search(&space, Method::bohb(10).min_budget(1.5), Metric::Sharpe);
    let error = study.run(&pool, &score, &mut Discard).unwrap_err();
    assert_eq!(error.to_string(), "min_budget is 1.5, expected above 0 and below 1");
    let impossible = space.constraint("never", |_| Ok(false));
    for method in methods(20) {
        let study = Study::search(&impossible, method, Metric::Sharpe);
        let error = study.run(&pool, &score, &mut Discard).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NoAdmissiblePoint { attempts: 1_000_000 }, "{method}");
    }
    let error = Study::search(&Space::new(), Method::random(5), Metric::Sharpe)
        .run(&pool, &score, &mut Discard)
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::EmptyGrid { rejected: 0 });
}

#[test]
fn the_points_of_a_round_lie_apart() {
    // Each parameter on its own: the best of the draws of one hardly differs from draw to draw.
    let space = Space::new().real("x", 0.0, 1.0).and_then(|s| s.real("y", 0.0, 1.0)).unwrap();
    let bowl = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let (x, y) = (request.params.get("x")?, request.params.get("y")?);
        Ok(Metrics::new().with(Metric::Sharpe, -(x - 0.3).powi(2) - (y - 0.6).powi(2)))
    };
    let mut apart = Vec::new();
    for seed in 0..10 {
        let mut trials = Collect::new();
        let study = Study::search(&space, Method::univariate_tpe(90), Metric::Sharpe).seed(seed);
        let _ = study.run(&Pool::new(1).unwrap(), &bowl, &mut trials).unwrap();
        let at =
            |trial: &StudyTrial| (trial.params.get("x").unwrap(), trial.params.get("y").unwrap());
        // Ten trials at random, then rounds of four.
        for round in trials.trials()[10..].chunks(4) {
            let ((a, b), (c, d)) = (at(&round[0]), at(&round[1]));
            apart.push((a - c).hypot(b - d));
        }
    }
    apart.sort_by(f64::total_cmp);
    let median = apart[apart.len() / 2];
    // 0.15; it is 0.04 where a round does not know what it has proposed.
    assert!(median > 0.08, "{median}");
}
