//! `write`: data to a kept socket, as bytes to a stream and as messages to a socket that keeps their boundaries.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::context::Context;
use crate::address::SocketId;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::keeper::client::{Keeper, read_input};
pub use crate::keeper::wire::Letter;
pub use crate::keeper::wire::WriteEnd;
use crate::keeper::wire::{DATA_CHUNK, Write};
use crate::message::parts::Gatherer;
use crate::message::{Message, Split, SplitError, Splitter};

/// `write`, parsed.
#[derive(Debug)]
pub struct Options {
    /// The socket.
    pub id: SocketId,
    /// What is sent.
    pub sending: Sending,
    /// How long sending may stand still.
    pub timeout: Option<Duration>,
}

/// What is sent, and how.
#[derive(Debug, Clone)]
pub struct Sending {
    /// What.
    pub payload: Payload,
    /// What follows the data.
    pub then: WriteEnd,
    /// How stdin or a file is cut into messages, where it is said.
    pub split: Option<Split>,
    /// Whether the arguments, or what stdin is cut into, are the parts of messages.
    pub parts: bool,
    /// How messages are sent.
    pub letter: Letter,
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Payload {
    /// The arguments.
    Words(Words),
    /// The content of a file.
    File(PathBuf),
    /// All of stdin.
    Stdin,
    /// All of stdin, and nothing where it is a terminal: what comes before an end of data, which may come alone.
    Piped,
    /// The content of one of these, ended with this where it does not end its last line itself.
    Line(Box<Payload>, &'static [u8]),
}

impl Payload {
    /// Opens it for reading as a stream.
    ///
    /// # Errors
    /// A file that cannot be read: status 2.
    fn open(&self) -> Result<Box<dyn Read + '_>, Failure> {
        Ok(match self {
            Payload::Words(words) => Box::new(Cursor::new(words.joined())),
            Payload::Piped if io::stdin().is_terminal() => Box::new(io::empty()),
            Payload::Stdin | Payload::Piped => Box::new(io::stdin().lock()),
            Payload::File(path) => Box::new(open(path).map_err(|error| {
                Failure::message(Exit::Usage, format!("cannot read {}: {}", path.display(), reason(&error)))
            })?),
            Payload::Line(content, ending) => Box::new(Line { content: content.open()?, ending, last: None }),
        })
    }

    /// Whether it is stdin.
    fn is_stdin(&self) -> bool {
        match self {
            Payload::Stdin | Payload::Piped => true,
            Payload::Line(content, _) => content.is_stdin(),
            Payload::Words(_) | Payload::File(_) => false,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
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

/// Data from the command line.
#[derive(Debug, Clone)]
pub struct Words {
    /// The arguments, each one message.
    pub words: Vec<Vec<u8>>,
    /// What stands between two of them in a stream.
    pub separator: &'static [u8],
    /// What ends the last one in a stream, and each message.
    pub ending: &'static [u8],
}

impl Words {
    /// The bytes for a stream.
    fn joined(&self) -> Vec<u8> {
        let mut bytes = self.words.join(self.separator);
        bytes.extend_from_slice(self.ending);
        bytes
    }

    /// The messages; the ending alone is one.
    fn messages(&self) -> Vec<Vec<u8>> {
        if self.words.is_empty() && !self.ending.is_empty() {
            return vec![self.ending.to_vec()];
        }
        self.words.iter().map(|word| [word, self.ending].concat()).collect()
    }
}

/// Runs the command.
///
/// # Errors
/// Not everything could be sent.
pub fn run(options: &Options, context: &Context) -> Result<Exit, Failure> {
    context.talk(&options.id, |keeper| send(keeper, &options.sending, options.timeout).map(|()| Exit::Done))
}

/// Sends.
///
/// # Errors
/// As [`run`].
pub fn send(keeper: &mut Keeper, sending: &Sending, timeout: Option<Duration>) -> Result<(), Failure> {
    match messages_of(&keeper.status()?) {
        Some(terms) => send_messages(keeper, sending, timeout, &terms),
        None => send_bytes(keeper, sending, timeout),
    }
}

/// How a socket that keeps the boundaries of messages takes them.
struct Terms {
    longest: usize,
    usual_split: Split,
    has_end: bool,
}

fn messages_of(status: &Value) -> Option<Terms> {
    let longest = status.get("longest")?.as_u64()?;
    let datagrams = status.get("kind").and_then(Value::as_str) == Some("datagram");
    Some(Terms {
        longest: usize::try_from(longest).unwrap_or(usize::MAX),
        usual_split: if datagrams { super::datagram::default_split() } else { Split::Line },
        has_end: !datagrams,
    })
}

fn send_bytes(keeper: &mut Keeper, sending: &Sending, timeout: Option<Duration>) -> Result<(), Failure> {
    let Letter { to, text, ends: _ } = &sending.letter;
    let stray = [
        ("--to", to.is_some()),
        ("--text and --binary", text.is_some()),
        ("--split", sending.split.is_some()),
        ("--parts", sending.parts),
    ];
    if let Some((word, _)) = stray.into_iter().find(|(_, given)| *given) {
        return Err(Failure::message(Exit::Usage, format!("{word}: this socket is a stream and has no messages")));
    }
    let mut input = sending.payload.open()?;
    keeper.write(&Write { timeout, then: sending.then, letter: None }, &mut input)
}

fn send_messages(
    keeper: &mut Keeper,
    sending: &Sending,
    timeout: Option<Duration>,
    terms: &Terms,
) -> Result<(), Failure> {
    if sending.then == WriteEnd::HalfClose && !terms.has_end {
        return Err(Failure::message(Exit::Usage, "--eof: datagrams have no end of data; leave it out"));
    }
    let write = |then, letter| Write { timeout, then, letter };
    let mut send_whole = |message: &Message| {
        let letter = Letter { ends: message.ends().map(|end| end as u64).collect(), ..sending.letter.clone() };
        keeper.write(&write(WriteEnd::Continue, Some(letter)), &mut message.bytes())
    };
    let mut message = Message::default();
    let mut gatherer = Gatherer::default();
    let mut send = |piece: &[u8]| {
        let whole = match sending.parts {
            true => gatherer.take(piece, &mut message),
            false => {
                message.set(piece);
                true
            }
        };
        if whole { send_whole(&message) } else { Ok(()) }
    };
    match &sending.payload {
        Payload::Words(words) if sending.parts => {
            send_whole(&Message::of_parts(words.messages().iter().map(Vec::as_slice)))?;
        }
        Payload::Words(words) => {
            let messages = words.messages();
            // Nothing is sent if one of them cannot be.
            if let Some(message) = messages.iter().find(|message| message.len() > terms.longest) {
                return Err(too_large(&message.len().to_string(), terms.longest));
            }
            messages.iter().try_for_each(|message| send(message))?;
        }
        content => {
            let usual = if content.is_stdin() || sending.parts { terms.usual_split } else { Split::None };
            cut(&mut *content.open()?, sending.split.unwrap_or(usual), terms.longest, &mut send)?;
            if gatherer.finish() {
                send_whole(&message)?;
            }
        }
    }
    match sending.then {
        WriteEnd::Continue => Ok(()),
        then => keeper.write(&write(then, None), &mut io::empty()),
    }
}

/// Sends each message of an input as soon as it is whole.
fn cut(
    input: &mut dyn Read,
    split: Split,
    longest: usize,
    send: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let unfit = |error: SplitError| match error {
        SplitError::TooLarge { limit } => too_large(&format!("more than {limit}"), limit),
        other => Failure::message(Exit::SendFailed, format!("cannot cut the input into messages: {other}")),
    };
    let mut splitter = Splitter::new(split, longest);
    let mut buffer = vec![0; DATA_CHUNK];
    loop {
        let count = read_input(input, &mut buffer)?;
        let mut rest = buffer.get(..count).unwrap_or_default();
        while let Some(message) = splitter.next_message(&mut rest).map_err(unfit)? {
            send(message)?;
        }
        if count == 0 {
            return splitter.finish().map_err(unfit)?.map_or(Ok(()), send);
        }
    }
}

fn too_large(length: &str, limit: usize) -> Failure {
    let text = format!("a message of {length} bytes is larger than this socket carries, which is {limit}");
    Failure::message(Exit::TooLarge, text).hint("cut it with --split line or --split SIZE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_one_stream_or_a_message_each() {
        let words = |words: &[&str], ending| Words {
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            separator: b" ",
            ending,
        };
        let check = |words: Words, stream: &[u8], messages: &[&[u8]]| {
            assert_eq!(words.joined(), stream);
            assert_eq!(words.messages(), messages);
        };
        check(words(&["a", "", "b"], b""), b"a  b", &[b"a", b"", b"b"]);
        check(words(&["a", "b"], b"\r\n"), b"a b\r\n", &[b"a\r\n", b"b\r\n"]);
        check(words(&[], b"\n"), b"\n", &[b"\n"]);
        check(words(&[], b""), b"", &[]);
    }

    #[test]
    fn an_input_is_cut_and_each_message_sent_once() {
        let cut_of = |input: &[u8], split| {
            let mut sent = Vec::new();
            let done = cut(&mut { input }, split, 5, &mut |message| {
                sent.push(message.to_vec());
                Ok(())
            });
            done.map(|()| sent)
        };
        assert_eq!(cut_of(b"a\n\nbc", Split::Line).unwrap(), [&b"a"[..], b"", b"bc"]);
        assert_eq!(cut_of(b"a\nb", Split::None).unwrap(), [b"a\nb"]);
        assert_eq!(cut_of(b"", Split::None).unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(cut_of(b"123456", Split::None).unwrap_err().exit, Exit::TooLarge);
    }

    /// What a file with this content becomes, read in pieces of two bytes.
    fn line(content: &[u8], ending: &'static [u8]) -> Vec<u8> {
        let payload = Payload::Line(
            Box::new(Payload::Words(Words { words: vec![content.to_vec()], separator: b"", ending: b"" })),
            ending,
        );
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
