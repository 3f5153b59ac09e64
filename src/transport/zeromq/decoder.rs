//! Frames into messages and commands. No I/O.

use omq_proto::proto::{Command, Connection, Event};

use super::frame;
use super::session::MAX_MESSAGE;
use super::trouble::Trouble;
use crate::message::Message;
use crate::transport::inbox::Inbox;

/// The largest command, in bytes: a subscription.
const LARGEST_COMMAND: usize = 1 << 20;

/// What a part costs besides its bytes, so that empty ones are bounded too.
const PART: usize = 16;

/// A PING has no longer context (RFC 37).
const LONGEST_CONTEXT: usize = 16;

/// How much the library is given to decrypt at a time.
const PIECE: usize = 64 << 10;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    /// A message.
    Message,
    /// A subscription, or its end.
    Subscription {
        /// Of what begins so.
        prefix: Vec<u8>,
        /// Whether it begins.
        on: bool,
    },
    /// A PING with the context that its answer must have.
    Ping(Vec<u8>),
}

/// Puts messages together of their frames.
#[derive(Debug, Default)]
pub struct Decoder {
    assembling: Message,
    parts: usize,
    weight: usize,
}

impl Decoder {
    /// The next whole thing in `inbox`; a message goes into `message`, behind the part `prefix`.
    ///
    /// # Errors
    /// What is no frame, or too large.
    pub fn next(
        &mut self,
        inbox: &mut Inbox,
        message: &mut Message,
        prefix: Option<&[u8]>,
    ) -> Result<Option<Got>, Trouble> {
        loop {
            let unread = inbox.unread();
            let Some(head) = frame::head(unread)? else { return Ok(None) };
            let (limit, taken) = if head.command { (LARGEST_COMMAND, 0) } else { (MAX_MESSAGE, self.weight) };
            let size = usize::try_from(head.size).ok().filter(|size| size.saturating_add(taken) <= limit);
            let total = head.length + size.ok_or(Trouble::TooLarge { limit })?;
            let Some(body) = unread.get(head.length..total) else {
                inbox.want(total);
                return Ok(None);
            };
            let got = match (head.command, head.more || self.parts > 0) {
                (true, _) => command(body)?,
                (false, false) => {
                    begin(message, prefix);
                    message.append(body);
                    Some(Got::Message)
                }
                (false, true) => {
                    self.part(body, prefix);
                    (!head.more).then(|| self.complete(message))
                }
            };
            inbox.consume(total);
            if got.is_some() {
                return Ok(got);
            }
        }
    }

    /// Gives the messages of one part that are at the front of `inbox` to `take`, until it says that it has enough, and says how
    /// many bytes they have. Everything else is for [`Decoder::next`].
    pub fn next_singles(&mut self, inbox: &mut Inbox, mut take: impl FnMut(&[u8]) -> bool) -> usize {
        let (mut unread, mut bytes, mut consumed) = (inbox.unread(), 0, 0);
        while self.parts == 0
            && let Some((body, rest)) = frame::single(unread, MAX_MESSAGE)
        {
            bytes += body.len();
            consumed += unread.len() - rest.len();
            unread = rest;
            if !take(body) {
                break;
            }
        }
        inbox.consume(consumed);
        bytes
    }

    /// As [`Decoder::next`], where the library decrypts.
    ///
    /// # Errors
    /// What it says.
    pub fn next_decrypted(
        &mut self,
        connection: &mut Connection,
        inbox: &mut Inbox,
        message: &mut Message,
        prefix: Option<&[u8]>,
    ) -> Result<Option<Got>, Trouble> {
        loop {
            match connection.poll_event() {
                Some(Event::Command(Command::Subscribe(prefix))) => {
                    return Ok(Some(Got::Subscription { prefix: prefix.to_vec(), on: true }));
                }
                Some(Event::Command(Command::Cancel(prefix))) => {
                    return Ok(Some(Got::Subscription { prefix: prefix.to_vec(), on: false }));
                }
                Some(_) => continue,
                None => {}
            }
            if let Some(decrypted) = connection.poll_message() {
                begin(message, prefix);
                for index in 0..decrypted.len() {
                    if index > 0 {
                        message.next_part();
                    }
                    message.append(decrypted.part_slice(index).unwrap_or_default());
                }
                return Ok(Some(Got::Message));
            }
            let unread = inbox.unread();
            if unread.is_empty() || !connection.accepts_input() {
                return Ok(None);
            }
            let piece = unread.get(..PIECE).unwrap_or(unread).to_vec();
            inbox.consume(piece.len());
            connection.handle_input(piece.into()).map_err(|error| match error {
                omq_proto::Error::MessageTooLarge { max, .. } => Trouble::TooLarge { limit: max },
                other => Trouble::Protocol(other.to_string()),
            })?;
        }
    }

    fn part(&mut self, body: &[u8], prefix: Option<&[u8]>) {
        match self.parts {
            0 => begin(&mut self.assembling, prefix),
            _ => self.assembling.next_part(),
        }
        self.assembling.append(body);
        self.parts += 1;
        self.weight += body.len() + PART;
    }

    fn complete(&mut self, message: &mut Message) -> Got {
        std::mem::swap(&mut self.assembling, message);
        (self.parts, self.weight) = (0, 0);
        Got::Message
    }
}

/// Makes a message begin with this part, where there is one, and another that is empty so far.
pub fn begin(message: &mut Message, prefix: Option<&[u8]>) {
    message.clear();
    if let Some(prefix) = prefix {
        message.append(prefix);
        message.next_part();
    }
}

/// The message that these frames are, where they are one.
pub fn decode(mut frames: &[u8]) -> Option<Message> {
    let mut parts = Vec::new();
    loop {
        let head = frame::head(frames).ok()??;
        let (_, rest) = frames.split_at_checked(head.length)?;
        let (body, rest) = rest.split_at_checked(usize::try_from(head.size).ok()?)?;
        parts.push(body);
        if !head.more {
            return Some(Message::of_parts(parts));
        }
        frames = rest;
    }
}

/// Reads a command (RFC 37); those that are not known are passed over.
fn command(body: &[u8]) -> Result<Option<Got>, Trouble> {
    let malformed = || Trouble::Protocol("a command without a name".to_owned());
    let (length, rest) = body.split_first().ok_or_else(malformed)?;
    let (name, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(malformed)?;
    Ok(match name {
        b"SUBSCRIBE" => Some(Got::Subscription { prefix: rest.to_vec(), on: true }),
        b"CANCEL" => Some(Got::Subscription { prefix: rest.to_vec(), on: false }),
        b"PING" => {
            let context = rest.get(2..).ok_or_else(|| Trouble::Protocol("a PING that is cut short".to_owned()))?;
            Some(Got::Ping(context.get(..LONGEST_CONTEXT).unwrap_or(context).to_vec()))
        }
        b"ERROR" => return Err(Trouble::Protocol("the peer reports an error".to_owned())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;
    use crate::chunking::{cut, cuts};
    use proptest::prelude::*;

    fn fill(inbox: &mut Inbox, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let _ = inbox.poll_fill(&mut bytes, &mut Context::from_waker(Waker::noop()));
        }
    }

    fn all(chunks: &[&[u8]], prefix: Option<&[u8]>) -> Result<Vec<(Got, Message)>, Trouble> {
        let (mut decoder, mut inbox, mut found) = (Decoder::default(), Inbox::default(), Vec::new());
        for chunk in chunks {
            fill(&mut inbox, chunk);
            let mut message = Message::default();
            while let Some(got) = decoder.next(&mut inbox, &mut message, prefix)? {
                found.push((got, std::mem::take(&mut message)));
            }
        }
        Ok(found)
    }

    fn of(parts: &[Vec<u8>]) -> Message {
        Message::of_parts(parts.iter().map(Vec::as_slice))
    }

    proptest! {
        #[test]
        fn messages_come_back_however_the_stream_is_cut(
            messages in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..4), 0..5),
            cuts in cuts(),
        ) {
            let mut stream = Vec::new();
            for parts in &messages {
                frame::put_command(&mut stream, "FUTURE", b"is passed over");
                for (index, part) in parts.iter().enumerate() {
                    frame::put_part(&mut stream, index + 1 < parts.len(), part);
                }
            }
            let found = all(&cut(&stream, &cuts), None).unwrap();
            let found: Vec<Message> = found.into_iter().map(|(_, message)| message).collect();
            prop_assert_eq!(found, messages.iter().map(|parts| of(parts)).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_end_without_a_panic(stream in prop::collection::vec(any::<u8>(), 0..60), cuts in cuts()) {
            let _ = all(&cut(&stream, &cuts), Some(b"name"));
            let _ = decode(&stream);
        }
    }

    #[test]
    fn the_name_of_the_sender_stands_before_every_message() {
        let mut stream = Vec::new();
        frame::put_part(&mut stream, false, b"one");
        frame::put_part(&mut stream, true, b"");
        frame::put_part(&mut stream, false, b"two");
        let found = all(&[&stream], Some(b"me")).unwrap();
        let parts = |parts: &[&str]| of(&parts.iter().map(|part| part.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(found, [(Got::Message, parts(&["me", "one"])), (Got::Message, parts(&["me", "", "two"]))]);
    }

    proptest! {
        /// Messages of one part that are taken at once come in the order and number in which they would come one by one.
        #[test]
        fn singles_are_the_same_messages(
            messages in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..3), 0..9),
            cuts in cuts(),
            enough in 1..4usize,
        ) {
            let mut stream = Vec::new();
            for (number, parts) in messages.iter().enumerate() {
                if number % 3 == 1 {
                    frame::put_command(&mut stream, "FUTURE", b"is passed over");
                }
                for (index, part) in parts.iter().enumerate() {
                    frame::put_part(&mut stream, index + 1 < parts.len(), part);
                }
            }
            let (mut decoder, mut inbox, mut found, mut bytes) = (Decoder::default(), Inbox::default(), Vec::new(), 0);
            for chunk in cut(&stream, &cuts) {
                fill(&mut inbox, chunk);
                let mut message = Message::default();
                while decoder.next(&mut inbox, &mut message, None).unwrap().is_some() {
                    bytes += message.len();
                    found.push(std::mem::take(&mut message));
                    let mut taken = 0;
                    bytes += decoder.next_singles(&mut inbox, |single| {
                        taken += 1;
                        found.push(Message::new(single));
                        taken < enough
                    });
                }
            }
            prop_assert_eq!(bytes, messages.concat().concat().len());
            prop_assert_eq!(found, messages.iter().map(|parts| of(parts)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn commands_are_understood_and_cut_ones_refused() {
        let mut stream = Vec::new();
        frame::put_command(&mut stream, "SUBSCRIBE", b"a");
        frame::put_command(&mut stream, "PING", b"\0\x0acontext");
        frame::put_command(&mut stream, "CANCEL", b"");
        let found: Vec<Got> = all(&[&stream], None).unwrap().into_iter().map(|(got, _)| got).collect();
        let subscription = |prefix: &[u8], on| Got::Subscription { prefix: prefix.to_vec(), on };
        assert_eq!(found, [subscription(b"a", true), Got::Ping(b"context".to_vec()), subscription(b"", false)]);
        for cut in [&b"\x04\x00"[..], b"\x04\x02\x05x", b"\x04\x06\x04PING\0"] {
            assert!(matches!(all(&[cut], None), Err(Trouble::Protocol(_))), "{cut:?}");
        }
    }

    #[test]
    fn what_claims_to_be_too_large_and_a_message_without_end_are_refused() {
        for claim in
            [&b"\x02\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x06\0\0\0\0\x00\x20\0\0", b"\x02\0\0\0\0\x04\0\0\x01"]
        {
            assert!(matches!(all(&[claim], None), Err(Trouble::TooLarge { .. })), "{claim:?}");
        }
        let empty_parts = [1, 0].repeat(1 << 20);
        let (mut decoder, mut inbox, mut refused) = (Decoder::default(), Inbox::default(), false);
        for _ in 0..8 {
            fill(&mut inbox, &empty_parts);
            refused |= decoder.next(&mut inbox, &mut Message::default(), None).is_err();
        }
        assert!(refused);
    }
}
