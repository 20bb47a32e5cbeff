//! A job that does whatever harm it is told to.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tangency_pool::process::{Job, Resources};

pub(crate) struct Chaos;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Deed {
    Square(f64),
    Pid,
    Variable(String),
    Sleep(Duration),
    Print(String),
    Fail,
    Panic,
    Abort,
    Exit(i32),
    Overflow,
    Allocate,
    Loop,
    /// Aborts unless the file is there, which it leaves.
    AbortOnce(PathBuf),
}

impl Job for Chaos {
    const NAME: &'static str = "chaos";
    type Input = Deed;
    type Output = String;
    type State = u32;

    fn open(resources: &Resources) -> Result<u32, String> {
        match resources.bytes("refuse") {
            Some(why) => Err(String::from_utf8_lossy(why).into_owned()),
            None => Ok(0),
        }
    }

    fn run(_: &mut u32, deed: &Deed) -> Result<String, String> {
        match deed {
            Deed::Square(x) => return Ok(format!("{:?}", x * x)),
            Deed::Pid => return Ok(std::process::id().to_string()),
            Deed::Variable(name) => return Ok(std::env::var(name).unwrap_or_default()),
            Deed::Sleep(time) => std::thread::sleep(*time),
            Deed::Print(text) => {
                let mut out = std::io::stdout();
                out.write_all(text.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(|e| e.to_string())?;
            }
            Deed::Fail => return Err("told to".to_owned()),
            Deed::Panic => panic!("told to panic"),
            Deed::Abort => std::process::abort(),
            Deed::Exit(code) => std::process::exit(*code),
            Deed::Overflow => return Ok(overflow(1).to_string()),
            Deed::Allocate => {
                let block: Vec<u8> = Vec::with_capacity(std::hint::black_box(1 << 62));
                return Ok(block.capacity().to_string());
            }
            Deed::Loop => loop {
                std::hint::spin_loop();
            },
            Deed::AbortOnce(path) => abort_once(path),
        }
        Ok("done".to_owned())
    }
}

#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn overflow(depth: u64) -> u64 {
    let block = std::hint::black_box([depth; 512]);
    overflow(depth + 1) + block[(depth % 512) as usize]
}

fn abort_once(path: &Path) {
    if !path.exists() {
        let _ = std::fs::write(path, "");
        std::process::abort();
    }
}
