//! Files by extension, and writing that replaces whole files.

use std::fs;

use tangency_shared_data::{ErrorKind, Frame, NanPolicy, Reader, csv, read, write};

fn frame() -> Frame {
    let dates = [0, 1_500_000_000, 86_400_000_000_000];
    Frame::builder(&dates).column("A", &[0.1, -2.0, 1e300]).column("B", &[1.0; 3]).build().unwrap()
}

fn extensions() -> Vec<&'static str> {
    let mut all = vec!["csv", "arrow", "ipc", "feather", "CSV"];
    all.extend(cfg!(feature = "parquet").then_some("parquet"));
    all.extend(cfg!(feature = "gzip").then_some("csv.gz"));
    all
}

#[test]
fn every_extension_reads_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions() {
        let path = folder.path().join(format!("frame.{extension}"));
        write(&frame(), &path).unwrap();
        assert!(read(&path).unwrap().same_bits(&frame()), "{extension}");
    }
}

#[test]
fn other_extensions_are_refused_with_a_list() {
    for name in ["prices.xlsx", "prices", "prices.gz"] {
        let error = read(name).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnknownExtension { .. }), "{error}");
        assert!(error.to_string().contains(".csv"), "{error}");
        assert_eq!(error.file(), Some(name));
        assert!(write(&frame(), name).is_err());
    }
}

#[test]
fn missing_and_empty_files() {
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions() {
        let path = folder.path().join(format!("none.{extension}"));
        let error = read(&path).unwrap_err();
        assert!(error.is_io(), "{error}");
        assert!(error.to_string().ends_with("no such file or folder"), "{error}");
        fs::write(&path, "").unwrap();
        assert_eq!(*read(&path).unwrap_err().kind(), ErrorKind::EmptyFile, "{extension}");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(read(&path).unwrap_err().is_io(), "{extension}");
    }
}

#[test]
fn choices_reach_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let gaps = Frame::builder(&[0, 1]).column("A", &[1.0, f64::NAN]).build().unwrap();
    for extension in extensions() {
        let path = folder.path().join(format!("gaps.{extension}"));
        write(&gaps, &path).unwrap();
        assert!(read(&path).unwrap_err().is_missing(), "{extension}");
        let kept = Reader::new().missing_values(NanPolicy::Keep).read(&path).unwrap();
        assert!(kept.same_bits(&gaps), "{extension}");
        let named = Reader::new().nan_policy(NanPolicy::Keep).date_column("date");
        assert!(named.read(&path).unwrap().same_bits(&gaps), "{extension}");
        let error = Reader::new().date_column("dates").read(&path).unwrap_err();
        assert!(error.to_string().contains("did you mean \"date\"?"), "{error}");
    }
}

#[test]
fn writing_replaces_and_leaves_nothing_beside() {
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions() {
        let path = folder.path().join(format!("frame.{extension}"));
        fs::write(&path, "old").unwrap();
        write(&frame(), &path).unwrap();
        assert!(read(&path).unwrap().same_bits(&frame()));
    }
    let n_files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(n_files, extensions().len());
}

#[test]
fn a_failure_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    // A folder of that name cannot be replaced by a file: the rename fails, after the writing.
    let path = folder.path().join("frame.csv");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "old").unwrap();
    let error = csv::write(&frame(), &path).unwrap_err();
    assert!(error.is_io(), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(path.join("inside")).unwrap(), "old");

    let nowhere = folder.path().join("no/such/frame.csv");
    let error = csv::write(&frame(), &nowhere).unwrap_err();
    assert!(error.to_string().contains("cannot create the file"), "{error}");
}

#[cfg(feature = "gzip")]
#[test]
fn packed_files_that_are_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.csv.gz");
    write(&frame(), &path).unwrap();
    let whole = fs::read(&path).unwrap();
    assert!(!whole.starts_with(b"date"), "it is packed");
    let long = tangency_shared_data::LongFrame::from_wide(
        &[("close", &frame())],
        tangency_shared_data::Gaps::Keep,
    );
    let long = long.unwrap();
    tangency_shared_data::write_long(&long, &path).unwrap();
    assert!(tangency_shared_data::read_long(&path).unwrap().same_bits(&long));
    for damaged in [&whole[..whole.len() - 3], b"date,A\n2020,1\n"] {
        fs::write(&path, damaged).unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed { format: "gzip", .. }), "{error}");
    }
    // Two packed files, one after the other, are one, as for gzip itself.
    let mut twice = whole.clone();
    twice.extend_from_slice(&whole);
    fs::write(&path, twice).unwrap();
    let error = read(&path).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(5), Some("date")), "{error}");
}

#[cfg(feature = "gzip")]
#[test]
fn packed_files_are_unpacked_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frame.csv.gz");
    write(&frame(), &path).unwrap();
    let mut text = Vec::new();
    csv::write_to(&frame(), &mut text).unwrap();
    let length = text.len() as u64;
    assert!(Reader::new().decoded_limit(length).read(&path).unwrap().same_bits(&frame()));
    let error = Reader::new().decoded_limit(length - 1).read(&path).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::DecodedLimit { needed: length, limit: length - 1 });
    assert_eq!(error.file(), Some(&*path.display().to_string()));
    assert!(Reader::new().decoded_limit(u64::MAX).read_long(&path).is_err_and(|e| !e.is_io()));
}

#[test]
fn csv_as_people_expect_it() {
    let mut text = Vec::new();
    csv::write_to(&frame(), &mut text).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "date,A,B\n1970-01-01,0.1,1\n1970-01-01T00:00:01.500Z,-2,1\n1970-01-02,1e300,1\n"
    );
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no space left"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(csv::write_to(&frame(), Full).unwrap_err().is_io());
    assert!(tangency_shared_data::ipc::write_to(&frame(), Full).unwrap_err().is_io());
    #[cfg(feature = "parquet")]
    assert!(tangency_shared_data::parquet::write_to(&frame(), Full).unwrap_err().is_io());
}
