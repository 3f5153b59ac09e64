//! The escapes of tab-separated values: `\t` tab, `\n` line feed, `\r` carriage return, `\\` backslash; every other
//! byte stands for itself.

use std::borrow::Cow;

/// What needs an escape, and the letter of it.
const ESCAPES: [(u8, u8); 4] = [(b'\t', b't'), (b'\n', b'n'), (b'\r', b'r'), (b'\\', b'\\')];

/// Appends a field.
pub fn escape(field: &str, out: &mut Vec<u8>) {
    for byte in field.bytes() {
        match ESCAPES.iter().find(|(raw, _)| *raw == byte) {
            Some((_, letter)) => out.extend_from_slice(&[b'\\', *letter]),
            None => out.push(byte),
        }
    }
}

/// The text of a field; `Err` is the escape that is none.
pub fn unescape(field: &str) -> Result<Cow<'_, str>, String> {
    if memchr::memchr(b'\\', field.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(field));
    }
    let mut text = String::with_capacity(field.len());
    let mut letters = field.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        let escaped = letters.next();
        let raw = ESCAPES.iter().find(|(_, letter)| Some(char::from(*letter)) == escaped);
        let (raw, _) = raw.ok_or_else(|| escaped.map_or("\\".to_owned(), |letter| format!("\\{letter}")))?;
        text.push(char::from(*raw));
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes() {
        let table = [("a\tb", "a\\tb"), ("\n\r\\", "\\n\\r\\\\"), ("é\0\"'", "é\0\"'"), ("", "")];
        for (text, field) in table {
            let mut out = Vec::new();
            escape(text, &mut out);
            assert_eq!(out, field.as_bytes());
            assert_eq!(unescape(field).as_deref(), Ok(text));
        }
        assert_eq!(unescape("C:\\dir"), Err("\\d".to_owned()));
        assert_eq!(unescape("x\\"), Err("\\".to_owned()));
    }

    proptest! {
        #[test]
        fn every_text_is_one_field_and_comes_back(text in "[\\PC\t\n\r\\\\]*") {
            let mut out = Vec::new();
            escape(&text, &mut out);
            prop_assert!(!out.iter().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r')));
            let field = String::from_utf8(out).unwrap();
            prop_assert_eq!(unescape(&field), Ok(Cow::Borrowed(text.as_str())));
        }
    }
}
