//! From an address to a connected channel.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, SockRef, Type};
use tokio::io::Interest;
use tokio::time::Instant;

use super::channel::{Bytes, Channel};
use super::datagram;
use super::descriptor::Descriptor;
use super::dial::{self, Failures};
use super::messages::Messages;
use super::overlay::Overlay;
use super::resolve::{self, Lookup};
use super::route::Route;
use super::secure::SecureLayer;
use super::seqpacket::Seqpacket;
use super::socket::Socket;
use super::sockopt::{self, OptionError, SocketOptions};
use super::telnet;
#[cfg(feature = "tls")]
use super::tls;
#[cfg(feature = "ws")]
use super::websocket as ws;
#[cfg(feature = "zmq")]
use super::zeromq::{self, ZeroMqOptions};
use crate::address::{Endpoint, Host, Peer, Scheme, UnixKind};
use crate::event::{Event, Phase, Report};
use crate::failure::reason;
use crate::filter::telnet::Terms;

mod error;
mod unix_dial;
#[cfg(feature = "ws")]
mod websocket;

pub use error::ConnectError;
use unix_dial::{unix_socket, unix_stream};

/// How to connect.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// How names are looked up.
    pub lookup: Lookup,
    /// The local host to connect from.
    pub source_host: Option<Host>,
    /// The local port to connect from; 0 is any.
    pub source_port: u16,
    /// What to set on the socket.
    pub socket: SocketOptions,
    /// The limit for look-up, connection and handshakes together; `None` is none.
    pub timeout: Option<Duration>,
    /// When to try again.
    pub patience: Patience,
    /// What lies between us and the target.
    pub route: Route,
    /// What is put on each stream.
    pub overlay: Overlay,
    /// Whether TELNET is spoken, and what we have to tell then.
    pub telnet: Option<Terms>,
    /// Whether TLS is spoken, where the address does not say so itself (`--secure`).
    pub secure: bool,
    /// How TLS is done.
    #[cfg(feature = "tls")]
    pub tls: tls::ClientOptions,
    /// The ZeroMQ socket that is to be connected (`--zmq`).
    #[cfg(feature = "zmq")]
    pub zmq: Option<Box<ZeroMqOptions>>,
    /// How a WebSocket behaves.
    #[cfg(feature = "ws")]
    pub websocket: ws::Settings,
}

/// How often a failed connection is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub enum Patience {
    /// Not at all.
    #[default]
    Once,
    /// This many times more (`--retry`).
    Retries(u32),
    /// Until this much time has passed since the first attempt (`--wait`); `None` is for ever.
    For(Option<Duration>),
}

/// What the last try of `--wait` is given, even when the time is over.
const LAST_TRY: Duration = Duration::from_millis(100);

/// Connects, with the retries that the options allow. `id` is what events call the socket.
///
/// # Errors
/// Why the last attempt failed.
pub async fn connect(
    endpoint: &Endpoint,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Channel, ConnectError> {
    #[cfg(feature = "zmq")]
    if let Some(zmq) = &options.zmq {
        return Box::pin(zeromq::connect(zmq, endpoint, options, id, report)).await;
    }
    // In an allocation that is gone when the connection stands: all the ways to connect together need many times what a
    // relay does, and a listener that forwards has many relays.
    Box::pin(attempts(endpoint, options, id, report)).await
}

/// As [`connect`], for anything but a ZeroMQ socket.
pub(super) async fn attempts(
    endpoint: &Endpoint,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Channel, ConnectError> {
    let layer = SecureLayer::prepare(endpoint, options)?;
    let begun = Instant::now();
    let mut pause = Duration::from_millis(50);
    let mut tries = 0u32;
    loop {
        let left = match options.patience {
            Patience::For(Some(total)) => Some(total.saturating_sub(begun.elapsed()).max(LAST_TRY)),
            _ => None,
        };
        let limit = match (options.timeout, left) {
            (Some(timeout), Some(left)) => Some(timeout.min(left)),
            (timeout, left) => timeout.or(left),
        };
        let error = match limited(limit, endpoint, attempt(endpoint, options, &layer, id, report)).await {
            Ok(channel) => return Ok(channel),
            Err(error) => error,
        };
        tries += 1;
        let again = error.may_pass()
            && match options.patience {
                Patience::Once => false,
                Patience::Retries(count) => tries <= count,
                Patience::For(None) => true,
                Patience::For(Some(total)) => begun.elapsed() < total,
            };
        if !again {
            if let ConnectError::TimedOut { limit, .. } = &error {
                let limit = format!("the limit of {} for connecting", humantime::format_duration(*limit));
                report.event(id, &Event::Timeout { limit });
            }
            return Err(error);
        }
        report.remark(&format!("{error}; trying again in {}", humantime::format_duration(pause)));
        // The last try comes when the time is just over, not a pause before.
        let rest = match options.patience {
            Patience::For(Some(total)) => total.saturating_sub(begun.elapsed()),
            _ => pause,
        };
        tokio::time::sleep(pause.min(rest)).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

async fn limited<T>(
    limit: Option<Duration>,
    endpoint: &Endpoint,
    work: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    match limit {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(ConnectError::TimedOut { target: endpoint.to_string(), limit })),
    }
}

async fn attempt(
    endpoint: &Endpoint,
    options: &ConnectOptions,
    layer: &SecureLayer,
    id: &str,
    report: &dyn Report,
) -> Result<Channel, ConnectError> {
    let channel = match endpoint {
        Endpoint::Inet { scheme: Scheme::Tcp | Scheme::Tls, host, port } => {
            Channel::Bytes(inet_stream(host, *port, options, id, report).await?)
        }
        Endpoint::Unix { kind: UnixKind::ZeroMq, .. } if cfg!(not(feature = "zmq")) => {
            return Err(ConnectError::Unsupported(endpoint.to_string()));
        }
        Endpoint::Unix { kind: UnixKind::Stream | UnixKind::ZeroMq, name } => {
            Channel::Bytes(unix_stream(endpoint, name, options, id, report).await?)
        }
        Endpoint::Unix { kind: UnixKind::Seqpacket, name } => {
            let socket = unix_socket(endpoint, name, Type::SEQPACKET, options, id, report).await?;
            let failed = |error| ConnectError::Unix { target: endpoint.to_string(), error };
            let socket = Seqpacket::new(socket, Some(Peer::Unix(Some(name.clone())))).map_err(failed)?;
            Channel::Messages(Messages::Seqpacket(socket))
        }
        #[cfg(feature = "ws")]
        Endpoint::WebSocket { .. } | Endpoint::WebSocketUnix { .. } => {
            return websocket::attempt(endpoint, options, layer, id, report).await;
        }
        Endpoint::Inet { scheme: Scheme::Udp, host, port } => {
            Channel::Messages(Messages::Datagram(Box::new(datagram::connect(host, *port, options).await?)))
        }
        #[cfg(not(feature = "ws"))]
        other => return Err(ConnectError::Unsupported(other.to_string())),
    };
    report.event(
        id,
        &Event::Connected {
            peer: channel.peer().to_string(),
            local: channel.local().to_string(),
            transport: channel.transport(),
        },
    );
    match (options.overlay.put_on(layer.put_on(channel, id, report).await?), &options.telnet) {
        (channel, None) => Ok(channel),
        (Channel::Bytes(bytes), Some(terms)) => Ok(Channel::Bytes(telnet::put_on(bytes, terms))),
        (Channel::Messages(_), Some(_)) => Err(ConnectError::Unsupported("TELNET over a message socket".to_owned())),
    }
}

/// A stream to a host, through the proxies on the way.
async fn inet_stream(
    host: &Host,
    port: u16,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Bytes, ConnectError> {
    let (first_host, first_port) = options.route.first_hop(host, port);
    let socket = tcp(first_host, first_port, options, id, report).await;
    let socket = socket.map_err(|error| options.route.blame(error))?;
    options.route.travel(socket, host, port, options, id, report).await
}

async fn tcp(
    host: &Host,
    port: u16,
    options: &ConnectOptions,
    id: &str,
    report: &dyn Report,
) -> Result<Socket, ConnectError> {
    let found = look_up(host, port, options.lookup, id, report).await?;
    let sources = match &options.source_host {
        None => Vec::new(),
        Some(host) => resolve::addresses(host, options.source_port, options.lookup).await?,
    };
    let begun = Instant::now();
    let source = |to: SocketAddr| source_for(to, &sources, options);
    // A local address that cannot serve any of the peer's addresses is the user's mistake, not the peer's refusal.
    let usable: Vec<SocketAddr> = found.iter().copied().filter(|to| source(*to).is_ok()).collect();
    let ordered = dial::interleave(if usable.is_empty() { &found } else { &usable });
    let raced = dial::race(&ordered, |to| {
        report.event(id, &Event::Connecting { peer: to.to_string() });
        let from = source(to);
        async move { tcp_attempt(to, from?, &options.socket).await }
    })
    .await;
    match raced {
        Ok((to, socket)) => {
            report.phase(Phase::Connect, begun.elapsed());
            finish_tcp(socket, to, options, report)
        }
        Err(failures) => Err(failed(&Endpoint::Inet { scheme: Scheme::Tcp, host: host.clone(), port }, failures)),
    }
}

/// Looks a host up and reports it where it is a name.
async fn look_up(
    host: &Host,
    port: u16,
    lookup: Lookup,
    id: &str,
    report: &dyn Report,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let name = matches!(host, Host::Name(_)).then(|| host.to_string());
    if let Some(host) = &name {
        report.event(id, &Event::Resolving { host: host.clone() });
    }
    let begun = Instant::now();
    let found = resolve::addresses(host, port, lookup).await?;
    if let Some(host) = name {
        report.phase(Phase::Dns, begun.elapsed());
        let addresses = found.iter().map(|address| address.ip().to_string()).collect();
        report.event(id, &Event::Resolved { host, addresses });
    }
    Ok(found)
}

/// What an attempt failed with when the fault is on our side; carried through `io::Error`.
#[derive(Debug, thiserror::Error)]
enum Ours {
    #[error(transparent)]
    Option(OptionError),
    #[error("{}", reason(.1))]
    Source(SocketAddr, io::Error),
}

fn failed(target: &Endpoint, mut failures: Failures) -> ConnectError {
    let is_ours = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<Ours>());
    if failures.iter().all(|(_, error)| is_ours(error))
        && let Some((_, error)) = failures.pop()
        && let Some(Ok(ours)) = error.into_inner().map(|inner| inner.downcast::<Ours>())
    {
        return match *ours {
            Ours::Option(error) => ConnectError::Option(error),
            Ours::Source(local, error) => ConnectError::Source { local, error },
        };
    }
    // A handshake is refused; only what has stood is reset (RFC 9293 section 3.10.7.3).
    let stood = |error: &io::Error| matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
    if let Some(at) = failures.iter().position(|(_, error)| stood(error)) {
        return ConnectError::Lost { target: target.to_string(), error: failures.swap_remove(at).1 };
    }
    ConnectError::Failed { target: target.to_string(), failures }
}

fn source_for(to: SocketAddr, sources: &[SocketAddr], options: &ConnectOptions) -> io::Result<Option<SocketAddr>> {
    if let Some(source) = sources.iter().find(|source| source.is_ipv4() == to.is_ipv4()) {
        return Ok(Some(*source));
    }
    if let Some(other) = sources.first() {
        let error = io::Error::new(io::ErrorKind::InvalidInput, format!("{} is of the other family", to.ip()));
        return Err(io::Error::other(Ours::Source(*other, error)));
    }
    let any = if to.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    Ok((options.source_port != 0).then(|| SocketAddr::new(any, options.source_port)))
}

async fn tcp_attempt(to: SocketAddr, from: Option<SocketAddr>, options: &SocketOptions) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(Domain::for_address(to), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    options.apply(SockRef::from(&socket), to.is_ipv6()).map_err(|error| io::Error::other(Ours::Option(error)))?;
    socket.set_tcp_nodelay(true)?;
    if let Some(from) = from {
        // One local port may lead to several peers.
        if !options.no_reuse_address {
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
        }
        socket.bind(&from.into()).map_err(|error| io::Error::other(Ours::Source(from, error)))?;
    }
    established(socket, &to.into()).await
}

/// Connects a non-blocking socket and waits until the connection stands.
async fn established(socket: socket2::Socket, to: &SockAddr) -> io::Result<socket2::Socket> {
    match socket.connect(to) {
        Ok(()) => return Ok(socket),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    // Within a machine it usually stands already.
    match standing(&SockRef::from(&socket)) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        result => return result.map(|()| socket),
    }
    let descriptor = Descriptor::socket(OwnedFd::from(socket))?;
    std::future::poll_fn(|cx| descriptor.poll_io(cx, Interest::WRITABLE, |fd| standing(&SockRef::from(&fd)))).await?;
    Ok(socket2::Socket::from(descriptor.into_fd()))
}

/// Whether a connection came to stand: WouldBlock while its handshake is under way, else what it failed with.
fn standing(socket: &SockRef<'_>) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        // Neither an error nor a peer: still under way.
        None => match socket.peer_addr() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
            result => result.map(drop),
        },
    }
}

fn finish_tcp(
    socket: socket2::Socket,
    to: SocketAddr,
    options: &ConnectOptions,
    report: &dyn Report,
) -> Result<Socket, ConnectError> {
    let failed = |error| ConnectError::Failed { target: to.to_string(), failures: vec![(to, error)] };
    if options.socket.congestion.is_none()
        && let Some(local) = socket.local_addr().ok().and_then(|local| local.as_socket())
        && let Some(replaced) = sockopt::unpace_local(SockRef::from(&socket), local, to)
    {
        report.remark(&format!("{to} is on this machine: congestion control reno instead of {replaced}"));
    }
    Socket::new(socket, Some(Peer::inet(to))).map_err(failed)
}
