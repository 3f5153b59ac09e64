//! Character sets of strings in packed formats: `--text-encoding`. The other encodings define theirs, UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8};

/// How strings become bytes and bytes strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// An encoding of the WHATWG Encoding Standard.
    Named(&'static Encoding),
    /// Strings are sent in UTF-8; bytes received that are not UTF-8 stay bytes.
    Ignore,
}

/// Why text cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CharsetError {
    /// No such name.
    #[error(
        "`{0}` is no text encoding: write utf8, locale, ignore, or a name such as latin1, windows-1251 or shift_jis"
    )]
    Unknown(String),
    /// It can be read only.
    #[error("strings cannot be written in `{0}`: write utf8, or send bytes as b:HEX")]
    ReadOnly(String),
    /// A string has a character that the encoding lacks.
    #[error("{0} has no form for a character of the string")]
    Unmappable(&'static str),
    /// Bytes mean nothing in the encoding.
    #[error("a string is not {0}; --text-encoding names another encoding, `a` takes bytes")]
    Malformed(&'static str),
}

impl Default for Charset {
    fn default() -> Self {
        Charset::Named(UTF_8)
    }
}

impl Charset {
    /// The encoding that a name stands for: `utf8`, `ignore`, `locale`, or any label of the Encoding Standard (where
    /// `latin1` is windows-1252). `locale` is the value of LC_ALL, LC_CTYPE or LANG, whichever is set first; a locale
    /// that names no character set means UTF-8.
    ///
    /// # Errors
    /// [`CharsetError::Unknown`], and [`CharsetError::ReadOnly`] for UTF-16.
    pub fn parse(name: &str, locale: &str) -> Result<Self, CharsetError> {
        if name.eq_ignore_ascii_case("ignore") {
            return Ok(Charset::Ignore);
        }
        let label = if name.eq_ignore_ascii_case("locale") { codeset(locale) } else { name };
        let encoding = Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != REPLACEMENT);
        match encoding {
            Some(encoding) if encoding.output_encoding() == encoding => Ok(Charset::Named(encoding)),
            Some(encoding) => Err(CharsetError::ReadOnly(encoding.name().to_owned())),
            None => Err(CharsetError::Unknown(label.to_owned())),
        }
    }

    /// The bytes of a string.
    ///
    /// # Errors
    /// [`CharsetError::Unmappable`].
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, CharsetError> {
        match self {
            Charset::Ignore => Ok(Cow::Borrowed(text.as_bytes())),
            Charset::Named(encoding) => match encoding.encode(text) {
                (bytes, _, false) => Ok(bytes),
                _ => Err(CharsetError::Unmappable(encoding.name())),
            },
        }
    }

    /// The string that bytes stand for; `None` where they are to stay bytes.
    ///
    /// # Errors
    /// [`CharsetError::Malformed`].
    pub fn decode(self, bytes: &[u8]) -> Result<Option<String>, CharsetError> {
        match self {
            Charset::Ignore => Ok(str::from_utf8(bytes).ok().map(str::to_owned)),
            Charset::Named(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(|text| Some(text.into_owned()))
                .ok_or(CharsetError::Malformed(encoding.name())),
        }
    }
}

/// `ISO-8859-15` of `de_DE.ISO-8859-15@euro`.
fn codeset(locale: &str) -> &str {
    let after_dot = locale.split_once('.').map_or("", |(_, rest)| rest);
    match after_dot.split('@').next() {
        Some("") | None => "utf-8",
        Some(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charset(name: &str) -> Charset {
        Charset::parse(name, "").unwrap()
    }

    #[test]
    fn names() {
        let named = |label: &str| Charset::Named(Encoding::for_label(label.as_bytes()).unwrap());
        assert_eq!(charset("utf8"), named("utf-8"));
        assert_eq!(charset("UTF-8"), Charset::default());
        assert_eq!(charset("latin1"), named("windows-1252"));
        assert_eq!(charset("ignore"), Charset::Ignore);
        let locales = [
            ("de_DE.ISO-8859-15@euro", "iso-8859-15"),
            ("ru_RU.KOI8-R", "koi8-r"),
            ("en_US.UTF-8", "utf-8"),
            ("en_US.utf8", "utf-8"),
            ("C", "utf-8"),
            ("C.UTF-8", "utf-8"),
            ("de_DE@euro", "utf-8"),
            ("", "utf-8"),
        ];
        for (locale, label) in locales {
            assert_eq!(Charset::parse("locale", locale), Ok(named(label)), "{locale}");
        }
        assert_eq!(Charset::parse("ebcdic", ""), Err(CharsetError::Unknown("ebcdic".into())));
        assert_eq!(Charset::parse("iso-2022-kr", ""), Err(CharsetError::Unknown("iso-2022-kr".into())));
        assert_eq!(Charset::parse("utf-16", ""), Err(CharsetError::ReadOnly("UTF-16LE".into())));
    }

    #[test]
    fn strings_and_their_bytes() {
        let table: [(&str, &str, &[u8]); 4] = [
            ("utf8", "é€", "é€".as_bytes()),
            ("latin1", "é€", &[0xe9, 0x80]),
            ("shift_jis", "表", &[0x95, 0x5c]),
            ("windows-1251", "Я", &[0xdf]),
        ];
        for (name, text, bytes) in table {
            assert_eq!(charset(name).encode(text).as_deref(), Ok(bytes), "{name}");
            assert_eq!(charset(name).decode(bytes), Ok(Some(text.to_owned())), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_converted_is_an_error_and_never_a_question_mark() {
        assert_eq!(charset("latin1").encode("Я"), Err(CharsetError::Unmappable("windows-1252")));
        assert_eq!(charset("utf8").decode(b"a\xff"), Err(CharsetError::Malformed("UTF-8")));
        assert_eq!(charset("ignore").decode(b"a\xff"), Ok(None));
        assert_eq!(charset("ignore").decode(b"a"), Ok(Some("a".to_owned())));
        assert_eq!(charset("utf8").decode(b"\xef\xbb\xbfa"), Ok(Some("\u{feff}a".to_owned())));
    }
}
