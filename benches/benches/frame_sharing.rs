//! What sharing a frame between processes costs, in time and in memory, beside copying it.
//!
//! ```text
//! cargo bench -p tangency-benches --bench frame_sharing
//! ```
//!
//! A frame of 100,000 rows and 10 columns lies in sealed memory. Another process opens it again and
//! again, from the call to the first value of a column, validated; beside it, in the same
//! process and run, `arrow-ipc`'s `FileReader` over the same bytes, a read into memory of its own, and a
//! deep copy. Then eight processes read every value at the same time, and the kernel tells how much
//! memory each holds (`Pss` of `/proc/<process>/smaps_rollup`, which counts a page that n processes
//! share as 1/n in each), before and after.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has to fail")]
#![cfg_attr(
    not(unix),
    allow(
        dead_code,
        unused_imports,
        reason = "frames go to other processes by descriptor, which only Unix has"
    )
)]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_ipc::reader::FileReader;
use tangency::shared_data::ipc::IpcReader;
use tangency::shared_data::{Frame, NanPolicy, SharedFrame};

const ROWS: usize = 100_000;
const COLUMNS: usize = 10;
const READERS: usize = 8;
const MINUTE: i64 = 60_000_000_000;

#[cfg(not(unix))]
fn main() {
    println!("frames go to other processes by descriptor here, which only Unix has");
}

#[cfg(unix)]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("opens") => opens(&arguments[2], arguments[3].parse().unwrap()),
        Some("holds") => holds(&arguments[2], &arguments[3]),
        // `cargo test --benches` asks for a short run.
        _ => all(if arguments.iter().any(|argument| argument == "--test") { 5 } else { 300 }),
    }
}

#[cfg(unix)]
fn all(repeats: usize) {
    let frame = prices();
    let shared = frame.share().unwrap();
    let one_copy = shared.byte_len();
    println!(
        "{ROWS} rows x {COLUMNS} columns, {:.2} MB, {:?}, {repeats} repeats\n",
        one_copy as f64 / 1e6,
        shared.placement()
    );
    let path = shared.path().display().to_string();
    // The descriptor alone keeps the memory; this process must not count as a reader.
    let descriptor = shared.descriptor().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["opens", &path, &repeats.to_string()])
        .stdin(Stdio::from(shared.descriptor().unwrap()))
        .status();
    assert!(child.unwrap().success());
    let total = sum(&frame);
    let path = own_path(&descriptor);
    drop((frame, shared));

    println!("\nmemory that {READERS} processes hold once they have read everything");
    for (what, how) in [("mapped", "map"), ("read by FileReader", "copy")] {
        let held = memory(&path, how, total);
        let ratio = held as f64 / one_copy as f64;
        println!("  {what:<20} {:>8.2} MB  {ratio:>6.3} copies", held as f64 / 1e6);
        assert!(how != "map" || ratio <= 1.1, "mapped frames are held once, not {ratio} times");
    }
}

/// Minute bars of ten made-up assets.
fn prices() -> Frame {
    let times: Vec<i64> = (0..ROWS as i64).map(|row| row * MINUTE).collect();
    let columns = (0..COLUMNS).map(|at| {
        let price = move |row: usize| 100.0 + ((row * 31 + at * 7) % 1009) as f64 / 16.0;
        (format!("C{at}"), (0..ROWS).map(price).collect::<Vec<f64>>())
    });
    let builder = columns.fold(Frame::builder(times), |b, (name, values)| b.column(name, values));
    builder.build().unwrap()
}

fn sum(frame: &Frame) -> f64 {
    frame.columns().map(|(_, values)| values.iter().sum::<f64>()).sum()
}

/// What an arrow-ipc reader gives: a record batch, its own copy.
fn file_reader(input: impl Read + std::io::Seek) -> arrow_array::RecordBatch {
    let mut reader = FileReader::try_new(input, None).unwrap();
    reader.next().unwrap().unwrap()
}

fn batch_sum(batch: &arrow_array::RecordBatch) -> f64 {
    let columns = batch.columns()[1..].iter().map(|column| column.as_primitive::<Float64Type>());
    columns.map(|column| column.values().iter().sum::<f64>()).sum()
}

/// The child that opens the frame in its standard input.
#[cfg(unix)]
fn opens(path: &str, repeats: usize) {
    let mapped = || SharedFrame::open_descriptor(std::io::stdin()).unwrap();
    let first_value = || {
        let shared = mapped();
        (black_box(shared.frame().column_at(0).unwrap()[0]), shared)
    };
    let first = time(1, first_value);
    let frame = mapped().into_frame();
    let bytes = std::fs::read(path).unwrap();
    let keep = IpcReader::new().nan_policy(NanPolicy::Keep);
    let total = sum(&frame);
    let open = time(repeats, first_value);
    let rows: [(&str, Duration); 8] = [
        ("open, first column", open),
        (
            "open, read everything",
            time(repeats / 5, || {
                let shared = mapped();
                assert_eq!(sum(shared.frame()), total);
                shared
            }),
        ),
        ("read everything again", time(repeats / 5, || assert_eq!(sum(&frame), total))),
        ("open and verify", time(repeats / 5, || mapped().verify().unwrap())),
        ("clone", time(repeats, || black_box(&frame).clone())),
        ("FileReader over bytes", time(repeats / 5, || file_reader(Cursor::new(&bytes)))),
        ("IpcReader from a path", time(repeats / 5, || keep.read(path).unwrap())),
        ("deep copy", time(repeats / 5, || frame.select(frame.names()).unwrap())),
    ];
    println!("another process, from the call to the first column, median");
    println!("  {:<24} {:>10.1} us", "very first open", micros(first));
    for (what, took) in rows {
        let ratio = took.as_secs_f64() / open.as_secs_f64();
        println!("  {what:<24} {:>10.1} us  {ratio:>8.2} opens", micros(took));
    }
    let read = time(repeats / 5, || {
        let mut file = File::open(path).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        file_reader(Cursor::new(bytes))
    });
    let ratio = read.as_secs_f64() / open.as_secs_f64();
    println!("  {:<24} {:>10.1} us  {ratio:>8.2} opens", "FileReader from a path", micros(read));
    assert_eq!(batch_sum(&file_reader(Cursor::new(&bytes))), total);
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The median time of a call; what it returns is dropped outside of it.
fn time<T>(repeats: usize, mut call: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..repeats.max(1))
        .map(|_| {
            let start = Instant::now();
            let result = black_box(call());
            let took = start.elapsed();
            drop(result);
            took
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// The child that opens the frame when it is told to, reads everything and stays.
fn holds(path: &str, how: &str) {
    // A small frame first: the memory of interest is that of the data, not of the program's code.
    let small = Frame::builder(&[1, 2]).column("A", &[1.0, 2.0]).build().unwrap().share().unwrap();
    let read = |path: &str| file_reader(Cursor::new(std::fs::read(path).unwrap()));
    let opened = SharedFrame::open(small.path()).unwrap();
    let copied = read(&small.path().display().to_string());
    assert_eq!(sum(opened.frame()), batch_sum(&copied));
    drop((small, opened, copied));
    let mut lines = std::io::stdin().lines();
    println!("idle");
    lines.next().unwrap().unwrap();
    if how == "map" {
        let shared = SharedFrame::open(path).unwrap();
        // The dates too: opening sealed memory does not look at them.
        assert!(black_box(shared.frame().timestamps()).is_sorted());
        println!("{}", sum(shared.frame()));
        lines.next().unwrap().unwrap();
    } else {
        let batch = read(path);
        println!("{}", batch_sum(&batch));
        lines.next().unwrap().unwrap();
    }
}

struct Reader {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reader {
    fn start(path: &str, how: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["holds", path, how])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Proportional memory in bytes.
    fn pss(&self) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
    }
}

/// By how much the memory of all readers grows, together, when each reads everything.
fn memory(path: &str, how: &str, total: f64) -> u64 {
    let mut readers: Vec<Reader> = (0..READERS).map(|_| Reader::start(path, how)).collect();
    readers.iter_mut().for_each(|reader| assert_eq!(reader.line(), "idle"));
    let before: u64 = readers.iter().map(Reader::pss).sum();
    readers.iter_mut().for_each(|reader| writeln!(reader.input).unwrap());
    readers.iter_mut().for_each(|reader| assert_eq!(reader.line(), total.to_string()));
    let after: u64 = readers.iter().map(Reader::pss).sum();
    for reader in &mut readers {
        writeln!(reader.input).unwrap();
        assert!(reader.child.wait().unwrap().success());
    }
    after.saturating_sub(before)
}

/// The path by which other processes open a descriptor of this one.
#[cfg(unix)]
fn own_path(descriptor: &impl std::os::fd::AsRawFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), descriptor.as_raw_fd())
}
