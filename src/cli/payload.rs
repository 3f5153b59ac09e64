//! What is sent: the words that `write` and `ask` share.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Args;

use super::until::SplitArgs;
use crate::commands::write::{Letter, Payload, Sending, Words, WriteEnd};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;

/// The payload.
#[derive(Debug, Args)]
#[command(next_help_heading = "Send")]
pub struct PayloadArgs {
    /// What to send, literally: a blank between two arguments, each a message where there are messages; without it, stdin
    #[arg(value_name = "DATA")]
    data: Vec<OsString>,
    /// Add the line ending of the socket, LF unless it was opened with --eol or -C; a file that has one gets no other
    #[arg(short = 'l', long)]
    line: bool,
    /// Read \n \r \t \0 \e \\ \xHH in DATA as the bytes that they stand for
    #[arg(short = 'E', long, conflicts_with = "from_hex")]
    escape: bool,
    /// Read DATA as hexadecimal digits
    #[arg(long)]
    from_hex: bool,
    /// Send a file; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["data", "escape", "from_hex"])]
    file: Option<PathBuf>,
    /// With --line: the line ending to add, lf, crlf or cr, instead of that of the socket
    #[arg(long, value_name = "KIND", requires = "line")]
    eol: Option<LineEnding>,
    /// With --line: end it with CRLF (= --eol crlf)
    #[arg(short = 'C', long, requires = "line", conflicts_with = "eol")]
    crlf: bool,
    /// End our data after it
    #[arg(long)]
    eof: bool,
}

impl PayloadArgs {
    /// The typed form.
    ///
    /// # Errors
    /// An escape or a digit that is none: status 2.
    pub fn sending(&self, letter: &LetterArgs, split: &SplitArgs) -> Result<Sending, Failure> {
        let then = if self.eof { WriteEnd::HalfClose } else { WriteEnd::Continue };
        Ok(Sending {
            payload: self.payload()?,
            then,
            split: split.split(),
            parts: split.parts(),
            letter: letter.letter(),
        })
    }

    fn payload(&self) -> Result<Payload, Failure> {
        let ending = self.eol.or(self.crlf.then_some(LineEnding::CrLf)).unwrap_or(LineEnding::Lf).terminator();
        match &self.file {
            Some(path) => {
                let whole = if path.as_os_str() == "-" { Payload::Stdin } else { Payload::File(path.clone()) };
                return Ok(if self.line { Payload::Line(Box::new(whole), ending) } else { whole });
            }
            None if self.data.is_empty() && !self.line && !self.eof => return Ok(Payload::Stdin),
            None => {}
        }
        let read = |word: &OsString| match (self.escape, self.from_hex) {
            (true, _) => unescaped(word.as_bytes()),
            (_, true) => from_hex(word.as_bytes()),
            _ => Ok(word.as_bytes().to_vec()),
        };
        Ok(Payload::Words(Words {
            words: self.data.iter().map(read).collect::<Result<_, _>>()?,
            separator: if self.from_hex { b"" } else { b" " },
            ending: if self.line { ending } else { b"" },
        }))
    }
}

/// How messages are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct LetterArgs {
    /// Send to this peer, for a kept datagram socket: HOST:PORT, as the record of a datagram names its sender
    #[arg(long, value_name = "PEER")]
    to: Option<String>,
    /// Send text messages, for a kept WebSocket
    #[arg(long, conflicts_with = "binary")]
    text: bool,
    /// Send binary messages, for a kept WebSocket
    #[arg(long)]
    binary: bool,
}

impl LetterArgs {
    fn letter(&self) -> Letter {
        let text = (self.text || self.binary).then_some(self.text);
        Letter { to: self.to.clone(), text, ends: Vec::new() }
    }
}

fn usage(text: String) -> Failure {
    Failure::message(Exit::Usage, text)
}

/// The bytes that escapes stand for.
fn unescaped(text: &[u8]) -> Result<Vec<u8>, Failure> {
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
                let [Some(high), Some(low)] = digits else {
                    return Err(usage("\\x is followed by two hexadecimal digits, as in \\x0a".to_owned()));
                };
                high << 4 | low
            }
            Some(other) => {
                let text = format!("\\{} is no escape: write \\n \\r \\t \\0 \\a \\e \\xHH or \\\\", char::from(other));
                return Err(usage(text));
            }
            None => return Err(usage("a backslash at the end escapes nothing: write \\\\".to_owned())),
        });
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The bytes of pairs of digits, with blanks and colons between them.
fn from_hex(text: &[u8]) -> Result<Vec<u8>, Failure> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b':');
    let values: Option<Vec<u8>> = digits.map(|digit| value(*digit)).collect();
    let values = values.filter(|values| values.len() % 2 == 0).ok_or_else(|| {
        let shown = String::from_utf8_lossy(text);
        usage(format!("{shown:?} is not hexadecimal: write two of 0-9 a-f for each byte, as in 0d0a"))
    })?;
    Ok(values.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(unescaped(b"a\\r\\n\\x00\\xfF\\\\n\\e").unwrap(), b"a\r\n\x00\xff\\n\x1b");
        for text in [&b"\\"[..], b"\\q", b"\\x1", b"\\xgg"] {
            assert_eq!(unescaped(text).unwrap_err().exit, Exit::Usage);
        }
    }

    #[test]
    fn digits_stand_for_bytes() {
        assert_eq!(from_hex(b"00 ff:0D\n0a").unwrap(), b"\x00\xff\r\n");
        for text in [&b"0"[..], b"0g", b"zz"] {
            assert_eq!(from_hex(text).unwrap_err().exit, Exit::Usage);
        }
    }
}
