//! A kept socket that keeps the boundaries of messages: what has come and is unread, what is being sent, how it does.
//!
//! Who asks for what is known in `serve_messages.rs` and `serve_letters.rs`; here nobody waits for a client. A
//! connection is not received from while there is no space, so that its peer is slowed down; of datagrams, whose sender
//! nothing slows down, those are dropped and counted that there is no space for.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Mutex;

use super::buffer::{End, Stale};
use super::link::{Facts, Link};
use super::messages::{MessageQueue, MessageReservation};
use super::received::Received;
use super::wire::Letter;
use crate::failure::{Failure, reason};
use crate::message::Message;
use crate::transport::Messages;

/// How long the end of a connection waits for that of its peer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A kept message socket.
pub struct Mailbox {
    link: Link,
    socket: RefCell<Option<Messages>>,
    queue: RefCell<MessageQueue<Received>>,
    /// A message that came and has no space yet.
    held: RefCell<Option<Received>>,
    /// The place to receive into; it holds memory only while messages come.
    scratch: RefCell<Message>,
    messages_in: Cell<u64>,
    messages_out: Cell<u64>,
    end_was_had: Cell<bool>,
    /// One writer at a time.
    pub writing: Mutex<()>,
    /// Written before the connection stands, in bytes that the limit bounds.
    queued: RefCell<Vec<Message>>,
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
            socket: RefCell::new(None),
            queue: RefCell::new(MessageQueue::new(limit)),
            held: RefCell::new(None),
            scratch: RefCell::default(),
            messages_in: Cell::new(0),
            messages_out: Cell::new(0),
            end_was_had: Cell::new(false),
            writing: Mutex::new(()),
            queued: RefCell::default(),
            limit,
        })
    }

    /// The connection stands.
    pub fn install(&self, messages: Messages) {
        let transport = messages.transport().to_owned();
        let facts = Facts {
            local: messages.local().to_string(),
            peer: messages.peer().to_string(),
            secure: transport == "wss",
            transport,
        };
        *self.socket.borrow_mut() = Some(messages);
        self.stands(facts);
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
        self.socket.borrow().as_ref().map_or(self.limit, Messages::limit)
    }

    /// Receives until the end of the data, and stands still while there is no space.
    pub async fn pump(self: Rc<Self>) {
        loop {
            tokio::select! {
                biased;
                () = poll_fn(|cx| self.poll_fill(cx)) => {}
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
        let (socket, mut scratch) = (self.socket.borrow(), self.scratch.borrow_mut());
        let Some(socket) = socket.as_ref().filter(|_| *self.queue.borrow().end() == End::Open) else {
            return Poll::Pending;
        };
        let Poll::Ready(received) = socket.poll_receive(cx, &mut scratch) else {
            *scratch = Message::default();
            return Poll::Pending;
        };
        match received {
            Ok(true) => {
                self.link.count_received(scratch.len());
                self.messages_in.set(self.messages_in.get() + 1);
                self.offer(Received::message(&scratch));
            }
            Ok(false) => self.queue.borrow_mut().finish(End::Eof),
            Err(error) => self.queue.borrow_mut().finish(End::Failed(reason(&error))),
        }
        Poll::Ready(())
    }

    fn offer(&self, received: Received) {
        let bytes = received.bytes().len();
        let refused = self.queue.borrow_mut().offer(received, bytes).err();
        self.held.replace(refused);
    }

    /// Receives what is there already, without waiting.
    pub fn receive_pending(&self) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        while self.poll_fill(&mut cx).is_ready() && self.with_queue(|queue| *queue.end() == End::Open) {}
        // The pump is to ask again: this call has taken its place in the event loop.
        self.resume();
        self.note_change();
    }

    /// Queues a message for a connection that does not stand yet; false when they are too many.
    pub fn queue(&self, message: &Message) -> bool {
        let mut queued = self.queued.borrow_mut();
        let bytes: usize = queued.iter().map(Message::len).sum();
        if bytes + queued.len() * size_of::<Message>() + message.len() > self.limit {
            return false;
        }
        queued.push(message.clone());
        true
    }

    /// Sends what was queued. The caller holds the writer's turn.
    ///
    /// # Errors
    /// As [`Mailbox::send`].
    pub async fn send_queued(&self) -> io::Result<()> {
        for message in self.queued.take() {
            self.send(&message).await?;
        }
        Ok(())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// What the connection says; NotConnected when there is none.
    pub async fn send(&self, message: &Message) -> io::Result<()> {
        let gone = || Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        poll_fn(|cx| self.socket.borrow().as_ref().map_or_else(gone, |socket| socket.poll_send(cx, message))).await?;
        self.link.count_sent(message.len());
        self.messages_out.set(self.messages_out.get() + 1);
        poll_fn(|cx| self.socket.borrow().as_ref().map_or_else(gone, |socket| socket.poll_flush(cx))).await
    }

    /// The message that a letter becomes.
    pub fn written(&self, letter: &Letter, bytes: &[u8]) -> Message {
        let mut message = Message::default();
        let mut start = 0;
        for end in letter.ends.iter().filter_map(|end| usize::try_from(*end).ok()) {
            message.append(bytes.get(start..end).unwrap_or_default());
            message.next_part();
            start = end.max(start);
        }
        message.append(bytes.get(start..).unwrap_or_default());
        message.set_text(letter.text.unwrap_or(false));
        message
    }

    /// Sends the end of our data.
    ///
    /// # Errors
    /// What the connection says.
    pub async fn half_close(&self) -> io::Result<()> {
        self.half_closing();
        poll_fn(|cx| match self.socket.borrow().as_ref() {
            Some(socket) => socket.poll_end(cx),
            None => Poll::Ready(Ok(())),
        })
        .await
    }

    /// Drops the connection.
    pub fn drop_socket(&self) {
        self.socket.take();
    }

    /// After our end of data: drops what the peer still sends until it ends, so that what is on its way reaches it.
    pub async fn linger(&self) {
        let Some(socket) = self.socket.take() else { return };
        // What was sent to a Unix socket is there; only what it has sent must not be left unread (unix(7), ECONNRESET).
        let arrived = matches!(socket, Messages::Seqpacket(_));
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
