//! What came from a peer and was not looked at yet: one buffer that grows with what comes and is read in place.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// The first buffer, in bytes.
const SMALLEST: usize = 8 << 10;
/// Where growing ends where nothing else is said, but for a frame that is larger.
const LARGEST: usize = 256 << 10;

/// Received bytes: `space[start..end]` is unread.
#[derive(Debug)]
pub struct Inbox {
    space: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes must be there before there is something to do.
    wanted: usize,
    /// Where growing ends, but for a frame that is larger.
    largest: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox { space: Vec::new(), start: 0, end: 0, wanted: 0, largest: LARGEST }
    }
}

impl Inbox {
    /// An inbox in which these bytes are unread, and which does not grow beyond `largest` bytes without need.
    #[cfg(feature = "ws")]
    pub fn with(early: Vec<u8>, largest: usize) -> Self {
        Inbox { end: early.len(), space: early, largest: largest.max(SMALLEST), ..Inbox::default() }
    }

    /// What is unread.
    pub fn unread(&self) -> &[u8] {
        self.space.get(self.start..self.end).unwrap_or_default()
    }

    /// What is unread, to be changed where it lies.
    #[cfg(feature = "ws")]
    pub fn unread_mut(&mut self) -> &mut [u8] {
        self.space.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Takes bytes off the front.
    pub fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start.saturating_add(count));
        self.wanted = 0;
    }

    /// Says that nothing can be done before so many bytes are there.
    pub fn want(&mut self, count: usize) {
        self.wanted = count;
    }

    /// Reads more behind what is unread; 0 is the end of data.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let mut space = ReadBuf::new(self.space.get_mut(self.end..).unwrap_or_default());
        let room = space.remaining();
        ready!(Pin::new(stream).poll_read(cx, &mut space))?;
        let read = space.filled().len();
        self.end += read;
        // A full buffer means that there is more: the next one is larger.
        if read == room && self.space.len() < self.largest {
            self.space.resize(self.space.len() * 2, 0);
        }
        Poll::Ready(Ok(read))
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.space.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        // What a few frames of that size need is kept: without it each would make it grow again.
        if self.end == 0 && self.space.len() > 2 * self.largest && self.wanted <= self.largest {
            self.space = Vec::new();
        }
        // A frame that claims to be large gets space as it comes, not before.
        if self.end == self.space.len() {
            let doubled = (self.space.len() * 2).max(SMALLEST);
            self.space.resize(doubled.min(self.wanted.max(self.largest)).max(self.end + SMALLEST), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(inbox: &mut Inbox, mut from: &[u8]) -> usize {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        match inbox.poll_fill(&mut from, &mut cx) {
            Poll::Ready(read) => read.unwrap(),
            Poll::Pending => 0,
        }
    }

    #[test]
    fn a_claimed_size_takes_no_memory_before_the_bytes_come() {
        let mut inbox = Inbox::default();
        inbox.want(64 << 20);
        assert_eq!(fill(&mut inbox, b"abc"), 3);
        assert!(inbox.space.len() <= SMALLEST);
        assert_eq!(inbox.unread(), b"abc");
    }

    #[test]
    fn what_is_left_comes_first() {
        let mut inbox = Inbox::default();
        fill(&mut inbox, b"abc");
        inbox.consume(2);
        fill(&mut inbox, b"def");
        assert_eq!(inbox.unread(), b"cdef");
        inbox.consume(9);
        assert_eq!(inbox.unread(), b"");
        assert_eq!(fill(&mut inbox, b""), 0);
    }

    #[test]
    fn space_grows_to_what_is_wanted_and_is_given_back() {
        let mut inbox = Inbox::default();
        let (large, mut sent) = (vec![1; 1 << 20], 0);
        inbox.want(large.len());
        while sent < large.len() {
            sent += fill(&mut inbox, &large[sent..]);
        }
        assert_eq!(inbox.unread(), large);
        inbox.consume(large.len());
        fill(&mut inbox, b"x");
        assert!(inbox.space.len() <= LARGEST, "{}", inbox.space.len());
    }
}
