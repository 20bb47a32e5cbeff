//! Frames that readers share against frames that each reader copies: time and memory.
//!
//! Every reader gets its frame of 20 columns and sums all of it, and holds it until all are done, as
//! workers do. Memory is what was allocated at once on top of the frame itself.

use std::sync::Barrier;

use tangency::pool::{Chunking, Pool};
use tangency::shared_data::Frame;
use tangency_benches::allocations::{Counting, during};
use tangency_benches::experiment::{Variant, compare};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const COLUMNS: usize = 20;

fn main() {
    for rows in [10_000, 50_000, 100_000] {
        let frame = frame(rows);
        let want = sum(&frame);
        for readers in [2, 4, 8] {
            let pool = Pool::new(readers).expect("threads");
            let read = |get: fn(&Frame) -> Frame| {
                let together = Barrier::new(readers);
                let batch = pool.batch().chunking(Chunking::Fixed(1));
                let report = batch.map_indices(readers, |_| {
                    let own = get(&frame);
                    let sum = sum(&own);
                    together.wait();
                    sum
                });
                let sums = report.into_results().expect("sums do not fail");
                assert!(sums.iter().all(|&sum| sum == want));
            };
            // Once for each reader's thread and its queue.
            read(shared);
            let ((), of_shared) = during(|| read(shared));
            let ((), of_copied) = during(|| read(copied));
            assert!(of_copied.peak_bytes >= (readers * rows * COLUMNS * 8) as u64);
            let case = format!("{readers} readers, {rows} rows");
            let variants = vec![
                Variant::new("copied", || read(copied)).with_bytes(of_copied.peak_bytes),
                Variant::new("shared", || read(shared)).with_bytes(of_shared.peak_bytes),
            ];
            compare("shared against copied frames", &case, variants);
        }
    }
}

/// Of whole numbers: the same in any order.
fn sum(frame: &Frame) -> f64 {
    frame.columns().map(|(_, values)| values.iter().sum::<f64>()).sum()
}

fn shared(frame: &Frame) -> Frame {
    frame.clone()
}

fn copied(frame: &Frame) -> Frame {
    frame.select(frame.names()).expect("its own names")
}

fn frame(rows: usize) -> Frame {
    let times: Vec<i64> = (0..rows as i64).map(|row| row * 60_000_000_000).collect();
    let value = |row: usize, column: usize| ((row * 7 + column) % 100) as f64;
    let columns: Vec<Vec<f64>> =
        (0..COLUMNS).map(|column| (0..rows).map(|row| value(row, column)).collect()).collect();
    let named = columns.iter().enumerate();
    let builder = named.fold(Frame::builder(times), |b, (at, it)| b.column(format!("C{at}"), it));
    builder.build().expect("times rise")
}
