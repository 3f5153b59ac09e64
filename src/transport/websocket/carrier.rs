//! The stream below a WebSocket. It takes what it is given whole: the library would move the rest of a large message to the
//! front of its buffer after each piece that the system takes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that a WebSocket can be spoken over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Unpin + std::fmt::Debug> Stream for S {}

/// Space for unsent bytes beyond this is given back when they are sent.
const KEPT: usize = 256 << 10;

/// A stream, and what of the last write the system has not taken yet.
#[derive(Debug)]
pub struct Carrier {
    stream: Box<dyn Stream>,
    /// To be written: `held[given..]`.
    held: Vec<u8>,
    given: usize,
}

impl Carrier {
    /// Over this stream.
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Carrier { stream, held: Vec::new(), given: 0 }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.held.get(self.given..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.given += count,
            }
        }
        self.given = 0;
        match self.held.capacity() > KEPT {
            true => self.held = Vec::new(),
            false => self.held.clear(),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        let count = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        if count > 0 {
            this.held.extend_from_slice(bytes.get(count..).unwrap_or_default());
            return Poll::Ready(Ok(bytes.len()));
        }
        Poll::Ready(Ok(0))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    proptest! {
        #[test]
        fn bytes_arrive_whole_and_in_order(
            writes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
            room in 1..64usize,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let heard = runtime.block_on(async {
                let (near, mut far) = tokio::io::duplex(room);
                let mut carrier = Carrier::new(Box::new(near));
                let sending = async {
                    for bytes in writes.iter().filter(|bytes| !bytes.is_empty()) {
                        assert_eq!(carrier.write(bytes).await.unwrap(), bytes.len());
                    }
                    carrier.shutdown().await.unwrap();
                };
                let mut heard = Vec::new();
                tokio::join!(sending, async { far.read_to_end(&mut heard).await.unwrap() });
                heard
            });
            prop_assert_eq!(heard, writes.concat());
        }
    }
}
