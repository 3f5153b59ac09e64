//! The greeting and the security handshake with one peer (RFC 23, RFC 26), by the library that knows them. It is fed no byte
//! beyond the handshake, so that what follows is read where it is fastest. No I/O.

use omq_proto::Error;
pub use omq_proto::proto::Role;
use omq_proto::proto::{Connection, ConnectionConfig, Event, SocketType};

use super::frame;
use super::kind::Kind;
use super::options::ZeroMqOptions;
use super::trouble::Trouble;
use crate::transport::inbox::Inbox;

/// The size of a greeting in bytes (RFC 23, "Greeting").
const GREETING: usize = 64;

/// A command of a handshake is never larger; what it holds is a few hundred bytes and an identity of 255.
const LARGEST_COMMAND: u64 = 8 << 10;

/// A handshake under way.
#[derive(Debug)]
pub struct Handshake {
    connection: Connection,
    greeted: usize,
    ours: Kind,
}

/// What a peer says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Its name for routers; empty: none.
    pub identity: Vec<u8>,
    /// Whether it speaks ZMTP 3.0, where subscriptions are messages.
    pub is_old: bool,
}

impl Handshake {
    /// Begins; there is something to send at once.
    pub fn new(options: &ZeroMqOptions, role: Role, limit: usize) -> Self {
        let config = ConnectionConfig::new(role, wire(options.kind))
            .identity(options.identity.clone().into())
            // The library counts a few bytes for each part besides.
            .max_message_size(limit)
            .mechanism(options.security.mechanism());
        Handshake { connection: Connection::new(config), greeted: 0, ours: options.kind }
    }

    /// Takes what came; an introduction is the end of the handshake.
    ///
    /// # Errors
    /// A peer that is no fit.
    pub fn advance(&mut self, inbox: &mut Inbox) -> Result<Option<Introduction>, Trouble> {
        while !self.connection.is_ready() {
            let unread = inbox.unread();
            let piece = if self.greeted < GREETING {
                let (greeting, _) = unread.split_at_checked(GREETING - self.greeted).unwrap_or((unread, &[]));
                self.greeted += greeting.len();
                greeting
            } else {
                let Some(head) = frame::head(unread)? else { return Ok(None) };
                if !head.command || head.size > LARGEST_COMMAND {
                    return Err(Trouble::Handshake("a command of the handshake was expected".to_owned()));
                }
                let total = head.length + usize::try_from(head.size).unwrap_or(usize::MAX);
                match unread.get(..total) {
                    Some(command) => command,
                    None => return Ok(None),
                }
            };
            if piece.is_empty() {
                return Ok(None);
            }
            let (piece, count) = (piece.to_vec(), piece.len());
            inbox.consume(count);
            self.connection.handle_input(piece.into()).map_err(|error| self.trouble(error))?;
        }
        match self.connection.poll_event() {
            Some(Event::HandshakeSucceeded { peer_minor, peer_properties }) => {
                let theirs = peer_properties.socket_type.and_then(kind_of);
                match theirs {
                    Some(theirs) if !self.ours.fits(theirs) => Err(Trouble::Illegal { ours: self.ours, theirs }),
                    _ => {
                        let identity = peer_properties.identity.as_ref().map(|identity| identity.to_vec());
                        Ok(Some(Introduction { identity: identity.unwrap_or_default(), is_old: peer_minor == 0 }))
                    }
                }
            }
            _ => Err(Trouble::Handshake("it ended without an introduction".to_owned())),
        }
    }

    /// Appends what is to be sent.
    pub fn output(&mut self, out: &mut Vec<u8>) {
        drain(&mut self.connection, out);
    }

    /// The connection that goes on encrypting, where it does.
    pub fn into_cipher(self) -> Option<Connection> {
        self.connection.has_frame_transform().then_some(self.connection)
    }

    fn trouble(&self, error: Error) -> Trouble {
        let text = match error {
            Error::HandshakeFailed(text) => text,
            Error::Protocol(text) => format!("not ZMTP: {text}"),
            Error::UnsupportedZmtpVersion { major, minor } => format!("the peer speaks ZMTP {major}.{minor}, not 3"),
            other => other.to_string(),
        };
        let theirs = text.strip_prefix("incompatible socket types: ").and_then(|types| types.split_once("peer="));
        match theirs.and_then(|(_, theirs)| theirs.parse().ok()) {
            Some(theirs) => Trouble::Illegal { ours: self.ours, theirs },
            None => Trouble::Handshake(text),
        }
    }
}

/// Appends what a connection of the library has to send.
pub fn drain(connection: &mut Connection, out: &mut Vec<u8>) {
    loop {
        let chunk = connection.poll_transmit();
        if chunk.is_empty() {
            return;
        }
        out.extend_from_slice(&chunk);
        connection.advance_transmit(chunk.len());
    }
}

fn wire(kind: Kind) -> SocketType {
    match kind {
        Kind::Pair => SocketType::Pair,
        Kind::Pub => SocketType::Pub,
        Kind::Sub => SocketType::Sub,
        Kind::Req => SocketType::Req,
        Kind::Rep => SocketType::Rep,
        Kind::Dealer => SocketType::Dealer,
        Kind::Router => SocketType::Router,
        Kind::Pull => SocketType::Pull,
        Kind::Push => SocketType::Push,
        Kind::XPub => SocketType::XPub,
        Kind::XSub => SocketType::XSub,
        Kind::Stream => SocketType::Stream,
    }
}

fn kind_of(wire: SocketType) -> Option<Kind> {
    wire.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;

    fn fill(inbox: &mut Inbox, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let _ = inbox.poll_fill(&mut bytes, &mut Context::from_waker(std::task::Waker::noop()));
        }
    }

    /// Lets two sockets shake hands, the bytes in pieces of `step`; what is left over for the second one comes too.
    fn shake(one: Kind, other: Kind, step: usize, after: &[u8]) -> [Result<Introduction, Trouble>; 2] {
        let options = |kind| ZeroMqOptions { identity: b"me".to_vec(), ..ZeroMqOptions::new(kind) };
        let mut one = (Handshake::new(&options(one), Role::Client, 100), Inbox::default(), None);
        let mut other = (Handshake::new(&options(other), Role::Server, 100), Inbox::default(), None);
        for _ in 0..9 {
            for (from, to) in [(&mut one, &mut other)] {
                for _ in 0..2 {
                    let mut bytes = Vec::new();
                    from.0.output(&mut bytes);
                    if from.2.is_some() && bytes.is_empty() {
                        bytes.extend_from_slice(after);
                    }
                    for piece in bytes.chunks(step) {
                        fill(&mut to.1, piece);
                        if to.2.is_none() {
                            to.2 = to.0.advance(&mut to.1).transpose();
                        }
                    }
                    std::mem::swap(from, to);
                }
            }
        }
        assert!(
            other.2.as_ref().is_some_and(Result::is_err) || other.1.unread().iter().all(|byte| after.contains(byte))
        );
        [one.2.unwrap(), other.2.unwrap()]
    }

    #[test]
    fn legal_pairs_meet_however_the_bytes_come_and_learn_the_name() {
        for one in Kind::ALL {
            for other in one.partners() {
                for step in [1, 7, 1000] {
                    let [ours, theirs] = shake(one, *other, step, b"\0\x01x");
                    assert_eq!((ours.unwrap().identity, theirs.unwrap().identity), (b"me".to_vec(), b"me".to_vec()));
                }
            }
        }
    }

    #[test]
    fn an_illegal_pair_is_told_with_both_names() {
        for (one, other) in [(Kind::Push, Kind::Pub), (Kind::Req, Kind::Dealer), (Kind::Pair, Kind::XSub)] {
            let [error, _] = shake(one, other, 1000, b"");
            let text = error.unwrap_err().to_string();
            assert!(text.contains(one.name()) && text.contains(other.name()), "{text}");
        }
    }

    #[test]
    fn what_is_no_greeting_is_refused_at_once() {
        for nonsense in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], b"\xff\0\0\0\0\0\0\0\x01\x7f\x01", b"\x16\x03\x01"]
        {
            let mut handshake = Handshake::new(&ZeroMqOptions::new(Kind::Pull), Role::Server, 100);
            let mut inbox = Inbox::default();
            fill(&mut inbox, nonsense);
            let refused = handshake.advance(&mut inbox);
            assert!(matches!(refused, Err(Trouble::Handshake(_))) || nonsense.len() < 11, "{nonsense:?} {refused:?}");
        }
    }
}
