//! Where the reference values are.

use std::path::{Path, PathBuf};

/// The folder of reference material beside the checkout, if it is there.
///
/// Series without a free licence live only there; tests that need them are `#[ignore]`d.
#[must_use]
pub fn reference_dir() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    folder.is_dir().then_some(folder)
}

/// A file under `crates/testkit/golden`, parsed as JSON.
///
/// # Panics
///
/// When the file is missing or is no JSON: a test cannot go on without its golden values.
#[must_use]
pub fn golden(relative: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(relative);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read golden file {}: {error}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("golden file {} is no JSON: {error}", path.display()))
}
