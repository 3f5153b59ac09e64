//! What is sent: the words that `write` and `ask` share.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Args;

use crate::commands::write::{Payload, WriteEnd};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::filter::LineEnding;
use crate::filter::escapes::{EscapeError, from_hex, unescaped};

/// The payload.
#[derive(Debug, Args)]
#[command(next_help_heading = "Send")]
pub struct PayloadArgs {
    /// What to send, literally, with a blank between two arguments; without it, all of stdin
    #[arg(value_name = "DATA")]
    data: Vec<OsString>,
    /// Add the line ending of the socket, LF unless it was opened with --eol or -C
    #[arg(short = 'l', long)]
    line: bool,
    /// Read \n \r \t \0 \e \\ \xHH in DATA as the bytes that they stand for
    #[arg(short = 'E', long, conflicts_with = "from_hex")]
    escape: bool,
    /// Read DATA as hexadecimal digits
    #[arg(long)]
    from_hex: bool,
    /// Send a file; - is stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["data", "line", "escape", "from_hex"])]
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
    /// What follows the data.
    pub fn then(&self) -> WriteEnd {
        if self.eof { WriteEnd::HalfClose } else { WriteEnd::Continue }
    }

    /// The typed form.
    ///
    /// # Errors
    /// An escape or a digit that is none: status 2.
    pub fn payload(&self) -> Result<Payload, Failure> {
        match &self.file {
            Some(path) if path.as_os_str() == "-" => return Ok(Payload::Stdin),
            Some(path) => return Ok(Payload::File(path.clone())),
            None if self.data.is_empty() && !self.line && self.eof => return Ok(Payload::Bytes(Vec::new())),
            None if self.data.is_empty() && !self.line => return Ok(Payload::Stdin),
            None => {}
        }
        let text = self.data.iter().map(|word| word.as_bytes()).collect::<Vec<_>>().join(&b' ');
        let mut bytes = match (self.escape, self.from_hex) {
            (true, _) => unescaped(&text).map_err(usage)?,
            (_, true) => from_hex(&text).map_err(usage)?,
            _ => text,
        };
        if self.line {
            let ending = self.eol.or(self.crlf.then_some(LineEnding::CrLf)).unwrap_or(LineEnding::Lf);
            bytes.extend_from_slice(ending.terminator());
        }
        Ok(Payload::Bytes(bytes))
    }
}

fn usage(error: EscapeError) -> Failure {
    Failure::new(Exit::Usage, error)
}
