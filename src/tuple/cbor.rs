//! Tuples as CBOR: each is one array (RFC 8949), one follows the other with nothing between (an RFC 8742 sequence).
//!
//! Written, always in the shortest head (preferred serialisation, RFC 8949 section 4.1) but for reals:
//!
//! | value | bytes |
//! |---|---|
//! | the tuple | `80`+n, or `98` and 1, `99` and 2, `9a` and 4 bytes for the number of values |
//! | integer n ≥ 0 | `00`+n up to 23, then `18` `19` `1a` `1b` and 1, 2, 4, 8 bytes |
//! | integer n < 0 | the same of -1-n with `20` `38` `39` `3a` `3b` |
//! | real | `fb` and the 8 bytes of the double: always a double, so that a reader in C needs one case; nan is `fb 7ff8 0000 0000 0000` |
//! | string | its length with `60` `78` `79` `7a` `7b`, then UTF-8 |
//! | bytes | its length with `40` `58` `59` `5a` `5b`, then the bytes |
//!
//! Read: all of RFC 8949. Arrays and strings of indefinite length are put together, half and single precision reals
//! become doubles, heads need not be the shortest; null, truth values, maps, arrays, tags and simple values are kept
//! as nested values. A tuple is an array without a tag. Text that is not UTF-8 is no tuple.

mod outline;

use minicbor::data::{Int, Tag, Type};
use minicbor::{Decoder, Encoder};

use self::outline::Outline;
use super::codec::{Codec, CodecError, Progress};
use super::value::{Nested, Tuple, Value};

/// The codec; see the module for its bytes.
#[derive(Debug)]
pub struct Cbor {
    outline: Outline,
}

impl Cbor {
    /// A codec that takes tuples of up to `max_bytes` bytes.
    pub fn new(max_bytes: usize) -> Self {
        Cbor { outline: Outline::new(max_bytes) }
    }
}

impl Codec for Cbor {
    fn name(&self) -> &str {
        "cbor"
    }

    fn encode(&self, tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let before = out.len();
        let written = encode_array(&mut Encoder::new(&mut *out), tuple.values());
        written.map_err(|what| {
            out.truncate(before);
            CodecError::CannotHold { encoding: "cbor", what }
        })
    }

    fn decode(&mut self, data: &[u8]) -> Result<Progress, CodecError> {
        let Some(end) = self.outline.advance(data)? else { return Ok(Progress::NeedMore) };
        let mut decoder = Decoder::new(data.get(..end).unwrap_or_default());
        let values = decode_array(&mut decoder).map_err(|error| CodecError::NotATuple(error.to_string()))?;
        Ok(Progress::Got(values.into(), end))
    }

    fn finish(&mut self, rest: &[u8]) -> Result<Option<Tuple>, CodecError> {
        self.reset();
        if rest.is_empty() { Ok(None) } else { Err(CodecError::Cut { received: rest.len() }) }
    }

    fn reset(&mut self) {
        self.outline.reset();
    }
}

type Writer<'a> = Encoder<&'a mut Vec<u8>>;

/// The error names the value that CBOR has no form for.
fn encode_array(encoder: &mut Writer<'_>, values: &[Value]) -> Result<(), String> {
    encoder.array(values.len() as u64).map_err(|error| error.to_string())?;
    values.iter().try_for_each(|value| encode_value(encoder, value))
}

fn encode_value(encoder: &mut Writer<'_>, value: &Value) -> Result<(), String> {
    let written = match value {
        Value::Integer(number) => encoder.i64(*number),
        // One bit pattern for nan, whatever the processor made of it.
        Value::Real(number) if number.is_nan() => encoder.f64(f64::NAN),
        Value::Real(number) => encoder.f64(*number),
        Value::Text(text) => encoder.str(text),
        Value::Bytes(bytes) => encoder.bytes(bytes),
        Value::Nested(nested) => return encode_nested(encoder, nested),
    };
    written.map(drop).map_err(|error| error.to_string())
}

fn encode_nested(encoder: &mut Writer<'_>, nested: &Nested) -> Result<(), String> {
    let written = match nested {
        Nested::Null => encoder.null(),
        Nested::Bool(truth) => encoder.bool(*truth),
        Nested::Wide(number) => encoder.int(Int::try_from(*number).map_err(|_| format!("the integer {number}"))?),
        Nested::Array(values) => return encode_array(encoder, values),
        Nested::Map(pairs) => {
            encoder.map(pairs.len() as u64).map_err(|error| error.to_string())?;
            return pairs.iter().try_for_each(|(key, value)| {
                encode_value(encoder, key)?;
                encode_value(encoder, value)
            });
        }
        Nested::Tagged(tag, value) => {
            encoder.tag(Tag::new(*tag)).map_err(|error| error.to_string())?;
            return encode_value(encoder, value);
        }
        Nested::Simple(23) => encoder.undefined(),
        Nested::Simple(number) => encoder.simple(*number),
        Nested::Extension(..) => return Err(nested.noun().to_owned()),
    };
    written.map(drop).map_err(|error| error.to_string())
}

type Decoded<T> = Result<T, minicbor::decode::Error>;

/// What the outline has bounded in depth and size; only the text can still be wrong.
fn decode_array(decoder: &mut Decoder<'_>) -> Decoded<Vec<Value>> {
    let Some(count) = decoder.array()? else {
        let mut values = Vec::new();
        while decoder.datatype()? != Type::Break {
            values.push(decode_value(decoder)?);
        }
        skip_break(decoder);
        return Ok(values);
    };
    let mut values = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for _ in 0..count {
        values.push(decode_value(decoder)?);
    }
    Ok(values)
}

fn decode_value(decoder: &mut Decoder<'_>) -> Decoded<Value> {
    Ok(match decoder.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            Value::Integer(decoder.i64()?)
        }
        Type::U64 | Type::Int => Value::integer(decoder.int()?.into()),
        Type::F16 | Type::F32 | Type::F64 => Value::Real(decoder.f64()?),
        Type::String => Value::Text(decoder.str()?.to_owned()),
        Type::StringIndef => Value::Text(decoder.str_iter()?.collect::<Result<_, _>>()?),
        Type::Bytes => Value::Bytes(decoder.bytes()?.to_owned()),
        Type::BytesIndef => {
            let mut bytes = Vec::new();
            for chunk in decoder.bytes_iter()? {
                bytes.extend_from_slice(chunk?);
            }
            Value::Bytes(bytes)
        }
        _ => decode_nested(decoder)?.into(),
    })
}

fn decode_nested(decoder: &mut Decoder<'_>) -> Decoded<Nested> {
    Ok(match decoder.datatype()? {
        Type::Bool => Nested::Bool(decoder.bool()?),
        Type::Null => decoder.null().map(|()| Nested::Null)?,
        Type::Undefined => decoder.undefined().map(|()| Nested::Simple(23))?,
        Type::Array | Type::ArrayIndef => Nested::Array(decode_array(decoder)?),
        Type::Map | Type::MapIndef => Nested::Map(decode_map(decoder)?),
        Type::Tag => {
            let tag = decoder.tag()?.as_u64();
            Nested::Tagged(tag, decode_value(decoder)?)
        }
        _ => Nested::Simple(decoder.simple()?),
    })
}

fn decode_map(decoder: &mut Decoder<'_>) -> Decoded<Vec<(Value, Value)>> {
    let mut pairs = Vec::new();
    match decoder.map()? {
        Some(count) => {
            for _ in 0..count {
                pairs.push((decode_value(decoder)?, decode_value(decoder)?));
            }
        }
        None => {
            while decoder.datatype()? != Type::Break {
                pairs.push((decode_value(decoder)?, decode_value(decoder)?));
            }
            skip_break(decoder);
        }
    }
    Ok(pairs)
}

fn skip_break(decoder: &mut Decoder<'_>) {
    decoder.set_position(decoder.position().saturating_add(1));
}

#[cfg(test)]
mod tests;
