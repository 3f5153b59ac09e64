//! The protocol between a keeper and those who use its socket: bytes in, values out, no I/O.
//!
//! Each side begins with a greeting of 12 bytes, the magic `netverb` and a NUL, then the version as a u32; then come
//! frames: kind (u8), length (u32), that many bytes of payload. Numbers are in network byte order. The client sends
//! requests and the keeper answers each in turn.
//!
//! | request | then | answer |
//! |---|---|---|
//! | `Status` | | `Status` |
//! | `Close` | | `Done` |
//! | `Read` of a stream | | `Found` or `Unmet`, and the bytes that it announces in `Data`; then the client sends `Ack` or `Nack` if there were any |
//! | `Read` of messages | | `Messages` or `Unmet`, and for each that it announces a `Message` with its bytes in `Data`; then the client sends `Ack` or `Nack` if there were any |
//! | `Write` | `Data` …, `End` | `Done` |
//! | `Secure` | | `Done` |
//! | `Next` | | `Accepted` |
//! | `WaitReadable` | | `Done` |
//! | `Attach` | | `Done`, and from then on `Data` both ways; `End` is the end of the data of its direction |
//!
//! Instead of any answer comes `Failed`. A client that goes away without `Ack` has read nothing.
//!
//! # What never changes
//!
//! A newer program has to be able to see and to close the sockets that an older one keeps, and the other way round.
//! The greeting, the layout of frames, and the frames `Status`, `Close`, `Done` and `Failed` are therefore the same in
//! all versions; fields of the JSON of a status are only ever added. Everything else belongs to [`VERSION`].

pub mod frame;
pub mod greeting;
pub mod message;
pub mod request;
pub mod response;

use frame::Kind;
pub use frame::{DATA_CHUNK, Decoder, Frame, MAX_PAYLOAD, data_header};
pub use greeting::{Dialect, Greeting, VERSION};
pub use message::{Batch, Letter, MessageHeader};
pub use request::{Close, Read, Request, Secure, Taking, Wait, WhenUnmet, Write, WriteEnd};
pub use response::{Accepted, Reason, Response, Unmet};

/// Bytes that are not this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The greeting is not one.
    #[error("cannot talk to the keeper: what answers is none")]
    NotAKeeper,
    /// A frame that claims to be larger than any is.
    #[error("frame of kind {kind:#04x} claims {length} bytes: a frame has at most {MAX_PAYLOAD}")]
    TooLong {
        /// Its kind.
        kind: u8,
        /// The length it claims, in bytes.
        length: usize,
    },
    /// The connection ended inside a greeting or a frame.
    #[error("the connection to the keeper ended inside a frame")]
    Cut,
    /// A kind that this version does not know, or that goes in the other direction. The frames after it can be read.
    #[error("frame of kind {0:#04x} is not known to this version")]
    UnknownKind(u8),
    /// A payload that is not what its kind has.
    #[error("frame of kind {kind:#04x} has a malformed payload: {reason}")]
    BadPayload {
        /// Its kind.
        kind: u8,
        /// What is wrong with it.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
