//! Arrow IPC files of other programs, all of one table; see `golden/ipc-files/README.md`.

use std::path::PathBuf;

/// The path of a file, such as `pyarrow_lz4.arrow`.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/ipc-files").join(name)
}

/// The bytes of a file.
///
/// # Panics
///
/// When there is none of that name.
#[must_use]
pub fn bytes(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
