//! What is shown of received datagrams: their bytes, a hex dump, or a JSON record of each; gathered into large writes.

use std::collections::HashMap;
use std::io;

use super::super::stream::Shown;
use super::line_ends;
use crate::address::Peer;
use crate::filter::LineEnding;
use crate::message::{MessageRecord, Split};
use crate::output::hex::HexDump;
use crate::output::sanitize::Sanitizer;
use crate::relay::{Stdio, buffer};
use crate::transport::datagram::Inbox;

/// At this size the text is written before more is received.
const FULL: usize = 256 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bytes,
    /// For a terminal, which must not be controlled by what comes.
    Escaped,
    Hex,
    Json,
}

/// Gathers what is to be written.
pub struct Printer {
    form: Form,
    ending: Split,
    eol: Option<LineEnding>,
    text: Vec<u8>,
    /// The names of the interfaces seen so far.
    interfaces: HashMap<u32, String>,
}

impl Printer {
    /// A printer for stdout; the peers end their lines with `eol`.
    pub fn new(ending: Split, eol: Option<LineEnding>, json: bool, hex: bool, shown: Shown) -> Self {
        let form = match (json, hex, shown) {
            (true, ..) => Form::Json,
            (_, true, _) => Form::Hex,
            (_, _, Shown::ToPerson) => Form::Escaped,
            (_, _, Shown::ToProgram | Shown::ToConversation) => Form::Bytes,
        };
        Printer { form, ending, eol, text: Vec::new(), interfaces: HashMap::new() }
    }

    /// Whether what is printed of a datagram says that it was cut.
    pub fn flags_truncated(&self) -> bool {
        self.form == Form::Json
    }

    /// Adds one of the datagrams of an inbox. `sender` stands before it, where senders are to be told apart.
    ///
    /// # Errors
    /// A message that the framing cannot carry.
    pub fn add(&mut self, inbox: &Inbox, datagram: &[u8], local: &Peer, sender: Option<&str>) -> io::Result<()> {
        if self.form == Form::Json {
            return self.add_record(inbox, datagram, local);
        }
        if let Some(sender) = sender {
            self.text.extend_from_slice(sender.as_bytes());
            self.text.extend_from_slice(b": ");
        }
        let converted = line_ends::incoming(self.eol, datagram);
        let datagram = &*converted;
        let unfit = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        match self.form {
            Form::Hex => {
                let mut dump = HexDump::new();
                dump.push(datagram, &mut self.text);
                dump.finish(&mut self.text);
                if datagram.is_empty() {
                    self.text.extend_from_slice(b"00000000\n");
                }
                Ok(())
            }
            Form::Escaped => {
                let (mut sanitizer, mut text) = (Sanitizer::new(), String::new());
                sanitizer.push(datagram, &mut text);
                sanitizer.finish(&mut text);
                self.ending.join(text.as_bytes(), &mut self.text).map_err(unfit)
            }
            Form::Bytes | Form::Json => self.ending.join(datagram, &mut self.text).map_err(unfit),
        }
    }

    fn add_record(&mut self, inbox: &Inbox, datagram: &[u8], local: &Peer) -> io::Result<()> {
        let arrival = inbox.arrival();
        let from = arrival.from.to_string();
        let to = arrival.destination(local).to_string();
        let interface = (arrival.interface != 0).then(|| {
            self.interfaces.entry(arrival.interface).or_insert_with(|| {
                let name = nix::net::if_::if_indextoname(arrival.interface).ok();
                let name = name.and_then(|name| name.into_string().ok());
                name.unwrap_or_else(|| arrival.interface.to_string())
            })
        });
        let converted = line_ends::incoming(self.eol, datagram);
        let record = MessageRecord {
            from: Some(&from),
            to: Some(&to),
            interface: interface.map(|name| name.as_str()),
            time: Some(arrival.time),
            ttl: arrival.ttl,
            length: inbox.length_of(datagram) as u64,
            truncated: arrival.truncated,
            ..MessageRecord::new(&converted)
        };
        record.write_to(&mut self.text)
    }

    /// Whether enough has gathered.
    pub fn is_full(&self) -> bool {
        self.text.len() >= FULL
    }

    /// Writes what has gathered.
    ///
    /// # Errors
    /// Those of the output.
    pub async fn flush(&mut self, output: &mut Stdio) -> io::Result<()> {
        let written = buffer::write_all(output, &self.text).await;
        self.text.clear();
        written
    }
}
