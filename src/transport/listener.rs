//! Listening sockets: binding, and accepting what comes. Accepting is cheap and cancel-safe; handshakes come after it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::net::SocketFlags;
use socket2::{Domain, Protocol, SockAddr, SockRef, Type};
use tokio::io::Interest;

use super::channel::{Bytes, Channel};
use super::descriptor::Descriptor;
use super::messages::Messages;
use super::resolve::{self, Family, Lookup};
use super::seqpacket::Seqpacket;
use super::socket::{Socket, peer_of};
use super::sockopt::{self, SocketOptions};
use super::unix::{self, BoundPath};
use crate::address::{Host, ListenAddress, Peer, UnixKind};
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::sys;

/// How to listen.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    /// Which families, and whether names are allowed.
    pub lookup: Lookup,
    /// What an unwritten host means.
    pub unwritten: Unwritten,
    /// The queue of connections not accepted yet; the system cuts it at its own limit.
    pub backlog: i32,
    /// What to set on the sockets.
    pub socket: SocketOptions,
    /// The mode of a Unix socket's file; `None` leaves it to the umask.
    pub mode: Option<u32>,
}

/// Where a listener without a host listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// On all interfaces.
    AllInterfaces,
    /// On loopback only.
    Loopback,
}

/// Why a listener could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, forbidden or not of this machine.
    #[error("cannot listen on {address}: {}", reason(.error))]
    Bind {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The host has no address.
    #[error(transparent)]
    Resolve(#[from] resolve::ResolveError),
    /// A socket option was refused.
    #[error(transparent)]
    Option(#[from] sockopt::OptionError),
    /// An inherited descriptor cannot be listened on.
    #[error("cannot accept on descriptor {number}: {reason}")]
    Descriptor {
        /// The descriptor.
        number: i32,
        /// Why.
        reason: String,
    },
    /// LISTEN_FDS is not set, or has no such name.
    #[error("{0}")]
    Systemd(String),
    /// Not in this build.
    #[error("listening on {0} is not supported")]
    Unsupported(String),
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let exit = match &error {
            ListenError::Bind { .. } | ListenError::Descriptor { .. } | ListenError::Systemd(_) => Exit::CannotBind,
            ListenError::Resolve(_) => Exit::NotResolved,
            ListenError::Option(_) | ListenError::Unsupported(_) => Exit::Unsupported,
        };
        Failure::new(exit, error)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carries {
    Bytes,
    Messages,
}

impl Carries {
    /// How an address of such a socket is written.
    fn shown(self, address: Peer) -> Peer {
        match self {
            Carries::Bytes => address,
            Carries::Messages => address.with_messages(),
        }
    }
}

/// A listening socket under the event loop.
#[derive(Debug)]
pub struct Listener {
    descriptor: Descriptor,
    carries: Carries,
    local: Peer,
    /// Kept for its end: dropping it removes the path.
    _path: Option<BoundPath>,
    /// Whether the descriptor is shared with others, who expect it to be blocking.
    shared_blocking: bool,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.shared_blocking {
            let _ = rustix::io::ioctl_fionbio(&self.descriptor, false);
        }
    }
}

/// A connection that was accepted but not looked at yet.
#[derive(Debug)]
pub struct Pending {
    socket: socket2::Socket,
    carries: Carries,
    peer: Peer,
    local: Peer,
}

impl Listener {
    fn new(socket: socket2::Socket, carries: Carries, path: Option<BoundPath>) -> io::Result<Self> {
        let local = carries.shown(peer_of(&socket.local_addr()?));
        socket.set_nonblocking(true)?;
        let descriptor = Descriptor::socket(OwnedFd::from(socket))?;
        Ok(Listener { descriptor, carries, local, _path: path, shared_blocking: false })
    }

    /// The bound address.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// The bound port, for addresses that have one.
    pub fn port(&self) -> Option<u16> {
        self.local.socket_addr().map(|address| address.port())
    }

    /// Whether its connections carry messages with boundaries instead of streams of bytes.
    pub fn has_messages(&self) -> bool {
        self.carries == Carries::Messages
    }

    /// Takes the next connection. Errors that concern one client only are passed over.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Pending>> {
        loop {
            let accepted = self.descriptor.poll_io(cx, Interest::READABLE, |fd| {
                Ok(rustix::net::acceptfrom_with(fd, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?)
            });
            let (socket, from) = match accepted {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok((fd, from))) => (socket2::Socket::from(fd), from),
                Poll::Ready(Err(error)) if concerns_one_client(&error) => continue,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            };
            // Of a client that has reset already, only accept(2) knows the address. It was there, and is served its end.
            let gone = || SocketAddr::try_from(from?).ok().map(Peer::inet);
            let peer = socket.peer_addr().ok().map(|peer| peer_of(&peer)).or_else(gone);
            let (Some(peer), Ok(local)) = (peer, socket.local_addr()) else { continue };
            let (peer, local) = (self.carries.shown(peer), self.carries.shown(peer_of(&local)));
            return Poll::Ready(Ok(Pending { socket, carries: self.carries, peer, local }));
        }
    }
}

/// accept(2), "Error handling": network errors of a connection that is gone again.
fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNABORTED
                | libc::EPROTO
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::ECONNRESET
        )
    )
}

impl Pending {
    /// The client.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The address it reached.
    pub fn local(&self) -> &Peer {
        &self.local
    }

    /// Turns the client away with a reset.
    pub fn reset(self) {
        let _ = self.socket.set_linger(Some(std::time::Duration::ZERO));
    }

    /// Sends the client the end of data.
    pub fn end(&self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
    }

    /// Lets the client in.
    ///
    /// # Errors
    /// When the event loop refuses the socket.
    pub fn into_channel(self, options: &SocketOptions) -> io::Result<Channel> {
        match (self.carries, self.local.socket_addr(), self.peer.socket_addr()) {
            (Carries::Messages, ..) => {
                let socket = Seqpacket::new(self.socket, Some(self.peer))?;
                return Ok(Channel::Messages(Messages::Seqpacket(socket)));
            }
            (_, Some(local), Some(peer)) => {
                let _ = self.socket.set_tcp_nodelay(true);
                if options.congestion.is_none() {
                    sockopt::unpace_local(SockRef::from(&self.socket), local, peer);
                }
            }
            _ if options.send_buffer.is_none() => unix::widen(&self.socket),
            _ => {}
        }
        Ok(Channel::Bytes(Bytes::Socket(Socket::between(self.socket, self.local, self.peer)?)))
    }
}

/// Listens on everything that one AT names.
///
/// # Errors
/// The first address that cannot be listened on; none stays open then.
pub async fn listen(address: &ListenAddress, options: &ListenOptions) -> Result<Vec<Listener>, ListenError> {
    match address {
        ListenAddress::Udp { .. } => Err(ListenError::Unsupported(address.to_string())),
        // Whether TLS is spoken is for the handshake to know, which comes after accepting.
        ListenAddress::Tcp { host, ports, secure: _ } => {
            let mut listeners = Vec::new();
            for port in ports.iter().flat_map(|range| range.first..=range.last) {
                listeners.extend(tcp(host, port, options).await?);
            }
            Ok(listeners)
        }
        ListenAddress::Unix { kind, name } => {
            let (carries, kind) = match kind {
                UnixKind::Stream | UnixKind::ZeroMq => (Carries::Bytes, Type::STREAM),
                UnixKind::Seqpacket => (Carries::Messages, Type::SEQPACKET),
            };
            let bound = || -> io::Result<Listener> {
                let socket = socket2::Socket::new(Domain::UNIX, kind, None)?;
                // Until it listens it looks stale to others.
                let _turn = unix::Turn::take(name);
                let path = unix::bind(&socket, name, kind, options.mode)?;
                socket.listen(options.backlog)?;
                Listener::new(socket, carries, path)
            };
            Ok(vec![bound().map_err(|error| ListenError::Bind { address: address.to_string(), error })?])
        }
        ListenAddress::Descriptor(number) => Ok(vec![inherited(*number)?]),
        ListenAddress::Systemd(name) => systemd(name.as_deref()),
    }
}

/// How often the system chooses another port when one that it chose for the first address is taken on the next.
const CHOICES: usize = 32;

/// One port on every address and interface that is asked for. Port 0 becomes the same free port on all of them.
async fn tcp(host: &Host, port: u16, options: &ListenOptions) -> Result<Vec<Listener>, ListenError> {
    let mut choices = 1;
    loop {
        match tcp_on_all(host, port, options).await {
            Err(ListenError::Bind { error, .. })
                if port == 0 && choices < CHOICES && error.kind() == io::ErrorKind::AddrInUse =>
            {
                choices += 1;
            }
            listeners => return listeners,
        }
    }
}

async fn tcp_on_all(host: &Host, port: u16, options: &ListenOptions) -> Result<Vec<Listener>, ListenError> {
    let unwritten_is_all = options.unwritten == Unwritten::AllInterfaces;
    let dual = host.is_every_interface() || (*host == Host::Unwritten && unwritten_is_all);
    let addresses = match options.lookup.family {
        _ if !dual => resolve::addresses(host, port, options.lookup).await?,
        Family::V4 => vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))],
        Family::Any | Family::V6 => vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))],
    };
    let only_v6 = options.lookup.family == Family::V6;
    let mut listeners: Vec<Listener> = Vec::new();
    let interfaces: Vec<Option<&String>> = match options.socket.interfaces.as_slice() {
        [] => vec![None],
        several => several.iter().map(Some).collect(),
    };
    for interface in interfaces {
        let socket = SocketOptions { interfaces: interface.into_iter().cloned().collect(), ..options.socket.clone() };
        for mut address in addresses.iter().copied() {
            if let (0, Some(chosen)) = (port, listeners.first().and_then(Listener::port)) {
                address.set_port(chosen);
            }
            match tcp_listener(address, only_v6, dual, options.backlog, &socket) {
                Ok(listener) => listeners.push(listener),
                // A machine without IPv6: all interfaces are those with IPv4.
                Err(ListenError::Bind { error, .. })
                    if dual && !only_v6 && error.raw_os_error() == Some(libc::EAFNOSUPPORT) =>
                {
                    let v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port());
                    listeners.push(tcp_listener(v4, false, false, options.backlog, &socket)?);
                }
                // A name such as localhost may have an address of a family that this machine has not.
                Err(ListenError::Bind { error, .. })
                    if !listeners.is_empty() && error.kind() == io::ErrorKind::AddrNotAvailable => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(listeners)
}

fn tcp_listener(
    address: SocketAddr,
    only_v6: bool,
    dual: bool,
    backlog: i32,
    options: &SocketOptions,
) -> Result<Listener, ListenError> {
    let failed = |error| ListenError::Bind { address: address.to_string(), error };
    let socket =
        socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).map_err(failed)?;
    options.apply(SockRef::from(&socket), address.is_ipv6())?;
    let bound = || -> io::Result<Listener> {
        if address.is_ipv6() && (only_v6 || dual) {
            socket.set_only_v6(only_v6)?;
        }
        socket.set_reuse_address(!options.no_reuse_address)?;
        socket.bind(&SockAddr::from(address))?;
        socket.listen(backlog)?;
        Listener::new(socket, Carries::Bytes, None)
    };
    bound().map_err(failed)
}

/// A listening socket that this process was started with. Its path and its listening are its giver's to end.
fn inherited(number: i32) -> Result<Listener, ListenError> {
    let failed = |reason: String| ListenError::Descriptor { number, reason };
    let fd = sys::inherited(number).map_err(|error| failed(reason(&error)))?;
    let socket = socket2::Socket::from(fd);
    let described = || -> io::Result<(bool, Type)> { Ok((socket.is_listener()?, socket.r#type()?)) };
    let (listens, kind) = described().map_err(|error| failed(reason(&error)))?;
    if !listens {
        return Err(failed("it is not a listening socket".to_owned()));
    }
    let carries = if kind == Type::SEQPACKET { Carries::Messages } else { Carries::Bytes };
    let shared_blocking = socket.nonblocking().is_ok_and(|nonblocking| !nonblocking);
    let mut listener = Listener::new(socket, carries, None).map_err(|error| failed(reason(&error)))?;
    listener.shared_blocking = shared_blocking;
    Ok(listener)
}

/// The descriptors of sd_listen_fds(3): LISTEN_FDS of them from 3 on, named by LISTEN_FDNAMES, meant for LISTEN_PID.
fn systemd(name: Option<&str>) -> Result<Vec<Listener>, ListenError> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let count: i32 = variable("LISTEN_FDS").parse().unwrap_or(0);
    if count <= 0 || variable("LISTEN_PID").parse() != Ok(std::process::id()) {
        let text = "no descriptors were passed to this process: LISTEN_FDS and LISTEN_PID do not say so";
        return Err(ListenError::Systemd(text.to_owned()));
    }
    let names = variable("LISTEN_FDNAMES");
    let names: Vec<&str> = names.split(':').collect();
    let mut listeners = Vec::new();
    for (index, number) in (3..3i32.saturating_add(count)).enumerate() {
        if name.is_none_or(|name| names.get(index) == Some(&name)) {
            listeners.push(inherited(number)?);
        }
    }
    match name {
        Some(name) if listeners.is_empty() => Err(ListenError::Systemd(format!(
            "no passed descriptor is named {name:?}; LISTEN_FDNAMES has {:?}",
            names.join(":")
        ))),
        _ => Ok(listeners),
    }
}
