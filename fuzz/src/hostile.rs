//! A peer that says what it likes and never makes us wait.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that gives these bytes, a few at a time, and takes all that is written.
pub struct Hostile<'a> {
    left: &'a [u8],
}

impl<'a> Hostile<'a> {
    /// A peer that says this.
    pub fn new(says: &'a [u8]) -> Self {
        Hostile { left: says }
    }
}

impl AsyncRead for Hostile<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let few = self.left.first().map_or(0, |first| 1 + usize::from(first % 7));
        let (now, later) = self.left.split_at(few.min(buffer.remaining()).min(self.left.len()));
        buffer.put_slice(now);
        self.left = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Hostile<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs what never has to wait. One that does, although there is nothing to wait for, hangs in the program.
pub fn finish<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for a peer that has said everything"),
    }
}
