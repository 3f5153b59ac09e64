//! `write`: data to a kept socket.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::{Keeper, dial};
use crate::keeper::wire::Write;
pub use crate::keeper::wire::WriteEnd;

/// `write`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What is sent.
    pub payload: Payload,
    /// How long sending may stand still.
    pub timeout: Option<Duration>,
    /// What follows the data.
    pub then: WriteEnd,
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of a file.
    File(PathBuf),
    /// All of stdin.
    Stdin,
    /// The content of one of these, ended with this where it does not end its last line itself.
    Line(Box<Payload>, &'static [u8]),
}

impl Payload {
    /// Opens it for reading.
    ///
    /// # Errors
    /// A file that cannot be read: status 2.
    fn open(&self) -> Result<Box<dyn Read + '_>, Failure> {
        Ok(match self {
            Payload::Bytes(bytes) => Box::new(bytes.as_slice()),
            Payload::Stdin => Box::new(std::io::stdin().lock()),
            Payload::File(path) => Box::new(std::fs::File::open(path).map_err(|error| {
                Failure::message(Exit::Usage, format!("cannot read {}: {}", path.display(), reason(&error)))
            })?),
            Payload::Line(content, ending) => Box::new(Line { content: content.open()?, ending, last: None }),
        })
    }
}

/// Adds a line ending to a content that has none at its end.
struct Line<'a> {
    content: Box<dyn Read + 'a>,
    ending: &'static [u8],
    /// The last byte so far.
    last: Option<u8>,
}

impl Read for Line<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.content.read(buffer)?;
        if let Some(last) = buffer.get(..count).and_then(<[u8]>::last) {
            self.last = Some(*last);
            return Ok(count);
        }
        if self.last.is_some_and(|last| last == b'\n' || self.ending.last() == Some(&last)) {
            self.ending = &[];
        }
        self.last = None;
        self.ending.read(buffer)
    }
}

/// Runs the command.
///
/// # Errors
/// Not everything could be sent.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    let mut keeper = dial(&context.place, &options.id)?;
    send(&mut keeper, &options.payload, options.timeout, options.then)?;
    Ok(Exit::Done)
}

/// Sends a payload.
///
/// # Errors
/// As [`run`].
pub fn send(keeper: &mut Keeper, payload: &Payload, timeout: Option<Duration>, then: WriteEnd) -> Result<(), Failure> {
    let mut input = payload.open()?;
    let write = Write { timeout, then, message: serde_json::Value::Null };
    keeper.write(&write, &mut input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file with this content becomes, read in pieces of two bytes.
    fn line(content: &[u8], ending: &'static [u8]) -> Vec<u8> {
        let payload = Payload::Line(Box::new(Payload::Bytes(content.to_vec())), ending);
        let (mut input, mut read) = (payload.open().unwrap(), Vec::new());
        loop {
            let mut piece = [0; 2];
            match input.read(&mut piece).unwrap() {
                0 => return read,
                count => read.extend_from_slice(&piece[..count]),
            }
        }
    }

    #[test]
    fn a_line_gets_an_ending_where_it_has_none() {
        for (content, ending, whole) in [
            (&b"secret"[..], &b"\n"[..], &b"secret\n"[..]),
            (b"secret\n", b"\n", b"secret\n"),
            (b"secret", b"\r\n", b"secret\r\n"),
            (b"secret\r\n", b"\r\n", b"secret\r\n"),
            (b"secret\r", b"\r", b"secret\r"),
            (b"", b"\r\n", b"\r\n"),
        ] {
            assert_eq!(line(content, ending), whole, "{}", content.escape_ascii());
        }
    }
}
