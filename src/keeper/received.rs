//! A message that a kept socket has received, with what is known of it. It holds no more memory than it needs.

use std::rc::Rc;
use std::time::SystemTime;

use super::link::Facts;
use super::wire::MessageHeader;
use crate::message::Message;

/// A received message.
#[derive(Debug)]
pub struct Received {
    bytes: Box<[u8]>,
    ends: Box<[u64]>,
    text: bool,
    time: SystemTime,
    /// The one of several peers that it came from.
    sender: Option<Rc<str>>,
    origin: Option<Box<Origin>>,
}

/// What is known of a datagram besides.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who sent it.
    pub from: String,
    /// The local address that it was sent to.
    pub to: String,
    /// The index of the interface that it came by; 0 when it is not known.
    pub interface: u32,
    /// Its time to live on arrival.
    pub ttl: Option<u8>,
    /// Its length as it was sent, in bytes.
    pub length: usize,
}

impl Received {
    /// A message of a connection, which has just come; with its sender, where the connection has several peers and messages
    /// of parts.
    pub fn message(message: &Message, sender: Option<Rc<str>>) -> Self {
        let mut ends: Vec<u64> = message
            .parts()
            .scan(0, |end: &mut u64, part| {
                *end += part.len() as u64;
                Some(*end)
            })
            .collect();
        // The last part ends with the message.
        ends.pop();
        Received {
            bytes: message.bytes().into(),
            ends: ends.into(),
            text: message.is_text(),
            time: SystemTime::now(),
            sender,
            origin: None,
        }
    }

    /// A datagram.
    pub fn datagram(bytes: &[u8], time: SystemTime, origin: Origin) -> Self {
        let origin = Some(Box::new(origin));
        Received { bytes: bytes.into(), ends: Box::default(), text: false, time, sender: None, origin }
    }

    /// The bytes of all its parts.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a client is told of it, whose connection has these ends.
    pub fn header(&self, facts: &Facts) -> MessageHeader {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let header = MessageHeader {
            has_parts: self.sender.is_some(),
            from: known(self.sender.as_deref().unwrap_or(&facts.peer)),
            to: known(&facts.local),
            length: self.bytes.len() as u64,
            ends: self.ends.to_vec(),
            text: self.text,
            time: MessageHeader::stamp(self.time),
            ..MessageHeader::default()
        };
        match &self.origin {
            None => header,
            Some(origin) => MessageHeader {
                from: Some(origin.from.clone()),
                to: Some(origin.to.clone()),
                interface: interface_name(origin.interface),
                ttl: origin.ttl,
                sent_length: Some(origin.length as u64),
                ..header
            },
        }
    }
}

fn interface_name(index: u32) -> Option<String> {
    if index == 0 {
        return None;
    }
    let name = nix::net::if_::if_indextoname(index).ok().and_then(|name| name.into_string().ok());
    Some(name.unwrap_or_else(|| index.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_and_the_kind_of_a_message_are_kept() {
        let mut message = Message::text("one");
        message.next_part();
        message.next_part();
        message.append(b"three");
        let received = Received::message(&message, None);
        assert_eq!(received.bytes(), b"onethree");
        let header = received.header(&Facts::default());
        assert_eq!((header.length, header.ends, header.text), (8, vec![3, 3], true));
        assert!(header.time > 0);
        let plain = Received::message(&Message::new(b""), None).header(&Facts::default());
        assert_eq!((plain.length, plain.ends, plain.text), (0, vec![], false));
    }
}
