//! Starting other programs: always without standard input, and as if called by hand.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The workspace's root folder.
///
/// Asked of the environment first: a target folder shared by two clones holds one binary.
pub(crate) fn workspace_root() -> PathBuf {
    let manifest_dir =
        env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest_dir).parent().expect("xtask lies one level below the root").to_path_buf()
}

/// `cargo` with these arguments, in the workspace's root.
pub(crate) fn cargo<S: AsRef<str>>(arguments: &[S]) -> Command {
    let mut command = program(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments.iter().map(AsRef::as_ref));
    command
}

/// A line of shell, in the workspace's root.
pub(crate) fn shell(line: &str) -> Command {
    let mut command = program("sh");
    command.args(["-c", line]);
    command
}

/// The compiler that cargo would use, in the workspace's root.
pub(crate) fn rustc() -> Command {
    program(&env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))
}

/// `git` with these arguments, in the workspace's root, which may belong to another user, as checkouts of a
/// CI in a container do: it is our own, since our build came from it.
pub(crate) fn git(arguments: &[&str]) -> Command {
    let mut command = program("git");
    let ours = format!("safe.directory={}", workspace_root().display());
    command.args(["-c", &ours]).args(arguments);
    command
}

/// What git tells the hooks it runs: the repository is that of the folder, whoever started us.
const REPOSITORY: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_PREFIX",
];

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace_root()).stdin(Stdio::null());
    // Tests panic by the dozen on purpose, and a trace of each takes longer than they do.
    command.env("RUST_BACKTRACE", "0");
    for variable in REPOSITORY {
        command.env_remove(variable);
    }
    // `cargo run` describes xtask to us; a program we start must not take that for itself.
    for (variable, _) in env::vars() {
        if variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_") {
            command.env_remove(variable);
        }
    }
    command
}

/// Shows the command, then runs it with its output on ours.
pub(crate) fn run(command: &mut Command) -> Result {
    println!("$ {}", line(command));
    let status =
        command.status().map_err(|error| format!("cannot start {}: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}`: {status}", line(command)).into()) }
}

/// What went wrong, and what the program said on standard error.
type Failure = (Box<dyn std::error::Error>, String);

/// Like [`run`], but shows standard error at the end: a failure comes with what was said there.
pub(crate) fn run_told(command: &mut Command) -> std::result::Result<(), Failure> {
    println!("$ {}", line(command));
    let output = command.stdout(Stdio::inherit()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| {
        (format!("cannot start {}: {error}", line(command)).into(), String::new())
    })?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    eprint!("{told}");
    if output.status.success() {
        return Ok(());
    }
    Err((format!("`{}`: {}", line(command), output.status).into(), told))
}

/// Runs the command in silence and gives its standard output; its standard error is shown
/// only where it fails.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output =
        command.output().map_err(|error| format!("cannot start {}: {error}", line(command)))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}`: {}\n{}", line(command), output.status, told.trim_end()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| {
        let argument = argument.to_string_lossy();
        if argument.contains(' ') { format!("'{argument}'") } else { argument.into_owned() }
    }));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        assert_eq!(line(&shell("echo hello")), "sh -c 'echo hello'");
    }

    #[test]
    fn failure_is_told_with_what_the_program_said() {
        let error = capture(&mut shell("echo broken >&2; exit 3")).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("broken"), "{error}");
        assert_eq!(capture(&mut shell("echo fine")).unwrap(), "fine\n");
    }

    #[test]
    fn what_was_said_before_a_failure_is_there_to_be_looked_at() {
        let (error, told) = run_told(&mut shell("echo broken >&2; exit 3")).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert_eq!(told, "broken\n");
        assert!(run_told(&mut shell("exit 0")).is_ok());
    }

    #[test]
    fn what_cargo_says_about_xtask_is_not_passed_on() {
        let told = capture(&mut shell("echo \"<$CARGO_PKG_NAME$CARGO_MANIFEST_DIR>\"")).unwrap();
        assert_eq!(told, "<>\n");
    }

    #[test]
    fn the_repository_of_a_hook_is_not_ours() {
        let command = git(&["status"]);
        let removed = |name: &str| command.get_envs().any(|it| it == (name.as_ref(), None));
        assert!(removed("GIT_DIR") && removed("GIT_INDEX_FILE"));
    }

    #[test]
    fn panics_of_what_is_started_leave_no_traces() {
        assert_eq!(capture(&mut shell("echo $RUST_BACKTRACE")).unwrap(), "0\n");
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        assert!(workspace_root().join("Cargo.toml").is_file());
    }
}
