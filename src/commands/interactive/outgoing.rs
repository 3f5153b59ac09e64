//! What waits to be sent, in its order: lines, bytes, messages, a file. And how it is shown.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::task::{Context, Poll, ready};

use super::link::{Link, Lost};
use crate::event::{Direction, Report};
use crate::failure::reason;
use crate::filter::{self, LineEnding};
use crate::output::hex::HexDump;
use crate::output::sanitize::Sanitizer;
use crate::relay::Blame;
use crate::service::Watcher;
use crate::terminal::{Entry, Mark};

/// When more than this waits, in bytes, a peer takes nothing, and no more is taken from the person.
const MOST: usize = 1 << 20;

/// How much of a file is read at once, in bytes.
const FILE_CHUNK: usize = 64 << 10;

/// A file that is being sent.
struct InTransit {
    file: File,
    name: String,
    sent: u64,
}

/// What waits to be sent.
pub struct Outgoing {
    queue: VecDeque<Vec<u8>>,
    /// How much of the first in the queue is sent.
    sent: usize,
    /// Whether something is sent that may be held back below.
    unflushed: bool,
    file: Option<InTransit>,
    ending: Option<LineEnding>,
    converter: Option<filter::Outgoing>,
    hex: Option<HexDump>,
    troubled: bool,
    notes: Vec<String>,
}

impl Outgoing {
    /// Nothing yet.
    pub fn new(ending: Option<LineEnding>, hex: bool) -> Self {
        let mut outgoing = Outgoing {
            queue: VecDeque::new(),
            sent: 0,
            unflushed: false,
            file: None,
            ending: None,
            converter: None,
            hex: hex.then(HexDump::new),
            troubled: false,
            notes: Vec::new(),
        };
        outgoing.set_ending(ending);
        outgoing
    }

    /// How the lines end from now on.
    pub fn set_ending(&mut self, kind: Option<LineEnding>) {
        self.ending = kind.filter(|kind| kind.converts());
        self.converter = self.ending.map(filter::Outgoing::new);
    }

    /// Whether bytes are shown in hexadecimal.
    pub fn is_hex(&self) -> bool {
        self.hex.is_some()
    }

    /// Shows bytes in hexadecimal, or as text again.
    pub fn set_hex(&mut self, hex: bool) {
        self.hex = hex.then(HexDump::new);
    }

    /// Whether this is the first time that something cannot be helped.
    pub fn first_trouble(&mut self) -> bool {
        !std::mem::replace(&mut self.troubled, true)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.file.is_none() && !self.unflushed
    }

    /// Why nothing more can be taken now.
    pub fn refusal(&self) -> Option<String> {
        if let Some(file) = &self.file {
            return Some(format!("{} is being sent; Ctrl-C stops it", file.name));
        }
        let waiting = self.queue.iter().map(Vec::len).sum::<usize>() - self.sent;
        (waiting > MOST).then(|| format!("the peer takes no data: {waiting} bytes wait already"))
    }

    /// A line, or several, each with its end.
    pub fn line(&mut self, line: &[u8]) {
        let mut whole = line.to_vec();
        whole.push(b'\n');
        let converted = self.converted(whole);
        self.queue.push_back(converted);
    }

    /// A message, or several, one to a line.
    pub fn messages(&mut self, line: &[u8]) {
        self.queue.extend(line.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: Vec<u8>) {
        self.queue.push_back(bytes);
    }

    fn converted(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match &mut self.converter {
            None => bytes,
            Some(converter) => {
                let mut output = Vec::with_capacity(bytes.len() + 16);
                converter.push(&bytes, &mut output);
                output
            }
        }
    }

    /// A file, which is read as it is sent; a message is one whole file. What is to be said of it comes back.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn file(&mut self, path: &Path, as_message: bool, limit: usize) -> Result<String, String> {
        let name = path.display().to_string();
        let failed = |error: &std::io::Error| format!("cannot read {name}: {}", reason(error));
        let facts = std::fs::metadata(path).map_err(|error| failed(&error))?;
        // Anything else could hold up the terminal.
        if !facts.is_file() {
            return Err(format!("{name} is no regular file"));
        }
        let mut file = File::open(path).map_err(|error| failed(&error))?;
        if !as_message {
            self.file = Some(InTransit { file, name: name.clone(), sent: 0 });
            return Ok(format!("sending {name}, {} bytes", facts.len()));
        }
        if facts.len() > limit as u64 {
            return Err(format!("{name} has {} bytes, and a message at most {limit}", facts.len()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        let length = bytes.len();
        self.queue.push_back(bytes);
        Ok(format!("sending {name}, one message of {length} bytes"))
    }

    /// Stops sending a file; what is to be said of it.
    pub fn stop_file(&mut self) -> Option<String> {
        let file = self.file.take()?;
        Some(format!("stopped: {} bytes of {} were taken to be sent", file.sent, file.name))
    }

    /// What there is to be said.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Takes the next piece of the file.
    fn read_file(&mut self) {
        let Some(mut transit) = self.file.take() else { return };
        let mut piece = vec![0; FILE_CHUNK];
        match transit.file.read(&mut piece) {
            Ok(0) => self.notes.push(format!("sent {}, {} bytes", transit.name, transit.sent)),
            Ok(count) => {
                piece.truncate(count);
                let piece = self.converted(piece);
                self.queue.push_back(piece);
                transit.sent += count as u64;
                self.file = Some(transit);
            }
            Err(error) => self.notes.push(format!(
                "cannot read {}: {}; {} bytes of it were sent",
                transit.name,
                reason(&error),
                transit.sent
            )),
        }
    }

    /// Sends; false when nothing waits, true when something was sent.
    pub fn poll_send(
        &mut self,
        link: &mut Link,
        watcher: &dyn Watcher,
        report: &dyn Report,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Lost>> {
        if self.queue.is_empty() && self.file.is_some() {
            self.read_file();
            if self.queue.is_empty() {
                return Poll::Ready(Ok(true));
            }
        }
        let Some(first) = self.queue.front() else {
            if self.unflushed {
                ready!(link.poll_flush(cx))?;
                self.unflushed = false;
                return Poll::Ready(Ok(true));
            }
            return Poll::Ready(Ok(false));
        };
        let rest = first.get(self.sent..).unwrap_or_default();
        let messages = link.has_messages();
        if rest.is_empty() && !messages {
            self.queue.pop_front();
            self.sent = 0;
            return Poll::Ready(Ok(true));
        }
        let count = ready!(link.poll_send(cx, rest))?;
        let sent = rest.get(..count).unwrap_or_default();
        if messages {
            report.message(Direction::Out);
        }
        watcher.moved(Direction::Out, sent.len() as u64);
        if watcher.wants_bytes() {
            watcher.wire(Direction::Out, sent).map_err(|error| Lost::Broken(Blame::Recording, error))?;
        }
        self.unflushed = true;
        self.sent += count;
        if messages || self.sent >= first.len() {
            self.queue.pop_front();
            self.sent = 0;
        }
        Poll::Ready(Ok(true))
    }

    /// A line as it is shown.
    pub fn shown_line(&mut self, line: &[u8]) -> Vec<Entry> {
        if self.hex.is_some() {
            let mut whole = line.to_vec();
            whole.push(b'\n');
            // The state of the real conversion must not be touched.
            if let Some(kind) = self.ending {
                let mut output = Vec::new();
                filter::Outgoing::new(kind).push(&whole, &mut output);
                whole = output;
            }
            return self.rows(&whole);
        }
        let mut text = String::new();
        let mut sanitizer = Sanitizer::new();
        sanitizer.push(line, &mut text);
        sanitizer.finish(&mut text);
        text.split('\n').map(|line| Entry::new(Mark::Out, line)).collect()
    }

    /// Bytes as they are shown: what is no text is escaped, line ends too.
    pub fn shown_bytes(&mut self, bytes: &[u8]) -> Vec<Entry> {
        match self.hex {
            Some(_) => self.rows(bytes),
            None => {
                let escaped = |byte: &u8| match byte {
                    b'"' | b'\'' => char::from(*byte).to_string(),
                    byte => byte.escape_ascii().to_string(),
                };
                vec![Entry::new(Mark::Out, bytes.iter().map(escaped).collect::<String>())]
            }
        }
    }

    fn rows(&mut self, bytes: &[u8]) -> Vec<Entry> {
        let Some(dump) = &mut self.hex else { return Vec::new() };
        let mut rows = Vec::new();
        dump.push(bytes, &mut rows);
        dump.finish(&mut rows);
        String::from_utf8_lossy(&rows).lines().map(|row| Entry::new(Mark::Out, row)).collect()
    }
}
