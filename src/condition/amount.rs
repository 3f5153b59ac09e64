//! `--for`: counted amounts, how they are written and rendered. They are counted in `count.rs`.
//!
//! Lines end in LF, which belongs to them; at the end of the data an unended line is not one. Words are separated by
//! ASCII whitespace: whitespace before the first is passed over, and the byte after the last one stays unread. Items
//! are separated by commas and by nothing else, as LiveCode's; the comma after the last one is its terminator. The
//! end of the data ends a word and an item. Binary numbers are in network byte order (most significant byte first)
//! and become decimal numbers separated by commas.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quantity::{QuantityError, parse_size};

/// A number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// How many; 0 is satisfied at once.
    pub count: u64,
    /// Of what.
    pub unit: Unit,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Lines, each with its LF.
    Lines,
    /// Words.
    Words,
    /// Items.
    Items,
    /// Messages of a socket that keeps their boundaries.
    Messages,
    /// Binary integers.
    Numbers(NumberKind),
}

/// A binary integer: its signedness and its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberKind {
    /// 1 byte, signed.
    Int1,
    /// 1 byte, unsigned.
    Uint1,
    /// 2 bytes, signed.
    Int2,
    /// 2 bytes, unsigned.
    Uint2,
    /// 4 bytes, signed.
    Int4,
    /// 4 bytes, unsigned.
    Uint4,
    /// 8 bytes, signed.
    Int8,
    /// 8 bytes, unsigned.
    Uint8,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It does not begin with a number.
    #[error("amount \"{0}\" does not begin with a whole number: write for example 512, 4k, \"3 lines\" or \"2 uint4\"")]
    NoCount(String),
    /// It is more than can be counted.
    #[error("amount \"{0}\" is too large: at most 18446744073709551615 bytes can be counted")]
    Overflow(String),
    /// The unit is not known.
    #[error(
        "amount \"{0}\" has no unit known here: write k, M, G, bytes, lines, words, items, messages, \
         or int1, uint1, int2, uint2, int4, uint4, int8, uint8"
    )]
    UnknownUnit(String),
}

impl NumberKind {
    /// Its size in bytes.
    pub fn size(self) -> usize {
        match self {
            NumberKind::Int1 | NumberKind::Uint1 => 1,
            NumberKind::Int2 | NumberKind::Uint2 => 2,
            NumberKind::Int4 | NumberKind::Uint4 => 4,
            NumberKind::Int8 | NumberKind::Uint8 => 8,
        }
    }

    /// The decimal number that these bytes stand for, most significant first.
    fn decimal(self, bytes: &[u8]) -> String {
        let value = bytes.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
        match self {
            NumberKind::Uint1 | NumberKind::Uint2 | NumberKind::Uint4 | NumberKind::Uint8 => value.to_string(),
            NumberKind::Int1 | NumberKind::Int2 | NumberKind::Int4 | NumberKind::Int8 => {
                let unused = 64 - 8 * self.size();
                ((value << unused).cast_signed() >> unused).to_string()
            }
        }
    }
}

impl Amount {
    /// What is printed for a received value: numbers in decimal, separated by commas, without a line ending;
    /// everything else as it is.
    pub fn render(self, value: &[u8]) -> Cow<'_, [u8]> {
        match self.unit {
            Unit::Numbers(kind) => {
                let numbers: Vec<String> = value.chunks_exact(kind.size()).map(|bytes| kind.decimal(bytes)).collect();
                Cow::Owned(numbers.join(",").into_bytes())
            }
            _ => Cow::Borrowed(value),
        }
    }

    /// The fewest bytes that can be this amount.
    pub(super) fn fewest_bytes(self) -> u64 {
        match self.unit {
            Unit::Bytes | Unit::Lines | Unit::Words => self.count,
            Unit::Numbers(kind) => self.count.saturating_mul(kind.size() as u64),
            Unit::Items => self.count.saturating_sub(1),
            Unit::Messages => 0,
        }
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.trim();
        let digits = written.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(written.len());
        let (digits, unit) = written.split_at_checked(digits).unwrap_or_default();
        if digits.is_empty() {
            return Err(AmountError::NoCount(text.into()));
        }
        let overflow = || AmountError::Overflow(text.into());
        if let Some(unit) = unit_named(unit.trim_start()) {
            return Ok(Amount { count: digits.parse().map_err(|_| overflow())?, unit });
        }
        let count = parse_size(written).map_err(|error| match error {
            QuantityError::SizeTooLarge(_) => overflow(),
            _ => AmountError::UnknownUnit(text.into()),
        })?;
        Ok(Amount { count, unit: Unit::Bytes })
    }
}

/// The unit of this name, in either case, one or many.
fn unit_named(word: &str) -> Option<Unit> {
    Some(match word.to_ascii_lowercase().as_str() {
        "" | "byte" | "bytes" | "char" | "chars" | "character" | "characters" => Unit::Bytes,
        "line" | "lines" => Unit::Lines,
        "word" | "words" => Unit::Words,
        "item" | "items" => Unit::Items,
        "message" | "messages" => Unit::Messages,
        "int1" => Unit::Numbers(NumberKind::Int1),
        "uint1" => Unit::Numbers(NumberKind::Uint1),
        "int2" => Unit::Numbers(NumberKind::Int2),
        "uint2" => Unit::Numbers(NumberKind::Uint2),
        "int4" => Unit::Numbers(NumberKind::Int4),
        "uint4" => Unit::Numbers(NumberKind::Uint4),
        "int8" => Unit::Numbers(NumberKind::Int8),
        "uint8" => Unit::Numbers(NumberKind::Uint8),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_they_are_written() {
        let table = [
            ("0", 0, Unit::Bytes),
            ("10", 10, Unit::Bytes),
            ("4k", 4096, Unit::Bytes),
            ("1.5K", 1536, Unit::Bytes),
            ("2M", 2 << 20, Unit::Bytes),
            ("1G", 1 << 30, Unit::Bytes),
            ("5 chars", 5, Unit::Bytes),
            ("1 line", 1, Unit::Lines),
            ("3 lines", 3, Unit::Lines),
            ("3lines", 3, Unit::Lines),
            (" 3  Words ", 3, Unit::Words),
            ("2 items", 2, Unit::Items),
            ("7 messages", 7, Unit::Messages),
            ("1 int1", 1, Unit::Numbers(NumberKind::Int1)),
            ("2 uInt2", 2, Unit::Numbers(NumberKind::Uint2)),
            ("2 int4", 2, Unit::Numbers(NumberKind::Int4)),
            ("2 uint8", 2, Unit::Numbers(NumberKind::Uint8)),
        ];
        for (text, count, unit) in table {
            assert_eq!(text.parse(), Ok(Amount { count, unit }), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_amount() {
        for text in ["", "k", "-1", "lines", "+3", "٣ lines", ".5k"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::NoCount(text.into())), "{text:?}");
        }
        for text in ["18446744073709551616", "17179869184G"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::Overflow(text.into())), "{text:?}");
        }
        for text in ["1.5", "3 sheep", "3 int3", "4 k", "1.5 lines", "2 é"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::UnknownUnit(text.into())), "{text:?}");
        }
    }

    #[test]
    fn numbers_come_back_in_decimal() {
        let table: [(&str, &[u8], &str); 9] = [
            ("3 int1", b"\x7f\x80\xff", "127,-128,-1"),
            ("3 uint1", b"\x7f\x80\xff", "127,128,255"),
            ("2 int2", b"\xff\xfe\x01\x00", "-2,256"),
            ("2 uint2", b"\xff\xfe\x01\x00", "65534,256"),
            ("1 int4", b"\x80\0\0\0", "-2147483648"),
            ("1 uint4", b"\xff\xff\xff\xff", "4294967295"),
            ("1 int8", b"\x80\0\0\0\0\0\0\0", "-9223372036854775808"),
            ("1 uint8", b"\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
            ("0 int4", b"", ""),
        ];
        for (amount, bytes, text) in table {
            let amount: Amount = amount.parse().unwrap();
            assert_eq!(amount.render(bytes), text.as_bytes(), "{amount:?}");
        }
        let lines: Amount = "1 line".parse().unwrap();
        assert_eq!(lines.render(b"a\n"), &b"a\n"[..]);
    }
}
