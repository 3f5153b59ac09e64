//! What a keeper answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Batch, Frame, Kind, MessageHeader, WireError};
use crate::condition::Found;

/// An answer, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Response<'a> {
    /// The state of the socket. Never changes: a JSON object whose fields are only ever added.
    Status(Value),
    /// Done as asked. Never changes: no payload.
    Done,
    /// Not done. Never changes: a byte, the exit status; then text in UTF-8, its first line the message, each further
    /// one a remedy.
    Failed {
        /// The exit status for the client's command.
        status: u8,
        /// What went wrong, on one line.
        message: String,
        /// What can be done about it, a line each.
        hints: Vec<String>,
    },
    /// The condition is met; `consumed` bytes follow in `Data`.
    Found(Found),
    /// The condition is not met.
    Unmet(Unmet),
    /// The condition is met by messages, which follow.
    Messages(Batch),
    /// A message; its bytes follow in `Data`.
    Message(MessageHeader),
    /// An accepted connection.
    Accepted(Accepted),
    /// Bytes of a result, or of the peer of an attached socket.
    Data(&'a [u8]),
    /// The end of the data of the peer of an attached socket.
    End,
}

/// Why a read has no result, and what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// Why.
    pub reason: Reason,
    /// How many bytes or messages are unread.
    pub unread: u64,
    /// How many bytes follow in `Data`, to be acknowledged: 0 unless asked for.
    pub length: u64,
    /// How many messages follow instead, on a socket that keeps their boundaries.
    #[serde(default)]
    pub messages: u64,
}

/// Why a read has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Its time is over.
    TimedOut,
    /// The data of the peer ended before.
    Ended,
    /// Receiving failed before, for this reason.
    Failed(String),
    /// It is not within the bound.
    TooLarge,
    /// What came is no reply, as this message says.
    NoReply(String),
    /// A datagram was refused, as this message says.
    Refused(String),
}

/// An accepted connection of a kept listener.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The ID that it is used by.
    pub id: String,
    /// Its addresses: for the output, unread here.
    pub about: Value,
}

impl<'a> Response<'a> {
    /// Appends the frame of this answer.
    ///
    /// # Errors
    /// It is larger than a frame can be; nothing is appended.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        match self {
            Response::Status(status) => Kind::StatusIs.encode_json(status, out),
            Response::Done => Kind::Done.encode(&[], out),
            Response::Failed { status, message, hints } => {
                let lines = std::iter::once(message).chain(hints);
                let lines: Vec<String> = lines.map(|line| line.replace(['\n', '\r'], " ")).collect();
                let mut payload = vec![*status];
                payload.extend_from_slice(lines.join("\n").as_bytes());
                Kind::Failed.encode(&payload, out)
            }
            Response::Found(found) => Kind::Found.encode_json(found, out),
            Response::Unmet(unmet) => Kind::Unmet.encode_json(unmet, out),
            Response::Messages(batch) => Kind::Messages.encode_json(batch, out),
            Response::Message(header) => Kind::Message.encode_json(header, out),
            Response::Accepted(accepted) => Kind::Accepted.encode_json(accepted, out),
            Response::Data(bytes) => Kind::Data.encode(bytes, out),
            Response::End => Kind::End.encode(&[], out),
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Its kind is no answer's, or its payload is malformed. The frames after it are not affected.
    pub fn decode(frame: Frame<'a>) -> Result<Self, WireError> {
        Ok(match Kind::from_byte(frame.kind) {
            Some(Kind::StatusIs) => match frame.json()? {
                status @ Value::Object(_) => Response::Status(status),
                _ => return Err(Kind::StatusIs.bad_payload("not a JSON object")),
            },
            Some(Kind::Done) => Response::Done,
            Some(Kind::Failed) => {
                let Some((status, text)) = frame.payload.split_first() else {
                    return Err(Kind::Failed.bad_payload("without a status"));
                };
                let text = String::from_utf8_lossy(text);
                let mut lines = text.split('\n').map(str::to_owned);
                Response::Failed { status: *status, message: lines.next().unwrap_or_default(), hints: lines.collect() }
            }
            Some(Kind::Found) => Response::Found(frame.json()?),
            Some(Kind::Unmet) => Response::Unmet(frame.json()?),
            Some(Kind::Messages) => Response::Messages(frame.json()?),
            Some(Kind::Message) => Response::Message(frame.json()?),
            Some(Kind::Accepted) => Response::Accepted(frame.json()?),
            Some(Kind::Data) => Response::Data(frame.payload),
            Some(Kind::End) => Response::End,
            _ => return Err(WireError::UnknownKind(frame.kind)),
        })
    }
}
