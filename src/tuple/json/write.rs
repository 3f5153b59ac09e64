//! Values to JSON text.

use std::io::Write as _;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use crate::tuple::value::{Nested, Value};

/// How the reals are written that JSON has no number for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFinite {
    /// `NaN`, `Infinity`, `-Infinity`: what other libraries read.
    Words,
    /// The same in quotes: JSON to the letter, where the types stand beside the values.
    Strings,
}

/// Appends `[…]`.
///
/// # Errors
/// Whatever the library that writes strings reports; part of the text may have been appended then.
pub fn array(out: &mut Vec<u8>, values: &[Value], reals: NotFinite) -> std::io::Result<()> {
    out.push(b'[');
    for (index, each) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        value(out, each, reals)?;
    }
    out.push(b']');
    Ok(())
}

/// Appends a string in quotes, escaped.
pub fn string(out: &mut Vec<u8>, text: &str) -> std::io::Result<()> {
    serde_json::to_writer(out, text).map_err(Into::into)
}

fn value(out: &mut Vec<u8>, value: &Value, reals: NotFinite) -> std::io::Result<()> {
    match value {
        Value::Integer(number) => write!(out, "{number}"),
        Value::Real(number) if number.is_finite() => write!(out, "{number:?}"),
        Value::Real(number) => {
            let word = if number.is_nan() {
                "NaN"
            } else if *number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            match reals {
                NotFinite::Words => out.write_all(word.as_bytes()),
                NotFinite::Strings => string(out, word),
            }
        }
        Value::Text(text) => string(out, text),
        Value::Bytes(bytes) => write!(out, "{{\"base64\":\"{}\"}}", Base64Display::new(bytes, &STANDARD)),
        Value::Nested(nested) => self::nested(out, nested, reals),
    }
}

fn nested(out: &mut Vec<u8>, nested: &Nested, reals: NotFinite) -> std::io::Result<()> {
    match nested {
        Nested::Null => out.write_all(b"null"),
        Nested::Bool(truth) => write!(out, "{truth}"),
        Nested::Wide(number) => write!(out, "{number}"),
        Nested::Array(values) => array(out, values, reals),
        Nested::Map(pairs) => map(out, pairs, reals),
        Nested::Tagged(tag, tagged) => {
            write!(out, "{{\"tag\":{tag},\"value\":")?;
            value(out, tagged, reals)?;
            out.push(b'}');
            Ok(())
        }
        Nested::Simple(number) => write!(out, "{{\"simple\":{number}}}"),
        Nested::Extension(kind, bytes) => {
            write!(out, "{{\"extension\":{kind},\"base64\":\"{}\"}}", Base64Display::new(bytes, &STANDARD))
        }
    }
}

fn map(out: &mut Vec<u8>, pairs: &[(Value, Value)], reals: NotFinite) -> std::io::Result<()> {
    out.push(b'{');
    for (index, (key, each)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match key {
            Value::Text(text) => string(out, text)?,
            other => {
                let mut text = Vec::new();
                value(&mut text, other, reals)?;
                string(out, &String::from_utf8_lossy(&text))?;
            }
        }
        out.push(b':');
        value(out, each, reals)?;
    }
    out.push(b'}');
    Ok(())
}
