//! What one caller of a listening datagram socket has sent and nobody has taken yet: bounded, since datagrams cannot be
//! slowed down. What does not fit is dropped, as the system does when its own buffer is full, and counted.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use crate::message::Message;

/// What a mailbox holds at most: bytes, with what each datagram costs beside its own.
const MOST: usize = 256 << 10;

/// What a datagram is counted with beside its bytes.
const OVERHEAD: usize = 64;

/// The datagrams of one caller, in order.
#[derive(Debug, Default)]
pub struct Mailbox {
    waiting: RefCell<VecDeque<Vec<u8>>>,
    held: Cell<usize>,
    closed: Cell<bool>,
    dropped: Cell<u64>,
    reader: RefCell<Option<Waker>>,
}

impl Mailbox {
    /// Puts a datagram in; false when it is dropped for want of room.
    pub fn put(&self, datagram: &[u8]) -> bool {
        let held = self.held.get() + datagram.len() + OVERHEAD;
        if held > MOST && self.held.get() > 0 {
            self.dropped.set(self.dropped.get() + 1);
            return false;
        }
        self.held.set(held);
        self.waiting.borrow_mut().push_back(datagram.to_vec());
        self.wake();
        true
    }

    /// Nothing more will come.
    pub fn close(&self) {
        self.closed.set(true);
        self.wake();
    }

    /// How many datagrams nobody has taken: dropped, or still there.
    pub fn untaken(&self) -> u64 {
        self.dropped.get() + self.waiting.borrow().len() as u64
    }

    /// Takes the oldest datagram; false when nothing more will come.
    pub fn poll_take(&self, cx: &mut Context<'_>, message: &mut Message) -> Poll<bool> {
        match self.waiting.borrow_mut().pop_front() {
            Some(datagram) => {
                self.held.set(self.held.get().saturating_sub(datagram.len() + OVERHEAD));
                message.set(&datagram);
                Poll::Ready(true)
            }
            None if self.closed.get() => Poll::Ready(false),
            None => {
                *self.reader.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.borrow_mut().take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(mailbox: &Mailbox) -> Poll<Option<Vec<u8>>> {
        let mut message = Message::default();
        let mut cx = Context::from_waker(Waker::noop());
        mailbox.poll_take(&mut cx, &mut message).map(|there| there.then(|| message.bytes().to_vec()))
    }

    #[test]
    fn datagrams_come_in_order_and_then_the_end() {
        let mailbox = Mailbox::default();
        assert_eq!(take(&mailbox), Poll::Pending);
        for datagram in [&b"one"[..], b"", b"two"] {
            assert!(mailbox.put(datagram));
        }
        mailbox.close();
        for datagram in [&b"one"[..], b"", b"two"] {
            assert_eq!(take(&mailbox), Poll::Ready(Some(datagram.to_vec())));
        }
        assert_eq!(take(&mailbox), Poll::Ready(None));
    }

    #[test]
    fn it_holds_so_much_and_drops_the_rest() {
        let mailbox = Mailbox::default();
        let taken = std::iter::repeat_with(|| mailbox.put(&[0; 1000])).take_while(|taken| *taken).count();
        assert!((200..=MOST / 1000).contains(&taken), "{taken}");
        for _ in 0..10_000 {
            assert!(!mailbox.put(&[0; 1000]));
        }
        assert_eq!(mailbox.untaken(), 10_001 + taken as u64);
        assert!(take(&mailbox).is_ready());
        assert!(mailbox.put(&[0; 1000]), "there is room again");
        // Empty ones cost something, too.
        let empty = std::iter::repeat_with(|| mailbox.put(b"")).take(MOST).filter(|taken| *taken).count();
        assert!(empty < MOST / OVERHEAD, "{empty}");
    }
}
