//! The commands that README.md promises, read from it, so that README and CI cannot drift.
//!
//! A block counts when a marker stands before its fence:
//!
//! ````text
//! <!-- ci: test -->
//!
//! ```sh
//! cargo test
//! ```
//! ````

use crate::Result;

/// The commands of the blocks marked `<!-- ci: NAME -->`, in order, comments and prompts
/// taken off.
pub(crate) fn commands(readme: &str, name: &str) -> Result<Vec<String>> {
    let marker = format!("<!-- ci: {name} -->");
    let mut commands = Vec::new();
    let mut lines = readme.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line != marker {
            continue;
        }
        let fence = lines.find(|line| !line.is_empty()).unwrap_or_default();
        if !matches!(fence, "```sh" | "```bash" | "```console") {
            return Err(format!("README.md: `{marker}` stands before no ```sh block").into());
        }
        let mut closed = false;
        for line in lines.by_ref() {
            if line == "```" {
                closed = true;
                break;
            }
            let command = line.strip_prefix("$ ").unwrap_or(line);
            if !command.is_empty() && !command.starts_with('#') {
                commands.push(command.to_owned());
            }
        }
        if !closed {
            return Err(format!("README.md: the block after `{marker}` is never closed").into());
        }
    }
    if commands.is_empty() {
        return Err(format!("README.md: no command in a ```sh block after `{marker}`").into());
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# Tangency\n\n```sh\ncargo run\n```\n\n<!-- ci: test -->\n\n```sh\n\
                          # every test\n$ cargo test\n```\n\n```sh\ncargo bench\n```\n";

    #[test]
    fn only_the_marked_block_is_read() {
        assert_eq!(commands(README, "test").unwrap(), ["cargo test"]);
    }

    #[test]
    fn a_missing_marker_is_an_error() {
        assert!(commands(README, "bench").is_err());
        assert!(commands("", "test").is_err());
    }

    #[test]
    fn a_marker_before_prose_an_open_or_an_empty_block_is_an_error() {
        for readme in [
            "<!-- ci: test -->\nprose\n```sh\ncargo test\n```\n",
            "<!-- ci: test -->\n```sh\ncargo test\n",
            "<!-- ci: test -->\n```sh\n```\n",
            "<!-- ci: test -->\n```rust\nfn main() {}\n```\n",
        ] {
            assert!(commands(readme, "test").is_err(), "{readme:?}");
        }
    }
}
