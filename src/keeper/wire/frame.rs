//! Frames and their incremental decoder; what is inside is read in `request.rs` and `response.rs`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Greeting, WireError};
use crate::keeper::byte_queue::ByteQueue;

/// The largest payload of a frame, in bytes.
pub const MAX_PAYLOAD: usize = 1 << 20;
/// How many bytes a sender puts into one `Data` frame.
pub const DATA_CHUNK: usize = 256 << 10;

const HEADER: usize = 5;

/// The kinds of frames; what each holds is said at the request or answer. Those below 0x10, and those from 0x80 to
/// 0x8f, never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Status = 0x01,
    Close = 0x02,
    Data = 0x10,
    End = 0x11,
    Read = 0x20,
    Ack = 0x21,
    Nack = 0x22,
    Write = 0x23,
    Secure = 0x24,
    Next = 0x25,
    WaitReadable = 0x26,
    Attach = 0x27,
    StatusIs = 0x81,
    Done = 0x82,
    Failed = 0x83,
    Found = 0xa0,
    Unmet = 0xa1,
    Messages = 0xa2,
    Message = 0xa3,
    Accepted = 0xa4,
}

impl Kind {
    const ALL: [Kind; 20] = [
        Kind::Status,
        Kind::Close,
        Kind::Data,
        Kind::End,
        Kind::Read,
        Kind::Ack,
        Kind::Nack,
        Kind::Write,
        Kind::Secure,
        Kind::Next,
        Kind::WaitReadable,
        Kind::Attach,
        Kind::StatusIs,
        Kind::Done,
        Kind::Failed,
        Kind::Found,
        Kind::Unmet,
        Kind::Messages,
        Kind::Message,
        Kind::Accepted,
    ];

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    pub(super) fn bad_payload(self, reason: impl ToString) -> WireError {
        WireError::BadPayload { kind: self as u8, reason: reason.to_string() }
    }

    /// Appends a frame of this kind.
    pub(super) fn encode(self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), WireError> {
        let too_long = WireError::TooLong { kind: self as u8, length: payload.len() };
        if payload.len() > MAX_PAYLOAD {
            return Err(too_long);
        }
        out.extend_from_slice(&header(self, u32::try_from(payload.len()).map_err(|_| too_long)?));
        out.extend_from_slice(payload);
        Ok(())
    }

    /// Appends a frame of this kind whose payload is JSON.
    pub(super) fn encode_json(self, value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), WireError> {
        let payload = serde_json::to_vec(value).map_err(|error| self.bad_payload(error))?;
        self.encode(&payload, out)
    }
}

/// The header of a `Data` frame whose payload is written by itself, for those who do not want to copy it. At most
/// [`MAX_PAYLOAD`] bytes.
pub fn data_header(length: u32) -> [u8; 5] {
    header(Kind::Data, length)
}

fn header(kind: Kind, length: u32) -> [u8; HEADER] {
    let [a, b, c, d] = length.to_be_bytes();
    [kind as u8, a, b, c, d]
}

/// A frame as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its kind, which may be none that is known.
    pub kind: u8,
    /// Its content.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// The JSON of the payload. serde_json bounds its nesting.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        serde_json::from_slice(self.payload)
            .map_err(|error| WireError::BadPayload { kind: self.kind, reason: error.to_string() })
    }
}

/// Cuts received bytes into a greeting and frames, however they come.
///
/// It holds what was received and not taken out yet, at most one frame of the largest size when its own
/// [`Decoder::area`] is used, and no memory for bytes that were only announced. After an error it stays in error.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: ByteQueue,
    /// The length of the frame that was given out last, header included.
    given: usize,
    error: Option<WireError>,
}

impl Decoder {
    /// A decoder that has received nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Memory to receive into, empty when there is a whole frame to take out first.
    pub fn area(&mut self) -> &mut [u8] {
        self.drop_given();
        let space = (HEADER + MAX_PAYLOAD).saturating_sub(self.bytes.len());
        self.bytes.area(space)
    }

    /// The first `count` bytes of the area were received.
    pub fn filled(&mut self, count: usize) {
        self.bytes.filled(count);
    }

    /// The greeting, to be asked for first; `None`: not whole yet.
    ///
    /// # Errors
    /// It is none.
    pub fn greeting(&mut self) -> Result<Option<Greeting>, WireError> {
        self.check()?;
        let greeting = Greeting::decode(self.bytes.unread()).inspect_err(|error| self.error = Some(error.clone()))?;
        if greeting.is_some() {
            self.bytes.consume(Greeting::LENGTH);
        }
        Ok(greeting)
    }

    /// The next frame; `None`: not whole yet.
    ///
    /// # Errors
    /// The frame claims to be too large.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, WireError> {
        self.check()?;
        self.drop_given();
        let Some((&[kind, a, b, c, d], rest)) = self.bytes.unread().split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > MAX_PAYLOAD {
            let error = WireError::TooLong { kind, length };
            self.error = Some(error.clone());
            return Err(error);
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        self.given = HEADER + length;
        Ok(Some(Frame { kind, payload }))
    }

    /// Whether a whole frame is there; it is not taken out.
    ///
    /// # Errors
    /// As [`Decoder::next_frame`].
    pub fn has_frame(&mut self) -> Result<bool, WireError> {
        let there = self.next_frame()?.is_some();
        self.given = 0;
        Ok(there)
    }

    /// The connection has ended.
    ///
    /// # Errors
    /// Inside a greeting or a frame, or there was an error before.
    pub fn finish(&mut self) -> Result<(), WireError> {
        self.check()?;
        self.drop_given();
        if self.bytes.len() == 0 { Ok(()) } else { Err(WireError::Cut) }
    }

    /// The memory that it holds, in bytes.
    #[cfg(test)]
    pub(super) fn bytes_held(&self) -> usize {
        self.bytes.memory()
    }

    fn check(&self) -> Result<(), WireError> {
        self.error.clone().map_or(Ok(()), Err)
    }

    fn drop_given(&mut self) {
        self.bytes.consume(std::mem::take(&mut self.given));
    }
}
