//! An established TLS connection as a byte stream: what a cut, an alert and a half-close look like to the code above.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::TlsError;
use super::explain::{handshake_problem, tls_error};
use super::session::Role;

/// Plaintext taken at once, in bytes: sixteen full records, encrypted together and written with one system call.
pub(super) const WRITE_BUFFER: usize = 256 * 1024;

/// A TLS connection.
///
/// - Reading returns 0 only after the peer's close_notify. An end without one is an error of the kind
///   [`io::ErrorKind::UnexpectedEof`] with [`TlsError::Truncated`] inside. Whatever the error, all data that came
///   before it is returned first.
/// - What was written may wait in the TLS layer until [`AsyncWrite::poll_flush`]: flush before waiting for an answer.
/// - Shutting down sends close_notify and then ends the writing side of the stream below; reading goes on.
/// - Under TLS 1.3 a server refuses a client's certificate only after the client's handshake has ended: the refusal is
///   an error of the first read, with [`TlsError::Handshake`] inside. [`TlsError::in_io`] finds both.
#[derive(Debug)]
pub struct TlsStream<S> {
    inner: tokio_rustls::TlsStream<S>,
    peer: String,
    /// Whether the server asked for a certificate and got none.
    asked_in_vain: bool,
    /// Whether any application data has come.
    received: bool,
    /// What ended the reading side, kept until the data before it has been read.
    failure: Option<io::Error>,
}

impl<S> TlsStream<S> {
    pub(super) fn new(inner: tokio_rustls::TlsStream<S>, peer: String, asked_in_vain: bool) -> Self {
        TlsStream { inner, peer, asked_in_vain, received: false, failure: None }
    }

    /// The stream below, to ask for its addresses and options. Whoever reads from it breaks the connection.
    pub fn get_ref(&self) -> &S {
        self.inner.get_ref().0
    }

    /// Takes decrypted data that is there without reading more; the number of bytes.
    fn take_decrypted(&mut self, buf: &mut ReadBuf<'_>) -> usize {
        let room = buf.initialize_unfilled();
        let result = match &mut self.inner {
            tokio_rustls::TlsStream::Client(stream) => stream.get_mut().1.reader().read(room),
            tokio_rustls::TlsStream::Server(stream) => stream.get_mut().1.reader().read(room),
        };
        let count = result.unwrap_or(0);
        buf.advance(count);
        count
    }

    fn explained(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        match tls_error(&error).map(|error| handshake_problem(error, self.asked_in_vain && !self.received)) {
            Some(problem) if self.received => io::Error::new(kind, TlsError::Broken(problem)),
            Some(problem) => {
                let role = match self.inner {
                    tokio_rustls::TlsStream::Client(_) => Role::Client,
                    tokio_rustls::TlsStream::Server(_) => Role::Server,
                };
                io::Error::new(kind, TlsError::Handshake { role, peer: self.peer.clone(), problem })
            }
            None if kind == io::ErrorKind::UnexpectedEof => io::Error::new(kind, TlsError::Truncated),
            None => error,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if this.failure.is_none() {
            let before = buf.filled().len();
            match ready!(Pin::new(&mut this.inner).poll_read(cx, buf)) {
                Ok(()) => {
                    this.received |= buf.filled().len() > before;
                    return Poll::Ready(Ok(()));
                }
                // One packet may hold good records and then the bad one: the library reports the error first.
                Err(error) => this.failure = Some(error),
            }
        }
        if this.take_decrypted(buf) > 0 {
            this.received = true;
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(this.failure.take().map_or(Ok(()), |error| Err(this.explained(error))))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
