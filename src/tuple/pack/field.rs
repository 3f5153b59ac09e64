//! The fields of a packed format: one letter each, values to bytes and back.
//!
//! Errors are reasons, in words; the codec adds the format that they belong to.

use std::borrow::Cow;

use crate::tuple::charset::Charset;
use crate::tuple::literal;
use crate::tuple::value::{Nested, Value};

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Most significant first: network order.
    Big,
    /// Least significant first.
    Little,
}

impl Order {
    /// The order of this machine.
    pub const HOST: Order = if cfg!(target_endian = "big") { Order::Big } else { Order::Little };
}

/// A kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    letter: char,
    width: usize,
    class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Signed,
    Unsigned,
    Float,
}

/// What fills a string up to the length of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pad {
    /// Spaces; those at the end are dropped when reading.
    Space,
    /// NULs, one at least; the string ends at the first when reading.
    Nul,
}

/// A letter with its modifier and count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `c C s S i I q Q f d`: so many numbers, each a value.
    Number {
        /// Which.
        number: Number,
        /// The order of its bytes.
        order: Order,
        /// How many.
        count: u32,
    },
    /// `A`, `Z`: a string in a field of fixed length.
    Padded {
        /// With what it is filled.
        pad: Pad,
        /// In bytes.
        length: u32,
    },
    /// `z`: a string that is as long as it is.
    Variable {
        /// In bytes.
        max: u32,
    },
    /// `a`: bytes as they are.
    Raw {
        /// In bytes; unknown where the field is only sent.
        length: Option<u32>,
    },
    /// `-`, `_`: bytes that are no value.
    Skip {
        /// What is written, and must be there when reading.
        byte: u8,
        /// How many.
        count: u32,
    },
}

impl Number {
    /// The kind that a letter stands for.
    pub fn of(letter: char) -> Option<Self> {
        let (width, class) = match letter {
            'c' => (1, Class::Signed),
            'C' => (1, Class::Unsigned),
            's' => (2, Class::Signed),
            'S' => (2, Class::Unsigned),
            'i' => (4, Class::Signed),
            'I' => (4, Class::Unsigned),
            'q' => (8, Class::Signed),
            'Q' => (8, Class::Unsigned),
            'f' => (4, Class::Float),
            'd' => (8, Class::Float),
            _ => return None,
        };
        Some(Number { letter, width, class })
    }

    /// Lowest and highest integer.
    fn range(self) -> (i128, i128) {
        let bits = self.width.saturating_mul(8);
        match self.class {
            Class::Signed => (-(1 << bits.saturating_sub(1)), (1 << bits.saturating_sub(1)) - 1),
            Class::Unsigned | Class::Float => (0, (1 << bits) - 1),
        }
    }

    /// The number in the low bytes; `None` where the value does not fit.
    fn bits(self, value: &Value) -> Option<u64> {
        if self.class == Class::Float {
            return self.float_bits(value);
        }
        let integer = match value {
            Value::Integer(number) => i128::from(*number),
            Value::Nested(nested) => match **nested {
                Nested::Wide(number) => number,
                _ => return None,
            },
            _ => return None,
        };
        let (low, high) = self.range();
        let fits = (low..=high).contains(&integer);
        // Two's complement, as in memory.
        fits.then_some(integer as u64)
    }

    /// An integer is taken where the real of that size is exactly it.
    fn float_bits(self, value: &Value) -> Option<u64> {
        let number = match value {
            Value::Real(number) => *number,
            Value::Integer(number) => *number as f64,
            _ => return None,
        };
        let narrow = number as f32;
        let exact = match value {
            Value::Integer(integer) if self.width == 4 => narrow as i128 == i128::from(*integer),
            Value::Integer(integer) => number as i128 == i128::from(*integer),
            _ => self.width == 8 || narrow.is_finite() || !number.is_finite(),
        };
        let bits = if self.width == 4 { u64::from(narrow.to_bits()) } else { number.to_bits() };
        exact.then_some(bits)
    }

    fn encode(self, order: Order, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
        let bits = self.bits(value).ok_or_else(|| self.misfit(value))?;
        match order {
            Order::Big => out.extend(bits.to_be_bytes().into_iter().skip(8usize.saturating_sub(self.width))),
            Order::Little => out.extend(bits.to_le_bytes().into_iter().take(self.width)),
        }
        Ok(())
    }

    fn decode(self, order: Order, bytes: &[u8]) -> Value {
        let shift = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        let bits = match order {
            Order::Big => bytes.iter().fold(0, shift),
            Order::Little => bytes.iter().rev().fold(0, shift),
        };
        match (self.class, self.width) {
            (Class::Float, 4) => Value::Real(f32::from_bits(bits as u32).into()),
            (Class::Float, _) => Value::Real(f64::from_bits(bits)),
            (Class::Unsigned, _) => Value::integer(bits.into()),
            (Class::Signed, width) => {
                let unused = 64usize.saturating_sub(width.saturating_mul(8));
                Value::Integer((bits << unused).cast_signed() >> unused)
            }
        }
    }

    fn misfit(self, value: &Value) -> String {
        let letter = self.letter;
        match (self.class, value) {
            (Class::Float, Value::Real(_) | Value::Integer(_)) => {
                format!("{} is no value of `{letter}`, a real of {} bytes", shown(value), self.width)
            }
            (Class::Float, _) => format!("{}, and `{letter}` takes a real", shown(value)),
            (_, Value::Integer(_) | Value::Nested(_)) => {
                let (low, high) = self.range();
                format!("{}, and `{letter}` takes an integer from {low} to {high}", shown(value))
            }
            _ => format!("{}, and `{letter}` takes an integer", shown(value)),
        }
    }
}

impl Field {
    /// How many values it takes or gives.
    pub fn values(&self) -> u64 {
        match self {
            Field::Number { count, .. } => (*count).into(),
            Field::Skip { .. } => 0,
            _ => 1,
        }
    }

    /// In bytes.
    pub fn min_size(&self) -> u64 {
        match self {
            Field::Variable { .. } => 0,
            _ => self.max_size(),
        }
    }

    /// In bytes; 0 for what has no limit.
    pub fn max_size(&self) -> u64 {
        match self {
            Field::Number { number, count, .. } => (number.width as u64).saturating_mul((*count).into()),
            Field::Padded { length, .. } | Field::Variable { max: length } => (*length).into(),
            Field::Raw { length } => length.unwrap_or(0).into(),
            Field::Skip { count, .. } => (*count).into(),
        }
    }

    /// Writes the field, taking its values from the front.
    pub fn encode<'a>(
        &self,
        values: &mut impl Iterator<Item = &'a Value>,
        charset: Charset,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if let Field::Number { number, order, count } = self {
            return values.take(*count as usize).try_for_each(|value| number.encode(*order, value, out));
        }
        if let Field::Skip { byte, count } = self {
            out.resize(out.len().saturating_add(*count as usize), *byte);
            return Ok(());
        }
        let Some(value) = values.next() else { return Ok(()) };
        let bytes = match value {
            Value::Text(text) => charset.encode(text).map_err(|error| format!("{}: {error}", shown(value)))?,
            Value::Bytes(bytes) => Cow::Borrowed(bytes.as_slice()),
            Value::Integer(_) | Value::Real(_) => {
                let typed = literal::print(value).unwrap_or_default();
                return Err(format!("`{typed}`, where a string belongs: type s:{typed}"));
            }
            Value::Nested(_) => return Err(format!("{}, where a string belongs", shown(value))),
        };
        self.check_length(value, &bytes)?;
        out.extend_from_slice(&bytes);
        if let Field::Padded { pad, length } = self {
            let missing = (*length as usize).saturating_sub(bytes.len());
            out.resize(out.len().saturating_add(missing), if *pad == Pad::Nul { 0 } else { b' ' });
        }
        Ok(())
    }

    fn check_length(&self, value: &Value, bytes: &[u8]) -> Result<(), String> {
        let fits = |limit: u32| match bytes.len() <= limit as usize {
            true => Ok(()),
            false => Err(format!("{} has {} bytes, and the field holds {limit}", shown(value), bytes.len())),
        };
        match self {
            Field::Padded { pad: Pad::Nul, .. } if bytes.contains(&0) => {
                Err(format!("{} holds a NUL, which ends a `Z`", shown(value)))
            }
            Field::Padded { pad: Pad::Nul, length } => fits(length.saturating_sub(1)),
            Field::Padded { pad: Pad::Space, length } | Field::Variable { max: length } => fits(*length),
            Field::Raw { length: Some(length) } if bytes.len() != *length as usize => {
                Err(format!("{} has {} bytes, and the field has {length}", shown(value), bytes.len()))
            }
            _ => Ok(()),
        }
    }

    /// Reads the field from exactly its bytes.
    pub fn decode(&self, bytes: &[u8], charset: Charset, values: &mut Vec<Value>) -> Result<(), String> {
        let text = |bytes: &[u8]| match charset.decode(bytes) {
            Ok(Some(text)) => Ok(Value::Text(text)),
            Ok(None) => Ok(Value::Bytes(bytes.to_owned())),
            Err(error) => Err(error.to_string()),
        };
        let value = match self {
            Field::Number { number, order, .. } => {
                values.extend(bytes.chunks_exact(number.width).map(|bytes| number.decode(*order, bytes)));
                return Ok(());
            }
            Field::Skip { byte, .. } => {
                return match bytes.iter().find(|there| *there != byte) {
                    None => Ok(()),
                    Some(other) => Err(format!("the byte {other:#04x} is where {byte:#04x} belongs")),
                };
            }
            Field::Padded { pad: Pad::Space, .. } => {
                let kept = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last.saturating_add(1));
                text(bytes.get(..kept).unwrap_or_default())?
            }
            Field::Padded { pad: Pad::Nul, .. } => match memchr::memchr(0, bytes) {
                Some(end) => text(bytes.get(..end).unwrap_or_default())?,
                None => return Err("no NUL ends the string of a `Z`".to_owned()),
            },
            Field::Variable { .. } => text(bytes)?,
            Field::Raw { .. } => Value::Bytes(bytes.to_owned()),
        };
        values.push(value);
        Ok(())
    }
}

/// A value in a message, cut short.
fn shown(value: &Value) -> String {
    match value {
        Value::Nested(nested) => match &**nested {
            Nested::Wide(number) => format!("`{number}`"),
            other => other.noun().to_owned(),
        },
        _ => format!("`{}`", literal::excerpt(&literal::print(value).unwrap_or_default())),
    }
}
