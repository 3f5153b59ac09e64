//! A stream of which nothing is read that is not needed, for who hands the socket on afterwards. Nothing of any protocol.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives one byte at a time: whoever looks for the end of an answer finds nothing behind it.
#[derive(Debug)]
pub struct Frugal<S>(pub S);

impl<S: AsyncRead + Unpin> AsyncRead for Frugal<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(if buffer.remaining() == 0 { &mut [] } else { &mut byte });
        ready!(Pin::new(&mut self.get_mut().0).poll_read(cx, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frugal<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_is_behind_the_end_stays_in_the_stream() {
        let mut frugal = Frugal(&b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0"[..]);
        let mut buffer = Vec::new();
        while !buffer.ends_with(b"\r\n\r\n") {
            assert_eq!(frugal.read_buf(&mut buffer).await.unwrap(), 1);
        }
        assert_eq!(frugal.0, b"SSH-2.0");
    }
}
