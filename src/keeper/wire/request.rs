//! What a client asks of a keeper.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Frame, Kind, Letter, WireError};
use crate::condition::Condition;

/// A request, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Request<'a> {
    /// Tell what the socket is and how it does. Never changes: no payload.
    Status,
    /// End the socket. Never changes: one byte, 0 or 1; bytes after it are to be ignored.
    Close(Close),
    /// Wait for a condition and give what meets it. The patterns of `expect` are a condition.
    Read(Read),
    /// The result of the read has been delivered: it may go.
    Ack,
    /// The result of the read has not been delivered: it stays.
    Nack,
    /// Send what follows in `Data` up to `End`. On a socket that keeps boundaries it is one message.
    Write(Write),
    /// Bytes of a write, or of the client of an attached socket.
    Data(&'a [u8]),
    /// The end of those bytes.
    End,
    /// Upgrade the socket to TLS.
    Secure(Secure),
    /// Give the next accepted connection of a listener.
    Next(Wait),
    /// Wait until there is something to read, the end of the data included.
    WaitReadable(Wait),
    /// Pass bytes both ways until the client goes away.
    Attach,
}

/// How a socket is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// What is pending is sent first.
    Graceful,
    /// With a reset, at once.
    Reset,
}

/// A read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// What it waits for; none: what is usual for the socket, a line or a message.
    pub condition: Option<Condition>,
    /// How long, again after each byte that comes; `None`: without limit.
    pub timeout: Option<Duration>,
    /// How much it may take, in bytes.
    pub max_bytes: usize,
    /// What becomes of the result.
    pub taking: Taking,
    /// What comes back when the condition is not met.
    pub when_unmet: WhenUnmet,
    /// How many bytes at the beginning of the result the client knows and does not want again; 0 for messages.
    #[serde(default)]
    pub skip: usize,
}

/// What becomes of the result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taking {
    /// It leaves the buffer when the client acknowledges it.
    Take,
    /// `--peek`: it stays, whatever the client answers; the client answers nothing.
    Peek,
}

/// What comes back of a read whose condition is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenUnmet {
    /// Nothing: it stays for the next read.
    Leave,
    /// `--partial`: what has come.
    Partial,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// How long sending may stand still; `None`: without limit.
    pub timeout: Option<Duration>,
    /// What follows the bytes.
    pub then: WriteEnd,
    /// How the message is to be sent; none for a stream.
    pub letter: Option<Letter>,
}

/// What follows the bytes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteEnd {
    /// Nothing.
    Continue,
    /// `--eof`: the end of our data.
    HalfClose,
}

/// An upgrade to TLS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Secure {
    /// How long the handshake may take; `None`: without limit.
    pub timeout: Option<Duration>,
    /// The options of TLS: for the transport, unread here.
    pub options: Value,
}

/// A wait for something that comes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// How long; `None`: without limit, zero: not at all.
    pub timeout: Option<Duration>,
}

impl<'a> Request<'a> {
    /// Appends the frame of this request.
    ///
    /// # Errors
    /// It is larger than a frame can be; nothing is appended.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        match self {
            Request::Status => Kind::Status.encode(&[], out),
            Request::Close(Close::Graceful) => Kind::Close.encode(&[0], out),
            Request::Close(Close::Reset) => Kind::Close.encode(&[1], out),
            Request::Read(read) => Kind::Read.encode_json(read, out),
            Request::Ack => Kind::Ack.encode(&[], out),
            Request::Nack => Kind::Nack.encode(&[], out),
            Request::Write(write) => Kind::Write.encode_json(write, out),
            Request::Data(bytes) => Kind::Data.encode(bytes, out),
            Request::End => Kind::End.encode(&[], out),
            Request::Secure(secure) => Kind::Secure.encode_json(secure, out),
            Request::Next(wait) => Kind::Next.encode_json(wait, out),
            Request::WaitReadable(wait) => Kind::WaitReadable.encode_json(wait, out),
            Request::Attach => Kind::Attach.encode(&[], out),
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Its kind is no request's, or its payload is malformed. The frames after it are not affected.
    pub fn decode(frame: Frame<'a>) -> Result<Self, WireError> {
        Ok(match Kind::from_byte(frame.kind) {
            Some(Kind::Status) => Request::Status,
            Some(Kind::Close) => Request::Close(match frame.payload.first() {
                Some(0) => Close::Graceful,
                Some(1) => Close::Reset,
                _ => return Err(Kind::Close.bad_payload("neither graceful (0) nor reset (1)")),
            }),
            Some(Kind::Read) => Request::Read(frame.json()?),
            Some(Kind::Ack) => Request::Ack,
            Some(Kind::Nack) => Request::Nack,
            Some(Kind::Write) => Request::Write(frame.json()?),
            Some(Kind::Data) => Request::Data(frame.payload),
            Some(Kind::End) => Request::End,
            Some(Kind::Secure) => Request::Secure(frame.json()?),
            Some(Kind::Next) => Request::Next(frame.json()?),
            Some(Kind::WaitReadable) => Request::WaitReadable(frame.json()?),
            Some(Kind::Attach) => Request::Attach,
            _ => return Err(WireError::UnknownKind(frame.kind)),
        })
    }
}
