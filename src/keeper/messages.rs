//! The received messages of a kept socket that keeps their boundaries, with transactional reads.
//!
//! No I/O, and nothing about what a message is made of. The bytes of a stream are in `buffer.rs`.

use std::collections::VecDeque;

use super::buffer::{End, Stale};

/// What a message costs besides its bytes, so that empty ones are bounded too.
const OVERHEAD: usize = 256;

/// A bounded queue of messages.
///
/// The bound is one of memory. A message that is larger than all of it is taken when the queue is empty, for otherwise
/// it could never be received: its own size is bounded where it is received.
#[derive(Debug)]
pub struct MessageQueue<M> {
    messages: VecDeque<Queued<M>>,
    weight: usize,
    limit: usize,
    reach: usize,
    end: End,
    dropped: Dropped,
    last_offer: Offer,
    epoch: u64,
}

/// What became of the last message since there was more space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    Taken,
    Refused,
}

#[derive(Debug)]
struct Queued<M> {
    message: M,
    bytes: usize,
}

/// Messages that were received and not kept, because nobody read those before them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub messages: u64,
    /// Their payload in bytes.
    pub bytes: u64,
}

/// Messages that a reader is being given. Dropped, it leaves the queue as it was.
#[derive(Debug)]
#[must_use = "the messages leave the queue only by commit"]
pub struct MessageReservation {
    count: usize,
    epoch: u64,
}

impl<M> MessageQueue<M> {
    /// An empty queue for about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        MessageQueue {
            messages: VecDeque::new(),
            weight: 0,
            limit,
            reach: 0,
            end: End::Open,
            dropped: Dropped::default(),
            last_offer: Offer::Taken,
            epoch: 0,
        }
    }

    /// How large a message may be received now, in bytes. `None`: stop reading the socket.
    pub fn space(&self) -> Option<usize> {
        match (&self.end, self.messages.is_empty()) {
            (End::Eof | End::Failed(_), _) => None,
            (End::Open, true) => Some(usize::MAX),
            (End::Open, false) => self.limit.max(self.reach).checked_sub(self.weight + OVERHEAD),
        }
    }

    /// Lets the queue hold `reach` bytes even if its limit is less, for a reader that waits for many messages; 0 when
    /// that reader has gone.
    pub fn set_reach(&mut self, reach: usize) {
        self.reach = reach;
        self.last_offer = Offer::Taken;
    }

    /// Takes a message with a payload of `bytes`.
    ///
    /// # Errors
    /// There is no space for it: the message comes back, to be offered again when something was read.
    pub fn offer(&mut self, message: M, bytes: usize) -> Result<(), M> {
        if self.space().is_none_or(|space| bytes > space) {
            self.last_offer = Offer::Refused;
            return Err(message);
        }
        self.weight = self.weight.saturating_add(bytes).saturating_add(OVERHEAD);
        self.messages.push_back(Queued { message, bytes });
        Ok(())
    }

    /// Takes a message with a payload of `bytes`, or drops and counts it: for datagrams, whose sender nothing slows
    /// down. Those that came first are kept.
    pub fn offer_or_drop(&mut self, message: M, bytes: usize) {
        if self.offer(message, bytes).is_err() {
            self.dropped.messages += 1;
            self.dropped.bytes = self.dropped.bytes.saturating_add(bytes as u64);
        }
    }

    /// What was dropped so far.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Nothing more will be received. The first end counts.
    pub fn finish(&mut self, end: End) {
        if self.end == End::Open {
            self.end = end;
        }
    }

    /// Whether more can be received, and if not, why.
    pub fn end(&self) -> &End {
        &self.end
    }

    /// The number of unread messages, reserved ones included.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing is unread.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether a message has come since something was read that there was no space for.
    pub fn is_full(&self) -> bool {
        self.last_offer == Offer::Refused
    }

    /// The unread messages, first to last.
    pub fn iter(&self) -> impl Iterator<Item = &M> {
        self.messages.iter().map(|queued| &queued.message)
    }

    /// The payload of the first `count` messages, in bytes.
    pub fn bytes_of(&self, count: usize) -> usize {
        self.messages.iter().take(count).map(|queued| queued.bytes).fold(0, usize::saturating_add)
    }

    /// Reserves the next `count` messages, or as many as there are.
    pub fn reserve(&self, count: usize) -> MessageReservation {
        MessageReservation { count: count.min(self.messages.len()), epoch: self.epoch }
    }

    /// One of the reserved messages; `None` after the last.
    ///
    /// # Errors
    /// They have been taken since.
    pub fn reserved(&self, reservation: &MessageReservation, at: usize) -> Result<Option<&M>, Stale> {
        self.check(reservation)?;
        let queued = self.messages.get(at).filter(|_| at < reservation.count);
        Ok(queued.map(|queued| &queued.message))
    }

    /// The reader has the messages: they leave the queue.
    ///
    /// # Errors
    /// They have been taken since; nothing has changed.
    pub fn commit(&mut self, reservation: MessageReservation) -> Result<(), Stale> {
        self.check(&reservation)?;
        self.epoch += 1;
        self.last_offer = Offer::Taken;
        for queued in self.messages.drain(..reservation.count.min(self.messages.len())) {
            self.weight = self.weight.saturating_sub(queued.bytes.saturating_add(OVERHEAD));
        }
        Ok(())
    }

    fn check(&self, reservation: &MessageReservation) -> Result<(), Stale> {
        if reservation.epoch == self.epoch { Ok(()) } else { Err(Stale) }
    }

    /// Gives the memory back if nothing is unread.
    pub fn release_memory(&mut self) {
        if self.messages.is_empty() {
            self.messages = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(queue: &mut MessageQueue<Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
        let reservation = queue.reserve(count);
        let messages = (0..).map_while(|at| queue.reserved(&reservation, at).unwrap().cloned()).collect();
        queue.commit(reservation).unwrap();
        messages
    }

    #[test]
    fn messages_keep_their_boundaries_and_their_order() {
        let mut queue = MessageQueue::new(10_000);
        for message in ["one", "", "three"] {
            queue.offer(message.as_bytes().to_vec(), message.len()).unwrap();
        }
        assert_eq!((queue.len(), queue.bytes_of(3), queue.bytes_of(1)), (3, 8, 3));
        assert_eq!(read(&mut queue, 2), [b"one".to_vec(), b"".to_vec()]);
        assert_eq!(read(&mut queue, 1), [b"three".to_vec()]);
    }

    #[test]
    fn a_dropped_read_loses_nothing_and_two_readers_never_get_the_same() {
        let mut queue = MessageQueue::new(10_000);
        queue.offer(b"one".to_vec(), 3).unwrap();
        queue.offer(b"two".to_vec(), 3).unwrap();
        drop(queue.reserve(1));
        let first = queue.reserve(2);
        let second = queue.reserve(9);
        queue.commit(first).unwrap();
        assert!(queue.reserved(&second, 0).is_err());
        assert_eq!(queue.commit(second), Err(Stale));
        assert!(queue.is_empty());
    }

    #[test]
    fn what_has_no_space_comes_back_or_is_counted() {
        let mut queue = MessageQueue::new(2 * (OVERHEAD + 10));
        queue.offer("a", 10).unwrap();
        assert_eq!(queue.space(), Some(10));
        assert_eq!(queue.offer("large", 11), Err("large"));
        queue.offer("b", 10).unwrap();
        assert_eq!(queue.space(), None);
        queue.offer_or_drop("c", 7);
        queue.offer_or_drop("d", 0);
        assert_eq!(queue.dropped(), Dropped { messages: 2, bytes: 7 });
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn a_message_that_is_larger_than_the_queue_is_taken_alone() {
        let mut queue = MessageQueue::new(10);
        queue.offer("large", 1000).unwrap();
        assert_eq!(queue.offer("next", 0), Err("next"));
        let reservation = queue.reserve(1);
        queue.commit(reservation).unwrap();
        queue.offer("next", 0).unwrap();
    }

    #[test]
    fn a_reader_of_more_than_fits_is_told_so_and_can_have_more_space() {
        let mut queue = MessageQueue::new(2 * (OVERHEAD + 10));
        queue.offer("a", 10).unwrap();
        assert!(!queue.is_full());
        queue.offer("b", 11).unwrap_err();
        assert!(queue.is_full());
        queue.set_reach(10_000);
        assert!(!queue.is_full());
        queue.offer("b", 11).unwrap();
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn the_end_comes_after_the_unread_messages() {
        let mut queue = MessageQueue::new(1000);
        queue.offer(b"last".to_vec(), 4).unwrap();
        queue.finish(End::Failed("reset".into()));
        queue.finish(End::Eof);
        assert_eq!((queue.space(), queue.end()), (None, &End::Failed("reset".into())));
        assert_eq!(read(&mut queue, 2), [b"last".to_vec()]);
        assert!(queue.is_empty());
    }

    proptest! {
        #[test]
        fn the_weight_is_that_of_the_messages(steps in prop::collection::vec((0usize..300, 0usize..4), 0..80)) {
            let mut queue = MessageQueue::new(1000);
            for (at, (bytes, count)) in steps.into_iter().enumerate() {
                let _ = queue.offer(at, bytes);
                let reservation = queue.reserve(count);
                let there = (0..).map_while(|at| queue.reserved(&reservation, at).unwrap()).count();
                prop_assert_eq!(there, count.min(queue.len()));
                queue.commit(reservation).unwrap();
                prop_assert_eq!(queue.weight, queue.bytes_of(usize::MAX) + queue.len() * OVERHEAD);
                prop_assert!(queue.weight <= 1000);
            }
        }
    }
}
