//! Kernels for `cargo xtask bench counts`, which runs them under callgrind.
//!
//! `kernels NAME N` makes the call ready and runs it N times: the instructions of one call are the
//! difference between two numbers of calls, from which whatever happens around them cancels.
//! Without arguments it names the kernels and the processor features that it finds where it runs.
#![expect(clippy::print_stdout, reason = "the names are what this program is asked for")]

mod cases;

use cases::CASES;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|it| it != "--bench" && it != "--test").collect();
    match &arguments[..] {
        [name, calls] => {
            let calls: usize = calls.parse().expect("a number of calls");
            let case = CASES.iter().find(|(case, _)| case == name);
            let (_, prepare) = case.expect("a kernel of that name");
            let mut call = prepare();
            for _ in 0..calls {
                call();
            }
        }
        _ => {
            let names: Vec<&str> = CASES.iter().map(|(name, _)| *name).collect();
            println!("{}", serde_json::json!({ "kernels": names, "features": features() }));
        }
    }
}

/// Of those that our kernels choose by.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found = [("baseline", true)];
    found.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}
