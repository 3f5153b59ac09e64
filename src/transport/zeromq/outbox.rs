//! What is on its way to a peer: encoded messages, until the system has taken them.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

/// A peer with so many bytes waiting is full, however few messages they are.
const MOST_BYTES: usize = 4 << 20;
/// What an empty outbox may keep of its memory.
const KEPT: usize = 1 << 20;
/// So many bytes that nobody needs any more are worth moving the rest to their place.
const WORTH_MOVING: usize = 256 << 10;

/// Encoded bytes: `bytes[written..]` is still to be written.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    written: usize,
    /// Where each message begins and ends.
    messages: VecDeque<(usize, usize)>,
    unflushed: bool,
}

impl Outbox {
    /// Where to append.
    pub fn space(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends a message.
    pub fn message<T>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let start = self.bytes.len();
        let encoded = encode(&mut self.bytes);
        self.messages.push_back((start, self.bytes.len()));
        encoded
    }

    /// The messages that the system has not taken whole.
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// How many bytes wait.
    pub fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether everything was given to the system.
    pub fn is_empty(&self) -> bool {
        self.waiting() == 0 && !self.unflushed
    }

    /// Whether another message must wait.
    pub fn is_full(&self, most: usize) -> bool {
        self.messages.len() >= most || self.waiting() >= MOST_BYTES
    }

    /// Writes until nothing is left.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn poll_write(&mut self, stream: &mut (impl AsyncWrite + Unpin), cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A peer that is slow but steady would never leave it empty.
        self.forget_taken();
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            self.unflushed = true;
            while self.messages.front().is_some_and(|(_, end)| *end <= self.written) {
                self.messages.pop_front();
            }
        }
        self.bytes.clear();
        self.written = 0;
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        if self.unflushed {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Gives the memory of what the system has taken to what follows it. A message is needed whole until then.
    fn forget_taken(&mut self) {
        let taken = self.messages.front().map_or(self.written, |(start, _)| self.written.min(*start));
        if taken < WORTH_MOVING || taken < self.bytes.len() / 2 {
            return;
        }
        self.bytes.drain(..taken);
        self.written -= taken;
        for (start, end) in &mut self.messages {
            (*start, *end) = (*start - taken, *end - taken);
        }
    }

    /// The encoded messages that the system has not taken whole, first to last.
    pub fn untaken(&self) -> impl Iterator<Item = &[u8]> {
        self.messages.iter().map(|(start, end)| self.bytes.get(*start..*end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and no more.
    struct Narrow(usize);

    impl AsyncWrite for Narrow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Poll::Pending } else { Poll::Ready(Ok(taken)) }
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_slow_peer_that_never_catches_up_does_not_fill_the_memory() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let (mut outbox, mut most) = (Outbox::default(), 0);
        for number in 0..4000_usize {
            outbox.message(|out| out.resize(out.len() + 1000, u8::try_from(number % 251).unwrap()));
            // Never quite everything, and never at the end of a message.
            let taken = outbox.waiting().saturating_sub(1500);
            let _ = outbox.poll_write(&mut Narrow(taken), &mut cx);
            most = most.max(outbox.bytes.len());
            let last = outbox.untaken().last().unwrap();
            assert!(last.len() == 1000 && last.iter().all(|byte| usize::from(*byte) == number % 251));
        }
        assert!(most < 3 * WORTH_MOVING, "{most} bytes are kept");
    }

    #[test]
    fn a_message_is_untaken_until_its_last_byte_was_taken() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut outbox = Outbox::default();
        outbox.space().extend_from_slice(b"greeting");
        outbox.message(|out| out.extend_from_slice(b"one"));
        outbox.message(|out| out.extend_from_slice(b"two"));
        assert!(outbox.poll_write(&mut Narrow(13), &mut cx).is_pending());
        assert_eq!(outbox.untaken().collect::<Vec<_>>(), [b"two"]);
        assert_eq!((outbox.messages(), outbox.waiting()), (1, 1));
        assert!(outbox.is_full(1) && !outbox.is_full(2));
        assert!(outbox.poll_write(&mut Narrow(9), &mut cx).is_ready());
        assert!(outbox.is_empty() && outbox.untaken().next().is_none());
    }
}
