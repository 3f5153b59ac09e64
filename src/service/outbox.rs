//! What one client of many is still to be sent: shared messages, or pieces of a stream, in a bounded queue.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::message::Message;

/// At most this many bytes wait for one client.
pub const CAPACITY: usize = 1 << 20;

/// A bounded queue of bytes for one client.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: RefCell<VecDeque<Rc<Message>>>,
    waiting: Cell<usize>,
    closed: Cell<bool>,
    given_up: Cell<bool>,
    filled: Notify,
    /// Shared by all outboxes of a room.
    emptied: Rc<Notify>,
    abandoned: Notify,
}

/// What a message takes of the room; empty ones must not pile up either.
fn cost(message: &Message) -> usize {
    message.len() + 32
}

/// The queue has no room: the client does not read.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Outbox {
    /// An outbox that tells `emptied` when there is more room in it.
    pub fn new(emptied: Rc<Notify>) -> Self {
        Outbox { emptied, ..Outbox::default() }
    }

    /// Adds bytes for the client.
    ///
    /// # Errors
    /// [`Full`] when too much is waiting already; nothing is added then.
    pub fn push(&self, bytes: &Rc<Message>) -> Result<(), Full> {
        let waiting = self.waiting.get();
        let size = cost(bytes);
        if waiting > 0 && waiting + size > CAPACITY {
            return Err(Full);
        }
        self.waiting.set(waiting + size);
        self.queue.borrow_mut().push_back(bytes.clone());
        self.filled.notify_one();
        Ok(())
    }

    /// No more will come: what waits is still sent.
    pub fn close(&self) {
        self.closed.set(true);
        self.filled.notify_one();
    }

    /// The client does not read: what waits for it is given up, and its connection has to end.
    pub fn abandon(&self) {
        self.given_up.set(true);
        self.queue.borrow_mut().clear();
        self.abandoned.notify_one();
        self.emptied.notify_waiters();
    }

    /// Resolves when the client was given up.
    pub async fn is_abandoned(&self) {
        self.abandoned.notified().await;
    }

    /// The next bytes; `None` after the last ones.
    pub async fn next(&self) -> Option<Rc<Message>> {
        loop {
            if let Some(bytes) = self.queue.borrow_mut().pop_front() {
                return Some(bytes);
            }
            if self.closed.get() {
                return None;
            }
            self.filled.notified().await;
        }
    }

    /// What [`Outbox::next`] gave has been sent.
    pub fn sent(&self, bytes: &Message) {
        self.waiting.set(self.waiting.get().saturating_sub(cost(bytes)));
        self.emptied.notify_waiters();
    }

    /// Adds bytes for the client as soon as there is room for them. When the client is given up meanwhile they are dropped.
    pub async fn push_when_room(&self, bytes: &Rc<Message>) {
        loop {
            // Made before looking, so that no room is missed.
            let emptied = self.emptied.notified();
            if self.has_taken(bytes) {
                return;
            }
            emptied.await;
        }
    }

    /// Whether these bytes need not wait any more: there was room for them, or the client is given up.
    pub fn has_taken(&self, bytes: &Rc<Message>) -> bool {
        self.given_up.get() || self.push(bytes).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_bounded_and_never_refuses_the_first_bytes() {
        let outbox = Outbox::default();
        let large = Rc::new(Message::new(&vec![0; CAPACITY + 1]));
        let word = Rc::new(Message::new(b"x"));
        assert_eq!(outbox.push(&large), Ok(()));
        assert_eq!(outbox.push(&word), Err(Full));
        outbox.sent(&large);
        assert_eq!(outbox.push(&word), Ok(()));
    }
}
