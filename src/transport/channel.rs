//! A connection of any transport, as one of two kinds: a stream of bytes, or messages with boundaries.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::messages::Messages;
use super::socket::Socket;
use super::telnet;
#[cfg(feature = "tls")]
use super::tls::SessionInfo;
use crate::address::Peer;

/// How long a peer may keep the end of a layer from being sent.
const LEAVING: Duration = Duration::from_secs(1);

/// A connection.
#[derive(Debug)]
pub enum Channel {
    /// A stream of bytes.
    Bytes(Bytes),
    /// Messages with boundaries.
    Messages(Messages),
}

impl Channel {
    /// This end.
    pub fn local(&self) -> &Peer {
        match self {
            Channel::Bytes(bytes) => bytes.local(),
            Channel::Messages(messages) => messages.local(),
        }
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        match self {
            Channel::Bytes(bytes) => bytes.peer(),
            Channel::Messages(messages) => messages.peer(),
        }
    }

    /// What the TLS handshake agreed on, where there is TLS.
    #[cfg(feature = "tls")]
    pub fn session(&self) -> Option<&SessionInfo> {
        match self {
            Channel::Bytes(bytes) => bytes.session(),
            #[cfg(feature = "ws")]
            Channel::Messages(Messages::WebSocket(socket)) => socket.session(),
            Channel::Messages(_) => None,
        }
    }

    /// The code that the peer closed with, where the transport has codes and the peer gave one.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            Channel::Bytes(_) => None,
            Channel::Messages(messages) => messages.close_code(),
        }
    }

    /// Whether it stood, now or before.
    pub fn has_stood(&self) -> bool {
        match self {
            Channel::Bytes(_) => true,
            Channel::Messages(messages) => messages.has_stood(),
        }
    }

    /// The name of the transport: `tcp`, `unix`, `seqpacket`, `ws`.
    pub fn transport(&self) -> &'static str {
        match self {
            Channel::Bytes(bytes) => bytes.transport(),
            Channel::Messages(messages) => messages.transport(),
        }
    }

    /// Takes leave after everything is done: a peer that hears of the end by the socket alone must take the data for cut
    /// where a layer has an end of its own, as TLS (RFC 8446 section 6.1) and WebSocket (RFC 6455 section 5.5.1) have. The
    /// layer does nothing if it was ended before; a peer that does not take it in time, or is gone, has lost nothing.
    pub async fn take_leave(&mut self) {
        // A plain socket, of which many may be held, needs neither a timer nor room for one.
        if let Channel::Bytes(Bytes::Socket(_)) = self {
            return;
        }
        let ended = async {
            match self {
                Channel::Bytes(Bytes::Layered(layered)) => layered.stream.shutdown().await,
                Channel::Bytes(Bytes::Socket(_)) => Ok(()),
                Channel::Messages(messages) => messages.take_leave().await,
            }
        };
        let _ = Box::pin(tokio::time::timeout(LEAVING, ended)).await;
    }
}

/// A stream of bytes with a socket at its bottom.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug {
    /// The socket at the bottom: its addresses, options and fate.
    fn socket(&self) -> &Socket;
}

impl ByteStream for Socket {
    fn socket(&self) -> &Socket {
        self
    }
}

#[cfg(feature = "tls")]
impl<S: ByteStream> ByteStream for super::tls::TlsStream<S> {
    fn socket(&self) -> &Socket {
        self.get_ref().socket()
    }
}

impl ByteStream for Bytes {
    fn socket(&self) -> &Socket {
        Bytes::socket(self)
    }
}

/// A stream of bytes over any transport.
#[derive(Debug)]
pub enum Bytes {
    /// A plain socket.
    Socket(Socket),
    /// Something above a socket, such as TLS.
    Layered(Layered),
}

/// A protocol above a socket that again carries a stream of bytes.
#[derive(Debug)]
pub struct Layered {
    stream: Box<dyn ByteStream>,
    transport: &'static str,
    #[cfg(feature = "tls")]
    session: Option<Box<SessionInfo>>,
    telnet: Option<telnet::Control>,
}

impl Layered {
    /// A stream above a socket, under the name of its transport.
    pub fn new(stream: Box<dyn ByteStream>, transport: &'static str) -> Self {
        Layered {
            stream,
            transport,
            #[cfg(feature = "tls")]
            session: None,
            telnet: None,
        }
    }

    /// Adds what is known of its TELNET.
    #[must_use]
    pub fn with_telnet(mut self, control: telnet::Control) -> Self {
        self.telnet = Some(control);
        self
    }

    /// Adds what its TLS handshake agreed on.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_session(mut self, session: SessionInfo) -> Self {
        self.session = Some(Box::new(session));
        self
    }
}

impl Bytes {
    /// This end.
    pub fn local(&self) -> &Peer {
        self.socket().local()
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        self.socket().peer()
    }

    /// The socket at the bottom.
    pub fn socket(&self) -> &Socket {
        match self {
            Bytes::Socket(socket) => socket,
            Bytes::Layered(layered) => layered.stream.socket(),
        }
    }

    /// The name of the transport.
    pub fn transport(&self) -> &'static str {
        match self {
            Bytes::Socket(socket) => socket.transport(),
            Bytes::Layered(layered) => layered.transport,
        }
    }

    /// What the TLS handshake agreed on, where there is TLS.
    #[cfg(feature = "tls")]
    pub fn session(&self) -> Option<&SessionInfo> {
        match self {
            Bytes::Socket(_) => None,
            Bytes::Layered(layered) => layered.session.as_deref(),
        }
    }

    /// What is known of its TELNET, where that is spoken.
    pub fn telnet(&self) -> Option<&telnet::Control> {
        match self {
            Bytes::Socket(_) => None,
            Bytes::Layered(layered) => layered.telnet.as_ref(),
        }
    }

    /// Puts a stream above this one that shows the same transport and session.
    #[must_use]
    #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only TLS has a session to take along"))]
    pub fn wrapped(mut self, wrap: impl FnOnce(Bytes) -> Box<dyn ByteStream>) -> Bytes {
        let transport = self.transport();
        let telnet = self.telnet().cloned();
        #[cfg(feature = "tls")]
        let session = match &mut self {
            Bytes::Socket(_) => None,
            Bytes::Layered(layered) => layered.session.take(),
        };
        Bytes::Layered(Layered {
            stream: wrap(self),
            transport,
            #[cfg(feature = "tls")]
            session,
            telnet,
        })
    }

    /// What programs are told beside the addresses.
    pub fn environment(&self) -> Vec<(String, String)> {
        #[cfg(feature = "tls")]
        if let Some(session) = self.session() {
            return session.environment();
        }
        Vec::new()
    }

    /// The socket, where nothing is layered above it, so that the kernel may move the bytes.
    pub fn plain(&self) -> Option<&Socket> {
        match self {
            Bytes::Socket(socket) => Some(socket),
            Bytes::Layered(_) => None,
        }
    }
}

impl AsyncRead for Bytes {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_read(cx, buffer),
            Bytes::Layered(layered) => Pin::new(&mut layered.stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Bytes {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_write(cx, bytes),
            Bytes::Layered(layered) => Pin::new(&mut layered.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_write_vectored(cx, parts),
            Bytes::Layered(layered) => Pin::new(&mut layered.stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Bytes::Socket(socket) => socket.is_write_vectored(),
            Bytes::Layered(layered) => layered.stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_flush(cx),
            Bytes::Layered(layered) => Pin::new(&mut layered.stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
            Bytes::Layered(layered) => Pin::new(&mut layered.stream).poll_shutdown(cx),
        }
    }
}
