//! One whole SMTP or FTP reply (RFC 5321 section 4.2.1, RFC 959 section 4.2): found, not interpreted.
//!
//! A reply is one line `NNN text` (or `NNN` alone), or begins with `NNN-text` and lasts until a line that begins with
//! the same three digits and a space (or is those digits alone). The lines between may be anything, as in FTP. Lines
//! end in CRLF or LF. How long a reply may be is bounded by the matcher.

use super::line::LineWalk;
use super::{Detail, Found, Progress};

/// Data that is no reply; the text is its beginning, at most four bytes, escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("received data is no reply: it begins with \"{beginning}\", not with three digits and a space or hyphen")]
pub struct ReplyError {
    /// The first bytes, escaped.
    pub beginning: String,
}

/// Looks for the end of a reply.
#[derive(Debug, Clone, Default)]
pub(super) struct ReplySearch {
    lines: LineWalk,
    code: Option<u16>,
}

/// What a line says about the reply that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Continues,
    Last,
}

impl ReplySearch {
    pub(super) fn advance(&mut self, window: &[u8]) -> Progress {
        if let Some(wrong) = wrong_beginning(window) {
            return no_reply(wrong);
        }
        while let Some(line) = self.lines.next(window) {
            match (self.code, mark(line.text)) {
                (None, None) => return no_reply(line.text),
                (None, Some((code, Mark::Continues))) => self.code = Some(code),
                (None, Some((code, Mark::Last))) => return found(line.end, line.ending, code),
                (Some(code), Some((last, Mark::Last))) if code == last => return found(line.end, line.ending, code),
                (Some(_), _) => {}
            }
        }
        Progress::NotYet
    }
}

fn found(end: usize, ending: usize, code: u16) -> Progress {
    Progress::Found(Found { detail: Detail::Reply(code), ..Found::terminated(end, ending) })
}

fn no_reply(beginning: &[u8]) -> Progress {
    let beginning: Vec<u8> = beginning.iter().copied().take(4).collect();
    Progress::NoReply(ReplyError { beginning: beginning.escape_ascii().to_string() })
}

/// The first bytes up to the one that shows that this is no reply, without waiting for the end of the line.
fn wrong_beginning(window: &[u8]) -> Option<&[u8]> {
    let fits = |at: usize, byte: u8| if at < 3 { byte.is_ascii_digit() } else { b" -\r\n".contains(&byte) };
    let wrong = window.iter().take(4).enumerate().position(|(at, byte)| !fits(at, *byte))?;
    window.get(..=wrong)
}

/// The code of a line without its ending, and whether the reply goes on after it.
fn mark(line: &[u8]) -> Option<(u16, Mark)> {
    let (digits, rest) = line.split_first_chunk::<3>()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.first() {
        None | Some(b' ') => Some((code, Mark::Last)),
        Some(b'-') => Some((code, Mark::Continues)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(data: &[u8]) -> Progress {
        ReplySearch::default().advance(data)
    }

    #[test]
    fn replies_of_one_and_of_many_lines() {
        let table: [(&[u8], usize, usize, u16); 9] = [
            (b"220 mail.example ESMTP\r\nrest", 24, 2, 220),
            (b"220 mail\nrest", 9, 1, 220),
            (b"250\r\nrest", 5, 2, 250),
            (b"250 \r\n", 6, 2, 250),
            (b"250-one\r\n250-two\r\n250 three\r\n354 x\r\n", 29, 2, 250),
            (b"123-First line\r\nSecond line\r\n 123 indented\r\n234 A line\r\n123 The last line\r\n", 75, 2, 123),
            (b"123-a\n123-b\n\n12\n123\nrest", 20, 1, 123),
            (b"211-\r\n211\r\n", 11, 2, 211),
            (b"000 zero\n", 9, 1, 0),
        ];
        for (data, end, ending, code) in table {
            assert_eq!(whole(data), found(end, ending, code), "{}", data.escape_ascii());
        }
    }

    #[test]
    fn what_is_not_whole_is_waited_for() {
        for data in ["", "2", "220", "220 ", "220 ready\r", "220-a\r\n", "220-a\r\n221 b\r\n", "220-a\r\n2200 b\r\n220"]
        {
            assert_eq!(whole(data.as_bytes()), Progress::NotYet, "{data:?}");
        }
    }

    #[test]
    fn what_is_no_reply_is_refused_at_the_first_byte_that_shows_it() {
        let table: [(&[u8], &str); 6] = [
            (b"S", "S"),
            (b"22x", "22x"),
            (b"2200", "2200"),
            (b"\r\n220 x", "\\r"),
            (b"220\rx\n", "220\\r"),
            (b"SSH-2.0-OpenSSH", "S"),
        ];
        for (data, beginning) in table {
            let expected = Progress::NoReply(ReplyError { beginning: beginning.into() });
            assert_eq!(whole(data), expected, "{}", data.escape_ascii());
        }
    }
}
