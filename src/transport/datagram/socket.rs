//! A datagram socket under the event loop: receiving with all that is known of a datagram, sending from a chosen address.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvFlags, SocketAddrUnix};
use socket2::SockRef;
use tokio::io::Interest;

use super::super::descriptor::Descriptor;
use super::super::socket::peer_of;
use super::super::unix::{BoundPath, sock_addr};
use super::inbox::{self, Inbox};
use super::target::Target;
use super::{Burst, DatagramOptions, MAX_PAYLOAD, MAX_UNIX_PAYLOAD, control};
use crate::address::Peer;
use crate::sys;

/// What a receive buffer should hold: a burst of seconds while the reader waits for the CPU. The system may give less.
const RECEIVE_BUFFER: usize = 4 << 20;

/// How long to wait before sending again what the system had no room for, where it does not say when there is.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    V4,
    /// May carry v4 as well.
    V6,
    Unix,
}

/// A datagram socket, connected to one peer or not.
#[derive(Debug)]
pub struct DatagramSocket {
    descriptor: Descriptor,
    carrier: Carrier,
    local: Peer,
    capacity: usize,
    /// Runs of datagrams of this size and above were refused.
    run_limit: Cell<usize>,
    /// Kept for its end: dropping it removes the path.
    _path: Option<BoundPath>,
}

impl DatagramSocket {
    /// Takes a bound or connected socket.
    ///
    /// # Errors
    /// When the event loop refuses it or its address cannot be read.
    pub(super) fn new(
        socket: socket2::Socket,
        options: &DatagramOptions,
        path: Option<BoundPath>,
    ) -> io::Result<DatagramSocket> {
        let address = socket.local_addr()?;
        let carrier = match address.as_socket() {
            Some(SocketAddr::V4(_)) => Carrier::V4,
            Some(SocketAddr::V6(_)) => Carrier::V6,
            None => Carrier::Unix,
        };
        let largest = if carrier == Carrier::Unix { MAX_UNIX_PAYLOAD } else { u16::MAX.into() };
        let capacity = options.max_bytes.unwrap_or(largest).clamp(1, largest);
        if options.socket.receive_buffer.is_none() {
            widen(&socket);
        }
        if carrier != Carrier::Unix {
            control::enable(&socket, carrier == Carrier::V6);
            control::count_losses(&socket);
            if capacity == largest {
                control::enable_runs(&socket);
            }
        }
        socket.set_nonblocking(true)?;
        Ok(DatagramSocket {
            descriptor: Descriptor::socket(OwnedFd::from(socket))?,
            carrier,
            local: peer_of(&address),
            capacity,
            run_limit: Cell::new(MAX_PAYLOAD),
            _path: path,
        })
    }

    /// Lets every ICMP error be told (IP_RECVERR of ip(7)): of a connected socket not only that a port is closed, of another
    /// one any at all.
    pub fn tell_errors(&self) {
        if self.carrier != Carrier::Unix {
            control::enable_errors(&self.descriptor, self.carrier == Carrier::V6);
        }
    }

    /// The bound address.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The bound port, for addresses that have one.
    pub fn port(&self) -> Option<u16> {
        self.local.socket_addr().map(|address| address.port())
    }

    /// `udp` or `unix-datagram`.
    pub fn transport(&self) -> &'static str {
        if self.carrier == Carrier::Unix { "unix-datagram" } else { "udp" }
    }

    /// The longest message that can be sent, in bytes. For Unix sockets the send buffer decides, and this is an upper bound.
    pub fn max_payload(&self) -> usize {
        if self.carrier == Carrier::Unix { MAX_UNIX_PAYLOAD } else { MAX_PAYLOAD }
    }

    /// A place to receive into.
    pub fn inbox(&self) -> Inbox {
        Inbox::new(self.capacity)
    }

    /// Receives the next of what one system call gave: a datagram, or a run of equal size from one sender. The inbox is this
    /// socket's until all is taken.
    ///
    /// # Errors
    /// What recvmsg(2) says; on a connected socket also what came back for an earlier datagram, such as
    /// ConnectionRefused.
    pub fn poll_receive(&self, cx: &mut Context<'_>, inbox: &mut Inbox) -> Poll<io::Result<()>> {
        if inbox.advance() {
            return Poll::Ready(Ok(()));
        }
        self.descriptor.poll_io(cx, Interest::READABLE, |fd| match self.carrier {
            Carrier::Unix => receive_unix(fd, inbox),
            Carrier::V4 | Carrier::V6 => inbox.fill(fd),
        })
    }

    /// As [`DatagramSocket::poll_receive`].
    ///
    /// # Errors
    /// As [`DatagramSocket::poll_receive`].
    pub async fn receive(&self, inbox: &mut Inbox) -> io::Result<()> {
        tokio::select! {
            biased;
            received = std::future::poll_fn(|cx| self.poll_receive(cx, inbox)) => received,
            error = self.failed() => Err(error),
        }
    }

    /// Resolves when something comes back for what was sent on a connected socket, such as ConnectionRefused.
    pub async fn failed(&self) -> io::Error {
        loop {
            match self.take_error() {
                Ok(Some(error)) | Err(error) => return error,
                Ok(None) => {}
            }
            if let Err(error) = self.descriptor.troubled().await {
                return error;
            }
        }
    }

    /// Sends one datagram whole.
    ///
    /// # Errors
    /// What sendmsg(2) says; on a connected socket also what came back for an earlier datagram.
    pub async fn send(&self, target: &Target, message: &[u8]) -> io::Result<()> {
        self.send_as(target, message, None).await
    }

    /// Sends a run of datagrams, in one call where the system takes that.
    ///
    /// # Errors
    /// As [`DatagramSocket::send`].
    pub async fn send_burst(&self, target: &Target, burst: &Burst) -> io::Result<()> {
        self.send_run(target, burst.bytes(), burst.size()).await
    }

    /// Sends `bytes` as datagrams of `size` bytes, the last one may be shorter; no bytes are one empty datagram.
    ///
    /// # Errors
    /// As [`DatagramSocket::send`].
    pub async fn send_run(&self, target: &Target, bytes: &[u8], size: usize) -> io::Result<()> {
        if bytes.len() <= size {
            return self.send(target, bytes).await;
        }
        if self.carrier != Carrier::Unix
            && size < self.run_limit.get()
            && let Ok(segment) = u16::try_from(size)
        {
            match self.send_as(target, bytes, Some(segment)).await {
                // Larger than a packet of that way, or no such thing on this system: one by one.
                Err(error) if is_no_run(&error) => self.run_limit.set(size),
                result => return result,
            }
        }
        for message in bytes.chunks(size.max(1)) {
            self.send(target, message).await?;
        }
        Ok(())
    }

    async fn send_as(&self, target: &Target, bytes: &[u8], segment: Option<u16>) -> io::Result<()> {
        let (to, source) = match target {
            Target::Connected => (None, None),
            Target::Inet { to, source } => (Some(self.reachable(*to)), *source),
            Target::Unix(name) => return self.send_unix(&sock_addr(name)?, bytes).await,
        };
        let v6 = self.carrier == Carrier::V6;
        loop {
            let sent = std::future::poll_fn(|cx| {
                self.descriptor.poll_io(cx, Interest::WRITABLE, |fd| control::send(fd, bytes, to, source, segment, v6))
            });
            match sent.await {
                // The queue of the interface, of which nothing tells when it has room again.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => tokio::time::sleep(NO_ROOM_PAUSE).await,
                result => return result,
            }
        }
    }

    /// A socket that is not connected is writable whether its target has room or not.
    async fn send_unix(&self, to: &socket2::SockAddr, bytes: &[u8]) -> io::Result<()> {
        loop {
            match SockRef::from(&self.descriptor).send_to_with_flags(bytes, to, libc::MSG_NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(NO_ROOM_PAUSE).await,
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => tokio::time::sleep(NO_ROOM_PAUSE).await,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A v6 socket reaches v4 by mapped addresses (RFC 4291 section 2.5.5.2).
    fn reachable(&self, to: SocketAddr) -> SocketAddr {
        match (self.carrier, to) {
            (Carrier::V6, SocketAddr::V4(to)) => SocketAddr::from((to.ip().to_ipv6_mapped(), to.port())),
            _ => to,
        }
    }

    /// What came back for what was sent, such as ConnectionRefused, if that was not reported yet.
    ///
    /// # Errors
    /// When the socket cannot be asked.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        SockRef::from(&self.descriptor).take_error()
    }
}

impl DatagramSocket {
    /// Who gets what is sent to this target.
    pub fn peer(&self, target: &Target) -> Peer {
        match target {
            Target::Connected => {
                SockRef::from(&self.descriptor).peer_addr().map_or(Peer::Unix(None), |address| peer_of(&address))
            }
            Target::Inet { to, .. } => Peer::inet(*to),
            Target::Unix(name) => Peer::Unix(Some(name.clone())),
        }
    }
}

impl AsFd for DatagramSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn is_no_run(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EINVAL | libc::EMSGSIZE | libc::EIO | libc::ENOPROTOOPT | libc::EOPNOTSUPP)
    )
}

fn receive_unix(fd: BorrowedFd<'_>, inbox: &mut Inbox) -> io::Result<()> {
    let mut space = [io::IoSliceMut::new(inbox.space())];
    let mut control = RecvAncillaryBuffer::new(&mut []);
    let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC | RecvFlags::CMSG_CLOEXEC;
    let received = rustix::net::recvmsg(fd, &mut space, &mut control, flags)?;
    let from = received.address.and_then(|address| SocketAddrUnix::try_from(address).ok());
    let from = match &from {
        Some(address) => inbox::unix_peer(address.path_bytes(), address.abstract_name()),
        None => Peer::Unix(None),
    };
    inbox.one(from, received.bytes);
    Ok(())
}

/// Makes the receive buffer as large as this process may.
fn widen(socket: &socket2::Socket) {
    #[cfg(target_os = "linux")]
    {
        let size = i32::try_from(RECEIVE_BUFFER).unwrap_or(i32::MAX).to_ne_bytes();
        // Beyond net.core.rmem_max, where the process is allowed to.
        if sys::set_socket_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &size).is_ok() {
            return;
        }
    }
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
}
