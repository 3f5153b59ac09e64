//! Tuples as MessagePack: each is one array, one follows the other with nothing between.
//!
//! Written, always in the shortest form but for reals:
//!
//! | value | bytes |
//! |---|---|
//! | the tuple | `90`+n up to 15 values, then `dc` and 2, `dd` and 4 bytes for their number |
//! | integer n ≥ 0 | `00`+n up to 127, then `cc` `cd` `ce` `cf` and 1, 2, 4, 8 bytes |
//! | integer n < 0 | `e0`+32+n down to -32, then `d0` `d1` `d2` `d3` and 1, 2, 4, 8 bytes |
//! | real | `cb` and the 8 bytes of the double |
//! | string | `a0`+length up to 31, then `d9` `da` `db` and 1, 2, 4 bytes of length, then UTF-8 |
//! | bytes | `c4` `c5` `c6` and 1, 2, 4 bytes of length, then the bytes |
//!
//! Read: all of the specification; `ca`, the single precision real, becomes a double; nil, truth values, maps, arrays
//! and extensions are kept as nested values. The byte `c1`, which the specification never uses, is no tuple; nor is
//! text that is not UTF-8.

mod outline;

use rmpv::decode::read_value_ref;
use rmpv::encode::write_value_ref;
use rmpv::{Utf8StringRef, ValueRef};

use self::outline::Outline;
use super::codec::{Codec, CodecError, Progress};
use super::value::{Nested, Tuple, Value};

/// The codec; see the module for its bytes.
#[derive(Debug)]
pub struct MsgPack {
    outline: Outline,
}

impl MsgPack {
    /// A codec that takes tuples of up to `max_bytes` bytes.
    pub fn new(max_bytes: usize) -> Self {
        MsgPack { outline: Outline::new(max_bytes) }
    }
}

impl Codec for MsgPack {
    fn name(&self) -> &str {
        "msgpack"
    }

    fn encode(&self, tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let cannot = |what| CodecError::CannotHold { encoding: "msgpack", what };
        let values = borrow_all(tuple.values()).map_err(cannot)?;
        let before = out.len();
        write_value_ref(out, &values).map_err(|error| {
            out.truncate(before);
            cannot(error.to_string())
        })
    }

    fn decode(&mut self, data: &[u8]) -> Result<Progress, CodecError> {
        let Some(end) = self.outline.advance(data)? else { return Ok(Progress::NeedMore) };
        let (count, mut rest) = outline::split_head(data.get(..end).unwrap_or_default());
        let mut values = Vec::with_capacity(count);
        // One by one: the library's array of all of them would take as much memory again.
        while !rest.is_empty() {
            let value = read_value_ref(&mut rest).map_err(|error| CodecError::NotATuple(error.to_string()))?;
            values.push(own(value)?);
        }
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

/// The array as the library writes it; the error names the value that MessagePack has no form for.
fn borrow_all(values: &[Value]) -> Result<ValueRef<'_>, String> {
    if u32::try_from(values.len()).is_err() {
        return Err(format!("{} values", values.len()));
    }
    values.iter().map(borrow).collect::<Result<_, _>>().map(ValueRef::Array)
}

fn borrow(value: &Value) -> Result<ValueRef<'_>, String> {
    let fits = |length: usize| match u32::try_from(length) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("a value of {length} bytes")),
    };
    Ok(match value {
        Value::Integer(number) => ValueRef::from(*number),
        // One bit pattern for nan, whatever the processor made of it.
        Value::Real(number) if number.is_nan() => ValueRef::F64(f64::NAN),
        Value::Real(number) => ValueRef::F64(*number),
        Value::Text(text) => fits(text.len()).map(|()| ValueRef::String(text.as_str().into()))?,
        Value::Bytes(bytes) => fits(bytes.len()).map(|()| ValueRef::Binary(bytes))?,
        Value::Nested(nested) => match &**nested {
            Nested::Null => ValueRef::Nil,
            Nested::Bool(truth) => ValueRef::Boolean(*truth),
            Nested::Wide(number) => {
                u64::try_from(*number).map(ValueRef::from).map_err(|_| format!("the integer {number}"))?
            }
            Nested::Array(values) => borrow_all(values)?,
            Nested::Map(pairs) => {
                let borrow_pair = |(key, value)| Ok::<_, String>((borrow(key)?, borrow(value)?));
                fits(pairs.len())?;
                ValueRef::Map(pairs.iter().map(|(key, value)| borrow_pair((key, value))).collect::<Result<_, _>>()?)
            }
            Nested::Extension(kind, bytes) => fits(bytes.len()).map(|()| ValueRef::Ext(*kind, bytes))?,
            Nested::Tagged(..) | Nested::Simple(_) => return Err(nested.noun().to_owned()),
        },
    })
}

fn own(value: ValueRef<'_>) -> Result<Value, CodecError> {
    Ok(match value {
        ValueRef::Integer(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::integer(number.as_u64().unwrap_or_default().into()),
        },
        ValueRef::F64(number) => Value::Real(number),
        ValueRef::F32(number) => Value::Real(number.into()),
        ValueRef::String(text) => Value::Text(own_text(text)?),
        ValueRef::Binary(bytes) => Value::Bytes(bytes.to_owned()),
        ValueRef::Nil => Nested::Null.into(),
        ValueRef::Boolean(truth) => Nested::Bool(truth).into(),
        ValueRef::Array(values) => Nested::Array(values.into_iter().map(own).collect::<Result<_, _>>()?).into(),
        ValueRef::Map(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Ok::<_, CodecError>((own(key)?, own(value)?)));
            Nested::Map(pairs.collect::<Result<_, _>>()?).into()
        }
        ValueRef::Ext(kind, bytes) => Nested::Extension(kind, bytes.to_owned()).into(),
    })
}

fn own_text(text: Utf8StringRef<'_>) -> Result<String, CodecError> {
    text.into_string().ok_or_else(|| CodecError::NotATuple("a string in it is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests;
