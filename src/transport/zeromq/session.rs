//! One peer of a ZeroMQ socket: its connection, its handshake, and its messages in both directions. Which message goes to whom
//! is for `send.rs` and `receive.rs` to know.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use omq_proto::proto::{Command, Connection, Role};
use omq_proto::subscription::SubscriptionSet;
use tokio::io::AsyncWrite;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::arrivals::Arrival;
use super::decoder::{Decoder, Got};
use super::frame;
use super::handshake::{Handshake, Introduction, drain};
use super::kind::Kind;
use super::options::ZeroMqOptions;
use super::outbox::Outbox;
use super::trouble::Trouble;
use crate::address::Peer;
use crate::message::Message;
use crate::transport::channel::Bytes;
use crate::transport::inbox::Inbox;

/// The largest message, in bytes.
pub const MAX_MESSAGE: usize = 64 << 20;

/// How long a peer may take for its handshake, as libzmq has it.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);

/// What the subscriptions of one peer may hold, in bytes.
const MOST_SUBSCRIBED: usize = 16 << 20;

/// What a subscription holds besides its prefix.
const SUBSCRIPTION: usize = 64;

/// Written at once, without waiting for more: more would not be faster.
const BATCH: usize = 128 << 10;

/// How far it has come with a peer.
#[derive(Debug)]
enum Phase {
    Handshake(Box<Handshake>),
    /// Frames as they are.
    Plain,
    /// Frames encrypted by the library.
    Cipher(Box<Connection>),
    /// No frames: a plain TCP peer.
    Raw,
}

/// A peer.
#[derive(Debug)]
pub struct Session {
    /// What events call it.
    pub id: String,
    /// Distinguishes it from those that had its place before.
    pub serial: u64,
    /// Its name for a router.
    pub identity: Vec<u8>,
    /// What it subscribed to.
    pub subscriptions: SubscriptionSet,
    /// How often each prefix is subscribed to.
    subscribed: HashMap<Vec<u8>, u32>,
    subscribed_bytes: usize,
    /// Payload received from it and sent to it, in bytes.
    pub counts: (u64, u64),
    stream: Bytes,
    _place: Option<OwnedSemaphorePermit>,
    phase: Phase,
    is_old: bool,
    decoder: Decoder,
    inbox: Inbox,
    outbox: Outbox,
    /// Something may be decoded.
    readable: bool,
    /// Why nothing more can be sent.
    unsendable: Option<io::Error>,
    /// Why nothing more comes.
    over: Option<Trouble>,
    /// The end of data is to follow what waits.
    leaving: bool,
    shut: bool,
    deadline: Instant,
}

/// What driving a session brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Driven {
    /// Nothing.
    Nothing,
    /// Something came, or the connection is over.
    Something,
    /// The handshake is done.
    Introduced(Introduction),
}

impl Session {
    /// A peer at the other end of this connection.
    pub fn new(arrival: Arrival, role: Role, options: &ZeroMqOptions, serial: u64) -> Self {
        let Arrival { id, stream, place } = arrival;
        let phase = match options.kind {
            Kind::Stream => Phase::Raw,
            _ => Phase::Handshake(Box::new(Handshake::new(options, role, MAX_MESSAGE))),
        };
        Session {
            id,
            serial,
            identity: Vec::new(),
            subscriptions: SubscriptionSet::new(),
            subscribed: HashMap::new(),
            subscribed_bytes: 0,
            counts: (0, 0),
            stream,
            _place: place,
            phase,
            is_old: false,
            decoder: Decoder::default(),
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            readable: false,
            unsendable: None,
            over: None,
            leaving: false,
            shut: false,
            deadline: Instant::now() + HANDSHAKE_LIMIT,
        }
    }

    /// The peer's address.
    pub fn peer(&self) -> &Peer {
        self.stream.peer()
    }

    /// Our address.
    pub fn local(&self) -> &Peer {
        self.stream.local()
    }

    /// The name of the transport below.
    pub fn transport(&self) -> &'static str {
        self.stream.transport()
    }

    /// Whether messages can be exchanged.
    pub fn is_ready(&self) -> bool {
        let leaves = self.leaving || self.shut;
        !matches!(self.phase, Phase::Handshake(_)) && !leaves && self.unsendable.is_none() && self.over.is_none()
    }

    /// Whether its handshake is under way, and until when it may take.
    pub fn handshake_until(&self) -> Option<Instant> {
        matches!(self.phase, Phase::Handshake(_)).then_some(self.deadline)
    }

    /// Whether another message must wait.
    pub fn is_full(&self, high_water: usize) -> bool {
        self.outbox.is_full(high_water)
    }

    /// Whether the system has taken everything.
    pub fn is_flushed(&self) -> bool {
        self.outbox.is_empty()
    }

    /// The messages that the system has not taken whole.
    pub fn unsent(&self) -> usize {
        self.outbox.messages()
    }

    /// Why it is over, when nothing that came is left to be looked at.
    pub fn is_over(&self) -> Option<&Trouble> {
        self.over.as_ref().filter(|_| !self.readable)
    }

    /// Takes the reason out.
    pub fn take_trouble(&mut self) -> Option<Trouble> {
        self.over.take()
    }

    /// Gives the peer up.
    pub fn give_up(&mut self, trouble: Trouble) {
        self.readable = false;
        self.over.get_or_insert(trouble);
    }

    /// Sends the end of data when everything else has left.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// Reads where there is nothing left to be looked at, and goes on with the handshake.
    pub fn poll_in(&mut self, cx: &mut Context<'_>) -> Driven {
        if self.readable || self.over.is_some() {
            return Driven::Nothing;
        }
        match self.inbox.poll_fill(&mut self.stream, cx) {
            Poll::Pending if self.handshake_until().is_some_and(|until| until <= Instant::now()) => {
                self.give_up(Trouble::Late);
                Driven::Something
            }
            Poll::Pending => Driven::Nothing,
            Poll::Ready(Ok(0)) => {
                let early = matches!(self.phase, Phase::Handshake(_));
                // TLS takes leave of who took leave.
                let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
                let trouble = match self.unsendable.take() {
                    Some(error) if !self.shut => Trouble::Broken(error),
                    _ if early => Trouble::ClosedEarly,
                    _ => Trouble::Closed,
                };
                self.give_up(trouble);
                Driven::Something
            }
            Poll::Ready(Ok(_)) if self.shut => {
                // Nobody looks at it any more; it is read so that the close is no reset.
                let unread = self.inbox.unread().len();
                self.inbox.consume(unread);
                Driven::Something
            }
            Poll::Ready(Ok(_)) => match self.handshake() {
                Ok(driven) => driven,
                Err(trouble) => {
                    // What there is to say about it is said before the connection is closed.
                    let _ = self.poll_out(cx);
                    self.give_up(trouble);
                    Driven::Something
                }
            },
            Poll::Ready(Err(error)) => {
                // After our own end nothing that fails matters any more.
                self.give_up(if self.shut { Trouble::Closed } else { error.into() });
                Driven::Something
            }
        }
    }

    fn handshake(&mut self) -> Result<Driven, Trouble> {
        let Phase::Handshake(handshake) = &mut self.phase else {
            self.readable = true;
            return Ok(Driven::Something);
        };
        let advanced = handshake.advance(&mut self.inbox);
        handshake.output(self.outbox.space());
        let Some(introduction) = advanced? else { return Ok(Driven::Something) };
        self.is_old = introduction.is_old;
        self.readable = !self.inbox.unread().is_empty();
        self.phase = match std::mem::replace(&mut self.phase, Phase::Plain) {
            Phase::Handshake(handshake) => match handshake.into_cipher() {
                Some(connection) => Phase::Cipher(Box::new(connection)),
                None => Phase::Plain,
            },
            other => other,
        };
        Ok(Driven::Introduced(introduction))
    }

    /// Writes what waits, as far as the system takes it.
    pub fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::Handshake(handshake) = &mut self.phase {
            handshake.output(self.outbox.space());
        }
        if self.outbox.is_empty() || self.over.is_some() || self.unsendable.is_some() {
            return Poll::Ready(());
        }
        self.outbox.poll_write(&mut self.stream, cx).map(|written| {
            // What it sent before it closed is still to be read; its end comes behind that.
            self.unsendable = written.err();
        })
    }

    /// Goes on with sending, to the end of data where that is wanted.
    pub fn poll_go_on(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.leaving { self.poll_shut(cx) } else { self.poll_out(cx) }
    }

    /// Sends the end of data behind everything else, and from then on drops what comes.
    pub fn poll_shut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.over.is_some() || self.unsendable.is_some() || (self.poll_out(cx).is_ready() && self.shut) {
            return Poll::Ready(());
        }
        if !self.outbox.is_empty() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx).map(|_| {
            self.shut = true;
            self.readable = false;
        })
    }

    /// The next thing that came from it, a message into `message` behind the part `prefix`, where there is one.
    pub fn next(&mut self, message: &mut Message, prefix: Option<&[u8]>) -> Option<Got> {
        if !self.readable {
            return None;
        }
        loop {
            let got = match &mut self.phase {
                Phase::Plain => self.decoder.next(&mut self.inbox, message, prefix),
                Phase::Cipher(connection) => {
                    let got = self.decoder.next_decrypted(connection, &mut self.inbox, message, prefix);
                    drain(connection, self.outbox.space());
                    got
                }
                Phase::Raw => Ok(raw(&mut self.inbox, message, prefix)),
                Phase::Handshake(_) => Ok(None),
            };
            match got {
                Ok(Some(Got::Ping(context))) => {
                    // A peer that pings and does not read gets no answers: they would pile up.
                    if self.outbox.waiting() < BATCH {
                        frame::put_command(self.outbox.space(), "PONG", &context);
                    }
                }
                Ok(Some(Got::Message)) => {
                    let named = prefix.map_or(0, <[u8]>::len);
                    self.counts.0 += message.len().saturating_sub(named) as u64;
                    return Some(Got::Message);
                }
                Ok(Some(got)) => return Some(got),
                Ok(None) => {
                    self.readable = false;
                    return None;
                }
                Err(trouble) => {
                    self.over = None;
                    self.give_up(trouble);
                    return None;
                }
            }
        }
    }

    /// Gives messages of one part that came already to `take`, until it says that it has enough.
    pub fn next_singles(&mut self, take: impl FnMut(&[u8]) -> bool) {
        if self.readable && matches!(self.phase, Phase::Plain) {
            self.counts.0 += self.decoder.next_singles(&mut self.inbox, take) as u64;
        }
    }

    /// Puts messages of one part behind what waits, until it is full.
    pub fn put_singles<'a>(&mut self, high_water: usize, pieces: &mut impl Iterator<Item = &'a [u8]>) {
        while matches!(self.phase, Phase::Plain)
            && !self.outbox.is_full(high_water)
            && let Some(piece) = pieces.next()
        {
            self.counts.1 += piece.len() as u64;
            self.outbox.message(|out| frame::put_part(out, false, piece));
        }
    }

    /// Puts a message of these parts behind what waits.
    pub fn put<'a>(&mut self, parts: impl Iterator<Item = &'a [u8]>) {
        let mut parts = parts.peekable();
        let counts = &mut self.counts;
        match &mut self.phase {
            Phase::Cipher(connection) => {
                let parts: Vec<Vec<u8>> = parts.map(<[u8]>::to_vec).collect();
                counts.1 += parts.iter().map(Vec::len).sum::<usize>() as u64;
                let sent = connection.send_message(&omq_proto::Message::multipart(parts));
                self.outbox.message(|out| drain(connection, out));
                if let Err(error) = sent {
                    self.give_up(Trouble::Protocol(error.to_string()));
                }
            }
            Phase::Raw => self.outbox.message(|out| {
                for part in parts {
                    counts.1 += part.len() as u64;
                    out.extend_from_slice(part);
                }
            }),
            Phase::Plain | Phase::Handshake(_) => self.outbox.message(|out| {
                while let Some(part) = parts.next() {
                    counts.1 += part.len() as u64;
                    frame::put_part(out, parts.peek().is_some(), part);
                }
            }),
        }
    }

    /// Whether enough waits to be written at once, or as much as may.
    pub fn has_batch(&self, high_water: usize) -> bool {
        self.outbox.waiting() >= BATCH || self.is_full(high_water)
    }

    /// Tells it of a subscription of ours, or that it ends.
    pub fn subscribe(&mut self, prefix: &[u8], on: bool) {
        let out = self.outbox.space();
        match &mut self.phase {
            Phase::Cipher(connection) => {
                let prefix = prefix.to_vec().into();
                let command = if on { Command::Subscribe(prefix) } else { Command::Cancel(prefix) };
                if let Err(error) = connection.send_command(&command) {
                    self.give_up(Trouble::Protocol(error.to_string()));
                    return;
                }
                drain(connection, out);
            }
            _ if self.is_old => frame::put_part(out, false, &[&[u8::from(on)], prefix].concat()),
            _ => frame::put_command(out, if on { "SUBSCRIBE" } else { "CANCEL" }, prefix),
        }
    }

    /// Takes note of a subscription of the peer, or of its end; false when it changes nothing.
    pub fn note_subscription(&mut self, prefix: &[u8], on: bool) -> bool {
        let count = self.subscribed.entry(prefix.to_vec()).or_insert(0);
        let changes = match (on, *count) {
            (true, before) => {
                *count = before.saturating_add(1);
                before == 0
            }
            (false, before) => {
                *count = before.saturating_sub(1);
                before == 1
            }
        };
        if *count == 0 {
            self.subscribed.remove(prefix);
        }
        match (changes, on) {
            (true, true) => {
                self.subscribed_bytes += prefix.len() + SUBSCRIPTION;
                self.subscriptions.add(prefix);
                if self.subscribed_bytes > MOST_SUBSCRIBED {
                    self.give_up(Trouble::TooLarge { limit: MOST_SUBSCRIBED });
                }
            }
            (true, false) => {
                self.subscribed_bytes = self.subscribed_bytes.saturating_sub(prefix.len() + SUBSCRIPTION);
                self.subscriptions.remove(prefix);
            }
            (false, _) => {}
        }
        changes
    }

    /// The messages that the system has not taken whole; none where they cannot be read any more.
    pub fn untaken(&self) -> Vec<Message> {
        if !matches!(self.phase, Phase::Plain) {
            return Vec::new();
        }
        self.outbox.untaken().filter_map(super::decoder::decode).collect()
    }
}

/// All that came, as one message.
fn raw(inbox: &mut Inbox, message: &mut Message, prefix: Option<&[u8]>) -> Option<Got> {
    let unread = inbox.unread();
    if unread.is_empty() {
        return None;
    }
    super::decoder::begin(message, prefix);
    message.append(unread);
    let count = unread.len();
    inbox.consume(count);
    Some(Got::Message)
}
