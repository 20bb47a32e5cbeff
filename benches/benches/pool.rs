//! What the pool costs: an item in a chunk, a round trip, and state that is kept or made anew.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tangency::pool::{Chunking, Outcome, Pool, WorkerState};

/// Next to nothing, so that what is measured is the pool.
fn trivial(item: &u64) -> u64 {
    item.wrapping_mul(3)
}

/// Cost of an item beside its own work. Divide by the number of items.
fn dispatch(criterion: &mut Criterion) {
    const ITEMS: usize = 100_000;
    let items: Vec<u64> = (0..ITEMS as u64).collect();
    let mut group = criterion.benchmark_group("pool/dispatch");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.bench_function("sequential/std", |bencher| {
        bencher.iter(|| black_box(items.iter().map(trivial).collect::<Vec<_>>()));
    });
    for workers in [1, 2] {
        let pool = Pool::new(workers).expect("threads");
        for (name, chunking) in [
            ("auto", Chunking::Auto),
            ("static", Chunking::Static),
            ("fixed-64", Chunking::Fixed(64)),
            ("fixed-1", Chunking::Fixed(1)),
        ] {
            group.bench_function(BenchmarkId::new(name, format!("{workers}-workers")), |bencher| {
                bencher.iter(|| {
                    let report = pool.batch().chunking(chunking).map(&items, trivial);
                    assert_eq!(report.outcomes[ITEMS - 1], Outcome::Done(3 * (ITEMS as u64 - 1)));
                    report
                });
            });
        }
    }
    group.finish();
}

/// A whole batch of one item for each worker, from call to return.
fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pool/round-trip");
    for workers in [1, 2] {
        let pool = Pool::new(workers).expect("threads");
        let items: Vec<u64> = (0..workers as u64).collect();
        group.bench_function(BenchmarkId::new("hot", format!("{workers}-workers")), |bencher| {
            bencher.iter(|| {
                let report = pool.batch().map(&items, trivial);
                assert!(report.is_complete());
                report
            });
        });
    }
    group.finish();
}

/// Twenty short batches on state that takes a millisecond to build: one pool for all, or one each.
fn state(criterion: &mut Criterion) {
    const BATCHES: usize = 20;
    const BUILD: Duration = Duration::from_millis(1);
    let build = |_: &tangency::pool::Worker| {
        std::thread::sleep(BUILD);
        Ok::<_, String>(vec![1_u64; 1024])
    };
    let batch = |pool: &Pool, state: &WorkerState<Vec<u64>>| {
        let report = pool.batch().with(state).map_indices(32, |state: &mut Vec<u64>, index| {
            state[index] += 1;
            state.iter().sum::<u64>()
        });
        assert!(report.is_complete());
    };
    let mut group = criterion.benchmark_group("pool/state");
    group.sample_size(10);
    group.bench_function("20-batches/persistent", |bencher| {
        bencher.iter(|| {
            let pool = Pool::new(2).expect("threads");
            let state = pool.worker_state(build);
            for _ in 0..BATCHES {
                batch(&pool, &state);
            }
        });
    });
    group.bench_function("20-batches/recreated", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCHES {
                let pool = Pool::new(2).expect("threads");
                let state = pool.worker_state(build);
                batch(&pool, &state);
            }
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = dispatch, round_trip, state
}
criterion_main!(benches);
