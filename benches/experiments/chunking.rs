//! How many items a worker takes at a time, under four distributions of how long items take.

use tangency::pool::{Chunking, CpuBudget, Pool, item_seed};
use tangency_benches::experiment::{Variant, compare};

const ITEMS: usize = 4_000;
/// Turns of the generator that an item takes on average; some 20 microseconds.
const MEAN: f64 = 15_000.0;

fn main() {
    let workers = CpuBudget::detect().cores();
    let pool = Pool::new(workers).expect("threads");
    for (name, shares) in distributions() {
        let mean = shares.iter().sum::<f64>() / ITEMS as f64;
        let turns: Vec<usize> = shares.iter().map(|share| (MEAN * share / mean) as usize).collect();
        let work = |&turns: &usize| (0..turns).fold(turns as u64, item_seed);
        let want: Vec<u64> = turns.iter().map(work).collect();
        let variant = |name: &str, chunking: Chunking| {
            let (pool, turns, want) = (&pool, &turns, &want);
            Variant::new(name, move || {
                let report = pool.batch().chunking(chunking).map(turns, work);
                assert!(report.into_results().is_ok_and(|got| got == *want));
            })
        };
        let variants = vec![
            variant("banded", Chunking::Banded),
            variant("fixed, 1", Chunking::Fixed(1)),
            variant("fixed, 50", Chunking::Fixed(50)),
            variant("static", Chunking::Static),
            variant("adaptive", Chunking::adaptive()),
        ];
        let case = format!("{ITEMS} items, {name}, {workers} workers");
        compare("adaptive against fixed and banded chunks", &case, variants);
    }
}

/// Relative durations of the items.
fn distributions() -> [(&'static str, Vec<f64>); 4] {
    let uniform = |at: usize| ((item_seed(7, at) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let normal = |at: usize| {
        let (u, v) = (uniform(2 * at), uniform(2 * at + 1));
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    let each = |share: &dyn Fn(usize) -> f64| (0..ITEMS).map(share).collect();
    [
        ("equal", each(&|_| 1.0)),
        ("uniform", each(&|at| 2.0 * uniform(at))),
        ("log-normal with sigma 1.5", each(&|at| (1.5 * normal(at)).exp())),
        (
            "the last twentieth 50 times as long",
            each(&|at| if at < ITEMS * 19 / 20 { 1.0 } else { 50.0 }),
        ),
    ]
}
