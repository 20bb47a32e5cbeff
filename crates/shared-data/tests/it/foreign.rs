//! Arrow IPC files of pyarrow and polars.

use tangency_shared_data::ipc::IpcReader;
use tangency_shared_data::{ErrorKind, Frame, SharedFrame};
use tangency_testkit::ipc_files;

const DAY: i64 = 86_400_000_000_000;

fn expected() -> Frame {
    let rows = || (0..40).map(f64::from);
    Frame::builder((0..40).map(|day| day * DAY).collect::<Vec<_>>())
        .column("A", rows().map(|row| row + 0.25).collect::<Vec<_>>())
        .column("B", rows().map(|row| 0.0 - row / 8.0).collect::<Vec<_>>())
        .build()
        .unwrap()
}

#[track_caller]
fn check(name: &str) {
    let read = IpcReader::new().read(ipc_files::path(name)).unwrap();
    assert!(read.same_bits(&expected()), "{name}");
    assert!(read.is_matrix(), "{name}");
}

/// Why a file cannot be used in place.
#[track_caller]
fn not_in_place(name: &str) -> String {
    let path = ipc_files::path(name);
    let error = SharedFrame::open(&path).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotInPlace { .. }), "{error}");
    assert_eq!(error.file(), Some(&*path.display().to_string()));
    error.kind().to_string()
}

#[test]
fn plain_files_are_read_and_mapped() {
    check("pyarrow_plain.arrow");
    check("pyarrow_batches.arrow");
    check("polars_plain.arrow");
    let mapped = SharedFrame::open(ipc_files::path("pyarrow_plain.arrow")).unwrap();
    assert!(mapped.frame().same_bits(&expected()));
    assert_eq!(mapped.verify(), Ok(tangency_shared_data::ipc::Integrity::NoChecksum));
}

#[test]
fn coded_text_and_numbers_are_decoded() {
    check("polars_views.arrow");
    check("polars_categorical.arrow");
    check("pyarrow_dictionary.arrow");
}

#[cfg(feature = "compressed-ipc")]
#[test]
fn compressed_files_are_decoded() {
    use tangency_shared_data::NanPolicy;
    for name in ["pyarrow_lz4.arrow", "pyarrow_zstd.arrow", "pyarrow_dictionary_lz4.arrow"] {
        check(name);
    }
    for name in ["polars_lz4.arrow", "polars_zstd.arrow"] {
        check(name);
    }
    let bytes = ipc_files::bytes("pyarrow_nulls_zstd.arrow");
    let error = IpcReader::new().read_bytes(&bytes, "x").unwrap_err();
    assert_eq!(error.to_string(), "x, column \"B\": the value of 1970-01-04 is missing");
    let read = IpcReader::new().nan_policy(NanPolicy::Keep).read_bytes(&bytes, "x").unwrap();
    assert_eq!(read.column("A").unwrap(), expected().column("A").unwrap());
    for (row, value) in read.column("B").unwrap().iter().enumerate() {
        assert!(if row == 3 { value.is_nan() } else { *value == -(row as f64) / 8.0 });
    }
}

#[cfg(not(feature = "compressed-ipc"))]
#[test]
fn compressed_files_need_the_feature() {
    let bytes = ipc_files::bytes("pyarrow_lz4.arrow");
    let error = IpcReader::new().read_bytes(&bytes, "x").unwrap_err();
    assert!(error.to_string().contains("lacks the feature `compressed-ipc`"), "{error}");
}

#[cfg(feature = "compressed-ipc")]
#[test]
fn a_limit_holds_before_anything_is_decoded() {
    let bytes = ipc_files::bytes("polars_lz4.arrow");
    let reader = |limit| IpcReader::new().decoded_limit(limit).read_bytes(&bytes, "x");
    let error = reader(500).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::DecodedLimit { limit: ..=500, .. }), "{error}");
    assert!(reader(2_000).is_ok());
}

#[cfg(feature = "compressed-ipc")]
#[test]
fn claims_of_terabytes_are_refused() {
    for name in ["pyarrow_lz4.arrow", "pyarrow_zstd.arrow", "polars_lz4.arrow"] {
        let bytes = ipc_files::bytes(name);
        // Each compressed column begins with the length it had: 40 values of 8 bytes.
        let claims: Vec<usize> =
            (0..bytes.len() - 8).filter(|&at| bytes[at..at + 8] == 320_u64.to_le_bytes()).collect();
        assert!(!claims.is_empty(), "{name}");
        for at in claims {
            for claim in [1_i64 << 42, i64::MAX, i64::MIN, -2, 321, 385] {
                let mut hostile = bytes.clone();
                hostile[at..at + 8].copy_from_slice(&claim.to_le_bytes());
                let error = IpcReader::new().read_bytes(&hostile, "x").unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{claim}: {error}");
            }
        }
    }
}

#[test]
fn what_would_have_to_be_copied_is_no_shared_frame() {
    let copies = "read it with `IpcReader`, which copies";
    for (name, reason) in [
        ("pyarrow_batches.arrow", "it holds 2 record batches, not one"),
        ("pyarrow_lz4.arrow", "its values are compressed"),
        ("pyarrow_zstd.arrow", "its values are compressed"),
        ("polars_plain.arrow", "it holds Date32, not timestamps in nanoseconds"),
    ] {
        assert_eq!(not_in_place(name), format!("cannot be used in place: {reason}; {copies}"));
    }
    assert!(not_in_place("pyarrow_dictionary.arrow").contains("Dictionary"));
}
