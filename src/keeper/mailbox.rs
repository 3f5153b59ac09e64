//! A kept socket that keeps the boundaries of messages: what has come and is unread, what is being sent, how it does.
//!
//! Who asks for what is known in `serve_messages.rs` and `serve_letters.rs`; here nobody waits for a client. A
//! connection is not received from while there is no space, so that its peer is slowed down; of datagrams, whose sender
//! nothing slows down, those are dropped and counted that there is no space for.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::Mutex;

use super::buffer::{End, Stale};
use super::datagrams::Datagrams;
use super::link::{Facts, Link};
use super::messages::{MessageQueue, MessageReservation};
use super::received::Received;
use super::wire::Letter;
use crate::event::Direction;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::message::Message;
use crate::transport::Messages;
use crate::transport::datagram::{Receiver, refusal};

/// How many times datagrams are received before others have their turn.
const TURNS: u32 = 256;
/// How long the end of a connection waits for that of its peer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where messages come from and go to.
#[derive(Clone)]
pub enum Carrier {
    /// A connection.
    Connection(Rc<Messages>),
    /// Datagram sockets.
    Datagrams(Rc<Datagrams>),
}

/// Why nothing goes one way or the other, where nothing ever does.
#[derive(Debug, Clone, Default)]
pub struct OneWay {
    /// Why nothing can be read.
    pub read: Option<String>,
    /// Why nothing can be written.
    pub write: Option<String>,
}

/// A kept message socket.
pub struct Mailbox {
    link: Link,
    carrier: RefCell<Option<Carrier>>,
    /// Where datagrams come in, until the pump takes it.
    receiver: RefCell<Option<Receiver>>,
    /// Datagrams that the system had no room for.
    lost: Cell<u64>,
    /// Why datagrams came back, until somebody is told.
    refusal: RefCell<Option<String>>,
    queue: RefCell<MessageQueue<Received>>,
    /// A message that came and has no space yet.
    held: RefCell<Option<Received>>,
    /// Who sent the last message, where there are several peers.
    sender: RefCell<Rc<str>>,
    /// The place to receive into; it holds memory until the socket falls silent.
    scratch: RefCell<Message>,
    messages_in: Cell<u64>,
    messages_out: Cell<u64>,
    end_was_had: Cell<bool>,
    one_way: RefCell<OneWay>,
    /// One writer at a time.
    pub writing: Mutex<()>,
    /// Written before the connection stands, in bytes that the limit bounds.
    queued: RefCell<Vec<(Letter, Vec<u8>)>>,
    limit: usize,
}

impl std::ops::Deref for Mailbox {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.link
    }
}

impl Mailbox {
    /// A connection that does not stand yet, with `limit` bytes of read-ahead.
    pub fn connecting(limit: usize) -> Rc<Self> {
        Rc::new(Mailbox {
            link: Link::connecting(),
            carrier: RefCell::new(None),
            receiver: RefCell::new(None),
            lost: Cell::new(0),
            refusal: RefCell::new(None),
            queue: RefCell::new(MessageQueue::new(limit)),
            held: RefCell::new(None),
            sender: RefCell::new(Rc::from("")),
            scratch: RefCell::default(),
            messages_in: Cell::new(0),
            messages_out: Cell::new(0),
            end_was_had: Cell::new(false),
            one_way: RefCell::default(),
            writing: Mutex::new(()),
            queued: RefCell::default(),
            limit,
        })
    }

    /// The connection stands; `ports` are those that its peers come to, where they come by themselves.
    pub fn install(&self, messages: Messages, ports: Vec<u16>) {
        let transport = messages.transport().to_owned();
        let facts = Facts {
            ports,
            local: messages.local().to_string(),
            peer: messages.peer().to_string(),
            secure: transport == "wss",
            transport,
        };
        let [read, write] = [Direction::In, Direction::Out].map(|direction| messages.refusal(direction));
        self.go_one_way(OneWay { read, write });
        self.carrier.replace(Some(Carrier::Connection(Rc::new(messages))));
        self.stands(facts);
    }

    /// What cannot be done with it, also before it stands.
    pub fn go_one_way(&self, one_way: OneWay) {
        self.one_way.replace(one_way);
    }

    /// What cannot be done with it.
    pub fn one_way(&self) -> OneWay {
        self.one_way.borrow().clone()
    }

    /// Refuses what cannot be done with it.
    ///
    /// # Errors
    /// Status 2, with the reason.
    pub fn demand(&self, direction: Direction) -> Result<(), Failure> {
        let one_way = self.one_way.borrow();
        let (deed, refusal) = match direction {
            Direction::In => ("read from", &one_way.read),
            Direction::Out => ("write to", &one_way.write),
        };
        let failure = |why| Failure::message(Exit::Usage, format!("can't {deed} this socket: {why}"));
        refusal.as_ref().map_or(Ok(()), |why| Err(failure(why)))
    }

    /// Datagrams can be sent and come in.
    pub fn install_datagrams(&self, datagrams: Rc<Datagrams>) {
        self.receiver.replace(Some(datagrams.receiver()));
        let facts = datagrams.facts();
        self.carrier.replace(Some(Carrier::Datagrams(datagrams)));
        self.stands(facts);
    }

    /// The datagram sockets, where it has such.
    pub fn datagrams(&self) -> Option<Rc<Datagrams>> {
        match &*self.carrier.borrow() {
            Some(Carrier::Datagrams(datagrams)) => Some(datagrams.clone()),
            Some(Carrier::Connection(_)) | None => None,
        }
    }

    /// The connection is lost.
    pub fn fail(&self, failure: &Failure) {
        self.queue.borrow_mut().finish(End::Failed(failure.line()));
        self.lost(failure);
    }

    /// How many messages came and went.
    pub fn message_totals(&self) -> (u64, u64) {
        (self.messages_in.get(), self.messages_out.get())
    }

    /// Looks at or changes the unread messages. Nothing is awaited meanwhile.
    pub fn with_queue<T>(&self, work: impl FnOnce(&mut MessageQueue<Received>) -> T) -> T {
        work(&mut self.queue.borrow_mut())
    }

    /// Whether some reader has had the end of the data as its result.
    pub fn end_was_had(&self) -> bool {
        self.end_was_had.get()
    }

    /// Gives back the memory to receive into.
    pub fn release_memory(&self) {
        self.scratch.take();
    }

    /// A reader has these messages, and perhaps the end with them.
    ///
    /// # Errors
    /// They have been taken since.
    pub fn commit(&self, reservation: MessageReservation, with_end: bool) -> Result<(), Stale> {
        self.with_queue(|queue| {
            queue.commit(reservation)?;
            queue.release_memory();
            Ok(())
        })?;
        if with_end {
            self.end_was_had.set(true);
        }
        self.resume();
        Ok(())
    }

    /// The longest message that can be sent, in bytes.
    pub fn longest(&self) -> usize {
        match &*self.carrier.borrow() {
            Some(Carrier::Connection(messages)) => messages.limit(),
            Some(Carrier::Datagrams(datagrams)) => datagrams.longest(),
            None => self.limit,
        }
    }

    /// The peer's farewell in words, where it took leave with some.
    pub fn farewell(&self) -> Option<String> {
        match &*self.carrier.borrow() {
            Some(Carrier::Connection(messages)) => messages.farewell(),
            Some(Carrier::Datagrams(_)) | None => None,
        }
    }

    /// How many datagrams were dropped: those that came while there was no space, here or in the system.
    pub fn dropped(&self) -> u64 {
        self.lost.get().saturating_add(self.queue.borrow().dropped().messages)
    }

    /// Why datagrams came back, if that was not told yet.
    pub fn take_refusal(&self) -> Option<String> {
        self.refusal.take()
    }

    /// Receives until the end of the data, and stands still while there is no space.
    pub async fn pump(self: Rc<Self>) {
        let mut receiver = None;
        loop {
            receiver = receiver.or_else(|| self.receiver.take());
            tokio::select! {
                biased;
                () = poll_fn(|cx| self.poll_fill(cx)) => {}
                () = self.take_in(receiver.as_mut()) => {}
                () = self.resumed() => {}
            }
            self.note_change();
            if self.with_queue(|queue| *queue.end() != End::Open) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Receives once; pending also while there is no connection or no space.
    fn poll_fill(&self, cx: &mut Context<'_>) -> Poll<()> {
        let held = self.held.take();
        if let Some(held) = held {
            self.offer(held);
            return if self.held.borrow().is_some() { Poll::Pending } else { Poll::Ready(()) };
        }
        let (carrier, mut scratch) = (self.carrier.borrow(), self.scratch.borrow_mut());
        let socket = match &*carrier {
            Some(Carrier::Connection(socket)) if *self.queue.borrow().end() == End::Open => socket,
            _ => return Poll::Pending,
        };
        match ready!(socket.poll_receive(cx, &mut scratch)) {
            Ok(true) => {
                self.link.count_received(scratch.len());
                self.messages_in.set(self.messages_in.get() + 1);
                let sender = socket.has_parts().then(|| self.sender(socket.sender()));
                self.offer(Received::message(&scratch, sender));
            }
            Ok(false) => self.queue.borrow_mut().finish(End::Eof),
            Err(error) => self.queue.borrow_mut().finish(End::Failed(reason(&error))),
        }
        Poll::Ready(())
    }

    /// The name of a sender, which its messages share.
    fn sender(&self, name: String) -> Rc<str> {
        let mut last = self.sender.borrow_mut();
        if **last != *name {
            *last = name.into();
        }
        last.clone()
    }

    /// Takes the datagrams that have come, or waits for one.
    async fn take_in(&self, receiver: Option<&mut Receiver>) {
        let (Some(receiver), Some(datagrams)) = (receiver, self.datagrams()) else {
            return std::future::pending().await;
        };
        let mut received = Some(receiver.receive().await);
        let mut turns = TURNS;
        while let Some((number, result)) = received.take() {
            match result {
                Ok(()) => datagrams.take(number, receiver.inbox(), |datagram| self.put(datagram)),
                Err(error) if refusal::is_refusal(&error) => self.note_refusal(&datagrams, &error),
                Err(error) => self.queue.borrow_mut().finish(End::Failed(reason(&error))),
            }
            turns -= 1;
            if turns > 0 && self.with_queue(|queue| *queue.end() == End::Open) {
                received = receiver.receive_now().await;
            }
        }
        self.lost.set(self.lost.get().saturating_add(receiver.take_lost()));
    }

    fn put(&self, datagram: Received) {
        let bytes = datagram.bytes().len();
        self.link.count_received(bytes);
        self.messages_in.set(self.messages_in.get() + 1);
        self.queue.borrow_mut().offer_or_drop(datagram, bytes);
    }

    fn note_refusal(&self, datagrams: &Datagrams, error: &io::Error) {
        self.refusal.replace(Some(datagrams.refused(error)));
        self.note_change();
    }

    fn offer(&self, received: Received) {
        let bytes = received.bytes().len();
        let refused = self.queue.borrow_mut().offer(received, bytes).err();
        self.held.replace(refused);
    }

    /// Lets the pump take what the system has already.
    pub async fn catch_up(&self) {
        // The event loop looks at the descriptors in between.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
    }

    /// Queues a message for a connection that does not stand yet; false when they are too many.
    pub fn queue(&self, letter: &Letter, bytes: &[u8]) -> bool {
        let mut queued = self.queued.borrow_mut();
        let all: usize = queued.iter().map(|(_, bytes)| bytes.len() + size_of::<(Letter, Vec<u8>)>()).sum();
        if all + bytes.len() > self.limit {
            return false;
        }
        queued.push((letter.clone(), bytes.to_vec()));
        true
    }

    /// Sends what was queued. The caller holds the writer's turn.
    ///
    /// # Errors
    /// As [`Mailbox::send`].
    pub async fn send_queued(&self) -> Result<(), Failure> {
        for (letter, bytes) in self.queued.take() {
            self.send(&letter, &bytes).await?;
        }
        Ok(())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// What the connection says; there is none; a peer that it cannot be sent to.
    pub async fn send(&self, letter: &Letter, bytes: &[u8]) -> Result<(), Failure> {
        let carrier = self.carrier.borrow().clone();
        match (carrier, &letter.to) {
            (None, _) => return Err(self.cannot_send(&io::ErrorKind::NotConnected.into())),
            (Some(Carrier::Connection(_)), Some(_)) => {
                let text = "--to: this socket has one peer; only datagrams are sent to others";
                return Err(Failure::message(Exit::Usage, text));
            }
            (Some(Carrier::Connection(socket)), None) if !letter.ends.is_empty() && !socket.has_parts() => {
                let text = format!("--parts: the messages of {} have no parts; leave it out", socket.transport());
                return Err(Failure::message(Exit::Usage, text));
            }
            (Some(Carrier::Connection(socket)), None) => {
                let message = letter.message(bytes);
                let lost = socket.lost();
                socket.feed(&message).await.map_err(|error| self.cannot_send(&error))?;
                // Before the flush, which may find other peers gone.
                if socket.lost() > lost {
                    return Err(Failure::message(
                        Exit::SendFailed,
                        "the message is lost: no peer has the name in its first part",
                    ));
                }
                socket.flush().await.map_err(|error| self.cannot_send(&error))?;
            }
            (Some(Carrier::Datagrams(datagrams)), to) => {
                self.refusal.take();
                datagrams.send(to.as_deref(), bytes, |error| self.note_refusal(&datagrams, error)).await?;
            }
        }
        self.link.count_sent(bytes.len());
        self.messages_out.set(self.messages_out.get() + 1);
        Ok(())
    }

    fn cannot_send(&self, error: &io::Error) -> Failure {
        let exit = match rustix::io::Errno::from_io_error(error) {
            Some(rustix::io::Errno::MSGSIZE) => Exit::TooLarge,
            None if error.kind() == io::ErrorKind::TimedOut => Exit::TimedOut,
            _ => Exit::SendFailed,
        };
        Failure::message(exit, format!("cannot send to {}: {}", self.facts().peer, reason(error)))
    }

    /// Why the socket takes no message at the moment.
    pub fn blockage(&self) -> String {
        let awaited = match &*self.carrier.borrow() {
            Some(Carrier::Connection(socket)) => socket.awaits(),
            Some(Carrier::Datagrams(_)) | None => None,
        };
        awaited.map_or_else(|| format!("{} took no more messages", self.facts().peer), str::to_owned)
    }

    /// Delivers what the transport still holds within this time.
    ///
    /// # Errors
    /// What is lost now: status 28.
    pub async fn deliver(&self, limit: Duration) -> Result<(), Failure> {
        let carrier = self.carrier.borrow().clone();
        let count = match carrier {
            Some(Carrier::Connection(socket)) => {
                let delivered = async {
                    socket.flush().await?;
                    poll_fn(|cx| match socket.undelivered() {
                        // Taking leave of the peers is nobody's to wait for.
                        0 => Poll::Ready(Ok(())),
                        _ => socket.poll_end(cx),
                    })
                    .await
                };
                match (tokio::time::timeout(limit, delivered).await, socket.undelivered()) {
                    (_, 0) => return Ok(()),
                    (Ok(Err(error)), _) => return Err(self.cannot_send(&error)),
                    (_, count) => count,
                }
            }
            Some(Carrier::Datagrams(_)) => return Ok(()),
            None => self.queued.borrow().len(),
        };
        let [messages, were] = if count == 1 { ["message", "was"] } else { ["messages", "were"] };
        match count {
            0 => Ok(()),
            _ => Err(Failure::message(Exit::TimedOut, format!("{count} {messages} {were} not delivered"))),
        }
    }

    /// Sends the end of our data.
    ///
    /// # Errors
    /// What the connection says. Datagrams have no end.
    pub async fn half_close(&self) -> Result<(), Failure> {
        let carrier = self.carrier.borrow().clone();
        match carrier {
            Some(Carrier::Connection(socket)) => {
                self.half_closing();
                socket.end().await.map_err(|error| self.cannot_send(&error))
            }
            Some(Carrier::Datagrams(_)) | None => Ok(()),
        }
    }

    /// Lets no peers in any more.
    pub async fn shut(&self) {
        let carrier = self.carrier.borrow().clone();
        if let Some(Carrier::Connection(socket)) = carrier {
            let _ = tokio::time::timeout(PATIENCE, socket.shut()).await;
        }
    }

    /// Drops the connection.
    pub fn drop_carrier(&self) {
        self.carrier.take();
    }

    /// After our end of data: drops what the peer still sends until it ends, so that what is on its way reaches it.
    pub async fn linger(&self) {
        let Some(Carrier::Connection(socket)) = self.carrier.take() else { return };
        // Where each direction ends by itself, what was sent is there; only what came must not be left unread (unix(7),
        // ECONNRESET). Elsewhere the peer takes leave too.
        let arrived = socket.has_half_close();
        let mut waste = Message::default();
        let drained = poll_fn(|cx| {
            loop {
                match socket.poll_receive(cx, &mut waste) {
                    Poll::Ready(Ok(true)) => {}
                    Poll::Ready(Ok(false) | Err(_)) => return Poll::Ready(()),
                    Poll::Pending if arrived => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        let _ = tokio::time::timeout(PATIENCE, drained).await;
    }
}
