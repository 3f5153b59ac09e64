//! What every encoding of tuples can do: values to bytes, and bytes to values as they arrive.
//!
//! No I/O: the caller owns the buffer. It appends what it reads, calls [`Codec::decode`] with everything that no
//! tuple has consumed yet, and drops `consumed` bytes from the front after each tuple. A codec remembers how far it
//! has looked, so that a tuple of many MiB that arrives in small pieces is looked at once.
//!
//! ```
//! use netverb::tuple::{Codec, Encoding, Progress};
//!
//! let mut codec = Encoding::Cbor.codec(1024);
//! let mut buffer = Vec::new();
//! let mut lengths = Vec::new();
//! for piece in [&[0x82, 0x01][..], &[0x02, 0x81], &[0x07]] {
//!     buffer.extend_from_slice(piece);
//!     let mut used = 0;
//!     while let Progress::Got(tuple, consumed) = codec.decode(&buffer[used..])? {
//!         used += consumed;
//!         lengths.push(tuple.len());
//!     }
//!     buffer.drain(..used);
//! }
//! assert_eq!(codec.finish(&buffer)?, None);
//! assert_eq!(lengths, [2, 1]);
//! # Ok::<(), netverb::tuple::CodecError>(())
//! ```

use super::literal::Integers;
use super::value::Tuple;
use crate::exit::Exit;

/// How far decoding has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// No whole tuple is there yet.
    NeedMore,
    /// A tuple, and how many bytes from the front of the data it took.
    Got(Tuple, usize),
}

/// Why bytes are no tuple or a tuple cannot be bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not of this encoding.
    #[error("received data is no tuple: {0}")]
    NotATuple(String),
    /// The tuple is, or claims to be, larger than the limit.
    #[error(
        "the tuple is larger than {limit} bytes, or than four times that in memory; --max-bytes sets another limit"
    )]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The data ended inside a tuple.
    #[error("the data ended inside a tuple, {received} bytes after its beginning")]
    Cut {
        /// How many bytes of the tuple had come.
        received: usize,
    },
    /// Values do not fit the format, or bytes do not.
    #[error("data does not match the format `{format}`: {reason}")]
    DoesNotMatch {
        /// The format, as written.
        format: String,
        /// What does not match.
        reason: String,
    },
    /// The format itself is wrong.
    #[error("invalid format `{format}`: {reason}")]
    InvalidFormat {
        /// The format, as written.
        format: String,
        /// What is wrong with it, where, and what to write.
        reason: String,
    },
    /// The encoding has no form for a value that came in another encoding.
    #[error("{encoding} has no form for {what}; choose another --encoding")]
    CannotHold {
        /// The name of the encoding.
        encoding: &'static str,
        /// The value.
        what: String,
    },
}

impl CodecError {
    /// The exit status that a command ends with.
    pub fn exit(&self) -> Exit {
        match self {
            CodecError::NotATuple(_) | CodecError::DoesNotMatch { .. } | CodecError::CannotHold { .. } => {
                Exit::Negative
            }
            CodecError::TooLarge { .. } => Exit::TooLarge,
            CodecError::Cut { .. } => Exit::ReceiveFailed,
            CodecError::InvalidFormat { .. } => Exit::Usage,
        }
    }
}

/// An encoding of tuples. After an error, what follows in a stream has no meaning.
pub trait Codec: Send {
    /// The name of the encoding; for packed formats, the format of the last tuple decoded.
    fn name(&self) -> &str;

    /// Which integers can be typed to be sent.
    fn integers(&self) -> Integers {
        Integers::Signed
    }

    /// Appends the bytes of one tuple.
    ///
    /// # Errors
    /// The values do not fit the encoding; nothing is appended then.
    fn encode(&self, tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Looks for a tuple at the front of the data of a stream. After [`Progress::NeedMore`] the next call begins with
    /// the same bytes and more behind them.
    ///
    /// # Errors
    /// As soon as the bytes cannot become a tuple, or one within the limit.
    fn decode(&mut self, data: &[u8]) -> Result<Progress, CodecError>;

    /// The same when nothing more is there for the moment: a packed format whose end the bytes do not show takes what
    /// came. Called after [`Codec::decode`] needed more. Other encodings go on waiting.
    ///
    /// # Errors
    /// As for [`Codec::decode`].
    fn settle(&mut self, _data: &[u8]) -> Result<Progress, CodecError> {
        Ok(Progress::NeedMore)
    }

    /// The stream has ended with these bytes, of which [`Codec::decode`] needed more: `None` where nothing is left
    /// over, the last tuple where the end of the stream is what ends it.
    ///
    /// # Errors
    /// [`CodecError::Cut`] inside a tuple.
    fn finish(&mut self, rest: &[u8]) -> Result<Option<Tuple>, CodecError>;

    /// Forgets what it has seen of an unfinished tuple.
    fn reset(&mut self);

    /// The tuple that a whole message (a datagram, a WebSocket or ZeroMQ message) holds; each message holds exactly
    /// one.
    ///
    /// # Errors
    /// As for [`Codec::decode`]; [`CodecError::NotATuple`] also where something follows the tuple.
    fn decode_message(&mut self, data: &[u8]) -> Result<Tuple, CodecError> {
        self.reset();
        match self.decode(data)? {
            Progress::Got(tuple, consumed) => match self.finish(data.get(consumed..).unwrap_or_default()) {
                Ok(None) => Ok(tuple),
                _ => Err(CodecError::NotATuple(format!(
                    "{} bytes follow the tuple in its message",
                    data.len().saturating_sub(consumed)
                ))),
            },
            Progress::NeedMore => match self.finish(data) {
                Ok(Some(tuple)) => Ok(tuple),
                Ok(None) => Err(CodecError::NotATuple("the message is empty".to_owned())),
                // Nothing can follow a message that would complete it.
                Err(CodecError::Cut { received }) => {
                    Err(CodecError::NotATuple(format!("the message ends inside a tuple, after {received} bytes")))
                }
                Err(error) => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_their_statuses() {
        let owned = String::new;
        let table = [
            (CodecError::NotATuple(owned()), 1),
            (CodecError::DoesNotMatch { format: owned(), reason: owned() }, 1),
            (CodecError::CannotHold { encoding: "cbor", what: owned() }, 1),
            (CodecError::InvalidFormat { format: owned(), reason: owned() }, 2),
            (CodecError::Cut { received: 1 }, 56),
            (CodecError::TooLarge { limit: 1 }, 63),
        ];
        for (error, status) in table {
            assert_eq!(error.exit().status(), status, "{error}");
        }
    }
}
