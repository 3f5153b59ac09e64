//! One side of a relay: what can be read, written and ended without blocking.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::{Bytes, Descriptor};

/// One side of a relay.
pub trait Side {
    /// Reads what there is; 0 is the end of data.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;
    /// Writes a part of `bytes` and says how long it was.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
    /// Sends on what was written but is held back.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ends writing: the other end reads its end of data, and reading goes on.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ready when what is written can reach nobody any more.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    /// The descriptor that is read, where the kernel may read it in our place.
    fn source(&self) -> Option<&Descriptor>;
    /// The descriptor that is written, where the kernel may write it in our place.
    fn sink(&self) -> Option<&Descriptor>;
    /// Whether everything written was acknowledged by the system at the other end.
    fn all_acknowledged(&self) -> bool;
}

impl Side for Bytes {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Some(socket) = self.plain() {
            return socket.descriptor().poll_read(cx, buffer);
        }
        let mut buffer = ReadBuf::new(buffer);
        ready!(AsyncRead::poll_read(Pin::new(self), cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(self), cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(self), cx)
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(self), cx)
    }

    fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn source(&self) -> Option<&Descriptor> {
        self.plain().map(|socket| socket.descriptor())
    }

    fn sink(&self) -> Option<&Descriptor> {
        self.plain().map(|socket| socket.descriptor())
    }

    fn all_acknowledged(&self) -> bool {
        self.socket().all_acknowledged()
    }
}
