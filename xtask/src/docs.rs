//! `cargo xtask docs`: the documentation as docs.rs would build it.

use crate::Result;
use crate::metadata::Metadata;
use crate::process::{cargo, run};
use crate::usage::{Command, Options};

pub(crate) const COMMAND: Command = Command {
    name: "docs",
    summary: "build the documentation as docs.rs would",
    help: HELP,
    run: execute,
};

const HELP: &str = "\
cargo xtask docs [--open]

Builds the documentation of each published library with the features named in
its [package.metadata.docs.rs], warnings being errors, and prints where the
facade's page lies.

  --open  show it in a browser
";

const FACADE: &str = "tangency";

fn execute(arguments: &[String]) -> Result {
    let options = Options::read(arguments, &["--open"], &[])?;
    let metadata = Metadata::load()?;
    let mut libraries: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| package.is_published() && package.is_library())
        .collect();
    // The facade last: its page is the one that `--open` shows.
    libraries.sort_by_key(|package| package.name == FACADE);
    for package in libraries {
        let mut arguments =
            ["doc", "--no-deps", "--package", package.name.as_str()].map(str::to_owned).to_vec();
        arguments.extend(package.docs_rs_flags());
        if options.has("--open") && package.name == FACADE {
            arguments.push("--open".to_owned());
        }
        run(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    println!("{}", metadata.target_directory.join("doc").join(FACADE).join("index.html").display());
    Ok(())
}
