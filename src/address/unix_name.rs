//! How the name of a Unix socket is written: `/path`, `relative/path` or `@abstract`, any byte as `%XX` (RFC 3986 section 2.1).
//!
//! `%` always begins an escape and is itself `%25`. Printed, control characters, bytes that are not UTF-8, `%`, and `|` (which
//! begins a NAMEPART) are escaped, so that what is printed reads back as the same bytes.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::piece::Piece;
use super::{IdError, UnixName};

/// The longest path or abstract name in bytes: `sun_path` has 108, of which one is a NUL (unix(7)).
pub const LONGEST: usize = 107;

/// Reads the name that follows `unix:` and the like.
pub(super) fn parse(piece: Piece<'_>) -> Result<UnixName, IdError> {
    if let Some(name) = piece.after_prefix("@") {
        if name.text.is_empty() {
            return Err(name.error("the abstract name is missing: write it after the @"));
        }
        return Ok(UnixName::Abstract(decode(name, "an abstract name")?));
    }
    // The slashes of a URL with an empty authority: `unix:///run/x` is `/run/x`.
    let path = if piece.text.starts_with("///") { piece.skip(2) } else { piece };
    if path.text.is_empty() {
        return Err(path.error("the path is missing: write /path after the colon, or @NAME for an abstract name"));
    }
    let bytes = decode(path, "the path of a Unix socket")?;
    if bytes.contains(&0) {
        let at = path.text.find("%00").unwrap_or(0);
        return Err(path.error_at(at, "a path cannot contain a NUL byte: leave it out"));
    }
    Ok(UnixName::Path(PathBuf::from(OsString::from_vec(bytes))))
}

fn decode(piece: Piece<'_>, what: &str) -> Result<Vec<u8>, IdError> {
    let mut bytes = Vec::with_capacity(piece.text.len());
    let mut too_long_at = None;
    let mut characters = piece.text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\0' => return Err(piece.error_at(at, format!("{what} cannot contain a NUL character: leave it out"))),
            '%' => {
                let mut digit = || characters.next().and_then(|(_, digit)| digit.to_digit(16));
                let byte = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                let reason = "% begins a byte of two hexadecimal digits, as in %ff: write %25 for the character itself";
                bytes.push(byte.ok_or_else(|| piece.error_at(at, reason))?);
            }
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if bytes.len() > LONGEST {
            too_long_at.get_or_insert(at);
        }
    }
    let Some(at) = too_long_at else { return Ok(bytes) };
    let remedy = "write a shorter one, or change the directory and write a relative path";
    Err(piece.error_at(at, format!("{what} has at most {LONGEST} bytes, and this one {}: {remedy}", bytes.len())))
}

/// Writes the name, escaping the characters `also`, too.
pub(super) fn write(f: &mut fmt::Formatter<'_>, name: &UnixName, also: &[char]) -> fmt::Result {
    let mut bytes = match name {
        UnixName::Path(path) => path.as_os_str().as_bytes(),
        UnixName::Abstract(bytes) => {
            f.write_str("@")?;
            bytes
        }
    };
    // A path that begins with the sign of an abstract name.
    if let (UnixName::Path(_), Some(rest)) = (name, bytes.strip_prefix(b"@")) {
        escape(f, b"@")?;
        bytes = rest;
    }
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || "%|".contains(character) || also.contains(&character) {
                escape(f, character.encode_utf8(&mut [0; 4]).as_bytes())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        escape(f, chunk.invalid())?;
    }
    Ok(())
}

fn escape(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))
}

/// A path as it is, an abstract name after `@`; odd bytes as `%XX`.
impl fmt::Display for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self, &[])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(bytes: &[u8]) -> UnixName {
        UnixName::Path(PathBuf::from(OsString::from_vec(bytes.to_vec())))
    }

    fn abstract_name(bytes: &[u8]) -> UnixName {
        UnixName::Abstract(bytes.to_vec())
    }

    #[test]
    fn names_and_how_they_print() {
        let table = [
            ("/run/x.sock", path(b"/run/x.sock"), "/run/x.sock"),
            ("relative/x", path(b"relative/x"), "relative/x"),
            ("///run/x", path(b"/run/x"), "/run/x"),
            ("//run/x", path(b"//run/x"), "//run/x"),
            ("/a b/\u{fc}", path("/a b/\u{fc}".as_bytes()), "/a b/\u{fc}"),
            ("/100%25", path(b"/100%"), "/100%25"),
            ("/%ff%Fe", path(b"/\xff\xfe"), "/%FF%FE"),
            ("/a\n", path(b"/a\n"), "/a%0A"),
            ("/a%7cb", path(b"/a|b"), "/a%7Cb"),
            ("%40x", path(b"@x"), "%40x"),
            ("/@x", path(b"/@x"), "/@x"),
            ("@x", abstract_name(b"x"), "@x"),
            ("@@x", abstract_name(b"@x"), "@@x"),
            ("@%00/%ff", abstract_name(b"\0/\xff"), "@%00/%FF"),
        ];
        for (text, name, printed) in table {
            assert_eq!(parse(Piece::whole(text)), Ok(name.clone()), "{text}");
            assert_eq!(name.to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_name_and_where() {
        let long_path = format!("/{}", "é".repeat(54));
        let long_name = format!("@{}", "%ff".repeat(108));
        let table = [
            ("", 0, "path is missing"),
            ("@", 1, "abstract name is missing"),
            ("/a\0b", 2, "NUL character"),
            ("@a\0b", 2, "NUL character"),
            ("/é%00", 2, "NUL byte"),
            ("/50%", 3, "write %25"),
            ("/%f", 1, "write %25"),
            ("/%fé", 1, "write %25"),
            ("/%+1", 1, "write %25"),
            (long_path.as_str(), 54, "at most 107 bytes, and this one 109"),
            (long_name.as_str(), 322, "at most 107 bytes, and this one 108"),
        ];
        for (text, column, reason) in table {
            let error = parse(Piece::whole(text)).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    #[test]
    fn the_longest_names_that_the_system_takes_are_taken() {
        for text in
            [format!("/{}", "a".repeat(106)), format!("@{}", "a".repeat(107)), format!("@{}", "%00".repeat(107))]
        {
            assert!(parse(Piece::whole(&text)).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_read_back(bytes in prop::collection::vec(any::<u8>(), 1..=LONGEST)) {
            let without_nul: Vec<u8> = bytes.iter().map(|byte| *byte.max(&1)).collect();
            for name in [path(&without_nul), abstract_name(&bytes)] {
                let printed = name.to_string();
                prop_assert!(!printed.chars().any(|c| c.is_control() || c == '|'));
                prop_assert_eq!(parse(Piece::whole(&printed)), Ok(name));
            }
        }
    }
}
