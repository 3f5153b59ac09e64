//! What is sent: the words that `write` and `ask` share.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Args;

use super::until::SplitArgs;
use crate::commands::write::{Letter, Payload, Sending, Words, WriteEnd};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;
use crate::filter::escapes::{EscapeError, from_hex, unescaped};

/// The payload.
#[derive(Debug, Args)]
#[command(next_help_heading = "Send")]
pub struct PayloadArgs {
    /// What to send, literally: a blank between two arguments, each a message where there are messages; without it, stdin
    #[arg(value_name = "DATA")]
    data: Vec<OsString>,
    /// Add the line ending of the socket, LF unless it was opened with --eol or -C; a file that has one gets no other; without DATA an empty line
    #[arg(short = 'l', long)]
    line: bool,
    #[command(flatten)]
    spelling: SpellingArgs,
    /// Send a file; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["data", "escape", "from_hex"])]
    file: Option<PathBuf>,
    /// With --line: the line ending to add, lf, crlf or cr, instead of that of the socket
    #[arg(long, value_name = "KIND", requires = "line")]
    eol: Option<LineEnding>,
    /// With --line: end it with CRLF (= --eol crlf)
    #[arg(short = 'C', long, requires = "line", conflicts_with = "eol")]
    crlf: bool,
    /// End our data after it; without DATA after stdin, unless that is a terminal
    #[arg(long)]
    eof: bool,
}

/// How DATA spells its bytes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Send")]
pub struct SpellingArgs {
    /// Read \n \r \t \0 \e \\ \xHH in DATA as the bytes that they stand for
    #[arg(short = 'E', long, conflicts_with = "from_hex")]
    escape: bool,
    /// Read DATA as hexadecimal digits
    #[arg(long)]
    from_hex: bool,
}

impl SpellingArgs {
    /// The bytes of one DATA.
    ///
    /// # Errors
    /// An escape or a digit that is none: status 2.
    pub fn read(&self, word: &OsStr) -> Result<Vec<u8>, Failure> {
        match (self.escape, self.from_hex) {
            (true, _) => unescaped(word.as_bytes()).map_err(usage),
            (_, true) => from_hex(word.as_bytes()).map_err(usage),
            _ => Ok(word.as_bytes().to_vec()),
        }
    }
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
            None if self.data.is_empty() && !self.line => return Ok(Payload::Piped),
            None => {}
        }
        let words = self.data.iter().map(|word| self.spelling.read(word)).collect::<Result<_, _>>()?;
        Ok(Payload::Words(Words {
            words,
            separator: if self.spelling.from_hex { b"" } else { b" " },
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

fn usage(error: EscapeError) -> Failure {
    Failure::new(Exit::Usage, error)
}
