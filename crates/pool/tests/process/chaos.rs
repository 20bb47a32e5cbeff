//! A job that does whatever harm it is told to.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tangency_pool::process::{Job, Resources};

/// How often to look for what another process does.
const TICK: Duration = Duration::from_millis(2);

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
    /// Does it unless the file is there, which it leaves.
    Once(PathBuf, Box<Deed>),
    /// Leaves the file, and does it if that was there.
    Again(PathBuf, Box<Deed>),
    /// Does it when the file is there.
    After(PathBuf, Box<Deed>),
    /// Leaves a file of its own in the folder, and waits until there are so many.
    Meet(PathBuf, usize),
}

impl Job for Chaos {
    const NAME: &'static str = "chaos";
    type Input = Deed;
    type Output = String;
    type State = u32;

    fn open(resources: &Resources) -> Result<u32, String> {
        if let Some(deed) = resources.bytes("deed") {
            let deed = serde_json::from_slice(deed).map_err(|error| error.to_string())?;
            Self::run(&mut 0, &deed)?;
        }
        match resources.bytes("refuse") {
            Some(why) => Err(String::from_utf8_lossy(why).into_owned()),
            None => Ok(0),
        }
    }

    #[expect(clippy::only_used_in_recursion, reason = "a job has state, wanted or not")]
    fn run(state: &mut u32, deed: &Deed) -> Result<String, String> {
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
            Deed::Once(path, deed) => {
                if leave(path) {
                    return Self::run(state, deed);
                }
            }
            Deed::Again(path, deed) => {
                if !leave(path) {
                    return Self::run(state, deed);
                }
            }
            Deed::After(path, deed) => {
                await_file(path);
                return Self::run(state, deed);
            }
            Deed::Meet(folder, many) => {
                leave(&folder.join(std::process::id().to_string()));
                while std::fs::read_dir(folder).map_err(|e| e.to_string())?.count() < *many {
                    std::thread::sleep(TICK);
                }
            }
        }
        Ok("done".to_owned())
    }
}

#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn overflow(depth: u64) -> u64 {
    let block = std::hint::black_box([depth; 512]);
    overflow(depth + 1) + block[(depth % 512) as usize]
}

/// Leaves a file; `false` if it is there.
fn leave(path: &Path) -> bool {
    std::fs::File::create_new(path).is_ok()
}

pub(crate) fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::sleep(TICK);
    }
}

/// Resources with a deed to be done when the job is opened.
pub(crate) fn opening(deed: &Deed) -> Resources {
    Resources::new().with_bytes("deed", serde_json::to_vec(deed).unwrap())
}

/// A path of the test's own, where nothing is; gone with this.
pub(crate) struct Spot(pub(crate) PathBuf);

impl Spot {
    pub(crate) fn new(name: &str) -> Self {
        let spot =
            Self(std::env::temp_dir().join(format!("tangency-{name}-{}", std::process::id())));
        spot.clear();
        spot
    }

    pub(crate) fn folder(name: &str) -> Self {
        let spot = Self::new(name);
        std::fs::create_dir(&spot.0).unwrap();
        spot
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.clone()
    }

    fn clear(&self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Drop for Spot {
    fn drop(&mut self) {
        self.clear();
    }
}
