//! Valgrind and its tool that counts instructions: what cannot be counted here is told, and is no failure.

use std::process::{Command, Stdio};

use crate::Result;
use crate::process::capture;

use super::super::programs::Program;

/// What was told, or why it cannot be had on this machine.
type Told<T> = std::result::Result<T, String>;

/// Calls of the shorter and of the longer run; their difference holds nothing but calls.
const CALLS: [u64; 2] = [1, 3];

/// Callgrind without its report.
const CALLGRIND: [&str; 2] = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// What valgrind calls itself, or why nothing can be counted with it here.
pub(super) fn version() -> Told<String> {
    let version = capture(valgrind().arg("--version"));
    let version = version.map_err(|_| "valgrind is not installed".to_owned())?;
    // The tool may be missing, or this machine's processor or kernel may be beyond it.
    let probe = valgrind().args(CALLGRIND).arg("true").output();
    match probe {
        Ok(output) if output.status.success() => Ok(version.trim().to_owned()),
        _ => Err(format!("{} cannot run callgrind here", version.trim())),
    }
}

/// The C library, as its own loader tells it.
pub(super) fn libc() -> String {
    let told = Command::new("ldd").arg("--version").stdin(Stdio::null()).output();
    // musl's speaks on standard error.
    let told = told.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let told = String::from_utf8_lossy(&told);
    let mut lines = told.lines().filter(|line| !line.trim().is_empty()).take(2);
    match (lines.next(), lines.next()) {
        (Some(name), Some(version)) if name.contains("musl") => format!("{name}, {version}"),
        (Some(name), _) => name.to_owned(),
        (None, _) => "unknown".to_owned(),
    }
}

/// What the kernels say about themselves under valgrind, whose processor may lack what this one has.
pub(super) fn describe(program: &Program) -> Told<String> {
    capture(&mut under_valgrind(&["--tool=none"], program)).map_err(|error| {
        format!("the kernels do not start under valgrind: {}", last_line(&error.to_string()))
    })
}

/// Instructions of one call.
pub(super) fn of_one_call(program: &Program, kernel: &str) -> Result<Told<u64>> {
    let mut counts = [0; 2];
    for (count, calls) in counts.iter_mut().zip(CALLS) {
        match collect(program, kernel, calls)? {
            Ok(instructions) => *count = instructions,
            Err(reason) => return Ok(Err(reason)),
        }
    }
    let [one, other] = counts;
    let told = || format!("more calls of `{kernel}` took fewer instructions under callgrind");
    Ok(other.checked_sub(one).map(|all| all / (CALLS[1] - CALLS[0])).ok_or_else(told))
}

/// Instructions of the whole program with so many calls. A kernel that fails without valgrind fails here; one
/// that only fails under it cannot be counted.
fn collect(program: &Program, kernel: &str, calls: u64) -> Result<Told<u64>> {
    let arguments = [kernel.to_owned(), calls.to_string()];
    let output = under_valgrind(&CALLGRIND, program).args(&arguments).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(collected(&said).ok_or_else(|| "callgrind told no count".to_owned()));
    }
    let mut alone = Command::new(&program.executable);
    alone.args(&arguments).current_dir(program.root.join("benches")).stdin(Stdio::null());
    capture(&mut alone).map_err(|error| format!("`{kernel}` fails: {error}"))?;
    let last = last_line(&said);
    Ok(Err(format!("`{kernel}` fails under callgrind and passes without: {last}")))
}

/// The figure behind `Collected :` in what callgrind says at the end.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
    line.trim().parse().ok()
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}

/// Without what `VALGRIND_OPTS` or a file of settings would add.
fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    command.arg("--command-line-only=yes").env_remove("VALGRIND_OPTS").stdin(Stdio::null());
    command
}

fn under_valgrind(arguments: &[&str], program: &Program) -> Command {
    let mut command = valgrind();
    command.args(arguments).arg(&program.executable);
    command.current_dir(program.root.join("benches"));
    command
}

#[cfg(test)]
mod tests {
    use super::super::super::programs::Kind;
    use super::*;

    #[test]
    fn the_environment_of_valgrind_does_not_count() {
        let command = valgrind();
        assert!(command.get_envs().any(|it| it == ("VALGRIND_OPTS".as_ref(), None)));
        assert!(!libc().is_empty());
    }

    #[test]
    fn what_callgrind_says_is_read() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 4711\n"), Some(4711));
        assert_eq!(collected("nothing"), None);
    }

    #[test]
    fn a_kernel_that_fails_by_itself_fails() {
        if version().is_err() {
            return;
        }
        let program = |executable: &str| Program {
            name: String::new(),
            kind: Kind::Other,
            executable: executable.into(),
            root: crate::process::workspace_root(),
        };
        assert!(collect(&program("false"), "a", 1).is_err());
        // Without valgrind it passes.
        let told = collect(&program("true"), "a", 1).unwrap();
        assert!(told.is_ok_and(|instructions| instructions > 0));
    }
}
