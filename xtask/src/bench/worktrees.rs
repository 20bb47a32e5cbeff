//! Two checkouts beside the working tree, each with a target folder of its own.
//!
//! They stay between calls: what two commits have in common is compiled once.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::process::{capture, git, workspace_root};

use super::programs::{self, Program};

/// The working tree itself, changes included.
const HERE: &str = ".";

/// A reference, resolved, with the folder it is built in.
#[derive(Debug, PartialEq)]
pub(super) struct Checkout {
    /// As it was given.
    pub(super) reference: String,
    /// The commit; none for the working tree.
    pub(super) commit: Option<String>,
    slot: Option<PathBuf>,
}

impl Checkout {
    /// The two sides of a comparison. A checkout that already holds one of the commits keeps it.
    pub(super) fn pair(references: [&str; 2], target: &Path) -> Result<[Self; 2]> {
        let commits = [resolve(references[0])?, resolve(references[1])?];
        let slots = ["a", "b"].map(|name| target.join("tangency-bench").join(name));
        let held = [held(&slots[0]), held(&slots[1])];
        let slots = if is_swapped(&commits, &held) {
            let [a, b] = slots;
            [b, a]
        } else {
            slots
        };
        let [one, other] = commits;
        let [a, b] = slots;
        let checkout = |reference: &str, commit: Option<String>, slot| Self {
            reference: reference.to_owned(),
            slot: commit.is_some().then_some(slot),
            commit,
        };
        Ok([checkout(references[0], one, a), checkout(references[1], other, b)])
    }

    /// Brings the checkout to its commit and builds its benches.
    pub(super) fn build(&self) -> Result<Vec<Program>> {
        let (Some(slot), Some(commit)) = (&self.slot, &self.commit) else {
            return programs::build(&workspace_root(), None, None);
        };
        let tree = slot.join("tree");
        if !tree.join(".git").exists() || restore(&tree, commit).is_err() {
            // Nothing is there, or what a call left that was killed while it made the checkout. Git may
            // remember a checkout whose folder somebody has removed.
            match fs::remove_dir_all(&tree) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
            fs::create_dir_all(slot)?;
            capture(&mut git(&["worktree", "prune"]))?;
            let path = tree.to_string_lossy();
            capture(&mut git(&["worktree", "add", "--quiet", "--detach", &path, commit]))?;
        }
        programs::build(&tree, Some(&slot.join("target")), None)
    }

    pub(super) fn label(&self) -> String {
        match &self.commit {
            Some(commit) => format!("{} ({})", self.reference, commit.get(..9).unwrap_or(commit)),
            None => "the working tree".to_owned(),
        }
    }
}

/// Makes a checkout hold the commit and nothing else, whatever was done to it meanwhile: a file edited by hand
/// would be measured as the commit's. Files that are as they should be are not touched, nor built again.
fn restore(tree: &Path, commit: &str) -> Result {
    let path = tree.to_string_lossy();
    capture(&mut git(&["-C", &path, "checkout", "--quiet", "--force", "--detach", commit]))?;
    capture(&mut git(&["-C", &path, "clean", "-fdq"]))?;
    Ok(())
}

fn resolve(reference: &str) -> Result<Option<String>> {
    if reference == HERE {
        return Ok(None);
    }
    let commit = format!("{reference}^{{commit}}");
    match capture(&mut git(&["rev-parse", "--verify", "--quiet", &commit])) {
        Ok(hash) => Ok(Some(hash.trim().to_owned())),
        Err(_) => Err(format!("git knows no commit `{reference}`").into()),
    }
}

/// The commit that a checkout holds, if it is one.
fn held(slot: &Path) -> Option<String> {
    let tree = slot.join("tree");
    if !tree.join(".git").exists() {
        return None;
    }
    let hash = capture(&mut git(&["-C", &tree.to_string_lossy(), "rev-parse", "HEAD"])).ok()?;
    Some(hash.trim().to_owned())
}

/// Whether more of the commits are where they are needed once the two slots change places.
fn is_swapped(commits: &[Option<String>; 2], held: &[Option<String>; 2]) -> bool {
    let matches = |one: usize, other: usize| {
        let is =
            |commit: usize, slot: usize| commits[commit].is_some() && commits[commit] == held[slot];
        usize::from(is(0, one)) + usize::from(is(1, other))
    };
    matches(1, 0) > matches(0, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_change_places_where_that_saves_a_build() {
        let some = |name: &str| Some(name.to_owned());
        let held = [some("x"), some("y")];
        assert!(!is_swapped(&[some("x"), some("z")], &held));
        assert!(is_swapped(&[some("z"), some("x")], &held));
        assert!(is_swapped(&[some("y"), some("x")], &held));
        assert!(!is_swapped(&[some("p"), some("q")], &held));
        assert!(!is_swapped(&[None, None], &[None, None]));
    }

    #[test]
    fn a_checkout_edited_by_hand_is_the_commit_again() {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 && cd '{}' && git init -q . && \
             git config core.autocrlf false && echo one > kept && git add kept && \
             git -c user.name=a -c user.email=a@b commit -qm one && git rev-parse HEAD",
            folder.path().display()
        );
        let commit = capture(&mut crate::process::shell(&script)).unwrap();
        fs::write(folder.path().join("kept"), "two\n").unwrap();
        fs::write(folder.path().join("added"), "by hand\n").unwrap();
        restore(folder.path(), commit.trim()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("kept")).unwrap(), "one\n");
        assert!(!folder.path().join("added").exists());
        assert!(restore(folder.path(), "no-such-commit").is_err());
    }

    #[test]
    fn the_working_tree_has_no_commit_and_no_slot() {
        let target = tempfile::tempdir().unwrap();
        let [one, other] = Checkout::pair(["HEAD", "."], target.path()).unwrap();
        assert_eq!(one.commit.as_ref().map(String::len), Some(40));
        assert!(one.slot.is_some());
        assert_eq!((other.commit, other.slot), (None, None));
        assert!(Checkout::pair(["no-such-thing", "."], target.path()).is_err());
    }
}
