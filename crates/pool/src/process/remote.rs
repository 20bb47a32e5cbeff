//! One worker process, as the thread beside it sees it.

use std::fmt::Display;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::codec::decode;
use super::entry::{mark, pack};
use super::frame::{self, Check, Frame, Kind};
use super::job::Ran;
use super::resources::{Item, Resources};

/// Set to 1 in worker processes: parallelism is the pool's.
const THREAD_VARIABLES: [&str; 7] = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// How long a new process has for its first word.
const GREETING: Duration = Duration::from_secs(10);
/// How long a process has for its end before it is killed.
const FAREWELL: Duration = Duration::from_secs(3);
/// How often to look up while waiting for a process.
const TICK: Duration = Duration::from_millis(10);

/// How worker processes are started.
#[derive(Debug)]
pub(super) struct Launch {
    program: PathBuf,
}

impl Launch {
    pub(super) fn new(binary: Option<PathBuf>) -> Result<Self, String> {
        let program = match binary {
            Some(binary) => binary,
            // Still right when the file has been replaced since.
            None if cfg!(target_os = "linux") => PathBuf::from("/proc/self/exe"),
            None => std::env::current_exe().map_err(|error| error.to_string())?,
        };
        Ok(Self { program })
    }

    /// Starts a process and waits for its greeting.
    ///
    /// On Linux the process dies with the calling thread, so that is to be the worker's.
    pub(super) fn start(&self) -> Result<Remote, String> {
        let program = self.program.display();
        let (socket, theirs) = UnixStream::pair().map_err(|error| format!("no socket: {error}"))?;
        socket
            .set_read_timeout(Some(TICK))
            .and_then(|()| socket.set_write_timeout(Some(TICK)))
            .map_err(|error| format!("no timeout on a socket: {error}"))?;
        let mut command = Command::new(&self.program);
        command
            .arg0(mark())
            .envs(THREAD_VARIABLES.map(|name| (name, "1")))
            .env("TANGENCY_WORKERS", "1")
            .env("TANGENCY_EXECUTOR", "threads")
            .stdin(OwnedFd::from(theirs))
            // What a job prints must not end up in the program's own output.
            .stdout(Stdio::from(io::stderr()))
            .process_group(0);
        let child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        // The other end of the socket goes with it: only the process holds it now.
        drop(command);
        let mut remote = Remote { child, socket, known: Vec::new(), sessions: Vec::new(), next: 0 };
        let until = Instant::now() + GREETING;
        let greeting = frame::receive(&remote.socket, &mut || {
            if Instant::now() < until { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
        });
        match greeting {
            Ok(Frame { kind: Kind::Ready, body, .. }) => {
                remote.known = decode(&body)?;
                Ok(remote)
            }
            Ok(_) => Err(format!("{program}: its first word was another")),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(format!(
                "{program}: no word from it in {GREETING:?}: does it call `worker_entry` first?"
            )),
            Err(error) => Err(format!("{program}: {}", remote.autopsy(&error))),
        }
    }
}

/// Why a job is not open.
pub(super) enum NotOpen {
    /// The process is lost.
    Lost(io::Error),
    /// It knows other jobs.
    Unknown,
    /// The job refuses these resources.
    Refused(String),
}

/// A process and what is open in it. Dropped, it is asked to end, and made to.
pub(super) struct Remote {
    child: Child,
    socket: UnixStream,
    pub(super) known: Vec<String>,
    sessions: Vec<Opened>,
    next: u32,
}

struct Opened {
    job: &'static str,
    resources: u64,
    /// Ends when nobody can come back with these resources.
    life: Weak<u64>,
    session: u32,
}

impl Remote {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The session of that job with these resources, if it is open.
    pub(super) fn session(&self, job: &'static str, resources: &Resources) -> Option<u32> {
        let identity = **resources.identity();
        let known = |known: &&Opened| known.job == job && known.resources == identity;
        self.sessions.iter().find(known).map(|opened| opened.session)
    }

    /// Opens that job with these resources.
    pub(super) fn open(
        &mut self,
        job: &'static str,
        resources: &Resources,
        check: Check<'_>,
    ) -> Result<u32, NotOpen> {
        self.close_forgotten(check).map_err(NotOpen::Lost)?;
        let body = pack(job, resources).map_err(NotOpen::Lost)?;
        let files: Vec<_> = resources
            .items()
            .iter()
            .filter_map(|(_, item)| match item {
                Item::Descriptor(file, _) => Some(file.as_fd()),
                Item::Bytes(_) => None,
            })
            .collect();
        self.next += 1;
        let session = self.next;
        frame::send(&self.socket, Kind::Open, session, &body, &files, check)
            .map_err(NotOpen::Lost)?;
        let answer = frame::receive(&self.socket, check).map_err(NotOpen::Lost)?;
        match answer.kind {
            Kind::Opened => {
                let (identity, life) = (**resources.identity(), resources.watch());
                self.sessions.push(Opened { job, resources: identity, life, session });
                Ok(session)
            }
            Kind::Refused => Err(NotOpen::Refused(text(answer.body))),
            Kind::Unknown => Err(NotOpen::Unknown),
            kind => Err(NotOpen::Lost(out_of_step(kind))),
        }
    }

    fn close_forgotten(&mut self, check: Check<'_>) -> io::Result<()> {
        for opened in self.sessions.extract_if(.., |known| known.life.strong_count() == 0) {
            frame::send(&self.socket, Kind::Close, opened.session, &[], &[], check)?;
        }
        Ok(())
    }

    /// Runs one item. After an error the process is of no use any more.
    pub(super) fn run(&mut self, session: u32, input: &[u8], check: Check<'_>) -> io::Result<Ran> {
        frame::send(&self.socket, Kind::Run, session, input, &[], check)?;
        let answer = frame::receive(&self.socket, check)?;
        match answer.kind {
            Kind::Done => Ok(Ran::Done(answer.body)),
            Kind::Failed => Ok(Ran::Failed(text(answer.body))),
            Kind::Panicked => Ok(Ran::Panicked(text(answer.body))),
            kind => Err(out_of_step(kind)),
        }
    }

    /// Ends the process for good, and says what became of it.
    pub(super) fn autopsy(mut self, error: &io::Error) -> String {
        // The end of the connection comes a moment before the end of the process.
        let is_gone = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset
        );
        let status = if is_gone { self.wait(FAREWELL) } else { None };
        match status {
            Some(status) => describe(status),
            None => {
                self.kill();
                error.to_string()
            }
        }
    }

    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        let mut pause = Duration::from_micros(50);
        loop {
            if let Some(status) = self.child.try_wait().ok().flatten() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(TICK);
        }
    }

    fn kill(&mut self) {
        // Waited for, so that no zombie stays. A process that has ended already is fine too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        if self.wait(FAREWELL).is_none() {
            self.kill();
        }
    }
}

fn text(body: Vec<u8>) -> String {
    String::from_utf8_lossy(&body).into_owned()
}

fn out_of_step(kind: Kind) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("an answer of the wrong kind: {kind:?}"))
}

fn describe(status: ExitStatus) -> String {
    let named = |signal: i32| -> Box<dyn Display> {
        match signal {
            4 => Box::new("4 (SIGILL)"),
            6 => Box::new("6 (SIGABRT)"),
            8 => Box::new("8 (SIGFPE)"),
            9 => Box::new("9 (SIGKILL)"),
            11 => Box::new("11 (SIGSEGV)"),
            15 => Box::new("15 (SIGTERM)"),
            other => Box::new(other),
        }
    };
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {} ended it", named(signal)),
        (None, Some(code)) => format!("it ended itself with exit code {code}"),
        (None, None) => "it ended".to_owned(),
    }
}
