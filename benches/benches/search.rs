//! Searches: what they find, what the journal costs, how good the estimate of the time left is, and how
//! much memory a large one takes.
//!
//! `cargo bench -p tangency-benches --bench search` prints four tables. The first has the format of
//! `benches/peers/_search_optuna.py`. A word after `--` (`found`, `journal`, `eta`, `large`) picks one, a
//! method's name with `found` that method.

use std::f64::consts::{E, PI};
use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

use tangency::optimize::backtest::{BacktestConfig, Bars, Costs, Signals};
use tangency::optimize::metrics::{Metric, Metrics};
use tangency::optimize::search::{
    BacktestObjective, Discard, Failure, Grid, JournalMode, Method, Objective, Request, Space,
    StrategyKind, Study, StudySnapshot,
};
use tangency::pipeline::ParquetTrials;
use tangency::pool::Pool;

type Function = fn(&[f64]) -> f64;

const SEEDS: u64 = 20;

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|v| (v - 1.3).powi(2)).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum()
}

fn ackley(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let root = (x.iter().map(|v| v * v).sum::<f64>() / n).sqrt();
    let waves = x.iter().map(|v| (2.0 * PI * v).cos()).sum::<f64>() / n;
    20.0 + E - 20.0 * (-0.2 * root).exp() - waves.exp()
}

fn rastrigin(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v - 10.0 * (2.0 * PI * v).cos() + 10.0).sum()
}

fn hartmann6(u: &[f64]) -> f64 {
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [1312.0, 1696.0, 5569.0, 124.0, 8283.0, 5886.0],
        [2329.0, 4135.0, 8307.0, 3736.0, 1004.0, 9991.0],
        [2348.0, 1451.0, 3522.0, 2883.0, 3047.0, 6650.0],
        [4047.0, 8828.0, 8732.0, 5743.0, 1091.0, 381.0],
    ];
    let term = |(weight, (a, p)): (f64, (&[f64; 6], &[f64; 6]))| {
        let distances = a.iter().zip(p).zip(u).map(|((a, p), v)| a * (v - p * 1e-4).powi(2));
        -weight * (-distances.sum::<f64>()).exp()
    };
    [1.0, 1.2, 3.0, 3.2].into_iter().zip(A.iter().zip(&P)).map(term).sum()
}

const FUNCTIONS: [(&str, Function, usize, f64, f64); 5] = [
    ("sphere", sphere, 5, -5.0, 5.0),
    ("rosenbrock", rosenbrock, 4, -5.0, 5.0),
    ("ackley", ackley, 5, -10.0, 10.0),
    ("rastrigin", rastrigin, 4, -5.12, 5.12),
    ("hartmann6", hartmann6, 6, 0.0, 1.0),
];

/// Median over the seeds of the best value, lower is better.
fn median(space: &Space, method: Method, objective: &impl Objective, pool: &Pool) -> f64 {
    let best = |seed| {
        let study = Study::search(space, method, Metric::Sharpe).seed(seed);
        let report = study.run(pool, objective, &mut Discard).expect("every trial is measured");
        let best = report.best.and_then(|trial| trial.metric(Metric::Sharpe));
        -best.expect("some trial has a number")
    };
    let mut values: Vec<f64> = (0..SEEDS).map(best).collect();
    values.sort_by(f64::total_cmp);
    0.5 * (values[SEEDS as usize / 2 - 1] + values[SEEDS as usize / 2])
}

fn line(out: &mut impl Write, name: &str, method: &str, value: f64) {
    writeln!(out, "{name:<14} {method:<22} {value:>14.6}").expect("standard output takes text");
}

/// Whether the words after `--` leave this method in.
fn is_wanted(method: &str) -> bool {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let picks = words.iter().any(|word| word == "univariate-tpe" || Method::named(word, 1).is_ok());
    !picks || words.iter().any(|word| word == method)
}

fn found(out: &mut impl Write, pool: &Pool) {
    for (name, function, dimensions, low, high) in FUNCTIONS {
        let real = |space: Space, at| space.real(&format!("x{at}"), low, high);
        let space = (0..dimensions).try_fold(Space::new(), real).expect("bounds are in order");
        // On a part of the budget the function is shifted.
        let objective = move |request: &Request<'_>| -> Result<Metrics, Failure> {
            let shift = 0.5 * (1.0 - request.budget);
            let x: Vec<f64> = request.params.values().iter().map(|v| v + shift).collect();
            Ok(Metrics::new().with(Metric::Sharpe, -function(&x)))
        };
        for method in ["random", "tpe", "univariate-tpe", "cma-es", "genetic"] {
            if !is_wanted(method) {
                continue;
            }
            let chosen = match method {
                "univariate-tpe" => Method::univariate_tpe(200),
                name => Method::named(name, 200).expect("a method's name"),
            };
            line(out, name, method, median(&space, chosen, &objective, pool));
        }
        // 264 trials in brackets from 1/27 on cost 60 on the whole budget.
        if is_wanted("bohb") {
            line(out, name, "bohb", median(&space, Method::bohb(264), &objective, pool));
        }
    }
    let prices = tangency_testkit::prices::sp500_20();
    let close = prices.column("XOM");
    let bars = Bars::from_closes(close).expect("prices are prices");
    let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
    let crossover = BacktestObjective::strategy(StrategyKind::SmaCross, bars, config)
        .expect("the setting makes sense");
    let starts: Vec<usize> =
        (252..).step_by(252).take_while(|start| start + 252 <= close.len()).collect();
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let (mut sum, mut known) = (0.0, 0.0);
        // A part of the budget is the first windows.
        let used = (request.budget * starts.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        for start in &starts[..used] {
            let window = Request::new(request.params).with_rows(*start..start + 252);
            let metrics = crossover.evaluate(&mut Signals::default(), &window)?;
            let sharpe = metrics.get(Metric::Sharpe).filter(|sharpe| !sharpe.is_nan());
            sum += sharpe.unwrap_or(0.0);
            known += f64::from(u8::from(sharpe.is_some()));
        }
        // As there, a pair that never trades earns nothing.
        let mean = if known > 0.0 { sum / known } else { 0.0 };
        Ok(Metrics::new().with(Metric::Sharpe, mean))
    };
    let space = Space::new()
        .integer("fast", 2, 60)
        .and_then(|space| space.integer("slow", 61, 250))
        .expect("bounds are in order");
    for (name, method) in [
        ("random", Method::random(100)),
        ("tpe", Method::tpe(100)),
        ("univariate-tpe", Method::univariate_tpe(100)),
        // Their budgets add up to 100.
        ("bohb", Method::bohb(440)),
    ] {
        if is_wanted(name) {
            line(out, "walk-forward", name, median(&space, method, &objective, pool));
        }
    }
}

/// A study of trials that cost next to nothing, with and without a journal.
fn journal(out: &mut impl Write) {
    let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
        let x = request.params.values()[0];
        let metrics = Metric::ALL[..16].iter().fold(Metrics::new(), |m, metric| m.with(*metric, x));
        Ok(metrics)
    };
    let grid = Grid::parse(["a=1:2000:1", "b=1:1000:1"]).expect("two ranges");
    let folder = tempfile::tempdir().expect("a folder for a moment");
    let pool = Pool::new(1).expect("one thread");
    let time = |study: &Study<'_>| {
        let started = Instant::now();
        let report = study.run(&pool, &objective, &mut Discard).expect("every trial is measured");
        started.elapsed().as_secs_f64() * 1e9 / report.trials as f64
    };
    let study = Study::grid(&grid, Metric::Sharpe);
    let with = study.clone().journal(folder.path().join("bench.journal"), JournalMode::Fresh);
    let least = |study| (0..5).map(|_| time(study)).fold(f64::INFINITY, f64::min);
    let (plain, journalled) = (least(&study), least(&with));
    writeln!(
        out,
        "2,000,000 trials of 16 metrics: {plain:.0} ns a trial, {journalled:.0} with a journal, {:.0} more",
        journalled - plain
    )
    .expect("standard output takes text");
}

/// Estimates of the time left in searches whose trials differ in how long they take, against the time that
/// was left in truth.
fn eta(out: &mut impl Write) {
    let closes: Vec<f64> = (0..20_000)
        .map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i * 7 % 11))
        .collect();
    let bars = Bars::from_closes(&closes).expect("prices are prices");
    let pool = Pool::builder().build().expect("threads");
    let config = BacktestConfig::new(252.0);
    let searches = [
        (
            StrategyKind::RsiReversion,
            &["window=2:121:1", "low=10:49:0.5", "high=51:90:1"][..],
            "grid",
        ),
        (StrategyKind::SmaCross, &["fast=2:150:1", "slow=160:1500:1"][..], "grid"),
        (StrategyKind::MacdCross, &["fast=2:30:1", "slow=31:90:1", "signal=2:30:1"][..], "genetic"),
        (StrategyKind::EmaCross, &["fast=2:100:1", "slow=101:500:1"][..], "bohb"),
    ];
    for (kind, texts, method) in searches {
        let grid = Grid::parse(texts.iter().copied()).expect("ranges");
        let space = Space::of_grid(&grid);
        let objective =
            BacktestObjective::strategy(kind, bars, config).expect("the setting makes sense");
        let seen = Mutex::new(Vec::new());
        let observer = |now: &StudySnapshot<'_>| {
            let eta = now.eta.map(|eta| eta.as_secs_f64());
            let mut seen = seen.lock().expect("no call panics");
            seen.push((now.percent(), now.elapsed.as_secs_f64(), eta));
        };
        let study = match method {
            "grid" => Study::grid(&grid, Metric::Sharpe),
            name => {
                let trials = if name == "bohb" { 1000 } else { 60_000 };
                let method = Method::named(name, trials).expect("a method's name");
                Study::search(&space, method, Metric::Sharpe)
            }
        };
        let report =
            study.observer(&observer).run(&pool, &objective, &mut Discard).expect("it measures");
        let seen = seen.into_inner().expect("no call panics");
        let whole = seen.last().map_or(0.0, |(_, elapsed, _)| *elapsed);
        let later: Vec<_> =
            seen.iter().filter(|(percent, ..)| (20.0..100.0).contains(percent)).collect();
        let worst = |end: &dyn Fn(f64, f64, f64) -> f64| {
            let ends = later.iter().filter_map(|(percent, elapsed, eta)| {
                Some((end(*percent, *elapsed, (*eta)?) - whole).abs() / whole)
            });
            100.0 * ends.fold(0.0, f64::max)
        };
        let foretold = worst(&|_, elapsed, eta| elapsed + eta);
        let by_mean = worst(&|percent, elapsed, _| elapsed * 100.0 / percent);
        writeln!(
            out,
            "{} {method}: {} trials in {whole:.1} s; after 20 % {} estimates, the end foretold to \
             {foretold:.1} % of the whole time at worst, by the mean rate to {by_mean:.1} %",
            objective.name(),
            report.trials,
            later.len(),
        )
        .expect("standard output takes text");
    }
}

/// Ten million backtests to a Parquet file, with a journal beside it.
fn large(out: &mut impl Write) {
    let closes: Vec<f64> = (0..2148)
        .map(|i| 100.0 + 20.0 * (f64::from(i) / 30.0).sin() + f64::from(i * 7 % 11))
        .collect();
    let bars = Bars::from_closes(&closes).expect("prices are prices");
    let grid =
        Grid::parse(["window=2:101:1", "low=1:50:0.1", "high=50.2:91:0.2"]).expect("three ranges");
    let pool = Pool::builder().build().expect("threads");
    let objective =
        BacktestObjective::strategy(StrategyKind::RsiReversion, bars, BacktestConfig::new(252.0))
            .expect("the setting makes sense");
    let folder = tempfile::tempdir().expect("a folder for a moment");
    let path = folder.path().join("trials.parquet");
    let mut sink = ParquetTrials::new(&path, &Metric::ALL[..16]);
    let started = Instant::now();
    let report = Study::grid(&grid, Metric::Sharpe)
        .journal(folder.path().join("trials.journal"), JournalMode::Fresh)
        .run(&pool, &objective, &mut sink)
        .expect("every trial is measured");
    let bytes = std::fs::metadata(&path).expect("the file is there").len();
    let stats = pool.stats();
    writeln!(
        out,
        "{} trials of {} bars in {:.0} s to {} MiB of Parquet; peak resident memory {:?}",
        report.trials,
        closes.len(),
        started.elapsed().as_secs_f64(),
        bytes >> 20,
        stats.process,
    )
    .expect("standard output takes text");
}

fn main() {
    let wanted =
        std::env::args().find(|word| ["found", "journal", "eta", "large"].contains(&word.as_str()));
    let is = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let mut out = std::io::stdout();
    if is("found") {
        found(&mut out, &Pool::new(1).expect("one thread"));
    }
    if is("journal") {
        journal(&mut out);
    }
    if is("eta") {
        eta(&mut out);
    }
    if is("large") {
        large(&mut out);
    }
}
