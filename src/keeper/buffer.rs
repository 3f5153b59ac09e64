//! The received bytes of a kept socket, which leave it only when a reader has them.
//!
//! No I/O: whoever owns the socket fills the buffer while there is [`ReadBuffer::space`] and stops reading when there is
//! none, so that TCP slows the peer down. Messages are in `messages.rs`.

use crate::condition::{Found, Matcher, Progress, Supply, Terminator};

use super::byte_queue::ByteQueue;

/// The `--buffer` of a socket that names none, in bytes: 1 MiB.
pub const DEFAULT_LIMIT: usize = 1 << 20;

/// Whether more can be received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// More can come.
    Open,
    /// The peer has ended its data.
    Eof,
    /// Receiving failed, for this reason.
    Failed(String),
}

/// A bounded buffer of received bytes with transactional reads.
#[derive(Debug)]
pub struct ReadBuffer {
    bytes: ByteQueue,
    limit: usize,
    reach: usize,
    end: End,
    delivery: EndDelivery,
    epoch: u64,
}

/// Whether some reader has had the end of the data as its result (`--until eof`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndDelivery {
    Due,
    Done,
}

/// Bytes that a reader is being given. Dropped, it leaves the buffer as it was.
#[derive(Debug)]
#[must_use = "the bytes leave the buffer only by commit"]
pub struct Reservation {
    length: usize,
    terminator: Terminator,
    epoch: u64,
}

/// A reservation of bytes that another one has taken meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot take the bytes of this read: another reader has taken them")]
pub struct Stale;

impl ReadBuffer {
    /// An empty buffer that holds `limit` bytes, of which one is the least.
    pub fn new(limit: usize) -> Self {
        ReadBuffer {
            bytes: ByteQueue::default(),
            limit: limit.max(1),
            reach: 0,
            end: End::Open,
            delivery: EndDelivery::Due,
            epoch: 0,
        }
    }

    /// How many bytes may be received now; 0: stop reading the socket.
    pub fn space(&self) -> usize {
        match self.end {
            End::Open => self.limit.max(self.reach).saturating_sub(self.bytes.len()),
            End::Eof | End::Failed(_) => 0,
        }
    }

    /// Lets the buffer hold `reach` bytes even if its limit is less, for a reader whose condition needs to see so many
    /// at once ([`Matcher::reach`]); 0 when that reader has gone.
    pub fn set_reach(&mut self, reach: usize) {
        self.reach = reach;
    }

    /// Memory to receive into, never more than [`ReadBuffer::space`], empty when there is none.
    pub fn area(&mut self) -> &mut [u8] {
        let space = self.space();
        self.bytes.area(space)
    }

    /// The first `count` bytes of the area were received.
    pub fn filled(&mut self, count: usize) {
        let count = count.min(self.space());
        self.bytes.filled(count);
    }

    /// Copies as many of these bytes as there is space for, and returns how many.
    pub fn fill(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.space());
        self.bytes.extend(bytes.get(..count).unwrap_or_default());
        count
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

    /// Everything that is unread, reserved bytes included.
    pub fn unread(&self) -> &[u8] {
        self.bytes.unread()
    }

    /// Asks a matcher about what is unread. `silence` is [`Supply::Idle`] when the socket has been silent for long
    /// enough, and [`Supply::Flowing`] otherwise; the end of the data is known here.
    pub fn advance(&self, matcher: &mut Matcher, silence: Supply) -> Progress {
        let supply = match (&self.end, self.delivery) {
            (End::Open, _) => silence,
            (End::Eof, EndDelivery::Due) => Supply::Ended,
            (End::Eof, EndDelivery::Done) => return Progress::Ended,
            (End::Failed(_), _) => Supply::Broken,
        };
        matcher.advance(self.bytes.unread(), supply)
    }

    /// Reserves the bytes of a result.
    pub fn reserve(&self, found: &Found) -> Reservation {
        self.reservation(found.consumed, found.terminator)
    }

    /// Reserves what is unread, at most `max_bytes`: what a read prints that did not get what it waited for
    /// (`--partial`).
    pub fn reserve_unread(&self, max_bytes: usize) -> Reservation {
        self.reservation(max_bytes, Terminator::None)
    }

    fn reservation(&self, length: usize, terminator: Terminator) -> Reservation {
        Reservation { length: length.min(self.bytes.len()), terminator, epoch: self.epoch }
    }

    /// The reserved bytes.
    ///
    /// # Errors
    /// They have been taken since.
    pub fn reserved(&self, reservation: &Reservation) -> Result<&[u8], Stale> {
        self.check(reservation)?;
        self.bytes.unread().get(..reservation.length).ok_or(Stale)
    }

    /// The reader has the bytes: they leave the buffer.
    ///
    /// # Errors
    /// They have been taken since; nothing has changed.
    pub fn commit(&mut self, reservation: Reservation) -> Result<(), Stale> {
        self.check(&reservation)?;
        self.epoch += 1;
        self.bytes.consume(reservation.length);
        if reservation.terminator == Terminator::EndOfData {
            self.delivery = EndDelivery::Done;
        }
        Ok(())
    }

    fn check(&self, reservation: &Reservation) -> Result<(), Stale> {
        if reservation.epoch == self.epoch { Ok(()) } else { Err(Stale) }
    }

    /// Gives the memory back if nothing is unread: for a socket that has been silent for a while.
    pub fn release_memory(&mut self) {
        self.bytes.release();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::condition::Condition;

    fn matcher(condition: Condition) -> Matcher {
        Matcher::new(&condition, 1000).unwrap()
    }

    fn until(text: &str) -> Matcher {
        matcher(Condition::Until(text.parse().unwrap()))
    }

    fn found(buffer: &ReadBuffer, mut matcher: Matcher) -> Found {
        match buffer.advance(&mut matcher, Supply::Flowing) {
            Progress::Found(found) => found,
            other => panic!("not found: {other:?}"),
        }
    }

    /// What a reader gets that waits for this and acknowledges it.
    fn read(buffer: &mut ReadBuffer, matcher: Matcher) -> Vec<u8> {
        let reservation = buffer.reserve(&found(buffer, matcher));
        let bytes = buffer.reserved(&reservation).unwrap().to_vec();
        buffer.commit(reservation).unwrap();
        bytes
    }

    #[test]
    fn a_dropped_read_loses_nothing() {
        let mut buffer = ReadBuffer::new(100);
        assert_eq!(buffer.fill(b"one\ntwo\n"), 8);
        let reservation = buffer.reserve(&found(&buffer, until("lf")));
        assert_eq!(buffer.reserved(&reservation), Ok(&b"one\n"[..]));
        drop(reservation);
        assert_eq!(buffer.unread(), b"one\ntwo\n");
        assert_eq!(read(&mut buffer, until("lf")), b"one\n");
        assert_eq!(read(&mut buffer, until("lf")), b"two\n");
    }

    #[test]
    fn bytes_that_come_during_a_read_do_not_disturb_it() {
        let mut buffer = ReadBuffer::new(100_000);
        buffer.fill(b"one\n");
        let reservation = buffer.reserve(&found(&buffer, until("lf")));
        buffer.fill(&[b'x'; 90_000]);
        assert_eq!(buffer.reserved(&reservation), Ok(&b"one\n"[..]));
        buffer.commit(reservation).unwrap();
        assert_eq!(buffer.unread().len(), 90_000);
    }

    #[test]
    fn two_readers_never_get_the_same_bytes() {
        let mut buffer = ReadBuffer::new(100);
        buffer.fill(b"one\ntwo\n");
        let first = buffer.reserve(&found(&buffer, until("lf")));
        let second = buffer.reserve(&found(&buffer, until("lf")));
        buffer.commit(first).unwrap();
        assert_eq!(buffer.reserved(&second), Err(Stale));
        assert_eq!(buffer.commit(second), Err(Stale));
        assert_eq!(buffer.unread(), b"two\n");
    }

    #[test]
    fn a_full_buffer_takes_no_more_until_something_was_read() {
        let mut buffer = ReadBuffer::new(4);
        assert_eq!((buffer.space(), buffer.area().len()), (4, 4));
        assert_eq!(buffer.fill(b"abcdef"), 4);
        assert_eq!((buffer.space(), buffer.area().len()), (0, 0));
        buffer.filled(10);
        assert_eq!(buffer.unread(), b"abcd");
        assert_eq!(read(&mut buffer, matcher(Condition::For("3".parse().unwrap()))), b"abc");
        assert_eq!(buffer.space(), 3);
    }

    #[test]
    fn a_reader_that_has_to_see_more_gets_more() {
        let mut buffer = ReadBuffer::new(4);
        buffer.fill(b"abcd");
        let mut lf = Matcher::new(&Condition::Until("lf".parse().unwrap()), 6).unwrap();
        buffer.set_reach(lf.reach());
        assert_eq!(buffer.space(), 3);
        buffer.fill(b"ef");
        assert_eq!(buffer.advance(&mut lf, Supply::Flowing), Progress::NotYet);
        buffer.fill(b"g");
        assert_eq!(buffer.advance(&mut lf, Supply::Flowing), Progress::TooLarge);
        buffer.set_reach(0);
        assert_eq!(
            (buffer.space(), buffer.unread()),
            (0, &b"abcdefg"[..]),
            "the limit holds again and nothing is lost"
        );
    }

    #[test]
    fn the_end_comes_after_the_unread_bytes_and_stays() {
        let mut buffer = ReadBuffer::new(100);
        buffer.fill(b"one\nrest");
        buffer.finish(End::Eof);
        buffer.finish(End::Failed("reset".into()));
        assert_eq!((buffer.fill(b"late"), buffer.space(), buffer.end()), (0, 0, &End::Eof));
        assert_eq!(read(&mut buffer, until("lf")), b"one\n");
        assert_eq!(buffer.advance(&mut until("lf"), Supply::Flowing), Progress::Ended);
        assert_eq!(read(&mut buffer, until("eof")), b"rest");
        for again in ["eof", "lf"] {
            assert_eq!(buffer.advance(&mut until(again), Supply::Flowing), Progress::Ended);
        }
        assert_eq!(buffer.advance(&mut matcher(Condition::Any), Supply::Flowing), Progress::Ended);
    }

    #[test]
    fn an_end_without_data_is_still_the_end_that_was_waited_for() {
        let mut buffer = ReadBuffer::new(100);
        buffer.finish(End::Eof);
        assert_eq!(read(&mut buffer, until("eof")), b"");
        assert_eq!(buffer.advance(&mut until("eof"), Supply::Flowing), Progress::Ended);
    }

    #[test]
    fn a_failure_is_no_end_and_what_came_before_it_is_readable() {
        let mut buffer = ReadBuffer::new(100);
        buffer.fill(b"rest");
        buffer.finish(End::Failed("connection reset by peer".into()));
        assert_eq!(buffer.advance(&mut until("eof"), Supply::Flowing), Progress::Ended);
        assert_eq!(read(&mut buffer, matcher(Condition::Any)), b"rest");
        assert_eq!(buffer.end(), &End::Failed("connection reset by peer".into()));
    }

    #[test]
    fn what_came_of_a_read_that_failed_can_be_taken() {
        let mut buffer = ReadBuffer::new(100);
        buffer.fill(b"half a line");
        let reservation = buffer.reserve_unread(4);
        assert_eq!(buffer.reserved(&reservation), Ok(&b"half"[..]));
        buffer.commit(reservation).unwrap();
        assert_eq!(buffer.unread(), b" a line");
    }

    /// What happens to a buffer.
    #[derive(Debug, Clone)]
    enum Step {
        Fill(usize),
        FillArea(usize),
        Reserve(usize),
        Drop,
        Commit,
        Reach(usize),
        Release,
        Finish,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0usize..50).prop_map(Step::Fill),
            4 => (0usize..50).prop_map(Step::FillArea),
            4 => (0usize..50).prop_map(Step::Reserve),
            1 => Just(Step::Drop),
            4 => Just(Step::Commit),
            1 => (0usize..80).prop_map(Step::Reach),
            1 => Just(Step::Release),
            1 => Just(Step::Finish),
        ]
    }

    proptest! {
        /// The model: a position of what was received and one of what was taken.
        #[test]
        fn every_byte_is_received_once_and_taken_once(steps in prop::collection::vec(step(), 0..100)) {
            let byte = |at: usize| (at % 251) as u8;
            let (limit, mut reach, mut ended) = (40, 0, false);
            let mut buffer = ReadBuffer::new(limit);
            let (mut received, mut taken) = (0usize, 0usize);
            let mut open: Option<Reservation> = None;
            for step in steps {
                let space = if ended { 0 } else { limit.max(reach).saturating_sub(received - taken) };
                match step {
                    Step::Fill(count) => {
                        let bytes: Vec<u8> = (received..received + count).map(byte).collect();
                        prop_assert_eq!(buffer.fill(&bytes), count.min(space));
                        received += count.min(space);
                    }
                    Step::FillArea(count) => {
                        let area = buffer.area();
                        prop_assert_eq!(area.is_empty(), space == 0);
                        let count = count.min(area.len());
                        area.iter_mut().take(count).enumerate().for_each(|(at, to)| *to = byte(received + at));
                        buffer.filled(count);
                        received += count;
                    }
                    Step::Reserve(count) => open = Some(buffer.reserve_unread(count)),
                    Step::Drop => open = None,
                    Step::Commit => if let Some(reservation) = open.take() {
                        let bytes = buffer.reserved(&reservation).unwrap().to_vec();
                        prop_assert!(bytes.iter().enumerate().all(|(at, found)| *found == byte(taken + at)));
                        taken += bytes.len();
                        prop_assert_eq!(buffer.commit(reservation), Ok(()));
                    },
                    Step::Reach(bytes) => { reach = bytes; buffer.set_reach(bytes); }
                    Step::Release => buffer.release_memory(),
                    Step::Finish => { ended = true; buffer.finish(End::Eof); }
                }
                prop_assert_eq!(buffer.unread().len(), received - taken);
                prop_assert!(buffer.unread().iter().enumerate().all(|(at, found)| *found == byte(taken + at)));
                let space = if ended { 0 } else { limit.max(reach).saturating_sub(received - taken) };
                prop_assert_eq!(buffer.space(), space);
            }
        }
    }
}
