//! The way to a TCP address: straight, or through proxies one behind the other.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::channel::{ByteStream, Bytes, Layered};
use super::connect::{ConnectError, ConnectOptions};
use super::proxy::frugal::Frugal;
use super::proxy::proxy_protocol::{Ends, Version, encode};
use super::proxy::{self, ProxyScheme, ProxyUrl, Target};
use super::resolve;
use super::secure::SecureLayer;
use super::socket::Socket;
use crate::address::{Endpoint, Host, Scheme};
use crate::event::Report;

/// What lies between us and the target.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The proxies, the nearest first.
    pub proxies: Vec<ProxyUrl>,
    /// Whether these are the proxies of every command, which datagrams go past, and not those that were asked for here.
    pub usual: bool,
    /// Headers for HTTP proxies.
    pub headers: Vec<(String, String)>,
    /// The PROXY protocol header that the target gets first (`--proxy-protocol`).
    pub announce: Option<Version>,
    /// Whether the socket itself is handed on at the end, so that nothing may be read from it but the proxies' answers.
    pub frugal: bool,
    /// Whose connection it tells of; `None`: ours.
    pub on_behalf_of: Option<Ends>,
}

impl Route {
    /// Whether something was asked for that datagrams cannot go through.
    pub fn needs_streams(&self) -> bool {
        (!self.proxies.is_empty() && !self.usual) || self.announce.is_some()
    }

    /// The host and port to dial: the first proxy's, or the target's own.
    pub(super) fn first_hop<'a>(&'a self, host: &'a Host, port: u16) -> (&'a Host, u16) {
        self.proxies.first().map_or((host, port), |proxy| (&proxy.host, proxy.port))
    }

    /// A failure to reach the first hop is the proxy's where there is one.
    pub(super) fn blame(&self, error: ConnectError) -> ConnectError {
        match self.proxies.is_empty() {
            true => error,
            false => ConnectError::NoProxy(Box::new(error)),
        }
    }

    /// Goes on from a connection to the first hop to the target itself.
    ///
    /// # Errors
    /// A proxy that refuses or makes no sense, TLS with it, a name that has to be resolved here and is not known.
    pub(super) async fn travel(
        &self,
        socket: Socket,
        host: &Host,
        port: u16,
        options: &ConnectOptions,
        id: &str,
        report: &dyn Report,
    ) -> Result<Bytes, ConnectError> {
        let mut bytes = Bytes::Socket(socket);
        for (index, hop) in self.proxies.iter().enumerate() {
            let (next_host, next_port) = match self.proxies.get(index + 1) {
                Some(next) => (&next.host, next.port),
                None => (host, port),
            };
            if hop.scheme == ProxyScheme::Https {
                let layer = SecureLayer::to_proxy(&hop.host, hop.port, options)?;
                bytes = layer.put_on_bytes(bytes, id, report).await?;
            }
            let target = target(hop.scheme, next_host, next_port, options).await?;
            let connected = match self.frugal {
                false => proxy::connect(bytes, hop, &target, &self.headers).await,
                true => {
                    let connected = proxy::connect(Frugal(bytes), hop, &target, &self.headers).await;
                    connected.map(|(Frugal(stream), early)| (stream, early))
                }
            };
            let (stream, early) = connected.map_err(|error| ConnectError::Proxy {
                target: Endpoint::Inet { scheme: Scheme::Tcp, host: host.clone(), port }.to_string(),
                proxy: hop.to_string(),
                error,
            })?;
            report.remark(&format!("{hop} connects to {target}"));
            bytes = with_early(stream, early);
        }
        self.announce_to(&mut bytes).await.map_err(|error| ConnectError::Failed {
            target: Endpoint::Inet { scheme: Scheme::Tcp, host: host.clone(), port }.to_string(),
            failures: bytes.peer().socket_addr().map(|peer| vec![(peer, error)]).unwrap_or_default(),
        })?;
        Ok(bytes)
    }

    /// Sends the PROXY protocol header, where one is asked for.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(super) async fn announce_to(&self, bytes: &mut Bytes) -> io::Result<()> {
        let Some(version) = self.announce else { return Ok(()) };
        let ours = || -> Option<Ends> {
            let (source, destination) = (bytes.local().socket_addr()?, bytes.peer().socket_addr()?);
            Some(Ends { source, destination })
        };
        let header = encode(version, self.on_behalf_of.or_else(ours));
        bytes.write_all(&header).await?;
        bytes.flush().await
    }
}

/// Where a proxy is asked to connect to: a name where it resolves names, else an address that we look up.
async fn target(scheme: ProxyScheme, host: &Host, port: u16, options: &ConnectOptions) -> Result<Target, ConnectError> {
    let target = Target::new(host, port);
    if scheme.resolves_names() || matches!(target, Target::Address(_)) {
        return Ok(target);
    }
    let found: Vec<SocketAddr> = resolve::addresses(host, port, options.lookup).await?;
    // SOCKS4 knows IPv4 alone.
    let fits = |address: &&SocketAddr| scheme != ProxyScheme::Socks4 || address.is_ipv4();
    let address = found.iter().find(fits).or(found.first());
    Ok(address.map_or(target, |address| Target::Address(*address)))
}

fn with_early(stream: Bytes, early: Vec<u8>) -> Bytes {
    if early.is_empty() {
        return stream;
    }
    let transport = stream.transport();
    Bytes::Layered(Layered::new(Box::new(Early { early, given: 0, stream }), transport))
}

/// A stream whose first bytes have come already.
#[derive(Debug)]
struct Early {
    early: Vec<u8>,
    given: usize,
    stream: Bytes,
}

impl ByteStream for Early {
    fn socket(&self) -> &Socket {
        self.stream.socket()
    }
}

impl AsyncRead for Early {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = this.early.get(this.given..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buffer);
        }
        let part = left.get(..buffer.remaining()).unwrap_or(left);
        buffer.put_slice(part);
        this.given += part.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Early {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
