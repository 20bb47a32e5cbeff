//! Files cut short and files with wrong bits are errors, or frames; never panics.

use tangency_shared_data::ipc::{self, IpcReader};
use tangency_shared_data::{Frame, NanPolicy, Result};

fn frame() -> Frame {
    let dates: Vec<i64> = (0..5).map(|day| day * 86_400_000_000_000).collect();
    Frame::builder(dates)
        .column("AAPL", &[1.0, 2.0, 3.0, 4.0, 5.0])
        .column("MSFT", &[7.0, 8.0, 9.0, 10.0, 11.0])
        .build()
        .unwrap()
}

/// Every truncation must fail; every flipped bit must not panic.
fn damage(bytes: &[u8], read: impl Fn(&[u8]) -> Result<Frame>) {
    assert!(read(bytes).unwrap().same_bits(&frame()));
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).expect_err("a part of a file is no file");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
    let mut flipped = bytes.to_vec();
    let mut refused = 0;
    for at in 0..flipped.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            match read(&flipped) {
                Ok(frame) => assert!(frame.n_rows() > 0),
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.to_string().lines().count(), 1, "{error}");
                }
            }
            flipped[at] ^= 1 << bit;
        }
    }
    assert!(refused > bytes.len() / 2, "some damage is noticed: {refused}");
    // Eight bytes at a time, as a wild write would: huge lengths, negative offsets.
    for at in 0..bytes.len().saturating_sub(8) {
        for wild in [u64::MAX, 0, i64::MAX as u64, 1 << 62, 0x7fff_ffff, 0x8000_0000] {
            let mut bytes = bytes.to_vec();
            bytes[at..at + 8].copy_from_slice(&wild.to_le_bytes());
            let _ = read(&bytes);
        }
    }
}

#[test]
fn ipc_files() {
    let mut bytes = Vec::new();
    ipc::write_to(&frame(), &mut bytes).unwrap();
    let reader = IpcReader::new().nan_policy(NanPolicy::Keep);
    damage(&bytes, |bytes| reader.read_bytes(bytes, "damaged"));
}

#[test]
fn garbage() {
    let reader = IpcReader::new();
    for bytes in [&b"garbage"[..], b"ARROW1", b"ARROW1\0\0ARROW1", b"FEA1....FEA1", &[0; 100]] {
        let error = reader.read_bytes(bytes, "x.arrow").unwrap_err();
        assert!(error.to_string().starts_with("x.arrow: not a valid Arrow IPC file: "), "{error}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_files() {
    use tangency_shared_data::parquet::{self, ParquetReader};
    let mut bytes = Vec::new();
    parquet::write_to(&frame(), &mut bytes).unwrap();
    let reader = ParquetReader::new().nan_policy(NanPolicy::Keep);
    damage(&bytes, |bytes| reader.read_bytes(bytes, "damaged"));
    for bytes in [&b"garbage"[..], b"PAR1", b"PAR1PAR1", &[0; 100]] {
        let error = reader.read_bytes(bytes, "x.parquet").unwrap_err();
        assert!(error.to_string().starts_with("x.parquet: not a valid Parquet file: "), "{error}");
    }
}
