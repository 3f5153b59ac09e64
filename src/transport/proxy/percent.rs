//! Percent-decoding (RFC 3986 section 2.1), for the user information of a URL.

/// The text with every `%XX` replaced by its byte; `None`: a `%` without two hexadecimal digits, or bytes that are not
/// UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => *byte,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        for (text, decoded) in [("", ""), ("a b", "a b"), ("%40%3a%3A%25", "@::%"), ("p%C3%BCw", "püw"), ("ü", "ü")]
        {
            assert_eq!(decode(text).as_deref(), Some(decoded), "{text}");
        }
        for text in ["%", "%4", "%4g", "%+1", "%ff", "x%"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
