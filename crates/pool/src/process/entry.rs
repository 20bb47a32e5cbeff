//! The worker process's side.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};

use super::codec::{decode, encode};
use super::frame::{self, Frame, Kind};
use super::job::{Ran, Registry, Session};
use super::resources::{Item, Resources};

/// How the first argument of a worker process begins; the id of the pool's process follows. Unlike a
/// variable of the environment, it is not handed down to the children of a job.
const MARK: &str = "tangency-pool-worker:";

/// How long a worker that is to end has for dropping what its jobs keep.
const FAREWELL: Duration = Duration::from_secs(2);

static IS_ENTERED: AtomicBool = AtomicBool::new(false);

/// Turns a worker process into one: to be called first in `main`.
///
/// In a process that a pool has started as its worker this never returns: it runs jobs until the
/// pool is done with it, and ends the process. In any other it only notes that the program has
/// this call, and returns at once.
pub fn worker_entry(registry: Registry) {
    IS_ENTERED.store(true, Ordering::Relaxed);
    let first = std::env::args_os().next().unwrap_or_default();
    let Some(pool) = first.to_str().and_then(|first| first.strip_prefix(MARK)) else { return };
    // Nobody is left to hear of an error: the pool sees the end of the process.
    let code = i32::from(serve(&registry, pool).is_err());
    std::process::exit(code);
}

/// Whether the program calls [`worker_entry`].
pub(super) fn is_entered() -> bool {
    IS_ENTERED.load(Ordering::Relaxed)
}

/// The first argument of a worker of this process.
pub(super) fn mark() -> String {
    format!("{MARK}{}", std::process::id())
}

fn serve(registry: &Registry, pool: &str) -> io::Result<()> {
    let socket = take_socket()?;
    // Should the pool's process be killed, so is this one. It may have died before this call.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = getppid().map(Pid::as_raw_nonzero).map(|id| id.get().to_string());
    if parent.as_deref() != Some(pool) {
        return Ok(());
    }
    let is_busy = Arc::new(AtomicBool::new(false));
    watch(&socket, &is_busy)?;

    let names: Vec<&str> = registry.names().collect();
    let names = encode(&names).map_err(io::Error::other)?;
    reply(&socket, Kind::Ready, 0, &names)?;
    let mut sessions: HashMap<u32, Box<dyn Session>> = HashMap::new();
    loop {
        let frame = match frame::receive(&socket, &mut || Ok(())) {
            Ok(frame) => frame,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        is_busy.store(true, Ordering::Relaxed);
        answer(&socket, registry, &mut sessions, frame)?;
        is_busy.store(false, Ordering::Relaxed);
    }
}

/// The socket is standard input. Jobs get an empty one instead.
fn take_socket() -> io::Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let empty = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&empty)?;
    Ok(UnixStream::from(socket))
}

fn answer(
    socket: &UnixStream,
    registry: &Registry,
    sessions: &mut HashMap<u32, Box<dyn Session>>,
    frame: Frame,
) -> io::Result<()> {
    let Frame { kind, session, body, files } = frame;
    match kind {
        Kind::Open => {
            let (job, resources) = unpack(&body, files)?;
            match registry.open(&job, &resources) {
                None => reply(socket, Kind::Unknown, session, &[]),
                Some(Err(error)) => reply(socket, Kind::Refused, session, error.as_bytes()),
                Some(Ok(opened)) => {
                    sessions.insert(session, opened);
                    reply(socket, Kind::Opened, session, &[])
                }
            }
        }
        Kind::Run => {
            let opened = sessions.get_mut(&session);
            let opened = opened.ok_or_else(|| io::Error::other("an item of no session"))?;
            match opened.run(&body) {
                Ran::Done(output) => match reply(socket, Kind::Done, session, &output) {
                    Err(error) if frame::misfit(&error).is_some() => {
                        let text = format!("the output: {error}");
                        reply(socket, Kind::Failed, session, text.as_bytes())
                    }
                    sent => sent,
                },
                Ran::Failed(error) => reply(socket, Kind::Failed, session, error.as_bytes()),
                Ran::Panicked(text) => reply(socket, Kind::Panicked, session, text.as_bytes()),
            }
        }
        Kind::Close => {
            sessions.remove(&session);
            Ok(())
        }
        _ => Err(io::Error::other("a message that only workers send")),
    }
}

fn reply(socket: &UnixStream, kind: Kind, session: u32, body: &[u8]) -> io::Result<()> {
    frame::send(socket, kind, session, body, &[], &mut || Ok(()))
}

/// Ends this process when the other end of the socket is closed while a job runs, or when the
/// farewell after it takes too long. Works on every Unix; on Linux a dead pool needs no word.
fn watch(socket: &UnixStream, is_busy: &Arc<AtomicBool>) -> io::Result<()> {
    let (socket, is_busy) = (socket.try_clone()?, Arc::clone(is_busy));
    thread::Builder::new().name("tangency-watch".to_owned()).spawn(move || {
        loop {
            let mut hung_up = [PollFd::new(&socket, PollFlags::empty())];
            let polled = poll(&mut hung_up, None);
            if polled.is_ok() && hung_up[0].revents().contains(PollFlags::HUP) {
                break;
            }
        }
        if !is_busy.load(Ordering::Relaxed) {
            thread::sleep(FAREWELL);
        }
        // Whatever the job is at, and whatever locks it holds.
        let _ = kill_process(getpid(), Signal::KILL);
    })?;
    Ok(())
}

/// The text of an opening message, its counterpart is below.
pub(super) fn pack(job: &str, resources: &Resources) -> io::Result<Vec<u8>> {
    let items: Vec<(&str, Option<u64>, usize)> = resources
        .items()
        .iter()
        .map(|(name, item)| match item {
            Item::Bytes(bytes) => (name.as_str(), None, bytes.len()),
            Item::Descriptor(_, length) => (name.as_str(), Some(*length), 0),
        })
        .collect();
    let head = encode(&(job, items)).map_err(io::Error::other)?;
    let mut body = (head.len() as u32).to_le_bytes().to_vec();
    body.extend_from_slice(&head);
    for (_, item) in resources.items() {
        if let Item::Bytes(bytes) = item {
            body.extend_from_slice(bytes);
        }
    }
    Ok(body)
}

fn unpack(body: &[u8], files: Vec<OwnedFd>) -> io::Result<(String, Resources)> {
    let short = || io::Error::new(io::ErrorKind::InvalidData, "an opening message cut short");
    let (length, rest) = body.split_first_chunk::<4>().ok_or_else(short)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (head, mut rest) = rest.split_at_checked(length).ok_or_else(short)?;
    let (job, items): (String, Vec<(String, Option<u64>, usize)>) =
        decode(head).map_err(io::Error::other)?;
    let mut files = files.into_iter();
    let mut resources = Resources::new();
    for (name, descriptor, size) in items {
        let item = match descriptor {
            Some(length) => Item::Descriptor(Arc::new(files.next().ok_or_else(short)?), length),
            None => {
                let (bytes, after) = rest.split_at_checked(size).ok_or_else(short)?;
                rest = after;
                Item::Bytes(bytes.into())
            }
        };
        resources = resources.with(&name, item);
    }
    Ok((job, resources))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_message_comes_back() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let resources = Resources::new()
            .with_bytes("one", [1, 2, 3])
            .with_descriptor("file", file.try_clone().unwrap(), 99)
            .with_bytes("none", []);
        let body = pack("fit", &resources).unwrap();
        let (job, back) = unpack(&body, vec![file.into()]).unwrap();
        assert_eq!(job, "fit");
        assert_eq!(back.bytes("one"), Some(&[1, 2, 3][..]));
        assert_eq!(back.bytes("none"), Some(&[][..]));
        assert_eq!(back.descriptor("file").unwrap().1, 99);
        assert!(unpack(&body, vec![]).is_err(), "a descriptor is missing");
        assert!(unpack(&body[..body.len() - 1], vec![]).is_err());
    }
}
