//! A connection some of whose bytes have been received already: they are read first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Socket;
use crate::transport::channel::{ByteStream, Bytes, Layered};

/// The first bytes, and what comes after them.
#[derive(Debug)]
struct Replayed {
    first: Vec<u8>,
    then: Bytes,
}

/// Puts bytes that were received back before those that are still to come.
pub fn replayed(first: Vec<u8>, then: Bytes) -> Bytes {
    let transport = then.transport();
    Bytes::Layered(Layered::new(Box::new(Replayed { first, then }), transport))
}

impl ByteStream for Replayed {
    fn socket(&self) -> &Socket {
        self.then.socket()
    }
}

impl AsyncRead for Replayed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.first.is_empty() {
            return Pin::new(&mut this.then).poll_read(cx, buffer);
        }
        let count = this.first.len().min(buffer.remaining());
        let rest = this.first.split_off(count);
        buffer.put_slice(&this.first);
        this.first = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replayed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().then).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().then).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().then).poll_shutdown(cx)
    }
}
