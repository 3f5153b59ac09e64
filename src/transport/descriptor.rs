//! One open file under the event loop, whatever it is: socket, pipe, terminal, regular file.
//!
//! The standard streams are shared with other processes, so their flags are never changed: pipes and terminals are opened
//! anew, which gives a file description of our own that may be non-blocking.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::net::{RecvFlags, SendFlags};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};

use crate::sys;

/// What an open file is, as far as reading and writing differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file: always ready.
    File {
        /// Opened with O_APPEND, into which splice(2) refuses to write.
        append: bool,
    },
    /// A pipe or FIFO.
    Pipe,
    /// A socket.
    Socket,
    /// A terminal.
    Terminal,
    /// Another device, such as /dev/null.
    Device,
}

/// At most this much is written at once to a pipe or terminal that could not be made non-blocking: what poll(2) promises
/// to take without blocking (PIPE_BUF).
const SHARED_WRITE: usize = 4096;

#[derive(Debug)]
enum Readiness {
    /// Never blocks for long: files and devices that epoll refuses.
    Always(OwnedFd),
    /// Non-blocking, or a socket, which is asked call by call.
    Polled(AsyncFd<OwnedFd>),
    /// Blocking and shared with other processes.
    Shared(AsyncFd<OwnedFd>),
}

/// An open file that is read and written without blocking the event loop.
#[derive(Debug)]
pub struct Descriptor {
    readiness: Readiness,
    kind: Kind,
}

impl Descriptor {
    /// Takes a socket that is already non-blocking.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn socket(fd: OwnedFd) -> io::Result<Self> {
        Ok(Descriptor {
            readiness: Readiness::Polled(watched(fd, Interest::READABLE | Interest::WRITABLE)?),
            kind: Kind::Socket,
        })
    }

    /// Takes a pipe that no other process uses at this end, and makes it non-blocking.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn own_pipe(fd: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Descriptor {
            readiness: Readiness::Polled(watched(fd, Interest::READABLE | Interest::WRITABLE)?),
            kind: Kind::Pipe,
        })
    }

    /// The standard input, in whatever form it is.
    ///
    /// # Errors
    /// When it cannot be duplicated.
    pub fn stdin() -> io::Result<Self> {
        Self::shared(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?, "/proc/self/fd/0", Interest::READABLE)
    }

    /// The standard output, in whatever form it is.
    ///
    /// # Errors
    /// When it cannot be duplicated.
    pub fn stdout() -> io::Result<Self> {
        Self::shared(
            rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?,
            "/proc/self/fd/1",
            Interest::WRITABLE,
        )
    }

    /// A file that was opened here, by its name, for reading or for writing; it may also be a FIFO or a device.
    ///
    /// # Errors
    /// When it cannot be examined.
    pub fn file(file: std::fs::File) -> io::Result<Self> {
        let fd = OwnedFd::from(file);
        match kind(&fd)? {
            Kind::Pipe => Self::own_pipe(fd),
            kind => Ok(Descriptor { readiness: Readiness::Always(fd), kind }),
        }
    }

    fn shared(fd: OwnedFd, reopen: &str, interest: Interest) -> io::Result<Self> {
        let kind = kind(&fd)?;
        let access = if interest.is_writable() { OFlags::WRONLY } else { OFlags::RDONLY };
        let readiness = match kind {
            Kind::File { .. } => Readiness::Always(fd),
            Kind::Socket => Readiness::Polled(watched(fd, interest)?),
            Kind::Pipe | Kind::Terminal => {
                let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                match rustix::fs::open(reopen, flags, Mode::empty()) {
                    Ok(own) => Readiness::Polled(watched(own, interest)?),
                    // No /proc, or a terminal of another user: the shared description with small writes.
                    Err(_) => Readiness::Shared(watched(fd, interest)?),
                }
            }
            Kind::Device => match sys::watch(fd, interest) {
                Ok(polled) => Readiness::Shared(polled),
                Err((fd, _)) => Readiness::Always(fd),
            },
        };
        Ok(Descriptor { readiness, kind })
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Gives the bare descriptor back, deregistered; its non-blocking flag is as it was.
    pub fn into_fd(self) -> OwnedFd {
        match self.readiness {
            Readiness::Always(fd) => fd,
            Readiness::Polled(polled) | Readiness::Shared(polled) => polled.into_inner(),
        }
    }

    /// Reads what there is. 0 is the end of data.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let kind = self.kind;
        self.poll_io(cx, Interest::READABLE, |fd| match kind {
            Kind::Socket => Ok(rustix::net::recv(fd, &mut *buffer, RecvFlags::DONTWAIT)?.0),
            _ => Ok(rustix::io::read(fd, &mut *buffer)?),
        })
    }

    /// Writes a part of `bytes` and says how long it was.
    pub fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let kind = self.kind;
        let bytes = match self.readiness {
            Readiness::Shared(_) => bytes.get(..SHARED_WRITE).unwrap_or(bytes),
            _ => bytes,
        };
        self.poll_io(cx, Interest::WRITABLE, |fd| match kind {
            Kind::Socket => Ok(rustix::net::send(fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?),
            _ => Ok(rustix::io::write(fd, bytes)?),
        })
    }

    /// Runs a system call when the descriptor is ready for `interest`, again and again until it does not answer EAGAIN.
    /// EINTR is retried.
    pub fn poll_io<T>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut call: impl FnMut(BorrowedFd<'_>) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let polled = match &self.readiness {
            Readiness::Always(fd) => return Poll::Ready(uninterrupted(|| call(fd.as_fd()))),
            Readiness::Polled(polled) | Readiness::Shared(polled) => polled,
        };
        loop {
            let mut guard =
                ready!(if interest.is_readable() { polled.poll_read_ready(cx) } else { polled.poll_write_ready(cx) })?;
            if let Ok(result) = guard.try_io(|inner| uninterrupted(|| call(inner.as_fd()))) {
                return Poll::Ready(result);
            }
        }
    }

    /// Resolves when the system has an error to tell, such as what came back by ICMP, which wakes no reader.
    ///
    /// # Errors
    /// When the event loop is gone.
    pub async fn troubled(&self) -> io::Result<()> {
        match &self.readiness {
            Readiness::Always(_) => std::future::pending().await,
            Readiness::Polled(polled) | Readiness::Shared(polled) => {
                polled.ready(Interest::ERROR).await?.clear_ready();
                Ok(())
            }
        }
    }

    /// Waits until both can move bytes between them, then runs a call such as splice(2), until it does not answer EAGAIN.
    pub fn poll_pair<T>(
        from: &Descriptor,
        to: &Descriptor,
        cx: &mut Context<'_>,
        mut call: impl FnMut(BorrowedFd<'_>, BorrowedFd<'_>) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            let reading = ready!(from.poll_guard(cx, Interest::READABLE))?;
            let writing = ready!(to.poll_guard(cx, Interest::WRITABLE))?;
            match uninterrupted(|| call(from.as_fd(), to.as_fd())) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
            // EAGAIN does not say which side it was.
            let mut sides = [PollFd::new(from, PollFlags::IN), PollFd::new(to, PollFlags::OUT)];
            rustix::event::poll(&mut sides, Some(&Timespec::default()))?;
            let [from_ready, to_ready] = sides.map(|side| !side.revents().is_empty());
            if let (false, Some(mut guard)) = (from_ready, reading) {
                guard.clear_ready();
            }
            if let (false, Some(mut guard)) = (to_ready, writing) {
                guard.clear_ready();
            }
            if from_ready && to_ready {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_guard(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
    ) -> Poll<io::Result<Option<AsyncFdReadyGuard<'_, OwnedFd>>>> {
        match &self.readiness {
            Readiness::Always(_) => Poll::Ready(Ok(None)),
            Readiness::Polled(polled) | Readiness::Shared(polled) => {
                let guard =
                    if interest.is_readable() { polled.poll_read_ready(cx) } else { polled.poll_write_ready(cx) };
                guard.map_ok(Some)
            }
        }
    }

    /// Whether this is a connection over TCP.
    pub fn is_tcp(&self) -> bool {
        let inet = |socket: SockRef<'_>| socket.local_addr().is_ok_and(|local| local.as_socket().is_some());
        self.kind == Kind::Socket && inet(SockRef::from(self))
    }

    /// Whether a read would wait now.
    pub fn is_silent(&self) -> bool {
        let mut watched = [PollFd::new(self, PollFlags::IN)];
        rustix::event::poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready == 0)
    }

    /// A watch on the reader at the other end of this output; `None` for what has no reader, such as a regular file.
    pub fn hang_up(&self) -> Option<HangUp> {
        match (&self.readiness, self.kind) {
            (Readiness::Polled(polled) | Readiness::Shared(polled), Kind::Pipe | Kind::Terminal) => {
                // A registration of its own, so that the writer's readiness is left alone.
                let copy = polled.get_ref().try_clone().ok()?;
                #[cfg(target_os = "linux")]
                let interest = NOTHING;
                #[cfg(not(target_os = "linux"))]
                let interest = Interest::WRITABLE;
                watched(copy, interest).ok().map(HangUp)
            }
            _ => None,
        }
    }
}

/// Asking for nothing that happens, so that neither data nor room for it wakes us; epoll(7) reports errors and hang-ups all the same.
#[cfg(target_os = "linux")]
const NOTHING: Interest = Interest::PRIORITY;
#[cfg(not(target_os = "linux"))]
const NOTHING: Interest = Interest::ERROR;

/// Tells when a connection was reset or failed. An orderly end is not that, even of both directions: what came before it may
/// still be unread, and who reads finds its end.
#[derive(Debug)]
pub struct Disconnect(AsyncFd<OwnedFd>);

impl Disconnect {
    /// Watches a socket, which may be in use by another process.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn watch(socket: OwnedFd) -> io::Result<Self> {
        Ok(Disconnect(watched(socket, NOTHING)?))
    }

    /// Resolves when the connection was reset or failed.
    pub async fn happened(&self) {
        while let Ok(mut guard) = self.0.ready(Interest::ERROR).await {
            if guard.ready().is_error() {
                return;
            }
            guard.clear_ready();
        }
        std::future::pending().await
    }
}

/// Tells when the peer has ended its direction, or the connection failed, to whom it would be no use to read: what is unread
/// stays so.
#[derive(Debug)]
pub struct PeerEnd(AsyncFd<OwnedFd>);

impl PeerEnd {
    /// Watches a socket, which may be in use elsewhere.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn watch(socket: OwnedFd) -> io::Result<Self> {
        Ok(PeerEnd(watched(socket, Interest::READABLE)?))
    }

    /// Resolves at the peer's end of data, whether or not what came before it was read.
    pub async fn happened(&self) {
        while let Ok(mut guard) = self.0.readable().await {
            if guard.ready().is_read_closed() || guard.ready().is_error() {
                return;
            }
            guard.clear_ready();
        }
        std::future::pending().await
    }
}

/// Tells when nobody can read an output any more.
#[derive(Debug)]
pub struct HangUp(AsyncFd<OwnedFd>);

impl HangUp {
    /// Ready when the reader is gone.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Poll::Ready(Ok(mut guard)) = self.0.poll_write_ready(cx) else { return Poll::Pending };
            if guard.ready().is_write_closed() {
                return Poll::Ready(());
            }
            guard.clear_ready();
        }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.readiness {
            Readiness::Always(fd) => fd.as_fd(),
            Readiness::Polled(polled) | Readiness::Shared(polled) => polled.get_ref().as_fd(),
        }
    }
}

fn watched(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    sys::watch(fd, interest).map_err(|(_, error)| error)
}

fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn kind(fd: &OwnedFd) -> io::Result<Kind> {
    let file_type = FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode);
    Ok(match file_type {
        FileType::RegularFile | FileType::Directory => {
            let append = rustix::fs::fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::APPEND));
            Kind::File { append }
        }
        FileType::Fifo => Kind::Pipe,
        FileType::Socket => Kind::Socket,
        _ if rustix::termios::isatty(fd) => Kind::Terminal,
        _ => Kind::Device,
    })
}
