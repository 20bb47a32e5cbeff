//! Frames in memory that processes share.

use std::ops::Range;
use std::path::PathBuf;

use proptest::prelude::*;
use tangency_shared_data::ipc::{self, Integrity, IpcReader};
use tangency_shared_data::{ErrorKind, Frame, NanPolicy, Placement, SharedFrame, TextColumn};

use crate::round_trip::frames;

fn sample() -> Frame {
    Frame::builder(&[1, 2, 3, 4])
        .column("A", &[1.5, f64::NAN, -0.0, f64::INFINITY])
        .column("B", &[5.0; 4])
        .build()
        .unwrap()
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tangency-shared-{}-{name}", std::process::id()))
}

/// The same bytes, opened as another process would.
fn reopened(shared: &SharedFrame) -> SharedFrame {
    #[cfg(unix)]
    return SharedFrame::open_descriptor(shared.descriptor().unwrap()).unwrap();
    #[cfg(not(unix))]
    return SharedFrame::open(shared.path()).unwrap();
}

/// Addresses of the timestamps and of each column.
fn addresses(frame: &Frame) -> Vec<Range<usize>> {
    let dates = frame.timestamps().as_ptr_range();
    let columns = frame.columns().map(|(_, values)| values.as_ptr_range());
    let columns = columns.map(|range| range.start as usize..range.end as usize);
    std::iter::once(dates.start as usize..dates.end as usize).chain(columns).collect()
}

#[test]
fn a_shared_frame_is_the_same_frame() {
    let frame = sample();
    let shared = frame.share().unwrap();
    assert!(shared.frame().same_bits(&frame));
    assert!(shared.frame().is_matrix());
    assert_eq!(shared.verify(), Ok(Integrity::Verified));
    assert!(shared.byte_len() > 96);
    // One mapping, whoever holds a part of it.
    let part = shared.frame().slice(1..3).unwrap();
    let kept = shared.clone().into_frame();
    drop(shared);
    assert!(part.same_bits(&frame.slice(1..3).unwrap()));
    assert!(kept.same_bits(&frame));
}

#[cfg(target_os = "linux")]
#[test]
fn shared_memory_is_sealed() {
    use std::io::Write;
    let shared = sample().share().unwrap();
    // A sandbox may forbid such memory; then it is a file, and says so.
    if let Placement::File(path) = shared.placement() {
        assert!(path.exists());
        return;
    }
    assert_eq!(*shared.placement(), Placement::SealedMemory);
    let mut file = std::fs::File::from(shared.descriptor().unwrap());
    let length = file.metadata().unwrap().len();
    assert_eq!(length, shared.byte_len());
    assert!(file.write_all(b"x").is_err());
    assert!(file.set_len(length - 1).is_err());
    assert!(file.set_len(length + 1).is_err());
    // Opened anew it is sealed as well.
    let again = reopened(&shared);
    assert_eq!(*again.placement(), Placement::SealedMemory);
    assert!(again.frame().same_bits(&sample()));
}

/// The ranges of this process's memory that are mappings of a file whose name holds this, read-only; `None`
/// where the system does not tell.
#[cfg(target_os = "linux")]
fn mappings(name: &str) -> Option<Vec<Range<usize>>> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let lines = maps.lines().filter(|line| line.contains(name));
    let address = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let ranges = lines.map(|line| {
        let (range, rest) = line.split_once(' ').unwrap();
        assert!(rest.starts_with("r--s"), "{line}");
        let (start, end) = range.split_once('-').unwrap();
        address(start)..address(end)
    });
    Some(ranges.collect())
}

/// Timestamps and columns lie in mappings of the file.
#[cfg(target_os = "linux")]
#[track_caller]
fn lies_in(frame: &Frame, name: &str) {
    let Some(maps) = mappings(name) else { return };
    for column in addresses(frame) {
        let inside = maps.iter().any(|map| map.start <= column.start && column.end <= map.end);
        assert!(inside, "{column:x?} is not in {maps:x?}");
    }
}

/// Files on disk, of this crate and of another program, with text beside the numbers.
#[cfg(target_os = "linux")]
#[test]
fn columns_of_a_file_point_into_its_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let venues = TextColumn::new(["N", "Q", "N", "N"]).unwrap();
    let text = Frame::builder(&[1, 2, 3, 4]).column("A", &[0.5; 4]).text_column("venue", venues);
    for (at, frame) in [sample(), text.build().unwrap()].into_iter().enumerate() {
        let ours = folder.path().join(format!("ours-{at}.arrow"));
        ipc::write(&frame, &ours).unwrap();
        let theirs = folder.path().join(format!("theirs-{at}.arrow"));
        let batch = frame.to_record_batch();
        let file = std::fs::File::create(&theirs).unwrap();
        let mut file = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
        file.write(&batch).unwrap();
        file.finish().unwrap();
        for path in [ours, theirs] {
            let shared = SharedFrame::open(&path).unwrap();
            assert!(shared.frame().same_bits(&frame));
            lies_in(shared.frame(), path.file_name().unwrap().to_str().unwrap());
        }
    }
}

/// The test program runs itself again; the child finds the frame as its standard input.
#[cfg(target_os = "linux")]
#[test]
fn another_process_reads_the_same_memory() {
    use std::process::{Command, Stdio};
    const ROLE: &str = "TANGENCY_TEST_READS_SHARED_FRAME";
    if std::env::var_os(ROLE).is_some() {
        let shared = SharedFrame::open_descriptor(std::io::stdin()).unwrap();
        if *shared.placement() == Placement::SealedMemory {
            lies_in(shared.frame(), "memfd:tangency-frame");
        }
        let sums =
            shared.frame().columns().map(|(name, values)| (name, values.iter().sum::<f64>()));
        println!("child: {:?} {:?}", shared.placement(), sums.collect::<Vec<_>>());
        return;
    }
    let rows = 1000;
    let frame = Frame::builder((0..rows).collect::<Vec<i64>>())
        .column("A", (0..rows).map(|row| row as f64).collect::<Vec<_>>())
        .column("B", vec![0.25; 1000])
        .build()
        .unwrap();
    let shared = frame.share().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shared::another_process_reads_the_same_memory", "--nocapture"])
        .env(ROLE, "1")
        .stdin(Stdio::from(shared.descriptor().unwrap()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}\n{}", String::from_utf8_lossy(&child.stderr));
    // Where such memory is forbidden it is a file, and a descriptor does not tell its name.
    let placement = match shared.placement() {
        Placement::File(_) => &Placement::Descriptor,
        sealed => sealed,
    };
    let expected = format!("child: {placement:?} [(\"A\", 499500.0), (\"B\", 250.0)]");
    assert!(said.lines().any(|line| line.ends_with(&expected)), "{said}");
}

#[test]
fn files_are_mapped_where_they_are() {
    let path = scratch("file.arrow");
    let frame = sample();
    ipc::write(&frame, &path).unwrap();
    let shared = SharedFrame::open(&path).unwrap();
    assert_eq!(*shared.placement(), Placement::File(path.clone()));
    assert_eq!(shared.path(), path);
    assert!(shared.frame().same_bits(&frame));
    // A new file takes the name; who has the old one mapped keeps it.
    let other = frame.slice(0..1).unwrap();
    ipc::write(&other, &path).unwrap();
    assert!(shared.frame().same_bits(&frame));
    assert_eq!(shared.verify(), Ok(Integrity::Verified));
    assert!(SharedFrame::open(&path).unwrap().frame().same_bits(&other));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn every_bit_of_a_file_is_covered_by_its_checksum() {
    let path = scratch("bits.arrow");
    let frame = sample();
    let mut bytes = Vec::new();
    ipc::write_to(&frame, &mut bytes).unwrap();
    let mut damaged = 0;
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        match IpcReader::new().nan_policy(NanPolicy::Keep).read_bytes(&bytes, "x") {
            Err(error) => damaged += u32::from(matches!(error.kind(), ErrorKind::Damaged { .. })),
            // A bit of the checksum's own name: then there is none, and the data are whole.
            Ok(read) => assert!(read.same_bits(&frame), "bit {bit}"),
        }
        if bit % 64 == 0 {
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(shared) = SharedFrame::open(&path) {
                assert!(shared.frame().same_bits(&frame), "bit {bit}");
            }
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(damaged > 5_000, "{damaged} of {} bits", bytes.len() * 8);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn what_is_no_file_to_map() {
    let refused = |path: &std::path::Path| SharedFrame::open(path).unwrap_err();
    let path = scratch("none.arrow");
    assert!(refused(&path).to_string().ends_with("cannot open the file: no such file or folder"));
    std::fs::write(&path, b"").unwrap();
    assert_eq!(*refused(&path).kind(), ErrorKind::EmptyFile);
    std::fs::write(&path, b"Date,A\n2020-01-01,1\n").unwrap();
    assert!(matches!(refused(&path).kind(), ErrorKind::Malformed { .. }));
    std::fs::remove_file(&path).unwrap();
    assert!(refused(&std::env::temp_dir()).is_io());
    #[cfg(unix)]
    assert!(refused(std::path::Path::new("/dev/zero")).to_string().contains("no regular file"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let error = SharedFrame::open_descriptor(reader).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
}

#[test]
fn an_empty_slice_can_be_shared() {
    let empty = sample().slice(2..2).unwrap();
    let shared = empty.share().unwrap();
    assert!(shared.frame().same_bits(&empty));
    assert_eq!(shared.frame().names(), ["A", "B"]);
}

#[cfg(feature = "compressed-ipc")]
#[test]
fn compressed_files_read_back() {
    use tangency_shared_data::ipc::Compression;
    let n = 5_000;
    let frame = Frame::builder((0..n).collect::<Vec<i64>>())
        .column("flat", vec![1.5; 5_000])
        .column("steps", (0..n).map(|row| (row / 7) as f64).collect::<Vec<_>>())
        .build()
        .unwrap();
    let path = scratch("compressed.arrow");
    for compression in [Compression::Lz4, Compression::Zstd] {
        ipc::write_compressed(&frame, &path, compression).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 60_000, "{compression:?}");
        assert!(ipc::read(&path).unwrap().same_bits(&frame));
        let error = SharedFrame::open(&path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotInPlace { .. }), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_frame_can_be_shared(frame in frames(), cut in 0usize..10, end in 0usize..10) {
        let n = frame.n_rows();
        let part = frame.slice(cut.min(n)..n).unwrap();
        let inner = part.slice(0..end.min(part.n_rows())).unwrap();
        for frame in [&frame, &part, &inner] {
            let shared = frame.share().unwrap();
            prop_assert!(shared.frame().same_bits(frame));
            let again = reopened(&shared);
            prop_assert!(again.frame().same_bits(frame));
            // A slice of the mapped frame is shared in turn.
            let half = shared.frame().slice(frame.n_rows() / 2..frame.n_rows()).unwrap();
            prop_assert!(half.share().unwrap().frame().same_bits(&half));
        }
    }
}
