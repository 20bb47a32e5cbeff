//! What the environment and cargo's configuration change about a release build.

use std::path::PathBuf;

use toml::{Table, Value};

use crate::process::workspace_root;

/// Variables that change what is built, by how they begin.
const VARIABLES: [&str; 5] = [
    "CARGO_PROFILE_",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
];

/// Variables of that kind that do not reach a release build, or do not change it.
const OTHERS: [&str; 3] = ["CARGO_PROFILE_TEST_", "CARGO_PROFILE_DEV_", "CARGO_BUILD_TARGET_DIR"];

/// All settings that are not the default, as one line; empty where there are none.
pub(super) fn detect() -> String {
    let mut settings = of_environment(std::env::vars());
    for path in configurations() {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        settings.extend(of_configuration(&text));
    }
    settings.sort_unstable();
    settings.dedup();
    settings.join(" ")
}

fn of_environment(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let is_setting = |name: &str| {
        let of_target = name.starts_with("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS");
        let is_other = OTHERS.iter().any(|start| name.starts_with(start));
        of_target || (!is_other && VARIABLES.iter().any(|start| name.starts_with(start)))
    };
    // Off is what a release build has without it.
    let is_incremental = |name: &str, value: &str| {
        ["CARGO_INCREMENTAL", "CARGO_BUILD_INCREMENTAL"].contains(&name)
            && !["0", "false"].contains(&value)
    };
    variables
        .filter(|(name, value)| {
            !value.is_empty() && (is_setting(name) || is_incremental(name, value))
        })
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// The files that cargo reads for a build in the workspace's root.
fn configurations() -> Vec<PathBuf> {
    let root = workspace_root();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    folders.flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(name))).collect()
}

/// Flags for the compiler and the profiles that benches are built with.
fn of_configuration(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let mut settings = Vec::new();
    let mut add = |path: &[&str]| {
        let mut value = table.get(path[0]);
        for key in &path[1..] {
            value = value.and_then(|value| value.get(key));
        }
        if let Some(value) = value {
            settings.push(format!("{}={}", path.join("."), one_line(value)));
        }
    };
    add(&["build", "rustflags"]);
    add(&["build", "target"]);
    add(&["profile", "release"]);
    add(&["profile", "bench"]);
    for target in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
        add(&["target", target, "rustflags"]);
    }
    settings
}

fn one_line(value: &Value) -> String {
    value.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `settings` as one would type them before a command; none of what a file holds.
pub(super) fn prefix(names: &[&str]) -> String {
    let mut settings = of_environment(std::env::vars());
    let given = names.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    settings.extend(given.filter(|(_, value)| !value.is_empty()).map(|(n, v)| format!("{n}={v}")));
    settings.sort_unstable();
    settings.iter().map(|setting| format!("{} ", quoted(setting))).collect()
}

/// A setting whose value a shell would take apart stands in quotes.
fn quoted(setting: &str) -> String {
    match setting.split_once('=') {
        Some((name, value)) if value.contains(|letter: char| !is_plain(letter)) => {
            format!("{name}='{value}'")
        }
        _ => setting.to_owned(),
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_=.,:/+".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_of_a_release_build_counts_and_that_of_tests_does_not() {
        let variables = [
            ("CARGO_PROFILE_RELEASE_LTO", "false"),
            ("CARGO_PROFILE_TEST_DEBUG", "1"),
            ("CARGO_BUILD_RUSTFLAGS", "-Ctarget-cpu=native"),
            ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-g"),
            ("CARGO_TARGET_DIR", "elsewhere"),
            ("CARGO_BUILD_TARGET_DIR", "elsewhere"),
            ("RUSTFLAGS", ""),
            ("CARGO_INCREMENTAL", "1"),
            ("CARGO_BUILD_INCREMENTAL", "false"),
            ("PATH", "/bin"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            of_environment(variables.into_iter()),
            [
                "CARGO_PROFILE_RELEASE_LTO=false",
                "CARGO_BUILD_RUSTFLAGS=-Ctarget-cpu=native",
                "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS=-g",
                "CARGO_INCREMENTAL=1",
            ]
        );
    }

    #[test]
    fn flags_and_profiles_of_a_configuration_count_and_its_aliases_do_not() {
        let text = "[alias]\nxtask = \"run\"\n[build]\njobs = 2\nrustflags = [\"-g\"]\n\
                    [target.x86_64-unknown-linux-gnu]\nlinker = \"lld\"\nrustflags = \"-Cpanic=abort\"\n\
                    [profile.release]\nlto = \"fat\"\n[profile.dev]\ndebug = 0\n";
        assert_eq!(
            of_configuration(text),
            [
                "build.rustflags=[\"-g\"]",
                "profile.release={ lto = \"fat\" }",
                "target.x86_64-unknown-linux-gnu.rustflags=\"-Cpanic=abort\"",
            ]
        );
        assert!(of_configuration("[alias]\nxtask = \"run\"\n").is_empty());
        assert!(configurations().contains(&workspace_root().join(".cargo/config.toml")));
    }

    #[test]
    fn settings_are_shown_as_a_shell_takes_them() {
        assert_eq!(quoted("CARGO_PROFILE_RELEASE_LTO=false"), "CARGO_PROFILE_RELEASE_LTO=false");
        assert_eq!(quoted("RUSTFLAGS=-g -O"), "RUSTFLAGS='-g -O'");
    }
}
