//! A shared frame in the pool's worker processes: neither crate knows the other, a descriptor is
//! what they have in common.
//!
//! The binary has a `main` of its own, since a worker process is the same program once more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

use libtest_mimic::{Arguments, Trial};
use tangency_pool::process::{Job, Registry, Resources, worker_entry};
use tangency_pool::{Executor, Pool};
use tangency_shared_data::{Frame, Placement, SharedFrame};

/// Sums a column of the frame that all jobs share.
struct ColumnSum;

impl Job for ColumnSum {
    const NAME: &'static str = "column-sum";
    type Input = String;
    /// The sum, the process that computed it, and whether the memory is the kernel's own.
    type Output = (f64, u32, bool);
    type State = SharedFrame;

    fn open(resources: &Resources) -> Result<SharedFrame, String> {
        let (descriptor, _) = resources.descriptor("prices").ok_or("there are no prices")?;
        SharedFrame::open_descriptor(descriptor).map_err(|error| error.to_string())
    }

    fn run(prices: &mut SharedFrame, name: &String) -> Result<(f64, u32, bool), String> {
        let column = prices.frame().column(name).map_err(|error| error.to_string())?;
        let sealed = *prices.placement() == Placement::SealedMemory;
        Ok((column.iter().sum(), std::process::id(), sealed))
    }
}

fn main() {
    worker_entry(Registry::new().with::<ColumnSum>());
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trial = |name, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        trial("workers_read_the_frame_where_it_is", workers_read_the_frame_where_it_is),
        trial("what_is_no_frame_is_one_error", what_is_no_frame_is_one_error),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}

fn processes(workers: usize) -> Pool {
    let pool = Pool::builder().workers(workers).executor(Executor::Processes).build().unwrap();
    assert_eq!(pool.stats().executor.reason, None);
    pool
}

fn workers_read_the_frame_where_it_is() {
    let rows = 1_000;
    let names: Vec<String> = (0..20).map(|at| format!("C{at}")).collect();
    let builder = names
        .iter()
        .enumerate()
        .fold(Frame::builder((0..rows).collect::<Vec<i64>>()), |builder, (at, name)| {
            builder.column(name, vec![at as f64; rows as usize])
        });
    let shared = builder.build().unwrap().share().unwrap();
    let descriptor = shared.descriptor().unwrap();
    let resources = Resources::new().with_descriptor("prices", descriptor, shared.byte_len());
    // Here it is needed no longer: the workers have the memory.
    drop(shared);
    let pool = processes(2);
    for _ in 0..2 {
        let report = pool.batch().jobs::<ColumnSum>().resources(&resources).run(&names);
        for (at, (sum, process, sealed)) in report.into_results().unwrap().into_iter().enumerate() {
            assert_eq!(sum, at as f64 * rows as f64);
            assert_ne!(process, std::process::id());
            assert_eq!(sealed, cfg!(target_os = "linux"));
        }
    }
}

fn what_is_no_frame_is_one_error() {
    let null = std::fs::File::open("/dev/null").unwrap();
    let resources = Resources::new().with_descriptor("prices", null, 0);
    let batch = processes(1);
    let batch = batch.batch().jobs::<ColumnSum>().resources(&resources);
    let report = batch.run(&["C0".to_owned()]);
    let error = report.error().unwrap().to_string();
    assert!(error.contains("it is no regular file"), "{error}");
}
