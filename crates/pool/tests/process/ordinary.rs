//! Jobs that do no harm: the same outcomes on both executors, resources, settings.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use tangency_pool::process::{Job, JobFailure, Resources};
use tangency_pool::{ErrorKind, Executor, Outcome, Pool};

use crate::chaos::{Chaos, Deed};
use crate::{Test, processes};

pub(crate) const TESTS: &[Test] = &[
    ("ordinary::both_executors_agree", both_executors_agree),
    ("ordinary::workers_are_other_processes", workers_are_other_processes),
    ("ordinary::libraries_get_one_thread", libraries_get_one_thread),
    ("ordinary::errors_and_panics_are_outcomes", errors_and_panics_are_outcomes),
    ("ordinary::a_descriptor_is_opened_by_the_job", a_descriptor_is_opened_by_the_job),
    ("ordinary::a_job_that_cannot_be_opened_is_one_error", refused_is_one_error),
    ("ordinary::an_unknown_job_is_one_error", unknown_is_one_error),
    ("ordinary::iterators_and_streams", iterators_and_streams),
    ("ordinary::threads_take_over", threads_take_over),
];

fn both_executors_agree() {
    let inputs: Vec<Deed> = (0..200).map(|n| Deed::Square(f64::from(n) * 0.1)).collect();
    let threads = Pool::builder().workers(2).executor(Executor::Threads).build().unwrap();
    let expected = threads.batch().jobs::<Chaos>().run(&inputs).into_results().unwrap();
    assert_eq!(threads.stats().executor.kind, Executor::Threads);
    for workers in [1, 3] {
        let pool = processes(workers);
        let mut seen = 0;
        let report = pool
            .batch()
            .on_result(|_, _: &Outcome<String, JobFailure>| seen += 1)
            .jobs::<Chaos>()
            .run(&inputs);
        assert_eq!(report.into_results().unwrap(), expected);
        assert_eq!(seen, 200);
        assert_eq!(pool.stats().executor.kind, Executor::Processes);
    }
}

fn workers_are_other_processes() {
    let pool = processes(2);
    let report = pool.batch().jobs::<Chaos>().run(&vec![Deed::Pid; 40]);
    let pids = report.into_results().unwrap();
    assert!(pids.iter().all(|pid| *pid != std::process::id().to_string()));
    let known: Vec<_> =
        pool.stats().workers.iter().filter_map(|w| w.pid).map(|pid| pid.to_string()).collect();
    assert!(pids.iter().all(|pid| known.contains(pid)), "{pids:?} {known:?}");
}

fn libraries_get_one_thread() {
    let names = [
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "NUMEXPR_NUM_THREADS",
    ];
    let inputs = names.map(|name| Deed::Variable(name.to_owned()));
    let report = processes(1).batch().jobs::<Chaos>().run(&inputs);
    assert_eq!(report.into_results().unwrap(), ["1"; 6]);
}

fn errors_and_panics_are_outcomes() {
    let pool = processes(1);
    let report = pool.batch().jobs::<Chaos>().run(&[Deed::Fail, Deed::Panic, Deed::Square(2.0)]);
    assert_eq!(report.outcomes[0], Outcome::Failed(JobFailure::Failed("told to".to_owned())));
    assert_eq!(report.outcomes[1], Outcome::Panicked("told to panic".to_owned()));
    assert_eq!(report.outcomes[2], Outcome::Done("4.0".to_owned()));
    assert_eq!(pool.stats().restarts, 0, "neither costs the process");
}

/// Adds up a range of the numbers in a file that was open before the process began.
pub(crate) struct Sum;

impl Job for Sum {
    const NAME: &'static str = "sum";
    type Input = (u64, u64);
    /// The sum, and how often the job had been run in this state.
    type Output = (u64, u32);
    type State = (Vec<u64>, u32);

    fn open(resources: &Resources) -> Result<Self::State, String> {
        let (file, length) = resources.descriptor("numbers").ok_or("no numbers")?;
        let file = std::fs::File::from(file.try_clone_to_owned().map_err(|e| e.to_string())?);
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, 0).map_err(|e| e.to_string())?;
        let numbers = bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().unwrap()));
        Ok((numbers.collect(), 0))
    }

    fn run(
        (numbers, runs): &mut Self::State,
        &(from, to): &Self::Input,
    ) -> Result<(u64, u32), String> {
        *runs += 1;
        Ok((numbers[from as usize..to as usize].iter().sum(), *runs))
    }
}

fn a_descriptor_is_opened_by_the_job() {
    let path = std::env::temp_dir().join(format!("tangency-sum-{}", std::process::id()));
    let mut file = std::fs::File::create_new(&path).unwrap();
    for number in 0..100_u64 {
        file.write_all(&number.to_le_bytes()).unwrap();
    }
    let file = std::fs::File::open(&path).unwrap();
    // No name leads to it any more: only the descriptor does.
    std::fs::remove_file(&path).unwrap();
    let resources = Resources::new().with_descriptor("numbers", file, 800);
    let pool = processes(1);
    for batch in 0..2 {
        let inputs = [(0, 100), (10, 20)];
        let report = pool.batch().jobs::<Sum>().resources(&resources).run(&inputs);
        let sums = report.into_results().unwrap();
        // The second batch finds the state that the first one opened.
        assert_eq!(sums, [(4950, 2 * batch + 1), (145, 2 * batch + 2)]);
    }
    let other = Resources::new();
    let error = pool.batch().jobs::<Sum>().resources(&other).run(&[(0, 1)]).into_results();
    assert!(error.unwrap_err().to_string().contains("no numbers"));
}

fn refused_is_one_error() {
    let resources = Resources::new().with_bytes("refuse", "no licence");
    for pool in [processes(2), Pool::new(2).unwrap()] {
        let batch = pool.batch().jobs::<Chaos>().resources(&resources);
        let report = batch.run(&vec![Deed::Pid; 10]);
        assert!(report.outcomes.iter().all(Outcome::is_cancelled));
        let error = report.error().unwrap();
        assert!(matches!(error.kind(), ErrorKind::StateFailed { .. }), "{error}");
        assert!(error.to_string().ends_with("could not be built: no licence"), "{error}");
        assert!(pool.batch().jobs::<Chaos>().run(&[Deed::Pid]).is_complete());
    }
}

fn unknown_is_one_error() {
    struct Stranger;
    impl Job for Stranger {
        const NAME: &'static str = "stranger";
        type Input = ();
        type Output = ();
        type State = ();
        fn open(_: &Resources) -> Result<(), String> {
            Ok(())
        }
        fn run(_: &mut (), _: &()) -> Result<(), String> {
            Ok(())
        }
    }
    let report = processes(1).batch().jobs::<Stranger>().run(&[()]);
    assert_eq!(
        report.into_results().unwrap_err().to_string(),
        "job \"stranger\" is not registered in the worker process, which knows [\"chaos\", \"sum\"]"
    );
}

fn iterators_and_streams() {
    let pool = processes(2);
    let inputs = || (0..300).map(|n| Deed::Square(f64::from(n)));
    let report = pool.batch().look_ahead(8).jobs::<Chaos>().run_iter(inputs());
    assert_eq!(report.into_results().unwrap()[299], "89401.0");
    let mut seen = vec![0; 300];
    let report = pool
        .batch()
        .on_result(|index, _: &Outcome<String, JobFailure>| seen[index] += 1)
        .jobs::<Chaos>()
        .stream(inputs());
    assert!(report.is_complete());
    assert!(seen.iter().all(|&times| times == 1));
}

fn threads_take_over() {
    for (binary, reason) in
        [("/no/such/worker", "No such file"), ("/bin/true", "it ended itself with exit code 0")]
    {
        let builder = Pool::builder().workers(1).executor(Executor::Processes);
        let pool = builder.worker_binary(binary).build().unwrap();
        let stats = pool.stats();
        assert_eq!(stats.executor.kind, Executor::Threads);
        let told = stats.executor.reason.unwrap();
        assert!(told.contains(binary) && told.contains(reason), "{told}");
        let report = pool.batch().jobs::<Chaos>().run(&[Deed::Pid]);
        assert_eq!(report.into_results().unwrap(), [std::process::id().to_string()]);
    }
}
