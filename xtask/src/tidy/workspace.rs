//! What the checks look at: the files under version control, read once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::metadata::{Metadata, Package};
use crate::process::{capture, cargo, git, workspace_root};

use super::edges;
use super::source::Source;

#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) packages: Vec<Package>,
    /// Tracked files, and new ones that git does not ignore, by path from the root.
    pub(super) files: BTreeMap<String, File>,
    pub(super) manifests: BTreeMap<String, toml::Table>,
    pub(super) sources: Vec<Source>,
    /// What `cargo tree` prints for each package whose whole tree has a rule.
    pub(super) trees: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) bytes: u64,
    pub(super) is_tracked: bool,
    /// `None` where the file is not text.
    pub(super) text: Option<String>,
}

impl Workspace {
    pub(super) fn load() -> Result<Self> {
        let root = workspace_root();
        let mut files = BTreeMap::new();
        for (flags, is_tracked) in
            [(&["--cached"][..], true), (&["--others", "--exclude-standard"][..], false)]
        {
            let listing = capture(&mut git(&[&["ls-files", "-z"], flags].concat()))?;
            for path in listing.split_terminator('\0') {
                // A file deleted since it was tracked, or a link to a folder.
                if !root.join(path).is_file() {
                    continue;
                }
                let contents = fs::read(root.join(path)).map_err(|e| format!("{path}: {e}"))?;
                let bytes = contents.len() as u64;
                let text = String::from_utf8(contents).ok().filter(|text| !text.contains('\0'));
                files.insert(path.to_owned(), File { bytes, is_tracked, text });
            }
        }
        let mut workspace = Self::from_files(files)?;
        workspace.packages = Metadata::load()?.packages;
        for (package, flags) in edges::TREES {
            let arguments = [&["tree", "--package", package], *flags, edges::TREE_FORMAT].concat();
            let tree = capture(&mut cargo(&arguments))?;
            workspace.trees.insert((*package).to_owned(), tree);
        }
        Ok(workspace)
    }

    fn from_files(files: BTreeMap<String, File>) -> Result<Self> {
        let mut manifests = BTreeMap::new();
        for (path, text) in texts(&files).filter(|(path, _)| name_of(path) == "Cargo.toml") {
            let table: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
            // A package that is a workspace of its own inherits nothing from ours.
            let is_apart = table.contains_key("workspace") && table.contains_key("package");
            if !is_apart {
                manifests.insert(path.to_owned(), table);
            }
        }
        let sources = Source::read_all(texts(&files).filter(|(path, _)| path.ends_with(".rs")));
        Ok(Self { files, manifests, sources, ..Self::default() })
    }

    /// The text of the file at `path`, where there is such a file and it is text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        texts(&self.files)
    }

    /// The folders directly below `crates/` that hold a manifest, such as `crates/pool`.
    pub(super) fn crates(&self) -> impl Iterator<Item = &str> {
        self.manifests.keys().filter_map(|path| {
            let folder = path.strip_suffix("/Cargo.toml")?;
            let name = folder.strip_prefix("crates/")?;
            (!name.contains('/')).then_some(folder)
        })
    }

    /// Those of [`Self::crates`] that are libraries and are published.
    pub(super) fn published_libraries(&self) -> impl Iterator<Item = &str> {
        self.crates().filter(|folder| {
            let package = &self.manifests[&format!("{folder}/Cargo.toml")]["package"];
            let is_private =
                package.get("publish").is_some_and(|publish| publish.as_bool() == Some(false));
            !is_private && self.files.contains_key(&format!("{folder}/src/lib.rs"))
        })
    }
}

fn texts(files: &BTreeMap<String, File>) -> impl Iterator<Item = (&str, &str)> {
    files.iter().filter_map(|(path, file)| Some((path.as_str(), file.text.as_deref()?)))
}

/// The last component of a path.
pub(super) fn name_of(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}

/// The folder that holds the file at `path`; empty at the root.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
impl Workspace {
    /// A workspace of these files, all tracked, with no packages and no trees.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|&(path, text)| {
                let bytes = text.len() as u64;
                (path.to_owned(), File { bytes, is_tracked: true, text: Some(text.to_owned()) })
            })
            .collect();
        Self::from_files(files).expect("the manifests of a fixture are TOML")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_lie_one_level_below_their_folder() {
        let workspace = Workspace::of(&[
            ("Cargo.toml", ""),
            ("benches/Cargo.toml", ""),
            ("crates/pool/Cargo.toml", "[package]\n"),
            ("crates/pool/src/lib.rs", ""),
            ("crates/cli/Cargo.toml", "[package]\n"),
            ("crates/testkit/Cargo.toml", "[package]\npublish = false\n"),
            ("crates/testkit/src/lib.rs", ""),
            ("crates/pool/nested/Cargo.toml", ""),
        ]);
        let crates: Vec<_> = workspace.crates().collect();
        assert_eq!(crates, ["crates/cli", "crates/pool", "crates/testkit"]);
        assert_eq!(workspace.published_libraries().collect::<Vec<_>>(), ["crates/pool"]);
    }

    #[test]
    fn paths_fall_into_folder_and_name() {
        assert_eq!(folder_of("crates/pool/src/lib.rs"), "crates/pool/src");
        assert_eq!(folder_of("README.md"), "");
        assert_eq!(name_of("crates/pool/src/lib.rs"), "lib.rs");
    }
}
