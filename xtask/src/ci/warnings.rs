//! Whether warnings fail: under the compiler that the sources are kept clean of warnings for.
//!
//! `rust-toolchain.toml` asks for stable, so that the newest will do; but each release brings lints that no
//! change here has caused. Under another release warnings are shown and what is denied by name still fails.

use crate::Result;
use crate::process::{capture, rustc};

use super::Outcome;

/// The release whose warnings fail. To be raised with the compiler, in the commit that mends what is new.
const RELEASE: &str = "1.95";

/// Whether warnings fail here; where they do not, with the compiler's version.
#[derive(Debug, PartialEq)]
pub(super) enum Warnings {
    Fail,
    Show(String),
}

impl Warnings {
    pub(super) fn detect() -> Result<Self> {
        Ok(Self::of(&capture(rustc().arg("-V"))?))
    }

    /// `version` as in `rustc 1.95.0 (59807616e 2026-04-14)`.
    fn of(version: &str) -> Self {
        let number = version.split_whitespace().nth(1).unwrap_or_default();
        let is_release = number
            .strip_prefix(RELEASE)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|patch| patch.chars().all(|digit| digit.is_ascii_digit()));
        if is_release { Self::Fail } else { Self::Show(version.trim().to_owned()) }
    }

    /// What follows `cargo clippy ... --`.
    pub(super) const fn flags(&self) -> &'static [&'static str] {
        match self {
            Self::Fail => &["-D", "warnings"],
            Self::Show(_) => &[],
        }
    }

    /// What a step that found nothing to fail for came to.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Fail => Outcome::Passed,
            Self::Show(version) => Outcome::Skipped(format!(
                "it compiles, but warnings of {version} are shown only: those of {RELEASE} fail"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_of_the_release_fail_and_those_of_others_are_shown() {
        for patch in ["rustc 1.95.0 (59807616e 2026-04-14)\n", "rustc 1.95.1"] {
            assert_eq!(Warnings::of(patch), Warnings::Fail, "{patch}");
        }
        for other in ["rustc 1.96.0", "rustc 1.89.0", "rustc 1.950.0", "rustc 1.95.0-nightly", ""] {
            let warnings = Warnings::of(other);
            assert!(matches!(warnings, Warnings::Show(_)), "{other}");
            assert!(warnings.flags().is_empty());
            assert!(matches!(warnings.outcome(), Outcome::Skipped(_)));
        }
        assert_eq!(Warnings::Fail.flags(), ["-D", "warnings"]);
        assert_eq!(Warnings::Fail.outcome(), Outcome::Passed);
    }
}
