//! Any bytes at all as a file of frames: mapped from memory that is sealed and from memory that is not, and
//! read, wide and long.
//!
//! What opens must keep the promises of a frame and lend memory that can be read; what is mapped must
//! be what a reader finds. Sealed memory is opened without comparing its checksum, so that the
//! structure is on its own.

#![no_main]

use std::fs::File;
use std::io::Write;

use libfuzzer_sys::fuzz_target;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use tangency_shared_data::align::{Join, join};
use tangency_shared_data::ipc::IpcReader;
use tangency_shared_data::{ErrorKind, Frame, NanPolicy, SharedFrame};

fuzz_target!(|bytes: &[u8]| {
    let reader = IpcReader::new().nan_policy(NanPolicy::Keep).decoded_limit(1 << 22);
    let read = reader.read_bytes(bytes, "input");
    if let Ok(frame) = &read {
        sound(frame);
    }
    if let Ok(long) = reader.read_long_bytes(bytes, "input") {
        assert_eq!(long.symbols().len(), long.n_rows());
        assert!(long.symbols().iter().all(|symbol| !symbol.is_empty()));
    }
    let mut memory = File::from(
        memfd_create("fuzz", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).expect("memory"),
    );
    memory.write_all(bytes).expect("memory");
    let open = SharedFrame::open_descriptor(&memory);
    let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW;
    fcntl_add_seals(&memory, seals).expect("memory that can be sealed");
    let sealed = SharedFrame::open_descriptor(&memory);
    // What is not sealed is held to its checksum too, and to the order of its dates.
    if let Ok(open) = open {
        sound(open.frame());
        assert!(sealed.as_ref().is_ok_and(|sealed| sealed.frame().same_bits(open.frame())));
    }
    let Ok(shared) = sealed else { return };
    // The order of the dates may be the file's word alone; who needs it finds out.
    let ordered = join(&[shared.frame()], Join::Outer).map(|_| sound(shared.frame()));
    let verified = shared.verify();
    assert!(ordered.is_ok() || verified.is_err());
    match read {
        Ok(frame) => assert!(frame.same_bits(shared.frame()) && ordered.is_ok()),
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::Damaged { .. } | ErrorKind::NoRows)
                || error.to_string().contains("checksum")
                || ordered.is_err_and(|claimed| claimed.kind() == error.kind()),
            "mapped, but not read: {error}"
        ),
    }
});

/// Reads everything, and holds the frame to what frames promise.
fn sound(frame: &Frame) {
    assert!(frame.timestamps().is_sorted_by(|a, b| a < b));
    assert!(frame.n_columns() > 0);
    for (name, values) in frame.columns() {
        assert!(!name.is_empty());
        assert_eq!(values.len(), frame.n_rows());
        std::hint::black_box(values.iter().sum::<f64>());
    }
    for (name, texts) in frame.text_columns() {
        assert!(!name.is_empty());
        assert_eq!(texts.len(), frame.n_rows());
        std::hint::black_box(texts.iter().map(|text| text.chars().count()).sum::<usize>());
    }
}
