//! A connection that carries messages with boundaries, of any transport that has them. All calls take `&self`, so that both
//! directions can be at work in one task.

use std::io;
use std::task::{Context, Poll};

use super::datagram::Flow;
use super::seqpacket::Seqpacket;
use crate::address::Peer;
use crate::message::Message;

/// A message socket.
#[derive(Debug)]
pub enum Messages {
    /// SOCK_SEQPACKET (unix(7)).
    Seqpacket(Seqpacket),
    /// The datagrams exchanged with one peer (udp(7), unix(7)).
    Datagram(Box<Flow>),
}

impl Messages {
    /// This end.
    pub fn local(&self) -> &Peer {
        match self {
            Messages::Seqpacket(socket) => socket.local(),
            Messages::Datagram(flow) => flow.local(),
        }
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        match self {
            Messages::Seqpacket(socket) => socket.peer(),
            Messages::Datagram(flow) => flow.peer(),
        }
    }

    /// The name of the transport: `seqpacket`, `udp`, `unix-datagram`.
    pub fn transport(&self) -> &'static str {
        match self {
            Messages::Seqpacket(_) => "seqpacket",
            Messages::Datagram(flow) => flow.transport(),
        }
    }

    /// The largest message that it carries, in bytes.
    pub fn limit(&self) -> usize {
        match self {
            Messages::Seqpacket(_) => super::seqpacket::MAX_MESSAGE,
            Messages::Datagram(flow) => flow.limit(),
        }
    }

    /// Receives one message, which may be empty, into `message`; false is the end of data.
    ///
    /// # Errors
    /// InvalidData when the message is larger than the limit: nothing is cut silently. Otherwise what the transport says.
    pub fn poll_receive(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<io::Result<bool>> {
        match self {
            Messages::Seqpacket(socket) => socket.poll_receive(cx, message),
            Messages::Datagram(flow) => flow.poll_receive(cx, message),
        }
    }

    /// Takes one message to send, whole. It may wait in a buffer until [`Messages::poll_flush`].
    ///
    /// # Errors
    /// What the transport says, such as a message that is too large for it.
    pub fn poll_send(&self, cx: &mut Context<'_>, message: &Message) -> Poll<io::Result<()>> {
        match self {
            Messages::Seqpacket(socket) => socket.poll_send(cx, message.bytes()),
            Messages::Datagram(flow) => flow.poll_send(cx, message),
        }
    }

    /// Gives everything that was taken to the system. To be called when nothing more is to be sent for the moment.
    ///
    /// # Errors
    /// What the transport says.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Messages::Seqpacket(_) => Poll::Ready(Ok(())),
            Messages::Datagram(flow) => flow.poll_flush(cx),
        }
    }

    /// Sends what was taken and then the end of data, if it was not sent before. The peer may still send.
    ///
    /// # Errors
    /// What the transport says, unless the peer is gone already.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Messages::Seqpacket(socket) => Poll::Ready(socket.shutdown()),
            Messages::Datagram(flow) => flow.poll_end(cx),
        }
    }

    /// Receives one message; false is the end of data.
    ///
    /// # Errors
    /// As [`Messages::poll_receive`].
    pub async fn receive(&self, message: &mut Message) -> io::Result<bool> {
        std::future::poll_fn(|cx| self.poll_receive(cx, message)).await
    }

    /// Takes one message to send, as [`Messages::poll_send`].
    ///
    /// # Errors
    /// As [`Messages::poll_send`].
    pub async fn feed(&self, message: &Message) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_send(cx, message)).await
    }

    /// Sends one message at once.
    ///
    /// # Errors
    /// As [`Messages::poll_send`] and [`Messages::poll_flush`].
    pub async fn send(&self, message: &Message) -> io::Result<()> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Gives everything to the system, as [`Messages::poll_flush`].
    ///
    /// # Errors
    /// As [`Messages::poll_flush`].
    pub async fn flush(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Ends sending, as [`Messages::poll_end`].
    ///
    /// # Errors
    /// As [`Messages::poll_end`].
    pub async fn end(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_end(cx)).await
    }
}
