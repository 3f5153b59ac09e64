//! A connected stream socket, TCP or Unix: reading, writing, half-close, reset.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockAddr, SockRef};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

use super::descriptor::Descriptor;
use crate::address::{Peer, UnixName};

/// A connected stream socket under the event loop.
#[derive(Debug)]
pub struct Socket {
    descriptor: Descriptor,
    local: Peer,
    peer: Peer,
}

impl Socket {
    /// Takes a connected, non-blocking socket.
    ///
    /// # Errors
    /// When the event loop refuses it or its addresses cannot be read.
    pub fn new(socket: socket2::Socket, peer: Option<Peer>) -> io::Result<Self> {
        let local = peer_of(&socket.local_addr()?);
        let peer = match peer {
            Some(peer) => peer,
            None => peer_of(&socket.peer_addr()?),
        };
        Self::between(socket, local, peer)
    }

    /// As [`Socket::new`], where both ends are known already.
    ///
    /// # Errors
    /// When the event loop refuses it.
    pub fn between(socket: socket2::Socket, local: Peer, peer: Peer) -> io::Result<Self> {
        Ok(Socket { descriptor: Descriptor::socket(OwnedFd::from(socket))?, local, peer })
    }

    /// This end.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Shows other ends than its own from now on: those that a proxy in front told of.
    #[must_use]
    pub fn presenting(mut self, local: Peer, peer: Peer) -> Self {
        (self.local, self.peer) = (local, peer);
        self
    }

    /// `tcp` or `unix`.
    pub fn transport(&self) -> &'static str {
        match self.local {
            Peer::Inet(_) => "tcp",
            Peer::Unix(_) | Peer::Seqpacket(_) | Peer::Endpoint(_) => "unix",
        }
    }

    /// The descriptor below, for splice(2) and for waiting.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Makes the coming close a reset (SO_LINGER with zero seconds), so that the peer cannot take a cut stream for a
    /// whole one.
    pub fn reset_on_close(&self) {
        let _ = SockRef::from(&self.descriptor).set_linger(Some(Duration::ZERO));
    }

    /// The socket for another program, in blocking mode as programs expect it. This side must not read or write any more.
    ///
    /// # Errors
    /// When it cannot be duplicated or its mode not changed.
    pub fn duplicate_blocking(&self) -> io::Result<OwnedFd> {
        let copy = self.descriptor.as_fd().try_clone_to_owned()?;
        rustix::io::ioctl_fionbio(&copy, false)?;
        Ok(copy)
    }

    /// Whether the peer's system has acknowledged everything that was sent. Systems that cannot tell say yes.
    pub fn all_acknowledged(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            crate::sys::unacknowledged(&self.descriptor.as_fd().as_raw_fd()).map_or(true, |count| count == 0)
        }
        #[cfg(not(target_os = "linux"))]
        true
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = ready!(self.descriptor.poll_read(cx, buffer.initialize_unfilled()))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.descriptor.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.descriptor.poll_io(cx, Interest::WRITABLE, |fd| Ok(rustix::io::writev(fd, parts)?))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match SockRef::from(&self.descriptor).shutdown(Shutdown::Write) {
            // A peer that is gone already needs no end of data.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

/// A socket address as this program shows it.
pub fn peer_of(address: &SockAddr) -> Peer {
    if let Some(inet) = address.as_socket() {
        return Peer::inet(inet);
    }
    if let Some(path) = address.as_pathname() {
        return Peer::Unix(Some(UnixName::Path(path.to_owned())));
    }
    Peer::Unix(abstract_name(address).map(UnixName::Abstract))
}

#[cfg(target_os = "linux")]
fn abstract_name(address: &SockAddr) -> Option<Vec<u8>> {
    address.as_abstract_namespace().map(<[u8]>::to_vec)
}

#[cfg(not(target_os = "linux"))]
fn abstract_name(_: &SockAddr) -> Option<Vec<u8>> {
    None
}
