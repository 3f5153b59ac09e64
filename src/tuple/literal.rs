//! Values as they are typed: arguments to values, and values back to arguments.
//!
//! | typed | value |
//! |---|---|
//! | `5` `-7` `+7` `007` `0x1f` `-0x1f` | integer, decimal or hexadecimal, 64 bits with sign |
//! | `1.0` `.56` `1.` `-2e3` `32E19` `nan` `inf` `+inf` `-inf` | real: a fraction or an exponent, with digits |
//! | all else, the empty argument too | string |
//! | `i:5` `r:5` `s:5` `b:0aff` | what the letter says: integer, real, string, bytes in hexadecimal |
//!
//! How records are cut into fields is no matter of this module.

use super::value::Value;

/// Why an argument is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// It reads as an integer that 64 bits do not hold.
    #[error("`{0}` is outside the 64-bit integers: type {remedy}s:{0} for a string", remedy = or_real(.0))]
    IntegerRange(String),
    /// It reads as a real that a double does not hold.
    #[error("`{0}` is beyond the largest real: type inf or -inf for infinity or s:{0} for a string")]
    RealRange(String),
    /// What follows `i:` is no integer.
    #[error("`i:{0}` is no integer: digits or 0x and hexadecimal digits belong after `i:`; type s:i:{0} for a string")]
    NotInteger(String),
    /// What follows `r:` is no real.
    #[error("`r:{0}` is no real: a number, nan or inf belongs after `r:`; type s:r:{0} for a string")]
    NotReal(String),
    /// What follows `b:` is no hexadecimal.
    #[error("`b:{0}` is no row of bytes: pairs of hexadecimal digits belong after `b:`; type s:b:{0} for a string")]
    NotBytes(String),
}

/// The remedy of an integer that is out of range; reals have no hexadecimal digits.
fn or_real(integer: &str) -> String {
    if is_decimal(integer) { format!("r:{integer} for a real or ") } else { String::new() }
}

/// Which integers can be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integers {
    /// Those of 64 bits with sign.
    Signed,
    /// Those of 64 bits without sign, too: packed formats have fields for them.
    UnsignedToo,
}

impl Integers {
    /// The value that an argument stands for.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse(self, argument: &str) -> Result<Value, LiteralError> {
        match (parse(argument), self) {
            (Err(LiteralError::IntegerRange(shown)), Integers::UnsignedToo) => {
                unsigned(argument).map(Value::integer).ok_or(LiteralError::IntegerRange(shown))
            }
            (parsed, _) => parsed,
        }
    }
}

/// The value that an argument stands for.
///
/// # Errors
/// A number that is out of range, and a forced type that the rest does not fit.
pub fn parse(argument: &str) -> Result<Value, LiteralError> {
    // Words are strings, and most strings are words: decide on the first byte.
    let Some(first) = argument.bytes().next() else { return Ok(Value::Text(String::new())) };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' | b'n' => {}
        b'i' | b'r' | b's' | b'b' if argument.as_bytes().get(1) == Some(&b':') => return forced(argument),
        b'i' => {}
        _ => return Ok(Value::Text(argument.to_owned())),
    }
    if let Some(integer) = integer(argument) {
        return integer.map(Value::Integer);
    }
    match real(argument) {
        Some(real) => real.map(Value::Real),
        None => Ok(Value::Text(argument.to_owned())),
    }
}

/// The argument that [`parse`] turns into this value again; `None` for nested values, which nobody can type.
pub fn print(value: &Value) -> Option<String> {
    match value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(print_real(*number)),
        Value::Text(text) => match parse(text) {
            Ok(Value::Text(_)) if !text.starts_with("s:") => Some(text.clone()),
            _ => Some(format!("s:{text}")),
        },
        Value::Bytes(bytes) => Some(print_bytes(bytes)),
        Value::Nested(_) => None,
    }
}

/// The shortest decimal that reads as this double again, always with a fraction or an exponent.
pub fn print_real(number: f64) -> String {
    if number.is_nan() { "nan".to_owned() } else { format!("{number:?}") }
}

/// `b:` and the bytes in hexadecimal.
pub fn print_bytes(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut out = String::with_capacity(bytes.len().saturating_mul(2).saturating_add(2));
    out.push_str("b:");
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 0xf));
    }
    out
}

/// A text in a message: on one line, and not all of a long one.
pub fn excerpt(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut excerpt = String::new();
    for letter in text.chars().take(SHOWN) {
        if letter.is_control() {
            excerpt.extend(letter.escape_default());
        } else {
            excerpt.push(letter);
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        excerpt.push('…');
    }
    excerpt
}

fn forced(argument: &str) -> Result<Value, LiteralError> {
    let (letter, rest) = argument.split_once(':').unwrap_or(("s", argument));
    match letter {
        "i" => integer(rest).unwrap_or_else(|| Err(LiteralError::NotInteger(excerpt(rest)))).map(Value::Integer),
        "r" => {
            let number = real(rest).or_else(|| is_decimal(rest).then(|| to_double(rest)));
            number.unwrap_or_else(|| Err(LiteralError::NotReal(excerpt(rest)))).map(Value::Real)
        }
        "b" => bytes(rest).map(Value::Bytes).ok_or_else(|| LiteralError::NotBytes(excerpt(rest))),
        _ => Ok(Value::Text(rest.to_owned())),
    }
}

/// `None` where the text does not read as an integer.
fn integer(text: &str) -> Option<Result<i64, LiteralError>> {
    let outside = || LiteralError::IntegerRange(excerpt(text));
    if is_decimal(text) {
        return Some(text.parse().map_err(|_| outside()));
    }
    let (negative, unsigned) = split_sign(text);
    let digits = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    // The sign goes back to the digits, for the lowest integer has no positive counterpart.
    let signed = format!("{}{digits}", if negative { "-" } else { "" });
    Some(i64::from_str_radix(&signed, 16).map_err(|_| outside()))
}

/// An integer of 64 bits without sign; `None` where the text, which reads as an integer, is none of these.
fn unsigned(argument: &str) -> Option<i128> {
    let (_, text) = argument.split_once(':').unwrap_or(("", argument));
    let text = text.strip_prefix('+').unwrap_or(text);
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse::<u64>(),
    };
    number.ok().map(i128::from)
}

/// `None` where the text does not read as a real; an integer does not.
fn real(text: &str) -> Option<Result<f64, LiteralError>> {
    let (_, unsigned) = split_sign(text);
    match (text, unsigned) {
        ("nan", _) => return Some(Ok(f64::NAN)),
        (_, "inf") => return Some(text.parse().map_err(|_| LiteralError::NotReal(excerpt(text)))),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']).and_then(|at| unsigned.split_at_checked(at)) {
        Some((mantissa, exponent)) => (mantissa, exponent.get(1..)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_real = (mantissa.contains('.') || exponent.is_some())
        && digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(is_decimal);
    is_real.then(|| to_double(text))
}

fn to_double(text: &str) -> Result<f64, LiteralError> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(LiteralError::RealRange(excerpt(text))),
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// One or more decimal digits with an optional sign.
fn is_decimal(text: &str) -> bool {
    let (_, digits) = split_sign(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let decoded = pairs.iter().map(|[high, low]| Some((nibble(*high)? << 4) | nibble(*low)?)).collect();
    if rest.is_empty() { decoded } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn packets_have_room_for_integers_without_sign() {
        let wide = |number: u64| Ok(Value::integer(number.into()));
        let table = [
            ("18446744073709551615", wide(u64::MAX)),
            ("+9223372036854775808", wide(1 << 63)),
            ("0xffffffffffffffff", wide(u64::MAX)),
            ("i:0X8000000000000000", wide(1 << 63)),
            ("5", Ok(Value::Integer(5))),
            ("-9223372036854775808", Ok(Value::Integer(i64::MIN))),
            ("1.5", Ok(Value::Real(1.5))),
            ("s:18446744073709551615", Ok(text("18446744073709551615"))),
        ];
        for (argument, value) in table {
            assert_eq!(Integers::UnsignedToo.parse(argument), value, "{argument}");
        }
        for argument in ["18446744073709551616", "-9223372036854775809", "0x1ffffffffffffffff", "-0x8000000000000001"] {
            assert_eq!(Integers::UnsignedToo.parse(argument), parse(argument), "{argument}");
            assert!(matches!(parse(argument), Err(LiteralError::IntegerRange(_))), "{argument}");
        }
        assert_eq!(Integers::Signed.parse("9223372036854775808"), parse("9223372036854775808"));
    }

    #[test]
    fn arguments_and_their_values() {
        let table = [
            ("5", Value::Integer(5)),
            ("-7", Value::Integer(-7)),
            ("+7", Value::Integer(7)),
            ("007", Value::Integer(7)),
            ("0x1f", Value::Integer(31)),
            ("0X1F", Value::Integer(31)),
            ("-0x1f", Value::Integer(-31)),
            ("-0x8000000000000000", Value::Integer(i64::MIN)),
            ("9223372036854775807", Value::Integer(i64::MAX)),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("-0", Value::Integer(0)),
            ("1.0", Value::Real(1.0)),
            ("1.", Value::Real(1.0)),
            (".56", Value::Real(0.56)),
            ("-.5", Value::Real(-0.5)),
            ("2e3", Value::Real(2000.0)),
            ("2E-3", Value::Real(0.002)),
            ("32E19", Value::Real(32e19)),
            ("-0.0", Value::Real(-0.0)),
            ("1e-999", Value::Real(0.0)),
            ("nan", Value::Real(f64::NAN)),
            ("inf", Value::Real(f64::INFINITY)),
            ("+inf", Value::Real(f64::INFINITY)),
            ("-inf", Value::Real(f64::NEG_INFINITY)),
            ("i:5", Value::Integer(5)),
            ("i:0x10", Value::Integer(16)),
            ("r:5", Value::Real(5.0)),
            ("r:-5", Value::Real(-5.0)),
            ("r:1.5", Value::Real(1.5)),
            ("r:nan", Value::Real(f64::NAN)),
            ("r:99999999999999999999", Value::Real(1e20)),
            ("s:5", text("5")),
            ("s:", text("")),
            ("s:s:5", text("s:5")),
            ("b:0aFF", Value::Bytes(vec![0x0a, 0xff])),
            ("b:", Value::Bytes(vec![])),
            ("", text("")),
            ("x", text("x")),
            ("i", text("i")),
            ("infinity", text("infinity")),
            ("NaN", text("NaN")),
            ("-nan", text("-nan")),
            ("name", text("name")),
            (".", text(".")),
            ("-", text("-")),
            ("e5", text("e5")),
            (".e5", text(".e5")),
            ("1e", text("1e")),
            ("1e+", text("1e+")),
            ("1.2.3", text("1.2.3")),
            ("1_000", text("1_000")),
            ("1,5", text("1,5")),
            ("0x", text("0x")),
            ("0xg", text("0xg")),
            ("0x+1", text("0x+1")),
            ("--5", text("--5")),
            ("5 ", text("5 ")),
            (" 5", text(" 5")),
            ("١", text("١")),
            ("é", text("é")),
            ("t:5", text("t:5")),
        ];
        for (argument, value) in table {
            assert_eq!(parse(argument), Ok(value), "{argument}");
        }
    }

    #[test]
    fn what_does_not_fit_says_what_to_type() {
        let table = [
            ("9223372036854775808", "type r:9223372036854775808 for a real or s:9223372036854775808 for a string"),
            ("-9223372036854775809", "outside the 64-bit integers"),
            ("0xffffffffffffffff", "outside the 64-bit integers: type s:0xffffffffffffffff for a string"),
            ("i:9223372036854775808", "outside the 64-bit integers"),
            ("1e999", "type inf"),
            ("r:-1e999", "beyond the largest real"),
            ("i:five", "`i:five` is no integer"),
            ("i:1.0", "type s:i:1.0"),
            ("i:", "is no integer"),
            ("r:0x10", "is no real"),
            ("r:", "is no real"),
            ("b:0", "pairs of hexadecimal digits"),
            ("b:0g", "is no row of bytes"),
            ("b:é", "is no row of bytes"),
        ];
        for (argument, words) in table {
            let message = parse(argument).unwrap_err().to_string();
            assert!(message.contains(words), "{argument}: {message}");
        }
    }

    #[test]
    fn messages_are_one_short_line() {
        let message = parse(&format!("b:\n\u{1b}[2J{}", "x".repeat(100_000))).unwrap_err().to_string();
        assert!(message.starts_with("`b:\\n\\u{1b}[2Jxxx") && message.contains("x…` is no row"), "{message}");
        assert!(message.len() < 300 && !message.contains(char::is_control), "{message}");
        assert_eq!(excerpt(&"é".repeat(40)), "é".repeat(40));
    }

    #[test]
    fn printed_forms() {
        let table = [
            (Value::Real(1.0), "1.0"),
            (Value::Real(1e300), "1e300"),
            (Value::Real(f64::NAN), "nan"),
            (Value::Real(f64::NEG_INFINITY), "-inf"),
            (text("5"), "s:5"),
            (text("s:"), "s:s:"),
            (text("b:zz"), "s:b:zz"),
            (text("99999999999999999999"), "s:99999999999999999999"),
            (text(""), ""),
            (Value::Bytes(vec![0, 255]), "b:00ff"),
        ];
        for (value, argument) in table {
            assert_eq!(print(&value).as_deref(), Some(argument));
        }
        assert_eq!(print(&super::super::value::Nested::Null.into()), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(value in crate::tuple::testing::typed_value()) {
            let argument = print(&value).unwrap();
            prop_assert_eq!(parse(&argument), Ok(value));
        }

        #[test]
        fn what_looks_like_a_literal_survives_as_a_string(word in "[irsb:0-9a-fx.+e-]{0,12}|nan|[+-]?inf") {
            let value = Value::Text(word);
            prop_assert_eq!(parse(&print(&value).unwrap()), Ok(value));
        }

        #[test]
        fn no_argument_panics(argument in any::<String>()) {
            let _ = parse(&argument);
        }
    }
}
