//! What an item costs beside its own work, and how far two workers get: beside rayon, a crossbeam
//! channel, threadpool and tokio, in one run.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use tangency::pool::{Chunking, Pool};
use tangency_benches::peers::beside;

const WORKERS: usize = 2;

/// Next to nothing, so that what is measured is what hands it out.
fn trivial(item: &u64) -> u64 {
    item.wrapping_mul(3)
}

/// Keeps a core busy.
fn spin(time: Duration) -> u64 {
    let start = Instant::now();
    let mut turns = 0;
    while start.elapsed() < time {
        turns += 1;
    }
    turns
}

fn rayon_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads")
}

/// A boxed closure for each item over a channel, results collected by index.
struct Channel {
    tasks: Option<crossbeam_channel::Sender<Box<dyn FnOnce() + Send>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Channel {
    fn new() -> Self {
        let (tasks, queue) = crossbeam_channel::unbounded::<Box<dyn FnOnce() + Send>>();
        let serve = |queue: crossbeam_channel::Receiver<Box<dyn FnOnce() + Send>>| {
            std::thread::spawn(move || queue.iter().for_each(|task| task()))
        };
        let threads = (0..WORKERS).map(|_| serve(queue.clone())).collect();
        Self { tasks: Some(tasks), threads }
    }

    fn send(&self, task: Box<dyn FnOnce() + Send>) {
        self.tasks.as_ref().expect("there until the end").send(task).expect("workers are there");
    }

    fn map(&self, items: &[u64], task: fn(&u64) -> u64) -> Vec<u64> {
        let (done, results) = crossbeam_channel::unbounded();
        for (index, &item) in items.iter().enumerate() {
            let done = done.clone();
            self.send(Box::new(move || {
                let _ = done.send((index, task(&item)));
            }));
        }
        drop(done);
        let mut values = vec![0; items.len()];
        results.iter().for_each(|(index, value)| values[index] = value);
        values
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        drop(self.tasks.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What the workers of a batch do when nothing is counted, timed, watched or collected: one cursor,
/// one call an item, panics caught. What `pool` takes beyond it is the cost of its results, its
/// statistics and its limits.
fn uncounted(workers: &Channel, items: &[u64], chunk: usize) -> u64 {
    let (cursor, items) = (Arc::new(AtomicUsize::new(0)), Arc::<[u64]>::from(items));
    let sum = Arc::new(AtomicU64::new(0));
    let (done, all_done) = crossbeam_channel::bounded(WORKERS);
    for _ in 0..WORKERS {
        let (cursor, items, sum, done) =
            (Arc::clone(&cursor), Arc::clone(&items), Arc::clone(&sum), done.clone());
        workers.send(Box::new(move || {
            let mut own = 0_u64;
            loop {
                let start = cursor.fetch_add(chunk, Ordering::Relaxed);
                let Some(rest) = items.get(start..).filter(|rest| !rest.is_empty()) else { break };
                for item in &rest[..chunk.min(rest.len())] {
                    let caught = std::panic::catch_unwind(|| black_box(trivial(item)));
                    own = own.wrapping_add(caught.unwrap_or(0));
                }
            }
            sum.fetch_add(own, Ordering::Relaxed);
            let _ = done.send(());
        }));
    }
    (0..WORKERS).for_each(|_| all_done.recv().expect("workers are there"));
    sum.load(Ordering::Relaxed)
}

/// The price of counting: batches of the pool beside the loop that does nothing but the work.
fn counting(criterion: &mut Criterion) {
    const ITEMS: usize = 100_000;
    let items: Vec<u64> = (0..ITEMS as u64).collect();
    let (pool, channel) = (Pool::new(WORKERS).expect("threads"), Channel::new());
    let expected: u64 = items.iter().map(trivial).sum();
    let want: Vec<u64> = items.iter().map(trivial).collect();
    for chunk in [64, 1] {
        let report = pool.batch().chunking(Chunking::Fixed(chunk)).map(&items, trivial);
        assert!(report.into_results().is_ok_and(|got| got == want));
        assert_eq!(uncounted(&channel, &items, chunk), expected);
        let of = |name: &str| format!("pool/counting-chunks-of-{chunk}/{name}");
        beside(&of("uncounted-loop"), WORKERS, &of("tangency"), WORKERS);
        let mut group = criterion.benchmark_group(format!("pool/counting-chunks-of-{chunk}"));
        group.throughput(Throughput::Elements(ITEMS as u64));
        group.sample_size(20);
        group.bench_function("tangency", |bencher| {
            bencher.iter(|| pool.batch().chunking(Chunking::Fixed(chunk)).map(&items, trivial));
        });
        let quiet = |_: &tangency::pool::ProgressSnapshot| {};
        group.bench_function("tangency-with-progress", |bencher| {
            bencher.iter(|| {
                let batch = pool.batch().chunking(Chunking::Fixed(chunk)).progress(&quiet);
                batch.map(&items, trivial)
            });
        });
        group.bench_function("uncounted-loop", |bencher| {
            bencher.iter(|| assert_eq!(uncounted(&channel, &items, chunk), expected));
        });
        group.finish();
    }
}

/// In chunks where the peer has chunks, then item by item.
fn dispatch(criterion: &mut Criterion) {
    const ITEMS: usize = 20_000;
    let items: Vec<u64> = (0..ITEMS as u64).collect();
    let pool = Pool::new(WORKERS).expect("threads");
    let rayon = rayon_pool();
    // Answers before times: in item order, whoever hands the items out.
    let want: Vec<u64> = items.iter().map(trivial).collect();
    for chunking in [Chunking::adaptive(), Chunking::Auto, Chunking::Static, Chunking::Fixed(1)] {
        let report = pool.batch().chunking(chunking).map(&items, trivial);
        assert!(report.into_results().is_ok_and(|got| got == want));
    }
    assert_eq!(rayon.install(|| items.par_iter().map(trivial).collect::<Vec<_>>()), want);
    beside("pool/chunked/rayon-par_iter", WORKERS, "pool/chunked/tangency-adaptive", WORKERS);

    let mut group = criterion.benchmark_group("pool/chunked");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.sample_size(20);
    for (name, chunking) in [
        ("tangency-adaptive", Chunking::adaptive()),
        ("tangency-auto", Chunking::Auto),
        ("tangency-static", Chunking::Static),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| pool.batch().chunking(chunking).map(&items, trivial));
        });
    }
    group.bench_function("rayon-par_iter", |bencher| {
        bencher.iter(|| rayon.install(|| items.par_iter().map(trivial).collect::<Vec<_>>()));
    });
    group.finish();

    unchunked(criterion, &pool, &rayon, &items, &want);
}

/// Item by item: each peer's way of handing over one closure at a time.
fn unchunked(
    criterion: &mut Criterion,
    pool: &Pool,
    rayon: &rayon::ThreadPool,
    items: &[u64],
    want: &[u64],
) {
    let channel = Channel::new();
    let threadpool = threadpool::ThreadPool::new(WORKERS);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(WORKERS)
        .build()
        .expect("a runtime");
    let max_len_1 = || {
        let single = items.par_iter().with_max_len(1);
        rayon.install(|| single.map(trivial).collect::<Vec<_>>())
    };
    let values: Arc<[AtomicU64]> = items.iter().map(|_| AtomicU64::new(0)).collect();
    let scope_spawn = || {
        rayon.scope(|scope| {
            for (item, value) in items.iter().zip(values.iter()) {
                scope.spawn(move |_| value.store(trivial(item), Ordering::Relaxed));
            }
        });
    };
    let over_threadpool = || {
        for (index, &item) in items.iter().enumerate() {
            let values = Arc::clone(&values);
            threadpool.execute(move || values[index].store(trivial(&item), Ordering::Relaxed));
        }
        threadpool.join();
    };
    let over_tokio = || {
        tokio.block_on(async {
            let spawn = |&item| tokio::task::spawn_blocking(move || trivial(&item));
            let tasks: Vec<_> = items.iter().map(spawn).collect();
            let mut values = Vec::with_capacity(tasks.len());
            for task in tasks {
                values.push(task.await.expect("no panic"));
            }
            values
        })
    };
    // Takes what was stored, so that nobody is credited with another's answers.
    let taken = || values.iter().map(|it| it.swap(0, Ordering::Relaxed)).collect::<Vec<_>>();
    assert_eq!(max_len_1(), want);
    assert_eq!(channel.map(items, trivial), want);
    assert_eq!(over_tokio(), want);
    scope_spawn();
    assert_eq!(taken(), want);
    over_threadpool();
    assert_eq!(taken(), want);
    for name in [
        "rayon-max-len-1",
        "rayon-scope-spawn",
        "crossbeam-channel",
        "threadpool",
        "tokio-spawn_blocking",
    ] {
        let case = format!("pool/unchunked/{name}");
        beside(&case, WORKERS, "pool/unchunked/tangency-fixed-1", WORKERS);
    }

    let mut group = criterion.benchmark_group("pool/unchunked");
    group.throughput(Throughput::Elements(items.len() as u64));
    group.sample_size(20);
    group.bench_function("tangency-fixed-1", |bencher| {
        bencher.iter(|| pool.batch().chunking(Chunking::Fixed(1)).map(items, trivial));
    });
    group.bench_function("rayon-max-len-1", |bencher| bencher.iter(max_len_1));
    group.bench_function("rayon-scope-spawn", |bencher| bencher.iter(scope_spawn));
    group.bench_function("crossbeam-channel", |bencher| {
        bencher.iter(|| channel.map(items, trivial));
    });
    group.bench_function("threadpool", |bencher| bencher.iter(over_threadpool));
    group.bench_function("tokio-spawn_blocking", |bencher| bencher.iter(over_tokio));
    group.finish();
}

fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pool/call");
    let pool = Pool::new(WORKERS).expect("threads");
    let items = [1, 2];
    group.bench_function("tangency-batch", |bencher| {
        bencher.iter(|| pool.batch().map(&items, trivial));
    });
    let rayon = rayon_pool();
    let channel = Channel::new();
    let want = items.iter().map(trivial).collect::<Vec<_>>();
    assert!(pool.batch().map(&items, trivial).into_results().is_ok_and(|got| got == want));
    assert_eq!(rayon.install(|| items.par_iter().map(trivial).collect::<Vec<_>>()), want);
    assert_eq!(channel.map(&items, trivial), want);
    for name in ["rayon-install", "crossbeam-channel"] {
        beside(&format!("pool/call/{name}"), WORKERS, "pool/call/tangency-batch", WORKERS);
    }
    group.bench_function("rayon-install", |bencher| {
        bencher.iter(|| rayon.install(|| items.par_iter().map(trivial).collect::<Vec<_>>()));
    });
    group.bench_function("crossbeam-channel", |bencher| {
        bencher.iter(|| channel.map(&items, trivial));
    });
    // One item for the two of the others: listed beside them, and not compared.
    group.bench_function("std-spawn-join", |bencher| {
        bencher.iter(|| std::thread::spawn(|| trivial(&1)).join());
    });
    group.finish();
}

/// Compare with `sequential`: the quotient is the speed-up.
fn speed_up(criterion: &mut Criterion) {
    for (name, time, items) in [("1us", 1, 20_000), ("10us", 10, 4_000)] {
        let items = vec![Duration::from_micros(time); items];
        let mut group = criterion.benchmark_group(format!("pool/speed-up-{name}"));
        group.sample_size(10);
        group.bench_function("sequential", |bencher| {
            bencher.iter(|| items.iter().map(|&time| spin(time)).collect::<Vec<_>>());
        });
        let pool = Pool::new(WORKERS).expect("threads");
        // How often an item turned differs from call to call, down to not at all: that all came back is what can
        // be asserted.
        let rayon = rayon_pool();
        let report = pool.batch().map(&items, |&time| spin(time));
        assert!(report.into_results().is_ok_and(|turns| turns.len() == items.len()));
        let spun = rayon.install(|| items.par_iter().map(|&time| spin(time)).collect::<Vec<_>>());
        assert_eq!(spun.len(), items.len());
        let of = |variant: &str| format!("pool/speed-up-{name}/{variant}");
        beside(&of("sequential"), 1, &of("tangency-adaptive"), WORKERS);
        beside(&of("rayon-par_iter"), WORKERS, &of("tangency-adaptive"), WORKERS);
        for chunking in [Chunking::adaptive(), Chunking::Fixed(1)] {
            let id = match chunking {
                Chunking::Fixed(_) => "tangency-fixed-1",
                _ => "tangency-adaptive",
            };
            group.bench_function(id, |bencher| {
                bencher.iter(|| pool.batch().chunking(chunking).map(&items, |&time| spin(time)));
            });
        }
        group.bench_function("rayon-par_iter", |bencher| {
            let run = || items.par_iter().map(|&time| spin(time)).collect::<Vec<_>>();
            bencher.iter(|| rayon.install(run));
        });
        group.finish();
    }
}

/// Durations that are uniform and heavy-tailed, from a microsecond to tens of milliseconds: what each
/// rule of chunking makes of them. The longest items are few, and a bad last chunk costs the most.
fn chunking(criterion: &mut Criterion) {
    let pool = Pool::new(WORKERS).expect("threads");
    for (name, median_ns, count) in
        [("1us", 1_000.0, 8_000), ("20us", 20_000.0, 1_000), ("1ms", 1e6, 60), ("20ms", 2e7, 8)]
    {
        let tailed = heavy_tailed(median_ns, count);
        let mean = tailed.iter().sum::<Duration>() / count as u32;
        for (shape, items) in [("uniform", vec![mean; count]), ("heavy-tailed", tailed)] {
            let mut group = criterion.benchmark_group(format!("pool/chunking-{name}-{shape}"));
            group.sample_size(10);
            for (rule, chunking) in [
                ("adaptive", Chunking::adaptive()),
                ("auto", Chunking::Auto),
                ("banded", Chunking::Banded),
                ("static", Chunking::Static),
                ("fixed-1", Chunking::Fixed(1)),
            ] {
                group.bench_function(rule, |bencher| {
                    bencher
                        .iter(|| pool.batch().chunking(chunking).map(&items, |&time| spin(time)));
                });
            }
            group.finish();
        }
    }
}

/// Log-normal with sigma 1.5.
fn heavy_tailed(median_ns: f64, count: usize) -> Vec<Duration> {
    let normal = statrs::distribution::Normal::standard();
    let duration = |index| {
        let seed = tangency::pool::item_seed(7, index) >> 11;
        let share = (seed as f64 + 0.5) / (1_u64 << 53) as f64;
        let z = statrs::distribution::ContinuousCDF::inverse_cdf(&normal, share);
        Duration::from_nanos((median_ns * (1.5 * z).exp()) as u64)
    };
    (0..count).map(duration).collect()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700));
    targets = dispatch, counting, round_trip, speed_up, chunking
}
criterion_main!(benches);
