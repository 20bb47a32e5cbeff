//! The trials of a study as a Parquet file.

use std::path::Path;

use tangency_optimize::metrics::{Metric, Metrics};
use tangency_optimize::search::{Failure, Grid, Request, Study, TrialSink};
use tangency_pipeline::ParquetTrials;
use tangency_pool::Pool;

const METRICS: [Metric; 3] = [Metric::Sharpe, Metric::Calmar, Metric::Kelly];

fn objective(request: &Request<'_>) -> Result<Metrics, Failure> {
    let (a, b) = (request.params.get("a")?, request.params.get("sharpe")?);
    assert!(a != 50.0, "fifty");
    if a == 3.0 {
        return Err(format!("three and {b}").into());
    }
    let metrics = Metrics::new().with(Metric::Sharpe, a / b);
    Ok(if b == 2.0 { metrics.with(Metric::Calmar, f64::NAN) } else { metrics })
}

fn write(path: &Path, workers: usize, in_flight: usize) -> Vec<u8> {
    // A parameter that is called like a metric.
    let grid = Grid::parse(["a=1:3000:1", "sharpe=1:3:1"]).unwrap();
    let mut sink = ParquetTrials::new(path, &METRICS);
    let study = Study::grid(&grid, Metric::Sharpe).in_flight(in_flight);
    let report = study.run(&Pool::new(workers).unwrap(), &objective, &mut sink).unwrap();
    assert_eq!((report.trials, report.failed), (9000, 6));
    std::fs::read(path).unwrap()
}

#[test]
fn bytes_do_not_depend_on_workers() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = write(&folder.path().join("one.parquet"), 1, 100_000);
    for (workers, in_flight) in [(2, 64), (5, 1000)] {
        let path = folder.path().join(format!("{workers}.parquet"));
        assert!(write(&path, workers, in_flight) == bytes, "{workers} workers");
    }
}

#[test]
fn other_readers_find_what_was_measured() {
    use arrow_array::{Array, Float64Array, StringArray, UInt64Array};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.parquet");
    write(&path, 2, 500);
    let file = std::fs::File::open(&path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<String> =
        reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    let expected =
        ["trial", "a", "param_sharpe", "budget", "outcome", "error", "sharpe", "calmar", "kelly"];
    assert_eq!(names, expected);
    let mut row = 0_u64;
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let number = |name: &str| {
            batch.column_by_name(name).unwrap().as_any().downcast_ref::<Float64Array>().unwrap()
        };
        let text = |name: &str| {
            batch.column_by_name(name).unwrap().as_any().downcast_ref::<StringArray>().unwrap()
        };
        let trial = batch.column(0).as_any().downcast_ref::<UInt64Array>().unwrap();
        for at in 0..batch.num_rows() {
            let (a, b) = ((row / 3 + 1) as f64, (row % 3 + 1) as f64);
            assert_eq!(trial.value(at), row);
            assert_eq!((number("a").value(at), number("param_sharpe").value(at)), (a, b));
            assert_eq!(number("budget").value(at), 1.0);
            let outcome = match a as u64 {
                3 => "failed",
                50 => "panicked",
                _ => "done",
            };
            assert_eq!(text("outcome").value(at), outcome);
            assert_eq!(text("error").is_valid(at), outcome != "done");
            assert_eq!(number("sharpe").is_valid(at), outcome == "done");
            if outcome == "done" {
                assert_eq!(number("sharpe").value(at), a / b);
                // Not a number, and not measured, are two things.
                assert_eq!(number("calmar").is_valid(at), b == 2.0);
            }
            assert!(!number("kelly").is_valid(at));
            row += 1;
        }
    }
    assert_eq!(row, 9000);
}

#[test]
fn nothing_appears_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.parquet");
    let mut sink = ParquetTrials::new(&path, &METRICS);
    assert!(sink.receive(&[]).is_err(), "a study begins before it has trials");
    sink.begin(&["a".to_owned()]).unwrap();
    assert!(!path.exists());
    drop(sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut sink = ParquetTrials::new("/proc/nowhere/trials.parquet", &METRICS);
    assert!(sink.begin(&[]).is_err(), "a folder that cannot be written to is found at the start");
}
