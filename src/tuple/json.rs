//! Tuples as JSON: each is one array on one line.
//!
//! Written, with no blanks and a line feed after each tuple:
//!
//! | value | text |
//! |---|---|
//! | integer | decimal digits |
//! | real | always with a fraction or an exponent, so that `1` and `1.0` stay different; the shortest digits that read back to the same double; `NaN`, `Infinity`, `-Infinity` |
//! | string | in UTF-8; `"`, `\` and control characters are escaped |
//! | bytes | `{"base64":"Cv8="}`, with padding (RFC 4648 section 4) |
//!
//! `NaN` and the infinities are not JSON (RFC 8259), but the bare words that the `json` module of Python and other
//! libraries write and read; JSON has no other way to say them.
//!
//! Read: any JSON array, on one line or on many, with `NaN` and the infinities as above. A tuple ends at its bracket;
//! what stands between tuples is white space. A number with a fraction or an exponent is a real, any other an
//! integer. An object with the one key `base64` and such a text is bytes; null, truth values, arrays, other objects
//! and integers outside 64 bits are kept as nested values. Reals beyond the largest double and lone surrogates are no
//! tuple.
//!
//! Nested values that JSON does not have are written as objects: `{"tag":1,"value":…}`, `{"simple":23}`,
//! `{"extension":5,"base64":"…"}`; a key that is no string becomes the string of its JSON text.

mod outline;
mod parse;
pub mod report;
mod write;

use self::outline::Outline;
use self::write::NotFinite;
use super::codec::{Codec, CodecError, Progress};
use super::literal;
use super::value::{Nested, Tuple, Value};

/// The codec; see the module for its text.
#[derive(Debug)]
pub struct Json {
    outline: Outline,
    max_bytes: usize,
}

impl Json {
    /// A codec that takes tuples of up to `max_bytes` bytes.
    pub fn new(max_bytes: usize) -> Self {
        Json { outline: Outline::new(max_bytes, false), max_bytes }
    }

    /// As [`Json::new`], and takes the objects of [`report`] too.
    pub fn with_reports(max_bytes: usize) -> Self {
        Json { outline: Outline::new(max_bytes, true), max_bytes }
    }
}

impl Codec for Json {
    fn name(&self) -> &str {
        "json"
    }

    fn encode(&self, tuple: &Tuple, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let before = out.len();
        write::array(out, tuple.values(), NotFinite::Words).map_err(|error| {
            out.truncate(before);
            CodecError::CannotHold { encoding: "json", what: error.to_string() }
        })?;
        out.push(b'\n');
        Ok(())
    }

    fn decode(&mut self, data: &[u8]) -> Result<Progress, CodecError> {
        let Some(place) = self.outline.advance(data)? else { return Ok(Progress::NeedMore) };
        let end = place.end;
        let value = parse::value(data.get(place).unwrap_or_default(), self.max_bytes)?;
        let Value::Nested(nested) = value else { return Err(no_array()) };
        let tuple = match *nested {
            Nested::Array(values) => values.into(),
            Nested::Map(pairs) => report::read(pairs)?,
            _ => return Err(no_array()),
        };
        Ok(Progress::Got(tuple, end))
    }

    fn finish(&mut self, rest: &[u8]) -> Result<Option<Tuple>, CodecError> {
        self.reset();
        match rest.trim_ascii_start() {
            [] => Ok(None),
            begun => Err(CodecError::Cut { received: begun.len() }),
        }
    }

    fn reset(&mut self) {
        self.outline.reset();
    }
}

fn no_array() -> CodecError {
    CodecError::NotATuple("it is no JSON array".to_owned())
}

/// The tuple that an argument of `--json-tuple` is.
///
/// # Errors
/// One line that says what is wrong with it.
pub fn parse_argument(argument: &str) -> Result<Tuple, JsonTupleError> {
    // The text is in memory already: its size is no danger.
    let mut codec = Json::new(usize::MAX);
    let is_cut = matches!(codec.decode(argument.as_bytes()), Ok(Progress::NeedMore)) && !argument.trim().is_empty();
    let reason = match codec.decode_message(argument.as_bytes()) {
        Ok(tuple) => return Ok(tuple),
        Err(CodecError::NotATuple(_)) if is_cut => "its end is missing".to_owned(),
        Err(CodecError::NotATuple(reason)) => reason,
        Err(other) => other.to_string(),
    };
    Err(JsonTupleError { argument: literal::excerpt(argument), reason })
}

/// Why an argument of `--json-tuple` is no tuple.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{argument}` is no JSON array of values: {reason}; type for example [1,2.0,\"x\"]")]
pub struct JsonTupleError {
    argument: String,
    reason: String,
}

#[cfg(test)]
mod tests;
