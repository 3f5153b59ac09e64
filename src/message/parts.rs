//! `--parts`: messages of several parts on stdin and stdout. Each piece that the framing gives, such as a line, is a part; an
//! empty piece ends the message. So that a part may be empty all the same, a piece that begins with a backslash is the part
//! behind it: `\` alone is the empty part, `\\x` the part `\x`. No I/O.

use super::message::Message;
use super::split::{JoinError, Split};

/// What a piece begins with that would be read as something else.
const ESCAPE: u8 = b'\\';

/// Gathers the parts of a message.
#[derive(Debug, Default)]
pub struct Gatherer {
    has_parts: bool,
}

impl Gatherer {
    /// Takes a piece; true when it ends `message`. An empty piece where no message was begun says nothing.
    pub fn take(&mut self, piece: &[u8], message: &mut Message) -> bool {
        let Some((first, rest)) = piece.split_first() else { return std::mem::take(&mut self.has_parts) };
        match self.has_parts {
            true => message.next_part(),
            false => message.clear(),
        }
        self.has_parts = true;
        message.append(if *first == ESCAPE { rest } else { piece });
        false
    }

    /// Nothing more comes; true when that ends a message.
    pub fn finish(&mut self) -> bool {
        std::mem::take(&mut self.has_parts)
    }
}

/// Appends each part of a message as a piece, and the empty one that ends it.
///
/// # Errors
/// A part that is too long for the framing.
pub fn join(message: &Message, split: Split, output: &mut Vec<u8>) -> Result<(), JoinError> {
    for part in message.parts() {
        match part.first() {
            Some(first) if *first != ESCAPE => split.join(part, output)?,
            _ => split.join(&[&[ESCAPE], part].concat(), output)?,
        }
    }
    split.join(&[], output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Splitter;
    use proptest::prelude::*;

    fn read(text: &[u8], split: Split) -> Vec<Message> {
        let (mut splitter, mut gatherer) = (Splitter::new(split, 1000), Gatherer::default());
        let (mut message, mut input, mut found) = (Message::default(), text, Vec::new());
        while let Some(piece) = splitter.next_message(&mut input).unwrap() {
            if gatherer.take(piece, &mut message) {
                found.push(message.clone());
            }
        }
        if splitter.finish().unwrap().is_some_and(|piece| gatherer.take(piece, &mut message)) || gatherer.finish() {
            found.push(message);
        }
        found
    }

    fn parts(message: &Message) -> Vec<&[u8]> {
        message.parts().collect()
    }

    #[test]
    fn an_empty_line_ends_a_message_and_a_backslash_is_an_empty_part() {
        let found = read(b"\none\n\\\ntwo\n\n\nalone\n\n\\\\x\nlast", Split::Line);
        let found: Vec<Vec<&[u8]>> = found.iter().map(parts).collect();
        assert_eq!(found, [vec![&b"one"[..], b"", b"two"], vec![b"alone"], vec![b"\\x", b"last"]]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            messages in prop::collection::vec(prop::collection::vec("[a\\\\]{0,3}", 1..4), 0..5),
        ) {
            for split in [Split::Line, Split::Nul, Split::Length] {
                let mut text = Vec::new();
                for message in &messages {
                    let whole = Message::of_parts(message.iter().map(|part| part.as_bytes()));
                    join(&whole, split, &mut text).unwrap();
                }
                let found = read(&text, split);
                let found: Vec<Vec<&[u8]>> = found.iter().map(parts).collect();
                prop_assert_eq!(found, messages.iter().map(|m| m.iter().map(|p| p.as_bytes()).collect::<Vec<_>>()).collect::<Vec<_>>());
            }
        }
    }
}
