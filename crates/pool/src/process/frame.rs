//! Messages between a pool and its worker processes.
//!
//! A frame is the length of what follows and its CRC-32 (both little-endian, four bytes), then a byte
//! for the kind, four for the session, and the body. Descriptors travel with the first byte of the
//! frame of their session.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::resources::MOST_DESCRIPTORS;

/// No message is longer; a length beyond this is a stream out of step.
const MOST_BYTES: usize = 1 << 31;
const HEADER: usize = 8;
const PREFIX: usize = 5;

/// Apple's systems know neither flag: there the standard library has told the socket not to signal,
/// and received descriptors are closed on exec by a call of their own.
#[cfg(not(target_vendor = "apple"))]
const FLAGS: (SendFlags, RecvFlags) = (SendFlags::NOSIGNAL, RecvFlags::CMSG_CLOEXEC);
#[cfg(target_vendor = "apple")]
const FLAGS: (SendFlags, RecvFlags) = (SendFlags::empty(), RecvFlags::empty());

/// What a message says. The numbers are those on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Worker: this is what I can run.
    Ready = 1,
    /// Pool: open this job with these resources.
    Open = 2,
    /// Worker: it is open.
    Opened = 3,
    /// Worker: it cannot be opened.
    Refused = 4,
    /// Pool: run this item.
    Run = 5,
    /// Worker: its output.
    Done = 6,
    /// Worker: its error.
    Failed = 7,
    /// Worker: it panicked.
    Panicked = 8,
    /// Pool: the session is over.
    Close = 9,
    /// Worker: there is no job of that name.
    Unknown = 10,
}

const KINDS: [Kind; 10] = [
    Kind::Ready,
    Kind::Open,
    Kind::Opened,
    Kind::Refused,
    Kind::Run,
    Kind::Done,
    Kind::Failed,
    Kind::Panicked,
    Kind::Close,
    Kind::Unknown,
];

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) session: u32,
    pub(super) body: Vec<u8>,
    pub(super) files: Vec<OwnedFd>,
}

/// Asked whenever the other side keeps this one waiting; an error ends the wait.
pub(super) type Check<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// What cannot be sent at all: nothing of it has been when this is the error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misfit(String);

/// Says why the message does not fit, if that is the error.
pub(super) fn misfit(error: &io::Error) -> Option<String> {
    let misfit: &Misfit = error.get_ref()?.downcast_ref()?;
    Some(misfit.to_string())
}

/// Sends one frame, along with `files`.
pub(super) fn send(
    mut to: &UnixStream,
    kind: Kind,
    session: u32,
    body: &[u8],
    files: &[BorrowedFd<'_>],
    check: Check<'_>,
) -> io::Result<()> {
    let length = PREFIX + body.len();
    if length > MOST_BYTES {
        let text = format!("a message of {length} bytes is too long, {MOST_BYTES} fit");
        return Err(io::Error::other(Misfit(text)));
    }
    if files.len() > MOST_DESCRIPTORS {
        let text = format!("{} descriptors, at most {MOST_DESCRIPTORS} fit", files.len());
        return Err(io::Error::other(Misfit(text)));
    }
    let mut bytes = Vec::with_capacity(HEADER + length);
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.push(kind as u8);
    bytes.extend_from_slice(&session.to_le_bytes());
    bytes.extend_from_slice(body);
    let sum = crc32fast::hash(&bytes[HEADER..]);
    bytes[4..HEADER].copy_from_slice(&sum.to_le_bytes());

    let mut sent = 0;
    if !files.is_empty() {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(files)) {
            let text = "the descriptors do not fit into a message".to_owned();
            return Err(io::Error::other(Misfit(text)));
        }
        // The socket is all but empty here: one byte always fits.
        sent = patient(check, || {
            let first = [IoSlice::new(&bytes[..1])];
            Ok(sendmsg(to.as_fd(), &first, &mut control, FLAGS.0)?)
        })?;
    }
    while sent < bytes.len() {
        match patient(check, || to.write(&bytes[sent..]))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            more => sent += more,
        }
    }
    Ok(())
}

/// Receives one frame; `UnexpectedEof` when the other side is gone.
pub(super) fn receive(mut from: &UnixStream, check: Check<'_>) -> io::Result<Frame> {
    let mut files = Vec::new();
    let mut header = [0; HEADER];
    let mut got = 0;
    while got < HEADER {
        let more = patient(check, || {
            let mut space =
                [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut into = [IoSliceMut::new(&mut header[got..])];
            let received = recvmsg(from.as_fd(), &mut into, &mut control, FLAGS.1)?;
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(rights) = message {
                    files.extend(rights);
                }
            }
            Ok(received.bytes)
        })?;
        if more == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        got += more;
    }
    #[cfg(target_vendor = "apple")]
    for file in &files {
        rustix::io::fcntl_setfd(file, rustix::io::FdFlags::CLOEXEC)?;
    }
    let word = |at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let (length, sum) = (word(0) as usize, word(4));
    if !(PREFIX..=MOST_BYTES).contains(&length) {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    // Grown as it comes, so that a wrong length takes no memory.
    let mut bytes = vec![0; length.min(1 << 20)];
    let mut got = 0;
    while got < length {
        if got == bytes.len() {
            bytes.resize((bytes.len() * 2).min(length), 0);
        }
        match patient(check, || from.read(&mut bytes[got..]))? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            more => got += more,
        }
    }
    if crc32fast::hash(&bytes) != sum {
        return Err(io::Error::new(ErrorKind::InvalidData, "a message with a wrong checksum"));
    }
    let kind = KINDS.into_iter().find(|&kind| kind as u8 == bytes[0]);
    let kind = kind.ok_or_else(|| {
        io::Error::new(ErrorKind::InvalidData, format!("a message of kind {}", bytes[0]))
    })?;
    let session = u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
    bytes.drain(..PREFIX);
    Ok(Frame { kind, session, body: bytes, files })
}

/// Repeats what a signal or the socket's timeout interrupted, asking `check` each time.
fn patient(check: Check<'_>, mut attempt: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match attempt() {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                check()?;
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    fn wait() -> impl FnMut() -> io::Result<()> {
        || Ok(())
    }

    #[test]
    fn frames_come_through_with_their_files() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut file = std::fs::File::open("/proc/self/status").unwrap();
        file.seek(io::SeekFrom::Start(3)).unwrap();
        let body: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
        let received = std::thread::scope(|scope| {
            scope.spawn(|| {
                send(&here, Kind::Open, 7, &body, &[file.as_fd()], &mut wait()).unwrap();
                send(&here, Kind::Close, 8, &[], &[], &mut wait()).unwrap();
            });
            let first = receive(&there, &mut wait()).unwrap();
            let second = receive(&there, &mut wait()).unwrap();
            assert_eq!((second.kind, second.session, second.body.len()), (Kind::Close, 8, 0));
            assert!(second.files.is_empty());
            first
        });
        assert_eq!((received.kind, received.session), (Kind::Open, 7));
        assert!(received.body == body);
        // The same open file: the position is shared.
        let mut passed = std::fs::File::from(received.files.into_iter().next().unwrap());
        assert_eq!(passed.stream_position().unwrap(), 3);
    }

    #[test]
    fn damage_and_the_end_are_errors() {
        let told = |bytes: &[u8]| {
            let (here, there) = UnixStream::pair().unwrap();
            (&here).write_all(bytes).unwrap();
            drop(here);
            receive(&there, &mut wait()).unwrap_err()
        };
        assert_eq!(told(&[]).kind(), ErrorKind::UnexpectedEof);
        assert_eq!(told(&[5, 0, 0, 0, 1, 2, 3, 4, 5]).kind(), ErrorKind::UnexpectedEof);
        let wrong = told(&[5, 0, 0, 0, 1, 2, 3, 4, 1, 0, 0, 0, 0]);
        assert_eq!(wrong.to_string(), "a message with a wrong checksum");
        assert_eq!(told(&[255; 8]).to_string(), "a message of 4294967295 bytes");
    }

    #[test]
    fn what_does_not_fit_is_told_and_not_sent() {
        let (here, there) = UnixStream::pair().unwrap();
        let long = vec![0; MOST_BYTES];
        let error = send(&here, Kind::Run, 1, &long, &[], &mut wait()).unwrap_err();
        let told = "a message of 2147483653 bytes is too long, 2147483648 fit";
        assert_eq!(misfit(&error).as_deref(), Some(told));
        let many = vec![here.as_fd(); MOST_DESCRIPTORS + 1];
        let error = send(&here, Kind::Open, 1, &[], &many, &mut wait()).unwrap_err();
        assert_eq!(misfit(&error).as_deref(), Some("65 descriptors, at most 64 fit"));
        assert_eq!(misfit(&io::Error::other("another")), None);
        send(&here, Kind::Close, 2, &[], &[], &mut wait()).unwrap();
        assert_eq!(receive(&there, &mut wait()).unwrap().kind, Kind::Close);
    }

    #[test]
    fn a_check_ends_the_wait() {
        let (here, _there) = UnixStream::pair().unwrap();
        here.set_read_timeout(Some(std::time::Duration::from_millis(1))).unwrap();
        let mut asked = 0;
        let error = receive(&here, &mut || {
            asked += 1;
            if asked < 3 { Ok(()) } else { Err(io::Error::other("enough")) }
        });
        assert_eq!(error.unwrap_err().to_string(), "enough");
    }
}
