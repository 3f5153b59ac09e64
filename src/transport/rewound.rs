//! A stream that gives again what was read of it in advance.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::channel::{ByteStream, Bytes, Layered};
use super::socket::Socket;

/// The stream as if `read` had not been read of it.
pub fn rewound(bytes: Bytes, read: Vec<u8>) -> Bytes {
    let transport = bytes.transport();
    #[cfg(feature = "tls")]
    let session = bytes.session().cloned();
    let layered = Layered::new(Box::new(Rewound { bytes, read, given: 0 }), transport);
    #[cfg(feature = "tls")]
    let layered = match session {
        Some(session) => layered.with_session(session),
        None => layered,
    };
    Bytes::Layered(layered)
}

#[derive(Debug)]
struct Rewound {
    bytes: Bytes,
    /// To be given again: `read[given..]`.
    read: Vec<u8>,
    given: usize,
}

impl ByteStream for Rewound {
    fn socket(&self) -> &Socket {
        self.bytes.socket()
    }
}

impl AsyncRead for Rewound {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.read.get(this.given..).filter(|rest| !rest.is_empty()) {
            None => Pin::new(&mut this.bytes).poll_read(cx, buffer),
            Some(rest) => {
                let count = rest.len().min(buffer.remaining());
                buffer.put_slice(rest.get(..count).unwrap_or_default());
                this.given += count;
                if this.given == this.read.len() {
                    (this.read, this.given) = (Vec::new(), 0);
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_was_read_comes_again_and_then_the_rest() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let socket = Socket::new(socket2::Socket::from(std::os::fd::OwnedFd::from(ours)), None).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut theirs = tokio::net::UnixStream::from_std(theirs).unwrap();
        let mut bytes = rewound(Bytes::Socket(socket), b"before".to_vec());
        assert_eq!(bytes.transport(), "unix");
        theirs.write_all(b" and after").await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut two = [0; 2];
        bytes.read_exact(&mut two).await.unwrap();
        let mut rest = String::new();
        bytes.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&two, rest.as_str()), (b"be", "fore and after"));
        bytes.write_all(b"answer").await.unwrap();
        bytes.shutdown().await.unwrap();
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
    }
}
