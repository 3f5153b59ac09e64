//! Bytes that are typed as text: with escapes, or in hexadecimal.

/// Why a text stands for no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// `\x` needs two digits.
    #[error("\\x is followed by two hexadecimal digits, as in \\x0a")]
    Digits,
    /// There is no such escape.
    #[error("\\{0} is no escape: write \\n \\r \\t \\0 \\a \\e \\xHH or \\\\")]
    Unknown(char),
    /// There is nothing behind the last backslash.
    #[error("a backslash at the end escapes nothing: write \\\\")]
    End,
    /// It is not hexadecimal.
    #[error("{0:?} is not hexadecimal: write two of 0-9 a-f for each byte, as in 0d0a")]
    Hex(String),
}

/// The bytes that a text with escapes stands for.
///
/// # Errors
/// An escape that is none.
pub fn unescaped(text: &[u8]) -> Result<Vec<u8>, EscapeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'0') => 0,
            Some(b'a') => 7,
            Some(b'e') => 0x1b,
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.and_then(value));
                let [Some(high), Some(low)] = digits else { return Err(EscapeError::Digits) };
                high << 4 | low
            }
            Some(other) => return Err(EscapeError::Unknown(char::from(other))),
            None => return Err(EscapeError::End),
        });
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The bytes of pairs of digits, with blanks and colons between them.
///
/// # Errors
/// Something else is in it, or half a pair.
pub fn from_hex(text: &[u8]) -> Result<Vec<u8>, EscapeError> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b':');
    let values: Option<Vec<u8>> = digits.map(|digit| value(*digit)).collect();
    let values = values.filter(|values| values.len() % 2 == 0);
    let values = values.ok_or_else(|| EscapeError::Hex(String::from_utf8_lossy(text).into_owned()))?;
    Ok(values.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(unescaped(b"a\\r\\n\\x00\\xfF\\\\n\\e").unwrap(), b"a\r\n\x00\xff\\n\x1b");
        for text in [&b"\\"[..], b"\\q", b"\\x1", b"\\xgg"] {
            assert!(unescaped(text).is_err());
        }
    }

    #[test]
    fn digits_stand_for_bytes() {
        assert_eq!(from_hex(b"00 ff:0D\n0a").unwrap(), b"\x00\xff\r\n");
        for text in [&b"0"[..], b"0g", b"zz"] {
            assert!(from_hex(text).is_err());
        }
    }
}
