//! A JSON text to a value (RFC 8259).
//!
//! The library that reads JSON elsewhere makes `-0` a real and integers above 64 bits inexact, and refuses `NaN`:
//! tuples need numbers as they were written. Strings with their escapes are left to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::tuple::codec::CodecError;
use crate::tuple::limit::{Budget, NESTED, VALUE};
use crate::tuple::value::{Nested, Value};

/// The value of a whole text; its depth and the memory of its values are bounded.
pub fn value(text: &[u8], max_bytes: usize) -> Result<Value, CodecError> {
    let mut parser = Parser { text, position: 0, depth: 0, budget: Budget::new(max_bytes) };
    let value = parser.value()?;
    parser.blanks();
    if parser.peek().is_some() { Err(parser.wrong("the end")) } else { Ok(value) }
}

struct Parser<'a> {
    text: &'a [u8],
    position: usize,
    depth: usize,
    budget: Budget,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn skip(&mut self, count: usize) {
        self.position = self.position.saturating_add(count);
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.skip(1);
        }
    }

    /// Whether this byte came next; it is consumed then.
    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let there = self.peek() == Some(byte);
        self.skip(usize::from(there));
        there
    }

    fn wrong(&self, expected: &str) -> CodecError {
        CodecError::NotATuple(format!("at byte {} {expected} must follow", self.position))
    }

    fn value(&mut self) -> Result<Value, CodecError> {
        self.blanks();
        self.budget.charge(VALUE)?;
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') if !self.rest().starts_with(b"-I") => self.number(),
            Some(b'[') => self.nested(Self::array),
            Some(b'{') => self.nested(Self::object),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, CodecError> {
        const WORDS: [&str; 6] = ["true", "false", "null", "NaN", "Infinity", "-Infinity"];
        let word = WORDS.into_iter().find(|word| self.rest().starts_with(word.as_bytes()));
        let word = word.ok_or_else(|| self.wrong("a value"))?;
        self.skip(word.len());
        self.budget.charge(NESTED)?;
        Ok(match word {
            "NaN" => Value::Real(f64::NAN),
            "Infinity" => Value::Real(f64::INFINITY),
            "-Infinity" => Value::Real(f64::NEG_INFINITY),
            "null" => Nested::Null.into(),
            truth => Nested::Bool(truth == "true").into(),
        })
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Result<Value, CodecError>) -> Result<Value, CodecError> {
        self.budget.enter(self.depth)?;
        self.budget.charge(NESTED)?;
        self.depth = self.depth.saturating_add(1);
        self.skip(1);
        let value = parse(self)?;
        self.depth = self.depth.saturating_sub(1);
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, CodecError> {
        let mut values = Vec::new();
        if !self.eat(b']') {
            loop {
                values.push(self.value()?);
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(self.wrong("`,` or `]`"));
                }
            }
        }
        Ok(Nested::Array(values).into())
    }

    fn object(&mut self) -> Result<Value, CodecError> {
        let mut pairs = Vec::new();
        if !self.eat(b'}') {
            loop {
                self.blanks();
                self.budget.charge(VALUE)?;
                let key = self.string()?;
                if !self.eat(b':') {
                    return Err(self.wrong("`:`"));
                }
                pairs.push((Value::Text(key), self.value()?));
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(self.wrong("`,` or `}`"));
                }
            }
        }
        if let [(Value::Text(key), Value::Text(text))] = pairs.as_slice()
            && key == "base64"
            && let Ok(bytes) = STANDARD.decode(text)
        {
            return Ok(Value::Bytes(bytes));
        }
        Ok(Nested::Map(pairs).into())
    }

    fn string(&mut self) -> Result<String, CodecError> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a string"));
        }
        let mut length = 1usize;
        loop {
            let rest = self.rest().get(length..).unwrap_or_default();
            let at = memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| self.wrong("a string with its end"))?;
            let quote = rest.get(at) == Some(&b'"');
            length = length.saturating_add(at).saturating_add(if quote { 1 } else { 2 });
            if quote {
                break;
            }
        }
        self.budget.charge(length)?;
        let quoted = self.rest().get(..length).unwrap_or_default();
        let string = serde_json::from_slice(quoted).map_err(|error| {
            CodecError::NotATuple(format!("the string at byte {} is malformed: {error}", self.position))
        })?;
        self.skip(length);
        Ok(string)
    }

    fn number(&mut self) -> Result<Value, CodecError> {
        let (start, mut real) = (self.position, false);
        self.skip(usize::from(self.peek() == Some(b'-')));
        match self.digits() {
            0 => return Err(self.wrong("a digit")),
            1 => {}
            count if self.text.get(self.position.saturating_sub(count)) == Some(&b'0') => {
                return Err(CodecError::NotATuple(format!("the number at byte {start} begins with a needless 0")));
            }
            _ => {}
        }
        if self.peek() == Some(b'.') {
            real = true;
            self.skip(1);
            if self.digits() == 0 {
                return Err(self.wrong("a digit"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            real = true;
            self.skip(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.skip(1);
            }
            if self.digits() == 0 {
                return Err(self.wrong("a digit"));
            }
        }
        let digits = self.text.get(start..self.position).and_then(|digits| str::from_utf8(digits).ok());
        let digits = digits.unwrap_or_default();
        if real {
            let number = digits.parse().ok().filter(|number: &f64| number.is_finite());
            return number.map(Value::Real).ok_or_else(|| too_far(start, "is beyond the largest double"));
        }
        if let Ok(number) = digits.parse() {
            return Ok(Value::Integer(number));
        }
        self.budget.charge(NESTED)?;
        digits.parse().map(Value::integer).map_err(|_| too_far(start, "takes more than 128 bits"))
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.skip(count);
        count
    }
}

fn too_far(start: usize, how: &str) -> CodecError {
    CodecError::NotATuple(format!("the number at byte {start} {how}"))
}
