//! Tuples as packed binary data: `--format`, letter by letter, with nothing between the fields.
//!
//! | letter | bytes | value |
//! |---|---|---|
//! | `c` `s` `i` `q` | 1, 2, 4, 8 | integer with sign, two's complement |
//! | `C` `S` `I` `Q` | 1, 2, 4, 8 | integer without sign |
//! | `f` `d` | 4, 8 | real, IEEE 754; an integer is taken where the real is exactly it |
//! | `A` | its length, 1024 where none is written | string, filled with spaces; spaces at its end are dropped when reading |
//! | `Z` | its length, 1024 | string, filled with NULs and ended by one at least; it ends at the first when reading |
//! | `z` | as many as it has, up to its count, 1024 | string, with nothing at its end |
//! | `a` | as many as it has; its length | bytes as they are; a string is taken too |
//! | `-` `_` | 1 | no value: writes 00 or 20, and expects it when reading |
//!
//! Behind a number's letter stands its byte order, `n` or `>` for network order, `<` for little-endian, none for that
//! of the machine; behind that how often it occurs, or the length of a string. Blanks and commas are ignored. Strings
//! are converted by the character set. Bytes are taken wherever a string is, as they are.
//!
//! A packet has no mark at its end. In a message, its size is the message's; of several formats the first whose size
//! fits wins. In a stream, one format without `z` cuts packets of its size. Otherwise a packet is what had come when
//! nothing more was there for the moment ([`Codec::settle`]), provided that a format has that size; when more than
//! the largest packet has come, the first of the largest formats takes its size.

mod field;
mod format;

use super::charset::Charset;
use super::codec::{Codec, CodecError, Progress};
use super::literal::Integers;
use super::value::Tuple;

use self::field::Field;
pub use self::format::{Format, Size};

/// The codec; see the module for its bytes.
#[derive(Debug)]
pub struct Pack {
    /// At least one.
    formats: Vec<Format>,
    charset: Charset,
    max_bytes: usize,
    /// The format of the last tuple decoded.
    fitted: usize,
}

impl Pack {
    /// A codec for sending tuples in one format.
    ///
    /// # Errors
    /// [`CodecError::InvalidFormat`].
    pub fn sender(format: &str, charset: Charset, max_bytes: usize) -> Result<Self, CodecError> {
        Self::new(vec![Format::parse(format)?], charset, max_bytes)
    }

    /// A codec for receiving tuples in one of several formats; it sends in the first.
    ///
    /// # Errors
    /// [`CodecError::InvalidFormat`], also for what can only be sent and for no format at all;
    /// [`CodecError::TooLarge`] where a packet is larger than the limit.
    pub fn receiver<S: AsRef<str>>(formats: &[S], charset: Charset, max_bytes: usize) -> Result<Self, CodecError> {
        let formats = formats.iter().map(|format| Format::parse(format.as_ref())).collect::<Result<Vec<_>, _>>()?;
        formats.iter().try_for_each(Format::check_receivable)?;
        Self::new(formats, charset, max_bytes)
    }

    fn new(formats: Vec<Format>, charset: Charset, max_bytes: usize) -> Result<Self, CodecError> {
        if formats.is_empty() {
            Format::parse("")?;
        }
        if formats.iter().any(|format| format.size().max > max_bytes as u64) {
            return Err(CodecError::TooLarge { limit: max_bytes });
        }
        Ok(Pack { formats, charset, max_bytes, fitted: 0 })
    }

    /// The first format that a packet of this size can have.
    fn fitting(&self, size: usize) -> Option<usize> {
        let size = size as u64;
        self.formats.iter().position(|format| (format.size().min..=format.size().max).contains(&size))
    }

    fn largest(&self) -> u64 {
        self.formats.iter().map(|format| format.size().max).max().unwrap_or(0)
    }

    fn unpack(&mut self, index: usize, packet: &[u8]) -> Result<Tuple, CodecError> {
        let Some(format) = self.formats.get(index) else { return Ok(Tuple::default()) };
        self.fitted = index;
        // At most one field varies; it has what the others leave.
        let varying = (packet.len() as u64).saturating_sub(format.size().min);
        let mut values = Vec::with_capacity(usize::try_from(format.values()).unwrap_or_default());
        let mut rest = packet;
        for field in format.fields() {
            let size = if let Field::Variable { .. } = field { varying } else { field.min_size() };
            let bytes = usize::try_from(size).ok().and_then(|size| rest.split_at_checked(size));
            let Some((bytes, after)) = bytes else { return Err(mismatch(format, size_reason(packet.len()))) };
            field.decode(bytes, self.charset, &mut values).map_err(|reason| mismatch(format, reason))?;
            rest = after;
        }
        Ok(values.into())
    }
}

impl Codec for Pack {
    fn name(&self) -> &str {
        self.formats.get(self.fitted).map_or("", Format::text)
    }

    fn integers(&self) -> Integers {
        Integers::UnsignedToo
    }

    fn encode(&self, tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let Some(format) = self.formats.first() else { return Ok(()) };
        if format.values() != tuple.len() as u64 {
            let reason = format!("the tuple has {} values, and the format takes {}", tuple.len(), format.values());
            return Err(mismatch(format, reason));
        }
        let before = out.len();
        let mut values = tuple.values().iter();
        for field in format.fields() {
            let written = field.encode(&mut values, self.charset, out).map_err(|reason| mismatch(format, reason));
            let size = out.len().saturating_sub(before);
            if written.is_err() || size > self.max_bytes {
                out.truncate(before);
                return written.and(Err(CodecError::TooLarge { limit: self.max_bytes }));
            }
        }
        Ok(())
    }

    fn decode(&mut self, data: &[u8]) -> Result<Progress, CodecError> {
        let largest = self.largest();
        // What can only be sent may have no size; an empty packet would never end.
        let packet = usize::try_from(largest).ok().filter(|size| *size > 0).and_then(|size| data.get(..size));
        let index = self.formats.iter().position(|format| format.size().max == largest);
        match (packet, index) {
            (Some(packet), Some(index)) => Ok(Progress::Got(self.unpack(index, packet)?, packet.len())),
            _ => Ok(Progress::NeedMore),
        }
    }

    fn settle(&mut self, data: &[u8]) -> Result<Progress, CodecError> {
        match self.fitting(data.len()) {
            Some(index) if !data.is_empty() => Ok(Progress::Got(self.unpack(index, data)?, data.len())),
            _ => Ok(Progress::NeedMore),
        }
    }

    fn finish(&mut self, rest: &[u8]) -> Result<Option<Tuple>, CodecError> {
        match self.settle(rest)? {
            Progress::Got(tuple, _) => Ok(Some(tuple)),
            Progress::NeedMore if rest.is_empty() => Ok(None),
            Progress::NeedMore => Err(CodecError::Cut { received: rest.len() }),
        }
    }

    fn reset(&mut self) {}

    fn decode_message(&mut self, data: &[u8]) -> Result<Tuple, CodecError> {
        match self.fitting(data.len()) {
            Some(index) => self.unpack(index, data),
            None => {
                let formats: Vec<&str> = self.formats.iter().map(Format::text).collect();
                let reason = size_reason(data.len());
                Err(CodecError::DoesNotMatch { format: formats.join("`, `"), reason })
            }
        }
    }
}

fn mismatch(format: &Format, reason: String) -> CodecError {
    CodecError::DoesNotMatch { format: format.text().to_owned(), reason }
}

fn size_reason(received: usize) -> String {
    format!("{received} bytes were received")
}

#[cfg(test)]
mod tests;
