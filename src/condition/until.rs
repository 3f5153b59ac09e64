//! `--until`: the terminators that can be named, and the searches for them.
//!
//! Patterns are in `pattern.rs`, replies in `reply.rs`.

use std::str::FromStr;

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::line::LineWalk;
use super::{Found, Progress};

/// A terminator.
///
/// `crlf`, `lf`, `cr`, `nul`, `blank`, `eof` and `reply` are words of this option, in lower case. Everything else is
/// the text itself, byte for byte; a text that is one of those words is written with a backslash before it (`\lf`),
/// and one that is such a word after backslashes with one more (`\\lf`). No other backslash has a meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// These bytes; never empty when it was parsed.
    Text(Vec<u8>),
    /// An empty line, ended by LF or CRLF, also as the first one: the empty line is the terminator, the line ending
    /// before it belongs to the line that it ends.
    Blank,
    /// The end of the data.
    Eof,
    /// One whole SMTP or FTP reply.
    Reply,
}

/// Why a text is no terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UntilError {
    /// The empty text ends nothing.
    #[error(
        "--until \"\" would never wait: write --any for what is there or comes next, --until blank for an empty line"
    )]
    Empty,
}

impl Until {
    /// Reads the value of the option, which may hold any bytes.
    ///
    /// # Errors
    /// An empty value.
    pub fn parse(text: &[u8]) -> Result<Self, UntilError> {
        if text.is_empty() {
            return Err(UntilError::Empty);
        }
        Ok(Self::keyword(text).unwrap_or_else(|| Until::Text(unescaped(text).to_vec())))
    }

    fn keyword(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"crlf" => Until::Text(b"\r\n".to_vec()),
            b"lf" => Until::Text(b"\n".to_vec()),
            b"cr" => Until::Text(b"\r".to_vec()),
            b"nul" => Until::Text(b"\0".to_vec()),
            b"blank" => Until::Blank,
            b"eof" => Until::Eof,
            b"reply" => Until::Reply,
            _ => return None,
        })
    }
}

/// The text without the backslash that kept it from being a keyword.
fn unescaped(text: &[u8]) -> &[u8] {
    let word = text.iter().position(|byte| *byte != b'\\').and_then(|at| text.get(at..)).unwrap_or_default();
    match text.strip_prefix(b"\\") {
        Some(rest) if Until::keyword(word).is_some() => rest,
        _ => text,
    }
}

impl FromStr for Until {
    type Err = UntilError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

/// Looks for a text. Each byte is looked at once, but for the few that may be the beginning of the text.
#[derive(Debug, Clone)]
pub(super) struct TextSearch {
    finder: Finder<'static>,
    /// Where a text that is not there yet could begin at the earliest.
    from: usize,
}

impl TextSearch {
    pub(super) fn new(text: &[u8]) -> Self {
        TextSearch { finder: Finder::new(text).into_owned(), from: 0 }
    }

    pub(super) fn advance(&mut self, window: &[u8]) -> Progress {
        let length = self.finder.needle().len();
        let Some(at) = window.get(self.from..).and_then(|tail| self.finder.find(tail)) else {
            self.from = self.from.max((window.len() + 1).saturating_sub(length));
            return Progress::NotYet;
        };
        Progress::Found(Found::terminated(self.from + at + length, length))
    }
}

/// Looks for an empty line.
#[derive(Debug, Clone, Default)]
pub(super) struct BlankSearch {
    lines: LineWalk,
}

impl BlankSearch {
    pub(super) fn advance(&mut self, window: &[u8]) -> Progress {
        while let Some(line) = self.lines.next(window) {
            if line.text.is_empty() {
                return Progress::Found(Found::terminated(line.end, line.ending));
            }
        }
        Progress::NotYet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_texts_and_the_backslash_between_them() {
        let table: [(&[u8], Until); 16] = [
            (b"crlf", Until::Text(b"\r\n".to_vec())),
            (b"lf", Until::Text(b"\n".to_vec())),
            (b"cr", Until::Text(b"\r".to_vec())),
            (b"nul", Until::Text(b"\0".to_vec())),
            (b"blank", Until::Blank),
            (b"eof", Until::Eof),
            (b"reply", Until::Reply),
            (b"OK", Until::Text(b"OK".to_vec())),
            (b"LF", Until::Text(b"LF".to_vec())),
            (b"\\lf", Until::Text(b"lf".to_vec())),
            (b"\\\\lf", Until::Text(b"\\lf".to_vec())),
            (b"\\reply", Until::Text(b"reply".to_vec())),
            (b"\\n", Until::Text(b"\\n".to_vec())),
            (b"\\", Until::Text(b"\\".to_vec())),
            (b"lf\\", Until::Text(b"lf\\".to_vec())),
            (b"\xff\0\xfe", Until::Text(b"\xff\0\xfe".to_vec())),
        ];
        for (text, until) in table {
            assert_eq!(Until::parse(text), Ok(until), "{}", text.escape_ascii());
        }
        assert_eq!("".parse::<Until>(), Err(UntilError::Empty));
    }

    #[test]
    fn a_text_search_keeps_only_the_overlap() {
        let mut search = TextSearch::new(b"\r\n.\r\n");
        let data = vec![b'x'; 1000];
        for length in 0..data.len() {
            assert_eq!(search.advance(&data[..length]), Progress::NotYet);
            assert_eq!(search.from, length.saturating_sub(4), "bytes that can begin nothing are not looked at again");
        }
    }

    #[test]
    fn a_blank_line_is_the_terminator_and_nothing_before_it() {
        let table: [(&[u8], usize, usize); 5] = [
            (b"A: b\r\n\r\nrest", 8, 2),
            (b"a\n\nrest", 3, 1),
            (b"a\n\r\nrest", 4, 2),
            (b"\nrest", 1, 1),
            (b"a\r\r\n\r\n", 6, 2),
        ];
        for (data, consumed, terminator) in table {
            let expected = Progress::Found(Found::terminated(consumed, terminator));
            assert_eq!(BlankSearch::default().advance(data), expected, "{}", data.escape_ascii());
        }
        assert_eq!(BlankSearch::default().advance(b"a\n \n\r"), Progress::NotYet);
    }

    #[test]
    fn a_buffer_that_has_shrunk_is_survived() {
        let mut search = TextSearch::new(b"ab");
        search.advance(b"0123456789");
        assert_eq!(search.advance(b"ab"), Progress::NotYet);
    }
}
