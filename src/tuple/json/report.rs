//! The object that a received tuple is reported as: `{"tuple":[1,2.0,"x"],"types":["i","r","s"],"format":"cbor"}`.
//!
//! It is JSON to the letter: `nan` and the infinities are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, and
//! the type letter `r` beside them tells that they are reals. Reading it back gives the same tuple.

use super::write::{self, NotFinite};
use crate::tuple::codec::CodecError;
use crate::tuple::literal;
use crate::tuple::value::{Nested, Tuple, Value};

/// Appends the object, without a line feed. `format` is the name of the encoding, or the packed format.
///
/// # Errors
/// Whatever the library that writes strings reports; part of the text may have been appended then.
pub fn write(tuple: &Tuple, format: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.extend_from_slice(b"{\"tuple\":");
    write::array(out, tuple.values(), NotFinite::Strings)?;
    out.extend_from_slice(b",\"types\":[");
    for (index, value) in tuple.values().iter().enumerate() {
        let letter = value.kind().letter();
        out.extend_from_slice(if index > 0 { b",\"" } else { b"\"" });
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"],\"format\":");
    write::string(out, format)?;
    out.push(b'}');
    Ok(())
}

/// The tuple of such an object; other keys than `tuple` and `types` mean nothing here.
pub(super) fn read(pairs: Vec<(Value, Value)>) -> Result<Tuple, CodecError> {
    let mut values = None;
    let mut types = Vec::new();
    for (key, value) in pairs {
        if let (Value::Text(key), Value::Nested(nested)) = (key, value)
            && let Nested::Array(array) = *nested
        {
            match key.as_str() {
                "tuple" => values = Some(array),
                "types" => types = array,
                _ => {}
            }
        }
    }
    let mut values = values.ok_or_else(|| CodecError::NotATuple("the object has no array named `tuple`".to_owned()))?;
    for (value, letter) in values.iter_mut().zip(&types) {
        if let (Value::Text(word), Value::Text(letter)) = (&*value, letter)
            && letter == "r"
        {
            *value = Value::Real(match word.as_str() {
                "NaN" => f64::NAN,
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                other => {
                    let shown = literal::excerpt(other);
                    return Err(CodecError::NotATuple(format!("`{shown}` is no real, as its type says")));
                }
            });
        }
    }
    Ok(values.into())
}
