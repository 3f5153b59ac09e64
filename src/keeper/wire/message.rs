//! Messages on their way between a keeper and its clients.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::condition::Found;
use crate::message::Message;

/// The messages that meet a condition; each follows as a `Message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// How many.
    pub count: u64,
    /// What was found in the last one, where something was looked for in them; offsets from its beginning.
    pub found: Option<Found>,
}

/// What is known about a received message besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageHeader {
    /// Its length in bytes; it may come in several `Data` frames, and in none when it is empty.
    pub length: u64,
    /// Where each part ends but the last, as offsets from the beginning, for a message of several.
    #[serde(default)]
    pub ends: Vec<u64>,
    /// Whether it could have had several parts.
    #[serde(default)]
    pub has_parts: bool,
    /// Whether a WebSocket carried it as text.
    #[serde(default)]
    pub text: bool,
    /// When it came, in microseconds since 1970.
    #[serde(default)]
    pub time: u64,
    /// Who sent it.
    #[serde(default)]
    pub from: Option<String>,
    /// The local address that it was sent to.
    #[serde(default)]
    pub to: Option<String>,
    /// The name of the interface that it came by.
    #[serde(default)]
    pub interface: Option<String>,
    /// Its time to live on arrival.
    #[serde(default)]
    pub ttl: Option<u8>,
    /// For a datagram: its length as it was sent, more than `length` when its end is missing.
    #[serde(default)]
    pub sent_length: Option<u64>,
}

impl MessageHeader {
    /// A moment as it stands in a header.
    pub fn stamp(time: SystemTime) -> u64 {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// When the message came.
    pub fn moment(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_micros(self.time))
    }
}

/// How a message is to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom, for a datagram socket; none: to its own peer.
    #[serde(default)]
    pub to: Option<String>,
    /// Whether a WebSocket carries it as text; none: as the socket usually does.
    #[serde(default)]
    pub text: Option<bool>,
    /// Where each part ends but the last.
    #[serde(default)]
    pub ends: Vec<u64>,
}

impl Letter {
    /// The message that these bytes become.
    pub fn message(&self, bytes: &[u8]) -> Message {
        let mut message = Message::default();
        let mut start = 0;
        for end in self.ends.iter().filter_map(|end| usize::try_from(*end).ok()) {
            message.append(bytes.get(start..end).unwrap_or_default());
            message.next_part();
            start = end.max(start);
        }
        message.append(bytes.get(start..).unwrap_or_default());
        if let Some(text) = self.text {
            message.set_text(text);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_becomes_a_message_with_its_parts_and_kind() {
        let letter = |ends: &[u64], text| Letter { to: None, text, ends: ends.to_vec() };
        let message = letter(&[3, 3], Some(true)).message(b"onethree");
        assert_eq!(message.parts().collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
        assert!(message.is_text());
        assert_eq!(letter(&[], Some(false)).message(b"x").kind(), crate::message::Kind::Binary);
        assert_eq!(letter(&[], None).message(b"plain"), Message::new(b"plain"));
        // Ends that make no sense lose no bytes and do no harm.
        for ends in [&[9, 2][..], &[u64::MAX], &[2, 1]] {
            assert!(letter(ends, None).message(b"abc").len() <= 3);
        }
    }
}
