//! `cargo xtask bench`: the criterion benches.

use crate::Result;
use crate::metadata::Metadata;
use crate::process::{cargo, run};
use crate::usage::Command;

pub(crate) const COMMAND: Command =
    Command { name: "bench", summary: "run the criterion benches", help: HELP, run: execute };

const HELP: &str = "\
cargo xtask bench [FILTER] [CRITERION ARGUMENTS]

Runs the benches of the package tangency-benches whose id (group/case/
implementation) matches FILTER, a regular expression. What follows goes to
criterion as it is:

  cargo xtask bench pool/ --quick
  cargo xtask bench optimize/ --save-baseline before
  cargo xtask bench optimize/ --baseline before
";

fn execute(arguments: &[String]) -> Result {
    run(&mut cargo(&invocation(arguments)))?;
    println!("{}", Metadata::load()?.target_directory.join("criterion").display());
    Ok(())
}

fn invocation(criterion: &[String]) -> Vec<String> {
    let mut arguments = ["bench", "--package", "tangency-benches"].map(str::to_owned).to_vec();
    if !criterion.is_empty() {
        arguments.push("--".to_owned());
        arguments.extend_from_slice(criterion);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::invocation;

    #[test]
    fn filter_and_options_go_to_criterion_untouched() {
        assert_eq!(invocation(&[]), ["bench", "--package", "tangency-benches"]);
        let arguments = ["pool/".to_owned(), "--quick".to_owned()];
        assert_eq!(invocation(&arguments)[3..], ["--", "pool/", "--quick"]);
    }
}
