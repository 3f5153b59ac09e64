//! How the messages of a kept socket are printed: their bytes with an ending, or a JSON record of each. What is read is known
//! in `read.rs`.

use std::io::IsTerminal;

use super::datagram;
use crate::condition::TerminatorRule;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keeper::client::Delivered;
use crate::message::{Message, MessageRecord, Split, parts};
use crate::output::sanitize::Sanitizer;

/// The form of messages on stdout.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// A JSON record of each.
    Records,
    /// Their bytes, and what this adds to them; where nothing is said a line break, and nothing after datagrams in a
    /// pipe.
    Bytes(Option<Split>),
    /// Each part as a piece, and an empty one behind the last.
    Parts(Split),
}

impl Form {
    /// The form that was asked for. `--strip` leaves the bytes bare.
    pub fn new(json: bool, split: Option<Split>, terminator: TerminatorRule) -> Self {
        match (json, terminator) {
            (true, _) => Form::Records,
            (false, TerminatorRule::Strip) => Form::Bytes(Some(split.unwrap_or(Split::None))),
            (false, TerminatorRule::Keep) => Form::Bytes(split),
        }
    }

    /// What is printed of messages.
    ///
    /// # Errors
    /// One that the framing cannot carry: status 23.
    pub fn render(self, messages: &[Delivered]) -> Result<Vec<u8>, Failure> {
        let unfit = |error: &dyn std::fmt::Display| Failure::message(Exit::OutputFailed, error.to_string());
        let person = std::io::stdout().is_terminal();
        let mut text = Vec::new();
        for message in messages {
            match self {
                Form::Records => record(message).write_to(&mut text).map_err(|error| unfit(&error))?,
                Form::Parts(split) => {
                    let escaped = person.then(|| message.parts().map(escaped).collect::<Vec<_>>());
                    let shown = match &escaped {
                        Some(parts) => Message::of_parts(parts.iter().map(Vec::as_slice)),
                        None => Message::of_parts(message.parts()),
                    };
                    parts::join(&shown, split, &mut text).map_err(|error| unfit(&error))?;
                }
                Form::Bytes(split) => {
                    let is_datagram = message.header.sent_length.is_some();
                    let usual = if is_datagram { datagram::default_ending() } else { Split::Line };
                    let escaped = person.then(|| escaped(&message.bytes));
                    let bytes = escaped.as_deref().unwrap_or(&message.bytes);
                    split.unwrap_or(usual).join(bytes, &mut text).map_err(|error| unfit(&error))?;
                }
            }
        }
        Ok(text)
    }
}

/// For a terminal, which must not be controlled by what comes.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let (mut sanitizer, mut text) = (Sanitizer::new(), String::new());
    sanitizer.push(bytes, &mut text);
    sanitizer.finish(&mut text);
    text.into_bytes()
}

fn record(message: &Delivered) -> MessageRecord<'_> {
    let header = &message.header;
    MessageRecord {
        from: header.from.as_deref(),
        to: header.to.as_deref(),
        interface: header.interface.as_deref(),
        time: header.moment(),
        ttl: header.ttl,
        length: header.sent_length.unwrap_or(header.length),
        truncated: header.sent_length.is_some_and(|sent| sent > header.length),
        ..match (header.has_parts, header.ends.is_empty()) {
            (false, true) => MessageRecord::new(&message.bytes),
            (true, true) => {
                let single = MessageRecord::new(&message.bytes);
                MessageRecord { parts: MessageRecord::of_several(&message.bytes, message.parts()).parts, ..single }
            }
            (_, false) => MessageRecord::of_several(&message.bytes, message.parts()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::wire::MessageHeader;

    fn delivered(bytes: &[u8]) -> Delivered {
        let header =
            MessageHeader { length: bytes.len() as u64, time: 1_700_000_000_000_000, ..MessageHeader::default() };
        Delivered { header, bytes: bytes.to_vec() }
    }

    #[test]
    fn each_message_has_its_ending_or_its_record() {
        let messages = [delivered(b"one"), delivered(b""), delivered(b"\xff")];
        let shown = |json, split: Option<&str>, rule| {
            let split = split.map(|split| split.parse().unwrap());
            Form::new(json, split, rule).render(&messages).unwrap()
        };
        assert_eq!(shown(false, None, TerminatorRule::Keep), b"one\n\n\xff\n");
        assert_eq!(shown(false, None, TerminatorRule::Strip), b"one\xff");
        assert_eq!(shown(false, Some("nul"), TerminatorRule::Keep), b"one\0\0\xff\0");
        let records = String::from_utf8(shown(true, None, TerminatorRule::Keep)).unwrap();
        let time = "\"time\":\"2023-11-14T22:13:20.000000Z\"";
        let expected = [("3", "\"text\":\"one\""), ("0", "\"text\":\"\""), ("1", "\"base64\":\"/w==\"")];
        let lines = expected.map(|(length, payload)| format!("{{{time},\"length\":{length},{payload}}}\n"));
        assert_eq!(records, lines.concat());
    }

    #[test]
    fn the_record_of_a_datagram_tells_what_is_missing() {
        let mut message = delivered(b"abc");
        message.header.from = Some("127.0.0.1:9".into());
        message.header.sent_length = Some(5);
        let record = String::from_utf8(Form::Records.render(&[message]).unwrap()).unwrap();
        assert!(record.starts_with("{\"from\":\"127.0.0.1:9\","), "{record}");
        assert!(record.contains("\"length\":5,\"truncated\":true,\"text\":\"abc\""), "{record}");
    }
}
