//! Jobs, and worker processes that run them.
//!
//! A [`Job`] is a unit of work with a name, an input and an output that can be serialised. Run
//! through [`Batch::jobs`](crate::Batch::jobs) it takes place where the pool's
//! [`Executor`](crate::Executor) says: on the pool's own threads, or in worker processes, one beside
//! each thread. There an item that aborts, overflows its stack, runs out of memory, is killed or never
//! ends costs its process, which is replaced, and the others never notice.
//!
//! A program that wants worker processes calls [`worker_entry`] first in its `main`: a worker process
//! is the same program, started once more, and never gets past that call.
//!
//! ```no_run
//! use tangency_pool::process::{Job, Registry, Resources, worker_entry};
//! use tangency_pool::{Executor, Pool};
//!
//! struct Square;
//!
//! impl Job for Square {
//!     const NAME: &'static str = "square";
//!     type Input = f64;
//!     type Output = f64;
//!     type State = ();
//!
//!     fn open(_: &Resources) -> Result<(), String> {
//!         Ok(())
//!     }
//!
//!     fn run(_: &mut (), input: &f64) -> Result<f64, String> {
//!         Ok(input * input)
//!     }
//! }
//!
//! fn main() -> Result<(), tangency_pool::Error> {
//!     worker_entry(Registry::new().with::<Square>());
//!     let pool = Pool::builder().workers(2).executor(Executor::Processes).build()?;
//!     let report = pool.batch().jobs::<Square>().run(&[1.0, 2.0, 3.0]);
//!     assert_eq!(report.into_results()?, [1.0, 4.0, 9.0]);
//!     Ok(())
//! }
//! ```
//!
//! # How it works
//!
//! Each worker thread starts its process when it first needs it, and talks to it over a Unix socket
//! that is the process's standard input: frames with a length and a CRC-32, inputs and outputs as
//! MessagePack. What the job prints to standard output goes to standard error. The process leaves
//! the terminal's process group, so that Ctrl-C is the program's to handle, and has the thread
//! variables of the usual numeric libraries set to 1. It ends when the pool does, when its worker
//! leaves, and when the program dies, however it dies: the socket closes, and on Linux the kernel
//! sends `SIGKILL` as well.
//!
//! A batch of one item costs some 120 microseconds on top of the item's own time, the opening of its job
//! included: worth it from a millisecond up.

mod bench;
mod codec;
#[cfg(unix)]
mod entry;
mod executors;
#[cfg(unix)]
mod frame;
mod job;
mod jobs;
#[cfg(unix)]
mod remote;
mod resources;

pub use job::{Job, JobFailure, Registry};
pub use jobs::JobBatch;
pub use resources::Resources;

#[cfg(unix)]
pub use entry::worker_entry;
pub(crate) use executors::{Executors, install};

/// Says what worker processes are to do. There are none on this system: jobs run on threads.
#[cfg(not(unix))]
pub fn worker_entry(_: Registry) {}
