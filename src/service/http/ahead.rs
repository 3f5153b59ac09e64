//! What of an answer can be sent before it is known. A client that has ended its direction may still listen, or be gone, which
//! looks the same; only what is sent to it tells them apart, because who is gone answers with a reset. So the first bytes of the
//! answer are sent, one now and then: they are always the same, and a client that listens cannot tell when they left.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use hyper::Version;
use tokio::time::sleep;

/// How long a client that has ended its direction gets its answer unasked; the pauses between the bytes double from here on.
const FIRST: Duration = Duration::from_millis(200);

/// What stands before the size of a chunk and does not change it (RFC 9112 section 7.1: 1*HEXDIG). Recipients take 16 digits.
const CHUNK: &[u8] = b"0000000";

/// The bytes that are ahead of an answer.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    text: Cell<&'static [u8]>,
    /// Whether who writes the answer gives these bytes, too.
    is_given: Cell<bool>,
    wanted: Cell<usize>,
    sent: Cell<usize>,
    /// How much of what is given next has left already.
    given: Cell<usize>,
}

impl Ahead {
    /// An answer is to be written, its status line first.
    pub(super) fn before_head(&self, version: Version) {
        self.begin(if version == Version::HTTP_10 { b"HTTP/1.0 " } else { b"HTTP/1.1 " }, true);
    }

    /// The head is given, and the body follows.
    pub(super) fn before_body(&self, in_chunks: bool) {
        self.begin(if in_chunks { CHUNK } else { b"" }, false);
    }

    fn begin(&self, text: &'static [u8], is_given: bool) {
        self.text.set(text);
        self.is_given.set(is_given);
        self.restart();
    }

    fn restart(&self) {
        self.wanted.set(0);
        self.sent.set(0);
    }

    /// What is to leave now, where all that was given has left.
    pub(super) fn due(&self) -> &'static [u8] {
        self.text.get().get(self.sent.get()..self.wanted.get()).unwrap_or_default()
    }

    /// So many bytes of that have left.
    pub(super) fn left(&self, count: usize) {
        self.sent.set(self.sent.get() + count);
        if self.is_given.get() {
            self.given.set(self.given.get() + count);
        }
    }

    /// So many bytes are given: how many of them have left already.
    pub(super) fn leave_out(&self, count: usize) -> usize {
        self.restart();
        let already = self.given.get().min(count);
        self.given.set(self.given.get() - already);
        already
    }

    /// Asks for one byte more now and then, for as long as this is waited for.
    pub(super) async fn sound(&self) -> Infallible {
        let mut pause = FIRST;
        loop {
            sleep(pause).await;
            self.wanted.set((self.sent.get() + 1).min(self.text.get().len()));
            pause = pause.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_beginning_leaves_byte_by_byte_and_once() {
        let ahead = Ahead::default();
        ahead.before_head(Version::HTTP_11);
        assert_eq!(ahead.due(), b"");
        let mut gone = Vec::new();
        for _ in 0..20 {
            let _ = tokio::time::timeout(FIRST + Duration::from_millis(1), ahead.sound()).await;
            gone.extend_from_slice(ahead.due());
            ahead.left(ahead.due().len());
        }
        assert_eq!(gone, b"HTTP/1.1 ");
        assert_eq!((ahead.leave_out(100), ahead.leave_out(100)), (9, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_before_a_chunk_is_not_given_and_what_is_of_the_head_still_is() {
        let ahead = Ahead::default();
        ahead.before_head(Version::HTTP_10);
        let _ = tokio::time::timeout(FIRST * 4, ahead.sound()).await;
        ahead.left(ahead.due().len());
        ahead.before_body(true);
        assert_eq!(ahead.due(), b"");
        assert_eq!(ahead.leave_out(40), 1);
        let _ = tokio::time::timeout(FIRST * 2, ahead.sound()).await;
        assert_eq!(ahead.due(), b"0");
        ahead.left(1);
        assert_eq!(ahead.leave_out(40), 0);
    }
}
