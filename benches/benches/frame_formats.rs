//! Files into frames, one line of JSON a case: the same files that `benches/peers/_frames_csv.py` and
//! `benches/peers/_frames_parquet.py` read with pandas, polars and pyarrow.
//!
//! ```text
//! cargo bench -p tangency-benches --bench frame_formats
//! POLARS_MAX_THREADS=1 python benches/peers/_frames_csv.py target/frame-formats
//! python benches/peers/_frames_parquet.py target/frame-formats
//! ```
//!
//! Each case runs a fixed number of times; the fastest and the median are printed, in nanoseconds.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has to fail")]
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tangency::shared_data::{Frame, csv, ipc, parquet, time};
use tangency_testkit::prices;

const N_ROWS: usize = 100_000;
const N_COLUMNS: usize = 10;

/// Random walks by the minute, as they are or rounded to cents.
fn walks(cents: bool) -> Frame {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let start = time::from_ymd(2020, 1, 1).unwrap();
    let minutes: Vec<i64> = (0..N_ROWS as i64).map(|row| start + row * 60_000_000_000).collect();
    let mut builder = Frame::builder(minutes);
    for column in 0..N_COLUMNS {
        let mut price = 100.0;
        let values: Vec<f64> = (0..N_ROWS)
            .map(|_| {
                price *= 1.0 + 0.001 * (random.random::<f64>() - 0.5);
                if cents { (price * 100.0_f64).round() / 100.0 } else { price }
            })
            .collect();
        builder = builder.column(format!("A{column}"), values);
    }
    builder.build().unwrap()
}

/// Twenty stocks over 8,313 days.
fn closes() -> Frame {
    let prices = prices::sp500_20();
    let dates: Vec<i64> = prices.dates.iter().map(|date| time::parse(date).unwrap()).collect();
    let named = prices.names.iter().zip(&prices.columns);
    named.fold(Frame::builder(dates), |b, (name, column)| b.column(name, column)).build().unwrap()
}

fn measure(case: &str, path: &Path, expected: &Frame, read: impl Fn(&Path) -> Frame) {
    assert!(read(path).same_bits(expected), "{case}");
    let mut nanos: Vec<u128> = (0..15)
        .map(|_| {
            let start = Instant::now();
            let frame = read(path);
            let taken = start.elapsed().as_nanos();
            assert_eq!(frame.n_rows(), expected.n_rows());
            taken
        })
        .collect();
    nanos.sort_unstable();
    println!(
        "{{\"case\": \"{case}\", \"implementation\": \"tangency\", \"min_ns\": {}, \"median_ns\": {}, \"bytes\": {}}}",
        nanos[0],
        nanos[nanos.len() / 2],
        path.metadata().unwrap().len()
    );
}

/// Where the files lie: the first argument that is no option of cargo's, or `target/frame-formats`.
fn folder() -> PathBuf {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/frame-formats");
    given.map_or_else(default, PathBuf::from)
}

fn main() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    for (name, frame) in
        [("walks_full", walks(false)), ("walks_cents", walks(true)), ("closes", closes())]
    {
        let size = format!("{name}/{}x{}", frame.n_rows(), frame.n_columns());
        let path = |extension: &str| folder.join(name).with_extension(extension);
        csv::write(&frame, path("csv")).unwrap();
        measure(&format!("csv-read/{size}"), &path("csv"), &frame, |p| csv::read(p).unwrap());
        parquet::write(&frame, path("parquet")).unwrap();
        measure(&format!("parquet-read/{size}"), &path("parquet"), &frame, |p| {
            parquet::read(p).unwrap()
        });
        ipc::write(&frame, path("arrow")).unwrap();
        measure(&format!("ipc-read/{size}"), &path("arrow"), &frame, |p| ipc::read(p).unwrap());
    }
}
