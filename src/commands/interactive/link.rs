//! The other end of a conversation: a stream, messages, or a socket that a keeper holds.

use std::io;
use std::task::{Context, Poll, ready};

use super::kept::KeptLink;
use crate::failure::Failure;
use crate::message::Message;
use crate::relay::{Blame, Side};
use crate::transport::{Bytes, Messages};

/// How much is received at once, in bytes: as much as a slow terminal takes before a key would feel late.
const AT_ONCE: usize = 16 << 10;

/// The other end.
pub enum Link {
    /// A stream of bytes.
    Bytes(Bytes),
    /// Messages with boundaries.
    Messages(Messages, Box<Message>),
    /// A kept socket.
    Kept(Box<KeptLink>),
    /// None: it is being upgraded, or was lost in that.
    Gone,
}

/// What was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Bytes of a stream.
    Bytes,
    /// One message.
    Message,
    /// The end of the peer's data.
    End,
}

/// Why a conversation cannot go on.
#[derive(Debug)]
pub enum Lost {
    /// The connection, or what records it, has failed.
    Broken(Blame, io::Error),
    /// The keeper says so.
    Kept(Failure),
    /// TLS did not come about.
    Upgrade(Failure),
}

impl Link {
    /// Whether each line is a message.
    pub fn has_messages(&self) -> bool {
        match self {
            Link::Messages(..) => true,
            Link::Kept(kept) => kept.has_messages(),
            Link::Bytes(_) | Link::Gone => false,
        }
    }

    /// The largest message, in bytes.
    pub fn limit(&self) -> usize {
        match self {
            Link::Messages(messages, _) => messages.limit(),
            Link::Bytes(_) | Link::Kept(_) | Link::Gone => usize::MAX,
        }
    }

    /// Whether each direction ends by itself.
    pub fn has_half_close(&self) -> bool {
        match self {
            // Its peers are not told of an end of data, and it goes on to wait for others.
            #[cfg(feature = "zmq")]
            Link::Messages(Messages::ZeroMq(_), _) => false,
            Link::Messages(messages, _) => messages.has_half_close(),
            Link::Bytes(_) | Link::Kept(_) | Link::Gone => true,
        }
    }

    /// The peer's farewell in words, and its code, where the transport has them.
    pub fn farewell(&self) -> (Option<String>, Option<u16>) {
        match self {
            Link::Messages(messages, _) => (messages.farewell(), messages.close_code()),
            Link::Bytes(_) | Link::Kept(_) | Link::Gone => (None, None),
        }
    }

    /// Receives into `buffer`, which is replaced.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> Poll<Result<Received, Lost>> {
        let receiving = |error| Lost::Broken(Blame::Receiving, error);
        match self {
            Link::Bytes(bytes) => {
                buffer.resize(AT_ONCE, 0);
                let read = bytes.poll_read(cx, buffer);
                buffer.truncate(match &read {
                    Poll::Ready(Ok(count)) => *count,
                    _ => 0,
                });
                let count = ready!(read).map_err(receiving)?;
                Poll::Ready(Ok(if count == 0 { Received::End } else { Received::Bytes }))
            }
            Link::Messages(messages, message) => {
                let more = ready!(messages.poll_receive(cx, message)).map_err(receiving)?;
                buffer.clear();
                // At the end of data the last message is still in it.
                if more {
                    buffer.extend_from_slice(message.bytes());
                }
                Poll::Ready(Ok(if more { Received::Message } else { Received::End }))
            }
            Link::Kept(kept) => kept.poll_receive(cx, buffer),
            Link::Gone => Poll::Pending,
        }
    }

    /// What was received last has been shown.
    pub fn shown(&mut self) {
        if let Link::Kept(kept) = self {
            kept.shown();
        }
    }

    /// Sends some of these bytes, or all of them as one message, and says how many.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Lost>> {
        let sending = |error| Lost::Broken(Blame::Sending, error);
        match self {
            Link::Bytes(bytes) => bytes.poll_write(cx, data).map_err(sending),
            Link::Messages(messages, _) => {
                let message = match std::str::from_utf8(data) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::new(data),
                };
                ready!(messages.poll_send(cx, &message)).map_err(sending)?;
                Poll::Ready(Ok(data.len()))
            }
            Link::Kept(kept) => kept.poll_send(cx, data),
            Link::Gone => Poll::Pending,
        }
    }

    /// Sends what is held back.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        let sending = |error| Lost::Broken(Blame::Sending, error);
        match self {
            Link::Bytes(bytes) => bytes.poll_flush(cx).map_err(sending),
            Link::Messages(messages, _) => messages.poll_flush(cx).map_err(sending),
            Link::Kept(_) | Link::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Sends the end of our data.
    pub fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        let sending = |error| Lost::Broken(Blame::Sending, error);
        match self {
            Link::Bytes(bytes) => bytes.poll_end(cx).map_err(sending),
            Link::Messages(messages, _) => messages.poll_end(cx).map_err(sending),
            Link::Kept(kept) => kept.poll_end(cx),
            Link::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Whether the peer's system has all that was sent.
    pub fn all_acknowledged(&self) -> bool {
        match self {
            Link::Bytes(bytes) => bytes.all_acknowledged(),
            Link::Messages(..) | Link::Kept(_) | Link::Gone => true,
        }
    }
}
