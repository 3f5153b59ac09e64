//! A connection that carries messages with boundaries, of any transport that has them. All calls take `&self`, so that both
//! directions can be at work in one task.

use std::io;
use std::task::{Context, Poll, ready};

use super::datagram::Flow;
use super::seqpacket::Seqpacket;
#[cfg(feature = "ws")]
use super::websocket::WebSocket;
#[cfg(feature = "zmq")]
use super::zeromq::ZeroMq;
use crate::address::Peer;
use crate::event::{Direction, Report};
use crate::message::Message;

/// A message over the limit: nothing is cut silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {length} bytes is larger than the limit of {limit}")]
pub struct TooLarge {
    /// Its length in bytes.
    pub length: usize,
    /// The limit in bytes.
    pub limit: usize,
}

impl TooLarge {
    /// What is inside an error, if it is this.
    pub fn in_io(error: &io::Error) -> Option<&TooLarge> {
        error.get_ref()?.downcast_ref()
    }
}

/// A message socket.
#[derive(Debug)]
pub enum Messages {
    /// SOCK_SEQPACKET (unix(7)).
    Seqpacket(Seqpacket),
    /// The datagrams exchanged with one peer (udp(7), unix(7)).
    Datagram(Box<Flow>),
    /// A WebSocket (RFC 6455).
    #[cfg(feature = "ws")]
    WebSocket(Box<WebSocket>),
    /// A ZeroMQ socket with all its peers.
    #[cfg(feature = "zmq")]
    ZeroMq(Box<ZeroMq>),
}

impl Messages {
    /// This end.
    pub fn local(&self) -> &Peer {
        match self {
            Messages::Seqpacket(socket) => socket.local(),
            Messages::Datagram(flow) => flow.local(),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.local(),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.local(),
        }
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        match self {
            Messages::Seqpacket(socket) => socket.peer(),
            Messages::Datagram(flow) => flow.peer(),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.peer(),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.peer(),
        }
    }

    /// The name of the transport: `seqpacket`, `udp`, `unix-datagram`, `ws`, `wss`, `zeromq`.
    pub fn transport(&self) -> &'static str {
        match self {
            Messages::Seqpacket(_) => "seqpacket",
            Messages::Datagram(flow) => flow.transport(),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.transport(),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => "zeromq",
        }
    }

    /// Who sent the last message that was received.
    pub fn sender(&self) -> String {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.sender(),
            other => other.peer().to_string(),
        }
    }

    /// Whether a connection stood, now or before: a ZeroMQ socket is there before its first one.
    pub fn has_stood(&self) -> bool {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.has_stood(),
            _ => true,
        }
    }

    /// What of a message travels: a router's user says in the first part whom it is for, or from.
    pub fn payload<'m>(&self, message: &'m Message) -> &'m [u8] {
        let named = match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) if socket.kind().names_peers() => message.parts().next().map_or(0, <[u8]>::len),
            _ => 0,
        };
        message.bytes().get(named..).unwrap_or_default()
    }

    /// Whether its messages may have several parts.
    pub fn has_parts(&self) -> bool {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => true,
            _ => false,
        }
    }

    /// Where to tell what happens with peers that come and go by themselves.
    #[cfg_attr(not(feature = "zmq"), expect(unused_variables, reason = "the others have one peer"))]
    pub fn report_to(&self, report: &std::rc::Rc<dyn Report>) {
        match self {
            Messages::Seqpacket(_) | Messages::Datagram(_) => {}
            #[cfg(feature = "ws")]
            Messages::WebSocket(_) => {}
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.report_to(report.clone()),
        }
    }

    /// The largest message that it carries, in bytes.
    pub fn limit(&self) -> usize {
        match self {
            Messages::Seqpacket(_) => super::seqpacket::MAX_MESSAGE,
            Messages::Datagram(flow) => flow.limit(),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.limit(),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => super::zeromq::MAX_MESSAGE,
        }
    }

    /// The code that the peer closed with, where the transport has codes and the peer gave one.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            Messages::Seqpacket(_) | Messages::Datagram(_) => None,
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.closed().and_then(|frame| frame.code),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => None,
        }
    }

    /// The peer's farewell in words, where the transport has one.
    pub fn farewell(&self) -> Option<String> {
        match self {
            Messages::Seqpacket(_) | Messages::Datagram(_) => None,
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.closed().map(|frame| format!("closed with {frame}")),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => None,
        }
    }

    /// From now on closes with what the peer of another socket closed that one with.
    pub fn close_like(&self, other: &Messages) {
        match (self, other) {
            #[cfg(feature = "ws")]
            (Messages::WebSocket(socket), Messages::WebSocket(other)) => {
                if let Some(frame) = other.closed() {
                    socket.close_with(frame);
                }
            }
            _ => {}
        }
    }

    /// How many messages that were taken to send are known to be lost, such as those to a peer that a ROUTER does not know.
    pub fn lost(&self) -> u64 {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.lost(),
            _ => 0,
        }
    }

    /// How many messages were taken to send and have not left, where the transport knows.
    pub fn undelivered(&self) -> usize {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.undelivered(),
            _ => 0,
        }
    }

    /// Why no messages of its user go this way, where none ever do.
    #[cfg_attr(not(feature = "zmq"), expect(unused_variables, reason = "the others carry messages both ways"))]
    pub fn refusal(&self, direction: Direction) -> Option<String> {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.kind().refusal(direction),
            _ => None,
        }
    }

    /// Why nothing more is taken to send at the moment, where that is not because the peer is slow or absent.
    pub fn awaits(&self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.awaits(),
            _ => None,
        }
    }

    /// Lets the peer see that something went wrong when the socket is dropped, where the transport can say so.
    pub fn fail(&self) {
        match self {
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.close_with(super::websocket::CloseFrame::LOST),
            _ => {}
        }
    }

    /// What programs are told beside the addresses.
    pub fn environment(&self) -> Vec<(String, String)> {
        match self {
            Messages::Seqpacket(_) | Messages::Datagram(_) => Vec::new(),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.environment(),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => Vec::new(),
        }
    }

    /// Whether each direction ends by itself. Otherwise [`Messages::poll_end`] closes the socket: the peer's farewell ends the
    /// other direction, and after the peer's own close nothing can be sent.
    pub fn has_half_close(&self) -> bool {
        match self {
            Messages::Seqpacket(_) | Messages::Datagram(_) => true,
            #[cfg(feature = "ws")]
            Messages::WebSocket(_) => false,
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(_) => true,
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
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.poll_receive(cx, message),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.poll_receive(cx, message),
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
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.poll_send(cx, message),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.poll_send(cx, message),
        }
    }

    /// Gives messages of one part that came with the last one, and are there already, to `take`, until it says that it has enough.
    /// It is an offer: those that are not given come by [`Messages::poll_receive`].
    #[cfg_attr(
        not(any(feature = "zmq", feature = "ws")),
        expect(unused_variables, reason = "the others give one at a time")
    )]
    pub fn receive_singles(&self, take: impl FnMut(&[u8]) -> bool) {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.receive_singles(take),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.receive_singles(take),
            _ => {}
        }
    }

    /// Takes more messages of one part behind the last one that was taken, none over [`Messages::limit`], as many as need not wait. It is an offer: those that
    /// are left are for [`Messages::poll_send`].
    #[cfg_attr(
        not(any(feature = "zmq", feature = "ws")),
        expect(unused_variables, reason = "the others take one at a time")
    )]
    pub fn send_singles<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.send_singles(pieces),
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.send_singles(pieces),
            _ => {}
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
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.poll_flush(cx),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.poll_flush(cx),
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
            #[cfg(feature = "ws")]
            Messages::WebSocket(socket) => socket.poll_end(cx),
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => socket.poll_end(cx),
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

    /// Receives one message; before waiting for it, what was fed to `to` is sent.
    ///
    /// # Errors
    /// Those of both.
    pub async fn receive_for(&self, message: &mut Message, to: &Messages) -> io::Result<bool> {
        let mut flushed = false;
        std::future::poll_fn(|cx| match self.poll_receive(cx, message) {
            Poll::Pending if !flushed => {
                ready!(to.poll_flush(cx))?;
                flushed = true;
                Poll::Pending
            }
            other => other,
        })
        .await
    }

    /// Lets no peers in any more, where they come by themselves; returns when their listener is gone.
    pub async fn shut(&self) {
        match self {
            #[cfg(feature = "zmq")]
            Messages::ZeroMq(socket) => std::future::poll_fn(|cx| socket.poll_shut(cx)).await,
            _ => {}
        }
    }

    /// Takes leave after everything is done, where that takes more than closing: a WebSocket is closed from both sides, and what
    /// the peer still says meanwhile is not heard.
    ///
    /// # Errors
    /// What the transport says.
    pub async fn take_leave(&self) -> io::Result<()> {
        if self.has_half_close() {
            return Ok(());
        }
        let mut unheard = Message::default();
        std::future::poll_fn(|cx| self.poll_leave(cx, &mut unheard)).await
    }

    /// Ends sending and, where each direction does not end by itself, receives into `unheard` to the peer's end.
    ///
    /// # Errors
    /// What the transport says.
    pub fn poll_leave(&self, cx: &mut Context<'_>, unheard: &mut Message) -> Poll<io::Result<()>> {
        ready!(self.poll_end(cx))?;
        while !self.has_half_close() && ready!(self.poll_receive(cx, unheard))? {}
        Poll::Ready(Ok(()))
    }

    /// Ends sending, as [`Messages::poll_end`].
    ///
    /// # Errors
    /// As [`Messages::poll_end`].
    pub async fn end(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_end(cx)).await
    }
}
