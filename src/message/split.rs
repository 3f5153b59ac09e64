//! `--split KIND`: what marks the boundary between messages in a byte stream, and writing messages with it.
//! Reading them is in `splitter`.

use std::num::NonZeroU64;
use std::str::FromStr;

use crate::quantity::{self, QuantityError};

/// What ends a message in a byte stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Nothing: the whole stream is one message.
    None,
    /// LF, which is no part of the message.
    Line,
    /// NUL, which is no part of the message.
    Nul,
    /// The length of each message stands before it: 4 bytes, big-endian, unsigned, not counting themselves.
    Length,
    /// What one read gives is one message.
    Chunk,
    /// Each message has this many bytes; the last one may be shorter.
    Size(NonZeroU64),
}

/// Why a text names no way to split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitKindError {
    /// Neither a word nor a size.
    #[error(
        "not a way to split messages: {0:?}; type none, line, nul, length, chunk, or a size in bytes such as 512 or 4k"
    )]
    Unknown(String),
    /// Messages of no bytes never end.
    #[error("message size is zero: {0:?}; type a size of at least 1 byte, such as 512 or 4k")]
    Zero(String),
    /// A size that is out of range.
    #[error(transparent)]
    Size(QuantityError),
}

impl FromStr for Split {
    type Err = SplitKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Split::None),
            "line" => Ok(Split::Line),
            "nul" => Ok(Split::Nul),
            "length" => Ok(Split::Length),
            "chunk" => Ok(Split::Chunk),
            _ => match quantity::parse_size(text) {
                Ok(size) => NonZeroU64::new(size).map(Split::Size).ok_or_else(|| SplitKindError::Zero(text.to_owned())),
                Err(QuantityError::NotASize(_)) => Err(SplitKindError::Unknown(text.to_owned())),
                Err(error) => Err(SplitKindError::Size(error)),
            },
        }
    }
}

/// A message is too long for its length prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message of {length} bytes is too long for a length prefix of 4 bytes; split by line or nul instead")]
pub struct JoinError {
    /// The length of the message in bytes.
    pub length: usize,
}

impl Split {
    /// Appends a message with its prefix or terminator to `output`.
    ///
    /// `none`, `chunk` and a size add nothing to the message. A terminator inside a message is written as it is: only
    /// `length` carries any bytes unambiguously.
    pub fn join(self, message: &[u8], output: &mut Vec<u8>) -> Result<(), JoinError> {
        if self == Split::Length {
            let length = u32::try_from(message.len()).map_err(|_| JoinError { length: message.len() })?;
            output.extend_from_slice(&length.to_be_bytes());
        }
        output.extend_from_slice(message);
        match self {
            Split::Line => output.push(b'\n'),
            Split::Nul => output.push(0),
            Split::None | Split::Length | Split::Chunk | Split::Size(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(bytes: u64) -> Split {
        Split::Size(NonZeroU64::new(bytes).unwrap())
    }

    #[test]
    fn kinds_are_words_or_sizes() {
        for (text, split) in [
            ("none", Split::None),
            ("line", Split::Line),
            ("NUL", Split::Nul),
            ("length", Split::Length),
            ("chunk", Split::Chunk),
            ("512", size(512)),
            ("4k", size(4096)),
        ] {
            assert_eq!(text.parse(), Ok(split), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_choices() {
        assert_eq!("0".parse::<Split>(), Err(SplitKindError::Zero("0".into())));
        assert_eq!("0.0001k".parse::<Split>(), Err(SplitKindError::Zero("0.0001k".into())));
        assert!(matches!("99999999999G".parse::<Split>(), Err(SplitKindError::Size(QuantityError::SizeTooLarge(_)))));
        let message = "words".parse::<Split>().unwrap_err().to_string();
        assert!(message.contains("\"words\"") && message.contains("none, line, nul, length, chunk"), "{message}");
    }

    #[test]
    fn each_message_gets_its_boundary() {
        let joined = |split: Split, message: &[u8]| {
            let mut output = b"before ".to_vec();
            split.join(message, &mut output).unwrap();
            output
        };
        assert_eq!(joined(Split::None, b"abc"), b"before abc");
        assert_eq!(joined(Split::Line, b"abc"), b"before abc\n");
        assert_eq!(joined(Split::Line, b""), b"before \n");
        assert_eq!(joined(Split::Nul, b"abc"), b"before abc\0");
        assert_eq!(joined(Split::Length, b"abc"), b"before \0\0\0\x03abc");
        assert_eq!(joined(Split::Length, b""), b"before \0\0\0\0");
        assert_eq!(joined(Split::Chunk, b"abc"), b"before abc");
        assert_eq!(joined(size(2), b"abc"), b"before abc");
    }
}
