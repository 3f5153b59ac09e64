//! A connection of any transport, as one of two kinds: a stream of bytes, or messages with boundaries.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::seqpacket::Seqpacket;
use super::socket::Socket;
use crate::address::Peer;

/// A connection.
#[derive(Debug)]
pub enum Channel {
    /// A stream of bytes.
    Bytes(Bytes),
    /// Messages with boundaries.
    Messages(Seqpacket),
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

    /// The name of the transport: `tcp`, `unix`, `seqpacket`.
    pub fn transport(&self) -> &'static str {
        match self {
            Channel::Bytes(bytes) => bytes.transport(),
            Channel::Messages(_) => "seqpacket",
        }
    }
}

/// A stream of bytes over any transport.
#[derive(Debug)]
pub enum Bytes {
    /// A plain socket.
    Socket(Socket),
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

    /// The name of the transport.
    pub fn transport(&self) -> &'static str {
        self.socket().transport()
    }

    /// The socket at the bottom.
    pub fn socket(&self) -> &Socket {
        match self {
            Bytes::Socket(socket) => socket,
        }
    }

    /// The socket, where nothing is layered above it, so that the kernel may move the bytes.
    pub fn plain(&self) -> Option<&Socket> {
        match self {
            Bytes::Socket(socket) => Some(socket),
        }
    }
}

impl AsyncRead for Bytes {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Bytes {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Bytes::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
